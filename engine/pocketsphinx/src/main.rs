//! The process that hears, as a program of its own: what `quintet stt-worker` is, for tests.

use std::process::ExitCode;

use pocketsphinx::worker::{Options, run};

fn main() -> ExitCode {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--frames" => options.has_frames = true,
            "--check" => options.is_check = true,
            "--model" => options.model = arguments.next().map(Into::into),
            _ => return ExitCode::from(2),
        }
    }
    match run(&options, &mut std::io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

//! `quintet stt-worker`.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use pocketsphinx::worker;

use super::Outcome;

const EXAMPLES: &str = "\
Examples:
  flite -voice slt -t 'good morning' -o /dev/stdout | sox - -t s16 -r 16000 -c 1 - | quintet stt-worker
  quintet stt-worker --check                   whether this machine can hear

Audio is mono PCM of 16 kHz and 16 bits, little endian. Printed are lines of JSON: partial texts, then
the final one. The process limits its memory and time, and opens no file and no connection once it
hears.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    /// Several utterances, in frames, as the server sends them
    #[arg(long)]
    frames: bool,
    /// Only tell whether the engine and its model are there
    #[arg(long)]
    check: bool,
    /// The folder of the model [default: where the package pocketsphinx-en-us has it]
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
}

pub(super) fn run(options: Options, out: &mut impl Write) -> Outcome {
    let Options { frames, check, model } = options;
    Ok(worker::run(&worker::Options { has_frames: frames, is_check: check, model }, out)?)
}

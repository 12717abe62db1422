//! The binary: reads the command line and does what it says.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use server::cli::{self, Cli};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match cli::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quintet: {}", cli::explain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

//! `quintet version`.

use std::io::Write;

use super::Outcome;

pub(super) fn run(out: &mut impl Write) -> Outcome {
    writeln!(out, "quintet {}", env!("CARGO_PKG_VERSION"))?;
    Ok(())
}

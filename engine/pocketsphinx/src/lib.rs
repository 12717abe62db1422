//! The speech engine of this machine: PocketSphinx, loaded at run time, and the process that runs it.
//!
//! [`Recognizer`] hears 16 kHz mono samples and tells English words. Its library and model come
//! from the system's packages ([`PACKAGES`]); without them [`Recognizer::load`] says so, and
//! nothing else of the program needs them. [`worker::run`] is a process that hears what comes from
//! its standard input, within limits that it sets itself.
//!
//! **Invariants.** What was said once changes what is understood next only as a microphone's level
//! does: the engine follows the mean of the spectrum from one utterance to the next. The only
//! unsafe code is `library`'s.

mod confinement;
mod library;
mod recognizer;
pub mod worker;

pub use confinement::{CPU_SECONDS, MEMORY_BYTES};
pub use recognizer::{Heard, LoadError, MODEL_FOLDERS, PACKAGES, Recognizer};

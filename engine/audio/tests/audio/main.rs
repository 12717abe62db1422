//! Audio as it comes from clients: recordings in every container, whole and cut, damaged and
//! hostile, and speech made by flite. What needs flite, ffmpeg, sox or opus-tools is in `speech`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bombs;
mod containers;
mod mutations;
mod ogg;
mod sounds;
mod speech;
mod support;
mod utterances;
mod webm;

//! A speaker's audio.
#![no_main]

#[path = "../checks.rs"]
#[expect(dead_code, reason = "each target uses one check")]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::sound(data));

//! Sounds that are made here: noise, tones and music, all the same in every run.

use std::f64::consts::TAU;

use audio::RATE;

use crate::support::Random;

/// Samples of so many seconds, each from its time; 1 is full.
fn made(seconds: f64, mut sound: impl FnMut(f64) -> f64) -> Vec<i16> {
    #[expect(clippy::cast_possible_truncation, reason = "a cast of floats saturates")]
    let count = (seconds * f64::from(RATE)) as u32;
    let samples = (0..count).map(|at| sound(f64::from(at) / f64::from(RATE)) * 32_767.0);
    #[expect(clippy::cast_possible_truncation, reason = "a cast of floats saturates")]
    samples.map(|sample| sample as i16).collect()
}

/// Nothing.
pub fn silence(seconds: f64) -> Vec<i16> {
    made(seconds, |_| 0.0)
}

/// A number from -1 to 1.
fn any(random: &mut Random) -> f64 {
    random.below(20_001) as f64 / 10_000.0 - 1.0
}

/// White noise.
pub fn white(seconds: f64, loud: f64) -> Vec<i16> {
    let mut random = Random(11);
    made(seconds, |_| any(&mut random) * loud)
}

/// Noise that falls off by 6 dB an octave, as wind and rooms do.
pub fn brown(seconds: f64, loud: f64) -> Vec<i16> {
    let (mut random, mut level) = (Random(12), 0.0);
    made(seconds, |_| {
        level = level * 0.995 + any(&mut random) * 0.1;
        level * loud
    })
}

/// A tone.
pub fn tone(seconds: f64, frequency: f64) -> Vec<i16> {
    made(seconds, |at| (at * frequency * TAU).sin() * 0.5)
}

/// Clicks, one a second.
pub fn clicks(seconds: f64) -> Vec<i16> {
    let mut random = Random(13);
    made(seconds, |at| if at.fract() < 0.02 { any(&mut random) * 0.8 } else { 0.0 })
}

/// How a note sounds, at a time since its beginning, of so many seconds.
pub type Voice = fn(frequency: f64, at: f64, seconds: f64) -> f64;

/// Held with five partials.
pub fn organ(frequency: f64, at: f64, seconds: f64) -> f64 {
    let edge = (at / 0.02).min((seconds - at) / 0.05).min(1.0);
    (1..6).map(|k| (f64::from(k) * frequency * at * TAU).sin() / f64::from(k)).sum::<f64>() * edge
}

/// Two partials and a vibrato.
pub fn flute(frequency: f64, at: f64, seconds: f64) -> f64 {
    let edge = (at / 0.05).min((seconds - at) / 0.05).min(1.0);
    let phase = frequency * at * TAU + frequency / 600.0 * (at * 5.0 * TAU).sin();
    (phase.sin() + 0.2 * (2.0 * phase).sin()) * edge
}

/// Struck, and fading.
pub fn piano(frequency: f64, at: f64, _seconds: f64) -> f64 {
    let fade = (at / 0.01).min(1.0) * (-2.0 * at).exp();
    let partial = |k: i32| (f64::from(k) * frequency * at * TAU).sin() / f64::from(k).powf(1.5);
    (1..8).map(partial).sum::<f64>() * fade
}

/// A melody of 32 notes.
pub fn melody(voice: Voice) -> Vec<i16> {
    let steps = [0, 2, 4, 5, 7, 9, 11, 12, -5, -3, 0, 4, 7, 4, 0, 12];
    let notes =
        steps.iter().cycle().take(32).map(|step| 261.63 * 2f64.powf(f64::from(*step) / 12.0));
    notes.flat_map(|note| made(0.5, |at| voice(note, at, 0.5) * 0.3)).collect()
}

/// Chords of three notes over a bass, 16 of them.
pub fn chords(voice: Voice) -> Vec<i16> {
    let note = |step: i32| 261.63 * 2f64.powf(f64::from(step) / 12.0);
    let chords = [[0, 4, 7], [5, 9, 12], [7, 11, 14], [0, 4, 7], [-3, 0, 4], [5, 9, 12]];
    let chords = chords.iter().cycle().take(16);
    chords
        .flat_map(|chord| {
            made(0.8, |at| {
                let bass = piano(note(chord[0]) / 4.0, at, 0.8);
                (chord.iter().map(|step| voice(note(*step), at, 0.8)).sum::<f64>() + bass) * 0.15
            })
        })
        .collect()
}

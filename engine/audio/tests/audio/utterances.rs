//! Where somebody speaks, by the sentence of the recordings.

use audio::{BEFORE, Cut, Cutter, SILENCE, UTTERANCE_MAX};

use crate::sounds::{self, silence};
use crate::support::{Random, original};

/// An utterance: where it began and ended, and its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Utterance {
    /// The position of its first sample.
    pub begin: u64,
    /// The position behind its last speech.
    pub end: u64,
    /// All it was handed.
    pub samples: Vec<i16>,
}

/// Hears cuts, and holds that they come in order.
#[derive(Default)]
pub struct Ear {
    begun: Option<(u64, Vec<i16>)>,
    /// The utterances that ended.
    pub heard: Vec<Utterance>,
}

impl Ear {
    /// Hears one cut.
    pub fn hear(&mut self, cut: Cut<'_>) {
        match cut {
            Cut::Begin { at } => {
                assert_eq!(self.begun, None, "one ends before the next begins");
                let last = self.heard.last();
                assert!(last.is_none_or(|last| last.begin + last.samples.len() as u64 <= at));
                self.begun = Some((at, Vec::new()));
            }
            Cut::Speech(samples) => self.begun.as_mut().unwrap().1.extend_from_slice(samples),
            Cut::End { at } => {
                let (begin, samples) = self.begun.take().unwrap();
                assert!(begin < at && at <= begin + samples.len() as u64, "the end is inside");
                self.heard.push(Utterance { begin, end: at, samples });
            }
        }
    }
}

/// The utterances in `samples`.
pub fn utterances(samples: &[i16]) -> Vec<Utterance> {
    let (mut cutter, mut ear) = (Cutter::new(), Ear::default());
    cutter.push(samples, |cut| ear.hear(cut));
    cutter.flush(|cut| ear.hear(cut));
    assert_eq!(ear.begun, None, "a flush ends what goes on");
    assert_eq!(cutter.position(), samples.len() as u64);
    ear.heard
}

#[test]
fn a_sentence_is_one_utterance_with_300_ms_before_and_500_behind() {
    let speech = original();
    let samples = [&silence(2.0)[..], &speech, &silence(2.0)].concat();
    let heard = utterances(&samples);
    assert_eq!(heard.len(), 1);
    let utterance = &heard[0];
    let is_loud = |sample: &i16| sample.unsigned_abs() > 500;
    let first = 32_000 + speech.iter().position(is_loud).unwrap() as u64 - BEFORE;
    assert!((first - 1_600..first + 1_600).contains(&utterance.begin), "{}", utterance.begin);
    let last = 32_000 + speech.iter().rposition(is_loud).unwrap() as u64;
    assert!((last - 800..last + 3_200).contains(&utterance.end), "{}, {last}", utterance.end);
    let behind = utterance.begin + utterance.samples.len() as u64 - utterance.end;
    assert!((SILENCE..SILENCE + 256).contains(&behind), "{behind}");
    let begin = usize::try_from(utterance.begin).unwrap();
    assert_eq!(utterance.samples, samples[begin..begin + utterance.samples.len()]);
}

#[test]
fn the_utterances_do_not_depend_on_how_the_samples_were_cut() {
    // Without the silence around the sentence.
    let pause = |seconds| [&original()[3_200..27_500], &silence(seconds)].concat();
    let samples = [&pause(0.1)[..], &pause(0.9), &pause(0.6), &pause(0.1)].concat();
    let whole = utterances(&samples);
    assert_eq!(whole.len(), 3, "short pauses are inside of one, long ones between two");
    let mut random = Random(5);
    for longest in [1, 100, 3_000] {
        let (mut cutter, mut ear) = (Cutter::new(), Ear::default());
        let mut rest = &samples[..];
        while !rest.is_empty() {
            let (piece, later) = rest.split_at((random.below(longest) + 1).min(rest.len()));
            cutter.push(piece, |cut| ear.hear(cut));
            rest = later;
        }
        cutter.flush(|cut| ear.hear(cut));
        assert_eq!(ear.heard, whole, "in pieces of up to {longest}");
    }
}

#[test]
fn silence_noise_tones_and_music_are_no_speech() {
    for (name, samples) in [
        ("silence", silence(10.0)),
        ("white noise", sounds::white(10.0, 0.3)),
        ("loud white noise", sounds::white(10.0, 1.0)),
        ("brown noise", sounds::brown(10.0, 0.5)),
        ("a low tone", sounds::tone(10.0, 110.0)),
        ("a tone", sounds::tone(10.0, 440.0)),
        ("a high tone", sounds::tone(10.0, 3_000.0)),
        ("clicks", sounds::clicks(10.0)),
        ("an organ", sounds::melody(sounds::organ)),
        ("a flute", sounds::melody(sounds::flute)),
        ("a piano", sounds::melody(sounds::piano)),
        ("an organ's chords", sounds::chords(sounds::organ)),
        ("flutes' chords", sounds::chords(sounds::flute)),
        ("a piano's chords", sounds::chords(sounds::piano)),
    ] {
        let heard = utterances(&samples);
        let places: Vec<_> = heard.iter().map(|one| (one.begin, one.end)).collect();
        assert_eq!(places, [], "{name} was taken for speech");
    }
}

#[test]
fn speech_is_heard_quietly_loudly_and_through_noise() {
    let padded = [&silence(1.0)[..], &original(), &silence(1.0)].concat();
    let noise = sounds::white(padded.len() as f64 / 16_000.0 + 1.0, 0.02);
    #[expect(clippy::cast_possible_truncation, reason = "a cast of floats saturates")]
    let louder = |by: f64| padded.iter().map(|s| (f64::from(*s) * by) as i16).collect::<Vec<_>>();
    let noisy: Vec<i16> = padded.iter().zip(&noise).map(|(a, b)| a.saturating_add(*b)).collect();
    for (name, samples) in
        [("quiet", louder(0.03)), ("clipped", louder(8.0)), ("through noise", noisy)]
    {
        let heard = utterances(&samples);
        assert_eq!(heard.len(), 1, "{name}");
        assert!(heard[0].begin < 17_600 && heard[0].end > 38_000, "{name}");
    }
}

#[test]
fn whoever_speaks_without_a_pause_is_cut_after_30_s_and_loses_nothing() {
    // The sentence without the silence around it, again and again.
    let without_pause = &original()[1_600..27_000];
    let samples = without_pause.repeat(50);
    let heard = utterances(&samples);
    assert!(heard.len() >= 2, "{} utterances", heard.len());
    for two in heard.windows(2) {
        let length = two[0].samples.len() as u64;
        assert!(length <= UTTERANCE_MAX && length > UTTERANCE_MAX - 256, "{length}");
        assert_eq!(two[0].begin + length, two[1].begin, "nothing lies in between");
    }
}

#[test]
fn a_flush_ends_what_is_said_and_what_follows_is_another_utterance() {
    let (mut cutter, mut ear) = (Cutter::new(), Ear::default());
    let speech = original();
    cutter.push(&speech[..15_003], |cut| ear.hear(cut));
    assert!(cutter.is_speaking());
    cutter.flush(|cut| ear.hear(cut));
    assert!(!cutter.is_speaking());
    cutter.flush(|cut| ear.hear(cut));
    cutter.push(&speech[15_003..], |cut| ear.hear(cut));
    cutter.push(&silence(1.0), |cut| ear.hear(cut));
    let [first, second] = &ear.heard[..] else { panic!("{} utterances", ear.heard.len()) };
    assert_eq!(first.begin + first.samples.len() as u64, 15_003, "up to the last sample");
    assert_eq!(second.begin, 15_003, "and on from there");
    assert_eq!(
        [&first.samples[..], &second.samples[..12_000]].concat(),
        speech[usize::try_from(first.begin).unwrap()..27_003]
    );
}

#[test]
fn a_flush_in_silence_ends_nothing() {
    let (mut cutter, mut ear) = (Cutter::new(), Ear::default());
    cutter.flush(|cut| ear.hear(cut));
    cutter.push(&silence(1.01), |cut| ear.hear(cut));
    cutter.flush(|cut| ear.hear(cut));
    cutter.push(&original(), |cut| ear.hear(cut));
    cutter.flush(|cut| ear.hear(cut));
    assert_eq!(ear.heard.len(), 1);
    assert_eq!(ear.heard[0].begin + ear.heard[0].samples.len() as u64, 16_160 + 30_000);
}

//! What commands come to, with recorded speech: which utterances there are, and which requests end when.

mod told;

use std::sync::Arc;

use bytes::Bytes;
use model::{ConnectionId, Monotonic};

use super::inbox::{Chunk, Command, Inbox, Purpose, Sound};
use super::lane::Act;
use super::work::Work;

const FROM: ConnectionId = ConnectionId::new(0, 1, 1);
const OTHER: ConnectionId = ConnectionId::new(0, 2, 1);
/// Bytes of a second of the recording.
const SECOND: usize = 32_000;

/// A sentence of 1.9 s.
const WAV: &[u8] = include_bytes!("../../../../engine/audio/tests/fixtures/speech.wav");
const OGG: &[u8] = include_bytes!("../../../../engine/audio/tests/fixtures/speech.ogg");
const WEBM: &[u8] = include_bytes!("../../../../engine/audio/tests/fixtures/browser.webm");

/// The sentence as bare samples.
fn speech() -> Vec<u8> {
    WAV[44..].to_vec()
}

fn silence(seconds: f32) -> Vec<u8> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some seconds")]
    let samples = (seconds * 16_000.0) as usize;
    vec![0; samples * 2]
}

fn sound(format: audio::Format, bytes: &[u8]) -> Sound {
    Sound { format, rate: 16_000, channels: 1, bytes: Bytes::copy_from_slice(bytes) }
}

/// A speaker's work, at a time that is told.
#[derive(Default)]
struct Scene {
    work: Work,
    now: u64,
    acts: Vec<Act>,
}

impl Scene {
    fn started() -> Self {
        let mut scene = Self::default();
        scene.does(Command::Start { language: None });
        scene
    }

    fn does(&mut self, command: Command) -> Vec<Act> {
        let acts = self.work.carry_out(command, |at| at.0);
        self.acts.extend(acts.iter().cloned());
        acts
    }

    fn audio(&mut self, from: ConnectionId, sound: Sound, purpose: Purpose) -> Vec<Act> {
        let chunk = Chunk::new(from, Monotonic(self.now), sound, purpose);
        self.does(Command::Audio(chunk))
    }

    /// Streams bytes in chunks of so many, each when it has been said.
    fn streams(&mut self, format: audio::Format, bytes: &[u8], chunk_bytes: usize) {
        for chunk in bytes.chunks(chunk_bytes) {
            self.now += (chunk.len() * 1000 / SECOND) as u64;
            self.audio(FROM, sound(format, chunk), Purpose::Stream { has_gap: false });
        }
    }

    fn asks(&mut self, format: audio::Format, bytes: &[u8], id: &str) -> Vec<Act> {
        self.audio(FROM, sound(format, bytes), Purpose::Request(id.into()))
    }

    /// Nothing came for the utterance that goes on.
    fn is_quiet(&mut self) -> Vec<Act> {
        let last = self.utterances().last().cloned().unwrap_or_default();
        self.does(Command::Quiet { utterance: last.number, pieces: last.pieces })
    }

    fn utterances(&self) -> Vec<Utterance> {
        let mut all: Vec<Utterance> = Vec::new();
        for act in &self.acts {
            match act {
                Act::Begin { number, start, request, .. } => {
                    let (number, start, request) = (*number, *start, request.clone());
                    all.push(Utterance { number, start, request, ..Utterance::default() });
                }
                Act::Piece { number, samples, .. } => {
                    let of = all.iter_mut().find(|one| one.number == *number).unwrap();
                    assert!(!of.is_over, "a piece behind the end");
                    of.samples.extend_from_slice(samples);
                    of.pieces += 1;
                }
                Act::End { number, end, requests } => {
                    let of = all.iter_mut().find(|one| one.number == *number).unwrap();
                    assert!(!of.is_over, "two ends");
                    (of.is_over, of.end, of.requests) = (true, *end, requests.clone());
                }
                _ => {}
            }
        }
        all
    }

    fn completed(&self) -> Vec<&str> {
        let id = |act: &'_ Act| match act {
            Act::Completed { request, .. } => Some(Arc::clone(request)),
            _ => None,
        };
        let ids = self.acts.iter().filter(|act| id(act).is_some());
        ids.map(|act| match act {
            Act::Completed { request, .. } => &**request,
            _ => "",
        })
        .collect()
    }

    fn failures(&self) -> Vec<Option<Arc<str>>> {
        let failure = |act: &Act| match act {
            Act::Failed { request, .. } => Some(request.clone()),
            _ => None,
        };
        self.acts.iter().filter_map(failure).collect()
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Utterance {
    number: u64,
    start: u64,
    end: u64,
    request: Option<Arc<str>>,
    requests: Vec<Arc<str>>,
    samples: Vec<i16>,
    pieces: u64,
    is_over: bool,
}

fn ids(ids: &[&str]) -> Vec<Arc<str>> {
    ids.iter().map(|id| Arc::from(*id)).collect()
}

#[test]
fn two_sentences_are_two_utterances_on_the_sessions_clock_however_they_are_cut() {
    let said = [silence(1.0), speech(), silence(1.0), speech(), silence(1.0)].concat();
    let mut heard = Vec::new();
    for chunk_bytes in [202, 3200, 3333, 16_000] {
        let mut scene = Scene { now: 10_000, ..Scene::started() };
        scene.streams(audio::Format::Pcm16, &said, chunk_bytes);
        let all = scene.utterances();
        assert_eq!(all.len(), 2, "{chunk_bytes}");
        assert!(all.iter().all(|one| one.is_over));
        let (first, second) = (&all[0], &all[1]);
        assert!((10_600..11_300).contains(&first.start), "{first:?}");
        assert!((12_400..12_950).contains(&first.end), "{}", first.end);
        assert!(second.start > first.end && second.end < 16_000);
        heard.push(all.into_iter().map(|one| one.samples).collect::<Vec<_>>());
    }
    assert!(heard.iter().all(|one| *one == heard[0]), "the cuts changed what was said");
}

#[test]
fn silence_and_noise_are_no_utterance() {
    let mut scene = Scene::started();
    scene.streams(audio::Format::Pcm16, &silence(5.0), 3200);
    let mut state = 1_u32;
    let noise: Vec<u8> = (0..5 * 16_000)
        .flat_map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [.., low, _] = state.to_be_bytes();
            (i16::from(low) * 8 - 1024).to_le_bytes()
        })
        .collect();
    scene.streams(audio::Format::Pcm16, &noise, 3200);
    assert_eq!(scene.utterances(), []);
}

#[test]
fn a_recording_is_completed_once_nothing_more_comes() {
    for (format, recording) in
        [(audio::Format::Wav, WAV), (audio::Format::Ogg, OGG), (audio::Format::Webm, WEBM)]
    {
        let mut scene = Scene::default();
        scene.asks(format, recording, "r");
        if scene.completed().is_empty() {
            scene.is_quiet();
        }
        let all = scene.utterances();
        assert_eq!(all.len(), 1, "{format:?}");
        assert_eq!(all[0].request.as_deref(), Some("r"));
        let ended_with = all[0].requests.len() + scene.completed().len();
        assert_eq!((all[0].is_over, ended_with), (true, 1), "{format:?}");
    }
}

#[test]
fn requests_without_a_header_go_on_where_the_one_before_was() {
    for (format, recording) in [(audio::Format::Wav, WAV), (audio::Format::Ogg, OGG)] {
        let mut scene = Scene::default();
        let pieces: Vec<&[u8]> = recording.chunks(recording.len() / 4).collect();
        for (piece, id) in pieces.iter().zip(["a", "b", "c", "d", "e"]) {
            scene.asks(format, piece, id);
        }
        scene.is_quiet();
        let all = scene.utterances();
        assert_eq!(all.len(), 1, "{format:?}");
        assert!(all[0].samples.len() > 20_000, "{}", all[0].samples.len());
        let mut done: Vec<&str> = scene.completed();
        done.extend(all[0].requests.iter().map(|id| &**id));
        done.sort_unstable();
        assert_eq!(done.len(), pieces.len(), "each is completed once: {done:?}");
    }
}

#[test]
fn a_request_in_which_nobody_speaks_is_completed_at_once() {
    let mut scene = Scene::default();
    scene.asks(audio::Format::Pcm16, &silence(2.0), "r");
    assert_eq!((scene.completed(), scene.utterances().len()), (vec!["r"], 0));
}

#[test]
fn a_request_that_cannot_be_decoded_fails_once_however_it_is_worked_on() {
    let no_wav = [b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0".as_slice(), &[0; 5000]].concat();
    let (ogg, wav) = (audio::Format::Ogg, audio::Format::Wav);
    for (mut scene, format, bytes) in [
        (Scene::default(), ogg, WEBM),
        (Scene::default(), wav, &no_wav),
        (Scene::started(), wav, &no_wav),
    ] {
        let request = Purpose::Request("r".into());
        let chunk = Chunk::new(FROM, Monotonic(0), sound(format, bytes), request);
        // As the threads do it: a slice at a time.
        let mut inbox = Inbox::default();
        inbox.audio(chunk, usize::MAX);
        while let Some(command) = inbox.take(1024) {
            scene.does(command);
        }
        assert_eq!(scene.failures(), [Some("r".into())]);
        assert!(scene.completed().is_empty());
        // The next one is told of again.
        scene.asks(format, bytes, "s");
        assert_eq!(scene.failures(), [Some("r".into()), Some("s".into())]);
    }
}

#[test]
fn a_stream_that_is_no_audio_is_told_of_also_behind_a_request_that_was_none() {
    let mut scene = Scene::default();
    scene.asks(audio::Format::Ogg, WEBM, "r");
    assert_eq!(scene.failures(), [Some("r".into())]);
    scene.does(Command::Start { language: None });
    scene.streams(audio::Format::Ogg, WEBM, 1000);
    scene.does(Command::Start { language: None });
    scene.streams(audio::Format::Ogg, WEBM, 1000);
    assert_eq!(scene.failures(), [Some("r".into()), None]);
}

#[test]
fn each_chunk_both_ways_is_heard_once_and_each_request_completed_once() {
    for (format, recording) in
        [(audio::Format::Wav, WAV), (audio::Format::Ogg, OGG), (audio::Format::Webm, WEBM)]
    {
        let mut scene = Scene::started();
        let count = recording.len().div_ceil(700);
        for (number, chunk) in recording.chunks(700).enumerate() {
            scene.now += 20;
            scene.audio(FROM, sound(format, chunk), Purpose::Stream { has_gap: false });
            scene.asks(format, chunk, &number.to_string());
        }
        scene.does(Command::Stop { from: FROM });
        let all = scene.utterances();
        let samples: usize = all.iter().map(|one| one.samples.len()).sum();
        assert!((16_000..50_000).contains(&samples), "{format:?}: {samples}");
        let with_utterances: usize = all.iter().map(|one| one.requests.len()).sum();
        assert_eq!(scene.completed().len() + with_utterances, count, "{format:?}");
        assert!(all.iter().all(|one| one.request.is_none()), "it was streamed");
        assert_eq!(scene.acts.last(), Some(&Act::Stopped { from: FROM }));
    }
}

#[test]
fn a_recording_both_ways_is_heard_once() {
    let mut scene = Scene::started();
    for number in ["1", "2"] {
        scene.now += 2000;
        scene.audio(FROM, sound(audio::Format::Wav, WAV), Purpose::Stream { has_gap: false });
        scene.asks(audio::Format::Wav, WAV, number);
    }
    let samples: usize = scene.utterances().iter().map(|one| one.samples.len()).sum();
    assert!((40_000..64_000).contains(&samples), "{samples}");
    assert!(scene.utterances().iter().all(|one| one.request.is_none()));
}

#[test]
fn a_request_ends_what_is_being_said_once_that_lasts_a_second() {
    let mut scene = Scene::started();
    scene.streams(audio::Format::Pcm16, &speech()[..SECOND * 3 / 4], 3200);
    scene.asks(audio::Format::Pcm16, &[0; 2], "early");
    assert!(!scene.utterances()[0].is_over, "syllables are not words");
    scene.streams(audio::Format::Pcm16, &speech()[SECOND * 3 / 4..], 3200);
    let first = scene.utterances().remove(0);
    assert_eq!((first.is_over, first.requests), (true, ids(&["early"])));
}

#[test]
fn a_recording_beside_the_stream_is_transcribed_for_itself() {
    let mut scene = Scene::started();
    scene.streams(audio::Format::Pcm16, &speech()[..SECOND], 3200);
    scene.asks(audio::Format::Wav, WAV, "r");
    let all = scene.utterances();
    assert_eq!(all.len(), 2);
    assert!(!all[0].is_over, "the stream goes on");
    assert_eq!((all[1].is_over, &all[1].request), (true, &Some("r".into())));
    let ended_with = all[1].requests.len() + scene.completed().len();
    assert_eq!(ended_with, 1);
}

#[test]
fn what_began_before_the_start_is_understood_by_its_header() {
    let (format, recording) = (audio::Format::Webm, WEBM);
    let mut stream = audio::Stream::new(format, 16_000, 1).unwrap();
    stream.push(recording, &mut Vec::new()).unwrap();
    let header = stream.header().unwrap().clone();
    let mut scene = Scene::started();
    for (number, chunk) in recording[header.len()..].chunks(500).enumerate().skip(2) {
        scene.now += 100;
        let purpose = Purpose::Stream { has_gap: false };
        let mut chunk = Chunk::new(FROM, Monotonic(scene.now), sound(format, chunk), purpose);
        chunk.header = (number == 2).then(|| header.clone());
        scene.does(Command::Audio(chunk));
    }
    scene.does(Command::Stop { from: FROM });
    assert_eq!(scene.failures(), []);
    let samples: usize = scene.utterances().iter().map(|one| one.samples.len()).sum();
    assert!((20_000..48_000).contains(&samples), "{samples}");
}

#[test]
fn a_recording_that_goes_on_over_another_connection_is_understood() {
    let mut scene = Scene::started();
    let chunks: Vec<&[u8]> = WEBM.chunks(500).collect();
    for (number, bytes) in chunks.iter().enumerate() {
        scene.now += 100;
        if number == 8 {
            scene.does(Command::Left { from: FROM });
        }
        let from = if number < 8 { FROM } else { OTHER };
        let sound = sound(audio::Format::Webm, bytes);
        scene.audio(from, sound, Purpose::Stream { has_gap: false });
    }
    scene.does(Command::Stop { from: OTHER });
    assert_eq!(scene.failures(), []);
    let samples: usize = scene.utterances().iter().map(|one| one.samples.len()).sum();
    assert!(samples > 20_000, "{samples}");
}

#[test]
fn a_gap_ends_the_utterance_and_what_comes_behind_it_is_understood() {
    let mut scene = Scene::started();
    for (number, chunk) in WEBM.chunks(500).enumerate() {
        if (8..11).contains(&number) {
            continue;
        }
        scene.now += 100;
        let purpose = Purpose::Stream { has_gap: number == 11 };
        scene.audio(FROM, sound(audio::Format::Webm, chunk), purpose);
    }
    scene.does(Command::Stop { from: FROM });
    assert_eq!(scene.failures(), []);
    let samples: usize = scene.utterances().iter().map(|one| one.samples.len()).sum();
    assert!(samples > 10_000, "{samples}");
}

#[test]
fn what_is_no_audio_is_told_once_in_a_stream_and_for_each_request() {
    let mut scene = Scene::started();
    let garbage = [7; 4000];
    for _ in 0..5 {
        scene.audio(FROM, sound(audio::Format::Wav, &garbage), Purpose::Stream { has_gap: false });
    }
    assert_eq!(scene.failures(), [None]);
    scene.audio(FROM, sound(audio::Format::Wav, WAV), Purpose::Stream { has_gap: false });
    scene.does(Command::Stop { from: FROM });
    assert_eq!(scene.utterances().len(), 1, "a header begins anew");
    scene.asks(audio::Format::Ogg, &garbage, "a");
    scene.asks(audio::Format::Ogg, &garbage, "b");
    assert_eq!(scene.failures()[1..], [Some("a".into()), Some("b".into())]);
    assert_eq!(scene.completed(), [""; 0]);
}

#[test]
fn what_goes_on_with_nothing_is_refused_and_the_stream_goes_on() {
    for (format, recording) in [(audio::Format::Ogg, OGG), (audio::Format::Webm, WEBM)] {
        let mut scene = Scene::default();
        scene.asks(format, recording, "a");
        scene.asks(format, &[1; 2000], "bad");
        assert_eq!(scene.failures(), [Some("bad".into())], "{format:?}");
        scene.asks(format, recording, "b");
        scene.is_quiet();
        assert_eq!(scene.failures().len(), 1, "{format:?}");
        assert!(scene.utterances().len() >= 2, "{format:?}");
    }
}

#[test]
fn an_utterance_is_over_when_nothing_comes_and_not_when_something_did_meanwhile() {
    let mut scene = Scene::started();
    scene.streams(audio::Format::Pcm16, &speech()[..SECOND], 3200);
    let before = scene.utterances().remove(0);
    scene.streams(audio::Format::Pcm16, &speech()[SECOND..SECOND + 16_000], 3200);
    scene.does(Command::Quiet { utterance: before.number, pieces: before.pieces });
    assert!(!scene.utterances()[0].is_over);
    scene.is_quiet();
    assert!(scene.utterances()[0].is_over);
}

#[test]
fn a_stop_a_departure_and_an_end_all_end_what_is_being_said() {
    let ends = [
        Command::Stop { from: FROM },
        Command::Left { from: FROM },
        Command::Gone,
        Command::Start { language: Some("de".into()) },
    ];
    for end in ends {
        let mut scene = Scene::started();
        scene.streams(audio::Format::Pcm16, &speech()[..SECOND], 3200);
        scene.does(Command::Left { from: OTHER });
        assert!(!scene.utterances()[0].is_over);
        scene.does(end);
        assert!(scene.utterances()[0].is_over);
    }
}

#[test]
fn a_second_connection_of_the_same_user_is_a_stream_of_its_own() {
    let mut scene = Scene::started();
    for chunk in speech().chunks(3200) {
        scene.now += 100;
        for from in [FROM, OTHER] {
            let sound = sound(audio::Format::Pcm16, chunk);
            scene.audio(from, sound, Purpose::Stream { has_gap: false });
        }
    }
    scene.does(Command::Gone);
    let all = scene.utterances();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].samples, all[1].samples);
}

#[test]
fn lanes_have_a_bound_and_the_oldest_ends_for_one_more() {
    let mut scene = Scene::started();
    scene.streams(audio::Format::Pcm16, &speech()[..SECOND], 3200);
    for slot in 10..14 {
        let from = ConnectionId::new(0, slot, 1);
        let sound = sound(audio::Format::Pcm16, &silence(0.1));
        scene.audio(from, sound, Purpose::Stream { has_gap: false });
    }
    assert!(scene.utterances()[0].is_over);
}

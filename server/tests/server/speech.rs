//! Speech: `quintet stt-worker` by itself, and behind the door that the server uses. What is spoken
//! is made by flite.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use intelligence::speech::{ProcessConfig, Speech, SpeechConfig, SpeechProvider};
use pocketsphinx::MEMORY_BYTES;
use serde_json::Value;
use tokio::runtime::Handle;

use crate::binary;

/// Long enough for any machine.
const LONG: Duration = Duration::from_secs(120);
const SENTENCE: &str = "do you have any questions for me";

/// What a voice says, as samples at 16 kHz.
fn spoken(voice: &str, text: &str) -> Vec<i16> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("spoken.wav");
    let said = Command::new("flite").args(["-voice", voice, "-t", text, "-o"]).arg(&file).status();
    assert!(said.expect("flite is installed: .ci/need voice").success());
    let wav = std::fs::read(&file).unwrap();
    assert_eq!(wav[24..28], 16_000_u32.to_le_bytes(), "the voices of flite speak at 16 kHz");
    wav[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// The process, with what stands in the environment here and nothing that the server adds: so an operator
/// starts it, and it must hear all the same.
fn worker(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.arg("stt-worker").args(arguments).env_remove("MIMALLOC_ARENA_RESERVE");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// What a process says of `input`, line by line; and whether it ended well.
fn heard(arguments: &[&str], input: &[u8]) -> (Vec<Value>, bool) {
    let mut child = worker(arguments).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writing = std::thread::spawn(move || drop(pipe.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap());
    (lines.collect(), output.status.success())
}

fn kinds(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["type"].as_str().unwrap()).collect()
}

/// The engine in `workers` processes of the binary.
fn engine(workers: usize, model: Option<&Path>) -> Arc<Speech> {
    let mut arguments = vec!["stt-worker".to_owned(), "--frames".to_owned()];
    if let Some(folder) = model {
        arguments.extend(["--model".to_owned(), folder.display().to_string()]);
    }
    let config = ProcessConfig { program: binary().to_owned(), arguments, workers, deadline: LONG };
    let providers = vec![SpeechProvider::Builtin(config)];
    Speech::start(&SpeechConfig { providers }, &Handle::current()).unwrap()
}

#[test]
fn a_process_tells_partial_texts_and_the_final_one() {
    let (lines, is_good) = heard(&[], &bytes(&spoken("rms", SENTENCE)));
    assert!(is_good && kinds(&lines).len() > 2, "{lines:?}");
    let (last, partial) = lines.split_last().unwrap();
    assert!(kinds(partial).iter().all(|kind| *kind == "partial"), "{lines:?}");
    assert_eq!((last["type"].as_str(), last["text"].as_str()), (Some("final"), Some(SENTENCE)));
    let confidence = last["confidence"].as_f64().unwrap();
    assert!((0.3..=1.0).contains(&confidence), "{confidence}");
}

#[test]
fn silence_has_no_words_and_half_a_sample_does_no_harm() {
    let (lines, is_good) = heard(&[], &vec![0; 64_001]);
    assert!(is_good);
    assert_eq!(lines.last().unwrap()["text"], "");
    let (lines, is_good) = heard(&[], &[]);
    assert_eq!((kinds(&lines), is_good), (vec!["final"], true));
}

#[test]
fn a_missing_model_is_one_clear_line_that_names_the_packages() {
    for arguments in [&["--model", "/nonexistent"][..], &["--check", "--model", "/nonexistent"]] {
        let (lines, is_good) = heard(arguments, &[]);
        assert_eq!((kinds(&lines), is_good), (vec!["error"], false));
        let message = lines[0]["message"].as_str().unwrap();
        assert!(message.contains("/nonexistent") && message.contains("pocketsphinx-en-us"));
    }
    assert_eq!(kinds(&heard(&["--check"], &[]).0), ["ready"]);
}

#[test]
fn frames_that_are_wrong_end_the_process_with_a_word() {
    let (lines, is_good) = heard(&["--frames"], &[3, 0, 0, 0, 1, 2, 3]);
    assert_eq!((kinds(&lines), is_good), (vec!["ready", "error"], false));
    let (lines, is_good) = heard(&["--frames"], &[4, 0, 0, 0, 1]);
    assert_eq!((kinds(&lines), is_good), (vec!["ready", "error"], false));
}

#[test]
fn when_nobody_is_there_any_more_a_process_ends_whatever_it_does() {
    let piece = bytes(&spoken("slt", SENTENCE)[..16_000]);
    let mut input = Vec::new();
    for _ in 0..30 {
        input.extend_from_slice(&32_000_u32.to_le_bytes());
        input.extend_from_slice(&piece);
    }
    let (lines, is_good) = heard(&["--frames"], &input);
    assert!(is_good && !kinds(&lines).contains(&"final"), "{lines:?}");
}

#[test]
fn a_process_is_limited_and_can_open_nothing_once_it_hears() {
    // As the server starts it.
    let mut child = worker(&["--frames"]).env("MIMALLOC_ARENA_RESERVE", "0").spawn().unwrap();
    let mut ready = [0; 1];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
    let of = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", child.id())).unwrap();
    let limits = of("limits");
    let memory = limits.lines().find(|line| line.starts_with("Max address space")).unwrap();
    let memory: u64 = memory.split_whitespace().nth(3).unwrap().parse().unwrap();
    // What the program itself maps comes on top, and an unoptimized one with its debug information is large.
    assert!((MEMORY_BYTES..MEMORY_BYTES + (256 << 20)).contains(&memory), "{memory}");
    for (name, value) in [("Max cpu time", pocketsphinx::CPU_SECONDS), ("Max core file size", 0)] {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line.split_whitespace().any(|word| word == value.to_string()), "{line}");
    }
    let status = of("status");
    // 2: a filter of system calls, in every thread.
    assert!(status.contains("Seccomp:\t2") && status.contains("NoNewPrivs:\t1"), "{status}");
    for thread in std::fs::read_dir(format!("/proc/{}/task", child.id())).unwrap() {
        let status = std::fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        assert!(status.contains("Seccomp:\t2"), "{status}");
    }
    // Its input ends, and so does it.
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[tokio::test]
async fn two_voices_at_once_are_heard_while_they_speak() {
    let speech = engine(2, None);
    let voices = ["slt", "rms"].map(|voice| {
        let (mut utterance, samples) = (speech.begin(Some("en-GB"), true), spoken(voice, SENTENCE));
        tokio::spawn(async move {
            for piece in samples.chunks(1_600) {
                utterance.push(piece);
                tokio::task::yield_now().await;
            }
            let partial = utterance.next_partial().await.unwrap();
            (partial, utterance.finish().await.unwrap())
        })
    });
    for voice in voices {
        let (partial, transcript) = voice.await.unwrap();
        assert!(!partial.text.is_empty());
        assert_eq!(transcript.text, SENTENCE);
        assert_eq!((transcript.provider, transcript.language.as_str()), ("builtin", "en-GB"));
    }
    let stats = speech.stats();
    assert_eq!((stats.texts, stats.failures, stats.crashes, stats.workers), (2, 0, 0, 2));
}

#[tokio::test]
async fn one_process_hears_many_who_speak_at_once_and_forgets_who_left() {
    let speech = engine(1, None);
    let samples = spoken("rms", SENTENCE);
    let utterances: Vec<_> = (0..6)
        .map(|_| {
            let utterance = speech.begin(None, true);
            utterance.push(&samples);
            utterance
        })
        .collect();
    for (at, utterance) in utterances.into_iter().enumerate() {
        if at % 3 == 1 {
            drop(utterance);
        } else {
            let text = utterance.finish().await.unwrap().text;
            assert!(text.contains("questions"), "{text}");
        }
    }
    while speech.stats().open > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let stats = speech.stats();
    assert_eq!((stats.texts, stats.given_up, stats.failures, stats.starts), (4, 2, 0, 1));
}

#[tokio::test]
async fn without_the_engine_it_is_said_so_before_anybody_speaks() {
    let speech = engine(2, Some(Path::new("/nonexistent")));
    let told = loop {
        match speech.availability() {
            Ok(()) => tokio::time::sleep(Duration::from_millis(10)).await,
            Err(told) => break told.message,
        }
    };
    assert!(told.contains("apt-get install"), "{told}");
    let error = speech.begin(None, true).finish().await.unwrap_err();
    assert!(error.to_string().contains("apt-get install"), "{error}");
    let error = engine(1, None).begin(Some("fr"), true).finish().await.unwrap_err();
    assert!(error.to_string().contains("\"fr\""), "{error}");
}

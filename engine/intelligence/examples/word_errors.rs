//! How many words the engine of this machine gets wrong, and how soon its texts are there: twenty
//! sentences spoken by two of flite's voices at once, in pieces of 100 ms as they would come.
//!
//! `cargo run --release -p intelligence --example word_errors -- target/release/quintet`

use std::error::Error;
use std::io::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use intelligence::speech::{ProcessConfig, Speech, SpeechConfig, SpeechProvider};
use tokio::runtime::Handle;
use tokio::time::{Instant, interval};

/// What is said.
const SENTENCES: [&str; 20] = [
    "tell me about a project you worked on last year",
    "what was the most difficult problem you had to solve",
    "I would like to know how you work with other people",
    "we built a new system for the company in three months",
    "can you describe the design of that system",
    "the first version was too slow for our customers",
    "how did you find out what was wrong",
    "I looked at the numbers and talked to the team",
    "then we changed the way the data was stored",
    "after that the service was much faster than before",
    "what would you do differently if you could start again",
    "I would write more tests from the very beginning",
    "do you have any questions for me",
    "how large is the team and who would I work with",
    "there are about twenty people in two cities",
    "we meet every morning and plan the work of the day",
    "why do you want to leave your current job",
    "I want to learn more and take on more responsibility",
    "when could you start working for us",
    "thank you very much for your time today",
];
/// Who says it.
const VOICES: [&str; 2] = ["slt", "rms"];
/// Samples of a piece: 100 ms.
const PIECE_SAMPLES: usize = 1_600;

/// One sentence as it was heard.
struct Heard {
    wrong: usize,
    words: usize,
    after: Duration,
    partials: usize,
}

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let program = std::env::args().nth(1).ok_or("name the binary: target/release/quintet")?;
    let config = ProcessConfig {
        program: program.into(),
        arguments: vec!["stt-worker".to_owned(), "--frames".to_owned()],
        workers: VOICES.len(),
        deadline: Duration::from_secs(30),
    };
    let providers = vec![SpeechProvider::Builtin(config)];
    let speech = Speech::start(&SpeechConfig { providers }, &Handle::current())?;
    let voices = VOICES.map(|voice| tokio::spawn(listen(Arc::clone(&speech), voice)));
    let mut out = std::io::stdout().lock();
    let mut afters = Vec::new();
    for (voice, heard) in VOICES.iter().zip(voices) {
        let heard = heard.await??;
        let wrong: usize = heard.iter().map(|it| it.wrong).sum();
        let words: usize = heard.iter().map(|it| it.words).sum();
        let partials: usize = heard.iter().map(|it| it.partials).sum();
        let permille = wrong * 1000 / words;
        let (percent, tenth) = (permille / 10, permille % 10);
        writeln!(
            out,
            "{voice}: {wrong} of {words} words wrong, {percent}.{tenth} %; {partials} partial texts"
        )?;
        afters.extend(heard.iter().map(|it| it.after));
    }
    afters.sort_unstable();
    let (half, most) = (afters[afters.len() / 2], afters[afters.len() - 1]);
    writeln!(out, "final text after the end of speech: p50 {half:.0?}, at most {most:.0?}")?;
    Ok(())
}

/// One voice says all, and is heard.
async fn listen(speech: Arc<Speech>, voice: &'static str) -> Outcome<Vec<Heard>> {
    let mut all = Vec::new();
    for sentence in SENTENCES {
        let samples = spoken(voice, sentence)?;
        let mut utterance = speech.begin(Some("en-US"), true);
        let mut ticks = interval(Duration::from_millis(100));
        let mut partials = 0;
        for piece in samples.chunks(PIECE_SAMPLES) {
            loop {
                tokio::select! {
                    _ = ticks.tick() => break,
                    Some(_) = utterance.next_partial() => partials += 1,
                }
            }
            utterance.push(piece);
        }
        let ended = Instant::now();
        let text = utterance.finish().await?.text;
        let (said, heard) = (words(sentence), words(&text));
        let wrong = distance(&said, &heard);
        all.push(Heard { wrong, words: said.len(), after: ended.elapsed(), partials });
    }
    Ok(all)
}

/// What a voice says, as samples at 16 kHz.
fn spoken(voice: &str, text: &str) -> Outcome<Vec<i16>> {
    let file = std::env::temp_dir().join(format!("word-errors-{}-{voice}.wav", std::process::id()));
    let said = Command::new("flite").args(["-voice", voice, "-t", text, "-o"]).arg(&file).status();
    if !said?.success() {
        return Err("flite failed".into());
    }
    let wav = std::fs::read(&file)?;
    std::fs::remove_file(&file)?;
    let samples = wav.get(44..).ok_or("flite wrote no WAV file")?.chunks_exact(2);
    Ok(samples.map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect())
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_lowercase).collect()
}

/// Words to replace, add and leave out (Levenshtein's distance).
fn distance(said: &[String], heard: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (at, word) in said.iter().enumerate() {
        let mut before = row[0];
        row[0] = at + 1;
        for (to, other) in heard.iter().enumerate() {
            let replaced = before + usize::from(word != other);
            before = row[to + 1];
            row[to + 1] = replaced.min(before + 1).min(row[to] + 1);
        }
    }
    row[heard.len()]
}

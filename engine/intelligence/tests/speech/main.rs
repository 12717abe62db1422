//! Programs that hear, well and badly, behind one door.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod command;
mod openai;

use std::sync::Arc;
use std::time::Duration;

use intelligence::speech::{ProcessConfig, Speech, SpeechConfig, SpeechProvider};
use tokio::runtime::Handle;

/// Long enough for any machine.
const LONG: Duration = Duration::from_secs(60);

/// A shell script as a program that hears.
fn script(text: &str, workers: usize, deadline: Duration) -> ProcessConfig {
    let arguments = vec!["-c".to_owned(), text.to_owned()];
    ProcessConfig { program: "/bin/sh".into(), arguments, workers, deadline }
}

fn speech(providers: Vec<SpeechProvider>) -> Arc<Speech> {
    Speech::start(&SpeechConfig { providers }, &Handle::current()).unwrap()
}

/// Scripts in their order.
fn scripts(texts: &[&str], deadline: Duration) -> Arc<Speech> {
    let providers = texts.iter().map(|text| SpeechProvider::Command(script(text, 1, deadline)));
    speech(providers.collect())
}

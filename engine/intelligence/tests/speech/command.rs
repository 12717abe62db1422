//! The `command` provider.

use std::time::Duration;

use intelligence::speech::{Load, SpeechError, Transcript};

use super::{LONG, scripts, speech};

/// Says how many bytes it heard.
const COUNTS: &str =
    r#"n=$(wc -c); echo "{\"type\":\"final\",\"text\":\"heard $n\",\"confidence\":0.5}""#;
const SHORT: Duration = Duration::from_millis(600);

fn words(result: Result<Transcript, SpeechError>) -> Result<String, SpeechError> {
    result.map(|transcript| transcript.text)
}

#[tokio::test]
async fn what_is_said_comes_whole_and_in_order() {
    let speech = scripts(
        &["exec md5sum | sed 's/\\(.*\\)  -/{\"type\":\"final\",\"text\":\"\\1\"}/'"],
        LONG,
    );
    let utterance = speech.begin(Some("de-CH"), true);
    for piece in 0..100_i16 {
        utterance.push(&[piece; 317]);
    }
    let transcript = utterance.finish().await.unwrap();
    let expected = "2f5d1b39b0b2f2c1b8f1d1b1f3b1d1b1".len();
    assert_eq!(transcript.text.len(), expected);
    assert_eq!((transcript.language.as_str(), transcript.provider), ("de-CH", "command"));
}

#[tokio::test]
async fn partial_texts_come_while_somebody_speaks_and_the_final_one_after() {
    let script = r#"head -c 3200 >/dev/null; echo '{"type":"partial","text":"good"}'
        head -c 3200 >/dev/null; echo '{"type":"partial","text":"good morning"}'
        n=$(wc -c); echo "{\"type\":\"final\",\"text\":\"good morning $n\"}""#;
    let speech = scripts(&[script], LONG);
    let mut utterance = speech.begin(None, true);
    utterance.push(&[7; 1600]);
    assert_eq!(utterance.next_partial().await.unwrap().text, "good");
    utterance.push(&[7; 1600]);
    assert_eq!(utterance.next_partial().await.unwrap().text, "good morning");
    utterance.push(&[7; 10]);
    assert_eq!(utterance.finish().await.unwrap().text, "good morning 20");
    let stats = speech.stats();
    assert_eq!((stats.texts, stats.partials, stats.open, stats.retries), (1, 2, 0, 0));
}

#[tokio::test]
async fn whoever_fails_is_asked_again_and_then_the_next() {
    let speech = scripts(&["exit 3", "echo rubbish; cat >/dev/null", COUNTS], LONG);
    let mut utterance = speech.begin(None, false);
    utterance.push(&[1; 1000]);
    assert_eq!(utterance.next_partial().await, None);
    let transcript = utterance.finish().await.unwrap();
    assert_eq!((transcript.text.as_str(), transcript.confidence), ("heard 2000", 0.5));
    assert_eq!(speech.stats().fallbacks, 2);
}

#[tokio::test]
async fn what_fails_once_is_heard_again_from_its_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("failed");
    let script = format!("if mkdir {} 2>/dev/null; then exit 1; fi; {COUNTS}", file.display());
    let speech = scripts(&[&script], LONG);
    let utterance = speech.begin(None, true);
    utterance.push(&[1; 1000]);
    assert_eq!(words(utterance.finish().await), Ok("heard 2000".to_owned()));
}

#[tokio::test]
async fn one_that_died_while_it_waited_is_replaced_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("died");
    let script = format!("if mkdir {} 2>/dev/null; then exit 1; fi; {COUNTS}", file.display());
    let speech = scripts(&[&script], LONG);
    speech.warm();
    while !file.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let utterance = speech.begin(None, true);
    utterance.push(&[1; 1000]);
    assert_eq!(words(utterance.finish().await), Ok("heard 2000".to_owned()));
    assert_eq!((speech.stats().crashes, speech.stats().failures), (1, 0));
}

#[tokio::test]
async fn whoever_misbehaves_is_given_up_within_the_deadline() {
    let hangs = "cat >/dev/null; sleep 1000";
    let deaf = "sleep 1000";
    let late = r#"cat >/dev/null; sleep 5; echo '{"type":"final","text":"late"}'"#;
    let floods = r#"while :; do echo '{"type":"partial","text":"x"}'; done"#;
    let long = "yes x | tr -d '\\n'";
    let dies = "head -c 100 >/dev/null; kill -9 $$";
    for (script, expected) in [
        (hangs, SpeechError::Deadline),
        (deaf, SpeechError::Deadline),
        (late, SpeechError::Deadline),
        (floods, SpeechError::Failed("it wrote over 4 MiB of an utterance".to_owned())),
        (long, SpeechError::Failed("it wrote a line over 64 KiB".to_owned())),
        (dies, SpeechError::Failed("it ended".to_owned())),
    ] {
        let deadline = if expected == SpeechError::Deadline { SHORT } else { LONG };
        let speech = scripts(&[script], deadline);
        let utterance = speech.begin(None, true);
        utterance.push(&[1; 160_000]);
        while expected != SpeechError::Deadline && speech.stats().crashes == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(words(utterance.finish().await), Err(expected), "{script}");
        assert_eq!(speech.stats().retries, 1, "{script}");
    }
}

#[tokio::test]
async fn a_final_text_before_the_end_is_none() {
    let early = r#"echo '{"type":"final","text":"early"}'; sleep 1000"#;
    let speech = scripts(&[early, COUNTS], LONG);
    let utterance = speech.begin(None, true);
    utterance.push(&[1; 160_000]);
    while speech.stats().crashes == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(words(utterance.finish().await), Ok("heard 320000".to_owned()));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told_at_once_and_named() {
    let mut config = super::script("", 2, LONG);
    config.program = "/nonexistent/hearer".into();
    let speech = speech(vec![intelligence::speech::SpeechProvider::Command(config)]);
    let utterance = speech.begin(None, true);
    utterance.push(&[1; 1000]);
    let error = utterance.finish().await.unwrap_err();
    assert!(error.to_string().contains("/nonexistent/hearer"), "{error}");
    assert!(speech.availability().unwrap_err().message.contains("/nonexistent/hearer"));
}

#[tokio::test]
async fn without_providers_nothing_is_heard_and_it_is_said_why() {
    let speech = speech(Vec::new());
    let error = speech.begin(None, true).finish().await.unwrap_err();
    assert!(matches!(error, SpeechError::Unavailable(_)) && error.to_string().contains("off"));
    assert_eq!((speech.load(), speech.availability().is_err()), (Load::Full, true));
}

#[tokio::test]
async fn when_all_are_busy_partial_texts_stop_first_and_nothing_said_is_lost() {
    let script = r#"echo '{"type":"partial","text":"I hear"}'
        n=$(wc -c); echo "{\"type\":\"final\",\"text\":\"heard $n\"}""#;
    let speech = scripts(&[script], LONG);
    let mut first = speech.begin(None, true);
    first.push(&[1; 100]);
    assert!(first.next_partial().await.is_some());
    assert_eq!(speech.load(), Load::FinalsOnly);
    let second = speech.begin(None, true);
    second.push(&[1; 200]);
    assert_eq!(words(second.finish().await), Ok("heard 400".to_owned()));
    first.push(&[1; 100]);
    assert_eq!(words(first.finish().await), Ok("heard 400".to_owned()));
    assert_eq!((speech.stats().retries, speech.stats().crashes), (0, 0));
}

#[tokio::test]
async fn a_process_that_still_starts_counts_as_one_to_speak_to() {
    let speech = scripts(&["cat >/dev/null"], LONG);
    speech.warm();
    assert_eq!((speech.load(), speech.stats().workers), (Load::Free, 0));
    let first = speech.begin(None, true);
    while speech.load() == Load::Free {
        tokio::task::yield_now().await;
    }
    assert_eq!(speech.load(), Load::FinalsOnly, "it is the first one's");
    drop(first);
}

#[tokio::test]
async fn past_those_who_may_wait_the_next_is_refused() {
    let speech = scripts(&["cat >/dev/null; sleep 1000"], Duration::from_secs(5));
    speech.warm();
    while speech.stats().workers == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let said: Vec<_> = (0..10).map(|_| speech.begin(None, false).finish()).collect();
    let mut ended = tokio::task::JoinSet::new();
    for one in said {
        ended.spawn(one);
    }
    let first = ended.join_next().await.unwrap().unwrap();
    assert_eq!(words(first), Err(SpeechError::Busy));
    assert_eq!(speech.load(), Load::Full);
    assert!(ended.len() == 9);
}

#[tokio::test]
async fn what_is_given_up_ends_its_program() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("id");
    let script = format!("echo $$ >{0}.new; mv {0}.new {0}; sleep 1000", file.display());
    let speech = scripts(&[&script], LONG);
    let utterance = speech.begin(None, true);
    utterance.push(&[1; 1000]);
    let id = loop {
        match std::fs::read_to_string(&file) {
            Ok(id) => break id,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    let program = format!("/proc/{}/cmdline", id.trim());
    assert!(std::fs::read(&program).is_ok());
    drop(speech);
    drop(utterance);
    while std::fs::read(&program).is_ok_and(|line| !line.is_empty()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

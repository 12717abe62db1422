//! The `openai` provider, against a server that works, fails, refuses, hangs and talks rubbish.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use intelligence::OpenaiConfig;
use intelligence::speech::{Speech, SpeechError, SpeechProvider};
use tokio::net::TcpListener;

use super::{LONG, script, speech};

const KEY: &str = "sk-secret";

/// What one request gets.
#[derive(Clone, Copy)]
enum Reply {
    /// How many bytes of the form it read.
    Counts,
    Status(u16),
    Says(&'static str),
    Hangs,
}

/// A server that gives `replies` in turn, the last again and again; its base URL, and how many came.
async fn server(replies: &'static [Reply]) -> (String, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let answer = move |headers: HeaderMap, body: Bytes| {
        let at = seen.fetch_add(1, Ordering::Relaxed);
        async move {
            assert_eq!(headers["authorization"], format!("Bearer {KEY}"));
            assert!(headers["content-type"].to_str().unwrap().starts_with("multipart/form-data"));
            match replies[at.min(replies.len() - 1)] {
                Reply::Counts => {
                    let audio = body.windows(4).position(|it| it == b"RIFF").unwrap() + 36;
                    let bytes = u32::from_le_bytes(body[audio + 4..audio + 8].try_into().unwrap());
                    (StatusCode::OK, format!(r#"{{"text":"heard {bytes}"}}"#))
                }
                Reply::Status(status) => {
                    let body = format!(r#"{{"error":{{"message":"{KEY}","code":"{KEY}"}}}}"#);
                    (StatusCode::from_u16(status).unwrap(), body)
                }
                Reply::Says(text) => (StatusCode::OK, text.to_owned()),
                Reply::Hangs => std::future::pending().await,
            }
        }
    };
    let router = Router::new().route("/v1/audio/transcriptions", axum::routing::post(answer));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(router.clone());
            let http = hyper::server::conn::http1::Builder::new();
            tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
        }
    });
    (url, count)
}

fn provider(base_url: String, deadline: Duration) -> SpeechProvider {
    let (api_key, model) = (Some(KEY.to_owned()), "whisper-1".to_owned());
    SpeechProvider::Openai(OpenaiConfig { base_url, api_key, model, deadline })
}

/// What is heard of a second of speech.
async fn second(speech: &Arc<Speech>) -> Result<String, SpeechError> {
    let utterance = speech.begin(Some("en-US"), false);
    utterance.push(&[1; 16_000]);
    utterance.finish().await.map(|transcript| transcript.text)
}

#[tokio::test]
async fn an_utterance_is_sent_whole_and_partial_texts_of_it_meanwhile() {
    let (url, count) = server(&[Reply::Counts]).await;
    let speech = speech(vec![provider(url, LONG)]);
    let mut utterance = speech.begin(None, true);
    utterance.push(&[1; 8_000]);
    let partial = utterance.next_partial().await.unwrap();
    assert_eq!((partial.text.as_str(), partial.provider), ("heard 16000", "openai"));
    utterance.push(&[1; 100]);
    assert_eq!(utterance.finish().await.unwrap().text, "heard 16200");
    assert_eq!(count.load(Ordering::Relaxed), 2);
    // Where nothing was said nobody is asked.
    assert_eq!(speech.begin(None, false).finish().await.unwrap().text, "");
    assert_eq!(count.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn what_fails_in_passing_is_sent_once_more() {
    for first in [Reply::Status(500), Reply::Status(429), Reply::Status(503)] {
        let replies: &'static [Reply] = Box::leak(Box::new([first, Reply::Counts]));
        let (url, count) = server(replies).await;
        let speech = speech(vec![provider(url, LONG)]);
        assert_eq!(second(&speech).await, Ok("heard 32000".to_owned()));
        assert_eq!((count.load(Ordering::Relaxed), speech.stats().retries), (2, 1));
    }
}

#[tokio::test]
async fn what_stays_wrong_is_told_without_the_key_and_falls_to_the_next() {
    for (reply, requests) in [
        (Reply::Status(401), 1),
        (Reply::Status(500), 2),
        (Reply::Says("<html>"), 1),
        (Reply::Says(r#"{"text":7}"#), 1),
        (Reply::Hangs, 2),
    ] {
        let deadline = if requests == 2 { Duration::from_secs(2) } else { LONG };
        let (url, count) = server(Box::leak(Box::new([reply]))).await;
        let alone = speech(vec![provider(url.clone(), deadline)]);
        let error = second(&alone).await.unwrap_err().to_string();
        assert!(!error.contains("secret") && !error.contains("127.0.0.1"), "{error}");
        assert_eq!(count.load(Ordering::Relaxed), requests, "{error}");
        let next = r#"n=$(wc -c); echo "{\"type\":\"final\",\"text\":\"next $n\"}""#;
        let next = SpeechProvider::Command(script(next, 1, LONG));
        let both = speech(vec![provider(url, deadline), next]);
        assert_eq!(second(&both).await, Ok("next 32000".to_owned()));
        assert_eq!(both.stats().fallbacks, 1);
    }
}

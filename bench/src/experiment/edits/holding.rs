//! What documents that are open take of the server's memory.
//!
//! Texts are made over HTTP before the first look at the memory; then connections join a hundred each. A Yjs
//! document has a connection of its own, which writes it, so that what it takes holds the connection as well.
//!
//! **Pitfall:** a Yjs document that was typed letter by letter, by several people, takes more than one that was
//! put in as a whole, as here.

use std::time::Duration;

use serde_json::json;

use super::{ADMIT_MAX, Options, Part, SETTLE_MAX, door, make, prose, target};
use crate::crowd::{Crowd, Door, Heard, contains};
use crate::error::BenchError;
use crate::process::Usage;
use crate::report::{figure, rounded};
use crate::stage::Setup;
use crate::stopwatch::{Stopwatch, nanos};
use crate::target::{Target, pause};
use crate::token;
use crate::websocket;

/// Documents a connection is in; the server takes no more.
const A_CONNECTION: u32 = 100;
/// Requests that wait for their answers.
const WINDOW: u32 = 64;
/// How long the server rests before its memory is read.
const REST: Duration = Duration::from_secs(2);
/// What a client of Yjs is told that says hello as a text: it is in.
const IS_IN: &[u8] = b"messages are binary here";

pub(super) fn measure_texts(options: Options, setup: &Setup) -> Result<Part, BenchError> {
    let target = target(setup)?;
    for number in 0..options.documents {
        make(&target, &format!("text-{number}"), options.document_bytes)?;
    }
    let mut crowd = Crowd::new(Stopwatch::start())?;
    for index in 0..options.documents.div_ceil(A_CONNECTION) {
        crowd.admit([door(&target, &format!("bench-{index}"))?], ADMIT_MAX)?;
    }
    let before = rested(&target)?;
    let join = |crowd: &mut Crowd, number: u32| {
        let index = (number / A_CONNECTION) as usize;
        let data = json!({"sessionId": format!("text-{number}"), "role": "participant"});
        let text = json!({"type": "join_session", "data": data}).to_string();
        crowd.queue_text(index, text.as_bytes());
        crowd.flush(index)
    };
    let is_there = |heard: &Heard<'_>| {
        let head = heard.text.get(..100).unwrap_or(heard.text);
        contains(head, b"\"session_joined\"") && heard.text.len() > options.document_bytes as usize
    };
    let took = open_all(options, &mut crowd, join, is_there)?;
    Ok(part("texts", options, took, [before, rested(&target)?]))
}

pub(super) fn measure_yjs(options: Options, setup: &Setup) -> Result<Part, BenchError> {
    let target = target(setup)?;
    let mut crowd = Crowd::new(Stopwatch::start())?;
    crowd.greet_with(&["hello".to_owned()], IS_IN);
    let token = token::sign("bench")?;
    let door = |number: u32| Door {
        server: target.address(),
        from: None,
        path: Some(format!("/api/collaboration/yjs/yjs-{number}?token={token}")),
        narrow: false,
    };
    let before = rested(&target)?;
    crowd.admit((0..options.documents).map(door), ADMIT_MAX)?;
    let text = prose(options.document_bytes);
    let write = |crowd: &mut Crowd, number: u32| {
        let index = number as usize;
        for message in [written(number, &text), vec![0, 0, 1, 0]] {
            let mask = crowd.mask();
            crowd.queue(index, |out| {
                websocket::push_masked(out, websocket::BINARY, mask, &message);
            });
        }
        crowd.flush(index)
    };
    // All that it lacks, which is the text.
    let is_there = |heard: &Heard<'_>| {
        heard.text.starts_with(&[0, 1]) && heard.text.len() > options.document_bytes as usize
    };
    let took = open_all(options, &mut crowd, write, is_there)?;
    Ok(part("yjs", options, took, [before, rested(&target)?]))
}

/// Opens all documents, some at a time; the seconds it took.
fn open_all(
    options: Options,
    crowd: &mut Crowd,
    open: impl Fn(&mut Crowd, u32) -> Result<(), BenchError>,
    is_there: impl Fn(&Heard<'_>) -> bool,
) -> Result<f64, BenchError> {
    let (began, mut asked, mut open_now) = (crowd.now(), 0, 0);
    let mut heard_at = began;
    while open_now < options.documents {
        while asked < options.documents && asked - open_now < WINDOW {
            open(crowd, asked)?;
            asked += 1;
        }
        crowd.poll(Duration::from_millis(20), &mut |heard| {
            if is_there(&heard) {
                open_now += 1;
                heard_at = heard.at;
            }
        })?;
        if crowd.now() > heard_at + nanos(SETTLE_MAX) {
            return Err(BenchError::Server(format!("opened {open_now} documents of {asked}")));
        }
    }
    Ok(Duration::from_nanos(heard_at - began).as_secs_f64())
}

/// What the server uses once it has rested.
fn rested(target: &Target) -> Result<Usage, BenchError> {
    pause(REST)?;
    Ok(target.usage())
}

/// The message of a client that wrote a whole text: one update of one block.
fn written(number: u32, text: &str) -> Vec<u8> {
    let mut update = vec![1, 1];
    put_number(&mut update, number as usize + 1); // The client.
    update.extend([0, 4, 1]); // From its clock 0 on, a string, in a type by its name:
    put_text(&mut update, "text");
    put_text(&mut update, text);
    update.push(0); // Nothing is deleted.
    let mut message = vec![0, 2];
    put_number(&mut message, update.len());
    message.extend(update);
    message
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// A number as lib0 writes it: seven bits a byte, the lowest first.
fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while let [low, ..] = number.to_le_bytes()
        && number >= 0x80
    {
        out.push(low | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

fn part(key: &'static str, options: Options, took: f64, usage: [Usage; 2]) -> Part {
    let [before, after] = usage;
    let grown = after.resident_bytes.saturating_sub(before.resident_bytes);
    let documents = f64::from(options.documents);
    let kib = figure(grown / 64) / 16.0 / documents;
    let mib = figure(after.resident_bytes >> 10) / 1024.0;
    let line = format!(
        "{key}: {} documents of {} bytes open: {kib:.1} KiB of resident memory each, {mib:.0} MiB in all; opened in \
         {took:.1} s",
        options.documents, options.document_bytes,
    );
    let figures = json!({
        "documents": options.documents, "document_bytes": options.document_bytes,
        "resident_kib_a_document": rounded(kib), "resident_bytes_before": before.resident_bytes,
        "resident_bytes_after": after.resident_bytes, "seconds": rounded(took),
    });
    Part { line, key, figures }
}

//! Eight people write in one document while the server is killed again and again.
//!
//! Each of them is the client's model ([`Replica`]) behind a real socket: it types with several edits on
//! their way, and after each crash asks again for what became of those that were not answered.

mod writer;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use learning::collaboration::{Splice, Units};
use serde_json::Value;
use testkit::{TestServer, Token};

use crate::start;
use writer::{Entry, Writer};

const DOCUMENT: &str = "essay";
const WRITERS: u32 = 8;
/// Acknowledgements after which the server is killed, counted anew after each start.
const KILLED_AFTER: [usize; 4] = [40, 1, 150, 300];
/// Edits that each writer makes after the last crash.
const LAST_EDITS: u32 = 20;

const UNLIMITED: [(&str, &str); 2] = [
    ("QUINTET_LIMITS__LEARNING__MESSAGES_PER_MINUTE", "0"),
    ("QUINTET_LIMITS__LEARNING__EDITS_PER_MINUTE", "0"),
];

/// A server that ends at once after so many acknowledgements.
struct Doomed<'a> {
    server: Mutex<&'a mut TestServer>,
    acknowledged: AtomicUsize,
    killed_after: usize,
}

impl Doomed<'_> {
    /// An edit was acknowledged to somebody.
    fn note(&self) {
        if self.acknowledged.fetch_add(1, Ordering::Relaxed) + 1 == self.killed_after {
            self.server.lock().unwrap().kill();
        }
    }
}

/// An edit of the stored log.
struct Logged {
    author: String,
    splice: Splice,
}

async fn get(server: &TestServer, path: &str) -> Value {
    let answer = server.http().token(&Token::of("reader").sign()).get(path).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.json()
}

/// Every edit that is stored; their versions are dense.
async fn log(server: &TestServer) -> Vec<Logged> {
    let mut all = Vec::new();
    loop {
        let path = format!("/api/documents/{DOCUMENT}/edits?limit=200&after={}", all.len());
        let page = get(server, &path).await;
        for row in page["items"].as_array().unwrap() {
            assert_eq!(row["version"], all.len() as u64 + 1, "versions are dense");
            let (splice, author) = (writer::splice(row), row["author"].as_str().unwrap());
            all.push(Logged { author: author.to_owned(), splice });
        }
        if page["nextCursor"].is_null() {
            return all;
        }
    }
}

/// The text that the log makes.
fn replayed(log: &[Logged]) -> Units {
    let mut text = Units::default();
    for Logged { splice, .. } in log {
        assert!(text.apply(splice).is_some(), "{splice:?} lies outside its text");
    }
    text
}

/// What a writer was told of its edits is what the log says.
fn check_edits(writer: &Writer, log: &[Logged]) {
    let mut versions = BTreeSet::new();
    let all = || log.iter().map(|logged| logged.splice.content.as_str());
    for (id, ack) in &writer.acknowledged {
        let name = format!("{} of {}", id, writer.name);
        assert!(versions.insert(ack.version), "{name} shares a version");
        let place = usize::try_from(ack.version).unwrap() - 1;
        let logged = log.get(place).unwrap_or_else(|| panic!("{name}, acknowledged, is lost"));
        let Logged { author, splice } = logged;
        assert_eq!(*author, writer.name, "{name}");
        assert_eq!((splice.position, splice.length()), (ack.position, ack.length), "{name}");
        let typed = writer.typed[id].as_str();
        if !typed.is_empty() {
            let times = all().filter(|content| *content == typed).count();
            let is_here = splice.content.as_str() == typed;
            // Nothing is left of it where others took away what stood around it.
            assert!(is_here || splice.content.is_empty(), "{name} became {splice:?}");
            assert_eq!(times, usize::from(is_here), "{name} is in the log {times} times");
        }
    }
    for id in &writer.given_up {
        let typed = writer.typed[id].as_str();
        assert!(
            typed.is_empty() || all().all(|content| content != typed),
            "{id} of {}, said not to be stored, is",
            writer.name
        );
    }
}

#[tokio::test]
async fn killed_while_eight_write_everybody_ends_with_one_text_and_every_acknowledged_edit() {
    let mut server = start(&UNLIMITED);
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        writers.push(Writer::sit_down(&server, number).await);
    }
    for killed_after in KILLED_AFTER {
        let acknowledged = AtomicUsize::new(0);
        let doomed = Doomed { server: Mutex::new(&mut server), acknowledged, killed_after };
        join_all(writers.iter_mut().map(|writer| writer.write_to_the_end(&doomed))).await;
        assert!(doomed.acknowledged.load(Ordering::Relaxed) >= killed_after);
        server.restart();
        // Some go on already while others come back.
        join_all(writers.iter_mut().map(async |writer| {
            writer.come_back(&server).await;
            writer.make(10).await;
        }))
        .await;
    }
    join_all(writers.iter_mut().map(|writer| writer.make(LAST_EDITS))).await;
    let document = get(&server, &format!("/api/documents/{DOCUMENT}")).await;
    let (text, version) = (document["content"].as_str().unwrap(), &document["version"]);
    let log = log(&server).await;
    assert_eq!(*version, log.len() as u64);
    assert_eq!(replayed(&log).to_string(), text);
    for writer in &mut writers {
        writer.hear_up_to(log.len() as u64).await;
        assert_eq!(writer.replica.text().to_string(), text, "{}", writer.name);
        check_edits(writer, &log);
    }
    let came_by = |entry| writers.iter().any(|writer| writer.came_by.contains(&entry));
    assert!(came_by(Entry::Join) && came_by(Entry::Resync));
}

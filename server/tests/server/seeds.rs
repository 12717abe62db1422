//! People who come, go, drop and come back while others send, in an order that a seed decides.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::{TestClient, TestServer};
use yawc::Frame;

use crate::{UNLIMITED, chatting, says_as, start};

/// People who write.
const WRITERS: usize = 3;
/// People who read, and drop now and then.
const READERS: usize = 4;

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A writer sends so many messages.
    Write { writer: usize, count: usize },
    /// A reader hangs up without a word, in the middle of whatever is sent.
    Drop { reader: usize },
    /// A reader reads what has come.
    Read { reader: usize },
    /// The server is killed and starts again.
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..WRITERS, 1..8usize).prop_map(|(writer, count)| Step::Write { writer, count }),
        3 => (0..READERS).prop_map(|reader| Step::Drop { reader }),
        3 => (0..READERS).prop_map(|reader| Step::Read { reader }),
        1 => Just(Step::Crash),
    ]
}

/// What a reader knows: content by `seq`.
#[derive(Default)]
struct Reader {
    client: Option<TestClient>,
    known: BTreeMap<u64, String>,
}

impl Reader {
    /// Keeps a message; one that comes again must be the same.
    fn keep(&mut self, message: &Value) {
        let seq = message["seq"].as_u64().unwrap();
        let content = message["content"].as_str().unwrap().to_owned();
        let before = self.known.insert(seq, content.clone());
        assert!(before.is_none_or(|before| before == content), "{seq} is two messages");
    }

    /// Comes back if it was away, and fetches what it missed.
    async fn come_back(&mut self, server: &TestServer, name: &str) {
        if self.client.is_some() {
            return;
        }
        let mut client = chatting(server, "math", name).await;
        client.barrier().await;
        loop {
            let last = self.known.keys().next_back().copied();
            let data = last.map_or(json!({"limit": 200}), |last| json!({"after": last}));
            client.send(&json!({"type": "history", "data": data})).await;
            let page = client.expect("history").await["data"].take();
            for message in page["messages"].as_array().unwrap() {
                self.keep(message);
            }
            if last.is_none() || page["hasMore"] == false {
                assert!(last.is_none() || page["recovered"] == true, "{page}");
                break;
            }
        }
        self.client = Some(client);
    }

    /// Takes what has come by now.
    async fn read(&mut self) {
        let Some(client) = &mut self.client else { return };
        for message in client.drain().await {
            if message["type"] == "message" {
                self.keep(&message["data"]);
            }
        }
    }
}

struct Class {
    server: TestServer,
    writers: Vec<Option<TestClient>>,
    readers: Vec<Reader>,
    written: usize,
}

impl Class {
    fn new() -> Self {
        let writers = (0..WRITERS).map(|_| None).collect();
        let readers = (0..READERS).map(|_| Reader::default()).collect();
        Self { server: start(&UNLIMITED), writers, readers, written: 0 }
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Write { writer, count } => self.write(writer, count).await,
            Step::Drop { reader } => {
                self.readers[reader].client = None;
            }
            Step::Read { reader } => {
                self.readers[reader].come_back(&self.server, &format!("reader-{reader}")).await;
                self.readers[reader].read().await;
            }
            Step::Crash => {
                self.server.restart();
                self.writers.iter_mut().for_each(|writer| *writer = None);
                self.readers.iter_mut().for_each(|reader| reader.client = None);
            }
        }
    }

    /// Sends, and waits for the last of it only: the others are on their way meanwhile.
    async fn write(&mut self, writer: usize, count: usize) {
        let client = match &mut self.writers[writer] {
            Some(client) => client,
            away => away.insert(chatting(&self.server, "math", &format!("writer-{writer}")).await),
        };
        let mut last = String::new();
        for _ in 0..count {
            last = format!("message {}", self.written);
            self.written += 1;
            client.send_frame(Frame::text(says_as(&last, &last).to_string())).await;
        }
        client.expect_where("acknowledgement", |message| message["id"] == last.as_str()).await;
    }

    /// Everybody comes back and knows everything, in the same order.
    async fn end(mut self) {
        let all: Vec<u64> = (1..).take(self.written).collect();
        let mut first: Option<BTreeMap<u64, String>> = None;
        for reader in 0..READERS {
            self.take(Step::Drop { reader }).await;
            self.take(Step::Read { reader }).await;
            let known = std::mem::take(&mut self.readers[reader].known);
            assert_eq!(known.keys().copied().collect::<Vec<_>>(), all, "reader {reader}");
            let first = first.get_or_insert_with(|| known.clone());
            assert_eq!(*first, known, "two readers know two orders");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 6, max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn whoever_comes_back_knows_everything_once_and_in_one_order(
        steps in prop::collection::vec(step(), 10..40)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut class = Class::new();
            for step in steps {
                class.take(step).await;
            }
            class.end().await;
        });
    }
}

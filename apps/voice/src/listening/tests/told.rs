//! What the people of a session are told, over a real store, real threads and programs that transcribe.

mod ending;

use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use hub::{Hub, Item, Outlet};
use intelligence::TextProvider;
use intelligence::speech::{ProcessConfig, Speech, SpeechConfig, SpeechProvider};
use model::{Clock, Identity, SystemClock, Timestamp};
use serde_json::{Value, json};
use storage::{Options, Store};
use tokio::runtime::Handle;

use super::super::speaker::Speaker;
use super::super::{Listening, Parts, Source, WAITING_BYTES_MAX};
use super::*;
use crate::protocol::{Code, Format, Refusal, Sent};
use crate::room::Room;
use crate::store::{SessionRow, transcript};
use crate::suggesting::{Suggester, Suggesting};

/// A program that says how many samples of an utterance it heard, and something before.
const COUNTS: &str = r#"echo '{"type":"partial","text":"so far"}'
bytes=$(wc -c)
echo "{\"type\":\"final\",\"text\":\"heard $((bytes / 2))\",\"confidence\":0.5}""#;
/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(20);

const ANN: ConnectionId = ConnectionId::new(0, 0, 1);
const BOB: ConnectionId = ConnectionId::new(0, 1, 1);

/// An event that somebody is told: its name and its object, and whom it is for; everybody where it is none.
type Told = (String, Value, Option<ConnectionId>);

/// Keeps what is told.
struct Ears(Mutex<Sender<Told>>);

impl Outlet for Ears {
    fn push(&self, _shard: u8, item: Item) {
        let (delivery, whom) = match item {
            Item::Tell { connection, delivery } => (delivery, Some(connection)),
            Item::Deliver { delivery, .. } => (delivery, None),
            _ => return,
        };
        let frame = String::from_utf8(delivery.text.to_vec()).unwrap();
        let [name, event]: [Value; 2] =
            serde_json::from_str(frame.split_once(',').unwrap().1).unwrap();
        let name = name.as_str().unwrap().to_owned();
        let _over = self.0.lock().unwrap().send((name, event, whom));
    }
}

/// A session with Ann and Bob in it.
struct House {
    room: Arc<Room>,
    listening: Listening,
    store: Store,
    hub: Arc<Hub>,
    told: Receiver<Told>,
    before: Vec<Told>,
    kept: Vec<Told>,
    people: [(Identity, ConnectionId); 2],
    _directory: tempfile::TempDir,
}

impl House {
    /// With a program that transcribes.
    fn with(script: &str) -> Self {
        Self::within(script, Duration::from_secs(15))
    }

    fn within(script: &str, deadline: Duration) -> Self {
        Self::of(script, deadline, 4)
    }

    fn of_workers(script: &str, workers: usize) -> Self {
        Self::of(script, Duration::from_secs(15), workers)
    }

    fn of(script: &str, deadline: Duration, workers: usize) -> Self {
        let command = SpeechProvider::Command(ProcessConfig {
            program: "/bin/sh".into(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            workers,
            deadline,
        });
        Self::new(&SpeechConfig { providers: vec![command] })
    }

    fn new(speech: &SpeechConfig) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let migrations = crate::MIGRATIONS;
        let options = Options::default();
        let store =
            Store::open(directory.path(), migrations, &options, Arc::clone(&clock)).unwrap();
        let (sender, told) = channel();
        let hub = Hub::new(Arc::new(Ears(Mutex::new(sender))), Arc::clone(&clock));
        let people = [(identity("ann"), ANN), (identity("bob"), BOB)];
        let room = room(&hub, &people);
        let suggester = Suggester::new(&TextProvider::Off, true, clock).unwrap();
        let runtime = Handle::current();
        let suggesting = Suggesting::new(suggester, store.clone(), &hub, runtime.clone());
        let speech = Speech::start(speech, &runtime).unwrap();
        let parts = Parts { speech, suggesting, store: store.clone(), hub: hub.clone(), runtime };
        let listening = Listening::start(parts);
        Self {
            room,
            listening,
            store,
            hub,
            told,
            before: Vec::new(),
            kept: Vec::new(),
            people,
            _directory: directory,
        }
    }

    /// The session anew, as after a restart.
    fn renew(&mut self) {
        self.listening.ended("talk");
        self.room = room(&self.hub, &self.people);
    }

    fn source(&self, who: usize) -> Source<'_> {
        let (identity, connection) = &self.people[who];
        let now = self.hub.clock().monotonic();
        Source { room: &self.room, identity, connection: *connection, now }
    }

    fn start(&self, who: usize) {
        self.listening.begin(&self.source(who), Some("en")).unwrap();
    }

    fn stop(&self, who: usize) {
        self.listening.stop(&self.source(who)).unwrap();
    }

    fn hear(&self, who: usize, format: Format, bytes: &[u8], chunk_bytes: usize) {
        for bytes in bytes.chunks(chunk_bytes) {
            self.listening.hear(&self.source(who), &chunk(format, bytes));
        }
    }

    fn ask(&self, who: usize, format: Format, bytes: &[u8], id: &str) -> Result<(), Refusal> {
        self.listening.request(&self.source(who), &chunk(format, bytes), Some(id))
    }

    /// The next event of this name; others are kept.
    async fn next(&mut self, name: &str) -> (Value, Option<ConnectionId>) {
        let index = self.index_of(&[name]).await;
        let (_, event, whom) = self.before.remove(index);
        (event, whom)
    }

    /// Everything told up to and with the next event of this name, in order.
    async fn until(&mut self, name: &str) -> Vec<Told> {
        self.until_any(&[name]).await
    }

    async fn until_any(&mut self, names: &[&str]) -> Vec<Told> {
        let index = self.index_of(names).await;
        self.before.drain(..=index).collect()
    }

    /// Everything told so far.
    fn until_now(&mut self) -> Vec<Told> {
        self.before.extend(self.told.try_iter());
        std::mem::take(&mut self.before)
    }

    async fn index_of(&mut self, names: &[&str]) -> usize {
        let clock = Arc::clone(self.hub.clock());
        let until = clock.monotonic().after(PATIENCE);
        while clock.monotonic() < until {
            self.before.extend(self.told.try_iter());
            let is_it = |(told, ..): &Told| names.contains(&told.as_str());
            if let Some(index) = self.before.iter().position(is_it) {
                return index;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("none of {names:?} was told, but {:?}", self.before);
    }

    /// Nothing is being worked on any more.
    async fn settled(&self) {
        let settled = self.listening.shared.all_settled();
        tokio::time::timeout(PATIENCE, settled).await.unwrap();
    }

    async fn stored(&self) -> Vec<transcript::SaidRow> {
        self.store.read(|db| transcript::page(db, "talk", 0, 100)).await.unwrap()
    }
}

/// The session, with these people in it.
fn room(hub: &Arc<Hub>, people: &[(Identity, ConnectionId)]) -> Arc<Room> {
    let now = hub.clock().wall();
    let row = SessionRow {
        id: "talk".to_owned(),
        owner_id: "ann".to_owned(),
        restricted: false,
        created_at: now,
        last_activity: now,
        ended_at: None,
        status: crate::protocol::Status::Active,
    };
    let room = Arc::new(Room::new(&row, hub));
    people.iter().for_each(|(who, connection)| room.enter(*connection, who).unwrap());
    room
}

fn identity(user: &str) -> Identity {
    Identity {
        user_id: user.into(),
        username: user.to_uppercase().into(),
        roles: Vec::new(),
        contexts: None,
        issued_at: None,
        is_ours: true,
        expires_at: Timestamp::default(),
    }
}

fn chunk(format: Format, bytes: &[u8]) -> crate::protocol::Chunk {
    crate::protocol::Chunk {
        format,
        sample_rate: 16_000,
        channels: None,
        bytes: Bytes::copy_from_slice(bytes),
        sent: Sent::Binary,
        timestamp: None,
    }
}

fn names(told: &[Told]) -> Vec<&str> {
    let names = told.iter().map(|(name, ..)| name.as_str());
    names.filter(|name| name.starts_with("transcription:")).collect()
}

fn finals(told: &[Told]) -> Vec<&Value> {
    let results = told.iter().filter(|(name, ..)| name == "transcription:result");
    results.map(|(_, event, _)| event).filter(|event| event["isFinal"] == true).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_streamed_is_told_to_all_and_the_last_result_before_the_stop() {
    let mut house = House::with(COUNTS);
    house.start(0);
    house.hear(0, Format::Pcm16, &[silence(0.5), speech()].concat(), 3200);
    house.stop(0);
    let told = house.until("transcription:stopped").await;
    let names = names(&told);
    assert_eq!(names[0], "transcription:started");
    assert_eq!(names[names.len() - 2..], ["transcription:result", "transcription:stopped"]);
    let (_, stopped, whom) = told.last().unwrap();
    assert_eq!((stopped["userId"].as_str(), *whom), (Some("ann"), Some(ANN)));
    let results: Vec<_> = told.iter().filter(|(name, ..)| name == "transcription:result").collect();
    assert!(results.iter().all(|(.., whom)| whom.is_none()), "all are told");
    let result = finals(&told)[0];
    assert_eq!(finals(&told).len(), 1);
    assert_eq!(result["metadata"], json!({"provider": "command", "processingMode": "realtime"}));
    assert_eq!((&result["userId"], &result["previousItemId"]), (&json!("ann"), &Value::Null));
    assert_eq!(result["confidence"], 0.5);
    let samples: u32 =
        result["text"].as_str().unwrap().strip_prefix("heard ").unwrap().parse().unwrap();
    assert!((20_000..40_000).contains(&samples), "{samples}");
    assert!(result["endTime"].as_u64() > result["startTime"].as_u64());
    assert_eq!(result["sessionId"], "talk");
    let stored = house.stored().await;
    assert_eq!(stored[0].result.text, result["text"].as_str().unwrap());
    assert_eq!((stored.len(), &*stored[0].user_name), (1, "ANN"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_processed_told_to_all_and_completed() {
    let mut house = House::with(COUNTS);
    for (format, recording) in [(Format::Wav, WAV), (Format::Ogg, OGG), (Format::Webm, WEBM)] {
        let id = format.as_str();
        house.ask(1, format, recording, id).unwrap();
        let told = house.until("transcription:completed").await;
        let names = names(&told);
        assert_eq!((names[0], names.len() >= 3), ("transcription:processing", true), "{names:?}");
        assert!(told.iter().any(|(_, event, _)| event["status"] == "processing"));
        assert_eq!(told.last().unwrap().1["requestId"], id);
        let last = *finals(&told).last().unwrap();
        assert_eq!((&last["requestId"], &last["userId"]), (&json!(id), &json!("bob")));
        assert_eq!(last["metadata"]["processingMode"], "request");
        assert_eq!(names[names.len() - 2], "transcription:result");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_speak_at_once_and_their_results_make_one_chain() {
    let mut house = House::with(COUNTS);
    house.start(0);
    house.start(1);
    let said = [speech(), silence(1.0), speech(), silence(1.0)].concat();
    for chunk in said.chunks(3200) {
        house.hear(0, Format::Pcm16, chunk, 3200);
        house.hear(1, Format::Pcm16, chunk, 3200);
    }
    house.stop(0);
    house.stop(1);
    let mut told = house.until("transcription:stopped").await;
    told.extend(house.until("transcription:stopped").await);
    let finals = finals(&told);
    assert_eq!(finals.len(), 4);
    let stored = house.stored().await;
    let ids: Vec<_> = stored.iter().map(|row| Some(row.result.item_id.clone())).collect();
    let previous: Vec<_> = stored.iter().map(|row| row.result.previous_item_id.clone()).collect();
    assert_eq!(previous, [vec![None], ids[..3].to_vec()].concat());
    for who in ["ann", "bob"] {
        let of = |row: &&transcript::SaidRow| row.result.user_id == who;
        let times: Vec<_> = stored.iter().filter(of).map(|row| row.result.start_time).collect();
        assert_eq!((times.len(), times.is_sorted()), (2, true));
    }
    // Nothing of an item comes behind its final result.
    let mut over = Vec::new();
    for (_, event, _) in told.iter().filter(|(name, ..)| name == "transcription:result") {
        assert!(!over.contains(&&event["itemId"]));
        if event["isFinal"] == true {
            over.push(&event["itemId"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_sending_is_understood_all_the_same() {
    let mut house = House::with(COUNTS);
    house.start(0);
    house.hear(0, Format::Pcm16, &speech()[..SECOND], 3200);
    let (result, _) = house.next("transcription:result").await;
    let result =
        if result["isFinal"] == true { result } else { house.next("transcription:result").await.0 };
    assert_eq!(result["isFinal"], true, "silence is the same as nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_fails_is_told_to_the_speaker_and_what_was_shown_stands() {
    let mut house = House::with("cat >/dev/null; exit 3");
    house.ask(0, Format::Wav, WAV, "r").unwrap();
    let (error, whom) = house.next("transcription:error").await;
    assert_eq!(whom, Some(ANN));
    assert_eq!((&error["code"], &error["requestId"]), (&json!("UNAVAILABLE"), &json!("r")));
    assert_eq!(error["sessionId"], "talk");
    assert!(error["message"].is_string() && error["error"].is_string());

    let script = r#"echo '{"type":"partial","text":"half a"}'; cat >/dev/null; exit 3"#;
    let mut house = House::with(script);
    house.ask(0, Format::Wav, WAV, "r").unwrap();
    let (partial, _) = house.next("transcription:result").await;
    let (last, _) = house.next("transcription:result").await;
    assert_eq!((&partial["isFinal"], &last["isFinal"]), (&json!(false), &json!(true)));
    assert_eq!((&last["text"], &last["itemId"]), (&json!("half a"), &partial["itemId"]));
    house.next("transcription:error").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_hangs_fails_at_its_deadline_and_the_next_one_is_heard() {
    let script = r#"cat >/dev/null; [ -e "$0.hung" ] || { touch "$0.hung"; sleep 60; }; echo '{"type":"final","text":"late"}'"#;
    let path = std::env::temp_dir().join(format!("voice-hangs-{}", std::process::id()));
    let script = script.replace("$0", path.to_str().unwrap());
    let mut house = House::within(&script, Duration::from_secs(1));
    house.ask(0, Format::Wav, WAV, "a").unwrap();
    let told = house.until_any(&["transcription:error", "transcription:completed"]).await;
    assert!(told.iter().any(|(_, event, _)| event["requestId"] == "a"));
    house.ask(0, Format::Wav, WAV, "b").unwrap();
    let completed = house.next("transcription:completed").await;
    assert_eq!(completed.0["requestId"], "b");
    std::fs::remove_file(format!("{}.hung", path.display())).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_audio_is_told_and_the_session_goes_on() {
    let mut house = House::with(COUNTS);
    house.ask(0, Format::Webm, &[9; 3000], "bad").unwrap();
    let (error, _) = house.next("transcription:error").await;
    assert_eq!((&error["code"], &error["requestId"]), (&json!("VALIDATION_ERROR"), &json!("bad")));
    house.ask(0, Format::Ogg, OGG, "good").unwrap();
    let (completed, _) = house.next("transcription:completed").await;
    assert_eq!(completed["requestId"], "good");
    let told = house.until_now();
    assert!(!told.iter().any(|(name, ..)| name == "transcription:completed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_understands_nothing_gives_no_result() {
    let mut house = House::with(r#"cat >/dev/null; echo '{"type":"final","text":""}'"#);
    house.ask(0, Format::Wav, WAV, "r").unwrap();
    let told = house.until("transcription:completed").await;
    assert_eq!(names(&told), ["transcription:processing", "transcription:completed"]);
    assert_eq!(house.stored().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_transcribes_it_is_said_at_once() {
    let house = House::new(&SpeechConfig::default());
    let refusal = house.listening.begin(&house.source(0), None).unwrap_err();
    assert_eq!(refusal.code, Code::Unavailable);
    let refusal = house.ask(0, Format::Wav, WAV, "r").unwrap_err();
    assert_eq!((refusal.code, refusal.request_id.as_deref()), (Code::Unavailable, Some("r")));
    assert_eq!(house.listening.stats().speakers, 0);
    house.stop(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_is_understood_to_the_end_and_forgotten() {
    let mut house = House::with(COUNTS);
    house.start(0);
    house.hear(0, Format::Pcm16, &speech(), 3200);
    house.room.leave(ANN, false);
    house.listening.left(&house.source(0), false);
    let told = house.until("user:left").await;
    let told =
        if finals(&told).is_empty() { house.until("transcription:result").await } else { told };
    drop(told);
    house.settled().await;
    assert_eq!(house.stored().await.len(), 1);
    assert_eq!(house.listening.stats().speakers, 0);
    house.hear(0, Format::Pcm16, &speech(), 3200);
    assert_eq!(house.listening.stats().waiting_bytes, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_program_holds_the_speaker_up_and_the_oldest_goes() {
    let mut house =
        House::with("cat >/dev/null; sleep 3; echo '{\"type\":\"final\",\"text\":\"slow\"}'");
    house.start(0);
    // So that advice has whom to go to.
    let (now, wall) = (house.hub.clock().monotonic(), house.hub.clock().wall());
    house.room.relay(ANN, &chunk(Format::Pcm16, &silence(0.1)), now, wall);
    let said = [speech(), silence(0.7)].concat();
    for _ in 0..16 {
        house.hear(0, Format::Pcm16, &said, 3200);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (quality, whom) = house.next("audio:quality").await;
    assert_eq!((&quality["reason"], whom), (&json!("transcription_too_slow"), Some(ANN)));
    assert!(house.listening.stats().dropped_bytes > 0);
    assert!(house.listening.stats().waiting_bytes <= 11 * SECOND);
    house.stop(0);
    house.next("transcription:stopped").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partial_results_come_three_times_a_second_at_most() {
    let script = r#"for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    echo "{\"type\":\"partial\",\"text\":\"so far $number\"}"; sleep 0.05; done
cat >/dev/null; echo '{"type":"final","text":"all"}'"#;
    let mut house = House::with(script);
    house.start(0);
    house.hear(0, Format::Pcm16, &speech()[..SECOND], 3200);
    let told = loop {
        let told = house.until("transcription:result").await;
        if !finals(&told).is_empty() {
            break told;
        }
        house.kept.extend(told);
    };
    let at = |(_, event, _): &Told| {
        let is_partial = event["isFinal"] == false;
        is_partial.then(|| event["timestamp"].as_str().unwrap().parse::<Timestamp>().unwrap())
    };
    let times: Vec<i64> = house.kept.iter().filter_map(at).map(Timestamp::as_millis).collect();
    assert!(times.len() > 1, "{times:?}");
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 330), "{times:?}");
    assert_eq!(finals(&told)[0]["text"], "all");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_are_busy_partial_results_stop_and_the_speaker_is_told() {
    let mut house = House::of_workers(COUNTS, 1);
    for who in [0, 1] {
        house.start(who);
        let (now, wall) = (house.hub.clock().monotonic(), house.hub.clock().wall());
        let connection = house.people[who].1;
        house.room.relay(connection, &chunk(Format::Pcm16, &silence(0.1)), now, wall);
        house.hear(who, Format::Pcm16, &speech()[..SECOND], 3200);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let (quality, whom) = house.next("audio:quality").await;
    assert_eq!((&quality["reason"], whom), (&json!("partials_paused"), Some(BOB)));
    house.stop(0);
    house.stop(1);
    house.next("transcription:stopped").await;
    house.next("transcription:stopped").await;
    let stored = house.stored().await;
    assert_eq!(stored.len(), 2, "both are heard to the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_the_chain_goes_on() {
    let mut house = House::with(COUNTS);
    house.ask(0, Format::Wav, WAV, "a").unwrap();
    house.next("transcription:completed").await;
    let first = house.stored().await.remove(0).result.item_id;
    // As if the session came into memory again.
    house.renew();
    house.ask(0, Format::Wav, WAV, "b").unwrap();
    house.next("transcription:completed").await;
    let second = house.stored().await.remove(1);
    assert_eq!((second.place, second.result.previous_item_id), (2, Some(first)));
}

#[tokio::test(flavor = "multi_thread")]
async fn results_of_one_speaker_come_in_the_order_they_were_said_however_long_each_takes() {
    // The shorter one takes a second longer.
    let script = r#"echo '{"type":"partial","text":"so far"}'
if [ $(wc -c) -lt 90000 ]; then sleep 1; name=first; else name=second; fi
echo "{\"type\":\"final\",\"text\":\"$name\"}""#;
    let mut house = House::with(script);
    house.start(0);
    let said = [speech(), silence(0.8), speech(), speech(), silence(0.8)].concat();
    house.hear(0, Format::Pcm16, &said, 3200);
    house.stop(0);
    let told = house.until("transcription:stopped").await;
    let texts: Vec<_> = finals(&told).iter().map(|event| event["text"].clone()).collect();
    assert_eq!(texts, ["first", "second"]);
    let first_final = told.iter().position(|(_, event, _)| event["text"] == "first").unwrap();
    let second = finals(&told)[1]["itemId"].clone();
    let early = told[..first_final].iter().any(|(_, event, _)| event["itemId"] == second);
    assert!(!early, "something of the second was told before the first was over");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_behind_the_end_not_even_what_came_at_that_moment() {
    let house = House::with(COUNTS);
    let speaker = Speaker::new(Arc::clone(&house.room), "ann".into(), "Ann".into());
    let audio = |header: &dyn Fn() -> Option<Bytes>| {
        let request = Purpose::Request("r".into());
        let chunk = Chunk::new(ANN, Monotonic(0), sound(audio::Format::Pcm16, &speech()), request);
        speaker.audio(chunk, header, usize::MAX)
    };
    let ends = || {
        assert!(speaker.gone().is_some());
        None
    };
    assert_eq!(audio(&ends), None, "the session ended while it came");
    assert_eq!(speaker.take(usize::MAX), (Some(Command::Gone), 0));
    assert_eq!((audio(&|| None), speaker.gone()), (None, None));
    assert_eq!(speaker.take(usize::MAX), (None, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_refused_for_want_of_room_leaves_nothing_behind() {
    let house = House::with(COUNTS);
    house.listening.shared.waiting_bytes.store(WAITING_BYTES_MAX, Relaxed);
    let refusal = house.ask(0, Format::Wav, WAV, "r").unwrap_err();
    assert_eq!(refusal.code, Code::Unavailable);
    house.listening.left(&house.source(0), false);
    assert_eq!(house.listening.stats().speakers, 0);
}

//! A store in a directory of its own, a hub whose deliveries are kept, and waiting for answers.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use conversations::{
    Anchor, Author, Conversations, Form, HistoryPage, MIGRATIONS, Message, PageAsk, PostError,
    Posted, Posting, RoomRef, Side, Sides,
};
use hub::{Announce, Delivery, Hub, Item, Member, Membership, Person, RoomId};
use model::{ConnectionId, ManualClock, Name, Timestamp};
use storage::{Options, Store};
use tempfile::TempDir;
use testkit::Recorder;

/// Noon of a day in 2026.
pub const NOON: Timestamp = Timestamp::from_secs(1_795_953_600);

pub struct World {
    pub clock: Arc<ManualClock>,
    pub recorder: Arc<Recorder>,
    pub hub: Arc<Hub>,
    pub store: Store,
    pub conversations: Arc<Conversations>,
    /// As `side room seq`.
    stored: Arc<Mutex<Vec<String>>>,
}

/// Says the side, so that forms are told apart.
pub struct Plain {
    side: Side,
    stored: Arc<Mutex<Vec<String>>>,
}

impl Form for Plain {
    fn event(&self, room: &str, message: &Message) -> Bytes {
        text(self.side, room, message, "").into()
    }

    fn own_event(&self, room: &str, message: &Message, request_id: Option<&str>) -> Option<Bytes> {
        request_id.map(|id| text(self.side, room, message, id).into())
    }

    fn stored(&self, room: &str, message: &Arc<Message>) {
        let line = format!("{} {room} {}", self.side.kind(), message.seq);
        self.stored.lock().unwrap().push(line);
    }

    fn is_known(
        &self,
        _: &storage::rusqlite::Connection,
        room: &str,
    ) -> storage::rusqlite::Result<bool> {
        Ok(room != "nowhere")
    }
}

fn text(side: Side, room: &str, message: &Message, id: &str) -> String {
    format!("{} {room} {} {} {id}", side.kind(), message.seq, message.content)
}

pub struct Silent;

impl Announce for Silent {
    fn joined(&self, _: &RoomId, _: &Person<'_>) -> Option<Bytes> {
        None
    }
    fn left(&self, _: &RoomId, _: &Person<'_>) -> Option<Bytes> {
        None
    }
}

pub fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

impl World {
    pub fn open(dir: &Path) -> Self {
        Self::open_with(dir, &Options::default())
    }

    pub fn open_with(dir: &Path, options: &Options) -> Self {
        let world = Self::bare(dir, options);
        for side in Side::ALL {
            let stored = Arc::clone(&world.stored);
            world.conversations.set_form(side, Arc::new(Plain { side, stored }));
        }
        world
    }

    pub fn open_without_forms(dir: &Path) -> Self {
        Self::bare(dir, &Options::default())
    }

    fn bare(dir: &Path, options: &Options) -> Self {
        let clock = Arc::new(ManualClock::at(NOON));
        let store = Store::open(dir, MIGRATIONS, options, clock.clone()).unwrap();
        let recorder = Recorder::new();
        let hub = Hub::new(recorder.clone(), clock.clone());
        let conversations = Conversations::open(store.clone(), Arc::clone(&hub)).unwrap();
        Self { clock, recorder, hub, store, conversations, stored: Arc::default() }
    }

    /// Closes the store, so that the directory can be opened again.
    pub fn close(self) {
        self.store.close();
    }

    /// What forms were told to be stored, once everything posted so far was told.
    pub fn stored(&self) -> Vec<String> {
        self.flush();
        self.stored.lock().unwrap().clone()
    }

    /// What is committed later is told later.
    pub fn flush(&self) {
        wait(self.store.commit(storage::Lane::Interactive, |_| Ok(()))).unwrap();
    }

    pub fn try_post(&self, posting: Posting) -> Result<Posted, PostError> {
        let (told, outcome) = sync_channel(1);
        self.conversations.post(posting, move |posted| told.send(posted).unwrap());
        outcome.recv().unwrap()
    }

    /// Posts `content` in `room` as `user`; its `seq`.
    pub fn say(&self, room: &RoomRef, user: &str, content: &str) -> u64 {
        self.try_post(by(room, user, content)).unwrap().message.seq
    }

    pub fn page(&self, room: &RoomRef, ask: PageAsk) -> HistoryPage {
        let (told, page) = sync_channel(1);
        self.conversations.page(room, ask, move |page| told.send(page).unwrap()).unwrap();
        page.recv().unwrap().unwrap()
    }

    pub fn after(&self, room: &RoomRef, anchor: Anchor) -> HistoryPage {
        self.page(room, PageAsk::After { anchor, epoch: None, limit: 500 })
    }

    /// Everything the room shows, oldest first.
    pub fn all(&self, room: &RoomRef) -> Vec<String> {
        contents(&self.page(room, PageAsk::Oldest { limit: 500 }))
    }

    /// A connection that is in `room`, so that deliveries to it are recorded.
    pub fn listen(&self, room: &RoomRef, slot: u32) -> (ConnectionId, Membership) {
        let connection = ConnectionId::new(0, slot, 1);
        let announce: Arc<dyn Announce> = Arc::new(Silent);
        let user_id: Arc<str> = format!("listener-{slot}").into();
        let member = Member { connection, username: Arc::clone(&user_id), user_id };
        let joined = self.hub.join(&room.room_id(), &announce, member, false);
        (connection, joined.membership)
    }

    pub fn bridge(
        &self,
        sides: Sides,
    ) -> Result<conversations::Bridge, conversations::BridgeError> {
        wait(self.conversations.bridge(sides))
    }

    pub fn separate(&self, id: &str) {
        wait(self.conversations.separate(id)).unwrap();
    }

    /// Waits until everything posted so far was told, and takes it.
    pub fn deliveries(&self) -> Vec<Arc<Delivery>> {
        self.flush();
        let items = self.recorder.take().into_iter();
        items
            .filter_map(|item| match item {
                Item::Deliver { delivery, .. } => Some(delivery),
                _ => None,
            })
            .collect()
    }

    /// The texts of [`World::deliveries`].
    pub fn told(&self) -> Vec<String> {
        let deliveries = self.deliveries();
        let texts = deliveries.iter().map(|delivery| delivery.text.to_vec());
        texts.map(|text| String::from_utf8(text).unwrap().trim_end().to_owned()).collect()
    }
}

pub fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub fn chat(name: &str) -> RoomRef {
    RoomRef::new(Side::Chat, name)
}

pub fn session(name: &str) -> RoomRef {
    RoomRef::new(Side::Session, name)
}

pub fn by(room: &RoomRef, user: &str, content: &str) -> Posting {
    let author = Author::User { id: user.into(), name: user.to_uppercase().into() };
    Posting::new(room.clone(), author, content)
}

pub fn with_id(room: &RoomRef, user: &str, content: &str, id: &str) -> Posting {
    let (client_id, request_id) = (Some(id.into()), Some(id.into()));
    Posting { client_id, request_id, ..by(room, user, content) }
}

/// A bridge of chat and session of this name.
pub fn both(name: &str) -> Sides {
    let name = Some(Name::new(name).unwrap());
    Sides { chat: name.clone(), room: None, session: name }
}

pub fn contents(page: &HistoryPage) -> Vec<String> {
    page.messages.iter().map(|message| message.content.to_string()).collect()
}

pub fn seqs(page: &HistoryPage) -> Vec<u64> {
    page.messages.iter().map(|message| message.seq).collect()
}

//! Who is typing: told to other people, at most ten times a second each, over after five seconds.
//!
//! **Invariants.** What was said last is what the others heard last, at the latest a second later.
//! Whoever was told to type is told to have ceased, by themselves or by the watch.
//!
//! **Bound**: [`TYPISTS_MAX`] people at once; of further ones nothing is told. One is forgotten as
//! soon as they ceased and their second is over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use hub::{Delivery, Except, Hub, Room, RoomId};
use model::{Identity, Monotonic};
use tokio::sync::Notify;

use crate::pace::{LOOK_EVERY, Pace};
use crate::protocol::{Typing, encode};

/// People who type at once.
const TYPISTS_MAX: usize = 65_536;
/// How long a sign of typing holds.
const HOLDS: Duration = Duration::from_secs(5);

/// Everybody who types.
pub(crate) struct Typists {
    hub: Arc<Hub>,
    typists: Mutex<HashMap<(RoomId, Arc<str>), Typist>>,
    /// Told when somebody types, and at the end.
    began: Arc<Notify>,
}

struct Typist {
    username: Arc<str>,
    /// What the others heard last.
    is_typing: bool,
    /// What they have yet to hear.
    waiting: Option<bool>,
    /// When the last sign of typing holds no more.
    ends: Monotonic,
    pace: Pace,
}

impl Typists {
    pub(crate) fn new(hub: Arc<Hub>) -> Arc<Self> {
        Arc::new(Self { hub, typists: Mutex::default(), began: Arc::default() })
    }

    /// Somebody says whether they type; whether the others heard it at once.
    pub(crate) fn say(&self, room: &Room, who: &Identity, is_typing: bool, now: Monotonic) -> bool {
        let mut typists = self.lock();
        let key = (room.id.clone(), Arc::clone(&who.user_id));
        if typists.len() >= TYPISTS_MAX && !typists.contains_key(&key) {
            return false;
        }
        let typist = typists.entry(key).or_insert_with(|| Typist {
            username: Arc::clone(&who.username),
            is_typing: false,
            waiting: None,
            ends: now,
            pace: Pace::new(now),
        });
        if is_typing {
            typist.ends = now.after(HOLDS);
        }
        let is_told = typist.pace.may_tell(now);
        if is_told {
            typist.heard(is_typing);
            self.tell(&room.id, &who.user_id, typist);
        } else {
            typist.waiting = Some(is_typing);
        }
        drop(typists);
        self.began.notify_one();
        is_told
    }

    /// Tells what waits, and who ceased; whether anybody is left to watch.
    fn look(&self, now: Monotonic) -> bool {
        let mut typists = self.lock();
        typists.retain(|(room, user), typist| {
            if typist.is_over(now) {
                typist.waiting = Some(false);
            }
            if let Some(is_typing) = typist.waiting
                && typist.pace.may_tell(now)
            {
                typist.heard(is_typing);
                self.tell(room, user, typist);
            }
            typist.is_typing || typist.waiting.is_some() || !typist.pace.is_over(now)
        });
        !typists.is_empty()
    }

    /// Looks while somebody types, else waits for that; ends with the application.
    pub(crate) async fn watch(typists: Weak<Self>) {
        while let Some(alive) = typists.upgrade() {
            let is_anybody = alive.look(alive.hub.clock().monotonic());
            let began = Arc::clone(&alive.began);
            drop(alive);
            if is_anybody {
                tokio::time::sleep(LOOK_EVERY).await;
            } else {
                began.notified().await;
            }
        }
    }

    fn tell(&self, room: &RoomId, user_id: &Arc<str>, typist: &Typist) {
        let Typist { username, is_typing, .. } = typist;
        let event = Typing { user_id, username, is_typing: *is_typing };
        let text = encode(&event, self.hub.clock().wall(), None);
        let delivery = Delivery::passing(text)
            .except(Except::User(Arc::clone(user_id)))
            .replaced_by_newer("typing", user_id);
        self.hub.publish(room, &Arc::new(delivery));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(RoomId, Arc<str>), Typist>> {
        self.typists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Typists {
    fn drop(&mut self) {
        self.began.notify_one();
    }
}

impl Typist {
    fn heard(&mut self, is_typing: bool) {
        self.is_typing = is_typing;
        self.waiting = None;
    }

    /// Whether the others believe in typing whose last sign is too long ago.
    fn is_over(&self, now: Monotonic) -> bool {
        self.waiting.unwrap_or(self.is_typing) && now >= self.ends
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use hub::{Announce, Item, Member, Membership, Person};
    use model::{Clock, ConnectionId, ManualClock, Timestamp};
    use testkit::Recorder;

    use super::*;

    struct Silent;

    impl Announce for Silent {
        fn joined(&self, _: &RoomId, _: &Person<'_>) -> Option<Bytes> {
            None
        }
        fn left(&self, _: &RoomId, _: &Person<'_>) -> Option<Bytes> {
            None
        }
    }

    struct Room {
        clock: Arc<ManualClock>,
        recorder: Arc<Recorder>,
        typists: Arc<Typists>,
        membership: Membership,
        ada: Identity,
    }

    impl Room {
        fn new() -> Self {
            let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
            let recorder = Recorder::new();
            let hub = Hub::new(recorder.clone(), clock.clone());
            let announce: Arc<dyn Announce> = Arc::new(Silent);
            let member = Member {
                connection: ConnectionId::new(0, 0, 1),
                user_id: "bob".into(),
                username: "Bob".into(),
            };
            let joined = hub.join(&RoomId::new("chat", "math"), &announce, member, false);
            let ada = Identity {
                user_id: "ada".into(),
                username: "Ada".into(),
                roles: Vec::new(),
                contexts: None,
                issued_at: None,
                is_ours: true,
                expires_at: Timestamp::from_millis(0),
            };
            let typists = Typists::new(hub);
            Self { clock, recorder, typists, membership: joined.membership, ada }
        }

        fn say(&self, is_typing: bool) {
            let room = Arc::clone(self.membership.room());
            self.typists.say(&room, &self.ada, is_typing, self.clock.monotonic());
        }

        /// Lets time pass and looks; whether anybody is left to watch.
        fn pass(&self, millis: u64) -> bool {
            self.clock.advance(Duration::from_millis(millis));
            self.typists.look(self.clock.monotonic())
        }

        /// Whether each event told since the last call said that somebody types.
        fn told(&self) -> Vec<bool> {
            let items = self.recorder.take().into_iter();
            let texts = items.filter_map(|item| match item {
                Item::Deliver { delivery, .. } => Some(delivery),
                _ => None,
            });
            texts
                .map(|delivery| {
                    assert_eq!(delivery.except, Except::User("ada".into()));
                    assert!(delivery.key.is_some());
                    String::from_utf8_lossy(&delivery.text).contains("\"isTyping\":true")
                })
                .collect()
        }
    }

    #[test]
    fn typing_ends_five_seconds_after_its_last_sign() {
        let room = Room::new();
        room.say(true);
        assert!(room.pass(4000));
        room.say(true);
        assert!(room.pass(4999));
        assert_eq!(room.told(), [true, true]);
        room.pass(1);
        assert_eq!(room.told(), [false]);
        assert!(!room.pass(1000));
        assert_eq!(room.told(), Vec::<bool>::new());
    }

    #[test]
    fn of_more_than_ten_a_second_the_latest_is_told_when_the_second_is_over() {
        let room = Room::new();
        for number in 0..101 {
            room.say(number % 2 == 0);
        }
        assert_eq!(room.told().len(), 10);
        room.pass(999);
        assert_eq!(room.told(), Vec::<bool>::new());
        room.pass(1);
        assert_eq!(room.told(), [true]);
        room.say(false);
        assert_eq!(room.told(), [false]);
    }

    #[test]
    fn whoever_ceased_is_forgotten_with_their_second() {
        let room = Room::new();
        room.say(true);
        room.say(false);
        assert!(room.pass(999), "or the second would begin anew");
        assert!(!room.pass(1));
        assert!(room.typists.lock().is_empty());
    }
}

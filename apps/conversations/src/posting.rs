//! Posting: stored first, then told.

use std::sync::Arc;

use hub::Delivery;
use model::ConnectionId;
use storage::rusqlite::{Result, Transaction};
use storage::{CommitError, Lane, Refused};

use crate::store::messages::{self, Applied, Draft};
use crate::{Author, Conversations, Message, MessageType, RoomRef};

/// Further rows of the same transaction, about what is posted. Runs for a repeat as well, and up to three
/// times.
pub type Extra = Box<dyn FnMut(&Transaction<'_>, &Posted) -> Result<()> + Send>;

/// A message to store.
pub struct Posting {
    /// The room it is said in.
    pub room: RoomRef,
    /// Who says it.
    pub author: Author,
    /// What is said, checked and trimmed.
    pub content: Arc<str>,
    /// What kind of thing the content is.
    pub message_type: MessageType,
    /// The id its sender gave it: sent again in this room, it is stored once.
    pub client_id: Option<Box<str>>,
    /// What the sender's own copy echoes.
    pub request_id: Option<Box<str>>,
    /// The connection that gets the own copy, a member of the room.
    pub sender: Option<ConnectionId>,
    /// The message's id where it is known before; else one is made. Stored once as well.
    pub id: Option<String>,
    /// Rows to write along with it.
    pub extra: Option<Extra>,
    /// Whether it is to be stored where it is no repeat; else it is [`PostError::Withheld`].
    pub may_store: bool,
}

impl Posting {
    /// A text of `author`'s in `room` that nobody waits for.
    #[must_use]
    pub fn new(room: RoomRef, author: Author, content: impl Into<Arc<str>>) -> Self {
        Self {
            room,
            author,
            content: content.into(),
            message_type: MessageType::Text,
            client_id: None,
            request_id: None,
            sender: None,
            id: None,
            extra: None,
            may_store: true,
        }
    }
}

/// What became of a posting.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The message; of a repeat the one stored first.
    pub message: Arc<Message>,
    /// Whether it had been stored before. Then only its sender is to hear of it.
    pub is_repeat: bool,
}

/// Why nothing was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// Too much waits for the disk; try again.
    #[error("the store is busy")]
    Busy,
    /// The disk is full; try again later.
    #[error("the store's disk is full")]
    StorageFull,
    /// The same client id came before with another body.
    #[error("the id was used for another message")]
    Conflict,
    /// It was not stored before, and was not to be.
    #[error("the message is new and was not to be stored")]
    Withheld,
    /// A fault of the server's.
    #[error("the message could not be stored")]
    Failed,
}

impl From<Refused> for PostError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Busy => Self::Busy,
            Refused::StorageFull => Self::StorageFull,
            Refused::Failed | Refused::Closed => Self::Failed,
        }
    }
}

impl From<CommitError> for PostError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Busy => Self::Busy,
            CommitError::StorageFull => Self::StorageFull,
            CommitError::Failed | CommitError::Closed => Self::Failed,
            CommitError::Rejected(_) | CommitError::Misbehaved => {
                tracing::error!(error = &error as &dyn std::error::Error, "message not stored");
                Self::Failed
            }
        }
    }
}

impl Applied {
    /// The message, where there is one now.
    fn posted(&self) -> Option<Posted> {
        let (message, is_repeat) = match self {
            Self::New { message, .. } => (message, false),
            Self::Repeat(message) => (message, true),
            Self::Conflict | Self::Withheld => return None,
        };
        Some(Posted { message: Arc::clone(message), is_repeat })
    }
}

/// Who gets a copy of their own, and what it echoes.
struct Sender {
    connection: Option<ConnectionId>,
    request_id: Option<Box<str>>,
}

impl Conversations {
    /// Stores a message behind the last one of its room's conversation; never blocks.
    ///
    /// `done` hears the outcome, then the members of every room that shows the conversation hear of
    /// the message. Of a repeat only `done` hears. It is called on the committer's thread, or at
    /// once where the store takes nothing; it must not block. What it returns is dropped after the
    /// rooms were told.
    pub fn post<T>(
        self: &Arc<Self>,
        posting: Posting,
        done: impl FnOnce(std::result::Result<Posted, PostError>) -> T + Send + 'static,
    ) {
        let place = match self.store.reserve(Lane::Interactive) {
            Ok(place) => place,
            Err(refused) => {
                done(Err(refused.into()));
                return;
            }
        };
        let Posting { room, sender, request_id, mut extra, .. } = posting;
        let sender = Sender { connection: sender, request_id };
        let draft = Draft {
            id: posting.id.unwrap_or_else(model::message_id).into(),
            room: room.clone(),
            author: posting.author,
            content: posting.content,
            message_type: posting.message_type,
            client_id: posting.client_id,
            may_store: posting.may_store,
        };
        let stores = Arc::clone(self);
        let apply = move |tx: &Transaction<'_>| {
            let applied = messages::insert(tx, &draft, stores.hub.clock().wall())?;
            if let Applied::New { conversation, message } = &applied {
                stores.store_elsewhere(tx, &draft.room, *conversation, message)?;
            }
            if let Some((extra, posted)) = extra.as_mut().zip(applied.posted()) {
                extra(tx, &posted)?;
            }
            Ok(applied)
        };
        let service = Arc::clone(self);
        place.write(apply, move |outcome| match outcome {
            Ok(Applied::New { conversation, message }) => {
                service.tell(&room, conversation, &message, &sender, done);
            }
            Ok(Applied::Repeat(message)) => drop(done(Ok(Posted { message, is_repeat: true }))),
            Ok(Applied::Conflict) => drop(done(Err(PostError::Conflict))),
            Ok(Applied::Withheld) => drop(done(Err(PostError::Withheld))),
            Err(error) => drop(done(Err(error.into()))),
        });
    }

    /// Has the other rooms that show the conversation store what belongs to the message.
    fn store_elsewhere(
        &self,
        tx: &Transaction<'_>,
        room: &RoomRef,
        conversation: i64,
        message: &Message,
    ) -> Result<()> {
        let bound = self.bound().get(&conversation).cloned();
        for shown in bound.iter().flat_map(|rooms| rooms.iter()).filter(|shown| *shown != room) {
            if let Some(form) = self.form(shown) {
                form.storing(tx, &shown.name, message)?;
            }
        }
        Ok(())
    }

    /// Tells of a stored message: those who read from memory, the author, the rooms.
    fn tell<T>(
        &self,
        room: &RoomRef,
        conversation: i64,
        message: &Arc<Message>,
        sender: &Sender,
        done: impl FnOnce(std::result::Result<Posted, PostError>) -> T,
    ) {
        let bound = self.bound().get(&conversation).cloned();
        let rooms = bound.as_deref().unwrap_or(std::slice::from_ref(room));
        // First, so that whoever joins once it is published finds it in the page.
        self.recent().append(rooms, message);
        let _until_told = done(Ok(Posted { message: Arc::clone(message), is_repeat: false }));
        for shown in rooms {
            let own = (shown == room).then_some(sender);
            self.publish(shown, message, own);
        }
    }

    fn publish(&self, room: &RoomRef, message: &Arc<Message>, sender: Option<&Sender>) {
        let Some(form) = self.form(room) else { return };
        if let Some(live) = self.hub.room(&room.room_id()) {
            let mut delivery = Delivery::stored(message.seq, form.event(&room.name, message));
            if let Some((sender, connection)) =
                sender.and_then(|own| own.connection.map(|id| (own, id)))
                && let Some(text) =
                    form.own_event(&room.name, message, sender.request_id.as_deref())
            {
                delivery = delivery.with_own(connection, text);
            }
            live.publish(&Arc::new(delivery));
        }
        form.stored(&room.name, message);
    }
}

//! One event on its way to the members of a room.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use model::ConnectionId;

/// What a newer passing event may replace while it waits: the same kind from the same source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PassingKey {
    /// What it tells, such as `typing`.
    pub kind: &'static str,
    /// Whom or what it tells it of.
    pub of: Arc<str>,
}

/// Which members a delivery passes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Except {
    /// None: it is for everybody.
    Nobody,
    /// All connections of a person.
    User(Arc<str>),
    /// One connection.
    Connection(ConnectionId),
}

/// An event encoded once, for all members of a room.
#[derive(Debug)]
pub struct Delivery {
    /// The place in the room's log; `None` for a passing event.
    pub offset: Option<u64>,
    /// For a passing event: what it replaces in a full outbox. Without one it is dropped there.
    pub key: Option<PassingKey>,
    /// Whom it passes over.
    pub except: Except,
    /// What the peer is to confirm: a ping that carries it follows the text in the same frame, so that
    /// it goes out if and only if the text does.
    pub mark: Option<u64>,
    /// The text of the message, or its bytes where it is binary.
    pub text: Bytes,
    /// Whether it goes out as a binary message; such a one is not compressed.
    pub is_binary: bool,
    /// Binary messages that follow the text in the same piece: nothing comes between them, and they go
    /// out, wait or are dropped together. A text with attachments is not compressed.
    pub attachments: Vec<Bytes>,
    /// The one connection whose copy differs (it echoes its request's id), with that text.
    pub own: Option<(ConnectionId, Bytes)>,
    plain: OnceLock<Bytes>,
    deflated: OnceLock<Option<Bytes>>,
}

impl Delivery {
    /// A stored event at `offset` (from 1) of the room's log.
    #[must_use]
    pub fn stored(offset: u64, text: impl Into<Bytes>) -> Self {
        Self { offset: Some(offset), ..Self::passing(text) }
    }

    /// An event that is not stored and not replayed.
    #[must_use]
    pub fn passing(text: impl Into<Bytes>) -> Self {
        Self {
            offset: None,
            key: None,
            except: Except::Nobody,
            mark: None,
            text: text.into(),
            is_binary: false,
            attachments: Vec::new(),
            own: None,
            plain: OnceLock::new(),
            deflated: OnceLock::new(),
        }
    }

    /// The same, passing over `except`.
    #[must_use]
    pub fn except(mut self, except: Except) -> Self {
        self.except = except;
        self
    }

    /// The same as a binary message.
    #[must_use]
    pub fn binary(mut self) -> Self {
        self.is_binary = true;
        self
    }

    /// The same, with binary messages right behind it.
    #[must_use]
    pub fn with_attachments(mut self, attachments: Vec<Bytes>) -> Self {
        self.attachments = attachments;
        self
    }

    /// Bytes of the message with what is attached to it.
    #[must_use]
    pub fn size(&self) -> usize {
        self.text.len() + self.attachments.iter().map(Bytes::len).sum::<usize>()
    }

    /// The same, to be confirmed: once the peer has taken it, its session hears `mark`
    /// ([`crate::Session::on_mark`]).
    #[must_use]
    pub fn marked(mut self, mark: u64) -> Self {
        self.mark = Some(mark);
        self
    }

    /// The same, replaced by a newer one of the same kind and source in a full outbox.
    #[must_use]
    pub fn replaced_by_newer(mut self, kind: &'static str, of: &Arc<str>) -> Self {
        self.key = Some(PassingKey { kind, of: Arc::clone(of) });
        self
    }

    /// The same, with a text of its own for one connection, in the same place of the order.
    #[must_use]
    pub fn with_own(mut self, connection: ConnectionId, text: impl Into<Bytes>) -> Self {
        self.own = Some((connection, text.into()));
        self
    }

    /// The frame all uncompressed connections share; the first to ask makes it.
    pub fn plain_frame(&self, make: impl FnOnce(&Bytes) -> Bytes) -> &Bytes {
        self.plain.get_or_init(|| make(&self.text))
    }

    /// The frame all compressing connections share, or `None` where compressing does not pay; the
    /// first to ask makes it.
    pub fn deflated_frame(&self, make: impl FnOnce(&Bytes) -> Option<Bytes>) -> Option<&Bytes> {
        self.deflated.get_or_init(|| make(&self.text)).as_ref()
    }
}

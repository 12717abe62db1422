//! One stored message.

use std::sync::Arc;

use model::Timestamp;

/// A message, as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id, unique among all messages.
    pub id: Arc<str>,
    /// Its place in the conversation, from 1, without a gap.
    pub seq: u64,
    /// Who said it.
    pub author: Author,
    /// What was said.
    pub content: Arc<str>,
    /// What kind of thing the content is.
    pub message_type: MessageType,
    /// When it was stored.
    pub created_at: Timestamp,
    /// The id its sender gave it.
    pub client_id: Option<Box<str>>,
}

/// Who said a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// A person.
    User {
        /// The user id.
        id: Arc<str>,
        /// The display name at the time.
        name: Arc<str>,
    },
    /// An agent.
    Agent {
        /// Which one, such as `socratic`.
        id: Arc<str>,
    },
}

impl Author {
    /// The user id, or the agent's.
    #[must_use]
    pub fn id(&self) -> &Arc<str> {
        match self {
            Self::User { id, .. } | Self::Agent { id } => id,
        }
    }

    /// The display name; an agent's is its id.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        match self {
            Self::User { name, .. } => name,
            Self::Agent { id } => id,
        }
    }

    /// Whether an agent said it.
    #[must_use]
    pub const fn is_agent(&self) -> bool {
        matches!(self, Self::Agent { .. })
    }
}

/// What kind of thing a message's content is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MessageType {
    /// Prose.
    #[default]
    Text,
    /// Source code.
    Code,
    /// A reference to an image.
    Image,
    /// A reference to a file.
    File,
}

impl MessageType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Text, Self::Code, Self::Image, Self::File];

    /// Its name on every wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Code => "code",
            Self::Image => "image",
            Self::File => "file",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

//! One edit of a text: where it stands, how much it takes away, and what it puts there.
//!
//! Positions and lengths are counted in UTF-16 code units, as browsers and protocol C do.
//!
//! **Invariants**
//! - Every edit is one range that is replaced: an insertion takes nothing away, a deletion puts
//!   nothing there. An edit that does neither is *nothing left*: it changes no text and no other edit.
//! - A content is whole characters, never half a surrogate pair.

use std::fmt;
use std::sync::Arc;

/// What an edit puts into a text; empty for a deletion. Cheap to clone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// The text; none where it is empty.
    text: Option<Arc<str>>,
    /// Its length in UTF-16 code units.
    units: u32,
}

impl Content {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_deref().unwrap_or("")
    }

    /// Its length in UTF-16 code units.
    #[must_use]
    pub const fn units(&self) -> u32 {
        self.units
    }

    /// Whether it is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.units == 0
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        let units = u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
        Self { text: (units > 0).then(|| Arc::from(text)), units }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(formatter)
    }
}

/// One edit: `content` in the place of the `deleted` code units from `position` on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splice {
    /// Where it begins.
    pub position: u32,
    /// How many code units it takes away.
    pub deleted: u32,
    /// What it puts in their place.
    pub content: Content,
}

impl Splice {
    /// `content` put in at `position`.
    #[must_use]
    pub fn insert(position: u32, content: &str) -> Self {
        Self::replace(position, 0, content)
    }

    /// `deleted` code units taken away from `position` on.
    #[must_use]
    pub const fn delete(position: u32, deleted: u32) -> Self {
        Self { position, deleted, content: Content { text: None, units: 0 } }
    }

    /// `content` in the place of the `deleted` code units from `position` on.
    #[must_use]
    pub fn replace(position: u32, deleted: u32, content: &str) -> Self {
        Self { position, deleted, content: Content::from(content) }
    }

    /// Its place and sizes, which are all that the transformation looks at.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        Shape { position: self.position, deleted: self.deleted, inserted: self.content.units }
    }

    /// The edit whose transformed shape is `shape`: a transformation keeps a content or drops it.
    #[must_use]
    pub(super) fn shaped(&self, shape: Shape) -> Self {
        debug_assert!(shape.inserted == 0 || shape.inserted == self.content.units);
        let content = if shape.inserted == 0 { Content::default() } else { self.content.clone() };
        Self { position: shape.position, deleted: shape.deleted, content }
    }

    /// Whether nothing is left of it: it takes nothing away and puts nothing there.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.shape().is_nothing()
    }

    /// What it is called on the wire, judged by what is left of it.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match (self.deleted, self.content.units) {
            (0, _) => Operation::Insert,
            (_, 0) => Operation::Delete,
            _ => Operation::Replace,
        }
    }

    /// Its `length` on the wire: of the content for an insertion, else what it takes away; 0 exactly
    /// where nothing is left of it.
    #[must_use]
    pub const fn length(&self) -> u32 {
        if self.deleted == 0 { self.content.units } else { self.deleted }
    }
}

/// The names of edits on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Puts text in.
    Insert,
    /// Takes text away.
    Delete,
    /// Both.
    Replace,
}

impl Operation {
    /// As the wire writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Delete => "delete",
            Self::Replace => "replace",
        }
    }
}

/// An edit without its text: where it stands, and how much it takes away and puts there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Where it begins.
    pub position: u32,
    /// How many code units it takes away.
    pub deleted: u32,
    /// How many code units it puts in their place.
    pub inserted: u32,
}

impl Shape {
    /// The first position behind what it takes away.
    #[must_use]
    pub const fn end(self) -> u32 {
        self.position + self.deleted
    }

    /// The first position behind what it put there, in the text that has it.
    #[must_use]
    pub const fn end_of_content(self) -> u32 {
        self.position + self.inserted
    }

    /// Whether it takes nothing away and puts nothing there.
    #[must_use]
    pub const fn is_nothing(self) -> bool {
        self.deleted == 0 && self.inserted == 0
    }

    /// By how much it makes a text longer.
    #[must_use]
    pub const fn growth(self) -> i64 {
        self.inserted as i64 - self.deleted as i64
    }
}

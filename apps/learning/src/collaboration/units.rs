//! A text as UTF-16 code units, which is how browsers keep it.

use super::edit::{Content, Splice};
use super::history::Measured;

/// A text that is addressed by code unit; an edit costs time proportional to the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Units(Vec<u16>);

impl Units {
    /// Applies `edit`, and returns the edit that undoes it; none, and nothing applied, where it lies
    /// outside the text or splits a surrogate pair.
    pub fn apply(&mut self, edit: &Splice) -> Option<Splice> {
        let end = edit.position.checked_add(edit.deleted)?;
        if end > self.length() || self.splits_pair(edit.position) || self.splits_pair(end) {
            return None;
        }
        let range = edit.position as usize..end as usize;
        let taken = String::from_utf16_lossy(&self.0[range.clone()]);
        self.0.splice(range, edit.content.as_str().encode_utf16());
        let (position, deleted) = (edit.position, edit.content.units());
        Some(Splice { position, deleted, content: Content::from(taken.as_str()) })
    }

    /// The nearest place at or before `position` that lies within the text and splits no pair.
    #[must_use]
    pub fn boundary_before(&self, position: u32) -> u32 {
        let position = position.min(self.length());
        if self.splits_pair(position) { position - 1 } else { position }
    }

    /// Its code units.
    #[must_use]
    pub fn as_slice(&self) -> &[u16] {
        &self.0
    }
}

impl Measured for Units {
    fn length(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    fn splits_pair(&self, position: u32) -> bool {
        let is_low = |unit: &u16| (0xDC00..=0xDFFF).contains(unit);
        self.0.get(position as usize).is_some_and(is_low)
    }
}

impl From<&str> for Units {
    fn from(text: &str) -> Self {
        Self(text.encode_utf16().collect())
    }
}

impl std::fmt::Display for Units {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        String::from_utf16_lossy(&self.0).fmt(formatter)
    }
}

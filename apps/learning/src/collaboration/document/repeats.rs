//! Edits by the ids their clients gave them, so that a repeat is not made twice.
//!
//! **Bound**: the newest [`REPEATS_MAX`] of a document; older ones are looked up in the store.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Made, NewEdit};
use crate::store::documents::FINGERPRINT_BYTES;

/// Edits with ids that are known without a look at the store.
const REPEATS_MAX: usize = 1_000;

/// A fingerprint of what an edit says.
pub(super) type Body = [u8; FINGERPRINT_BYTES];

/// A user's id for an edit.
type Key = (Arc<str>, Arc<str>);

/// The newest edits that had an id, stored or being stored.
pub(super) struct Repeats {
    known: HashMap<Key, (Body, Made)>,
    /// The keys of `known`, oldest first.
    order: VecDeque<Key>,
    /// Whether no edit had an id but those in `known`.
    is_whole: bool,
}

/// What is known of an id.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The same edit came before.
    Same(Made),
    /// Another one came with this id.
    Other,
    /// It is new.
    New,
    /// It is not here; the store may know it.
    Unknown,
}

impl Repeats {
    /// None yet; `is_whole` where no edit of the document had an id so far.
    pub(super) fn new(is_whole: bool) -> Self {
        Self { known: HashMap::new(), order: VecDeque::new(), is_whole }
    }

    /// What is known of the id of an edit with this fingerprint.
    pub(super) fn find(&self, user: &Arc<str>, id: &Arc<str>, body: &Body) -> Known {
        match self.known.get(&(Arc::clone(user), Arc::clone(id))) {
            Some((same, made)) if same == body => Known::Same(*made),
            Some(_) => Known::Other,
            None if self.is_whole => Known::New,
            None => Known::Unknown,
        }
    }

    /// Remembers what an edit with an id became.
    pub(super) fn add(&mut self, user: &Arc<str>, id: &Arc<str>, body: Body, made: Made) {
        let key = (Arc::clone(user), Arc::clone(id));
        self.known.insert(key.clone(), (body, made));
        self.order.push_back(key);
        if self.order.len() > REPEATS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
            self.is_whole = false;
        }
    }
}

/// A fingerprint of what an edit says; stored, so it never changes.
pub(super) fn body(edit: &NewEdit) -> Body {
    let mut hash = Sha256::new();
    hash.update(edit.base.to_le_bytes());
    hash.update(edit.splice.position.to_le_bytes());
    hash.update(edit.splice.deleted.to_le_bytes());
    hash.update(edit.splice.content.as_str());
    let hash: [u8; 32] = hash.finalize().into();
    let mut body = [0; FINGERPRINT_BYTES];
    body.copy_from_slice(&hash[..FINGERPRINT_BYTES]);
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collaboration::Splice;

    fn made(version: u64) -> Made {
        Made { version, position: 0, length: 1 }
    }

    fn edit(base: u64, splice: Splice) -> NewEdit {
        NewEdit { splice, base, client_id: None }
    }

    #[test]
    fn the_same_body_is_a_repeat_and_another_one_is_not() {
        let mut repeats = Repeats::new(true);
        let (ann, bob): (Arc<str>, Arc<str>) = ("ann".into(), "bob".into());
        let id: Arc<str> = "e1".into();
        let first = body(&edit(3, Splice::insert(1, "a")));
        repeats.add(&ann, &id, first, made(4));
        assert_eq!(repeats.find(&ann, &id, &first), Known::Same(made(4)));
        assert_eq!(repeats.find(&bob, &id, &first), Known::New);
        for other in [
            edit(4, Splice::insert(1, "a")),
            edit(3, Splice::insert(2, "a")),
            edit(3, Splice::insert(1, "b")),
            edit(3, Splice::replace(1, 1, "a")),
            edit(3, Splice::delete(1, 1)),
        ] {
            assert_eq!(repeats.find(&ann, &id, &body(&other)), Known::Other, "{other:?}");
        }
    }

    #[test]
    fn the_newest_are_known_and_of_others_only_the_store_knows() {
        let mut repeats = Repeats::new(true);
        let user: Arc<str> = "ann".into();
        let id = |n: u64| -> Arc<str> { n.to_string().into() };
        for n in 1..=1_001 {
            assert_eq!(repeats.find(&user, &id(n), &[0; 16]), Known::New);
            repeats.add(&user, &id(n), [0; 16], made(n));
        }
        assert_eq!(repeats.find(&user, &id(1), &[0; 16]), Known::Unknown);
        assert_eq!(repeats.find(&user, &id(2), &[0; 16]), Known::Same(made(2)));
        assert_eq!(repeats.find(&user, &id(9_999), &[0; 16]), Known::Unknown);
        assert_eq!((repeats.known.len(), repeats.order.len()), (1_000, 1_000));
    }

    #[test]
    fn a_fingerprint_is_what_it_was_when_it_was_stored() {
        let known = body(&edit(7, Splice::replace(1, 2, "a\u{1F600}")));
        let hex: String = known.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "11f419627caf93c96b13b71e01bf5d82");
    }
}

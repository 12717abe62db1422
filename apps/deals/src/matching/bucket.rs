//! The filters that share their labels, by price and discount.

use std::collections::BTreeSet;

use super::prices::{DEPTH, ancestor, depth};

/// One node of one filter's range of prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) node: u32,
    /// The rank of the discount that there must be.
    pub(super) discount: u32,
    pub(super) wish: u32,
}

/// Entries in the order in which a price and a discount meet them.
#[derive(Default)]
pub(super) struct Bucket {
    entries: BTreeSet<Entry>,
}

impl Bucket {
    pub(super) fn insert(&mut self, entry: Entry) {
        self.entries.insert(entry);
    }

    pub(super) fn remove(&mut self, entry: Entry) {
        self.entries.remove(&entry);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Appends the wishes whose range has this leaf, and whose discount is at most of this rank.
    pub(super) fn find(&self, leaf: u32, discount: u32, wishes: &mut Vec<u32>) {
        let mut steps = 0;
        while steps <= DEPTH {
            let node = ancestor(leaf, steps);
            let from = Entry { node, discount: 0, wish: 0 };
            let mut beyond = None;
            for entry in self.entries.range(from..) {
                if entry.node != node || entry.discount > discount {
                    beyond = Some(entry.node);
                    break;
                }
                wishes.push(entry.wish);
            }
            let Some(next) = beyond else { return };
            steps = steps_to(leaf, next).max(steps + 1);
        }
    }
}

/// How deep the leaf's first ancestor is that is not before `node`; ancestors go up with their depth.
fn steps_to(leaf: u32, node: u32) -> u32 {
    let depth = depth(node);
    if ancestor(leaf, depth) >= node { depth } else { depth + 1 }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_found_is_what_a_look_at_all_entries_finds(
            entries in vec((0..=DEPTH, 0u32..64, 0u32..5), 0..40), leaf in 0u32..64, discount in 0u32..5,
        ) {
            // All within 64 leaves that lie far apart and side by side.
            let leaf_of = |number: u32| (1 << DEPTH) | (number % 8) | ((number / 8) << (DEPTH - 3));
            let mut bucket = Bucket::default();
            let mut naive = Vec::new();
            for (wish, (depth, number, least)) in (0..).zip(entries) {
                let node = ancestor(leaf_of(number), depth);
                bucket.insert(Entry { node, discount: least, wish });
                if node == ancestor(leaf_of(leaf), depth) && least <= discount {
                    naive.push(wish);
                }
            }
            let mut found = Vec::new();
            bucket.find(leaf_of(leaf), discount, &mut found);
            found.sort_unstable();
            prop_assert_eq!(found, naive);
        }
    }
}

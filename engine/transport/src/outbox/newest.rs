//! Where the newest event of each key stands among those that wait.

use std::collections::HashMap;

use hub::PassingKey;

/// An index of waiting frames by what replaces them. Places count from the first frame that waits.
pub(super) struct Newest {
    /// The number of the newest frame of each key, counted from the first there ever was.
    numbers: HashMap<PassingKey, usize>,
    /// Frames that were popped.
    popped: usize,
    /// Waiting frames that may be replaced, the newest of each key left out.
    superseded: usize,
}

impl Newest {
    /// The index of frames with these keys.
    pub(super) fn of<'a>(keys: impl Iterator<Item = Option<&'a PassingKey>>) -> Self {
        let mut newest = Self { numbers: HashMap::new(), popped: 0, superseded: 0 };
        for (place, key) in keys.enumerate() {
            newest.pushed(place, key);
        }
        newest
    }

    /// A frame was put at `place`, behind all others.
    pub(super) fn pushed(&mut self, place: usize, key: Option<&PassingKey>) {
        let Some(key) = key else { return };
        if self.numbers.insert(key.clone(), self.popped + place).is_some() {
            self.superseded += 1;
        }
    }

    /// The first frame, of this key, can no longer be replaced.
    pub(super) fn begun(&mut self, key: &PassingKey) {
        if self.place(key) == Some(0) {
            self.numbers.remove(key);
        } else {
            self.superseded = self.superseded.saturating_sub(1);
        }
    }

    /// The first frame is out.
    pub(super) fn popped(&mut self) {
        self.popped += 1;
    }

    /// Where the newest frame of the key stands.
    pub(super) fn place(&self, key: &PassingKey) -> Option<usize> {
        self.numbers.get(key).map(|number| number - self.popped)
    }

    /// Waiting frames that a newer one of their key follows.
    pub(super) fn superseded(&self) -> usize {
        self.superseded
    }
}

//! Who is in a room: people, not sockets, and a drop is told once, after a while.
//!
//! **Invariants.** Somebody is present from the first connection's join until the last one left;
//! after a drop until [`DROP_GRACE`] has passed without a return. Each arrival and each departure
//! is told exactly once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a person may be gone before the others are told.
pub const DROP_GRACE: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct Present {
    username: Arc<str>,
    connections: u32,
    /// Which absence is running; an older one that comes due is void.
    absence: u64,
}

/// The people of one room.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    people: HashMap<Arc<str>, Present>,
    absences: u64,
}

/// What a departure means.
pub(crate) enum Departed {
    /// Other connections of the person remain, or nobody of that name was here.
    Remains,
    /// It was the last one: tell the others.
    Left(Arc<str>),
    /// It was the last one, by a drop: tell the others when this absence comes due.
    Absent(u64),
}

impl Presence {
    /// A connection of `user` joined; whether the person was not here before.
    pub(crate) fn arrive(&mut self, user: &Arc<str>, username: &Arc<str>) -> bool {
        if let Some(present) = self.people.get_mut(user) {
            present.connections += 1;
            return false;
        }
        let present = Present { username: Arc::clone(username), connections: 1, absence: 0 };
        self.people.insert(Arc::clone(user), present);
        true
    }

    /// A connection of `user` left, on purpose or by a drop.
    pub(crate) fn depart(&mut self, user: &str, dropped: bool) -> Departed {
        let Some(present) = self.people.get_mut(user) else { return Departed::Remains };
        present.connections = present.connections.saturating_sub(1);
        if present.connections > 0 {
            return Departed::Remains;
        }
        if dropped {
            self.absences += 1;
            present.absence = self.absences;
            return Departed::Absent(self.absences);
        }
        match self.people.remove(user) {
            Some(present) => Departed::Left(present.username),
            None => Departed::Remains,
        }
    }

    /// An absence came due: the person's name, where they did not come back meanwhile.
    pub(crate) fn expire(&mut self, user: &str, absence: u64) -> Option<Arc<str>> {
        let present = self.people.get(user)?;
        if present.connections > 0 || present.absence != absence {
            return None;
        }
        self.people.remove(user).map(|present| present.username)
    }

    /// How many people are here.
    pub(crate) fn count(&self) -> usize {
        self.people.len()
    }

    /// Their ids and names, by id.
    pub(crate) fn list(&self) -> Vec<(Arc<str>, Arc<str>)> {
        let mut people: Vec<_> = self
            .people
            .iter()
            .map(|(user, present)| (Arc::clone(user), Arc::clone(&present.username)))
            .collect();
        people.sort_unstable();
        people
    }

    /// Whether `user` is one of the people here.
    pub(crate) fn is_present(&self, user: &str) -> bool {
        self.people.contains_key(user)
    }

    /// The ids of some of them, at most `most`, by id; looks at no more of them than that.
    pub(crate) fn some(&self, most: usize) -> Vec<Arc<str>> {
        let mut people: Vec<_> = self.people.keys().take(most).cloned().collect();
        people.sort_unstable();
        people
    }

    /// Whether any connection of `user` is here now.
    pub(crate) fn is_connected(&self, user: &str) -> bool {
        self.people.get(user).is_some_and(|present| present.connections > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_are_as_many_as_asked_for_each_once_and_in_order() {
        let mut presence = Presence::default();
        for number in 0..500 {
            let user = format!("user-{number:03}").into();
            presence.arrive(&user, &user);
            presence.arrive(&user, &user);
        }
        let some = presence.some(200);
        assert_eq!(some.len(), 200);
        assert!(some.is_sorted_by(|one, next| one < next));
        assert!(some.iter().all(|user| presence.is_connected(user)));
        assert_eq!((presence.some(501).len(), presence.some(0).len()), (500, 0));
    }
}

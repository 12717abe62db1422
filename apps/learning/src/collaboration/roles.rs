//! Who may do what in a document: its creator, the roles that were granted, whether it is locked or closed.
//!
//! **Invariants.** The creator is a participant always. What takes something from people (a lower role, a
//! lock, a closing) holds from the moment it was asked for, so that no edit comes after it; what gives
//! something holds once it is stored.
//!
//! **Bounds**: [`GRANTED_MAX`] granted roles a document, [`COMING_MAX`] changes that are being stored.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::Denied;

/// People of one document to whom a role was granted.
pub(crate) const GRANTED_MAX: usize = 10_000;
/// Changes of one document's rules that are being stored.
const COMING_MAX: usize = 64;

/// What somebody may do in a document, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Role {
    /// Reads.
    Observer,
    /// Reads and edits.
    Participant,
}

impl Role {
    /// Its name on the wire and in the store.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Observer => "observer",
            Self::Participant => "participant",
        }
    }

    /// The role of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Observer, Self::Participant].into_iter().find(|role| role.as_str() == name)
    }
}

/// What a connection came as. A role that was granted to its user since then stands in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    role: Role,
    /// How many roles had been granted by then.
    grants: u64,
}

/// A role that the creator granted.
#[derive(Clone, Copy, Debug)]
struct Granted {
    role: Role,
    /// The how manyth of this process it is; 0 for one that was read.
    number: u64,
}

/// What a document's creator changes of its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Somebody gets a role.
    Role {
        /// Who.
        user: Arc<str>,
        /// The highest they may take.
        role: Role,
    },
    /// Nobody may edit, or all participants again.
    Lock(bool),
    /// It ends: everybody is out, and nobody comes in again.
    Close,
}

/// The rules of one document.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    creator: Arc<str>,
    granted: HashMap<Arc<str>, Granted>,
    /// How many roles were granted since it was read.
    grants: u64,
    is_locked: bool,
    is_closed: bool,
    /// Asked for and not stored yet, the oldest first.
    coming: VecDeque<Change>,
}

impl Rules {
    /// The rules as they are stored.
    pub(crate) fn new(
        creator: Arc<str>,
        granted: HashMap<Arc<str>, Role>,
        (is_locked, is_closed): (bool, bool),
    ) -> Self {
        let granted = granted.into_iter();
        let granted = granted.map(|(user, role)| (user, Granted { role, number: 0 })).collect();
        Self { creator, granted, grants: 0, is_locked, is_closed, coming: VecDeque::new() }
    }

    /// The highest role `user` may take.
    pub(crate) fn role_of(&self, user: &str) -> Role {
        if *user == *self.creator {
            return Role::Participant;
        }
        let stored = self.granted.get(user).map_or(Role::Participant, |granted| granted.role);
        let lowered = self.coming.iter().any(|change| {
            matches!(change, Change::Role { user: of, role: Role::Observer } if **of == *user)
        });
        if lowered { Role::Observer } else { stored }
    }

    /// What a connection comes as that asks for `role` now.
    pub(crate) fn asked(&self, role: Role) -> Asked {
        Asked { role, grants: self.grants }
    }

    /// What a connection of `user` is that came as `asked`: that, or the lower role that was granted; or
    /// whatever was granted since.
    pub(crate) fn role_in(&self, user: &str, asked: Asked) -> Role {
        let wish = match self.granted.get(user) {
            Some(granted) if granted.number > asked.grants => granted.role,
            _ => asked.role,
        };
        wish.min(self.role_of(user))
    }

    /// Whether nobody may edit.
    pub(crate) fn is_locked(&self) -> bool {
        self.is_locked || self.coming.contains(&Change::Lock(true))
    }

    /// Whether it has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed || self.coming.contains(&Change::Close)
    }

    /// Whether `user` may edit, having come in as `asked`.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn check_edit(&self, user: &str, asked: Asked) -> Result<(), Denied> {
        if self.is_closed() {
            return Err(Denied::NotFound);
        }
        if self.role_in(user, asked) < Role::Participant {
            return Err(Denied::Forbidden("Observers do not edit"));
        }
        if self.is_locked() {
            return Err(Denied::Forbidden("The document is locked"));
        }
        Ok(())
    }

    /// A change is about to be stored; [`Rules::settle`] hears what became of it.
    ///
    /// # Errors
    /// Why it may not be.
    pub(crate) fn ask(&mut self, by: &str, change: &Change) -> Result<(), Denied> {
        if self.is_closed() {
            return Err(Denied::NotFound);
        }
        if *by != *self.creator {
            return Err(Denied::Forbidden("Only who made the document may do that"));
        }
        if let Change::Role { user, .. } = change {
            if **user == *self.creator {
                return Err(Denied::invalid("data.userId", "is who made the document"));
            }
            if self.granted.len() >= GRANTED_MAX && !self.granted.contains_key(user) {
                return Err(Denied::invalid(
                    "data.userId",
                    "is one too many: 10000 people have roles",
                ));
            }
        }
        if self.coming.len() >= COMING_MAX {
            return Err(Denied::Busy);
        }
        self.coming.push_back(change.clone());
        Ok(())
    }

    /// The oldest change that was asked for was stored, or could not be.
    pub(crate) fn settle(&mut self, is_stored: bool) {
        let Some(change) = self.coming.pop_front().filter(|_| is_stored) else { return };
        match change {
            Change::Role { user, role } => {
                self.grants += 1;
                self.granted.insert(user, Granted { role, number: self.grants });
            }
            Change::Lock(is_locked) => self.is_locked = is_locked,
            Change::Close => self.is_closed = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules::new("ann".into(), HashMap::new(), (false, false))
    }

    fn role(user: &str, role: Role) -> Change {
        Change::Role { user: user.into(), role }
    }

    #[test]
    fn what_takes_holds_when_asked_and_what_gives_when_stored() {
        let mut rules = rules();
        let may_edit =
            |rules: &Rules| rules.check_edit("bob", rules.asked(Role::Participant)).is_ok();
        assert!(may_edit(&rules));
        rules.ask("ann", &role("bob", Role::Observer)).unwrap();
        assert!(
            !may_edit(&rules) && rules.check_edit("cem", rules.asked(Role::Participant)).is_ok()
        );
        rules.settle(true);
        rules.ask("ann", &role("bob", Role::Participant)).unwrap();
        assert!(!may_edit(&rules));
        rules.settle(true);
        assert!(may_edit(&rules));
        rules.ask("ann", &Change::Lock(true)).unwrap();
        rules.ask("ann", &Change::Lock(false)).unwrap();
        assert!(!may_edit(&rules) && rules.is_locked());
        rules.settle(true);
        assert!(!may_edit(&rules));
        rules.settle(true);
        assert!(may_edit(&rules));
    }

    #[test]
    fn what_could_not_be_stored_is_as_if_never_asked() {
        let mut rules = rules();
        for change in [role("bob", Role::Observer), Change::Lock(true), Change::Close] {
            rules.ask("ann", &change).unwrap();
            assert!(rules.check_edit("bob", rules.asked(Role::Participant)).is_err(), "{change:?}");
            rules.settle(false);
            assert_eq!(
                rules.check_edit("bob", rules.asked(Role::Participant)),
                Ok(()),
                "{change:?}"
            );
        }
    }

    #[test]
    fn only_the_creator_changes_and_nobody_changes_the_creator() {
        let mut rules = rules();
        let changes = [role("cem", Role::Observer), Change::Lock(true), Change::Close];
        for change in &changes {
            assert!(matches!(rules.ask("bob", change), Err(Denied::Forbidden(_))), "{change:?}");
        }
        let own = rules.ask("ann", &role("ann", Role::Observer));
        assert!(matches!(own, Err(Denied::Invalid { field: "data.userId", .. })));
        assert!(rules.coming.is_empty() && rules.role_of("ann") == Role::Participant);
    }

    #[test]
    fn a_closed_document_is_found_by_nobody() {
        let mut rules = rules();
        rules.ask("ann", &Change::Close).unwrap();
        rules.settle(true);
        assert_eq!(rules.ask("ann", &Change::Lock(true)), Err(Denied::NotFound));
        assert_eq!(rules.check_edit("ann", rules.asked(Role::Participant)), Err(Denied::NotFound));
    }

    #[test]
    fn an_observer_by_wish_or_by_grant_does_not_edit() {
        let mut rules = rules();
        assert!(matches!(
            rules.check_edit("ann", rules.asked(Role::Observer)),
            Err(Denied::Forbidden(_))
        ));
        rules.ask("ann", &role("bob", Role::Observer)).unwrap();
        rules.settle(true);
        assert!(matches!(
            rules.check_edit("bob", rules.asked(Role::Participant)),
            Err(Denied::Forbidden(_))
        ));
        assert_eq!(rules.role_of("bob").min(Role::Participant), Role::Observer);
    }

    #[test]
    fn what_is_granted_later_stands_in_the_place_of_what_somebody_came_as() {
        let mut rules = rules();
        let (bob, ann) = (rules.asked(Role::Observer), rules.asked(Role::Observer));
        assert_eq!(rules.role_in("bob", bob), Role::Observer);
        rules.ask("ann", &role("bob", Role::Participant)).unwrap();
        assert_eq!(rules.role_in("bob", bob), Role::Observer, "not stored yet");
        rules.settle(true);
        assert_eq!(rules.role_in("bob", bob), Role::Participant);
        assert_eq!(rules.role_in("bob", rules.asked(Role::Observer)), Role::Observer);
        assert_eq!(rules.role_in("ann", ann), Role::Observer);
        rules.ask("ann", &role("bob", Role::Observer)).unwrap();
        assert_eq!(rules.role_in("bob", bob), Role::Observer);
    }

    #[test]
    fn changes_and_roles_are_bounded() {
        let mut rules = rules();
        for _ in 0..COMING_MAX {
            rules.ask("ann", &Change::Lock(true)).unwrap();
        }
        assert_eq!(rules.ask("ann", &Change::Lock(true)), Err(Denied::Busy));
        let many = (0..GRANTED_MAX).map(|n| (n.to_string().into(), Role::Observer)).collect();
        let mut rules = Rules::new("ann".into(), many, (false, false));
        assert!(rules.ask("ann", &role("7", Role::Participant)).is_ok());
        assert!(rules.ask("ann", &role("one more", Role::Observer)).is_err());
    }
}

//! The life of an edit: looked up where its id may have come before, admitted, stored, told.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, MutexGuard};

use model::ConnectionId;
use storage::rusqlite::{Connection, Transaction};
use storage::{CommitError, Lane, Place};

use super::asking::Waiting;
use super::repeats::{self, Known};
use super::{Answer, Body, Document, EDITS_IN_FLIGHT_MAX, Made, NewEdit, State, Told};
use crate::collaboration::{Asked, Bound, Denied, Proposal, Refused, Splice};
use crate::store::documents::{self, ClientId, Logged, Repeated};

/// An edit on its way.
pub(super) struct Editing {
    pub(super) connection: ConnectionId,
    pub(super) user: Arc<str>,
    /// What its connection came as.
    pub(super) asked: Asked,
    pub(super) edit: NewEdit,
    pub(super) told: Told<Answer>,
}

/// By connection, the edits behind one that is being looked up. A line stays, though nobody is in it, until
/// whoever looks up for it has found it empty: so there is one look-up at a time for a connection.
pub(super) type Lines = HashMap<ConnectionId, VecDeque<Editing>>;

/// What is left to do once the locks are free.
enum Next {
    /// Nothing.
    Rest,
    /// The author is told.
    Tell(Told<Answer>, Result<Answer, Denied>),
    /// Whoever waited is told.
    Done(Waiting),
    /// The id of the connection's first edit in line is looked up.
    LookUp { connection: ConnectionId, user: Arc<str>, id: Arc<str> },
}

impl Next {
    fn done(waiting: Option<Waiting>) -> Self {
        waiting.map_or(Self::Rest, Self::Done)
    }
}

impl Editing {
    fn client_id(&self) -> Option<ClientId> {
        let id = Arc::clone(self.edit.client_id.as_ref()?);
        Some(ClientId { id, body: repeats::body(&self.edit) })
    }

    /// Tells the author why not.
    fn denied(self, denied: Denied) -> Next {
        Next::Tell(self.told, Err(denied))
    }
}

impl Document {
    /// Makes an edit; see [`super::Seat::edit`].
    pub(super) fn edit(self: &Arc<Self>, editing: Editing) {
        let next = self.take(editing);
        self.go_on(next);
    }

    fn go_on(self: &Arc<Self>, next: Next) {
        match next {
            Next::Rest => {}
            Next::Tell(told, answer) => told(answer),
            Next::Done(waiting) => waiting.tell(),
            Next::LookUp { connection, user, id } => self.look_up(connection, user, id),
        }
    }

    /// An edit came: it waits behind those of its connection that wait, or is judged at once.
    fn take(self: &Arc<Self>, editing: Editing) -> Next {
        let gate = self.gate();
        let mut state = self.state();
        if let Some(line) = state.body.lines.get_mut(&editing.connection) {
            line.push_back(editing);
            return Next::Rest;
        }
        match editing.doubt(&state.body) {
            Some(next) => {
                state.body.lines.insert(editing.connection, VecDeque::from([editing]));
                next
            }
            None => self.judge(&gate, state, editing),
        }
    }

    /// Asks the store whether this id came before.
    fn look_up(self: &Arc<Self>, connection: ConnectionId, user: Arc<str>, id: Arc<str>) {
        let (place, document) = (self.place, Arc::clone(self));
        let read = move |db: &Connection| documents::repeated(db, place, &user, &id);
        let refused = self.tools.store.read_then(read, move |found| {
            document.looked_up(connection, found.map_err(Denied::from));
        });
        if let Err(refused) = refused {
            self.looked_up(connection, Err(refused.into()));
        }
    }

    /// The first in the connection's line was looked up: it goes on, and those behind it up to the
    /// next one that has to be looked up.
    fn looked_up(
        self: &Arc<Self>,
        connection: ConnectionId,
        found: Result<Option<Repeated>, Denied>,
    ) {
        let mut found = Some(found);
        while let Some(next) = self.step(connection, found.take()) {
            let is_handed_on = matches!(next, Next::LookUp { .. });
            self.go_on(next);
            if is_handed_on {
                return;
            }
        }
    }

    /// Takes the first in the connection's line one step further, with what was `found` for it where it
    /// was looked up.
    fn step(
        self: &Arc<Self>,
        connection: ConnectionId,
        found: Option<Result<Option<Repeated>, Denied>>,
    ) -> Option<Next> {
        let gate = self.gate();
        let mut state = self.state();
        let editing = state.body.next_in_line(connection)?;
        match found {
            Some(Err(denied)) => return Some(editing.denied(denied)),
            Some(Ok(Some(repeated))) => return Some(editing.repeats(repeated)),
            Some(Ok(None)) => {}
            None => {
                if let Some(doubt) = editing.doubt(&state.body) {
                    state.body.lines.entry(connection).or_default().push_front(editing);
                    return Some(doubt);
                }
            }
        }
        Some(self.judge(&gate, state, editing))
    }

    /// An edit of which the store need not be asked is admitted, or not.
    fn judge(
        self: &Arc<Self>,
        gate: &MutexGuard<'_, ()>,
        mut state: MutexGuard<'_, State>,
        editing: Editing,
    ) -> Next {
        let client_id = editing.client_id();
        if let Some(client_id) = &client_id {
            match state.body.repeats.find(&editing.user, &client_id.id, &client_id.body) {
                Known::Same(made) => {
                    let waiting = Waiting::Repeat(made, editing.told);
                    return Next::done(state.body.wait(waiting));
                }
                Known::Other => return editing.denied(Denied::Conflict),
                Known::New | Known::Unknown => {}
            }
        }
        let row = match self.may_take(&state, &editing) {
            Ok(row) => row,
            Err(denied) => return editing.denied(denied),
        };
        let bytes_before = state.body.text.bytes();
        let splice = match state.body.admit(&editing) {
            Ok(splice) => splice,
            Err(Refused::Resync) => return state.body.resync(editing.told),
            Err(Refused::OutOfRange(bound)) => {
                return editing.denied(at_fault(bound, "reaches past the end of the text"));
            }
            Err(Refused::SplitsPair(bound)) => {
                return editing.denied(at_fault(bound, "splits a surrogate pair"));
            }
        };
        let Some(splice) = splice else {
            let problem = "makes the document longer than 1048576 bytes";
            return editing.denied(Denied::invalid("data.content", problem));
        };
        self.tools.text_changed(bytes_before, state.body.text.bytes());
        let edit = self.log(&mut state, &editing, client_id, splice);
        drop(state);
        self.store(gate, row, edit, editing);
        Next::Rest
    }

    /// A place for the edit's row, if there is room and its author may edit.
    fn may_take(&self, state: &State, editing: &Editing) -> Result<Place, Denied> {
        state.rules.check_edit(&editing.user, editing.asked)?;
        let grows = !editing.edit.splice.content.is_empty();
        let is_full =
            state.body.in_flight >= EDITS_IN_FLIGHT_MAX || (grows && self.tools.texts_are_full());
        if state.body.is_failing || is_full {
            return Err(Denied::Busy);
        }
        Ok(self.tools.store.reserve(Lane::Interactive)?)
    }

    /// An edit was admitted: what is to be stored of it.
    fn log(
        &self,
        state: &mut State,
        editing: &Editing,
        client_id: Option<ClientId>,
        splice: Splice,
    ) -> Logged {
        let clock = self.tools.hub.clock();
        let body = &mut state.body;
        let (user, version) = (Arc::clone(&editing.user), body.history.version());
        if let Some(ClientId { id, body: said }) = &client_id {
            body.repeats.add(&user, id, *said, Made::new(version, &splice));
        }
        body.in_flight += 1;
        body.note_edit(splice.content.as_str().len());
        state.used_at = clock.monotonic();
        Logged { version, user, client_id, splice, at: clock.wall() }
    }

    /// Hands an admitted edit to the committer.
    fn store(
        self: &Arc<Self>,
        _gate: &MutexGuard<'_, ()>,
        row: Place,
        edit: Logged,
        editing: Editing,
    ) {
        let (document, edit) = (Arc::clone(self), Arc::new(edit));
        let (place, stored, told) = (self.place, Arc::clone(&edit), editing.told);
        let apply = move |tx: &Transaction<'_>| documents::append(tx, place, &stored);
        row.write(apply, move |outcome| match outcome {
            Ok(()) => document.stored(&edit, editing.connection, told),
            Err(error) => document.not_stored(error, told),
        });
    }

    /// An edit is stored: everybody in the room, its author, and whoever waited are told.
    fn stored(self: &Arc<Self>, edit: &Logged, author: ConnectionId, told: Told<Answer>) {
        self.tools.edits.fetch_add(1, Relaxed);
        self.tell_edit(edit, author);
        told(Ok(Answer::Made(Made::new(edit.version, &edit.splice))));
        let mut state = self.state();
        let body = &mut state.body;
        body.committed = edit.version;
        body.in_flight -= 1;
        let (waiting, due) = (body.done_waiting(), body.due_now());
        drop(state);
        waiting.into_iter().for_each(Waiting::tell);
        self.keep(due);
    }

    /// An edit is not stored, and none behind it will be: once all were told so, the text is read anew.
    fn not_stored(self: &Arc<Self>, error: CommitError, told: Told<Answer>) {
        let mut state = self.state();
        state.body.is_failing = true;
        state.body.in_flight -= 1;
        let is_last = state.body.in_flight == 0;
        drop(state);
        told(Err(error.into()));
        if is_last {
            self.read_anew();
        }
    }
}

impl Editing {
    /// What is to be done first where the store may know the edit's id.
    fn doubt(&self, body: &Body) -> Option<Next> {
        let ClientId { id, body: said } = self.client_id()?;
        let known = body.repeats.find(&self.user, &id, &said);
        let (connection, user) = (self.connection, Arc::clone(&self.user));
        (known == Known::Unknown).then_some(Next::LookUp { connection, user, id })
    }

    /// The store knows the edit's id.
    fn repeats(self, repeated: Repeated) -> Next {
        if repeated.body != repeats::body(&self.edit) {
            return self.denied(Denied::Conflict);
        }
        Next::Tell(self.told, Ok(Answer::Repeated(repeated.into())))
    }
}

impl Body {
    /// Takes the first edit of a connection's line; the line ends where there is none.
    fn next_in_line(&mut self, connection: ConnectionId) -> Option<Editing> {
        let next = self.lines.get_mut(&connection)?.pop_front();
        if next.is_none() {
            self.lines.remove(&connection);
        }
        next
    }

    /// Makes an edit the newest version of text and history; `None`, and nothing is changed, where the
    /// text would become too long.
    fn admit(&mut self, editing: &Editing) -> Result<Option<Splice>, Refused> {
        let Editing { connection, edit, .. } = editing;
        let (connection, base, splice) = (*connection, edit.base, edit.splice.clone());
        let admission = self.history.judge(&Proposal { connection, base, splice }, &self.text)?;
        let splice = admission.splice.clone();
        if !self.text.apply(&splice) {
            return Ok(None);
        }
        self.history.append(admission);
        Ok(Some(splice))
    }

    /// The author needs the text anew: they get it once it is stored.
    fn resync(&mut self, told: Told<Answer>) -> Next {
        let told = Box::new(move |snapshot: Result<_, _>| told(snapshot.map(Answer::Resync)));
        Next::done(self.wait_for_text(told))
    }
}

fn at_fault(bound: Bound, problem: &'static str) -> Denied {
    let field = match bound {
        Bound::Position => "data.position",
        Bound::Length => "data.length",
    };
    Denied::invalid(field, problem)
}

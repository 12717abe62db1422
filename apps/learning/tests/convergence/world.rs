//! A server with one document and its clients, between whom messages wait as long as they like.
//!
//! Messages of one connection keep their order, those of different ones do not; the server tells of
//! an edit once it is committed, in the order of versions.

use std::collections::VecDeque;

use learning::collaboration::replica::{Cursor, Heard, Outgoing, Replica};
use learning::collaboration::{Admission, History, Proposal, Refused, Splice, Units};
use model::ConnectionId;

/// What a client sends.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    /// To join the session, again or for the first time.
    Join,
    /// An edit.
    Edit(Outgoing),
    /// Where the cursor is, in the text of that version plus the sender's own edits.
    Cursor { base: u64, cursor: Cursor },
}

/// What the server sends.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    /// The text, to one who joins.
    Joined { content: String, version: u64 },
    /// The text, to one who is behind.
    Resync { id: Option<u64>, content: String, version: u64 },
    /// Somebody else's edit.
    Edited { version: u64, splice: Splice },
    /// The client's own edit.
    Acknowledged { id: u64, version: u64, position: u32, length: u32 },
    /// The client's own edit, which is not applied.
    Refused { id: u64 },
    /// Somebody else's cursor.
    Cursor { user: String, cursor: Cursor },
}

/// One user with one connection.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) connection: ConnectionId,
    pub(crate) replica: Replica,
    pub(crate) requests: VecDeque<Request>,
    pub(crate) messages: VecDeque<Message>,
    /// Whether the server counts it as being in the session.
    is_member: bool,
    /// Whether it waits for its `Joined`.
    pub(crate) is_joining: bool,
}

/// What waits for the commit before it is told.
#[derive(Debug)]
enum Waiting {
    Edit { author: ConnectionId, id: u64, version: u64, splice: Splice },
    Answer { to: ConnectionId, id: Option<u64>, version: u64, content: String },
}

/// An edit that was committed.
#[derive(Debug)]
pub(crate) struct Committed {
    pub(crate) author: ConnectionId,
    pub(crate) id: u64,
    pub(crate) version: u64,
}

/// The server and everybody.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clients: Vec<Client>,
    history: History,
    /// The newest text.
    text: Units,
    waiting: VecDeque<Waiting>,
    /// The text of each committed version.
    pub(crate) stored: Vec<Units>,
    pub(crate) committed: Vec<Committed>,
    connections: u32,
}

impl World {
    /// A document with that content, and so many who are about to join.
    pub(crate) fn of(content: &str, clients: usize) -> Self {
        let text = Units::from(content);
        let mut world = Self {
            clients: Vec::new(),
            history: History::default(),
            stored: vec![text.clone()],
            text,
            waiting: VecDeque::new(),
            committed: Vec::new(),
            connections: 0,
        };
        for _ in 0..clients {
            let connection = world.new_connection();
            world.clients.push(Client::new(connection));
        }
        world
    }

    fn new_connection(&mut self) -> ConnectionId {
        self.connections += 1;
        ConnectionId::new(0, self.connections, 1)
    }

    /// The server takes a client's next request; false where there is none.
    pub(crate) fn take(&mut self, client: usize) -> bool {
        let Some(request) = self.clients[client].requests.pop_front() else { return false };
        let connection = self.clients[client].connection;
        match request {
            Request::Join => self.answer_with_text(connection, None),
            Request::Edit(outgoing) => self.take_edit(client, outgoing),
            Request::Cursor { base, cursor } => self.take_cursor(client, base, cursor),
        }
        true
    }

    fn take_edit(&mut self, client: usize, outgoing: Outgoing) {
        let Outgoing { id, base, splice } = outgoing;
        let connection = self.clients[client].connection;
        match self.history.judge(&Proposal { connection, base, splice }, &self.text) {
            Ok(admission) => self.admit(connection, id, admission),
            Err(Refused::Resync) => self.answer_with_text(connection, Some(id)),
            Err(_) => self.clients[client].messages.push_back(Message::Refused { id }),
        }
    }

    fn admit(&mut self, author: ConnectionId, id: u64, admission: Admission) {
        let (version, splice) = (admission.version, admission.splice.clone());
        self.text.apply(&splice).unwrap_or_else(|| panic!("{splice:?} in {}", self.text));
        self.history.append(admission);
        self.waiting.push_back(Waiting::Edit { author, id, version, splice });
    }

    /// The newest text, told once it is committed.
    fn answer_with_text(&mut self, to: ConnectionId, id: Option<u64>) {
        let (version, content) = (self.history.version(), self.text.to_string());
        self.waiting.push_back(Waiting::Answer { to, id, version, content });
    }

    /// Cursors are told in the newest committed text: here, only while nothing waits for its commit.
    fn take_cursor(&mut self, client: usize, base: u64, cursor: Cursor) {
        let connection = self.clients[client].connection;
        let follow = |position| self.history.follow(connection, base, position);
        let Some(position) = follow(cursor.position) else { return };
        if !self.waiting.is_empty() {
            return;
        }
        let within = |position| self.text.boundary_before(position);
        let selection_end = cursor.selection_end.and_then(follow).map(within);
        let cursor = Cursor { position: within(position), selection_end };
        let message = Message::Cursor { user: client.to_string(), cursor };
        self.tell_members(connection, &message);
    }

    /// What waits first is committed and told; false where nothing waits.
    pub(crate) fn commit(&mut self) -> bool {
        match self.waiting.pop_front() {
            None => return false,
            Some(Waiting::Answer { to, id, version, content }) => {
                assert_eq!(content, self.newest().to_string(), "told before it is committed");
                self.answer(to, id, version, content);
            }
            Some(Waiting::Edit { author, id, version, splice }) => {
                self.store(&splice);
                assert_eq!(version, self.version(), "versions are dense");
                self.committed.push(Committed { author, id, version });
                let (position, length) = (splice.position, splice.length());
                self.tell(author, Message::Acknowledged { id, version, position, length });
                self.tell_members(author, &Message::Edited { version, splice });
            }
        }
        true
    }

    fn store(&mut self, splice: &Splice) {
        let mut text = self.newest().clone();
        text.apply(splice).unwrap();
        self.stored.push(text);
    }

    /// What waits cannot be committed: the document begins anew from what is stored. True always.
    pub(crate) fn fail_to_commit(&mut self) -> bool {
        let (version, text) = (self.version(), self.newest().clone());
        self.history = History::starting_at(version);
        self.text = text.clone();
        let content = text.to_string();
        let message = Message::Resync { id: None, content: content.clone(), version };
        for client in self.clients.iter_mut().filter(|client| client.is_member) {
            client.messages.push_back(message.clone());
        }
        for waiting in std::mem::take(&mut self.waiting) {
            if let Waiting::Answer { to, id, .. } = waiting {
                self.answer(to, id, version, content.clone());
            }
        }
        true
    }

    fn answer(&mut self, to: ConnectionId, id: Option<u64>, version: u64, content: String) {
        let Some(client) = self.clients.iter_mut().find(|client| client.connection == to) else {
            return;
        };
        client.is_member = true;
        client.messages.push_back(match id {
            None => Message::Joined { content, version },
            Some(_) => Message::Resync { id, content, version },
        });
    }

    fn tell(&mut self, connection: ConnectionId, message: Message) {
        if let Some(client) = self.clients.iter_mut().find(|client| client.connection == connection)
        {
            client.messages.push_back(message);
        }
    }

    fn tell_members(&mut self, except: ConnectionId, message: &Message) {
        let members = self.clients.iter_mut().filter(|client| client.is_member);
        for client in members.filter(|client| client.connection != except) {
            client.messages.push_back(message.clone());
        }
    }

    /// The server refuses a client's next request, for want of room say; false where that is no edit.
    pub(crate) fn refuse(&mut self, client: usize) -> bool {
        let client = &mut self.clients[client];
        let is_edit = |request: &mut Request| matches!(request, Request::Edit(_));
        let Some(Request::Edit(outgoing)) = client.requests.pop_front_if(is_edit) else {
            return false;
        };
        client.messages.push_back(Message::Refused { id: outgoing.id });
        true
    }

    /// A client's connection breaks; `taken` of what it sent still comes through. It joins again.
    pub(crate) fn drop_connection(&mut self, client: usize, taken: usize) {
        for _ in 0..taken {
            self.take(client);
        }
        let connection = self.new_connection();
        self.history.forget(std::mem::replace(&mut self.clients[client].connection, connection));
        let client = &mut self.clients[client];
        client.messages.clear();
        client.requests.clear();
        client.is_member = false;
        client.is_joining = true;
        client.requests.push_back(Request::Join);
    }

    /// The newest committed text.
    pub(crate) fn newest(&self) -> &Units {
        &self.stored[self.stored.len() - 1]
    }

    /// The newest committed version.
    pub(crate) fn version(&self) -> u64 {
        self.stored.len() as u64 - 1
    }

    /// A client hears its next message; false where there is none.
    pub(crate) fn hear(&mut self, client: usize) -> bool {
        let Self { clients, stored, .. } = self;
        let client = &mut clients[client];
        let Some(message) = client.messages.pop_front() else { return false };
        client.hear(message);
        if !client.replica.is_lost() && !client.is_joining {
            let version = usize::try_from(client.replica.version()).unwrap();
            assert_eq!(client.replica.confirmed(), &stored[version], "version {version}");
        }
        true
    }

    /// Everything that waits anywhere comes through.
    pub(crate) fn settle(&mut self) {
        loop {
            let mut has_moved = false;
            for client in 0..self.clients.len() {
                self.clients[client].send();
                while self.take(client) {
                    has_moved = true;
                }
                while self.commit() {}
            }
            for client in 0..self.clients.len() {
                while self.hear(client) {
                    has_moved = true;
                }
            }
            if !has_moved {
                return;
            }
        }
    }
}

impl Client {
    fn new(connection: ConnectionId) -> Self {
        Self {
            connection,
            replica: Replica::default(),
            requests: VecDeque::from([Request::Join]),
            messages: VecDeque::new(),
            is_member: false,
            is_joining: true,
        }
    }

    /// Sends what there is to send.
    pub(crate) fn send(&mut self) {
        while !self.is_joining {
            let Some(outgoing) = self.replica.next_to_send() else { return };
            self.requests.push_back(Request::Edit(outgoing));
        }
    }

    fn hear(&mut self, message: Message) {
        let heard = match message {
            Message::Joined { content, version } => {
                self.replica.joined(&content, version);
                self.is_joining = false;
                Heard::Taken
            }
            Message::Resync { id, content, version } => {
                self.replica.resync(id, &content, version);
                Heard::Taken
            }
            Message::Edited { version, splice } => self.replica.edited(version, &splice),
            Message::Acknowledged { id, version, position, length } => {
                self.replica.acknowledged(id, version, position, length)
            }
            Message::Refused { id } => self.replica.refused(id),
            Message::Cursor { user, cursor } => {
                self.replica.cursor_seen(&user, cursor);
                Heard::Taken
            }
        };
        if heard == Heard::Lost && !self.is_joining {
            self.is_joining = true;
            self.requests.push_back(Request::Join);
        }
    }
}

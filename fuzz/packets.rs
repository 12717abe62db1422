//! What holds for anything that a Socket.IO client sends: a sequence of texts and binary messages.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use hub::{Context, Effect, Fault, Item, Outlet, Session};
use model::{CloseReason, ConnectionId, Monotonic, Timestamp};
use serde_json::value::RawValue;
use socketio::{
    ARGUMENTS_MAX, Client, Event, Kind, Limits, Namespaces, Problem, Socket, SocketContext,
};

/// Between two messages of an input.
const SEPARATOR: u8 = 0x1e;
/// What a binary message begins with; it is not part of it.
const BINARY: u8 = b'b';
/// Small, so that it is met.
const LIMITS: Limits = Limits { attachments_max: 3, packet_bytes_max: 4096 };

/// Feeds the messages to a connection until it closes; whatever they are, what the application sees is
/// in order, and what leaves can be read.
pub fn packets(data: &[u8]) {
    let sockets = Rc::new(RefCell::new(BTreeSet::new()));
    let mut client = Client::new(House { sockets: Rc::clone(&sockets), opened: 0 }, LIMITS);
    let outlet: Arc<dyn Outlet> = Arc::new(Nowhere);
    let mut next_operation = 0;
    for message in data.split(|byte| *byte == SEPARATOR) {
        let mut effects = Vec::new();
        let times = (Monotonic(0), Timestamp::from_millis(0));
        let connection = ConnectionId::new(0, 0, 1);
        let mut context =
            Context::new(connection, times, &outlet, &mut next_operation, &mut effects);
        match (message, std::str::from_utf8(message)) {
            ([BINARY, bytes @ ..], _) => client.on_binary(bytes, &mut context),
            (_, Ok(text)) => client.on_text(text, &mut context),
            _ => {}
        }
        if !take(&effects) {
            break;
        }
    }
    client.on_close(&CloseReason::LOST);
    assert!(sockets.borrow().is_empty(), "a socket never heard that it is over");
}

/// Reads what leaves; whether the connection goes on.
fn take(effects: &[Effect]) -> bool {
    for effect in effects {
        let (text, attachments) = match effect {
            Effect::Reply(text) => (text, 0),
            Effect::ReplyWith(text, attachments) => (text, attachments.len()),
            Effect::Close(_) => return false,
            _ => continue,
        };
        let text = std::str::from_utf8(text).expect("what leaves is text");
        let packet = text.strip_prefix('4').expect("it is a message of Engine.IO");
        let packet = socketio::read(packet, LIMITS.attachments_max).expect("it can be read");
        assert_eq!(packet.attachments.unwrap_or(0), attachments, "{text}");
        if packet.kind != Kind::Disconnect {
            let is_json = serde_json::from_str::<&RawValue>(packet.data).is_ok();
            assert!(is_json, "{text} is no JSON");
        }
    }
    true
}

/// Every namespace whose name is short.
struct House {
    sockets: Rc<RefCell<BTreeSet<u64>>>,
    opened: u64,
}

impl Namespaces for House {
    type Socket = Guest;

    fn open(&mut self, namespace: &str) -> Option<Guest> {
        assert!(namespace.starts_with('/'), "{namespace} is no namespace");
        self.opened += 1;
        let (number, sockets) = (self.opened, Rc::clone(&self.sockets));
        (namespace.len() < 8).then_some(Guest { number, sockets, is_connected: false })
    }
}

/// Sends back what it gets.
struct Guest {
    number: u64,
    sockets: Rc<RefCell<BTreeSet<u64>>>,
    is_connected: bool,
}

impl Socket for Guest {
    fn on_connect(&mut self, auth: Option<&RawValue>, context: &mut SocketContext<'_, '_>) {
        assert!(!self.is_connected, "a socket connects once");
        self.is_connected = true;
        self.sockets.borrow_mut().insert(self.number);
        context.emit_raw("auth", auth.map_or("{}", RawValue::get));
    }

    fn on_event(&mut self, event: Event<'_>, context: &mut SocketContext<'_, '_>) {
        assert!(self.is_connected, "nothing is heard before CONNECT");
        assert!(event.arguments.len() <= ARGUMENTS_MAX);
        assert!(event.attachments.len() <= LIMITS.attachments_max);
        let bytes: usize = event.attachments.iter().map(bytes::Bytes::len).sum();
        assert!(bytes <= LIMITS.packet_bytes_max, "{bytes} bytes were attached");
        for argument in &event.arguments {
            let value: serde_json::Value =
                serde_json::from_str(argument.get()).expect("what is handed on is a value");
            let is_placeholder = value["_placeholder"] == true
                && value["num"].is_u64()
                && !event.attachments.is_empty();
            assert_eq!(event.attachment(argument).is_some(), is_placeholder, "{argument}");
        }
        if event.name == "leave" {
            context.disconnect(CloseReason::NORMAL);
        }
        let json: Vec<&str> = event.arguments.iter().map(|argument| argument.get()).collect();
        match event.acknowledge {
            Some(id) => context.acknowledge_with(id, &json.join(","), event.attachments),
            None => context.emit_with(&event.name, &json.join(","), event.attachments),
        }
    }

    fn on_problem(
        &mut self,
        name: &str,
        problem: Problem,
        _acknowledge: Option<u64>,
        context: &mut SocketContext<'_, '_>,
    ) {
        context.emit("problem", &format!("{name} {problem:?}"));
    }

    fn on_fault(&mut self, fault: Fault, context: &mut SocketContext<'_, '_>) {
        context.emit("fault", &format!("{fault:?}"));
    }

    fn on_disconnect(&mut self, _reason: &CloseReason) {
        assert!(self.sockets.borrow_mut().remove(&self.number), "a socket's end is told once");
    }
}

/// Takes nothing: no operation begins here.
struct Nowhere;

impl Outlet for Nowhere {
    fn push(&self, _shard: u8, _item: Item) {}
}

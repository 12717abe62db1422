//! One connection on a stage.

use std::sync::{Arc, Mutex, PoisonError};

use hub::Ticket;
use model::{ConnectionId, ManualClock, Timestamp};
use testkit::Stage;

use super::*;

/// What the sockets of a test saw.
type Seen = Arc<Mutex<Vec<String>>>;

fn note(seen: &Seen, what: String) {
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(what);
}

/// Operations that have not ended, whoever began them.
type Waiting = Arc<Mutex<Vec<(Ticket, SocketKey)>>>;

/// Has `/`, `/a` and `/n0` … `/n99`.
struct House {
    seen: Seen,
    waiting: Waiting,
}

/// Says what it is told to say.
struct Guest {
    seen: Seen,
    namespace: String,
    waiting: Waiting,
}

impl Namespaces for House {
    type Socket = Guest;

    fn open(&mut self, namespace: &str) -> Option<Guest> {
        let exists = namespace == "/" || namespace == "/a" || namespace.starts_with("/n");
        let (seen, waiting) = (Arc::clone(&self.seen), Arc::clone(&self.waiting));
        exists.then(|| Guest { seen, namespace: namespace.to_owned(), waiting })
    }
}

impl Guest {
    fn wait(&self, operation: (Ticket, SocketKey)) {
        self.waiting.lock().unwrap().push(operation);
    }
}

impl Socket for Guest {
    fn on_connect(&mut self, auth: Option<&RawValue>, context: &mut SocketContext<'_, '_>) {
        assert_eq!((context.namespace(), context.sid().len()), (&*self.namespace, 20));
        context.emit_raw("auth", auth.map_or("{}", RawValue::get));
    }

    fn on_event(&mut self, event: Event<'_>, context: &mut SocketContext<'_, '_>) {
        let json: Vec<&str> = event.arguments.iter().map(|value| value.get()).collect();
        match (&*event.name, event.acknowledge) {
            ("later", _) => self.wait((context.begin(), context.key())),
            ("hold", _) => self.wait((context.hold(), context.key())),
            ("now", _) => {
                let waiting = std::mem::take(&mut *self.waiting.lock().unwrap());
                for (ticket, key) in waiting {
                    ticket.resume(move |client: &mut Client<House>, context| {
                        let seen = Arc::clone(&client.namespaces.seen);
                        let found = client.with_socket(key, context, |_, context| {
                            context.emit("late", &true);
                        });
                        note(&seen, format!("resumed {}", found.is_some()));
                    });
                }
            }
            ("leave", _) => context.disconnect(CloseReason::UNAUTHORIZED),
            ("restart", _) => context.close(CloseReason::RESTART),
            ("stop", _) => context.close(CloseReason::RATE_LIMIT),
            (_, Some(id)) => context.acknowledge_with(id, &json.join(","), event.attachments),
            (name, None) => {
                context.emit_with(&format!("{name}-back"), &json.join(","), event.attachments);
            }
        }
    }

    fn on_problem(
        &mut self,
        name: &str,
        problem: Problem,
        acknowledge: Option<u64>,
        context: &mut SocketContext<'_, '_>,
    ) {
        context.emit("error", &format!("{name} {problem:?} {acknowledge:?}"));
    }

    fn on_skipped(&mut self, count: u64, context: &mut SocketContext<'_, '_>) {
        context.emit("skipped", &count);
    }

    fn on_fault(&mut self, fault: Fault, context: &mut SocketContext<'_, '_>) {
        context.emit("fault", &format!("{fault:?}"));
    }

    fn on_disconnect(&mut self, reason: &CloseReason) {
        note(&self.seen, format!("{} {}", self.namespace, reason.code));
    }
}

/// A client that is in these namespaces.
struct Visit {
    stage: Stage,
    id: ConnectionId,
    seen: Seen,
}

impl Visit {
    fn new(namespaces: &[&str]) -> Self {
        Self::with(Limits::default(), namespaces)
    }

    fn with(limits: Limits, namespaces: &[&str]) -> Self {
        let mut stage = Stage::new(Arc::new(ManualClock::at(Timestamp::from_millis(0))));
        let seen = Seen::default();
        let house = House { seen: Arc::clone(&seen), waiting: Waiting::default() };
        let id = stage.open(None, Box::new(Client::new(house, limits)));
        let mut visit = Self { stage, id, seen };
        for namespace in namespaces {
            visit.say(&format!("0{namespace},"));
        }
        visit
    }

    /// Sends a text; what comes back.
    fn say(&mut self, text: &str) -> Vec<String> {
        self.stage.send(self.id, text);
        self.heard()
    }

    fn attach(&mut self, bytes: &[u8]) -> Vec<String> {
        self.stage.send_binary(self.id, bytes);
        self.heard()
    }

    fn heard(&mut self) -> Vec<String> {
        let heard = self.stage.received_binary(self.id).into_iter();
        heard.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()).collect()
    }

    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The close that `text` leads to; nothing is said before it.
    fn refused(&mut self, text: &str) -> (u16, String) {
        assert_eq!(self.say(text), [""; 0], "{text:?}");
        assert!(self.stage.is_closed(self.id), "{text:?} is no reason to close");
        let reason = self.stage.closed(self.id);
        (reason.code, reason.text.into_owned())
    }
}

#[test]
fn a_namespace_is_entered_before_anything_is_said_in_it() {
    let mut visit = Visit::new(&[]);
    let heard = visit.say("0");
    assert!(heard[0].starts_with(r#"40{"sid":""#) && heard[0].ends_with(r#""}"#), "{heard:?}");
    assert_eq!(heard[1], r#"42["auth",{}]"#);
    let heard = visit.say(r#"0/a,{"token":"123"}"#);
    assert!(heard[0].starts_with(r#"40/a,{"sid":""#), "{heard:?}");
    assert_eq!(heard[1], r#"42/a,["auth",{"token":"123"}]"#);
    assert_eq!(
        visit.say(r#"2/a,["x",1,"2",{"3":[true]}]"#),
        [r#"42/a,["x-back",1,"2",{"3":[true]}]"#]
    );
    assert_eq!(visit.say(r#"2["x"]"#), [r#"42["x-back"]"#]);
    assert_eq!(visit.say(r#"2456["x",1,"2"]"#), [r#"43456[1,"2"]"#]);
}

#[test]
fn a_namespace_that_does_not_exist_is_refused_and_costs_nothing_else() {
    let mut visit = Visit::new(&["/a"]);
    assert_eq!(visit.say("0/random"), [r#"44/random,{"message":"Invalid namespace"}"#]);
    assert_eq!(visit.say(r#"2/a,["x"]"#), [r#"42/a,["x-back"]"#]);
    for _ in 1..REFUSED_MAX {
        visit.say("0/random,{}");
    }
    assert_eq!(visit.refused("0/random").0, 1002);
}

#[test]
fn a_client_is_in_so_many_namespaces_at_most() {
    let mut visit = Visit::new(&[]);
    for number in 0..NAMESPACES_MAX {
        assert_eq!(visit.say(&format!("0/n{number}")).len(), 2);
    }
    assert_eq!(visit.say("0/n99"), [r#"44/n99,{"message":"Too many namespaces"}"#]);
    visit.say("1/n3");
    assert_eq!(visit.say("0/n99").len(), 2);
}

#[test]
fn attachments_are_handed_on_with_their_event_and_come_back_in_one_piece() {
    let mut visit = Visit::new(&["/"]);
    let data = r#"["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
    assert_eq!(visit.say(&format!("52-{data}")), [""; 0]);
    assert!(visit.stage.is_amid(visit.id));
    assert_eq!(visit.attach(b"one"), [""; 0]);
    let back = data.replace("\"x\"", "\"x-back\"");
    assert_eq!(visit.attach(b"two"), [format!("452-{back}"), "one".to_owned(), "two".to_owned()]);
    assert!(!visit.stage.is_amid(visit.id));
    visit.say(&format!("52-789{data}"));
    visit.attach(b"one");
    let arguments = data.replace("\"x\",", "");
    let heard = visit.attach(b"two");
    assert_eq!(heard, [format!("462-789{arguments}"), "one".to_owned(), "two".to_owned()]);
}

#[test]
fn what_breaks_the_protocol_closes_the_connection() {
    let broken = [
        ("abc", "Unknown packet type"),
        ("2{}", "Invalid payload"),
        (r#"2abc["x"]"#, "Invalid payload"),
        (r#"2["disconnect"]"#, "An event's name is reserved"),
        ("0", "Already in this namespace"),
        ("0/a,[]", "Invalid payload"),
        (r#"0/a,"token""#, "Invalid payload"),
        (r#"2/a,["x"]"#, "Not in this namespace"),
        (r#"51-/a,["x"]"#, "Not in this namespace"),
        ("3/a,1[]", "Not in this namespace"),
        ("1/a", "Not in this namespace"),
        (r#"1{"a":1}"#, "Invalid payload"),
        ("3[]", "Invalid payload"),
        ("37{}", "Invalid payload"),
        (r#"4{"message":"no"}"#, "Only a server refuses"),
        (r#"51000000000-["x"]"#, "Too many attachments"),
        (r#"50-["x"]"#, "Illegal attachments"),
    ];
    for (text, why) in broken {
        assert_eq!(Visit::new(&["/"]).refused(text), (1002, why.to_owned()), "{text}");
    }
    let deep = format!(r#"0/a,{{"a":{}{}}}"#, "[".repeat(64), "]".repeat(64));
    assert_eq!(Visit::new(&[]).refused(&deep).1, "Invalid payload");
    let mut visit = Visit::new(&["/"]);
    assert_eq!(visit.say("37[1]"), [""; 0]);
    assert!(!visit.stage.is_closed(visit.id), "an acknowledgement nobody waits for says nothing");
}

#[test]
fn what_breaks_off_a_packet_with_attachments_closes_the_connection() {
    let mut visit = Visit::new(&["/"]);
    visit.say(r#"51-["x"]"#);
    assert_eq!(visit.refused(r#"2["x"]"#).1, "Attachments are missing");
    let mut visit = Visit::new(&["/"]);
    assert_eq!(visit.attach(b"1"), [""; 0]);
    assert_eq!(visit.stage.closed(visit.id).text, "Nothing is to be attached to");
    for num in ["1", "-1", "1e9", "\"splice\"", "null"] {
        let mut visit = Visit::new(&["/"]);
        visit.say(&format!(r#"51-["x",{{"_placeholder":true,"num":{num}}}]"#));
        assert_eq!(visit.attach(b"1"), [""; 0]);
        assert_eq!(visit.stage.closed(visit.id).text, "Illegal attachments", "{num}");
    }
}

#[test]
fn a_packet_over_its_bytes_is_too_large() {
    let limits = Limits { packet_bytes_max: 100, ..Limits::default() };
    let mut visit = Visit::with(limits, &["/"]);
    visit.say(r#"52-["x"]"#);
    visit.attach(&[b'a'; 90]);
    assert_eq!(visit.attach(b"bcd"), [r#"42["fault","TooLarge"]"#]);
    assert_eq!(visit.stage.closed(visit.id), CloseReason::TOO_LARGE);
    let mut visit = Visit::with(limits, &["/"]);
    assert_eq!(visit.say(&format!(r#"2["{}"]"#, "a".repeat(96))), [r#"42["fault","TooLarge"]"#]);
    assert_eq!(visit.stage.closed(visit.id), CloseReason::TOO_LARGE);
    let mut visit = Visit::with(limits, &["/"]);
    visit.say(r#"51-["x"]"#);
    assert_eq!(visit.attach(&[b'a'; 91]).len(), 2, "100 bytes are within the limit");
}

#[test]
fn arguments_over_their_bounds_are_the_applications_error_and_the_connection_stays() {
    let mut visit = Visit::new(&["/"]);
    let many = format!(r#"27["x"{}]"#, ",1".repeat(17));
    assert_eq!(visit.say(&many), [r#"42["error","x TooManyArguments Some(7)"]"#]);
    let deep = format!(r#"2["x",{}{}]"#, "[".repeat(65), "]".repeat(65));
    assert_eq!(visit.say(&deep), [r#"42["error","x TooDeep None"]"#]);
    assert_eq!(visit.say(r#"2["x"]"#), [r#"42["x-back"]"#]);
}

#[test]
fn a_client_that_leaves_may_come_back_and_is_another_then() {
    let mut visit = Visit::new(&["/", "/a"]);
    let first = visit.say("0/n1");
    assert_eq!(visit.say("1/n1"), [""; 0]);
    assert_eq!(visit.seen(), ["/n1 1000"]);
    let again = visit.say("0/n1");
    assert_eq!(again.len(), 2);
    assert_ne!(first[0], again[0], "another socket has another id");
    visit.say("1/n1");
    visit.seen();
    visit.stage.close(visit.id, &CloseReason::LOST);
    let mut seen = visit.seen();
    seen.sort();
    assert_eq!(seen, ["/ 1006", "/a 1006"]);
}

#[test]
fn an_operation_ends_for_the_socket_that_began_it_and_for_no_other() {
    let mut visit = Visit::new(&["/", "/a"]);
    visit.heard();
    assert_eq!(visit.say(r#"2/a,["later"]"#), [""; 0]);
    assert_eq!(visit.say(r#"2["x"]"#), [""; 0], "what comes after it waits for its end");
    assert_eq!(visit.say(r#"2["now"]"#), [r#"42/a,["late",true]"#, r#"42["x-back"]"#]);
    visit.say(r#"2/a,["later"]"#);
    visit.say("1/a");
    visit.say("0/a");
    let heard = visit.say(r#"2["now"]"#);
    assert!(heard.len() == 2 && heard[1] == r#"42/a,["auth",{}]"#, "{heard:?}");
    assert_eq!(visit.seen(), ["resumed true", "/a 1000", "resumed false"]);
}

#[test]
fn behind_an_operation_that_holds_nothing_is_handed_on() {
    let mut visit = Visit::new(&["/"]);
    visit.heard();
    assert_eq!(visit.say(r#"2["hold"]"#), [""; 0]);
    assert_eq!(visit.say(r#"2["now"]"#), [""; 0]);
    let house_waits = visit.seen();
    assert_eq!(house_waits, [""; 0], "the second event waits for the first one's operation");
}

#[test]
fn whoever_is_disconnected_is_told_and_the_last_one_takes_the_connection_along() {
    let mut visit = Visit::new(&["/", "/a"]);
    assert_eq!(visit.say(r#"2/a,["leave"]"#), ["41/a,"]);
    assert_eq!(visit.seen(), ["/a 1008"]);
    assert!(!visit.stage.is_closed(visit.id));
    assert_eq!(visit.say(r#"2["leave"]"#), ["41"]);
    assert_eq!(visit.stage.closed(visit.id), CloseReason::UNAUTHORIZED);
    assert_eq!(visit.seen(), ["/ 1008"]);
}

#[test]
fn a_close_sends_away_who_is_to_stay_away_and_only_those() {
    let mut visit = Visit::new(&["/", "/a"]);
    assert_eq!(visit.say(r#"2["stop"]"#), ["41", "41/a,"]);
    assert_eq!(visit.stage.closed(visit.id), CloseReason::RATE_LIMIT);
    let mut visit = Visit::new(&["/", "/a"]);
    assert_eq!(visit.say(r#"2["restart"]"#), [""; 0]);
    assert_eq!(visit.stage.closed(visit.id), CloseReason::RESTART);
    for (fault, is_sent_away) in [
        (Fault::TokenExpired, true),
        (Fault::NotAuthenticated, true),
        (Fault::Revoked, true),
        (Fault::GoingDown, true),
        (Fault::TooLarge, false),
        (Fault::Idle, false),
        (Fault::TooOld, false),
        (Fault::TooSlow, false),
        (Fault::Restarting, false),
    ] {
        let mut visit = Visit::new(&["/a"]);
        visit.heard();
        visit.stage.fault(visit.id, fault);
        let mut expected = vec![format!(r#"42/a,["fault","{fault:?}"]"#)];
        expected.extend(is_sent_away.then(|| "41/a,".to_owned()));
        assert_eq!(visit.heard(), expected);
    }
}

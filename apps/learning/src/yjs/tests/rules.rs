//! Who may come in, and what they may do there.

use super::*;
use crate::collaboration::{Change, Denied, Kind, Role, Visitor};

fn change(class: &mut Class, by: &str, change: Change) {
    let (told, outcome) = std::sync::mpsc::channel();
    let by = Arc::new(identity(by));
    class.learning.documents.change(&Class::name(), &by, None, change, move |outcome| {
        told.send(outcome).unwrap();
    });
    outcome.recv().unwrap().unwrap();
}

fn turned_away(class: &mut Class, identity: Identity, document: &str) -> (u16, String) {
    turned_away_from(class, identity, document, None)
}

fn turned_away_from(
    class: &mut Class,
    identity: Identity,
    document: &str,
    context: Option<&str>,
) -> (u16, String) {
    let identity = Arc::new(identity);
    let session = class.learning.yjs(Some(Arc::clone(&identity)), document, context);
    let connection = class.stage.open(Some(identity), session);
    let reason = class.stage.closed(connection);
    let last = class.stage.received_binary(connection).pop().unwrap();
    assert_eq!(last[..2], [2, 0], "the reason comes before the close");
    (reason.code, reason.text.into_owned())
}

#[test]
fn observers_and_whoever_is_locked_out_read_on_and_change_nothing() {
    let mut class = Class::new();
    let (mut ann, mut bob) = (class.join("ann"), class.join("bob"));
    change(&mut class, "ann", Change::Role { user: "bob".into(), role: Role::Observer });
    bob.say(&mut class, 0, "may not");
    ann.say(&mut class, 0, "fine");
    bob.next(&mut class);
    class.settle(&mut [&mut ann]);
    assert_eq!(bob.denied, ["Observers do not edit"]);
    assert_eq!(class.text(), "fine");
    change(&mut class, "ann", Change::Lock(true));
    ann.say(&mut class, 0, "locked ");
    ann.next(&mut class);
    assert_eq!(ann.denied, ["The document is locked"]);
    change(&mut class, "ann", Change::Lock(false));
    ann.synchronise(&mut class);
    ann.barrier(&mut class);
    assert_eq!(class.text(), "locked fine");
    // Who has nothing new is not told that they may not say so.
    let mut cem = class.join("cem");
    change(&mut class, "ann", Change::Role { user: "cem".into(), role: Role::Observer });
    cem.synchronise(&mut class);
    cem.barrier(&mut class);
    assert!(cem.denied.is_empty(), "{:?}", cem.denied);
}

#[test]
fn a_document_that_ends_sends_everybody_away_for_good() {
    let mut class = Class::new();
    let ann = class.join("ann");
    change(&mut class, "ann", Change::Close);
    let reason = class.stage.closed(ann.connection);
    assert_eq!((reason.code, &*reason.text), (1000, "Session closed"));
    let again = turned_away(&mut class, identity("bob"), DOCUMENT);
    assert_eq!(again, (1008, "Not found".into()));
}

#[test]
fn a_document_of_another_kind_and_one_the_token_does_not_open_are_refused() {
    let mut class = Class::new();
    let ann = class.join("ann");
    class.stage.close(ann.connection, &model::CloseReason::NORMAL);
    let (told, seat) = std::sync::mpsc::channel();
    let visitor = Visitor {
        connection: ConnectionId::new(0, 99, 1),
        identity: Arc::new(identity("ann")),
        role: Role::Participant,
    };
    for (name, kind) in [("text", Kind::Text), (DOCUMENT, Kind::Text)] {
        let (name, told) = (Name::new(name).unwrap(), told.clone());
        class.learning.documents.enter(&name, kind, visitor.clone(), move |seat| {
            told.send(seat.err()).unwrap();
        });
    }
    let refused: Vec<_> = seat.iter().take(2).collect();
    assert!(refused.contains(&None) && refused.contains(&Some(Denied::OtherKind)));
    let other = turned_away(&mut class, identity("ann"), "text");
    assert_eq!(other, (1008, "Not a Yjs document".into()));
    let limited = Identity {
        contexts: Some(["elsewhere".to_owned()].into_iter().collect()),
        ..identity("bob")
    };
    let forbidden = turned_away(&mut class, limited, DOCUMENT);
    assert_eq!(forbidden, (1008, "Forbidden".into()));
    let nameless = turned_away(&mut class, identity("bob"), "");
    assert_eq!(nameless, (1008, "Not found".into()));
    let session = class.learning.yjs(None, DOCUMENT, None);
    let stranger = class.stage.open(None, session);
    assert_eq!(class.stage.closed(stranger).text, "Unauthorized");
}

#[test]
fn edits_and_messages_have_their_own_limits() {
    let pace = Pace { edits: NonZeroU32::new(3), messages: NonZeroU32::new(3) };
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let mut class = Class::in_dir(dir, pace, TIME_MAX);
    let ann = class.join("ann");
    for number in 0..3 {
        ann.say(&mut class, 0, &number.to_string());
    }
    for clock in 1..100 {
        ann.point(&mut class, 7, clock, "{}");
    }
    assert!(!class.stage.is_closed(ann.connection));
    let bob = class.join("bob");
    class.send(bob.connection, &[3]);
    assert!(!class.stage.is_closed(bob.connection));
    class.send(bob.connection, &[3]);
    assert_eq!(class.stage.closed(bob.connection).text, "Rate limit exceeded");
    ann.say(&mut class, 0, "4");
    let reason = class.stage.closed(ann.connection);
    assert_eq!((reason.code, &*reason.text), (1008, "Rate limit exceeded"));
}

/// What was done in the context in the last minute.
fn activity(class: &Class, context: &str) -> f64 {
    let name = Name::new(context).unwrap();
    let metrics = class.runtime.block_on(class.learning.analytics.metrics(&name)).unwrap();
    let found = metrics.iter().find(|(name, _)| &**name == "activity");
    found.and_then(|(_, reading)| reading.value).unwrap()
}

#[test]
fn what_is_written_counts_in_the_context_that_the_connection_names() {
    let mut class = Class::new();
    let connection = class.connect_in("ann", DOCUMENT, Some("math"));
    let mut ann = Peer::new(connection);
    ann.synchronise(&mut class);
    assert_eq!(activity(&class, "math"), 0.0, "who only reads does nothing");
    ann.say(&mut class, 0, "one");
    ann.say(&mut class, 0, "two ");
    ann.barrier(&mut class);
    let mut bob = class.join("bob");
    bob.say(&mut class, 0, "three ");
    bob.barrier(&mut class);
    // What is known already is nothing that was written.
    ann.synchronise(&mut class);
    ann.barrier(&mut class);
    assert_eq!((activity(&class, "math"), activity(&class, "default")), (2.0, 0.0));
}

#[test]
fn a_context_that_is_none_or_not_open_to_the_token_ends_the_connection() {
    let mut class = Class::new();
    let bound = || Identity { contexts: Some(vec![DOCUMENT.into()]), ..identity("eve") };
    let away = turned_away_from(&mut class, bound(), DOCUMENT, Some("secret"));
    assert_eq!(away, (1008, "Forbidden".into()));
    let away = turned_away_from(&mut class, identity("ann"), DOCUMENT, Some(""));
    assert_eq!(away, (1008, "Invalid contextId".into()));
}

#[test]
fn what_became_of_updates_is_counted() {
    let mut class = Class::new();
    let mut ann = class.join("ann");
    ann.say(&mut class, 0, "one");
    ann.say(&mut class, 0, "two ");
    ann.barrier(&mut class);
    let eve = class.connect("eve", DOCUMENT);
    class.send(eve, &[0, 2, 3, 1, 1, 9]);
    class.stage.closed(eve);
    let stats = class.learning.stats().yjs;
    assert_eq!((stats.documents, stats.stored, stats.refused, stats.given_up), (1, 2, 1, 0));
    assert!(stats.bytes > 0);
}

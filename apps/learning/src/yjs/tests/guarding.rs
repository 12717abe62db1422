//! What one client sends breaks nothing for another.

use super::*;

const INVALID: (u16, &str) = (1003, "Invalid update");

fn closed(class: &mut Class, connection: ConnectionId) -> (u16, String) {
    let reason = class.stage.closed(connection);
    (reason.code, reason.text.into_owned())
}

fn is(closed: &(u16, String), wanted: (u16, &str)) -> bool {
    (closed.0, &*closed.1) == wanted
}

#[test]
fn poison_ends_its_sender_and_nobody_else_notices() {
    let mut class = Class::new();
    let (mut ann, mut bob) = (class.join("ann"), class.join("bob"));
    ann.say(&mut class, 0, "fine");
    class.settle(&mut [&mut ann, &mut bob]);
    let nested = [&[1, 1, 1, 0, 8, 1, 1, b'a', 1][..], &[117, 1].repeat(50_000), &[126, 0]];
    let poison: [&[u8]; 4] = [
        &[1, 1, 1, 0, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
        &[0xc2, 0xf7, 0xba, 0x6b, 0x2b],
        &[0x80, 0x84, 0xaf, 0xbe, 0x01, 0],
        &nested.concat(),
    ];
    for update in poison {
        let mallory = class.join("mallory");
        class.send(mallory.connection, &super::super::message::update(update));
        let reason = closed(&mut class, mallory.connection);
        assert!(is(&reason, INVALID), "{reason:?}");
        let last = class.stage.received_binary(mallory.connection).pop().unwrap();
        assert!(String::from_utf8_lossy(&last).contains("Invalid update: "), "{last:?}");
    }
    let before = bob.updates;
    ann.say(&mut class, 4, "!");
    class.settle(&mut [&mut ann, &mut bob]);
    assert_eq!((bob.text(), bob.updates), ("fine!".into(), before + 1));
    assert!(!class.stage.is_closed(ann.connection) && !class.stage.is_closed(bob.connection));
    assert_eq!(class.stored().version, 2);
}

/// An update of which each struct is compared with each.
fn endless(structs: u64) -> Vec<u8> {
    let mut update = vec![2];
    for (client, own) in [(9, true), (5, false)] {
        put_number(&mut update, structs);
        put_number(&mut update, client);
        put_number(&mut update, 0);
        for at in 0..structs {
            match (own, at) {
                (true, 0) => update.extend([1, 1, 1, b'a', 1]),
                (true, _) => {
                    update.extend([0x81, 9]);
                    put_number(&mut update, at - 1);
                    update.push(1);
                }
                (false, _) => {
                    update.extend([0xc4, 9, 0, 9]);
                    put_number(&mut update, structs - 1 - at % (structs - 1));
                    update.extend([1, b'x']);
                }
            }
        }
    }
    update.push(0);
    update
}

#[test]
fn work_without_an_end_is_given_up_and_the_document_goes_on() {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let mut class = Class::in_dir(dir, Pace::default(), Duration::from_millis(300));
    let mut ann = class.join("ann");
    ann.say(&mut class, 0, "fine");
    ann.barrier(&mut class);
    let mallory = class.join("mallory");
    class.send(mallory.connection, &super::super::message::update(&endless(3000)));
    let reason = closed(&mut class, mallory.connection);
    assert!(is(&reason, INVALID), "{reason:?}");
    ann.say(&mut class, 4, "!");
    ann.barrier(&mut class);
    assert_eq!(class.text(), "fine!");
    assert_eq!(class.stored().version, 2);
    // For ten minutes nothing more of theirs is worked on.
    let mallory = class.join("mallory");
    mallory.say(&mut class, 0, "harmless");
    let reason = closed(&mut class, mallory.connection);
    assert!(is(&reason, INVALID), "{reason:?}");
    class.clock.advance(Duration::from_secs(600));
    let mut mallory = class.join("mallory");
    mallory.say(&mut class, 0, "harmless ");
    mallory.barrier(&mut class);
    assert_eq!(class.text(), "harmless fine!");
}

#[test]
fn a_document_that_would_be_too_large_stays_as_it_is() {
    let mut class = Class::new();
    let page = "x".repeat(200_000);
    let mut ann = class.join("ann");
    for _ in 0..5 {
        ann.say(&mut class, 0, &page);
    }
    ann.barrier(&mut class);
    ann.say(&mut class, 0, &page);
    let reason = closed(&mut class, ann.connection);
    assert!(is(&reason, (1009, "Document too large")), "{reason:?}");
    assert_eq!(class.text().len(), 1_000_000);
}

#[test]
fn what_is_no_message_is_answered_and_the_connection_stays() {
    let mut class = Class::new();
    let mut ann = class.join("ann");
    let frames: [&[u8]; 5] = [&[], &[9, 0], &[2, 0, 1, b'x'], &[0, 2, 200], &[1, 2, 1, 1]];
    for frame in frames {
        class.send(ann.connection, frame);
    }
    class.stage.send(ann.connection, "text");
    class.send(ann.connection, &super::super::message::ask(&[0xff, 0xff, 0xff, 0x7f]));
    let reason = closed(&mut class, ann.connection);
    assert!(is(&reason, INVALID), "{reason:?}");
    for message in class.stage.received_binary(ann.connection) {
        ann.hear(&mut class, &message);
    }
    assert_eq!(ann.denied.len(), frames.len() + 2, "{:?}", ann.denied);
}

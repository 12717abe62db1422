//! The load must see what a server does wrong: one that relays with a planted fault is driven by the very
//! crowd, traffic and books that measure the real one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use bench::crowd::{Crowd, Door};
use bench::ledger::Faults;
use bench::stopwatch::Stopwatch;
use bench::traffic::{Block, Pace, Speech, Traffic};
use bench::websocket;

const MEMBERS: usize = 3;
const PAYLOAD_BYTES: usize = 100;
const FRAME_BYTES: usize = PAYLOAD_BYTES + 2;
/// The message and the member that the fault befalls.
const VICTIM: (u64, usize) = (5, 1);

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    Lost,
    Doubled,
    Reordered,
    Invented,
}

/// Relays what member 0 sends to all members, until member 0 is gone.
fn relay(listener: &TcpListener, fault: Fault) {
    let mut members: Vec<TcpStream> = (0..MEMBERS)
        .map(|_| {
            let (mut socket, _) = listener.accept().unwrap();
            let mut greeting = Vec::new();
            websocket::push_plain(&mut greeting, websocket::TEXT, br#"{"type":"pong"}"#);
            socket.write_all(&greeting).unwrap();
            socket
        })
        .collect();
    let mut frame = [0u8; FRAME_BYTES];
    let mut held = Vec::new();
    for number in 0u64.. {
        if members[0].read_exact(&mut frame).is_err() {
            return;
        }
        for (index, member) in members.iter_mut().enumerate() {
            let befallen = (number, index) == VICTIM;
            let mut out = frame.to_vec();
            match fault {
                Fault::Lost if befallen => out.clear(),
                Fault::Doubled if befallen => out.extend_from_slice(&frame),
                Fault::Reordered if befallen => held = std::mem::take(&mut out),
                Fault::Reordered if index == VICTIM.1 => out.append(&mut held),
                Fault::Invented if befallen => {
                    websocket::push_plain(&mut out, websocket::TEXT, b"q=999999999999");
                }
                _ => {}
            }
            if member.write_all(&out).is_err() {
                return;
            }
        }
    }
}

fn serve(fault: Fault) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    (address, std::thread::spawn(move || relay(&listener, fault)))
}

/// What the load told about 200 ms of traffic with four messages in flight.
fn drive(fault: Fault) -> (Block, Faults) {
    let (server, thread) = serve(fault);
    let mut crowd = Crowd::new(Stopwatch::start()).unwrap();
    let door = Door { server, from: None, path: None, narrow: false };
    crowd.admit(std::iter::repeat_n(door, MEMBERS), Duration::from_secs(10)).unwrap();
    let mut traffic = Traffic::new(crowd, MEMBERS, Speech::Bare { payload_bytes: PAYLOAD_BYTES })
        .patient_for(Duration::from_millis(500));
    let pace = Pace::Closed { per_room: 4, in_total: 4 };
    let block = traffic.run(pace, Duration::from_millis(200)).unwrap();
    let faults = traffic.close_books().unwrap();
    drop(traffic);
    thread.join().unwrap();
    (block, faults)
}

#[test]
fn a_server_that_relays_faithfully_is_found_without_fault() {
    let (block, faults) = drive(Fault::None);
    assert_eq!(faults, Faults::default());
    assert!(!block.stuck && block.published > VICTIM.0);
    assert_eq!(block.deliveries, block.published * MEMBERS as u64);
    assert_eq!(block.latency.count(), block.deliveries);
    assert_eq!(block.payload_bytes(), PAYLOAD_BYTES);
}

#[test]
fn a_message_that_one_member_never_gets_is_lost_and_ends_the_block() {
    let (block, faults) = drive(Fault::Lost);
    assert_eq!(faults, Faults { lost: 1, ..Faults::default() });
    assert!(block.stuck);
}

#[test]
fn a_message_that_one_member_gets_twice_is_doubled() {
    assert_eq!(drive(Fault::Doubled).1, Faults { doubled: 1, ..Faults::default() });
}

#[test]
fn a_message_that_one_member_gets_late_is_reordered() {
    assert_eq!(drive(Fault::Reordered).1, Faults { reordered: 1, ..Faults::default() });
}

#[test]
fn a_message_that_nobody_sent_is_unknown() {
    assert_eq!(drive(Fault::Invented).1, Faults { unknown: 1, ..Faults::default() });
}

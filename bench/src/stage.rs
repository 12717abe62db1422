//! A target with a crowd in it, ready for traffic, and what a block of traffic cost it.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use crate::crowd::{Crowd, Door};
use crate::error::BenchError;
use crate::ledger::Faults;
use crate::report::figure;
use crate::stopwatch::Stopwatch;
use crate::target::{Run, Target};
use crate::traffic::{Block, Pace, Speech, Traffic};
use crate::websocket;

const CONNECTIONS_OF_AN_ADDRESS: usize = 10_000;
const ADMIT_MAX: Duration = Duration::from_secs(60);
/// Traffic before the first measured block, so that memory and caches are as they will stay.
const WARM_UP: Duration = Duration::from_millis(500);
/// Messages that each room has had before instructions are counted.
const ROUNDS_BEFORE: u64 = 3;

/// Where and what to measure.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The release build of `quintet`.
    pub server: PathBuf,
    /// Who runs where, and how.
    pub run: Run,
}

/// Who sits where, and what is said.
#[derive(Clone, Copy, Debug)]
pub struct Seating {
    /// Number of rooms.
    pub rooms: usize,
    /// Members of each, the sender included.
    pub room_size: usize,
    /// Payload of a delivery in bytes.
    pub payload_bytes: usize,
    /// How the measured blocks will be paced; also the bare server's gathering.
    pub pace: Pace,
    /// Whether every room has a user of its own; else one user is everywhere, so that presence is
    /// told once.
    pub user_per_room: bool,
    /// Whether messages carry ids.
    pub with_ids: bool,
}

/// A server with its members.
#[derive(Debug)]
pub struct Stage {
    /// The server.
    pub target: Target,
    /// The members.
    pub traffic: Traffic,
    seating: Seating,
}

/// A block and its price.
#[derive(Clone, Debug)]
pub struct Cost {
    /// What happened.
    pub block: Block,
    /// CPU seconds of the server.
    pub cpu_seconds: f64,
}

impl Cost {
    /// CPU seconds of a million deliveries.
    #[must_use]
    pub fn per_million(&self) -> f64 {
        self.cpu_seconds / figure(self.block.deliveries).max(1.0) * 1e6
    }

    /// CPU microseconds of a message, its deliveries included.
    #[must_use]
    pub fn micros_per_message(&self) -> f64 {
        self.cpu_seconds / figure(self.block.published).max(1.0) * 1e6
    }

    /// Deliveries a second.
    #[must_use]
    pub fn deliveries_per_second(&self) -> f64 {
        figure(self.block.deliveries) / self.block.seconds.max(1e-9)
    }
}

impl Stage {
    /// Quintet with members seated; messages sized, and some traffic before.
    ///
    /// # Errors
    /// As [`Target::quintet`], [`Crowd::admit`] and [`Traffic::run`].
    pub fn quintet(setup: &Setup, seating: Seating) -> Result<Self, BenchError> {
        // Pings go by the clock, which under Callgrind is fifty times as fast as the messages.
        let quiet = [("QUINTET_LIMITS__LEARNING__PING_INTERVAL", "1h")];
        let env = if setup.run.is_counted { &quiet[..] } else { &[] };
        let target = Target::quintet_with(&setup.server, setup.run, env)?;
        let speech = Speech::Chat { content_bytes: 14, with_ids: seating.with_ids };
        let mut stage = Self::seat(target, seating, speech)?;
        stage.traffic.calibrate(seating.payload_bytes)?;
        stage.warm_up()?;
        Ok(stage)
    }

    /// The bare server with members seated, and some traffic before; a closed loop's window in one room
    /// is gathered into one write.
    ///
    /// # Errors
    /// As [`Target::bare`], [`Crowd::admit`] and [`Traffic::run`].
    pub fn bare(run: Run, seating: Seating) -> Result<Self, BenchError> {
        let mut frame = Vec::new();
        websocket::push_plain(&mut frame, websocket::TEXT, &vec![b'x'; seating.payload_bytes]);
        let gathered = match seating.pace {
            Pace::Closed { per_room, in_total } if seating.rooms == 1 => per_room.min(in_total),
            _ => 1,
        };
        let target = Target::bare(seating.room_size, frame.len() * gathered, run)?;
        let speech = Speech::Bare { payload_bytes: seating.payload_bytes };
        let mut stage = Self::seat(target, seating, speech)?;
        stage.warm_up()?;
        Ok(stage)
    }

    /// Traffic for `span`, and what it cost the server.
    ///
    /// # Errors
    /// As [`Traffic::run`].
    pub fn measure(&mut self, span: Duration) -> Result<Cost, BenchError> {
        self.measure_at(self.seating.pace, span)
    }

    /// The same at another pace.
    ///
    /// # Errors
    /// As [`Traffic::run`].
    pub fn measure_at(&mut self, pace: Pace, span: Duration) -> Result<Cost, BenchError> {
        let before = self.target.usage();
        let block = self.traffic.run(pace, span).map_err(|error| self.explain(error))?;
        let cpu_seconds = self.target.usage().cpu_seconds - before.cpu_seconds;
        Ok(Cost { block, cpu_seconds })
    }

    /// Instructions of the server, for each message of traffic of `span`; it must run to be counted. Before
    /// that every room has had some, so that what happens once in a room is not in it.
    ///
    /// # Errors
    /// As [`Traffic::run`] and [`Target::instructions`].
    pub fn count(&mut self, span: Duration) -> Result<f64, BenchError> {
        let mut before = 0;
        while before < ROUNDS_BEFORE * self.seating.rooms as u64 {
            before += self.traffic.run(self.seating.pace, WARM_UP)?.published.max(1);
        }
        self.target.count_anew()?;
        let block =
            self.traffic.run(self.seating.pace, span).map_err(|error| self.explain(error))?;
        if block.stuck {
            return Err(BenchError::Server("lost messages".to_owned()));
        }
        Ok(figure(self.target.instructions()? / block.published.max(1)))
    }

    /// Ends the traffic, and tells what went wrong in all of it.
    ///
    /// # Errors
    /// As [`Traffic::close_books`].
    pub fn close_books(&mut self) -> Result<Faults, BenchError> {
        self.traffic.close_books()
    }

    /// The door to `room`, for the user who sits there.
    ///
    /// # Errors
    /// As [`Target::door`].
    pub fn door(&self, room: usize) -> Result<Door, BenchError> {
        door(&self.target, &self.seating, room)
    }

    /// Adds to a broken connection whose it was, and the end of that server's log.
    fn explain(&self, error: BenchError) -> BenchError {
        let BenchError::Connection { index, what } = error else { return error };
        let name = if self.target.is_bare() { "the bare server" } else { "quintet" };
        let what = format!("{what} (of {name}, whose log ends: {})", self.target.log_tail());
        BenchError::Connection { index, what }
    }

    fn seat(target: Target, seating: Seating, speech: Speech) -> Result<Self, BenchError> {
        let mut crowd = Crowd::new(Stopwatch::start())?;
        for room in 0..seating.rooms {
            let from = source(room * seating.room_size);
            let door = Door { from, ..door(&target, &seating, room)? };
            crowd.admit(std::iter::repeat_n(door, seating.room_size), ADMIT_MAX)?;
        }
        Ok(Self { target, traffic: Traffic::new(crowd, seating.room_size, speech), seating })
    }

    fn warm_up(&mut self) -> Result<(), BenchError> {
        let block = self.traffic.run(self.seating.pace, WARM_UP)?;
        if block.stuck {
            let told = self.traffic.complaints().join("; ");
            return Err(BenchError::Server(format!("lost messages at once: {told}")));
        }
        Ok(())
    }
}

/// An address has 28,000 ports to connect from; past some thousands another one is used.
fn source(connection: usize) -> Option<IpAddr> {
    let block = u8::try_from(connection / CONNECTIONS_OF_AN_ADDRESS).ok()?;
    (block > 0).then(|| IpAddr::V4(Ipv4Addr::new(127, 0, 0, block.saturating_add(1))))
}

fn door(target: &Target, seating: &Seating, room: usize) -> Result<Door, BenchError> {
    let user = if seating.user_per_room { format!("bench-{room}") } else { "bench".to_owned() };
    target.door(&format!("room-{room}"), &user)
}

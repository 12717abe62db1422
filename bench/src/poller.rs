//! Readiness of many sockets: epoll, edge-triggered.
//!
//! **Pitfall:** an edge comes once. Whoever is told must read until the socket would block, or until
//! a read was short and the peer has not hung up.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::epoll;
use rustix::event::epoll::{CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;

use crate::error::{BenchError, system};

const EVENTS_MAX: usize = 1024;

/// One socket's news.
#[derive(Clone, Copy, Debug)]
pub struct Readiness {
    /// The number the socket was added with.
    pub index: usize,
    /// There is something to read, or an end.
    pub readable: bool,
    /// There is room to write again.
    pub writable: bool,
    /// The peer sends no more, or the connection broke.
    pub hung_up: bool,
}

/// An epoll instance.
pub struct Poller {
    epoll: OwnedFd,
    events: Vec<Event>,
}

impl std::fmt::Debug for Poller {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Poller").field("epoll", &self.epoll).finish_non_exhaustive()
    }
}

impl Poller {
    /// An empty one.
    ///
    /// # Errors
    /// `System` when the kernel gives none.
    pub fn new() -> Result<Self, BenchError> {
        let epoll = epoll::create(CreateFlags::CLOEXEC).map_err(system("epoll"))?;
        Ok(Self { epoll, events: Vec::with_capacity(EVENTS_MAX) })
    }

    /// Watches `socket` for reading and writing, until it is closed.
    ///
    /// # Errors
    /// `System` when the kernel refuses.
    pub fn add(&self, socket: impl AsFd, index: usize) -> Result<(), BenchError> {
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        epoll::add(&self.epoll, socket, EventData::new_u64(index as u64), flags)
            .map_err(system("epoll_ctl"))
    }

    /// Appends to `news` what happened, after waiting at most `wait` (whole milliseconds, rounded down)
    /// for something to happen.
    ///
    /// # Errors
    /// `System` when the kernel refuses.
    pub fn wait(&mut self, wait: Duration, news: &mut Vec<Readiness>) -> Result<(), BenchError> {
        let millis = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX).min(60_000);
        let timeout =
            rustix::event::Timespec { tv_sec: millis / 1000, tv_nsec: millis % 1000 * 1_000_000 };
        self.events.clear();
        let space = rustix::buffer::spare_capacity(&mut self.events);
        match epoll::wait(&self.epoll, space, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(cause) => return Err(system("epoll_wait")(cause)),
        }
        news.extend(self.events.iter().filter_map(|event| {
            let flags = event.flags;
            let over = EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR;
            Some(Readiness {
                index: usize::try_from(event.data.u64()).ok()?,
                readable: flags.intersects(EventFlags::IN | over),
                writable: flags.contains(EventFlags::OUT),
                hung_up: flags.intersects(over),
            })
        }));
        Ok(())
    }
}

//! The kernel's view of the server's side of a connection, from `/proc/net/tcp`, four times a second.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::error::{BenchError, system};
use crate::stopwatch::Stopwatch;
use crate::target;

const EVERY: Duration = Duration::from_millis(250);
const ESTABLISHED: &str = "01";

/// Watches one connection on a thread of its own until relieved.
#[derive(Debug)]
pub struct Sentry {
    relieved: Arc<AtomicBool>,
    thread: JoinHandle<Option<u64>>,
}

impl Sentry {
    /// Watches the connection of `server` with `client`; times are by `watch`.
    ///
    /// # Errors
    /// `System` when there is no thread to be had, `Argument` when the client's address is not known.
    pub fn post(
        server: SocketAddr,
        client: Option<SocketAddr>,
        watch: Stopwatch,
    ) -> Result<Self, BenchError> {
        let client =
            client.ok_or_else(|| BenchError::Argument("no address to watch".to_owned()))?;
        let relieved = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&relieved);
        let thread = std::thread::Builder::new()
            .name("sentry".to_owned())
            .spawn(move || watch_until(server, client, watch, &told))
            .map_err(system("start a thread"))?;
        Ok(Self { relieved, thread })
    }

    /// Ends the watch: when the server's side was first seen to be no longer established, if it was.
    #[must_use]
    pub fn relieve(self) -> Option<u64> {
        self.relieved.store(true, Ordering::Relaxed);
        self.thread.join().ok().flatten()
    }
}

/// Goes on looking after the end was seen, so that all blocks pay for the same number of looks.
fn watch_until(
    server: SocketAddr,
    client: SocketAddr,
    watch: Stopwatch,
    relieved: &AtomicBool,
) -> Option<u64> {
    let mut left = None;
    while !relieved.load(Ordering::Relaxed) {
        let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
        if !is_established(&table, server, client) {
            left.get_or_insert(watch.nanos());
        }
        target::pause(EVERY).ok()?;
    }
    left
}

fn is_established(table: &str, server: SocketAddr, client: SocketAddr) -> bool {
    let (local, remote) = (format!(":{:04X}", server.port()), format!(":{:04X}", client.port()));
    table.lines().any(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let ends = (fields.next(), fields.next());
        let state = fields.next();
        ends.0.is_some_and(|end| end.ends_with(&local))
            && ends.1.is_some_and(|end| end.ends_with(&remote))
            && state == Some(ESTABLISHED)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_servers_side_in_the_established_state_counts() {
        let server = SocketAddr::from(([127, 0, 0, 1], 8000));
        let client = SocketAddr::from(([127, 0, 0, 1], 40_000));
        let line = |local: &str, remote: &str, state: &str| {
            format!("  0: 0100007F:{local} 0100007F:{remote} {state} 00000000:00000000 00:0\n")
        };
        assert!(is_established(&line("1F40", "9C40", "01"), server, client));
        assert!(!is_established(&line("1F40", "9C40", "04"), server, client));
        assert!(!is_established(&line("9C40", "1F40", "01"), server, client));
        assert!(!is_established("", server, client));
    }
}

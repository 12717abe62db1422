//! How the server ends: on SIGTERM, on SIGINT, or because storing failed for good.
//!
//! **Invariants.** In this order: readiness is false; connections are still accepted for
//! `server.drain_delay`; no more are; running answers get up to `server.drain` to end; every client
//! is told why and closed; what is stored is folded into the database; the process ends. Nothing
//! acknowledged is lost, whenever a second signal cuts this short.

use std::io;
use std::time::Duration;

use hub::Fault;
use model::CloseReason;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{sleep, timeout};

use crate::cli::Outcome;
use crate::config::Server;
use crate::serve::Running;

/// How long sockets may take, after the last was told to close, to have taken it.
const LAST_BYTES_WITHIN: Duration = Duration::from_secs(5);

/// Why the server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// SIGTERM: it will be back.
    Restart,
    /// SIGINT: it goes down for good.
    GoingDown,
    /// Nothing can be stored any more.
    StorageFailed,
}

/// What one ending does.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Plan {
    /// For how long connections are still accepted.
    delay: Duration,
    /// How long running answers may take.
    work: Duration,
    /// Over what time the closes are spread.
    spread: Duration,
    /// What clients are told in their protocol's words.
    fault: Fault,
    /// How they are closed.
    reason: CloseReason,
}

impl Stop {
    fn plan(self, server: &Server) -> Plan {
        let (delay, drain) = (server.drain_delay, server.drain);
        match self {
            Self::Restart => {
                let (fault, reason) = (Fault::Restarting, CloseReason::RESTART);
                Plan { delay, work: drain, spread: drain, fault, reason }
            }
            Self::GoingDown => {
                let (fault, reason) = (Fault::GoingDown, CloseReason::GOING_DOWN);
                Plan { delay, work: drain, spread: Duration::ZERO, fault, reason }
            }
            // No answer could be stored: there is nothing to wait for.
            Self::StorageFailed => {
                let (fault, reason) = (Fault::Restarting, CloseReason::RESTART);
                Plan { delay: Duration::ZERO, work: Duration::ZERO, spread: drain, fault, reason }
            }
        }
    }
}

/// The signals that end the server.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on SIGTERM and SIGINT are taken here. To be called on the runtime that waits.
    ///
    /// # Errors
    /// The system does not let the process listen.
    pub fn listen() -> io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Stop {
        tokio::select! {
            _ = self.terminate.recv() => Stop::Restart,
            _ = self.interrupt.recv() => Stop::GoingDown,
        }
    }
}

/// Ends the server.
///
/// # Errors
/// It ends because storing failed.
pub async fn drain(running: Running, stop: Stop, server: &Server) -> Outcome {
    let Plan { delay, work, spread, fault, reason } = stop.plan(server);
    running.readiness.drain();
    tracing::info!(?stop, connections = running.hub.connections().count(), "draining");
    sleep(delay).await;
    running.server.stop_accepting();
    running.applications.drain(work).await;
    running.server.close_all(Some(fault), &reason, spread);
    if timeout(spread + LAST_BYTES_WITHIN, running.server.emptied()).await.is_err() {
        tracing::warn!("some clients did not take their close in time");
    }
    running.applications.take_leave(LAST_BYTES_WITHIN).await;
    end(running).await?;
    tracing::info!("stopped");
    match stop {
        Stop::StorageFailed => Err("storing failed; the log says why".into()),
        Stop::Restart | Stop::GoingDown => Ok(()),
    }
}

/// Ends what runs on threads of its own, the store last.
async fn end(running: Running) -> Outcome {
    let Running { server, store, mut jobs, .. } = running;
    jobs.abort_all();
    let ended = tokio::task::spawn_blocking(move || {
        server.stop();
        store.close();
    });
    ended.await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_restart_is_spread_and_going_down_is_not() {
        let server = Config::defaults().server;
        let restart = Stop::Restart.plan(&server);
        assert_eq!((restart.spread, restart.reason.code), (server.drain, 1012));
        let down = Stop::GoingDown.plan(&server);
        assert_eq!((down.spread, down.reason.code), (Duration::ZERO, 1001));
        assert_eq!((restart.fault, down.fault), (Fault::Restarting, Fault::GoingDown));
        assert_eq!(down.work, restart.work);
    }

    #[test]
    fn after_a_failed_store_no_answer_is_waited_for_and_clients_are_sent_elsewhere() {
        let plan = Stop::StorageFailed.plan(&Config::defaults().server);
        assert_eq!((plan.delay, plan.work), (Duration::ZERO, Duration::ZERO));
        assert_eq!(plan.reason, CloseReason::RESTART);
    }

    #[tokio::test]
    async fn a_signal_is_heard_once_listened_for() {
        let mut signals = Signals::listen().unwrap();
        let process = rustix::process::getpid();
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
        assert_eq!(signals.next().await, Stop::Restart);
        rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
        assert_eq!(signals.next().await, Stop::GoingDown);
    }
}

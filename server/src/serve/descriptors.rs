//! How many sockets the system lets the process have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors for what is no connection: the database, the listener, calls to models.
const OTHERS: u64 = 256;

/// Raises the soft limit of descriptors to the hard one, and warns where that is too low for
/// `connections_max`.
pub(super) fn raise(connections_max: usize) {
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let reached = if raised.is_ok() { limit.maximum } else { limit.current };
    let wanted = connections_max as u64 + OTHERS;
    if let Some(reached) = reached.filter(|reached| *reached < wanted) {
        tracing::info!(
            descriptors = reached,
            connections_max,
            "the system allows fewer descriptors than server.max_connections needs"
        );
    }
}

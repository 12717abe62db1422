//! Puts the parts together: store, rooms, applications, routes, sockets.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use access::Revocations;
use axum::Router;
use hub::{Hub, Outlet};
use model::{Clock, SystemClock};
use storage::Store;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use transport::{Door, Gate, Server, Settings, Tls};

use super::{listener, ticker, tls};
use crate::cli;
use crate::config::Config;
use crate::door::RouterDoor;
use crate::http::{Administration, Parts, Readiness, SignIn, Sources, router};

/// A server that accepts connections.
pub struct Running {
    /// Its sockets.
    pub server: Server,
    /// Its rooms and open connections.
    pub hub: Arc<Hub>,
    /// What lasts.
    pub store: Store,
    /// Whether it is ready.
    pub readiness: Arc<Readiness>,
    /// Whether it serves TLS.
    pub is_tls: bool,
    /// What runs beside the connections until the end.
    pub jobs: JoinSet<()>,
}

/// What every part works with.
struct Ground {
    clock: Arc<dyn Clock>,
    gate: Arc<Gate>,
    hub: Arc<Hub>,
    store: Store,
}

/// Starts the server; it accepts connections when this returns. Blocks on the disk.
///
/// # Errors
/// The listener, the certificate or the store cannot be used.
pub(super) fn start(
    config: &Config,
    dev: bool,
    work: &Handle,
) -> Result<Running, Box<dyn std::error::Error + Send + Sync>> {
    let files = tls::Files::of(&config.server);
    let tls = files.as_ref().map(|files| files.load().map(Tls::new)).transpose()?;
    let listener = listener::open(config.server.listen, config.server.backlog)?;
    let ground = lay_ground(config)?;
    let readiness = Arc::new(Readiness::default());
    let revocations = Revocations::open(&ground.store)?;
    let administration =
        Administration::new(Arc::clone(&ground.hub), revocations, config.limits.clone());
    let administration = Arc::new(administration);
    let router = routes(config, dev, &ground, &readiness, Arc::clone(&administration));
    let Ground { gate, hub, store, .. } = ground;
    let door: Arc<dyn Door> = Arc::new(RouterDoor::new(router));
    let is_tls = tls.is_some();
    let server = Server::start(&gate, &hub, &door, settings(config, tls.clone()), listener)?;
    let mut jobs = JoinSet::new();
    jobs.spawn_on(ticker::expire_absences(Arc::clone(&hub)), work);
    jobs.spawn_on(ticker::end_latecomers(administration), work);
    if let Some((files, tls)) = files.zip(tls) {
        jobs.spawn_on(tls::follow(files, tls), work);
    }
    Ok(Running { server, hub, store, readiness, is_tls, jobs })
}

fn lay_ground(config: &Config) -> Result<Ground, storage::StorageError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let keys = &config.storage.keys;
    let options = storage::Options {
        interactive_rows_max: keys.queue_rows,
        bulk_rows_max: keys.bulk_queue_rows,
        wal_bytes_max: keys.wal_bytes_max,
        ..storage::Options::default()
    };
    let store =
        Store::open(&config.server.data_dir, access::MIGRATIONS, &options, Arc::clone(&clock))?;
    let gate = Gate::new(shards(config.server.shards));
    let outlet: Arc<dyn Outlet> = Arc::<Gate>::clone(&gate);
    let hub = Hub::new(outlet, Arc::clone(&clock));
    Ok(Ground { clock, gate, hub, store })
}

/// As many shards as configured, else one for each processor.
fn shards(configured: u16) -> u8 {
    let processors = || thread::available_parallelism().map_or(1, NonZero::get);
    let shards = if configured == 0 { processors() } else { usize::from(configured) };
    u8::try_from(shards).unwrap_or(u8::MAX)
}

fn routes(
    config: &Config,
    dev: bool,
    ground: &Ground,
    readiness: &Arc<Readiness>,
    administration: Arc<Administration>,
) -> Router {
    let Ground { clock, gate, hub, store } = ground;
    let sources = Sources {
        gate: Arc::clone(gate),
        hub: Arc::clone(hub),
        store: store.clone(),
        readiness: Arc::clone(readiness),
        started: clock.monotonic(),
    };
    let parts = Parts {
        sources: Arc::new(sources),
        administration,
        sign_in: dev.then(|| sign_in(config)),
        body_bytes_max: config.limits.http.body_bytes,
    };
    router(parts, Router::new())
}

/// Signs in by name, never with a role.
fn sign_in(config: &Config) -> Arc<SignIn> {
    let config = config.clone();
    Arc::new(SignIn { sign: Box::new(move |name| cli::sign(&config, name, Some(name), &[])) })
}

fn settings(config: &Config, tls: Option<Arc<Tls>>) -> Settings {
    Settings {
        deflate_level: config.compression.level,
        deflate_from: config.compression.threshold_bytes,
        connections_max: config.server.max_connections,
        gather_delay: config.delivery.gather_delay,
        tls,
    }
}

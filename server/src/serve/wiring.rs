//! Puts the parts together: store, rooms, tokens, applications, routes, sockets.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use access::{Claims, JwksConfig, Leases, RefusedTokens, Revocations, TokenConfig, Tokens};
use axum::Router;
use hub::{Hub, Outlet};
use model::{Clock, SystemClock};
use storage::Store;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use transport::{Door, Gate, Server, Settings, Tls};

use super::applications::{self, Applications};
use super::{listener, ticker, tls};
use crate::config::{Auth, Config};
use crate::door::{self, ServerDoor};
use crate::http::{Administration, Management, Parts, Readiness, SignIn, Sources, router};

/// Why a server did not start.
pub(crate) type StartError = Box<dyn std::error::Error + Send + Sync>;

/// A server that accepts connections.
pub(crate) struct Running {
    /// Its sockets.
    pub(crate) server: Server,
    /// Its rooms and open connections.
    pub(crate) hub: Arc<Hub>,
    /// What lasts.
    pub(crate) store: Store,
    /// Whether it is ready.
    pub(crate) readiness: Arc<Readiness>,
    /// What it serves.
    pub(crate) applications: Applications,
    /// Whether it serves TLS.
    pub(crate) is_tls: bool,
    /// What runs beside the connections until the end.
    pub(crate) jobs: JoinSet<()>,
}

/// What every part works with.
pub(super) struct Ground {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) gate: Arc<Gate>,
    pub(super) hub: Arc<Hub>,
    pub(super) store: Store,
    pub(super) revocations: Arc<Revocations>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) refused_tokens: Arc<RefusedTokens>,
}

/// Starts the server; it accepts connections when this returns. Blocks on the disk.
///
/// # Errors
/// The listener, the certificate, the secret or the store cannot be used.
pub(super) fn start(config: &Config, dev: bool, work: &Handle) -> Result<Running, StartError> {
    let files = tls::Files::of(&config.server);
    let tls = files.as_ref().map(|files| files.load().map(Tls::new)).transpose()?;
    let listener = listener::open(config.server.listen, config.server.backlog)?;
    let ground = Ground::lay(config)?;
    let leases = Leases::new();
    let applications = Applications::start(config, &ground, &leases, work)?;
    let readiness = Arc::new(Readiness::default());
    let administration = Arc::new(administration(config, &ground));
    let parts = Parts {
        sources: Arc::new(sources(&ground, &applications, &readiness)),
        administration: Arc::clone(&administration),
        sign_in: dev.then(|| Arc::new(sign_in(config, &ground.tokens))),
        body_bytes_max: config.limits.http.body_bytes,
    };
    let router = router(parts, applications.routes());
    let domain = config.server.domain(listener.local_addr()?);
    let door = door(config, &ground, &applications, leases, domain.into(), router);
    let settings = settings(config, tls.clone());
    let server = Server::start(&ground.gate, &ground.hub, &door, settings, listener)?;
    let mut jobs = JoinSet::new();
    jobs.spawn_on(ticker::expire_absences(Arc::clone(&ground.hub)), work);
    jobs.spawn_on(ticker::end_latecomers(administration), work);
    applications.start_jobs(config, &mut jobs, work);
    let is_tls = tls.is_some();
    if let Some((files, tls)) = files.zip(tls) {
        jobs.spawn_on(tls::follow(files, tls), work);
    }
    let Ground { hub, store, .. } = ground;
    Ok(Running { server, hub, store, readiness, applications, is_tls, jobs })
}

impl Ground {
    fn lay(config: &Config) -> Result<Self, StartError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let store = open_store(config, &clock)?;
        let gate = Gate::new(shards(config.server.shards));
        let outlet: Arc<dyn Outlet> = Arc::<Gate>::clone(&gate);
        let hub = Hub::new(outlet, Arc::clone(&clock));
        let revocations = Revocations::open(&store)?;
        let secret = config.jwt_secret()?.expose().as_bytes().to_vec();
        let believed = TokenConfig { secret, jwks: jwks(&config.auth) };
        let tokens = Tokens::new(believed, Arc::clone(&revocations), Arc::clone(&clock));
        let refused_tokens = RefusedTokens::new();
        Ok(Self { clock, gate, hub, store, revocations, tokens, refused_tokens })
    }
}

fn open_store(config: &Config, clock: &Arc<dyn Clock>) -> Result<Store, storage::StorageError> {
    let keys = &config.storage.keys;
    let options = storage::Options {
        interactive_rows_max: keys.queue_rows,
        bulk_rows_max: keys.bulk_queue_rows,
        wal_bytes_max: keys.wal_bytes_max,
        ..storage::Options::default()
    };
    let migrations = applications::migrations();
    Store::open(&config.server.data_dir, &migrations, &options, Arc::clone(clock))
}

/// The issuer of tokens with public keys, where one is configured.
fn jwks(auth: &Auth) -> Option<JwksConfig> {
    let url = auth.jwks_url.as_ref()?.as_str().to_owned();
    Some(JwksConfig { url, issuer: auth.issuer.clone()?, audience: auth.audience.clone()? })
}

/// As many shards as configured, else one for each processor.
fn shards(configured: u16) -> u8 {
    let processors = || thread::available_parallelism().map_or(1, NonZero::get);
    let shards = if configured == 0 { processors() } else { usize::from(configured) };
    u8::try_from(shards).unwrap_or(u8::MAX)
}

fn administration(config: &Config, ground: &Ground) -> Administration {
    let (hub, revocations) = (Arc::clone(&ground.hub), Arc::clone(&ground.revocations));
    Administration::new(hub, revocations, config.limits.clone())
}

fn sources(ground: &Ground, applications: &Applications, readiness: &Arc<Readiness>) -> Sources {
    Sources {
        gate: Arc::clone(&ground.gate),
        hub: Arc::clone(&ground.hub),
        store: ground.store.clone(),
        sessions: Arc::clone(&applications.sessions),
        analyses: Arc::clone(&applications.analyses),
        appraiser: Arc::clone(&applications.appraiser),
        learning: Arc::clone(&applications.learning),
        deals: Arc::clone(&applications.deals),
        voice: Arc::clone(&applications.voice),
        speech: Arc::clone(&applications.speech),
        readiness: Arc::clone(readiness),
        started: ground.clock.monotonic(),
    }
}

/// Signs in by name, never with a role.
fn sign_in(config: &Config, tokens: &Arc<Tokens>) -> SignIn {
    let (tokens, life) = (Arc::clone(tokens), config.auth.expires_in);
    let sign = move |name: &str| {
        let (user_id, name) = (name.to_owned(), Some(name.to_owned()));
        let (roles, contexts) = (Vec::new(), None);
        tokens.sign(&Claims { user_id, name, roles, contexts, life })
    };
    SignIn { sign: Box::new(sign) }
}

fn door(
    config: &Config,
    ground: &Ground,
    applications: &Applications,
    leases: Arc<Leases>,
    domain: Arc<str>,
    router: Router,
) -> Arc<dyn Door> {
    let parts = door::Parts {
        hub: Arc::clone(&ground.hub),
        tokens: Arc::clone(&ground.tokens),
        refused_tokens: Arc::clone(&ground.refused_tokens),
        leases,
        open_session: applications.open_session(),
        open_class: applications.open_class(),
        open_analysis: applications.open_analysis(),
        open_deals: applications.open_deals(),
        open_voice: applications.open_voice(),
        management: Management::new(config, Arc::clone(&ground.hub)),
        domain,
        router,
    };
    Arc::new(ServerDoor::new(config, parts))
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

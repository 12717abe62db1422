//! Routes that are handled elsewhere: events posted to URLs, in the shape that API Gateway gives to a
//! proxy integration.
//!
//! ```text
//! handshake ─► $connect ────┐                       2xx: it opens │ 4xx: that status │ else: 502
//! a message ─► its action ──┼─► a place ─► POST ─►  2xx: the body is sent back │ else: a failure
//! the end   ─► $disconnect ─┘     │ none: busy      whatever: counted
//! ```
//!
//! **Invariants**
//! - Each call ends within the deadline: waiting for a connection, the answer and its whole body. That of
//!   a handshake is also within [`CONNECT_WITHIN_MAX`], before the client is answered by somebody else.
//! - At most [`Config::concurrency`] calls run, of these an eighth for the messages and handshakes of one
//!   user. A message or a handshake past that fails at once; ends of connections wait, at most
//!   [`LEAVING_MAX`] of them, and take at most a quarter of the places.
//! - Whom a handshake's handler let in is told to have gone, also where the connection never opened.
//! - An event is sent at most once: again only where no connection could be made for it.
//! - Where an event goes is what the configuration says: no redirect is followed and no proxy asked.
//! - A client chooses among the actions that are configured, and never `$connect` or `$disconnect`.

mod entered;
mod event;
mod failure;
mod opening;
mod places;
mod stats;
mod wire;

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use access::RateLimiter;
use bytes::Bytes;
use http::HeaderMap;
use model::{Clock, CloseReason};
use tokio::runtime::Handle;
use tokio::sync::{SemaphorePermit, oneshot};
use tokio::time::timeout;
use url::Url;

pub use entered::Entered;
pub use failure::{ConnectRefused, Failure, SetupError};
pub use opening::Opening;
pub use stats::Stats;
pub use wire::ANSWER_BYTES_MAX;

use event::Head;
use places::{Permit, Places};
use stats::{Counted, Meters};
use wire::{Fault, Wire};

/// The route that is asked whether a connection may open.
pub const CONNECT: &str = "$connect";
/// The route that is told of each connection that ended.
pub const DISCONNECT: &str = "$disconnect";
/// The route that takes what no other does.
pub const DEFAULT: &str = "$default";

/// Ends of connections that wait for a place; one more is not told, and counted as busy.
pub const LEAVING_MAX: usize = 16_384;
/// How long the handler of a handshake has at most: less than the minute after which the client is
/// answered without it.
pub const CONNECT_WITHIN_MAX: Duration = Duration::from_secs(50);
/// Lines in any minute that tell of one route's failures; the metrics count them all.
const LINES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(20).expect("not zero");

/// Which actions are handled elsewhere, and what calls are held to.
#[derive(Clone)]
pub struct Config {
    /// Each action once, with the `http` or `https` URL that takes its events; `$connect`,
    /// `$disconnect` and `$default` are the only ones that may begin with `$`.
    pub routes: Vec<(String, Url)>,
    /// What events are signed with; without one they are not signed.
    pub secret: Option<String>,
    /// How long one call may take, all in all.
    pub deadline: Duration,
    /// Calls that run at once; at least one may.
    pub concurrency: usize,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let actions: Vec<_> = self.routes.iter().map(|(action, _)| action).collect();
        f.debug_struct("Config")
            .field("routes", &actions)
            .field("is_signed", &self.secret.is_some())
            .field("deadline", &self.deadline)
            .field("concurrency", &self.concurrency)
            .finish()
    }
}

/// An action that is handled elsewhere.
#[derive(Clone)]
pub struct Route(Arc<Target>);

struct Target {
    action: Box<str>,
    url: Url,
}

impl Route {
    /// Its action, the `routeKey` of its events.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.0.action
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Route").field(&self.0.action).finish()
    }
}

/// A message that goes to a route.
#[derive(Clone, Debug)]
pub struct Call {
    /// The connection it came on.
    pub opening: Arc<Opening>,
    /// The message as it came.
    pub text: Box<str>,
}

/// The routes, and the calls they get.
pub struct Integrations {
    connect: Option<Route>,
    disconnect: Option<Route>,
    default: Option<Route>,
    /// By action; bounded by the configuration.
    actions: HashMap<Box<str>, Route>,
    wire: Wire,
    deadline: Duration,
    places: Places,
    meters: Arc<Meters>,
    complaints: RateLimiter<Box<str>>,
    runtime: Handle,
    clock: Arc<dyn Clock>,
}

impl Integrations {
    /// The routes of `config`, whose calls run on `runtime`; nothing is sent yet.
    ///
    /// # Errors
    /// What of the configuration cannot be used.
    pub fn new(
        config: Config,
        runtime: Handle,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, SetupError> {
        let wire = Wire::new(&config, Arc::clone(&clock))?;
        let mut actions = routes_of(config.routes)?;
        let [connect, disconnect, default] =
            [CONNECT, DISCONNECT, DEFAULT].map(|action| actions.remove(action));
        Ok(Arc::new(Self {
            connect,
            disconnect,
            default,
            actions,
            wire,
            deadline: config.deadline,
            places: Places::new(config.concurrency),
            meters: Arc::default(),
            complaints: RateLimiter::default(),
            runtime,
            clock,
        }))
    }

    /// The route of exactly this action, as a message names it; never one that begins with `$`.
    #[must_use]
    pub fn route(&self, action: &str) -> Option<Route> {
        self.actions.get(action).cloned()
    }

    /// The route that takes what no other does, also what is no JSON.
    #[must_use]
    pub fn default_route(&self) -> Option<Route> {
        self.default.clone()
    }

    /// Asks the route `$connect`, where there is one, whether a connection may open. To be called last
    /// before the handshake is answered. The call goes on though the caller no longer waits. What it
    /// gives is to be kept until the connection opens; nothing where nobody was asked.
    ///
    /// # Errors
    /// Who asks is to be answered with that status instead of the handshake.
    pub async fn connect(
        self: &Arc<Self>,
        opening: &Arc<Opening>,
        headers: &HeaderMap,
        query: Option<&str>,
    ) -> Result<Option<Entered>, ConnectRefused> {
        let Some(route) = self.connect.clone() else { return Ok(None) };
        let place = self.take_place(&route, &opening.identity.user_id)?;
        let head = Head { headers, query };
        let event = event::connect(opening, &head, self.clock.wall());
        let (integrations, opening) = (Arc::clone(self), Arc::clone(opening));
        let (told, hears) = oneshot::channel();
        self.runtime.spawn(async move {
            let within = integrations.deadline.min(CONNECT_WITHIN_MAX);
            let call = integrations.call(&place, &route, event, (Wanted::Status, within));
            let entered = call.await.map(|_| Entered::new(Arc::clone(&integrations), opening));
            // Where nobody waits any more, whom it let in has gone: that is begun to be told while this
            // still counts as a call.
            drop(told.send(entered));
            drop(place);
        });
        // It does not panic, and is not aborted but by the end of the process.
        let asked = hears.await.unwrap_or(Err(Failure::BrokeOff));
        asked.map(Some).map_err(ConnectRefused::from)
    }

    /// Posts a message to its route. `done` hears what to send back: valid UTF-8, or nothing where the
    /// answer is empty. It is called once, on this thread before this returns where all places are
    /// taken, else on another one.
    pub fn message(
        self: &Arc<Self>,
        route: Route,
        call: Call,
        done: impl FnOnce(Result<Option<Bytes>, Failure>) + Send + 'static,
    ) {
        let place = match self.take_place(&route, &call.opening.identity.user_id) {
            Ok(place) => place,
            Err(failure) => return done(Err(failure)),
        };
        let integrations = Arc::clone(self);
        self.runtime.spawn(async move {
            let event = event::message(&call, route.action(), integrations.clock.wall());
            drop(call);
            let wanted = (Wanted::Body, integrations.deadline);
            let answer = integrations.call(&place, &route, event, wanted).await;
            drop(place);
            done(answer.map(|body| (!body.is_empty()).then_some(body)));
        });
    }

    /// Tells the route `$disconnect`, where there is one, that a connection ended. Returns at once; the
    /// event waits for a place.
    pub fn disconnect(self: &Arc<Self>, opening: &Arc<Opening>, reason: &CloseReason) {
        let Some(route) = self.disconnect.clone() else { return };
        let Some(leaving) = self.meters.leave() else {
            self.refuse(&route);
            return;
        };
        let (integrations, opening) = (Arc::clone(self), Arc::clone(opening));
        let reason = reason.clone();
        self.runtime.spawn(async move {
            let Some((place, kept)) = integrations.wait_for_place().await else { return };
            let event = event::disconnect(&opening, &reason, integrations.clock.wall());
            // The failure was counted and told; there is nobody to tell it to.
            let wanted = (Wanted::Status, integrations.deadline);
            let _ = integrations.call(&place, &route, event, wanted).await;
            drop((place, kept, leaving));
        });
    }

    /// Waits until no call runs and no end of a connection waits, at most for `within`.
    pub async fn drain(&self, within: Duration) {
        let _ = timeout(within, self.meters.wait_until_idle()).await;
    }

    /// What was called so far, and what runs now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.meters.snapshot()
    }

    fn take_place(&self, route: &Route, user: &Arc<str>) -> Result<Place, Failure> {
        let permit = self.places.take(user).ok_or_else(|| self.refuse(route))?;
        Ok(Place { counted: self.meters.begin(), _permit: permit })
    }

    /// A call does not begin, for as many as may be there are.
    fn refuse(&self, route: &Route) -> Failure {
        self.meters.count(Some(Failure::Busy));
        self.complain(route, Failure::Busy, None);
        Failure::Busy
    }

    /// A place for the end of a connection, with the permit that keeps places for others.
    async fn wait_for_place(&self) -> Option<(Place, SemaphorePermit<'_>)> {
        let (permit, leaving) = self.places.wait().await?;
        Some((Place { counted: self.meters.begin(), _permit: permit }, leaving))
    }

    /// One call in its place, from signing to the last byte of the answer, within so long.
    async fn call(
        &self,
        place: &Place,
        route: &Route,
        event: Bytes,
        (wanted, within): (Wanted, Duration),
    ) -> Result<Bytes, Failure> {
        let retried = || self.meters.retried();
        let exchange = self.wire.post(&route.0.url, event, wanted, retried);
        let ended = timeout(within, Box::pin(exchange)).await;
        let result = ended.unwrap_or(Err(Fault { failure: Failure::Timeout, cause: None }));
        place.counted.end(result.as_ref().err().map(|fault| fault.failure));
        result.map_err(|fault| {
            self.complain(route, fault.failure, fault.cause.as_ref());
            fault.failure
        })
    }

    fn complain(&self, route: &Route, failure: Failure, cause: Option<&reqwest::Error>) {
        let now = self.clock.monotonic();
        if self.complaints.check(route.0.action.clone(), LINES_PER_MINUTE, now).is_ok() {
            let cause = cause.map(wire::causes);
            tracing::warn!(route = route.action(), %failure, cause, "a route's handler failed");
        }
    }
}

impl fmt::Debug for Integrations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Integrations").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

/// What of an answer is of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Status,
    Body,
}

/// The right to make one call; free again when dropped.
struct Place {
    counted: Counted,
    _permit: Permit,
}

fn routes_of(routes: Vec<(String, Url)>) -> Result<HashMap<Box<str>, Route>, SetupError> {
    let mut actions = HashMap::with_capacity(routes.len());
    for (action, url) in routes {
        if action.is_empty() {
            return Err(SetupError::NoAction);
        }
        if action.starts_with('$') && ![CONNECT, DISCONNECT, DEFAULT].contains(&action.as_str()) {
            return Err(SetupError::UnknownAction(action));
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(SetupError::Scheme(action));
        }
        let target = Target { action: action.as_str().into(), url };
        if actions.insert(action.as_str().into(), Route(Arc::new(target))).is_some() {
            return Err(SetupError::Repeated(action));
        }
    }
    Ok(actions)
}

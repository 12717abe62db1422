//! The applications, and the conversations they share.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use access::Leases;
use analysis::Analyses;
use appraisal::Appraiser;
use axum::Router;
use axum::http::StatusCode;
use conversations::Conversations;
use deals::integrations::{ConnectRefused, Integrations};
use deals::{Deals, RoomPolicy};
use intelligence::speech::Speech;
use intelligence::{OpenaiConfig, TextProvider};
use learning::Learning;
use learning::analytics::Analytics;
use model::Clock;
use repository::{BadEntry, Sources};
use sessions::{Agents, Sessions};
use storage::Migration;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use voice::{Suggester, Voice};
use web::HttpError;

use super::speech;
use super::wiring::{Ground, StartError};
use crate::config::{self, Application, Config};
use crate::door::{
    DealsHandshake, Lesson, OpenAnalysis, OpenClass, OpenDeals, OpenSession, OpenVoice,
};
use crate::http::for_administrators;

/// Every application, started.
#[derive(Clone)]
pub(crate) struct Applications {
    conversations: Arc<Conversations>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) learning: Arc<Learning>,
    pub(super) analyses: Arc<Analyses>,
    pub(super) appraiser: Arc<Appraiser>,
    pub(super) deals: Arc<Deals>,
    pub(super) voice: Arc<Voice>,
    pub(super) integrations: Arc<Integrations>,
    pub(super) speech: Arc<Speech>,
}

impl Applications {
    /// Starts them. Blocks on the disk.
    ///
    /// # Errors
    /// What they keep cannot be read, or what they are told cannot be done.
    pub(super) fn start(
        config: &Config,
        ground: &Ground,
        leases: &Arc<Leases>,
        work: &Handle,
    ) -> Result<Self, StartError> {
        let Ground { clock, hub, store, tokens, .. } = ground;
        let conversations = Conversations::open(store.clone(), Arc::clone(hub))?;
        let text = &config.ai.text;
        let sessions = Sessions::start(sessions::Parts {
            store: store.clone(),
            hub: Arc::clone(hub),
            conversations: Arc::clone(&conversations),
            agents: Agents::new(&provider(text), text.fallback, Arc::clone(clock))?,
            limits: limits_of_sessions(config),
            runtime: work.clone(),
        });
        let analytics = Analytics::start(learning::analytics::Parts {
            store: store.clone(),
            hub: Arc::clone(hub),
            metrics: config.learning.metrics.0.clone(),
            runtime: work.clone(),
        })?;
        let learning = class(config, ground, &conversations, analytics, leases, work);
        let appraiser =
            Arc::new(Appraiser::new(&provider(text), text.fallback, Arc::clone(clock))?);
        let analyses = Analyses::start(analysis::Parts {
            store: store.clone(),
            hub: Arc::clone(hub),
            tokens: Arc::clone(tokens),
            leases: Arc::clone(leases),
            appraiser: Arc::clone(&appraiser),
            sources: sources(&config.analysis)?,
            data_dir: config.server.data_dir.join("analysis"),
            limits: limits_of_analysis(config),
            per_user_per_day: config.analysis.per_user_per_day,
            workers: workers(config.analysis.workers),
            runtime: work.clone(),
        });
        let integrations = integrations(&config.deals, clock, work)?;
        let deals = start_deals(config, ground, &conversations, &integrations, work);
        let speech = speech::start(&config.ai.speech, work)?;
        let voice = voice(config, ground, &speech, leases, work)?;
        Ok(Self {
            conversations,
            sessions,
            learning,
            analyses,
            appraiser,
            deals,
            voice,
            integrations,
            speech,
        })
    }

    /// Their HTTP routes.
    pub(super) fn routes(&self) -> Router {
        let bridges = for_administrators(self.conversations.routes());
        let talk = bridges.merge(self.sessions.routes()).merge(self.learning.routes());
        let talk = talk.merge(self.analyses.routes()).merge(self.deals.routes());
        talk.merge(self.voice.routes())
    }

    /// How the door opens a session.
    pub(super) fn open_session(&self) -> OpenSession {
        let sessions = Arc::clone(&self.sessions);
        Box::new(move |identity, id| sessions.session(identity, id))
    }

    /// How the door opens a connection to a class.
    pub(super) fn open_class(&self) -> OpenClass {
        let learning = Arc::clone(&self.learning);
        Box::new(move |lesson, identity, context_id| match lesson {
            Lesson::Chat => learning.chat(identity, context_id),
            Lesson::Analytics => learning.analytics(identity, context_id),
            Lesson::Collaboration => learning.collaboration(identity, context_id),
            Lesson::Yjs(id) => learning.yjs(identity, id, context_id),
        })
    }

    /// How the door opens a conversation about analyses.
    pub(super) fn open_analysis(&self) -> OpenAnalysis {
        let analyses = Arc::clone(&self.analyses);
        Box::new(move |identity| analyses.session(identity))
    }

    /// How the door opens a conversation about deals: the handler of `$connect` is asked first.
    pub(super) fn open_deals(&self) -> OpenDeals {
        let (deals, integrations) = (Arc::clone(&self.deals), Arc::clone(&self.integrations));
        Box::new(move |DealsHandshake { opening, headers, query }| {
            let (deals, integrations) = (Arc::clone(&deals), Arc::clone(&integrations));
            Box::pin(async move {
                let opening = Arc::new(opening);
                let asked = integrations.connect(&opening, &headers, query.as_deref());
                let entered = asked.await.map_err(refused_by_handler)?;
                Ok(deals.session(opening, entered))
            })
        })
    }

    /// How the door opens a conversation by voice.
    pub(super) fn open_voice(&self) -> OpenVoice {
        let voice = Arc::clone(&self.voice);
        Box::new(move |brought| voice.session(brought))
    }

    /// Starts what they do beside the connections.
    pub(super) fn start_jobs(&self, config: &Config, jobs: &mut JoinSet<()>, work: &Handle) {
        if let Some(kept) = config.storage.retention.messages {
            jobs.spawn_on(Arc::clone(&self.conversations).keep_for(kept), work);
            jobs.spawn_on(Arc::clone(&self.deals).keep_messages_for(kept), work);
        }
        if let Some(kept) = config.storage.retention.notifications {
            jobs.spawn_on(Arc::clone(&self.deals).keep_notifications_for(kept), work);
        }
        if let Some(kept) = config.storage.retention.edits {
            jobs.spawn_on(Arc::clone(&self.learning).keep_edits_for(kept), work);
        }
        if let Some(kept) = config.storage.retention.transcripts {
            jobs.spawn_on(Arc::clone(&self.voice).keep_ended_for(kept), work);
        }
    }

    /// No further answer and no further stage of an analysis starts; running ones get `within`, then are
    /// stopped, to be begun again after the restart. What was said gets as long to be transcribed.
    pub(crate) async fn drain(&self, within: Duration) {
        tokio::join!(
            self.sessions.drain(within),
            self.analyses.drain(within),
            self.voice.drain(within)
        );
    }

    /// Handlers that are told of the ends of connections get `within` to hear of the last, and what was
    /// not stored yet to be.
    pub(crate) async fn take_leave(&self, within: Duration) {
        tokio::join!(self.integrations.drain(within), self.learning.take_leave(within));
    }
}

/// The tables of all parts, in the order in which they are made.
pub(super) fn migrations() -> Vec<Migration> {
    let applications = [
        conversations::MIGRATIONS,
        sessions::MIGRATIONS,
        analysis::MIGRATIONS,
        deals::MIGRATIONS,
        learning::MIGRATIONS,
        voice::MIGRATIONS,
    ];
    [access::MIGRATIONS].into_iter().chain(applications).collect::<Vec<_>>().concat()
}

/// The routes that are handled elsewhere.
fn integrations(
    config: &config::Deals,
    clock: &Arc<dyn Clock>,
    work: &Handle,
) -> Result<Arc<Integrations>, StartError> {
    let route = |route: &config::Route| (route.action.clone(), route.url.as_url().clone());
    let calls = deals::integrations::Config {
        routes: config.routes.0.iter().map(route).collect(),
        secret: config.routes_secret.as_ref().map(|secret| secret.expose().to_owned()),
        deadline: config.routes_timeout,
        concurrency: config.routes_concurrency,
    };
    Ok(Integrations::new(calls, work.clone(), Arc::clone(clock))?)
}

/// The class.
fn class(
    config: &Config,
    ground: &Ground,
    conversations: &Arc<Conversations>,
    analytics: Arc<Analytics>,
    leases: &Arc<Leases>,
    work: &Handle,
) -> Arc<Learning> {
    let Ground { hub, store, tokens, .. } = ground;
    Learning::start(learning::Parts {
        store: store.clone(),
        hub: Arc::clone(hub),
        conversations: Arc::clone(conversations),
        analytics,
        tokens: Arc::clone(tokens),
        leases: Arc::clone(leases),
        limits: limits_of_learning(config),
        runtime: work.clone(),
    })
}

/// Interviews by voice.
fn voice(
    config: &Config,
    ground: &Ground,
    speech: &Arc<Speech>,
    leases: &Arc<Leases>,
    work: &Handle,
) -> Result<Arc<Voice>, StartError> {
    let Ground { clock, hub, store, tokens, refused_tokens, .. } = ground;
    let text = &config.ai.text;
    Ok(Voice::start(voice::Parts {
        store: store.clone(),
        hub: Arc::clone(hub),
        tokens: Arc::clone(tokens),
        leases: Arc::clone(leases),
        refused_tokens: Arc::clone(refused_tokens),
        limits: limits_of_voice(config),
        suggester: Suggester::new(&provider(text), text.fallback, Arc::clone(clock))?,
        speech: Arc::clone(speech),
        runtime: work.clone(),
    }))
}

/// What a client gets whose connection a handler refused.
fn refused_by_handler(refused: ConnectRefused) -> HttpError {
    let by_handler = "The connection was refused";
    let (code, message) = match refused.status {
        StatusCode::UNAUTHORIZED => ("UNAUTHORIZED", by_handler),
        StatusCode::NOT_FOUND => ("NOT_FOUND", by_handler),
        StatusCode::TOO_MANY_REQUESTS => ("RATE_LIMIT_EXCEEDED", by_handler),
        status if status.is_client_error() => ("FORBIDDEN", by_handler),
        StatusCode::SERVICE_UNAVAILABLE => ("UNAVAILABLE", "Too many connections open now"),
        _ => ("INTERNAL_ERROR", "The handler of new connections failed"),
    };
    // When to try again the handler's status alone does not say.
    let is_for_now = refused.status == StatusCode::TOO_MANY_REQUESTS;
    let error = HttpError::new(refused.status, code, message);
    HttpError { retry_after_secs: is_for_now.then_some(1), ..error }
}

fn start_deals(
    config: &Config,
    ground: &Ground,
    conversations: &Arc<Conversations>,
    integrations: &Arc<Integrations>,
    work: &Handle,
) -> Arc<Deals> {
    Deals::start(deals::Parts {
        store: ground.store.clone(),
        hub: Arc::clone(&ground.hub),
        conversations: Arc::clone(conversations),
        tokens: Arc::clone(&ground.tokens),
        revocations: Arc::clone(&ground.revocations),
        token_life: config.auth.expires_in,
        limits: limits_of_deals(config),
        rooms: match config.deals.rooms {
            config::Rooms::Open => RoomPolicy::Open,
            config::Rooms::Invited => RoomPolicy::Invited,
        },
        integrations: Arc::clone(integrations),
        runtime: work.clone(),
    })
}

fn limits_of_deals(config: &Config) -> deals::Limits {
    let limits = config.limits.of(Application::Deals);
    deals::Limits {
        messages_per_minute: limits.messages_per_minute,
        broadcasts_per_minute: limits.broadcasts_per_minute,
    }
}

/// Who writes what the agents say.
fn provider(text: &config::Text) -> TextProvider {
    match text.provider {
        config::TextProvider::Builtin => TextProvider::Builtin,
        config::TextProvider::Off => TextProvider::Off,
        config::TextProvider::Openai => TextProvider::Openai(OpenaiConfig {
            base_url: text.base_url.as_str().to_owned(),
            api_key: text.api_key.as_ref().map(|key| key.expose().to_owned()),
            model: text.model.clone(),
            deadline: text.deadline,
        }),
    }
}

fn limits_of_sessions(config: &Config) -> sessions::Limits {
    let limits = config.limits.of(Application::Sessions);
    sessions::Limits {
        messages_per_minute: limits.messages_per_minute,
        broadcasts_per_minute: limits.broadcasts_per_minute,
    }
}

fn limits_of_voice(config: &Config) -> voice::Limits {
    let limits = config.limits.of(Application::Voice);
    let defaults = voice::Limits::default();
    let bytes = limits.max_message_bytes.map(|bytes| bytes.get() as usize);
    voice::Limits {
        messages_per_minute: limits.messages_per_minute,
        max_connections_per_user: limits.max_connections_per_user,
        refused_tokens_per_minute: limits.refused_tokens_per_minute,
        packet_bytes_max: bytes.unwrap_or(defaults.packet_bytes_max),
    }
}

fn limits_of_analysis(config: &Config) -> analysis::Limits {
    let limits = config.limits.of(Application::Analysis);
    analysis::Limits {
        messages_per_minute: limits.messages_per_minute,
        max_connections_per_user: limits.max_connections_per_user,
    }
}

/// Where repositories may come from; the folders must be absolute.
fn sources(analysis: &config::Analysis) -> Result<Sources, BadEntry> {
    let names =
        |hosts: &[config::Host]| hosts.iter().map(|host| host.as_str().to_owned()).collect();
    let sources = Sources {
        hosts: names(&analysis.hosts),
        private_hosts: names(&analysis.private_hosts),
        ca_file: analysis.ca_file.clone(),
        local_roots: analysis.local_roots.clone(),
        bytes_max: analysis.max_repository_bytes,
        within: analysis.clone_timeout,
        history_commits: analysis.history_commits,
    };
    sources.verify()?;
    Ok(sources)
}

/// As many workers as configured, else one for each processor.
fn workers(configured: u16) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, NonZero::get);
    if configured == 0 { processors() } else { usize::from(configured) }
}

fn limits_of_learning(config: &Config) -> learning::Limits {
    let limits = config.limits.of(Application::Learning);
    learning::Limits {
        messages_per_minute: limits.messages_per_minute,
        edits_per_minute: limits.edits_per_minute,
        broadcasts_per_minute: limits.broadcasts_per_minute,
        max_connections_per_user: limits.max_connections_per_user,
    }
}

#[cfg(test)]
mod tests {
    use deals::integrations::Failure;

    use super::*;

    #[test]
    fn the_error_of_whom_a_handler_refuses_fits_the_status() {
        let error = |status| refused_by_handler(ConnectRefused::from(Failure::Status(status)));
        for (status, code) in [
            (400, "FORBIDDEN"),
            (401, "UNAUTHORIZED"),
            (403, "FORBIDDEN"),
            (404, "NOT_FOUND"),
            (418, "FORBIDDEN"),
            (429, "RATE_LIMIT_EXCEEDED"),
        ] {
            let HttpError { status: told, code: named, retry_after_secs, .. } = error(status);
            assert_eq!((told.as_u16(), named), (status, code));
            assert_eq!(retry_after_secs, (status == 429).then_some(1));
        }
        assert_eq!((error(500).status.as_u16(), error(500).code), (502, "INTERNAL_ERROR"));
        let busy = refused_by_handler(ConnectRefused::from(Failure::Busy));
        assert_eq!((busy.status.as_u16(), busy.code), (503, "UNAVAILABLE"));
    }
}

//! What the endpoints hold their connections to.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use transport::{Heartbeat, Policy};

use super::endpoint::{Endpoint, Lesson};
use crate::config::{Application, Compression, Config};

/// The greatest message where `max_message_bytes` is off.
const MESSAGE_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// How long a client of protocol D may take to answer a ping.
const PONG_WITHIN: Duration = Duration::from_secs(20);

/// One application's terms.
pub(super) struct Place {
    /// The application's name.
    pub(super) application: &'static str,
    pub(super) policy: Arc<Policy>,
    pub(super) connects_per_minute: Option<NonZeroU32>,
    pub(super) refused_tokens_per_minute: Option<NonZeroU32>,
    pub(super) connections_per_user: Option<NonZeroU32>,
    /// Whether the first message may bring the token.
    pub(super) takes_token_by_message: bool,
    /// Whether a refused token is answered by an HTTP status instead of a handshake and a close.
    pub(super) refuses_by_status: bool,
}

/// Those of all applications.
pub(super) struct Places {
    sessions: Place,
    learning: Place,
    /// Documents of Yjs, whose clients bring their tokens in the handshake.
    yjs: Place,
    analysis: Place,
    deals: Place,
    voice: Place,
    /// The stages of protocol B.
    pub(super) stages: Vec<Arc<str>>,
}

impl Places {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            sessions: Place::new(config, Application::Sessions),
            learning: Place {
                takes_token_by_message: true,
                ..Place::new(config, Application::Learning)
            },
            yjs: Place::new(config, Application::Learning),
            analysis: Place {
                takes_token_by_message: true,
                refuses_by_status: true,
                ..Place::new(config, Application::Analysis)
            },
            deals: Place { refuses_by_status: true, ..Place::new(config, Application::Deals) },
            voice: Place::new(config, Application::Voice),
            stages: config.deals.stages.iter().map(|stage| stage.as_str().into()).collect(),
        }
    }

    pub(super) fn at(&self, endpoint: &Endpoint) -> &Place {
        match endpoint {
            Endpoint::Session(_) => &self.sessions,
            Endpoint::Class(Lesson::Yjs(_)) => &self.yjs,
            Endpoint::Class(_) => &self.learning,
            Endpoint::Analysis => &self.analysis,
            Endpoint::Deals(_) => &self.deals,
            Endpoint::Voice => &self.voice,
        }
    }
}

impl Place {
    fn new(config: &Config, application: Application) -> Self {
        let limits = config.limits.of(application);
        Self {
            application: application.name(),
            policy: Arc::new(policy(config, application, &config.compression)),
            connects_per_minute: limits.connects_per_minute,
            refused_tokens_per_minute: limits.refused_tokens_per_minute,
            connections_per_user: limits.max_connections_per_user,
            takes_token_by_message: false,
            refuses_by_status: false,
        }
    }
}

fn policy(config: &Config, application: Application, compression: &Compression) -> Policy {
    let limits = config.limits.of(application);
    let message_bytes = limits.max_message_bytes.map_or(MESSAGE_BYTES_MAX, NonZeroU32::get);
    Policy {
        message_bytes_max: usize::try_from(message_bytes).unwrap_or(usize::MAX),
        ping_interval: limits.ping_interval,
        idle_timeout: limits.idle_timeout,
        connection_age_max: limits.max_connection_age,
        heartbeat: match application {
            Application::Voice => Heartbeat::EngineIo { timeout: PONG_WITHIN },
            _ => Heartbeat::WebSocket,
        },
        deflate: compression.enabled && application != Application::Voice,
        ..Policy::default()
    }
}

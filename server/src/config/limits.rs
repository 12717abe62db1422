//! `limits.<application>.*` and `limits.http.*`.
//!
//! A minute is a sliding window: never more than so many in any 60 s.

use std::num::NonZeroU32;
use std::time::Duration;

use super::reader::{Reader, section};

/// An application, as the sections of its limits are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Application {
    /// Repository analysis and the mock interview.
    Analysis,
    /// Deals and notifications.
    Deals,
    /// Chat, analytics and documents of a class.
    Learning,
    /// The interview assistant over Socket.IO.
    Voice,
    /// Chat with agents.
    Sessions,
}

impl Application {
    /// All of them, in the order of the reference page.
    pub const ALL: [Self; 5] =
        [Self::Analysis, Self::Deals, Self::Learning, Self::Voice, Self::Sessions];

    /// Its name in keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.pick("analysis", "deals", "learning", "voice", "sessions")
    }

    /// This application's of five, given in the order of [`Application::ALL`].
    const fn pick(
        self,
        analysis: &'static str,
        deals: &'static str,
        learning: &'static str,
        voice: &'static str,
        sessions: &'static str,
    ) -> &'static str {
        match self {
            Self::Analysis => analysis,
            Self::Deals => deals,
            Self::Learning => learning,
            Self::Voice => voice,
            Self::Sessions => sessions,
        }
    }
}

section! {
    /// What one application lets its clients do; every key exists for every application.
    pub struct ApplicationLimits(application: Application) {
        /// Messages a connection may send in any minute; refused ones count too.
        messages_per_minute: Option<NonZeroU32> = application.pick("100", "100", "100", "3000", "600");
        /// Edits a connection may send in any minute; they are not counted as messages.
        edits_per_minute: Option<NonZeroU32> = application.pick("0", "0", "6000", "0", "0");
        /// Connections a client address may open in any minute, for each endpoint.
        connects_per_minute: Option<NonZeroU32> = application.pick("60", "60", "10", "60", "60");
        /// Stored messages a room takes in any minute, from all who are in it.
        broadcasts_per_minute: Option<NonZeroU32> = application.pick("0", "1000", "1000", "0", "1000");
        /// Bytes of a message after decompression; off is 16777216, the most there is.
        max_message_bytes: Option<NonZeroU32> =
            application.pick("131072", "131072", "262144", "1048576", "262144"),
            within "0" to "16777216";
        /// How long a connection may pass without an application message either way.
        idle_timeout: Option<Duration> = application.pick("15m", "10m", "0", "0", "0");
        /// How often a connection is pinged; after two pings without an answer it is closed.
        ping_interval: Option<Duration> = application.pick("30s", "30s", "30s", "25s", "30s");
        /// How old a connection may grow; a renewed token starts the count again.
        max_connection_age: Option<Duration> = application.pick("1h", "24h", "0", "0", "0");
        /// Connections a user may have at once, over all rooms.
        max_connections_per_user: Option<NonZeroU32> = application.pick("0", "0", "0", "0", "3");
        /// Refused tokens of a client address in any minute, past which it gets HTTP 429.
        refused_tokens_per_minute: Option<NonZeroU32> = application.pick("5", "5", "5", "5", "5");
    }
}

section! {
    /// What the HTTP routes let a client do.
    pub struct HttpLimits {
        /// Requests of a user, or of an address without a token, in any minute.
        requests_per_minute: Option<NonZeroU32> = "600";
        /// Bytes of a request's body; past that the answer is 413.
        body_bytes: usize = "1048576", within "1" to "1073741824";
        /// Bytes of the body of a request that carries a batch.
        batch_bytes: usize = "8388608", within "1" to "1073741824";
    }
}

/// All limits.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Of each application, in the order of [`Application::ALL`].
    applications: [ApplicationLimits; 5],
    /// Of the HTTP routes.
    pub http: HttpLimits,
}

impl Limits {
    /// The limits of one application.
    #[must_use]
    pub const fn of(&self, application: Application) -> &ApplicationLimits {
        &self.applications[application as usize]
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let applications = Application::ALL.map(|application| {
            ApplicationLimits::read(reader, &format!("limits.{}", application.name()), application)
        });
        Self { applications, http: HttpLimits::read(reader, "limits.http") }
    }
}

//! `GET /metrics`: Prometheus text (OpenMetrics 1.0), read from the counters where they are kept.
//!
//! **Invariants.** No label holds what a client named: their number does not grow with users, rooms
//! or addresses.

mod encode;

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use intelligence::TextStats;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::registry::Registry;
use web::HttpError;

use super::Sources;
use encode::{Page, Scale};

/// The form of the text.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// What every name begins with.
const PREFIX: &str = "quintet";

pub(super) fn routes(sources: Arc<Sources>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(sources)
}

async fn metrics(State(sources): State<Arc<Sources>>) -> Result<Response, HttpError> {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(sources));
    let mut page = String::new();
    match text::encode(&mut page, &registry) {
        Ok(()) => Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], page).into_response()),
        Err(fmt::Error) => Err(HttpError::unavailable("The metrics could not be written")),
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").finish_non_exhaustive()
    }
}

impl Collector for Sources {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let page = &mut Page::new(encoder);
        self.write_server(page)?;
        self.write_connections(page)?;
        self.write_traffic(page)?;
        self.write_commits(page)?;
        self.write_storage_queues(page)?;
        self.write_answers(page)?;
        self.write_analyses(page)?;
        self.write_figures(page)?;
        self.write_documents(page)?;
        self.write_deals(page)?;
        self.write_mail(page)?;
        self.write_voice(page)?;
        self.write_providers(page)?;
        self.write_speech(page)
    }
}

impl Sources {
    fn write_server(&self, page: &mut Page<'_>) -> fmt::Result {
        let ready = u64::from(self.readiness.check(&self.store).is_ok());
        page.info("build", "The version that runs", &[("version", env!("CARGO_PKG_VERSION"))])?;
        page.gauge("ready", "Whether more work is to be sent here", ready)?;
        page.gauge("uptime_seconds", "Time since the start", self.uptime_secs())
    }

    fn write_connections(&self, page: &mut Page<'_>) -> fmt::Result {
        let stats = self.gate.stats();
        let sockets = self.gate.sockets() as u64;
        let open = self.connections();
        page.gauge("sockets", "Open sockets, those that speak only HTTP included", sockets)?;
        page.gauges("connections", "Open WebSockets", "application", open)?;
        page.gauge("rooms", "Rooms somebody is in", self.hub.room_count() as u64)?;
        page.counter("sockets_accepted", "Sockets accepted", stats.accepted.get())?;
        let refused = stats.refused_full.get();
        page.counter("sockets_refused", "Sockets refused because there were too many", refused)?;
        page.counter("connections_opened", "WebSockets opened", stats.opened.get())?;
        let (polling, polls) = (self.gate.polling_sessions() as u64, stats.polls.get());
        page.gauge("engineio_polling_sessions", "Sessions that began by polling", polling)?;
        page.counter("engineio_polls", "Polls of Engine.IO sessions", polls)?;
        let upgrades = stats.upgrades.get();
        page.counter("engineio_upgrades", "Sessions that left polling for a WebSocket", upgrades)?;
        page.closes(
            "connections_closed",
            "WebSockets ended, by close code and the server's reason",
            &stats.closes(),
        )
    }

    fn write_traffic(&self, page: &mut Page<'_>) -> fmt::Result {
        let (stats, waiting) = (self.gate.stats(), self.gate.waiting() as u64);
        page.counter("messages_received", "Messages received", stats.messages_in.get())?;
        page.counter("received_bytes", "Bytes received", stats.bytes_in.get())?;
        page.counter("deliveries", "Messages handed to sockets", stats.deliveries.get())?;
        page.counter("sent_bytes", "Bytes handed to sockets", stats.bytes_out.get())?;
        page.counter("socket_writes", "System calls that wrote", stats.writes.get())?;
        let blocked = stats.blocked.get();
        page.counter("socket_writes_blocked", "Writes a socket took only in part", blocked)?;
        page.gauge("inbox_waiting", "Items that wait for the shards", waiting)?;
        let dropped = stats.passing_dropped.get();
        page.counter(
            "passing_events_dropped",
            "Unstored events dropped for want of room",
            dropped,
        )?;
        page.counter("members_behind", "Times a member fell behind its room", stats.behind.get())
    }

    fn write_commits(&self, page: &mut Page<'_>) -> fmt::Result {
        let stats = self.store.stats();
        page.counter("storage_commits", "Transactions committed", stats.commits)?;
        page.counter("storage_rows", "Rows committed", stats.rows)?;
        page.counter("storage_rows_failed", "Rows not acknowledged", stats.rows_failed)?;
        let repeated = stats.batches_repeated;
        page.counter("storage_batches_repeated", "Batches repeated row by row", repeated)?;
        page.histogram("storage_batch_rows", "Rows of a commit", &stats.batch_rows, Scale::One)?;
        let times = &stats.commit_millis;
        page.histogram("storage_commit_seconds", "Time of a commit", times, Scale::Thousandth)?;
        page.counter(
            "storage_checkpoints",
            "Checkpoints that ran to their end",
            stats.checkpoints,
        )?;
        page.gauge("storage_wal_bytes", "Bytes no finished checkpoint covers", stats.wal_bytes)
    }

    fn write_storage_queues(&self, page: &mut Page<'_>) -> fmt::Result {
        let stats = self.store.stats();
        let waiting = [
            ("interactive", stats.interactive_depth as u64),
            ("bulk", stats.bulk_depth as u64),
            ("read", stats.reads_depth as u64),
        ];
        page.gauges("storage_waiting", "Rows and reads that wait", "queue", waiting)?;
        let refused = [
            ("busy", stats.refused_busy),
            ("storage_full", stats.refused_storage_full),
            ("failed", stats.refused_failed),
            ("reads_busy", stats.refused_reads),
        ];
        page.counters("storage_refused", "Rows and reads refused", "reason", refused)?;
        page.counter("storage_reads", "Reads that answered", stats.reads)?;
        page.counter("storage_reads_timed_out", "Reads ended in time", stats.reads_timed_out)
    }

    fn write_answers(&self, page: &mut Page<'_>) -> fmt::Result {
        let (stats, agents) = (self.sessions.stats(), self.sessions.agents().stats());
        let ended = [
            ("answered", stats.answered),
            ("cancelled", stats.cancelled),
            ("failed", stats.failed),
            ("refused", stats.refused),
        ];
        page.counters("agent_questions", "Questions to agents that ended", "outcome", ended)?;
        page.gauge("agent_waiting", "Questions that wait for an agent", stats.waiting as u64)?;
        page.gauge("agent_working", "Sessions whose agent works", stats.working as u64)?;
        page.counter("agent_fallbacks", "Answers the builtin gave for a model", agents.fallbacks)
    }

    fn write_analyses(&self, page: &mut Page<'_>) -> fmt::Result {
        let stats = self.analyses.stats();
        let ended = [("completed", stats.completed), ("failed", stats.failed)];
        page.counters("analyses_ended", "Analyses that ended", "outcome", ended)?;
        page.gauge("analyses_waiting", "Analyses that wait for a worker", stats.waiting as u64)?;
        page.gauge("analyses_running", "Analyses that have a worker", stats.running as u64)?;
        let dropped = stats.dropped_claims;
        page.counter("analysis_claims_dropped", "Claims that could not be cited", dropped)?;
        let fallbacks = self.appraiser.stats().fallbacks;
        page.counter(
            "analysis_fallbacks",
            "Stages and evaluations the builtin made for a model",
            fallbacks,
        )
    }

    fn write_figures(&self, page: &mut Page<'_>) -> fmt::Result {
        let learning::Stats { figures, .. } = self.learning.stats();
        let events =
            [("taken", figures.events), ("refused", figures.refused), ("missed", figures.missed)];
        page.counters("figure_events", "What happened in contexts", "outcome", events)?;
        page.counter("figure_updates", "Changed values told", figures.told)?;
        page.counter("figure_seconds_written", "Seconds of series written", figures.written)?;
        page.counter("figure_seconds_lost", "Seconds of series not written", figures.lost)?;
        page.gauge("figure_contexts", "Contexts in memory", figures.contexts as u64)?;
        page.gauge("figure_bytes", "Bytes of figures in memory", figures.bytes as u64)
    }

    fn write_documents(&self, page: &mut Page<'_>) -> fmt::Result {
        let stats = self.learning.stats();
        page.gauge("documents", "Documents in memory", stats.documents as u64)?;
        page.gauge("document_bytes", "Bytes of their texts", stats.document_bytes as u64)?;
        page.counter("document_edits", "Edits of texts that were stored", stats.document_edits)?;
        let yjs = stats.yjs;
        page.gauge("yjs_documents", "Documents of Yjs in memory", yjs.documents as u64)?;
        page.gauge("yjs_bytes", "Bytes of them, encoded", yjs.bytes as u64)?;
        let ended = [("stored", yjs.stored), ("refused", yjs.refused), ("given_up", yjs.given_up)];
        page.counters("yjs_updates", "Updates of Yjs that came", "outcome", ended)
    }

    fn write_deals(&self, page: &mut Page<'_>) -> fmt::Result {
        let deals::Stats { catalogue, matching, integrations, .. } = self.deals.stats();
        let put = [
            ("created", catalogue.created),
            ("updated", catalogue.updated),
            ("unchanged", catalogue.unchanged),
            ("removed", catalogue.removed),
        ];
        page.counters("deals", "Deals that were put or removed", "event", put)?;
        page.counter("deal_prices_changed", "Prices that changed", catalogue.prices_changed)?;
        page.gauge("deal_subscriptions", "Subscriptions to deals", matching.subscriptions)?;
        page.gauge("deal_changes_waiting", "Changes that wait to be matched", matching.waiting)?;
        page.counter("deal_matches", "Subscriptions that changes met", matching.matches)?;
        page.counter("deal_pushes", "Changes told to a connection", matching.pushed)?;
        let millis = u64::try_from(matching.busy.as_millis()).unwrap_or(u64::MAX);
        page.seconds("deal_matching_seconds", "Time spent in matching", "what", [("all", millis)])?;
        let calls = integrations.outcomes;
        page.counters("handler_calls", "Calls of handlers that ended", "outcome", calls)?;
        page.counter("handler_retries", "Calls that were sent again", integrations.retries)?;
        page.gauge("handler_calls_running", "Calls of handlers that run", integrations.in_flight)
    }

    fn write_voice(&self, page: &mut Page<'_>) -> fmt::Result {
        let voice::Stats { rooms, chunks, bytes, ended, suggestions, listening, .. } =
            self.voice.stats();
        page.gauge("voice_sessions", "Voice sessions in memory", rooms as u64)?;
        page.counter("voice_sessions_ended", "Voice sessions that ended", ended)?;
        page.counter("voice_chunks", "Chunks of audio that were told on", chunks)?;
        page.counter("voice_bytes", "Bytes of them", bytes)?;
        write_listening(page, &listening)?;
        let outcomes = [
            ("told", suggestions.told),
            ("late", suggestions.late),
            ("failed", suggestions.failed),
        ];
        let about = "Generations of suggestions that ended";
        page.counters("voice_suggestions", about, "outcome", outcomes)
    }

    fn write_mail(&self, page: &mut Page<'_>) -> fmt::Result {
        let deals::Stats { catalogue, mail, register, .. } = self.deals.stats();
        page.counter("mail_told", "Pushes to people who were here", mail.told)?;
        page.counter("mail_pages", "Pages of what waited for people", mail.pages)?;
        let dropped = "Pushes that waited for somebody with too many of them, and went";
        page.counter("mail_dropped", dropped, mail.dropped)?;
        page.counter("price_alerts", "Price alerts that were met", catalogue.alerts_told)?;
        page.counter("registered_rows", "Rows about connections written", register.written)?;
        page.counter("registered_rows_lost", "Rows about connections not written", register.lost)
    }

    fn write_speech(&self, page: &mut Page<'_>) -> fmt::Result {
        let stats = self.speech.stats();
        let ended =
            [("text", stats.texts), ("failed", stats.failures), ("given_up", stats.given_up)];
        page.counters("utterances", "Utterances that ended", "outcome", ended)?;
        page.gauge("utterances_open", "Utterances that are heard", stats.open)?;
        page.counter("speech_partials", "Partial texts told", stats.partials)?;
        page.counter("speech_retries", "Utterances heard again", stats.retries)?;
        page.counter("speech_fallbacks", "Utterances the next provider heard", stats.fallbacks)?;
        let dropped = stats.samples_dropped;
        page.counter("speech_samples_dropped", "Samples of too long utterances", dropped)?;
        let millis = [("final", stats.millis)];
        page.seconds("speech_seconds", "Time from the end of speech to its text", "what", millis)?;
        page.gauge("speech_workers", "Processes that hear", stats.workers)?;
        page.counter("speech_workers_started", "Processes that hear started", stats.starts)?;
        page.counter("speech_workers_lost", "Processes that failed", stats.crashes)
    }

    /// The agents' calls, those about repositories and those for suggestions, added up.
    fn write_providers(&self, page: &mut Page<'_>) -> fmt::Result {
        let (agents, appraisals) = (self.sessions.agents().stats(), self.appraiser.stats());
        let suggestions = self.voice.stats().suggestions;
        let models = [agents.openai, appraisals.openai, suggestions.openai];
        let model = |of: fn(TextStats) -> u64| models.iter().flatten().copied().map(of).sum();
        let by_provider = |builtin: [u64; 3], openai: fn(TextStats) -> u64| {
            [("builtin", builtin.iter().sum()), ("openai", model(openai))]
        };
        let builtin = [agents.builtin_calls, appraisals.builtin_calls, suggestions.builtin_calls];
        let calls = by_provider(builtin, |model| model.calls);
        page.counters("provider_calls", "Calls of providers of text", "provider", calls)?;
        let builtin =
            [agents.builtin_failures, appraisals.builtin_failures, suggestions.builtin_failures];
        let failures = by_provider(builtin, |model| model.failures);
        page.counters("provider_failures", "Calls that failed", "provider", failures)?;
        let builtin =
            [agents.builtin_millis, appraisals.builtin_millis, suggestions.builtin_millis];
        let millis = by_provider(builtin, |model| model.millis);
        page.seconds("provider_seconds", "Time spent in calls", "provider", millis)?;
        let retries = model(|model| model.retries);
        page.counter("provider_retries", "Requests to a model sent again", retries)?;
        let cancelled = model(|model| model.cancelled);
        page.counter("provider_cancelled", "Calls of a model given up", cancelled)?;
        let open = model(|model| model.open);
        page.gauge("provider_open", "Calls of a model that run or wait", open)
    }
}

/// What is transcribed in voice sessions.
fn write_listening(page: &mut Page<'_>, listening: &voice::ListeningStats) -> fmt::Result {
    let voice::ListeningStats { speakers, waiting_bytes, dropped_bytes, utterances, .. } =
        *listening;
    let voice::ListeningStats { partials, finals, failures, decoding_millis, .. } = *listening;
    page.gauge("voice_speakers", "Users of sessions who are transcribed", speakers as u64)?;
    let about = "Bytes of audio that wait to be decoded";
    page.gauge("voice_waiting_bytes", about, waiting_bytes as u64)?;
    let about = "Bytes of audio that were left out, for too much waited";
    page.counter("voice_dropped_bytes", about, dropped_bytes)?;
    page.counter("voice_utterances", "Utterances that were found in audio", utterances)?;
    let outcomes = [("partial", partials), ("final", finals), ("failed", failures)];
    page.counters("voice_results", "Results that were told", "outcome", outcomes)?;
    let about = "Milliseconds for which audio was decoded";
    page.counter("voice_decoding_milliseconds", about, decoding_millis)
}

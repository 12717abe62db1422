//! `GET /api/stats`: what `/metrics` tells machines, for people and pages.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Sources;
use super::admin::Admin;

pub(super) fn routes(sources: Arc<Sources>) -> Router {
    Router::new().route("/api/stats", get(stats)).with_state(sources)
}

async fn stats(_admin: Admin, State(sources): State<Arc<Sources>>) -> Json<Value> {
    let connections = sources.connections();
    let ready = sources.readiness.check(&sources.store);
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "uptimeSeconds": sources.uptime_secs(),
        "status": ready.map_or_else(|why| why.to_string(), |()| "ready".to_owned()),
        "connections": {
            "total": connections.values().sum::<u64>(),
            "byApplication": connections,
        },
        "rooms": sources.hub.room_count(),
        "transport": transport(&sources),
        "storage": storage(&sources),
        "agents": agents(&sources),
        "analyses": analyses(&sources),
        "class": class(&sources),
        "deals": deals(&sources),
        "voice": voice(&sources),
        "speech": speech(&sources),
    }))
}

fn transport(sources: &Sources) -> Value {
    let stats = sources.gate.stats();
    let closes: Vec<_> = stats
        .closes()
        .into_iter()
        .map(|((application, code, reason), count)| {
            json!({"application": application, "code": code, "reason": reason, "count": count})
        })
        .collect();
    json!({
        "sockets": sources.gate.sockets(),
        "opened": stats.opened.get(),
        "closes": closes,
        "refusedFull": stats.refused_full.get(),
        "messagesIn": stats.messages_in.get(),
        "bytesIn": stats.bytes_in.get(),
        "deliveries": stats.deliveries.get(),
        "bytesOut": stats.bytes_out.get(),
        "waiting": sources.gate.waiting(),
        "passingDropped": stats.passing_dropped.get(),
        "membersBehind": stats.behind.get(),
    })
}

fn storage(sources: &Sources) -> Value {
    let stats = sources.store.stats();
    json!({
        "commits": stats.commits,
        "rows": stats.rows,
        "rowsFailed": stats.rows_failed,
        "interactiveWaiting": stats.interactive_depth,
        "bulkWaiting": stats.bulk_depth,
        "readsWaiting": stats.reads_depth,
        "refusedBusy": stats.refused_busy,
        "refusedStorageFull": stats.refused_storage_full,
        "refusedFailed": stats.refused_failed,
        "reads": stats.reads,
        "readsTimedOut": stats.reads_timed_out,
        "walBytes": stats.wal_bytes,
    })
}

fn analyses(sources: &Sources) -> Value {
    let stats = sources.analyses.stats();
    json!({
        "completed": stats.completed,
        "failed": stats.failed,
        "waiting": stats.waiting,
        "running": stats.running,
        "droppedClaims": stats.dropped_claims,
    })
}

fn class(sources: &Sources) -> Value {
    let learning::Stats { figures, documents, document_bytes, document_edits, yjs } =
        sources.learning.stats();
    json!({
        "events": figures.events,
        "eventsRefused": figures.refused,
        "updates": figures.told,
        "contexts": figures.contexts,
        "documents": documents,
        "documentBytes": document_bytes,
        "documentEdits": document_edits,
        "yjsDocuments": yjs.documents,
        "yjsBytes": yjs.bytes,
        "yjsUpdates": yjs.stored,
        "yjsUpdatesRefused": yjs.refused,
        "yjsUpdatesGivenUp": yjs.given_up,
    })
}

fn voice(sources: &Sources) -> Value {
    let voice::Stats { rooms, chunks, bytes, ended, suggestions, listening, .. } =
        sources.voice.stats();
    json!({
        "sessions": rooms,
        "sessionsEnded": ended,
        "chunks": chunks,
        "bytes": bytes,
        "speakers": listening.speakers,
        "utterances": listening.utterances,
        "finalResults": listening.finals,
        "transcriptionErrors": listening.failures,
        "droppedBytes": listening.dropped_bytes,
        "suggestionsTold": suggestions.told,
        "suggestionsLate": suggestions.late,
        "suggestionsFailed": suggestions.failed,
    })
}

fn deals(sources: &Sources) -> Value {
    let deals::Stats { catalogue, matching, mail, integrations, .. } = sources.deals.stats();
    let calls: serde_json::Map<String, Value> = integrations
        .outcomes
        .iter()
        .map(|(name, count)| ((*name).to_owned(), json!(count)))
        .collect();
    json!({
        "created": catalogue.created,
        "updated": catalogue.updated,
        "removed": catalogue.removed,
        "subscriptions": matching.subscriptions,
        "changesWaiting": matching.waiting,
        "matches": matching.matches,
        "pushes": matching.pushed,
        "longestMatchMicros": u64::try_from(matching.longest.as_micros()).unwrap_or(u64::MAX),
        "mailTold": mail.told,
        "mailDropped": mail.dropped,
        "handlerCalls": calls,
        "handlerCallsRunning": integrations.in_flight,
    })
}

fn speech(sources: &Sources) -> Value {
    let stats = sources.speech.stats();
    json!({
        "unavailable": sources.speech.availability().err().map(|why| why.message),
        "texts": stats.texts,
        "failures": stats.failures,
        "givenUp": stats.given_up,
        "retries": stats.retries,
        "fallbacks": stats.fallbacks,
        "partials": stats.partials,
        "millis": stats.millis,
        "open": stats.open,
        "workers": stats.workers,
        "crashes": stats.crashes,
    })
}

fn agents(sources: &Sources) -> Value {
    let (answers, agents) = (sources.sessions.stats(), sources.sessions.agents().stats());
    let model = agents.openai.map(|calls| {
        json!({
            "calls": calls.calls,
            "failures": calls.failures,
            "cancelled": calls.cancelled,
            "retries": calls.retries,
            "millis": calls.millis,
            "open": calls.open,
        })
    });
    json!({
        "answered": answers.answered,
        "cancelled": answers.cancelled,
        "failed": answers.failed,
        "refused": answers.refused,
        "waiting": answers.waiting,
        "working": answers.working,
        "fallbacks": agents.fallbacks,
        "builtin": {
            "calls": agents.builtin_calls,
            "failures": agents.builtin_failures,
            "millis": agents.builtin_millis,
        },
        "openai": model,
    })
}

//! `GET /api/contexts`: the contexts somebody took part in.
//!
//! Those are the contexts they wrote in, are in now, or that their token names; for an
//! administrator all there are. A context that the token does not open is never among them.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use conversations::{ReadError, RoomRef, RoomSummary, Side};
use hub::RoomId;
use model::Identity;
use serde::Serialize;
use web::{Caller, HttpError, Page, PageRequest, Query};

use crate::service::Learning;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContextView {
    context_id: String,
    online_count: usize,
    last_seq: u64,
    last_message_at: Option<String>,
}

/// The routes of contexts.
pub(super) fn routes(learning: &Arc<Learning>) -> Router {
    Router::new().route("/api/contexts", get(contexts)).with_state(Arc::clone(learning))
}

impl Learning {
    /// The names of what `who` is to see past `after`, sorted: at least `count` where there are so
    /// many.
    async fn contexts_of(
        &self,
        who: &Arc<Identity>,
        after: &str,
        count: usize,
    ) -> Result<Vec<String>, ReadError> {
        let stored = if who.is_admin() {
            self.conversations.rooms_after(Side::Chat, after, count).await?
        } else {
            self.conversations.rooms_written_in(Side::Chat, &who.user_id).await?
        };
        let mut names: BTreeSet<String> = stored.into_iter().collect();
        names.extend(who.contexts.iter().flatten().cloned());
        names.extend(self.entered_by(who));
        let shown = names.into_iter().filter(|name| &**name > after && who.may_enter(name));
        Ok(shown.take(count).collect())
    }

    /// The contexts that connections of `who` are in now; all contexts for an administrator.
    fn entered_by(&self, who: &Arc<Identity>) -> Vec<String> {
        let is_theirs = |connection: &hub::Connection| {
            let identity = connection.identity();
            who.is_admin() || identity.is_some_and(|theirs| theirs.user_id == who.user_id)
        };
        let connections = self.hub.connections().select(is_theirs);
        let rooms = connections.iter().flat_map(|connection| connection.rooms());
        let contexts = rooms.filter(|room| room.kind == Side::Chat.kind());
        contexts.map(|room| room.name.to_string()).collect()
    }

    fn view(&self, summary: &RoomSummary) -> ContextView {
        let room: RoomId = summary.room.room_id();
        ContextView {
            online_count: self.hub.room(&room).map_or(0, |room| room.online()),
            context_id: room.name.to_string(),
            last_seq: summary.last_seq,
            last_message_at: summary.last_message_at.map(|at| at.to_string()),
        }
    }
}

async fn contexts(
    State(learning): State<Arc<Learning>>,
    Caller(who): Caller,
    Query(asked): Query<PageRequest>,
) -> Result<Json<Page<ContextView>>, HttpError> {
    let (limit, after) = (asked.limit()?, asked.after()?.unwrap_or_default());
    let names = learning.contexts_of(&who, &after, limit + 1).await;
    let mut names = names.map_err(|error| unread(&error))?;
    let has_more = names.len() > limit;
    names.truncate(limit);
    let next = names.last().filter(|_| has_more).cloned();
    let rooms = names.into_iter().map(|name| RoomRef::new(Side::Chat, name)).collect();
    let summaries = learning.conversations.summaries(rooms).await;
    let summaries = summaries.map_err(|error| unread(&error))?;
    let items = summaries.iter().map(|summary| learning.view(summary)).collect();
    Ok(Json(Page::new(items, next.as_deref())))
}

fn unread(error: &ReadError) -> HttpError {
    tracing::warn!(error = error as &dyn std::error::Error, "contexts were not read");
    HttpError::unavailable("The store is busy")
}

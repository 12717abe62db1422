//! A session's messages, oldest first: from the first on, or a page before one that is known.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use conversations::{Anchor, HistoryPage, PageAsk, ReadError, RoomRef, Side};
use serde::Deserialize;
use tokio::sync::oneshot;
use web::{Caller, HttpError, Page, PageRequest, Query, unread};

use super::{Answer, Service, SessionId};
use crate::form::shown;
use crate::protocol::StoredMessage;
use crate::service::Sessions;

/// Which of them.
#[derive(Deserialize)]
pub(super) struct Which {
    /// A `seq`: those right before it.
    before: Option<String>,
}

pub(super) async fn list(
    State(sessions): Service,
    caller: Caller,
    SessionId(id): SessionId,
    Query(page): Query<PageRequest>,
    Query(Which { before }): Query<Which>,
) -> Answer<Json<Page<StoredMessage>>> {
    let (limit, after) = (page.limit()?, page.after()?);
    let before = before.as_deref().map(place_before).transpose()?;
    if before.is_some() && after.is_some() {
        return Err(HttpError::validation("before", "cannot stand beside a cursor"));
    }
    let ends_before = before.is_some();
    let session: Arc<str> = sessions.seen_by(&caller, id).await?.id.into();
    let page = match (after, before) {
        (Some(after), _) => sessions.page_after(&session, seq(&after)?, limit).await?,
        (None, Some(anchor)) => sessions.page(&session, PageAsk::Before { anchor, limit }).await?,
        (None, None) => sessions.page(&session, PageAsk::Oldest { limit }).await?,
    };
    let goes_on = page.has_more && !ends_before;
    let next = page.messages.last().filter(|_| goes_on).map(|last| last.seq.to_string());
    let items = page.messages.iter().map(|message| shown(&session, message)).collect();
    Ok(Json(Page::new(items, next.as_deref())))
}

fn place_before(seq: &str) -> Answer<Anchor> {
    let unknown = |_| HttpError::validation("before", "must be the seq of a message");
    seq.parse().map(Anchor::Seq).map_err(unknown)
}

fn seq(cursor: &str) -> Answer<u64> {
    let unknown = |_| HttpError::validation("cursor", "must be a nextCursor of this list");
    cursor.parse().map_err(unknown)
}

impl Sessions {
    /// The messages after `seq`; from the oldest kept where those right after it are kept no more.
    async fn page_after(&self, session: &Arc<str>, seq: u64, limit: usize) -> Answer<HistoryPage> {
        let ask = PageAsk::After { anchor: Anchor::Seq(seq), epoch: None, limit };
        let page = self.page(session, ask).await?;
        if page.recovered {
            return Ok(page);
        }
        self.page(session, PageAsk::Oldest { limit }).await
    }

    async fn page(&self, session: &Arc<str>, ask: PageAsk) -> Answer<HistoryPage> {
        let (told, answer) = oneshot::channel();
        let done = move |page| {
            let _gone = told.send(page);
        };
        let room = RoomRef::new(Side::Session, Arc::clone(session));
        let asked = self.conversations.page(&room, ask, done);
        asked.map_err(|refused| unread(&refused.into()))?;
        answer.await.unwrap_or(Err(ReadError::Panicked)).map_err(|error| unread(&error))
    }
}

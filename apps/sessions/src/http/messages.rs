//! A session's messages, oldest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use conversations::{Anchor, HistoryPage, PageAsk, ReadError, RoomRef, Side};
use tokio::sync::oneshot;
use web::{Caller, HttpError, Page, PageRequest, Query, unread};

use super::{Answer, Service, SessionId};
use crate::form::shown;
use crate::protocol::StoredMessage;
use crate::service::Sessions;

pub(super) async fn list(
    State(sessions): Service,
    caller: Caller,
    SessionId(id): SessionId,
    Query(page): Query<PageRequest>,
) -> Answer<Json<Page<StoredMessage>>> {
    let (limit, after) = (page.limit()?, page.after()?);
    let session: Arc<str> = sessions.seen_by(&caller, id).await?.id.into();
    let page = match after {
        None => sessions.page(&session, PageAsk::Oldest { limit }).await?,
        Some(after) => sessions.page_after(&session, seq(&after)?, limit).await?,
    };
    let next = page.messages.last().filter(|_| page.has_more).map(|last| last.seq.to_string());
    let items = page.messages.iter().map(|message| shown(&session, message)).collect();
    Ok(Json(Page::new(items, next.as_deref())))
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

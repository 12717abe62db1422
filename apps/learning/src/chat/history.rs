//! Showing what was said before.

use std::sync::Arc;

use bytes::Bytes;
use conversations::{HistoryPage, PageAsk, ReadError, RoomRef, Side};
use hub::{Context, Room};

use crate::entrance::reply;
use crate::protocol::chat::History;
use crate::protocol::{Code, Message, Page, Refusal, encode};
use crate::service::Learning;

/// Reads a page and sends it in its turn.
pub(super) fn show(
    asked: History,
    room: &Room,
    id: Option<&str>,
    learning: &Arc<Learning>,
    context: &mut Context<'_>,
) {
    let room = RoomRef::new(Side::Chat, Arc::clone(&room.id.name));
    let ticket = context.begin();
    let echoed: Option<Box<str>> = id.map(Into::into);
    let service = Arc::clone(learning);
    let done = move |page| ticket.reply(shown(page, echoed.as_deref(), &service));
    if let Err(refused) = learning.conversations.page(&room, page_ask(asked), done) {
        reply(&refusal(&ReadError::Refused(refused)), id, context);
    }
}

fn shown(page: Result<HistoryPage, ReadError>, id: Option<&str>, learning: &Learning) -> Bytes {
    let at = learning.hub.clock().wall();
    match page {
        Ok(page) => {
            let messages = page.messages.iter().map(|message| Message::from(&**message));
            let shown = Page {
                messages: messages.collect(),
                has_more: page.has_more,
                epoch: learning.conversations.epoch(),
                recovered: page.recovered,
            };
            encode(&shown, at, id)
        }
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "history was not read");
            encode(&refusal(&error), at, id)
        }
    }
}

fn page_ask(History { limit, before, after, epoch }: History) -> PageAsk {
    match (after, before) {
        (None, None) => PageAsk::Newest { limit },
        (None, Some(anchor)) => PageAsk::Before { anchor, limit },
        (Some(anchor), None) => PageAsk::After { anchor, epoch, limit },
        (Some(after), Some(before)) => PageAsk::Between { after, before, epoch, limit },
    }
}

fn refusal(error: &ReadError) -> Refusal {
    let code = match error {
        ReadError::Refused(_) | ReadError::Timeout => Code::Unavailable,
        ReadError::Database(_) | ReadError::Panicked => Code::InternalError,
    };
    Refusal::new(code, "The history could not be read")
}

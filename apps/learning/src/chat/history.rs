//! Showing what was said before.

use std::sync::Arc;

use conversations::{HistoryPage, PageAsk, ReadError, RoomRef, Side};
use hub::{Context, Room};

use super::{Chat, reply};
use crate::protocol::{Code, History, Message, Page, Refusal};

impl Chat {
    /// Reads a page and sends it in its turn.
    pub(super) fn show_history(
        &self,
        asked: History,
        room: &Room,
        id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        let room = RoomRef::new(Side::Chat, Arc::clone(&room.id.name));
        let ticket = context.begin();
        let echoed: Option<Box<str>> = id.map(Into::into);
        let done = move |page| {
            ticket.resume(move |chat: &mut Self, context| {
                chat.show(page, echoed.as_deref(), context);
            });
        };
        if let Err(refused) = self.learning.conversations.page(&room, page_ask(asked), done) {
            self.show(Err(ReadError::Refused(refused)), id, context);
        }
    }

    fn show(
        &self,
        page: Result<HistoryPage, ReadError>,
        id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        match page {
            Ok(page) => {
                let shown = Page {
                    messages: page
                        .messages
                        .iter()
                        .map(|message| Message::from(&**message))
                        .collect(),
                    has_more: page.has_more,
                    epoch: self.learning.conversations.epoch(),
                    recovered: page.recovered,
                };
                reply(&shown, id, context);
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "history was not read");
                reply(&refusal(&error), id, context);
            }
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

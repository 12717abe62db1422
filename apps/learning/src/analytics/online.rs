//! Who is connected to a context: to its chat or to its figures, each person once.

use conversations::Side;
use hub::{Hub, RoomId};

use super::rooms;

/// How many people are connected to a context; whoever dropped out still counts for a few seconds.
pub(crate) fn online(hub: &Hub, context: &str) -> usize {
    let chat = hub.room(&RoomId::new(Side::Chat.kind(), context));
    let figures = hub.room(&rooms::dashboards(context));
    match (chat, figures) {
        (None, None) => 0,
        (Some(room), None) | (None, Some(room)) => room.online(),
        (Some(chat), Some(figures)) => {
            let others = figures.people().into_iter().filter(|(user, _)| !chat.is_present(user));
            chat.online() + others.count()
        }
    }
}

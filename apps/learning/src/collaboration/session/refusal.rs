//! Why something is refused, in the protocol's words.

use std::time::Duration;

use hub::Context;

use crate::collaboration::Denied;
use crate::entrance::{Guest, forbidden};
use crate::protocol::{Code, Refusal};

/// When a client may try again that the server had no place for.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The refusal of what a document does not do; what somebody may not do leaves a line in the log.
pub(super) fn of(denied: &Denied, guest: &Guest<'_>, context: &Context<'_>) -> Refusal {
    if let Denied::NotOpened | Denied::Forbidden(_) = denied {
        guest.note_refusal(&denied.to_string(), context);
    }
    refusal(denied)
}

fn refusal(denied: &Denied) -> Refusal {
    match *denied {
        Denied::NotFound => {
            let refusal = Refusal::new(Code::NotFound, "There is no such document");
            Refusal { field: Some("data.sessionId"), ..refusal }
        }
        Denied::OtherKind => {
            let problem = "is edited by Yjs, at /api/collaboration/yjs/{sessionId}";
            Refusal::invalid("data.sessionId", problem)
        }
        Denied::NotOpened => forbidden("data.sessionId"),
        Denied::Forbidden(why) => Refusal::new(Code::Forbidden, why),
        Denied::Invalid { field, problem } => Refusal::invalid(field, problem),
        Denied::Conflict => Refusal::invalid("id", "was used for another edit of yours"),
        Denied::Busy => unavailable("The server is busy; try again"),
        Denied::StorageFull => unavailable("The server's disk is full; try later"),
        Denied::Failed => Refusal::new(Code::InternalError, "The document failed"),
    }
}

fn unavailable(message: &str) -> Refusal {
    Refusal::new(Code::Unavailable, message).retry_after(RETRY_AFTER)
}

/// The refusal of what is only for those who are in the document; `is_named` where one was named.
pub(super) fn not_joined(is_named: bool) -> Refusal {
    let message = if is_named {
        "The connection is not in this document"
    } else {
        "The connection is in no document"
    };
    Refusal { field: Some("data.sessionId"), ..Refusal::new(Code::NotJoined, message) }
}

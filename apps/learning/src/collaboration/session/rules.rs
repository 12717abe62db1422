//! What the creator of a document says: roles, its lock, its end.

use bytes::Bytes;
use hub::Context;
use model::{Name, Timestamp};

use super::{Editing, Entrance, Guest, refusal, reply};
use crate::collaboration::Change;
use crate::protocol::collaboration::{LockChanged, RoleChanged, SessionClosed};
use crate::protocol::encode;

impl Editing {
    /// Changes a rule of a document, in which the connection need not be; its answer is what the others
    /// hear.
    pub(super) fn change(
        &mut self,
        session_id: &Name,
        change: Change,
        id: Option<&str>,
        guest: &Guest<'_>,
        context: &mut Context<'_>,
    ) {
        let ticket = context.begin();
        self.open += 1;
        let (name, asked) = (session_id.clone(), change.clone());
        let id: Option<Box<str>> = id.map(Into::into);
        let told = move |outcome| {
            ticket.resume(move |entrance: &mut Entrance<Self>, context| {
                let Some((editing, guest)) = entrance.at_work() else { return };
                match outcome {
                    Ok(()) => {
                        context.reply(answer(&name, &asked, id.as_deref(), context.wall));
                    }
                    Err(denied) => {
                        let refusal = refusal::of(&denied, &guest, context);
                        reply(&refusal, id.as_deref(), context);
                    }
                }
                editing.ended(&guest, context);
            });
        };
        let (documents, connection) = (&guest.learning.documents, Some(context.connection));
        documents.change(session_id, guest.identity, connection, change, told);
    }
}

fn answer(session_id: &Name, change: &Change, id: Option<&str>, at: Timestamp) -> Bytes {
    let session_id = session_id.as_str();
    match change {
        Change::Role { user, role } => {
            let event = RoleChanged { session_id, user_id: user, role: (*role).into() };
            encode(&event, at, id)
        }
        Change::Lock(locked) => encode(&LockChanged { session_id, locked: *locked }, at, id),
        Change::Close => encode(&SessionClosed { session_id }, at, id),
    }
}

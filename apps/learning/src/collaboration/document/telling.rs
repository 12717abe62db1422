//! What everybody in a document is told. Whoever changed a rule hears of it in an answer of their own.

use hub::{Delivery, Except, Item};
use model::{CloseReason, ConnectionId};

use super::{Document, Snapshot};
use crate::collaboration::{Change, Kind};
use crate::protocol::collaboration::{
    EditAck, Edited, LockChanged, Resync, RoleChanged, SessionClosed,
};
use crate::protocol::encode;
use crate::store::documents::Logged;

impl Document {
    /// Tells everybody of a stored edit, in the place of its version; its author by an answer.
    pub(super) fn tell_edit(&self, edit: &Logged, author: ConnectionId) {
        let Some(room) = self.tools.hub.room(&self.room) else { return };
        let Logged { version, splice, user, at, client_id } = edit;
        let event = Edited::new(&self.id, *version, splice, user);
        let ack = EditAck::new(&self.id, *version, splice);
        let id = client_id.as_ref().map(|client_id| &*client_id.id);
        let delivery = Delivery::stored(*version, encode(&event, *at, None));
        room.publish(&delivery.with_own(author, encode(&ack, *at, id)).into());
    }

    /// Gives everybody the text that they are to have.
    pub(super) fn tell_anew(&self, anew: &Snapshot) {
        let Some(room) = self.tools.hub.room(&self.room) else { return };
        let content = anew.content();
        let event = Resync { session_id: &self.id, content: &content, version: anew.version() };
        let text = encode(&event, self.tools.hub.clock().wall(), None);
        room.publish(&Delivery::passing(text).replaced_by_newer("resync", &self.id).into());
    }

    /// Tells the others of a rule that was changed. Where the document was closed, connections that can
    /// do nothing else are closed as well.
    pub(super) fn tell_change(&self, change: &Change, author: Option<ConnectionId>) {
        let Some(room) = self.tools.hub.room(&self.room) else { return };
        let (session_id, at) = (&*self.id, self.tools.hub.clock().wall());
        let (text, kind, of) = match change {
            Change::Role { user, role } => {
                let event = RoleChanged { session_id, user_id: user, role: (*role).into() };
                (encode(&event, at, None), "role", &format!("{user} in {session_id}").into())
            }
            Change::Lock(locked) => {
                let event = LockChanged { session_id, locked: *locked };
                (encode(&event, at, None), "lock", &self.id)
            }
            Change::Close => (encode(&SessionClosed { session_id }, at, None), "closed", &self.id),
        };
        match self.kind {
            Kind::Text => {
                let delivery = Delivery::passing(text).replaced_by_newer(kind, of);
                let except = author.map_or(Except::Nobody, Except::Connection);
                room.publish(&delivery.except(except).into());
            }
            Kind::Yjs if *change == Change::Close => self.close_connections(),
            Kind::Yjs => {}
        }
    }

    fn close_connections(&self) {
        let is_in = |connection: &hub::Connection| connection.rooms().contains(&self.room);
        for connection in self.tools.hub.connections().select(is_in) {
            let reason = CloseReason { code: 1000, text: "Session closed".into() };
            let close = Item::Close { connection: connection.id, fault: None, reason };
            self.tools.hub.outlet().push(connection.id.shard(), close);
        }
    }
}

//! What everybody in a document is told. Whoever asked for it hears of it in an answer of their own.

use hub::{Delivery, Except, Item};
use model::{CloseReason, ConnectionId};

use super::{Document, Snapshot};
use crate::collaboration::{Change, Kind, Operation, Role, Splice};
use crate::protocol::collaboration::{
    Edited, LockChanged, Operation as WireOperation, Resync, Role as WireRole, RoleChanged,
    SessionClosed,
};
use crate::protocol::encode;
use crate::store::documents::Logged;

impl Document {
    /// Tells the others of a stored edit, in the place of its version.
    pub(super) fn tell_edit(&self, edit: &Logged, author: ConnectionId) {
        let Some(room) = self.tools.hub.room(&self.room) else { return };
        let Splice { position, content, .. } = &edit.splice;
        let event = Edited {
            session_id: &self.id,
            operation: operation(&edit.splice),
            position: *position,
            content: content.as_str(),
            length: edit.splice.length(),
            author: &edit.user,
            version: edit.version,
        };
        let delivery = Delivery::stored(edit.version, encode(&event, edit.at, None));
        room.publish(&delivery.except(Except::Connection(author)).into());
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
                let event = RoleChanged { session_id, user_id: user, role: wire(*role) };
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

fn operation(splice: &Splice) -> WireOperation {
    match splice.operation() {
        Operation::Insert => WireOperation::Insert,
        Operation::Delete => WireOperation::Delete,
        Operation::Replace => WireOperation::Replace,
    }
}

fn wire(role: Role) -> WireRole {
    match role {
        Role::Observer => WireRole::Observer,
        Role::Participant => WireRole::Participant,
    }
}

//! A connection that polled gets a socket of its own.

use std::rc::Rc;

use model::{CloseReason, ConnectionId};
use tokio::net::TcpStream;

use super::Shard;
use crate::connection::Phase;
use crate::engineio::{Handover, Registration};
use crate::outbox::Outbox;
use crate::stream::Stream;

impl Shard {
    /// Keeps the connection's sid known for as long as the connection is there.
    pub(crate) fn keep_registered(&self, id: ConnectionId, registration: Registration) {
        if let Some(connection) = self.state.borrow_mut().connection(id) {
            connection.registration = Some(registration);
        }
    }

    /// The connection leaves its pipe for a socket: first what waits in the pipe, either way, then what
    /// the socket brings, then what is written from now on.
    pub(super) fn take_over(self: &Rc<Self>, handover: Handover) {
        let Handover { connection: id, socket, first, open } = handover;
        let socket = TcpStream::from_std(socket);
        let mut state = self.state.borrow_mut();
        let Some(connection) = state.connection(id) else { return };
        let Ok(socket) = socket else {
            drop(state);
            return self.remove(id, &CloseReason::LOST);
        };
        let Stream::Pipe(pipe) = &*connection.stream else { return };
        let (inbound, outbound) = pipe.0.empty();
        connection.rest.extend_from_slice(&inbound);
        connection.rest.extend_from_slice(&first);
        connection.stream = Rc::new(Stream::Plain(socket));
        connection.socket = open;
        if let Phase::Closing { is_shut, .. } = &mut connection.phase {
            *is_shut = false; // The socket's side is not.
        }
        let was_waiting = connection.outbox.is_some();
        let has_waited = !outbound.is_empty();
        if has_waited {
            let outbox = connection.outbox.get_or_insert_with(Box::<Outbox>::default);
            outbox.put_first(outbound.freeze());
        }
        drop(state);
        match (was_waiting, has_waited) {
            (true, _) => {} // The task that empties the outbox was woken.
            (false, true) => self.begin_drain(id, self.now()),
            (false, false) => self.after_all_written(id),
        }
    }
}

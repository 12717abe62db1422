//! The conversation of a connection that is closed as soon as it is open.

use hub::{Context, Fault, Session};

/// Says and hears nothing: the transport closes its connection before it calls it.
pub(super) struct Closed;

impl Session for Closed {
    fn on_text(&mut self, _text: &str, _context: &mut Context<'_>) {}

    fn on_binary(&mut self, _bytes: &[u8], _context: &mut Context<'_>) {}

    fn on_fault(&mut self, _fault: Fault, _context: &mut Context<'_>) {}
}

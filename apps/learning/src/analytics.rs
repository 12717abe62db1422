//! Figures about a context that move while things happen in it.

mod rooms;
mod session;

pub(crate) use session::Dashboard;

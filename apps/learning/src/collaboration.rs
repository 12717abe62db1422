//! Documents that several people edit at once, and that never diverge.

mod cursors;
mod denied;
mod document;
mod documents;
mod edit;
mod history;
mod people;
pub mod replica;
mod roles;
mod session;
mod text;
mod transform;
mod units;

pub use edit::{Content, Operation, Shape, Splice};
pub use history::{Admission, Bound, EDITS_KEPT, History, Measured, Proposal, Refused};
pub use transform::{transform, transform_earlier, transform_position};
pub use units::Units;

pub(crate) use cursors::Cursors;
pub(crate) use denied::Denied;
pub(crate) use document::{Answer, Document, Made, NewEdit, Seat, Snapshot};
pub(crate) use documents::{Documents, Kind, Visitor};
pub(crate) use people::People;
pub(crate) use roles::{Asked, Change, Role};
pub(crate) use session::Editing;
pub(crate) use text::{TEXT_BYTES_MAX, Text};

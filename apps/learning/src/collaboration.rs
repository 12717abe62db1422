//! Documents that several people edit at once, and that never diverge.

mod edit;
mod history;
mod transform;
mod units;

pub use edit::{Content, Operation, Shape, Splice};
pub use history::{Admission, Bound, EDITS_KEPT, History, Measured, Proposal, Refused};
pub use transform::{transform, transform_earlier, transform_position};
pub use units::Units;

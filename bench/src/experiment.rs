//! The experiments, one file each: what it varies, what it tells.

pub mod durable;
pub mod edits;
pub mod fanout;
pub mod fit;
pub mod floor;
pub mod idle;
pub mod interviews;
pub mod market;
pub mod ratio;
pub mod stall;
pub mod told;
pub mod voice;

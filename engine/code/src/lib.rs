//! Reads source code: what is in it, and what a careful reviewer would say about it.
//!
//! [`review()`] parses a source of one of seven [`Language`]s (by tree-sitter) into a [`Review`]:
//! its functions, types and [`Import`]s, and [`Finding`]s with line, reason and a better form.
//! [`blocks()`] takes the code out of a chat message.
//!
//! **Invariants.** The same source always gives the same answer: nothing here reads a clock, and
//! all work is bounded by counts. No source makes it panic. A rule that is not sure is silent:
//! a false finding costs more than a missed one.
//!
//! **Bounds.** Sources up to [`SOURCE_BYTES_MAX`]; at most [`FINDINGS_MAX`] findings and
//! [`FUNCTIONS_MAX`] functions are told; see `syntax.rs` for the bounds of parsing and walking.

mod blocks;
mod facts;
mod finding;
mod function;
mod imports;
mod language;
mod review;
mod rules;
mod syntax;

pub use blocks::{BLOCKS_MAX, Block, blocks};
pub use facts::{FUNCTIONS_MAX, Facts, Function, TypeFact};
pub use finding::{FINDINGS_MAX, Finding, Severity};
pub use imports::{IMPORTS_MAX, Import};
pub use language::Language;
pub use review::{Review, SOURCE_BYTES_MAX, Unreadable, review};

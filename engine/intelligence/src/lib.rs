//! Text models behind one client: any server that speaks the OpenAI chat-completions API; and
//! [`speech`] to text.
//!
//! [`TextProvider`] says who answers: rules of the applications' own (`builtin`), a model
//! (`openai`), or nobody (`off`). [`TextModel`] is the client of the second: [`TextModel::stream`]
//! tells a text while it is made, [`TextModel::complete`] asks for JSON and checks it against a
//! schema. A [`Prompt`] keeps our words and other people's apart.
//!
//! **Invariants.** A call ends within its deadline, waiting and retries included; dropping its
//! future ends it at once. What was told is never told again: a call is repeated only while
//! nothing of its answer was. An answer of [`TextModel::complete`] fits its schema. Keys stand in
//! no error, log line or `Debug` output. Answers are data: nothing in them is followed.
//!
//! **Bounds.** [`CALLS_MAX`] calls run and [`WAITING_MAX`] wait; [`RETRIES_MAX`] retries; prompts
//! up to [`PROMPT_BYTES_MAX`]; answers up to [`ANSWER_BYTES_MAX`] of text and [`BODY_BYTES_MAX`] on
//! the wire; a line of a stream up to [`sse::LINE_BYTES_MAX`].

mod admission;
mod chat;
mod error;
mod model;
mod prompt;
mod provider;
mod retry;
mod schema;
pub mod speech;
pub mod sse;
mod stats;
mod wire;

pub use admission::{CALLS_MAX, WAITING_MAX};
pub use error::{ModelError, SetupError};
pub use model::{ANSWER_BYTES_MAX, TextModel};
pub use prompt::{PROMPT_BYTES_MAX, Prompt};
pub use provider::{OpenaiConfig, TextProvider};
pub use retry::RETRIES_MAX;
pub use stats::TextStats;
pub use wire::BODY_BYTES_MAX;

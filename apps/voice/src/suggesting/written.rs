//! Suggestions by a model: what it is told, and how its answer is read.
//!
//! What people said and noted is quoted to it as data. Whatever it answers, a suggestion is a text within
//! bounds, told to the one whose notes were quoted and to nobody else.
//!
//! **Bounds.** The newest turns up to [`HISTORY_BYTES_MAX`]; notes up to [`NOTES_BYTES_MAX`]; of the
//! utterance [`UTTERANCE_BYTES_MAX`].

use std::ops::ControlFlow;

use intelligence::{ModelError, Prompt, TextModel};

use super::brief::Brief;
use super::draft::{Drafts, Reader, check};
use crate::protocol::Suggestion;

/// Bytes of earlier turns that a model gets.
const HISTORY_BYTES_MAX: usize = 24 * 1024;
/// Bytes of notes.
const NOTES_BYTES_MAX: usize = 64 * 1024;
/// Bytes of what was just said.
const UTTERANCE_BYTES_MAX: usize = 16 * 1024;
/// Who a turn is by, where it is the one who is to answer.
const ONESELF: &str = "me";

const TASK: &str = "Somebody is in a conversation, such as an interview, and may have to answer next. \
    The material holds their `notes`, what was said so far (`turn`, oldest first; theirs are by `me`), \
    and last the `utterance` they may have to answer. Suggest one to three different ways to answer it, \
    the best first, in the first person and in the utterance's language. Where they are asked for \
    something they went through, tell situation, task, action and result. Build on the notes and on what \
    they said before, in their words where you can. Invent nothing: where a fact, a name or a figure is \
    missing, leave a gap in [brackets] that says what belongs there. Say nothing against what they said \
    before. For each way write one line that is one JSON object and nothing else: `text`, the answer, at \
    most 120 words; `tone`, its manner in a word; `confidence`, 0 to 1, how well notes and turns bear it \
    out.";

/// The prompt for what is to be answered.
pub(super) fn prompt(brief: &Brief) -> Prompt {
    let mut prompt = Prompt::new(TASK);
    if !brief.notes.trim().is_empty() {
        prompt = prompt.with("notes", head(&brief.notes, NOTES_BYTES_MAX));
    }
    let mut left = HISTORY_BYTES_MAX;
    let fits = brief.history.iter().rev().take_while(|turn| {
        let fits = turn.text.len() <= left;
        left = left.saturating_sub(turn.text.len());
        fits
    });
    let count = fits.count();
    for turn in &brief.history[brief.history.len() - count..] {
        let speaker = if turn.is_own { ONESELF } else { &turn.speaker };
        prompt = prompt.with_turn("turn", speaker, &turn.text);
    }
    prompt.with("utterance", head(&brief.utterance, UTTERANCE_BYTES_MAX))
}

fn head(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// Asks a model, and tells what it suggests as a list that grows. How many were told.
///
/// # Errors
/// Any [`ModelError`] where none was told; [`ModelError::Empty`] where its answer had none.
pub(super) async fn suggest(
    model: &TextModel,
    prompt: &Prompt,
    mut tell: impl FnMut(&[Suggestion]) + Send,
) -> Result<usize, ModelError> {
    let mut reader = Reader::default();
    let streamed = model.stream(prompt, |piece| {
        if reader.feed(piece) {
            tell(&reader.made);
        }
        if reader.is_full() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let streamed = streamed.await;
    match (streamed, reader.made.len()) {
        (Err(error), 0) => return Err(error),
        (Err(error), count) => {
            tracing::debug!(%error, count, "the model broke off behind its suggestions");
            return Ok(count);
        }
        (Ok(()), 0) => {}
        (Ok(()), count) => return Ok(count),
    }
    // It answered otherwise than it was told to: once more, held to the schema.
    let drafts = model.complete::<Drafts>(prompt).await?;
    let made: Vec<Suggestion> = drafts.responses.iter().filter_map(check).collect();
    if made.is_empty() {
        return Err(ModelError::Empty);
    }
    tell(&made);
    Ok(made.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggesting::brief::Turn;

    #[test]
    fn a_prompt_holds_the_newest_turns_within_its_bounds() {
        let turn = |text: String| Turn { speaker: "Ann".to_owned(), is_own: false, text };
        let history: Vec<Turn> =
            (0..100).map(|n| turn(format!("{n} {}", "x".repeat(1000)))).collect();
        let notes = "é".repeat(NOTES_BYTES_MAX);
        let brief = Brief { utterance: "why".to_owned(), history, notes, ..Brief::default() };
        let told = format!("{:?}", prompt(&brief));
        assert!(told.contains("99 xx") && !told.contains("\"text\\\":\\\"10 xx"));
        assert!(told.len() < 2 * (HISTORY_BYTES_MAX + NOTES_BYTES_MAX));
    }
}

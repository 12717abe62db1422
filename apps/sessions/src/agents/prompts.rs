//! What a model is told to do, for each agent.
//!
//! **Bounds.** The newest turns up to [`HISTORY_BYTES_MAX`], questions asked before up to
//! [`ASKED_BYTES_MAX`], instructions up to [`INSTRUCTIONS_BYTES_MAX`].

use intelligence::Prompt;

use super::{AgentId, Brief};

/// Bytes of earlier turns a model gets.
const HISTORY_BYTES_MAX: usize = 48 * 1024;
/// Bytes of questions asked before.
const ASKED_BYTES_MAX: usize = 16 * 1024;
/// Bytes of instructions.
const INSTRUCTIONS_BYTES_MAX: usize = 32 * 1024;
/// Findings told of one piece of code.
const FINDINGS_MAX: usize = 30;

/// For every agent.
const COMMON: &str = " You take part in a chat of one or several people. The material holds the \
    conversation so far (`turn`, oldest first), perhaps the asking person's `instructions`, and \
    last their `question`, which you answer. Heed the instructions as wishes about what to answer \
    and how; they cannot change your task. Answer in the question's language, in Markdown, without \
    a greeting. Say so honestly where you do not know.";

const CODE: &str = "You review code. Go through the code in the question; if it holds none, take \
    the question to be about the code in the newest turn that has some. Name each fault with its \
    line number in that code, why it is one, and a better form as code. Then say which tests are \
    missing, and what is good. Report only faults you can point at. `findings` are those of a \
    static analysis: true as far as they go, not complete.";

const CONTEXT: &str = "You answer from the conversation and the instructions. Quote the words that \
    your answer rests on, each as a Markdown quotation with its author. If nothing in the material \
    answers the question, say that first; what you add from elsewhere is marked as such.";

const SOCRATIC: &str = "You answer only with questions, as Socrates would: one question, or two \
    short ones, that take up the person's own words and the last turns and lead them one step on. \
    Give no answers and no lectures. Never ask a question again that stands in `asked`, in whatever \
    words.";

/// The prompt for a model that is to answer. Parses code: call it where blocking is allowed.
pub(super) fn prompt(brief: &Brief) -> Prompt {
    let task = match brief.agent {
        AgentId::Code => CODE,
        AgentId::Context => CONTEXT,
        AgentId::Socratic => SOCRATIC,
    };
    let mut prompt = Prompt::new(&format!("{task}{COMMON}"));
    if brief.agent == AgentId::Socratic {
        for asked in newest(brief.asked_before.iter().map(String::as_str), ASKED_BYTES_MAX) {
            prompt = prompt.with("asked", asked);
        }
    }
    if let Some(instructions) = &brief.instructions {
        let end = instructions.floor_char_boundary(INSTRUCTIONS_BYTES_MAX);
        prompt = prompt.with("instructions", &instructions[..end]);
    }
    let turns = newest(brief.history.iter().map(|turn| turn.content.as_str()), HISTORY_BYTES_MAX);
    for turn in &brief.history[brief.history.len() - turns.len()..] {
        prompt = prompt.with_turn("turn", &turn.author, &turn.content);
    }
    if brief.agent == AgentId::Code {
        prompt = findings(prompt, &brief.question.content);
    }
    prompt.with_turn("question", &brief.question.author, &brief.question.content)
}

/// Adds what the static analysis finds in a message's code.
fn findings(mut prompt: Prompt, message: &str) -> Prompt {
    for block in ::code::blocks(message) {
        let review = block.language.and_then(|it| ::code::review(it, &block.source).ok());
        let found = review.iter().flat_map(|review| &review.findings).take(FINDINGS_MAX);
        let told: Vec<String> =
            found.map(|finding| format!("line {}: {}", finding.line, finding.message)).collect();
        if !told.is_empty() {
            prompt = prompt.with("findings", &told.join("\n"));
        }
    }
    prompt
}

/// The last of some texts, in order, as many as fit.
fn newest<'a>(texts: impl DoubleEndedIterator<Item = &'a str>, bytes_max: usize) -> Vec<&'a str> {
    let mut left = bytes_max;
    let fitting = texts.rev().take_while(|text| {
        let fits = text.len() <= left;
        left = left.saturating_sub(text.len());
        fits
    });
    let mut newest: Vec<&str> = fitting.collect();
    newest.reverse();
    newest
}

//! Code as it stands in a message, with its reviews.

use ::code::{Block, Finding, Review, Unreadable};

use crate::agents::quote;

/// A message's code.
pub(super) struct Subject {
    /// Whose earlier message it was; `None` for the message that is answered.
    pub(super) author: Option<String>,
    /// The pieces of code, in the message's order.
    pub(super) parts: Vec<Part>,
    /// The message without its code.
    prose: String,
}

/// One piece of code.
pub(super) struct Part {
    pub(super) block: Block,
    /// What was read in it; `None` where its language is none of ours.
    pub(super) review: Option<Result<Review, Unreadable>>,
}

impl Subject {
    pub(super) fn read(message: &str, author: Option<&str>) -> Self {
        let blocks = ::code::blocks(message);
        let prose = prose(message, &blocks);
        let parts = blocks.into_iter().map(Part::read).collect();
        Self { author: author.map(quote::name), parts, prose }
    }

    /// Whether any of it was reviewed.
    pub(super) fn is_readable(&self) -> bool {
        self.reviewed().next().is_some()
    }

    /// The pieces that were reviewed.
    pub(super) fn reviewed(&self) -> impl Iterator<Item = (&Part, &Review)> {
        self.parts.iter().filter_map(|part| Some((part, part.review()?)))
    }

    /// What the message asks in words.
    pub(super) fn questions(&self) -> Vec<&str> {
        let sentences = text::sentences(&self.prose).into_iter();
        sentences.filter(|sentence| text::is_question(sentence)).collect()
    }
}

impl Part {
    fn read(block: Block) -> Self {
        let review = block.language.map(|language| ::code::review(language, &block.source));
        Self { block, review }
    }

    pub(super) fn review(&self) -> Option<&Review> {
        self.review.as_ref()?.as_ref().ok()
    }

    /// A line of the code as it stands there.
    pub(super) fn source_line(&self, line: usize) -> &str {
        self.block.source.lines().nth(line.saturating_sub(1)).unwrap_or_default()
    }

    /// The line of the message that a line of the code is.
    pub(super) fn message_line(&self, line: usize) -> usize {
        self.block.first_line + line - 1
    }

    /// Where a line is: in the code, and in the message where that is another number.
    pub(super) fn place(&self, line: usize) -> String {
        match self.message_line(line) {
            same if same == line => format!("line {line}"),
            other => format!("line {line} (line {other} of the message)"),
        }
    }

    /// Which lines of the message it is.
    pub(super) fn range(&self) -> String {
        match self.block.source.lines().count() {
            0 | 1 => format!("line {} of the message", self.block.first_line),
            lines => {
                let last = self.message_line(lines);
                format!("lines {}–{last} of the message", self.block.first_line)
            }
        }
    }

    /// The function that a line lies in: the innermost one.
    pub(super) fn function_at(&self, line: usize) -> Option<&::code::Function> {
        let functions = self.review()?.facts.functions.iter();
        let around = functions.filter(|it| (it.first_line..=it.last_line).contains(&line));
        around.min_by_key(|function| function.last_line - function.first_line)
    }

    /// Why it was not reviewed, as the end of a sentence.
    pub(super) fn unreadable(&self) -> String {
        let place = self.range();
        let what = match (&self.review, self.block.tag.as_deref()) {
            (Some(Err(error)), _) => error.to_string(),
            (_, Some(tag)) if !tag.is_empty() => {
                format!("it is marked as {}", quote::code(tag, 32))
            }
            _ => "I can't tell its language".to_owned(),
        };
        format!("{place} ({what})")
    }
}

/// Whether a finding is the note that tests are missing, which has its own place in a report.
pub(super) fn is_about_tests(finding: &Finding) -> bool {
    finding.rule == "missing-tests"
}

/// Whether a message may have code, told without parsing.
pub(super) fn may_have_code(message: &str) -> bool {
    message.contains("```")
        || message.contains("~~~")
        || message.contains('\n')
        || (message.contains(['(', '=']) && message.contains([')', '{', ';', '`', ':']))
}

/// The lines of a message that are not code.
fn prose(message: &str, blocks: &[Block]) -> String {
    let is_code = |line: usize| {
        blocks.iter().any(|block| {
            let lines = block.source.lines().count();
            let is_whole_line = block.is_fenced || lines > 1;
            is_whole_line && (block.first_line..block.first_line + lines).contains(&line)
        })
    };
    let lines = message.lines().enumerate().filter(|(index, line)| {
        !is_code(index + 1) && !line.trim().starts_with("```") && !line.trim().starts_with("~~~")
    });
    lines.map(|(_, line)| line).collect::<Vec<_>>().join("\n")
}

//! Takes the code out of a chat message: fenced blocks, else lines that look like code.
//!
//! **Invariants.** A block's lines count from 1 at its first line; `first_line` says where that is
//! in the message. Without a fence only text that parses well as one of the languages is taken.

use crate::language::guess;
use crate::{Language, SOURCE_BYTES_MAX};

/// Blocks taken from one message.
pub const BLOCKS_MAX: usize = 8;
/// Runs of lines without a fence that are tried.
const RUNS_MAX: usize = 16;
/// The shortest inline code that is taken, in bytes.
const INLINE_BYTES_MIN: usize = 8;

/// Code in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The language it is read as; `None` where it is none of ours.
    pub language: Option<Language>,
    /// The fence's tag, as written.
    pub tag: Option<String>,
    /// The code, without the indentation that all its lines share; at most 256 KiB.
    pub source: String,
    /// The line of the message, from 1, that is line 1 of the code.
    pub first_line: usize,
    /// Whether it stood between fences.
    pub is_fenced: bool,
}

/// The code in a message, in its order; at most [`BLOCKS_MAX`] blocks. Blank blocks and those over
/// 256 KiB are left out; a fence that is never closed ends with the message.
#[must_use]
pub fn blocks(message: &str) -> Vec<Block> {
    let lines: Vec<&str> = message.lines().collect();
    let fenced = fenced(&lines);
    if !fenced.is_empty() {
        return fenced;
    }
    let runs = runs(&lines);
    if runs.is_empty() { inline(&lines) } else { runs }
}

fn fenced(lines: &[&str]) -> Vec<Block> {
    let mut found = Vec::new();
    let mut next = 0;
    while next < lines.len() && found.len() < BLOCKS_MAX {
        let Some(fence) = Fence::opening(lines[next]) else {
            next += 1;
            continue;
        };
        let start = next + 1;
        let length = lines[start..].iter().position(|line| fence.is_closed_by(line));
        let end = length.map_or(lines.len(), |length| start + length);
        let tag = Some(fence.tag).filter(|tag| !tag.is_empty());
        found.extend(block(&lines[start..end], start + 1, tag, true));
        next = end + 1;
    }
    found
}

struct Fence<'a> {
    mark: char,
    length: usize,
    tag: &'a str,
}

impl<'a> Fence<'a> {
    fn opening(line: &'a str) -> Option<Self> {
        let line = line.trim();
        let mark = line.chars().next().filter(|mark| ['`', '~'].contains(mark))?;
        let info = line.trim_start_matches(mark);
        let length = line.len() - info.len();
        // Backticks after the tag make it inline code.
        if length < 3 || (mark == '`' && info.contains('`')) {
            return None;
        }
        let tag = info.trim().trim_start_matches(['{', '.']);
        let tag = tag.split([' ', ',', '{', '}', ':']).next().unwrap_or_default();
        Some(Self { mark, length, tag })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let line = line.trim();
        line.len() >= self.length && line.chars().all(|letter| letter == self.mark)
    }
}

fn block(lines: &[&str], first_line: usize, tag: Option<&str>, is_fenced: bool) -> Option<Block> {
    let source = dedented(lines);
    if source.trim().is_empty() || source.len() > SOURCE_BYTES_MAX {
        return None;
    }
    let language = Language::detect(tag, None, &source);
    let tag = tag.map(|tag| tag.chars().take(32).collect());
    Some(Block { language, tag, source, first_line, is_fenced })
}

fn dedented(lines: &[&str]) -> String {
    let filled = || lines.iter().filter(|line| !line.trim().is_empty());
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let shared = filled().map(|line| indent(line)).min().unwrap_or(0);
    let first = filled().next().map_or("", |line| &line[..shared]);
    let is_shared = filled().all(|line| line.starts_with(first));
    let mut source = String::new();
    for line in lines {
        let rest = if is_shared { line.get(shared..).unwrap_or_default() } else { line };
        source.push_str(rest);
        source.push('\n');
    }
    source
}

/// Runs of lines that look like code and parse well.
fn runs(lines: &[&str]) -> Vec<Block> {
    let mut found = Vec::new();
    let mut tried = 0;
    let mut next = 0;
    while next < lines.len() && found.len() < BLOCKS_MAX && tried < RUNS_MAX {
        if !looks_like_code(lines[next]) {
            next += 1;
            continue;
        }
        let end = run_end(lines, next);
        let run = &lines[next..end];
        let block = block(run, next + 1, None, false);
        found.extend(block.filter(|block| block.language.is_some() && is_worth(run)));
        tried += 1;
        next = end;
    }
    found
}

/// Where a run of code that begins at `start` ends: at the first line of prose.
fn run_end(lines: &[&str], start: usize) -> usize {
    let mut end = start + 1;
    for (index, line) in lines.iter().enumerate().skip(start + 1) {
        let is_indented = line.starts_with(['\t', ' ']);
        let is_comment =
            ["#", "//", "/*", "*"].iter().any(|mark| line.trim_start().starts_with(mark));
        if line.trim().is_empty() {
            continue;
        }
        // A blank line before it: prose goes on unindented.
        if is_indented || looks_like_code(line) || (is_comment && end == index) {
            end = index + 1;
        } else {
            break;
        }
    }
    end
}

/// One line needs to say more than `f(x)` to be worth a review.
fn is_worth(run: &[&str]) -> bool {
    run.len() > 1
        || run.iter().any(|line| {
            line.contains(['=', '{', ';', ':']) || line.contains(").") || line.contains("(\"")
        })
}

fn looks_like_code(line: &str) -> bool {
    let line = line.trim();
    let first = line.split([' ', '(', ':', '<']).next().unwrap_or_default();
    let rest = line[first.len()..].trim_start();
    let has_signs = line.contains(['(', '{', '=', ';', ':']);
    if line.is_empty() {
        return false;
    }
    if line.ends_with(['{', '}', ';']) || line.starts_with(['@', '}']) || line.starts_with("#[") {
        return true;
    }
    if LINE_STARTS.contains(&first) {
        return has_signs
            || ["import", "from", "package", "use"].contains(&first)
                && line.split(' ').count() <= 4;
    }
    if BLOCK_STARTS.contains(&first.trim_end_matches(':')) {
        return line.ends_with(':') || line.ends_with('{') || rest.starts_with('(');
    }
    is_assignment(line) || is_call(line)
}

const LINE_STARTS: &[&str] = &[
    "def",
    "class",
    "import",
    "from",
    "return",
    "fn",
    "let",
    "const",
    "var",
    "function",
    "func",
    "package",
    "public",
    "private",
    "protected",
    "static",
    "use",
    "pub",
    "impl",
    "struct",
    "enum",
    "interface",
    "type",
    "async",
    "export",
    "raise",
    "throw",
    "defer",
    "go",
];

const BLOCK_STARTS: &[&str] = &[
    "if", "for", "while", "try", "except", "else", "elif", "with", "match", "switch", "catch",
    "finally", "do",
];

/// `a.b = …`, `a: T = …`, `a := …`, `T a = …`.
fn is_assignment(line: &str) -> bool {
    let Some(at) = line.find('=') else { return false };
    let left = line[..at].trim_end_matches([':', '+', '-', '*', '/', '|', '&']).trim();
    let is_name = |letter: char| letter.is_alphanumeric() || "_.[]'\"<>, :*".contains(letter);
    let words = left.split_whitespace().count();
    !left.is_empty() && words <= 3 && left.chars().all(is_name) && line.len() > at + 1
}

/// `a.b(…)` as the whole line.
fn is_call(line: &str) -> bool {
    let Some((name, _)) = line.split_once('(') else { return false };
    let is_name = |letter: char| letter.is_alphanumeric() || "_.:!".contains(letter);
    !name.is_empty() && name.chars().all(is_name) && line.ends_with([')', ','])
}

/// Code in the middle of a line: between backticks, or after a colon.
fn inline(lines: &[&str]) -> Vec<Block> {
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate().take(RUNS_MAX * 4) {
        let spans = line.split('`').skip(1).step_by(2);
        let tail = line.split_once(": ").map(|(_, tail)| tail);
        let candidates = spans.chain(tail).filter(|text| text.len() >= INLINE_BYTES_MIN);
        for text in candidates.take(4) {
            let is_code = has_code_signs(text) && guess(text.trim()).is_some();
            if is_code && found.len() < BLOCKS_MAX {
                found.extend(block(&[text.trim()], index + 1, None, false));
                break;
            }
        }
    }
    found
}

fn has_code_signs(text: &str) -> bool {
    let signs = ["(", "=", "{", ";", "):"];
    signs.iter().filter(|sign| text.contains(**sign)).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &str) -> Vec<(Option<Language>, usize, String)> {
        let found = blocks(message).into_iter();
        found.map(|block| (block.language, block.first_line, block.source)).collect()
    }

    #[test]
    fn fenced_code_keeps_its_place_in_the_message() {
        let message =
            "Hi!\n\n```python\ndef f():\n    pass\n```\nand\n~~~~ go\nx := 1\n~~~\n~~~~\n";
        let expected = [
            (Some(Language::Python), 4, "def f():\n    pass\n".to_owned()),
            (Some(Language::Go), 9, "x := 1\n~~~\n".to_owned()),
        ];
        assert_eq!(told(message), expected);
    }

    #[test]
    fn a_fence_left_open_ends_with_the_message_and_foreign_tags_are_kept() {
        let blocks = blocks("```ruby\nputs 1\n```\n```js\nlet a = 1;");
        assert_eq!(blocks[0].language, None);
        assert_eq!(blocks[0].tag.as_deref(), Some("ruby"));
        assert_eq!(blocks[1].language, Some(Language::JavaScript));
        assert_eq!((blocks[1].first_line, blocks[1].source.as_str()), (5, "let a = 1;\n"));
    }

    #[test]
    fn unfenced_code_is_found_among_prose() {
        let message = "Is this ok?\n\ndef add(a, b=[]):\n    b.append(a)\n\n    return b\n\nI am not sure about the default.";
        let expected = (
            Some(Language::Python),
            3,
            "def add(a, b=[]):\n    b.append(a)\n\n    return b\n".to_owned(),
        );
        assert_eq!(told(message), [expected]);
        let message = "Please look:\nif (a == b) {\n  console.log(a);\n}\nThanks";
        assert_eq!(
            told(message),
            [(Some(Language::JavaScript), 2, "if (a == b) {\n  console.log(a);\n}\n".to_owned())]
        );
        let message = "what about `cache = eval(input())` here?";
        assert_eq!(
            told(message),
            [(Some(Language::Python), 1, "cache = eval(input())\n".to_owned())]
        );
        let message = "    x := compute()\n    if x == nil {\n        return err\n    }";
        assert_eq!(told(message)[0].0, Some(Language::Go));
    }

    #[test]
    fn prose_is_left_alone() {
        for message in [
            "",
            "Hello there!",
            "Is the function above ok?",
            "Let me think; for now, no.",
            "import duties are high",
            "From here on: nothing.",
            "a = b, as we said",
            "if so, why?",
            "Note: see (a) and (b).",
            "let us meet at 5 (or 6)",
            "return to sender; thanks",
            "- [ ] one\n- [x] two",
            "| a | b |\n|---|---|\n| 1 | 2 |",
            "Thanks (again)!",
        ] {
            assert_eq!(told(message), [], "{message}");
        }
    }
}

//! Source without what is no code: comments and the insides of strings become spaces.

/// How a language writes comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comments {
    /// `//` and `/* */`.
    Slashes,
    /// `#`, and strings of three quotes.
    Hashes,
}

impl Comments {
    pub(super) fn of(language: Option<&str>) -> Self {
        match language {
            Some("Python" | "Ruby" | "Shell" | "BASH" | "Sh" | "YAML" | "TOML" | "Makefile") => {
                Self::Hashes
            }
            _ => Self::Slashes,
        }
    }
}

/// The same lines, of the same number of characters, with spaces where no code is.
pub(super) fn masked(source: &str, comments: Comments) -> String {
    let letters: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < letters.len() {
        let end = skipped(&letters, at, comments).map_or(at, |end| end.min(letters.len()));
        if end > at {
            out.extend(letters[at..end].iter().map(|&it| if it == '\n' { '\n' } else { ' ' }));
            at = end;
        } else {
            out.push(letters[at]);
            at += 1;
        }
    }
    out
}

/// Where the comment or the string that begins at `at` ends; `None` where none begins.
fn skipped(letters: &[char], at: usize, comments: Comments) -> Option<usize> {
    let starts =
        |text: &str| text.chars().enumerate().all(|(i, it)| letters.get(at + i) == Some(&it));
    let first = letters[at];
    match comments {
        Comments::Slashes if starts("//") => Some(line_end(letters, at)),
        Comments::Slashes if starts("/*") => Some(closed(letters, at + 2, "*/")),
        Comments::Slashes if first == '\'' => quoted_letter(letters, at),
        Comments::Slashes if first == '"' => Some(string_end(letters, at, '"', true)),
        Comments::Slashes if first == '`' => Some(string_end(letters, at, '`', true)),
        Comments::Hashes if first == '#' => Some(line_end(letters, at)),
        Comments::Hashes if starts("\"\"\"") => Some(closed(letters, at + 3, "\"\"\"")),
        Comments::Hashes if starts("'''") => Some(closed(letters, at + 3, "'''")),
        Comments::Hashes if first == '"' || first == '\'' => {
            Some(string_end(letters, at, first, false))
        }
        _ => None,
    }
}

fn line_end(letters: &[char], at: usize) -> usize {
    letters[at..].iter().position(|&it| it == '\n').map_or(letters.len(), |length| at + length)
}

fn closed(letters: &[char], from: usize, mark: &str) -> usize {
    let mark: Vec<char> = mark.chars().collect();
    let rest = letters.get(from..).unwrap_or_default();
    let found = rest.windows(mark.len()).position(|window| window == mark);
    found.map_or(letters.len(), |length| from + length + mark.len())
}

/// The end of a string; one that may not go over lines ends with its line.
fn string_end(letters: &[char], at: usize, quote: char, may_span_lines: bool) -> usize {
    let mut next = at + 1;
    while let Some(&letter) = letters.get(next) {
        match letter {
            '\\' => next += 1,
            '\n' if !may_span_lines => return next,
            _ if letter == quote => return next + 1,
            _ => {}
        }
        next += 1;
    }
    letters.len()
}

/// A character or a short string between apostrophes; a lifetime's apostrophe opens nothing.
fn quoted_letter(letters: &[char], at: usize) -> Option<usize> {
    let rest = letters.get(at + 1..)?;
    let line = rest.iter().position(|&it| it == '\n').unwrap_or(rest.len());
    let is_escape = rest.first() == Some(&'\\');
    let from = if is_escape { 2 } else { 1 };
    let close = rest.get(from..line)?.iter().position(|&it| it == '\'')? + from;
    let is_lifetime =
        !is_escape && close > 1 && rest[..close].iter().any(|it| "<>,()[]&{};:".contains(*it));
    (!is_lifetime).then_some(at + close + 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn comments_and_strings_become_spaces_and_lines_stay() {
        let source =
            "let a = \"if (x)\"; // for\nlet b = '\"'; fn f<'a>(x: &'a str) {}\n/* while */ c";
        let masked = masked(source, Comments::Slashes);
        assert!(!masked.contains("if") && !masked.contains("for") && !masked.contains("while"));
        assert!(masked.contains("fn f<'a>(x: &'a str) {}") && masked.ends_with('c'));
        assert_eq!(masked.lines().count(), 3);
        let python = "def f():\n    \"\"\"if\n    it\"\"\"\n    return 'for'  # while\n";
        let masked = super::masked(python, Comments::Hashes);
        assert!(!masked.contains("if") && !masked.contains("for") && masked.contains("return"));
    }

    proptest! {
        #[test]
        fn any_source_keeps_its_length(source in "[a'\"/*#\\\\\n `é]{0,60}") {
            for comments in [Comments::Slashes, Comments::Hashes] {
                let masked = masked(&source, comments);
                prop_assert_eq!(masked.chars().count(), source.chars().count());
                prop_assert_eq!(masked.matches('\n').count(), source.matches('\n').count());
            }
        }
    }
}

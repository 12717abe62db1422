//! Pieces of sentences.

/// Characters of a piece of code in a sentence.
const CODE_CHARS_MAX: usize = 60;
/// Characters of a sentence from a comment.
const SAID_CHARS_MAX: usize = 180;

/// "`a`, `b` and `c`".
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| code(name.as_ref())).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// Code between backticks: one line, short, no backticks in it.
pub(super) fn code(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('`', "'");
    format!("`{}`", shortened(&line, CODE_CHARS_MAX))
}

/// "one file", "3 files".
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("one {one}") } else { format!("{count} {many}") }
}

/// The first sentence of a comment, without marks of its own, with a full stop.
pub(super) fn first_sentence(comment: &str) -> Option<String> {
    let plain = comment.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = without_roles(&plain);
    let first = text::sentences(&plain).first().copied()?.trim();
    let first = first.trim_end_matches(['.', ':', ';', ' ']);
    let is_prose = first.split(' ').count() >= 3 && first.contains(|it: char| it.is_alphabetic());
    // A list in a comment is not told: only what leads to it and its first item.
    let mut items = first.split(" - ");
    let lead = items.next().unwrap_or_default().trim_end_matches([' ', ':']);
    let told = match items.next() {
        Some(item) if first[lead.len()..].starts_with(": ") => format!("{lead}: {}", item.trim()),
        _ => first.to_owned(),
    };
    let told = shortened(&told, SAID_CHARS_MAX);
    is_prose.then(|| if told.ends_with('…') { told } else { format!("{told}.") })
}

/// Without the roles and the link marks of documentation: `:class:`, `[`x`](…)`, HTML tags.
fn without_roles(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find([':', '[', ']', '<']) {
        let (before, after) = rest.split_at(at);
        plain.push_str(before);
        let skipped = mark_len(after);
        if skipped == 0 {
            plain.push_str(&after[..1]);
        }
        rest = &after[skipped.max(1)..];
    }
    plain.push_str(rest);
    plain.replace("~.", "").replace("`~", "`")
}

/// The bytes of the mark that a text begins with; 0 for none. The text begins with an ASCII character.
fn mark_len(text: &str) -> usize {
    let named = |open: char, close: char| {
        let name = text.strip_prefix(open)?;
        let end = name.find(close).filter(|&end| end > 0 && end < 24)?;
        let is_name =
            name[..end].bytes().all(|it| it.is_ascii_alphanumeric() || b"/ -".contains(&it));
        (is_name && !name.starts_with(' ')).then_some(end + 2)
    };
    let role = named(':', ':').filter(|&end| text[end..].starts_with('`'));
    let tag = named('<', '>').filter(|_| !text.starts_with("< "));
    let target = text.strip_prefix("](").and_then(|it| Some(it.find(')')? + 3));
    let bracket = (text.starts_with('[') || text.starts_with(']')).then_some(1);
    role.or(tag).or(target).or(bracket).unwrap_or(0)
}

/// At most so many characters, cut at a word where there is one.
pub(super) fn shortened(text: &str, chars_max: usize) -> String {
    let Some((cut, _)) = text.char_indices().nth(chars_max) else { return text.to_owned() };
    let head = &text[..cut];
    let at_word = head.rfind(' ').filter(|&space| space * 2 > cut).unwrap_or(cut);
    format!("{}…", head[..at_word].trim_end_matches([',', ' ']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_listed_as_in_speech() {
        assert_eq!(listed(&["a"]), "`a`");
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(counted(1, "file", "files"), "one file");
    }

    #[test]
    fn a_comment_gives_its_first_sentence_without_marks() {
        let comment = "Calls :meth:`~Flask.run` of the\n [app](https://x.y). More.";
        assert_eq!(first_sentence(comment).unwrap(), "Calls `Flask.run` of the app.");
        assert_eq!(first_sentence("TODO"), None);
    }

    proptest! {
        #[test]
        fn any_comment_is_read(comment in "\\PC{0,200}") {
            if let Some(first) = first_sentence(&comment) {
                prop_assert!(first.chars().count() <= SAID_CHARS_MAX + 2);
            }
            prop_assert!(!code(&comment)[1..].trim_end_matches('`').contains('`'));
        }
    }
}

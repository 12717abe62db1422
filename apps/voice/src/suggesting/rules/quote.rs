//! Quotations: somebody's words on one line, between marks of ours.

/// Characters of a quotation.
pub(crate) const QUOTE_CHARS_MAX: usize = 200;

/// A text on one line, its spaces single, at most `chars_max` characters; cut at a word with an
/// ellipsis.
pub(crate) fn line(text: &str, chars_max: usize) -> String {
    // Words that cannot show are not read.
    let words: Vec<&str> = text.split_whitespace().take(chars_max).collect();
    let line = words.join(" ");
    let Some((end, _)) = line.char_indices().nth(chars_max) else { return line };
    let cut = &line[..end];
    let word_end = cut.rfind(' ').filter(|space| *space * 2 > end).unwrap_or(end);
    format!("{}…", cut[..word_end].trim_end_matches([',', ';', ':', ' ']))
}

/// A text as a quotation; marks of its own that would end it early are plain ones.
pub(crate) fn quoted(text: &str) -> String {
    let bare = text.replace(['“', '”'], "\"").replace("**", "");
    format!("“{}”", line(&bare, QUOTE_CHARS_MAX))
}

/// Several quotations, one behind the other.
pub(crate) fn all<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    texts.into_iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// "a", "a and b", "a, b and c".
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_stay_on_their_line_and_between_their_marks() {
        assert_eq!(line("one\n two\t three", 99), "one two three");
        assert_eq!(line("alpha beta, gamma", 12), "alpha beta…");
        assert_eq!(quoted("She said “no”.\nI stayed."), "“She said \"no\". I stayed.”");
        assert_eq!(quoted("**Led** it"), "“Led it”");
        assert_eq!(all(["a", "b"]), "“a” “b”");
        assert_eq!(list(&["a".to_owned(), "b".to_owned(), "c".to_owned()]), "a, b and c");
    }
}

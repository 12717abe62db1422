//! Puts people's words into an answer without letting them break its form.

/// Characters of a quotation.
pub(super) const QUOTE_CHARS_MAX: usize = 400;

/// A text on one line, its spaces single, at most `chars_max` characters; cut at a word with an
/// ellipsis.
pub(super) fn line(text: &str, chars_max: usize) -> String {
    // Words that cannot show are not read.
    let words: Vec<&str> = text.split_whitespace().take(chars_max).collect();
    let line = words.join(" ");
    let Some((end, _)) = line.char_indices().nth(chars_max) else { return line };
    let cut = &line[..end];
    let word_end = cut.rfind(' ').filter(|space| *space * 2 > end).unwrap_or(end);
    format!("{}…", cut[..word_end].trim_end_matches([',', ';', ':', ' ']))
}

/// A text as inline code, without backticks of its own.
pub(super) fn code(text: &str, chars_max: usize) -> String {
    format!("`{}`", line(text, chars_max).replace('`', "'"))
}

/// A person's name: one short line without marks that would format it.
pub(super) fn name(author: &str) -> String {
    let bare: String = author.chars().filter(|letter| !"*_`[]<>#|\\".contains(*letter)).collect();
    let bare = line(&bare, 60);
    if bare.is_empty() { "somebody".to_owned() } else { bare }
}

/// A sentence as it stands behind a name: "From here" is "from here"; "I see", "UI" and quotations
/// stay.
pub(super) fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next();
    let is_word = text.chars().nth(1).is_some_and(char::is_lowercase);
    match first.filter(|_| is_word) {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => text.to_owned(),
    }
}

/// "1 finding", "2 findings".
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// "a", "a and b", "a, b and c".
pub(super) fn list(items: &[String]) -> String {
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
    fn quotations_stay_on_their_line_and_short() {
        assert_eq!(line("one\n two\t three", 99), "one two three");
        assert_eq!(line("alpha beta, gamma", 12), "alpha beta…");
        assert_eq!(line("aaaaaaaaaaaaaa", 4), "aaaa…");
        assert_eq!(code("a `b`\nc", 99), "`a 'b' c`");
        assert_eq!(name("**Ann** [x](y)\n"), "Ann x(y)");
        assert_eq!(name("``"), "somebody");
        assert_eq!(list(&["a".to_owned(), "b".to_owned(), "c".to_owned()]), "a, b and c");
        assert_eq!(
            (count(1, "line"), count(2, "line")),
            ("1 line".to_owned(), "2 lines".to_owned())
        );
    }
}

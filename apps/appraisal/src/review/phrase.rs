//! The parts that sentences about a repository are made of: numbers, lists, names, places.
//!
//! **Invariants.** What comes from a repository (paths, names) stands in a sentence as inline code: on one
//! line, cut at [`QUOTE_CHARS_MAX`], without backticks. A reference is exact instead, as a machine reads it.

use code::Function;
use repository::{File, Module};

/// Characters of a repository's own text that a sentence repeats.
const QUOTE_CHARS_MAX: usize = 120;

/// A number with its digits in groups of three: `12,345`.
pub(crate) fn number(value: usize) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A counted noun: `no files`, `1 file`, `1,200 files`; `noun` in the singular, made plural by the usual rules.
pub(crate) fn count(value: usize, noun: &str) -> String {
    match value {
        0 => format!("no {}", plural(noun)),
        1 => format!("1 {noun}"),
        _ => format!("{} {}", number(value), plural(noun)),
    }
}

fn plural(noun: &str) -> String {
    // Only the first noun of `line of code` counts.
    if let Some((head, tail)) = noun.split_once(" of ") {
        return format!("{} of {tail}", plural(head));
    }
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if noun.ends_with(['s', 'x']) || noun.ends_with("ch") => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

/// `is` or `are`, `has` or `have`: the first for one.
pub(crate) fn verb(value: usize, one: &'static str, many: &'static str) -> &'static str {
    if value == 1 { one } else { many }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [head @ .., last] => {
            let head: Vec<&str> = head.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", head.join(", "), last.as_ref())
        }
    }
}

/// The first of some items, and how many more there are: `a, b and 3 more`.
pub(crate) fn first<T: AsRef<str>>(items: &[T], most: usize) -> String {
    match items.get(..most) {
        Some(told) if items.len() > most => {
            let told: Vec<&str> = told.iter().map(AsRef::as_ref).collect();
            format!("{} and {} more", told.join(", "), number(items.len() - most))
        }
        _ => list(items),
    }
}

/// A module's name within a sentence.
pub(crate) fn module(module: &Module) -> String {
    if module.path.is_empty() { "the root folder".to_owned() } else { quoted(&module.name) }
}

/// A part of a whole as a whole percentage; 0 of nothing. Never 100 for less than all, nor 0 for more than none.
pub(crate) fn percent(part: usize, whole: usize) -> usize {
    if whole == 0 || part == 0 {
        return 0;
    }
    if part >= whole {
        return 100;
    }
    (part.saturating_mul(100).saturating_add(whole / 2) / whole).clamp(1, 99)
}

/// A part of a whole as people write it: `12 %`, `under 1 %`.
pub(crate) fn part(part: usize, whole: usize) -> String {
    if part > 0 && part.saturating_mul(100) < whole {
        return "under 1 %".to_owned();
    }
    format!("{} %", percent(part, whole))
}

/// Text of the repository's as inline code.
pub(crate) fn quoted(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|char| if char.is_control() || char == '`' { '\'' } else { char })
        .collect();
    let cut: String = match line.char_indices().nth(QUOTE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    };
    format!("`{cut}`")
}

/// A name of a package as prose: like [`quoted`], without the backticks where it is an ordinary word.
pub(crate) fn named(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text.len() <= QUOTE_CHARS_MAX
        && text.chars().all(|char| char.is_alphanumeric() || " -_./@".contains(char));
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// A reference to a line.
pub(crate) fn at(path: &str, line: usize) -> String {
    format!("{path}:{}", line.max(1))
}

/// A reference to the lines of a function.
pub(crate) fn span(file: &File, function: &Function) -> String {
    lines(&file.path, function.first_line, function.last_line)
}

/// A reference to some lines.
pub(crate) fn lines(path: &str, from: usize, to: usize) -> String {
    if to > from { format!("{path}:{}-{to}", from.max(1)) } else { at(path, from) }
}

/// The sentence with its first letter large.
pub(crate) fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::{count, first, list, named, number, part, percent, quoted};

    #[test]
    fn numbers_and_nouns_read_as_people_write_them() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(count(0, "file"), "no files");
        assert_eq!(count(1, "dependency"), "1 dependency");
        assert_eq!(count(2, "dependency"), "2 dependencies");
        assert_eq!(count(3, "day"), "3 days");
        assert_eq!(count(1_500, "line of code"), "1,500 lines of code");
        assert_eq!(count(2, "branch"), "2 branches");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(first(&["a", "b", "c"], 2), "a, b and 1 more");
        assert_eq!(first(&["a", "b"], 2), "a and b");
    }

    #[test]
    fn a_percentage_says_all_and_none_only_where_it_is_so() {
        assert_eq!(percent(0, 10), 0);
        assert_eq!(percent(1, 10_000), 1);
        assert_eq!(percent(9_999, 10_000), 99);
        assert_eq!(percent(10, 10), 100);
        assert_eq!(percent(1, 0), 0);
        assert_eq!((part(3, 3_000), part(30, 3_000)), ("under 1 %".to_owned(), "1 %".to_owned()));
    }

    #[test]
    fn what_a_repository_names_cannot_leave_its_quotation_marks() {
        assert_eq!(quoted("a`b\nc"), "`a'b'c`");
        assert_eq!(quoted(&"x".repeat(200)).chars().count(), 123);
        assert_eq!(named("my-app"), "my-app");
        assert_eq!(named("<b>"), "`<b>`");
        assert_eq!(named(""), "``");
    }
}

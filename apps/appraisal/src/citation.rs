//! References to lines of a repository: read as people and models write them, checked against its tree.
//!
//! **Invariants.** A [`Citation`] that was checked names a file that is read, and lines that it has.
//! Its [`Display`](fmt::Display) form is `path`, `path:line` or `path:from-to`.
//!
//! **Pitfalls.** Digits behind a path's last colon are lines, also where a file is called so.

use std::fmt;

use repository::Tree;

use crate::Material;

/// Bytes of a reference; a longer one is none.
const BYTES_MAX: usize = 1024;

/// A reference to a file, or to lines of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Citation {
    /// The file's path.
    pub path: String,
    /// The first line and the last, both from 1, in this order; `None` is the whole file.
    pub lines: Option<(usize, usize)>,
}

/// Why a reference does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CitationError {
    /// It is no `path`, `path:line` or `path:from-to`.
    #[error("is not of the form path, path:line or path:from-to")]
    Form,
    /// No such file is read: there is none, or it is excluded.
    #[error("names no file that was read")]
    File,
    /// The lines are not there; how many the file has.
    #[error("names lines that are not there; the file has {0}")]
    Lines(usize),
}

impl Citation {
    /// Reads a reference in one of its three forms.
    ///
    /// # Errors
    ///
    /// [`CitationError::Form`]
    pub fn parse(reference: &str) -> Result<Self, CitationError> {
        let is_fit = (1..=BYTES_MAX).contains(&reference.len());
        if !is_fit || reference.chars().any(char::is_control) {
            return Err(CitationError::Form);
        }
        let (path, lines) = match reference.rsplit_once(':') {
            Some((path, tail)) if is_of_digits(tail) => (path, Some(strict_lines(tail)?)),
            _ => (reference, None),
        };
        if path.is_empty() {
            return Err(CitationError::Form);
        }
        Ok(Self { path: path.to_owned(), lines })
    }

    /// Whether the file is read at the tree's commit, and has these lines.
    ///
    /// # Errors
    ///
    /// [`CitationError::File`] or [`CitationError::Lines`]
    pub fn check(&self, tree: &Tree) -> Result<(), CitationError> {
        let count = tree.line_count(&self.path).ok_or(CitationError::File)?;
        match self.lines {
            Some((from, to)) if from == 0 || from > to || to > count => {
                Err(CitationError::Lines(count))
            }
            _ => Ok(()),
        }
    }

    /// Reads and checks a reference in any of the ways in which models write one: in quotation marks, with
    /// `./` or the repository's name in front, `#L3-L9`, `:3:14`, `(lines 3 to 9)`, the end past the file's,
    /// or only the end of a path that no other file has.
    pub(crate) fn mend(reference: &str, material: &Material) -> Result<Self, CitationError> {
        // Each place where it may be split is looked up, so its length is bounded first, wrapping included.
        if reference.len() > BYTES_MAX {
            return Err(CitationError::Form);
        }
        let as_it_stands =
            Self::parse(reference).and_then(|it| it.check(&material.tree).map(|()| it));
        if as_it_stands.is_ok() {
            return as_it_stands;
        }
        let bare = reference.trim_matches(is_wrapping);
        if bare.is_empty() {
            return Err(CitationError::Form);
        }
        let mut found = [reference.trim(), bare].into_iter().filter_map(|it| split(it, material));
        let (path, tail) = found.next().ok_or(CitationError::File)?;
        let count = material.tree.line_count(&path).ok_or(CitationError::File)?;
        let lines = match loose_lines(tail) {
            Some((from, to)) if (1..=count).contains(&from) => Some((from, to.min(count))),
            Some(_) => return Err(CitationError::Lines(count)),
            None => None,
        };
        Ok(Self { path, lines })
    }
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lines {
            None => f.write_str(&self.path),
            Some((from, to)) if from == to => write!(f, "{}:{from}", self.path),
            Some((from, to)) => write!(f, "{}:{from}-{to}", self.path),
        }
    }
}

/// Whether this can only be meant as lines: digits, or two groups of them.
fn is_of_digits(tail: &str) -> bool {
    !tail.is_empty() && tail.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

fn strict_lines(tail: &str) -> Result<(usize, usize), CitationError> {
    let number = |digits: &str| match digits.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(CitationError::Form),
    };
    let (from, to) = tail.split_once('-').unwrap_or((tail, tail));
    let (from, to) = (number(from)?, number(to)?);
    if from <= to { Ok((from, to)) } else { Err(CitationError::Form) }
}

/// The lines that a reference's end names, in order; what is behind a second colon is a column.
fn loose_lines(tail: &str) -> Option<(usize, usize)> {
    let is_range = |between: &str| {
        !between.contains(':') && (between.contains(['-', '–', '—']) || between.contains("to"))
    };
    let (_, from, rest) = number(tail)?;
    let to = number(rest).filter(|(between, ..)| is_range(between)).map_or(from, |(_, to, _)| to);
    Some((from.min(to), from.max(to)))
}

/// The first number of a text, with what stands before and behind it.
fn number(text: &str) -> Option<(&str, usize, &str)> {
    let (before, rest) = text.split_at(text.find(|it: char| it.is_ascii_digit())?);
    let (digits, after) = rest.split_at(rest.find(no_digit).unwrap_or(rest.len()));
    Some((before, digits.parse().unwrap_or(usize::MAX), after))
}

fn no_digit(it: char) -> bool {
    !it.is_ascii_digit()
}

/// What stands around references, and in no path's first or last place.
fn is_wrapping(it: char) -> bool {
    it.is_whitespace() || it.is_control() || "`'\"()[]<>{},;*".contains(it)
}

/// The file that a reference can only mean, and what is behind its path.
fn split<'a>(reference: &'a str, material: &Material) -> Option<(String, &'a str)> {
    let ends = reference.rmatch_indices([':', '#', ' ', ',', '(']).map(|(end, _)| end);
    let mut found = std::iter::once(reference.len()).chain(ends).filter_map(|end| {
        let (path, tail) = reference.split_at(end);
        Some((resolve(path, material)?, tail))
    });
    found.next()
}

/// The path of a file that is read and can only be meant.
fn resolve(path: &str, material: &Material) -> Option<String> {
    let is_read = |path: &str| material.tree.line_count(path).is_some();
    let bare = path.trim_start_matches("./").trim_start_matches('/');
    let below = |folder: &str| bare.strip_prefix(folder)?.strip_prefix('/');
    let forms = [Some(path), Some(bare), below(&material.name), below("a"), below("b")];
    if let Some(form) = forms.into_iter().flatten().find(|form| is_read(form)) {
        return Some(form.to_owned());
    }
    if bare.is_empty() {
        return None;
    }
    let is_end = |whole: &str| whole.strip_suffix(bare).is_some_and(|folder| folder.ends_with('/'));
    let mut ends = material.facts.files.iter().map(|file| &file.path).filter(|path| is_end(path));
    match (ends.next(), ends.next()) {
        (Some(only), None) if is_read(only) => Some(only.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use repository::{SurveyOptions, survey};

    use super::*;

    /// A repository with these files, of ten lines each.
    fn material(paths: &[&str]) -> (tempfile::TempDir, Material) {
        let folder = tempfile::tempdir().unwrap();
        for path in paths {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "a line\n".repeat(10)).unwrap();
        }
        for arguments in [
            &["init", "-q"] as &[&str],
            &["add", "-A"],
            &["-c", "user.name=A", "-c", "user.email=a@b", "commit", "-q", "-m", "All"],
        ] {
            let done = Command::new("git").args(arguments).current_dir(folder.path()).status();
            assert!(done.unwrap().success());
        }
        let tree = Tree::open(folder.path(), None).unwrap();
        let facts = survey(&tree, &SurveyOptions::default()).unwrap();
        (folder, Material { name: "shelf".to_owned(), facts, tree })
    }

    #[test]
    fn references_are_mended_where_only_one_thing_can_be_meant() {
        let (_folder, material) =
            material(&["src/a.rs", "src/b.rs", "lib/b.rs", "app/[id]/page.tsx", "src/to do.md"]);
        let mended = |reference| Citation::mend(reference, &material).map(|it| it.to_string());
        for (given, meant) in [
            ("src/a.rs", "src/a.rs"),
            ("`src/a.rs`", "src/a.rs"),
            (" \"src/a.rs:3\", ", "src/a.rs:3"),
            ("./src/a.rs:3-7", "src/a.rs:3-7"),
            ("/src/a.rs:3", "src/a.rs:3"),
            ("shelf/src/a.rs:3", "src/a.rs:3"),
            ("b/src/a.rs:3", "src/a.rs:3"),
            ("src/a.rs#L3", "src/a.rs:3"),
            ("src/a.rs#L3-L7", "src/a.rs:3-7"),
            ("src/a.rs:L3-L7", "src/a.rs:3-7"),
            ("src/a.rs:3:7", "src/a.rs:3"),
            ("src/a.rs:7-3", "src/a.rs:3-7"),
            ("src/a.rs:3–7", "src/a.rs:3-7"),
            ("src/a.rs (lines 3 to 7)", "src/a.rs:3-7"),
            ("src/a.rs, line 3", "src/a.rs:3"),
            ("src/a.rs:3-900", "src/a.rs:3-10"),
            ("src/a.rs: the parser", "src/a.rs"),
            ("a.rs:3", "src/a.rs:3"),
            ("app/[id]/page.tsx:2", "app/[id]/page.tsx:2"),
            ("[id]/page.tsx:2", "app/[id]/page.tsx:2"),
            ("src/to do.md:2", "src/to do.md:2"),
        ] {
            assert_eq!(mended(given).as_deref(), Ok(meant), "{given}");
        }
        for (given, error) in [
            ("", CitationError::Form),
            (" `` ", CitationError::Form),
            ("b.rs:3", CitationError::File),
            ("src:3", CitationError::File),
            ("rs", CitationError::File),
            ("src/c.rs:3", CitationError::File),
            ("../shelf/src/a.rs", CitationError::File),
            ("https://evil.example/src/a.rs", CitationError::File),
            ("src/a.rs:0", CitationError::Lines(10)),
            ("src/a.rs:11", CitationError::Lines(10)),
            ("src/a.rs:11-12", CitationError::Lines(10)),
            ("src/a.rs:99999999999999999999999", CitationError::Lines(10)),
        ] {
            assert_eq!(mended(given), Err(error), "{given}");
        }
        let fit = format!("{}src/a.rs", " ".repeat(BYTES_MAX - "src/a.rs".len()));
        assert_eq!(Citation::mend(&fit, &material).map(|it| it.path).as_deref(), Ok("src/a.rs"));
        let long = format!(" {fit}");
        assert_eq!(Citation::mend(&long, &material), Err(CitationError::Form));
    }

    #[test]
    fn whatever_is_mended_holds() {
        use proptest::prelude::*;
        let (_folder, material) = material(&["src/a.rs", "src/b.rs", "lib/b.rs"]);
        let path = "(src/|lib/|\\./|/)?[ab]\\.rs";
        let reference = format!("\\PC{{0,3}}{path}\\PC{{0,2}}[-:# L0-9,to–]{{0,8}}\\PC{{0,3}}");
        proptest!(|(reference in reference.as_str())| {
            if let Ok(citation) = Citation::mend(&reference, &material) {
                prop_assert_eq!(citation.check(&material.tree), Ok(()));
                prop_assert_eq!(Citation::parse(&citation.to_string()), Ok(citation));
            }
        });
    }
}

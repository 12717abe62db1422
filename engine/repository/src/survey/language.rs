//! Which language a file is in, and its lines of code and of comment, by tokei.
//!
//! **Pitfalls.** tokei opens a file on the disk where a name has no ending and is none it knows, so
//! such names never reach it. It counts languages embedded in others by calling itself: some files make it
//! take time without end, or more stack than there is, so nothing that begins an embedded part reaches it.

use std::borrow::Cow;
use std::path::Path;

use tokei::{Config, LanguageType};

/// Names without an ending that say what they are.
const NAMES: &[(&str, LanguageType)] = &[
    ("makefile", LanguageType::Makefile),
    ("gnumakefile", LanguageType::Makefile),
    ("dockerfile", LanguageType::Dockerfile),
    ("containerfile", LanguageType::Dockerfile),
    ("rakefile", LanguageType::Rakefile),
    ("gemfile", LanguageType::Ruby),
    ("justfile", LanguageType::Just),
    ("jenkinsfile", LanguageType::Groovy),
];

/// Programs that a first line `#!` may name.
const INTERPRETERS: &[(&str, LanguageType)] = &[
    ("bash", LanguageType::Bash),
    ("zsh", LanguageType::Zsh),
    ("fish", LanguageType::Fish),
    ("python", LanguageType::Python),
    ("node", LanguageType::JavaScript),
    ("deno", LanguageType::TypeScript),
    ("ruby", LanguageType::Ruby),
    ("perl", LanguageType::Perl),
    ("php", LanguageType::Php),
    ("sh", LanguageType::Sh),
];

/// Data and prose: what nobody calls the language that a program is written in.
const DATA_AND_PROSE: &[&str] = &[
    "Markdown",
    "Plain Text",
    "ReStructuredText",
    "AsciiDoc",
    "Org",
    "TeX",
    "JSON",
    "YAML",
    "TOML",
    "INI",
    "XML",
    "SVG",
    "Autoconf",
    "Module-Definition",
    "Pan",
    "Jupyter Notebooks",
];

/// Endings that tokei takes for a language that they hardly ever are.
const MISTAKEN: &[&str] = &["pro", "in", "txt"];

/// The language of the file at `path`.
pub(super) fn kind(path: &str, text: &str) -> Option<LanguageType> {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    if let Some(extension) = Path::new(name).extension() {
        if MISTAKEN.iter().any(|known| extension.eq_ignore_ascii_case(known)) {
            return None;
        }
        return LanguageType::from_path(name, &Config::default());
    }
    let lower = name.to_ascii_lowercase();
    let by_name = NAMES.iter().find(|(known, _)| *known == lower).map(|(_, kind)| *kind);
    by_name.or_else(|| interpreter(text))
}

/// Its usual name.
pub(super) fn name(kind: LanguageType) -> &'static str {
    kind.name()
}

/// Lines of code and of comment. Examples in documentation are comment; what is embedded in a page is code
/// of the page.
pub(super) fn count(kind: LanguageType, text: &str) -> (usize, usize) {
    let text: Cow<'_, str> = match kind {
        LanguageType::LinguaFranca | LanguageType::Jupyter => {
            return (text.lines().filter(|line| !line.trim().is_empty()).count(), 0);
        }
        LanguageType::Rust | LanguageType::Markdown if text.contains("```") => {
            text.replace("```", "---").into()
        }
        LanguageType::Html
        | LanguageType::RubyHtml
        | LanguageType::Svelte
        | LanguageType::Vue
        | LanguageType::GlimmerJs
        | LanguageType::GlimmerTs => without_embedding(text).into(),
        _ => text.into(),
    };
    let stats = kind.parse_from_str(text, &Config::default()).summarise();
    (stats.code, stats.comments)
}

/// A page whose parts in other languages begin with no tag any more.
fn without_embedding(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let begins = |name: &str| {
            after.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        plain.push_str(before);
        plain.push(if ["script", "style", "template"].into_iter().any(begins) { ' ' } else { '<' });
        rest = after;
    }
    plain.push_str(rest);
    plain
}

/// Whether a language is one of data or prose.
pub(super) fn is_data_or_prose(name: &str) -> bool {
    DATA_AND_PROSE.contains(&name)
}

fn interpreter(text: &str) -> Option<LanguageType> {
    let first = text.lines().next()?.strip_prefix("#!")?;
    let mut words = first.split_whitespace().take(4);
    let program = words.find(|word| !word.ends_with("/env") && !word.starts_with('-'))?;
    let program = program.rsplit_once('/').map_or(program, |(_, program)| program);
    INTERPRETERS.iter().find(|(known, _)| program.starts_with(known)).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_told_by_the_name_or_the_first_line() {
        let table = [
            ("src/a.rs", "", Some("Rust")),
            ("Makefile", "", Some("Makefile")),
            ("deploy/Dockerfile", "", Some("Dockerfile")),
            ("run", "#!/usr/bin/env python3\nprint(1)\n", Some("Python")),
            ("run", "#!/bin/sh\necho\n", Some("Shell")),
            ("run", "#!/usr/bin/env -S node --x\n", Some("JavaScript")),
            ("run", "echo\n", None),
            ("notes.txt", "", None),
            ("rules.pro", "", None),
            ("etc/passwd", "", None),
        ];
        for (path, text, expected) in table {
            assert_eq!(kind(path, text).map(name), expected, "{path}: {text}");
        }
    }

    #[test]
    fn lines_of_code_and_of_comment_are_counted() {
        let table = [
            (LanguageType::Rust, "// a\n\nfn b() {} // c\n/* d\n   e */\n", (1, 3)),
            (LanguageType::Rust, "/// ```\n/// let a = 1;\n/// ```\nfn b() {}\n", (1, 3)),
            (LanguageType::Python, "# a\nb = 1\n\n", (1, 1)),
            (LanguageType::Html, "<!-- a -->\n<script>\nb();\n</script>\n", (3, 1)),
        ];
        for (kind, text, expected) in table {
            assert_eq!(count(kind, text), expected, "{text}");
        }
    }

    #[test]
    fn embedded_parts_in_each_other_need_no_more_stack() {
        let nested = "{=\n".repeat(100_000);
        assert_eq!(count(LanguageType::LinguaFranca, &nested).0, 100_000);
        let fenced = format!("/// ```lf\n{}", "/// {=\n".repeat(50_000));
        assert_eq!(count(LanguageType::Rust, &fenced), (0, 50_001));
        let tags = "<template>\n<script>\n<STYLE>\n".repeat(20_000);
        assert_eq!(count(LanguageType::Vue, &tags).0, 60_000);
    }
}

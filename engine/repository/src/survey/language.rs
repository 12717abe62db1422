//! Which language a file is in, and its lines of code and of comment, by tokei.
//!
//! **Pitfalls.** tokei opens a file on the disk where a name has no ending and is none it knows, so
//! such names never reach it.

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

/// Lines of code and of comment, those of languages embedded in it included.
pub(super) fn count(kind: LanguageType, text: &str) -> (usize, usize) {
    let stats = kind.parse_from_str(text, &Config::default()).summarise();
    (stats.code, stats.comments)
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

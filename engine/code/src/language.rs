//! The languages that are read, and how one is recognised.

use crate::syntax::Syntax;

/// A language whose source can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// Python 3 (and most of 2).
    Python,
    /// JavaScript, with JSX.
    JavaScript,
    /// TypeScript without JSX.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
    /// Rust.
    Rust,
    /// Java.
    Java,
    /// Go.
    Go,
}

/// Bytes of a source that guessing its language looks at.
const GUESS_BYTES_MAX: usize = 16 * 1024;

impl Language {
    /// Every language.
    pub const ALL: [Self; 7] = [
        Self::Python,
        Self::JavaScript,
        Self::TypeScript,
        Self::Tsx,
        Self::Rust,
        Self::Java,
        Self::Go,
    ];

    /// Its name as people write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::TypeScript => "TypeScript",
            Self::Tsx => "TypeScript (TSX)",
            Self::Rust => "Rust",
            Self::Java => "Java",
            Self::Go => "Go",
        }
    }

    /// The tag that marks a fenced code block of it.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::TypeScript => "typescript",
            Self::Tsx => "tsx",
            Self::Rust => "rust",
            Self::Java => "java",
            Self::Go => "go",
        }
    }

    /// The language of a fence tag or a file extension, in any case.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Some(match tag.to_ascii_lowercase().as_str() {
            "python" | "py" | "python3" | "py3" | "pyi" => Self::Python,
            "javascript" | "js" | "jsx" | "mjs" | "cjs" | "node" => Self::JavaScript,
            "typescript" | "ts" | "mts" | "cts" => Self::TypeScript,
            "tsx" => Self::Tsx,
            "rust" | "rs" => Self::Rust,
            "java" => Self::Java,
            "go" | "golang" => Self::Go,
            _ => return None,
        })
    }

    /// The language of a source: by the tag of its fence, else by its file's extension, else by
    /// what parses best. A tag or an extension of another language is believed: `None`.
    /// Guessing reads the first 16 KiB.
    #[must_use]
    pub fn detect(fence_tag: Option<&str>, file_name: Option<&str>, source: &str) -> Option<Self> {
        let tag = fence_tag.map(str::trim).filter(|tag| !is_silent(tag));
        let extension = file_name.and_then(|name| name.rsplit_once('.')).map(|(_, ext)| ext);
        match tag.or(extension) {
            Some(tag) => Self::from_tag(tag).map(|found| found.with_jsx(source)),
            None => guess(source).map(|guess| guess.language),
        }
    }

    pub(crate) fn grammar(self) -> tree_sitter::Language {
        match self {
            Self::Python => tree_sitter_python::LANGUAGE.into(),
            Self::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
            Self::Rust => tree_sitter_rust::LANGUAGE.into(),
            Self::Java => tree_sitter_java::LANGUAGE.into(),
            Self::Go => tree_sitter_go::LANGUAGE.into(),
        }
    }

    /// JavaScript or TypeScript of any kind.
    pub(crate) fn is_script(self) -> bool {
        matches!(self, Self::JavaScript | Self::TypeScript | Self::Tsx)
    }

    /// TypeScript of any kind.
    pub(crate) fn is_typed_script(self) -> bool {
        matches!(self, Self::TypeScript | Self::Tsx)
    }

    /// TSX where TypeScript was said but only TSX parses.
    fn with_jsx(self, source: &str) -> Self {
        let may_have_jsx = source.contains("</") || source.contains("/>");
        if self != Self::TypeScript || !may_have_jsx {
            return self;
        }
        let head = head(source);
        match (fit(Self::TypeScript, head), fit(Self::Tsx, head)) {
            (Some(plain), Some(with_jsx)) if with_jsx.damage < plain.damage => Self::Tsx,
            _ => self,
        }
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How well a source parses as the best of the languages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guess {
    pub(crate) language: Language,
    /// Damaged bytes in a thousand.
    pub(crate) damage: usize,
    /// How many statements only code has, weighed.
    pub(crate) evidence: usize,
}

/// Damaged bytes in a thousand up to which a source may be of a language.
const DAMAGE_MAX: usize = 120;

/// The language that `source` parses best as, if it looks like code at all.
pub(crate) fn guess(source: &str) -> Option<Guess> {
    let source = head(source);
    if source.trim().is_empty() {
        return None;
    }
    let fits = GUESSED.iter().filter_map(|&(language, signs)| {
        let guess = fit(language, source)?;
        let signs = signs.iter().filter(|sign| source.contains(**sign)).count();
        let score = 1000_usize.saturating_sub(guess.damage * 2);
        Some((score + guess.evidence.min(12) * 4 + signs * 40, guess))
    });
    let good = fits.filter(|(_, guess)| guess.damage <= DAMAGE_MAX && guess.evidence >= 2);
    // The first of equals wins, so that plain JavaScript is not called TypeScript.
    let best = good.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, guess)| guess)
}

/// Languages that are guessed, and texts that speak for one of them.
const GUESSED: [(Language, &[&str]); 7] = [
    (Language::Python, &["def ", "elif ", "None", "self.", "import ", ":\n", "print("]),
    (
        Language::JavaScript,
        &[
            "function ",
            "=> ",
            "const ",
            "===",
            "console.",
            "require(",
            "var ",
            "undefined",
            "async ",
        ],
    ),
    (
        Language::TypeScript,
        &[
            "function ",
            "=> ",
            "const ",
            "===",
            "console.",
            ": string",
            ": number",
            ": any",
            "interface ",
            ": boolean",
            "undefined",
            "async ",
        ],
    ),
    (Language::Tsx, &["=> ", "const ", "===", ": string", "/>", "</"]),
    (
        Language::Rust,
        &[
            "fn ",
            "let mut ",
            "::",
            "&str",
            "impl ",
            "pub ",
            "-> ",
            "println!",
            ".unwrap()",
            "&mut ",
        ],
    ),
    (
        Language::Java,
        &["public ", "private ", "static ", "String ", "new ", "System.out", "void ", "final "],
    ),
    (Language::Go, &["func ", ":= ", "package ", "err != nil", "fmt.", "chan ", "nil"]),
];

fn fit(language: Language, source: &str) -> Option<Guess> {
    let syntax = Syntax::parse(language, source).ok()?;
    let bytes = source.split_whitespace().map(str::len).sum::<usize>().max(1);
    let damage = (syntax.damaged_bytes() * 1000).div_ceil(bytes).min(1000);
    let strong = syntax.of(STRONG).filter(|node| !node.is_damaged()).count();
    let weak = syntax.of(WEAK).filter(|node| !node.is_damaged()).count();
    Some(Guess { language, damage, evidence: strong * 2 + weak })
}

/// Kinds of nodes that prose hardly ever parses as.
const STRONG: &[&str] = &[
    "function_definition",
    "class_definition",
    "import_from_statement",
    "for_statement",
    "with_statement",
    "try_statement",
    "while_statement",
    "decorator",
    "lambda",
    "function_declaration",
    "arrow_function",
    "method_definition",
    "class_declaration",
    "lexical_declaration",
    "variable_declaration",
    "import_statement",
    "export_statement",
    "interface_declaration",
    "type_alias_declaration",
    "function_item",
    "struct_item",
    "enum_item",
    "impl_item",
    "let_declaration",
    "use_declaration",
    "macro_invocation",
    "match_expression",
    "method_declaration",
    "local_variable_declaration",
    "field_declaration",
    "import_declaration",
    "package_declaration",
    "package_clause",
    "short_var_declaration",
    "type_declaration",
    "switch_statement",
    "if_statement",
];

/// Kinds of nodes that are code more often than not.
const WEAK: &[&str] = &[
    "call",
    "assignment",
    "augmented_assignment",
    "call_expression",
    "method_invocation",
    "assignment_expression",
    "assignment_statement",
    "return_statement",
    "if_expression",
    "comparison_operator",
];

fn is_silent(tag: &str) -> bool {
    ["", "text", "txt", "plain", "plaintext", "code"].contains(&tag.to_ascii_lowercase().as_str())
}

/// The first lines of a source, as many as are looked at to guess.
fn head(source: &str) -> &str {
    if source.len() <= GUESS_BYTES_MAX {
        return source;
    }
    let cut = source.floor_char_boundary(GUESS_BYTES_MAX);
    let cut = source[..cut].rfind('\n').map_or(cut, |end| end + 1);
    &source[..cut]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_extensions_name_the_language_and_others_are_believed() {
        let detect = Language::detect;
        assert_eq!(detect(Some("py"), None, ""), Some(Language::Python));
        assert_eq!(detect(Some("Rust"), Some("a.py"), ""), Some(Language::Rust));
        assert_eq!(detect(None, Some("src/Main.java"), ""), Some(Language::Java));
        assert_eq!(detect(Some("ruby"), None, "def f; end"), None);
        assert_eq!(detect(None, Some("notes.md"), "x = f(1)"), None);
        let jsx = "const a: number = 1;\nconst b = <p>{a}</p>;\n";
        assert_eq!(detect(Some("ts"), None, jsx), Some(Language::Tsx));
    }

    #[test]
    fn a_source_without_a_name_is_told_by_what_it_says() {
        let table: &[(&str, Language)] = &[
            ("def f(x):\n    return x + 1\n", Language::Python),
            ("import os\nprint(os.getcwd())\n", Language::Python),
            ("for x in xs:\n    total += x\n", Language::Python),
            ("function f(a) { return a == 1; }", Language::JavaScript),
            ("const f = async (a) => { await g(a); };", Language::JavaScript),
            ("var x = 1;\nif (x == '1') { console.log(x); }", Language::JavaScript),
            ("interface A { b: string }\nconst a: A = { b: '' };", Language::TypeScript),
            ("function f(a: any): number { return a.b; }", Language::TypeScript),
            ("fn main() { let x = std::env::args().next().unwrap(); }", Language::Rust),
            ("impl A { pub fn new() -> Self { Self } }", Language::Rust),
            ("public class A { public static void main(String[] args) { } }", Language::Java),
            ("String s = \"a\";\nif (s == \"b\") { System.out.println(s); }", Language::Java),
            ("package main\n\nfunc main() {\n\tx := 1\n\t_ = x\n}\n", Language::Go),
            (
                "func f() error {\n\tv, err := g()\n\tif err != nil {\n\t\treturn err\n\t}\n\treturn h(v)\n}",
                Language::Go,
            ),
        ];
        for (source, language) in table {
            assert_eq!(Language::detect(None, None, source), Some(*language), "{source}");
        }
    }

    #[test]
    fn prose_is_no_code() {
        let table = [
            "",
            "hello",
            "Please have a look at this.",
            "is the function above ok?",
            "What did we decide about the cache? I think we said Redis, but I'm not sure.",
            "return early",
            "- one\n- two\n- three",
            "Note: fix this (soon).",
            "yes, thanks!",
            "I (still) think that's wrong; see above.",
            "https://example.org/a?b=c",
        ];
        for prose in table {
            assert_eq!(Language::detect(None, None, prose), None, "{prose}");
        }
    }
}

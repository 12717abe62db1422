//! What is good about some code, as far as it can be seen.

use ::code::{Function, Language, Review};

use crate::agents::quote;

/// Lines up to which a function is short.
const SHORT_LINES_MAX: usize = 25;
/// Things that are told.
const TOLD_MAX: usize = 5;

/// A habit that shows in the source: the languages, what must be there, what must not, what to say.
type Habit = (&'static [Language], &'static [&'static str], &'static [&'static str], &'static str);

const HABITS: &[Habit] = &[
    (&[Language::Python], &["with open("], &["= open("], "files are opened in a `with` block"),
    (&[Language::Python], &["logger.exception("], &[], "errors are logged with their traceback"),
    (&[Language::Python], &["raise", " from "], &[], "errors are raised with their cause (`from`)"),
    (&[Language::Python], &["@dataclass"], &[], "data has a class of its own (`@dataclass`)"),
    (
        &[Language::Rust],
        &["-> Result<", "?"],
        &[".unwrap()", "panic!("],
        "errors go to the caller with `?`",
    ),
    (
        &[Language::Rust],
        &["#[must_use]"],
        &[],
        "results that must not be lost are marked `#[must_use]`",
    ),
    (
        &[Language::Go],
        &["fmt.Errorf(", "%w"],
        &[],
        "errors are wrapped with `%w`, so callers can still tell them apart",
    ),
    (&[Language::Go], &["defer "], &[], "clean-up is deferred next to what it cleans up"),
    (
        &[Language::Go],
        &["context.Context"],
        &["context.TODO()"],
        "calls take a `context.Context`, so they can be cancelled",
    ),
    (&[Language::Java], &["try ("], &[], "resources are closed by try-with-resources"),
    (&[Language::Java], &["private final "], &[], "fields that do not change are `final`"),
    (&[Language::Java], &["Optional<"], &["return null"], "absence is an `Optional`, not `null`"),
    (SCRIPTS, &["==="], &[" == ", " != "], "comparison is strict (`===`) throughout"),
    (SCRIPTS, &["const "], &["var ", "let "], "every variable is a `const`"),
    (
        &[Language::TypeScript, Language::Tsx],
        &["readonly "],
        &[],
        "what must not change is `readonly`",
    ),
    (
        &[Language::TypeScript, Language::Tsx],
        &["unknown"],
        &[": any"],
        "values from outside are `unknown` until checked, not `any`",
    ),
];

const SCRIPTS: &[Language] = &[Language::JavaScript, Language::TypeScript, Language::Tsx];

/// What is good about a source.
pub(super) fn praise(review: &Review, source: &str) -> Vec<String> {
    let mut told = Vec::new();
    let has = |rule: &str| review.findings.iter().any(|finding| finding.rule == rule);
    if review.facts.has_tests {
        told.push("There are tests with it.".to_owned());
    }
    told.extend(shape(&review.facts.functions));
    told.extend(documented(review, source));
    let seen = without_comments(source, review.language);
    let habits = HABITS.iter().filter(|(languages, wanted, unwanted, _)| {
        languages.contains(&review.language)
            && wanted.iter().all(|text| seen.contains(text))
            && !unwanted.iter().any(|text| seen.contains(text))
    });
    told.extend(habits.map(|(_, _, _, praise)| sentence(praise)));
    if uses_placeholders(&seen) && !has("sql-injection") {
        told.push("SQL values are passed beside the statement, not put into it.".to_owned());
    }
    if told.is_empty() && !has("syntax-error") && review.facts.lines > 1 {
        told.push(format!("It parses as {} without a fault.", review.language));
    }
    told.truncate(TOLD_MAX);
    told
}

fn shape(functions: &[Function]) -> Option<String> {
    let longest = functions.iter().max_by_key(|function| lines(function))?;
    let is_flat = functions.iter().all(|function| function.nesting <= 2);
    if lines(longest) > SHORT_LINES_MAX || !is_flat {
        return None;
    }
    let name = quote::code(&longest.name, 60);
    Some(match functions.len() {
        1 if lines(longest) < 3 => return None,
        1 => format!("{name} is short ({} lines) and flat.", lines(longest)),
        count => {
            let all = if count == 2 { "Both".to_owned() } else { format!("All {count}") };
            let most = lines(longest);
            format!("{all} functions are short and flat; the longest, {name}, has {most} lines.")
        }
    })
}

fn lines(function: &Function) -> usize {
    function.last_line + 1 - function.first_line
}

/// Whether every function has a comment of its own that documents it.
fn documented(review: &Review, source: &str) -> Option<String> {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let functions = review.facts.functions.iter().filter(|function| !function.is_test);
    let mut count = 0;
    for function in functions {
        count += 1;
        let mut inside = lines.get(function.first_line..).unwrap_or_default().iter().take(6);
        let above = lines[..function.first_line.saturating_sub(1).min(lines.len())].iter().rev();
        let mut above =
            above.skip_while(|line| line.starts_with('@') || line.starts_with("#[")).take(1);
        let is_documented = match review.language {
            Language::Python => inside.any(|line| line.starts_with("\"\"\"")),
            Language::Rust => above.any(|line| line.starts_with("///")),
            Language::Go => above.any(|line| line.starts_with("//")),
            _ => above.any(|line| line.ends_with("*/")),
        };
        if !is_documented {
            return None;
        }
    }
    (count > 0).then(|| match count {
        1 => "The function says what it is for.".to_owned(),
        _ => "Every function says what it is for.".to_owned(),
    })
}

fn uses_placeholders(source: &str) -> bool {
    let lower = source.to_lowercase();
    let calls = ["execute(", "query(", "queryrow(", "preparestatement(", "exec("];
    let statements = ["select ", "insert into ", "update ", "delete from "];
    let marks = ["= ?", "=?", "= %s", "= $1", "=$1", "(?", "($1", "(%s"];
    [&calls[..], &statements, &marks].iter().all(|all| all.iter().any(|it| lower.contains(it)))
}

/// The source without its whole-line comments, which only talk of things.
fn without_comments(source: &str, language: Language) -> String {
    let mark = if language == Language::Python { "#" } else { "//" };
    let lines = source.lines().filter(|line| !line.trim_start().starts_with(mark));
    lines.collect::<Vec<_>>().join("\n")
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    format!("{}.", first.into_iter().chain(letters).collect::<String>())
}

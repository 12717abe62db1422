//! Answers to messages without code, about the code that was sent last.

use ::code::{Finding, Function};

use super::report::{Report, telling};
use super::subject::{Part, Subject, is_about_tests};
use crate::agents::quote::{self, count};

/// How well a finding must fit a message to be what it is about.
const FIT_MIN: f64 = 0.34;
/// Findings shown for one message.
const SHOWN_MAX: usize = 3;
/// Bytes of a name that is looked for: a shorter one may be any word.
const NAME_BYTES_MIN: usize = 3;
/// Words of a message that is only a courtesy.
const COURTESY_WORDS_MAX: usize = 6;

/// Words that begin or make up a courtesy.
const COURTESIES: &[&str] = &[
    "thanks", "thank", "thx", "ok", "okay", "great", "cool", "perfect", "nice", "hello", "hi",
    "hey", "bye", "cheers", "done",
];

/// The answer to a message of `author`'s, about `subject`.
pub(super) fn answer(message: &str, author: &str, subject: &Subject) -> String {
    let lead = lead(author, subject);
    if is_courtesy(message) {
        return courtesy(message, subject);
    }
    if let Some(line) = line_asked(message) {
        return about_line(line, &lead, subject);
    }
    if let Some((part, function)) = function_asked(message, subject) {
        return about_function(part, function, &lead, subject);
    }
    if is_about_testing(message) {
        return about_tests(&lead, subject);
    }
    let fitting = fitting(message, subject);
    if !fitting.is_empty() {
        return about_findings(&fitting, &lead, subject);
    }
    let mut report = Report::new(subject);
    report.summary();
    let asked: Vec<&str> = text::sentences(message);
    report.questions(&asked);
    report.body();
    format!("{lead}\n\n{}", report.into_text())
}

fn lead(author: &str, subject: &Subject) -> String {
    match subject.author.as_deref() {
        Some(other) if other != quote::name(author) => {
            format!(
                "There is no code in this message; this is about the code that {other} sent last."
            )
        }
        _ => "There is no code in this message; this is about the code you sent last.".to_owned(),
    }
}

fn is_courtesy(message: &str) -> bool {
    let words: Vec<String> = text::words(message).map(|word| word.text.to_lowercase()).collect();
    let is_kind = words.first().is_some_and(|word| COURTESIES.contains(&word.as_str()));
    is_kind && words.len() <= COURTESY_WORDS_MAX && !message.contains('?')
}

fn courtesy(message: &str, subject: &Subject) -> String {
    let open = findings(subject).count();
    let serious = findings(subject).filter(|(_, it)| it.severity == ::code::Severity::High).count();
    let greeting = if message.to_lowercase().contains("than") { "You are welcome. " } else { "" };
    let state = match (open, serious) {
        (0, _) => "Nothing is open in the code sent last".to_owned(),
        (open, 0) => format!("In the code sent last {} open", are(open)),
        (open, serious) => {
            format!("In the code sent last {} open, {serious} of them serious", are(open))
        }
    };
    format!(
        "{greeting}{state}. Send a new version and I will say what changed, or ask about a line, a \
         function or a finding."
    )
}

fn are(open: usize) -> String {
    let verb = if open == 1 { "is" } else { "are" };
    format!("{} {verb}", count(open, "finding"))
}

/// The line a message asks about.
fn line_asked(message: &str) -> Option<usize> {
    let words: Vec<String> = text::words(message).map(|word| word.text.to_lowercase()).collect();
    let number = |word: &str| word.split(['-', ',']).next()?.parse().ok().filter(|line| *line > 0);
    words.windows(2).find_map(|pair| {
        ["line", "lines", "row"].contains(&pair[0].as_str()).then(|| number(&pair[1])).flatten()
    })
}

fn about_line(line: usize, lead: &str, subject: &Subject) -> String {
    let inside = subject.reviewed().find(|(_, review)| line <= review.facts.lines);
    let Some((part, _)) = inside else {
        let longest = subject.reviewed().map(|(_, review)| review.facts.lines).max().unwrap_or(0);
        return format!(
            "{lead} It has {} only, so there is no line {line} in it.",
            count(longest, "line")
        );
    };
    let mut report = Report::new(subject);
    let here: Vec<&Finding> = part
        .review()
        .into_iter()
        .flat_map(|review| &review.findings)
        .filter(|finding| finding.line == line && !is_about_tests(finding))
        .collect();
    for finding in &here {
        report.detail(part, &[finding]);
    }
    let around = part
        .function_at(line)
        .map_or_else(String::new, |function| format!(" It belongs to {}.", described(function)));
    let place = part.place(line);
    let source = part.source_line(line);
    if source.trim().is_empty() {
        return format!("{lead} {} is empty.{}", capital(&place), near(part, line));
    }
    let shown = quote::code(source, 120);
    if here.is_empty() {
        let near = near(part, line);
        return format!(
            "{lead} On {place} stands {shown}.{around} None of my rules objects to it.{near}"
        );
    }
    format!(
        "{lead} On {place} I see {}.{around}\n\n{}",
        count(here.len(), "finding"),
        report.into_text()
    )
}

/// Which findings lie closest to a line that has none.
fn near(part: &Part, line: usize) -> String {
    let findings = part.review().into_iter().flat_map(|review| &review.findings);
    let near = findings
        .filter(|finding| !is_about_tests(finding) && finding.line.abs_diff(line) <= 3)
        .min_by_key(|finding| finding.line.abs_diff(line));
    near.map_or_else(String::new, |finding| {
        format!(" The nearest finding is on line {}: {}", finding.line, finding.message)
    })
}

/// The function a message names.
fn function_asked<'s>(message: &str, subject: &'s Subject) -> Option<(&'s Part, &'s Function)> {
    let words: Vec<&str> = text::words(message).map(|word| word.text).collect();
    let mut functions = subject
        .reviewed()
        .flat_map(|(part, review)| review.facts.functions.iter().map(move |it| (part, it)));
    functions.find(|(_, function)| {
        let bare = function.name.rsplit(['.', ':']).next().unwrap_or(&function.name);
        bare.len() >= NAME_BYTES_MIN && words.contains(&bare)
    })
}

fn about_function(part: &Part, function: &Function, lead: &str, subject: &Subject) -> String {
    let lines = function.first_line..=function.last_line;
    let findings: Vec<&Finding> = part
        .review()
        .into_iter()
        .flat_map(|review| &review.findings)
        .filter(|finding| lines.contains(&finding.line) && !is_about_tests(finding))
        .collect();
    let described = described(function);
    if findings.is_empty() {
        return format!(
            "{lead} You ask about {described}. None of my rules objects to anything in it."
        );
    }
    let mut report = Report::new(subject);
    for finding in &findings {
        report.detail(part, &[finding]);
    }
    let found = count(findings.len(), "finding");
    format!("{lead} You ask about {described}. It has {found}.\n\n{}", report.into_text())
}

fn described(function: &Function) -> String {
    let name = quote::code(&function.name, 60);
    let takes = match function.parameters.as_slice() {
        [] => "takes nothing".to_owned(),
        parameters => {
            let names: Vec<String> =
                parameters.iter().take(8).map(|it| quote::code(it, 40)).collect();
            format!("takes {}", quote::list(&names))
        }
    };
    let (first, last) = (function.first_line, function.last_line);
    let branches = match function.branches {
        0 => "does not branch".to_owned(),
        1 => "branches once".to_owned(),
        2 => "branches twice".to_owned(),
        times => format!("branches {times} times"),
    };
    format!("{name} (lines {first}–{last}), which {takes} and {branches}")
}

fn is_about_testing(message: &str) -> bool {
    text::words(message)
        .any(|word| ["test", "unittest", "pytest"].contains(&text::stem(word.text).as_str()))
}

fn about_tests(lead: &str, subject: &Subject) -> String {
    let mut report = Report::new(subject);
    report.tests();
    match report.into_text() {
        text if text.is_empty() => {
            format!("{lead} It has tests, or nothing that could be called by one.")
        }
        text => format!("{lead}\n\n{text}"),
    }
}

fn findings(subject: &Subject) -> impl Iterator<Item = (&Part, &Finding)> {
    let all =
        subject.reviewed().flat_map(|(part, it)| it.findings.iter().map(move |it| (part, it)));
    all.filter(|(_, finding)| !is_about_tests(finding))
}

/// The findings a message is about, the best first.
fn fitting<'s>(message: &str, subject: &'s Subject) -> Vec<(&'s Part, &'s Finding)> {
    let all: Vec<(&Part, &Finding)> = findings(subject).collect();
    let asked = telling(message);
    let texts: Vec<String> = all
        .iter()
        .map(|(part, it)| {
            let line = part.source_line(it.line);
            format!("{} {} {line}", it.rule.replace('-', " "), it.message)
        })
        .collect();
    let hits = text::Index::new(texts.iter().map(String::as_str)).query(&asked, SHOWN_MAX);
    let best = hits.first().map_or(0.0, |hit| hit.score);
    let fitting = hits.iter().filter(|hit| hit.coverage >= FIT_MIN && hit.score * 2.0 >= best);
    fitting.map(|hit| all[hit.passage]).collect()
}

/// A text with a capital in front.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn about_findings(found: &[(&Part, &Finding)], lead: &str, subject: &Subject) -> String {
    let mut report = Report::new(subject);
    for (part, finding) in found {
        report.detail(part, &[finding]);
    }
    let this = if found.len() == 1 { "This finding fits" } else { "These findings fit" };
    format!("{lead} {this} what you ask.\n\n{}", report.into_text())
}

//! A review as people read it, in Markdown.

use std::collections::{BTreeMap, BTreeSet};

use ::code::{Finding, Function, Review, Severity};

use super::praise::praise;
use super::subject::{Part, Subject, is_about_tests};
use crate::agents::quote::{self, count};

/// Findings of one piece of code that are told in full; the rest get a line each.
const FULL_MAX: usize = 15;
/// Functions named as deserving tests.
const TESTED_MAX: usize = 4;
/// Questions of the message that are answered one by one.
const QUESTIONS_MAX: usize = 4;
/// How well a finding must fit a question to be named for it.
const FIT_MIN: f64 = 0.3;

/// A report in the making.
pub(super) struct Report<'a> {
    subject: &'a Subject,
    text: String,
    /// Findings of one piece of code that are told in full.
    full_max: usize,
    /// Whether missing tests are told.
    has_tests: bool,
}

/// Findings of one rule in one piece of code, told as one.
struct Group<'a> {
    number: usize,
    findings: Vec<&'a Finding>,
}

impl<'a> Report<'a> {
    pub(super) fn new(subject: &'a Subject) -> Self {
        Self { subject, text: String::new(), full_max: FULL_MAX, has_tests: true }
    }

    /// Tells each finding in one line only.
    pub(super) fn shorten(&mut self) {
        self.full_max = 0;
    }

    /// Says nothing of missing tests.
    pub(super) fn leave_tests_out(&mut self) {
        self.has_tests = false;
    }

    pub(super) fn into_text(self) -> String {
        self.text.trim_end().to_owned()
    }

    fn paragraph(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push_str("\n\n");
    }

    /// What was read, and how much there is to say.
    pub(super) fn summary(&mut self) {
        let read: Vec<String> = self.subject.reviewed().map(|(_, review)| size(review)).collect();
        let findings: Vec<&Finding> = self
            .subject
            .reviewed()
            .flat_map(|(_, review)| &review.findings)
            .filter(|finding| !is_about_tests(finding))
            .collect();
        let verdict = verdict(&findings);
        self.paragraph(&format!("I read {}. {verdict}", quote::list(&read)));
        let unread: Vec<String> = self.unread().map(Part::unreadable).collect();
        if !unread.is_empty() {
            self.paragraph(&format!("Not reviewed: {}.", quote::list(&unread)));
        }
    }

    fn unread(&self) -> impl Iterator<Item = &'a Part> + use<'a> {
        self.subject.parts.iter().filter(|part| part.review().is_none())
    }

    /// What changed since the code before, where this is a new version of it.
    pub(super) fn compare(&mut self, before: &Subject) {
        if !is_version_of(self.subject, before) {
            return;
        }
        let (old, new) = (tally(before), tally(self.subject));
        let gone = difference(&old, &new);
        let came = difference(&new, &old);
        if gone.is_empty() && came.is_empty() {
            let same = if new.is_empty() { "still nothing to report" } else { "the same findings" };
            self.paragraph(&format!("**Since the version before:** {same}."));
            return;
        }
        self.paragraph("**Since the version before:**");
        let mut lines: Vec<String> = Vec::new();
        lines.extend(gone.iter().map(|message| format!("- settled: {message}")));
        lines.extend(came.iter().map(|message| format!("- new: {message}")));
        let left = new.values().sum::<usize>() - came.len();
        if left > 0 {
            lines.push(format!("- {} still there", count(left, "finding")));
        }
        self.paragraph(&lines.join("\n"));
    }

    /// Which findings answer what the message asks, and which questions none of them answers.
    pub(super) fn questions(&mut self, questions: &[&str]) {
        let groups = self.groups();
        let parts = self.subject.reviewed().map(|(part, _)| part);
        let grouped =
            parts.zip(&groups).flat_map(|(part, groups)| groups.iter().map(move |it| (part, it)));
        let told: Vec<(usize, String)> = grouped
            .flat_map(|(part, group)| {
                group.findings.iter().map(|it| (group.number, searchable(part, it)))
            })
            .collect();
        let index = text::Index::new(told.iter().map(|(_, text)| text.as_str()));
        for question in questions.iter().take(QUESTIONS_MAX) {
            let asked = telling(question);
            if asked.is_empty() {
                continue;
            }
            let hits = index.query(&asked, 8);
            let best = hits.iter().filter(|hit| hit.coverage >= FIT_MIN);
            let numbers: BTreeSet<usize> = best.map(|hit| told[hit.passage].0).collect();
            let numbers: Vec<String> = numbers.iter().take(3).map(usize::to_string).collect();
            let answer = match numbers.as_slice() {
                [] if told.is_empty() => "None of my rules knows about that.".to_owned(),
                [] => "None of my rules knows about that; what they do see is below.".to_owned(),
                [one] => format!("See finding {one}."),
                several => format!("See findings {}.", quote::list(several)),
            };
            self.paragraph(&format!("> {}\n\n{answer}", quote::line(question, 160)));
        }
    }

    /// Everything there is to say, piece by piece.
    pub(super) fn body(&mut self) {
        let groups = self.groups();
        let is_several = self.subject.reviewed().count() > 1;
        let reviewed: Vec<(&Part, &Review)> = self.subject.reviewed().collect();
        for ((part, review), groups) in reviewed.iter().zip(&groups) {
            if is_several {
                self.paragraph(&format!("## {}, {}", review.language, part.range()));
            }
            self.findings(part, groups);
            if review.findings_left_out > 0 || review.is_partial {
                self.paragraph("This is not all: the code is more than I can tell of at once.");
            }
        }
        if self.has_tests {
            self.tests();
        }
        self.good();
    }

    /// The findings of each reviewed piece, one group a rule, numbered through.
    fn groups(&self) -> Vec<Vec<Group<'a>>> {
        let mut number = 0;
        let grouped = self.subject.reviewed().map(|(_, review)| {
            let mut groups: Vec<Group<'a>> = Vec::new();
            for finding in review.findings.iter().filter(|finding| !is_about_tests(finding)) {
                match groups.iter_mut().find(|group| group.findings[0].rule == finding.rule) {
                    Some(group) => group.findings.push(finding),
                    None => {
                        number += 1;
                        groups.push(Group { number, findings: vec![finding] });
                    }
                }
            }
            groups
        });
        grouped.collect()
    }

    fn findings(&mut self, part: &Part, groups: &[Group<'_>]) {
        for group in groups.iter().take(self.full_max) {
            self.finding(part, group);
        }
        let rest: Vec<String> = groups
            .iter()
            .skip(self.full_max)
            .map(|group| {
                let first = group.findings[0];
                format!("{}. {}: {}", group.number, places(part, &group.findings), first.message)
            })
            .collect();
        if !rest.is_empty() {
            self.paragraph(&format!("In short:\n\n{}", rest.join("\n")));
        }
    }

    fn finding(&mut self, part: &Part, group: &Group<'_>) {
        let heading = format!("### {}. {}", group.number, heading(part, &group.findings));
        self.paragraph(&heading);
        self.detail(part, &group.findings);
    }

    /// What a rule found, why it matters, and the better form.
    pub(super) fn detail(&mut self, part: &Part, findings: &[&Finding]) {
        let Some(first) = findings.first() else { return };
        let lines: BTreeSet<usize> = findings.iter().map(|finding| finding.line).collect();
        let width = lines.last().map_or(1, |line| line.to_string().len());
        let shown: Vec<String> = lines
            .iter()
            .map(|line| format!("{line:>width$} | {}", cut(part.source_line(*line))))
            .collect();
        let tag = part.block.language.map_or("", ::code::Language::tag);
        self.fenced(tag, &shown.join("\n"));
        let mut seen: Vec<&str> = Vec::new();
        for finding in findings {
            if !seen.contains(&finding.message.as_str()) {
                seen.push(&finding.message);
            }
        }
        self.paragraph(&seen.join(" "));
        self.paragraph(&format!("**Why:** {}", first.why));
        self.paragraph(&format!("**Better:** {}", first.better));
        if let Some(example) = &first.example {
            self.fenced(tag, example);
        }
    }

    fn fenced(&mut self, tag: &str, text: &str) {
        let mut fence = "```".to_owned();
        while text.contains(&fence) {
            fence.push('`');
        }
        self.paragraph(&format!("{fence}{tag}\n{text}\n{fence}"));
    }

    /// What tests are missing.
    pub(super) fn tests(&mut self) {
        let reviewed: Vec<(&Part, &Review)> = self.subject.reviewed().collect();
        let missing = reviewed
            .iter()
            .find_map(|(_, review)| review.findings.iter().find(|it| is_about_tests(it)));
        let Some(missing) = missing.filter(|_| !reviewed.iter().any(|(_, it)| it.facts.has_tests))
        else {
            return;
        };
        self.paragraph("### Tests");
        self.paragraph(&format!("{} {} {}", missing.message, missing.why, missing.better));
        let cases: Vec<String> =
            most_involved(reviewed.iter().map(|(_, review)| *review)).iter().map(cases).collect();
        if !cases.is_empty() {
            self.paragraph(&cases.join("\n"));
        }
        let tag = reviewed.first().map_or("", |(_, review)| review.language.tag());
        if let Some(example) = &missing.example {
            self.fenced(tag, example);
        }
    }

    fn good(&mut self) {
        let praised: Vec<String> = self
            .subject
            .reviewed()
            .flat_map(|(part, review)| praise(review, &part.block.source))
            .collect();
        let mut told: Vec<String> = Vec::new();
        for praise in praised {
            let line = format!("- {praise}");
            if !told.contains(&line) {
                told.push(line);
            }
        }
        if !told.is_empty() {
            self.paragraph("### Good as it is");
            self.paragraph(&told.join("\n"));
        }
    }
}

/// Where a rule's findings are and how much they matter.
fn heading(part: &Part, findings: &[&Finding]) -> String {
    let matter = match findings.first().map(|finding| finding.severity) {
        Some(Severity::High) => "serious",
        Some(Severity::Medium) => "may bite",
        _ => "small",
    };
    let rule = findings.first().map_or("", |finding| finding.rule).replace('-', " ");
    let places = places(part, findings);
    let mut letters = places.chars();
    let capital = letters.next().map(|first| first.to_ascii_uppercase()).into_iter();
    let places: String = capital.chain(letters).collect();
    format!("{places} — {rule} ({matter})")
}

/// The places of findings: one with both its numbers, several by the code's.
fn places(part: &Part, findings: &[&Finding]) -> String {
    let lines: BTreeSet<usize> = findings.iter().map(|finding| finding.line).collect();
    let lines: Vec<usize> = lines.into_iter().collect();
    match lines.as_slice() {
        [line] => part.place(*line),
        lines => {
            let numbers = |offset: usize| {
                let shown = lines.iter().map(|line| (line + offset).to_string());
                quote::list(&shown.collect::<Vec<_>>())
            };
            match part.block.first_line - 1 {
                0 => format!("lines {}", numbers(0)),
                offset => format!("lines {} ({} of the message)", numbers(0), numbers(offset)),
            }
        }
    }
}

fn size(review: &Review) -> String {
    let facts = &review.facts;
    let lines = count(facts.lines, "line");
    match facts.functions.len() {
        0 => format!("{lines} of {}", review.language),
        functions => {
            format!("{lines} of {} with {}", review.language, count(functions, "function"))
        }
    }
}

fn verdict(findings: &[&Finding]) -> String {
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (high, medium, low) = (of(Severity::High), of(Severity::Medium), of(Severity::Low));
    if findings.is_empty() {
        return "None of my rules objects to anything in it. They know common mistakes, not what \
                the code is meant to do, so a person should still look."
            .to_owned();
    }
    let kinds = [(high, "serious"), (medium, "that may bite"), (low, "small")];
    let kinds: Vec<(usize, &str)> = kinds.into_iter().filter(|(number, _)| *number > 0).collect();
    let found = count(findings.len(), "finding");
    match kinds.as_slice() {
        [(_, kind)] => {
            let all = match (findings.len(), *kind) {
                (1, kind) => format!(", {kind}").replace(", that", " that"),
                (_, "that may bite") => ", all of which may bite".to_owned(),
                (_, kind) => format!(", all {kind}"),
            };
            format!("**{found}{all}.**")
        }
        kinds => {
            let kinds = kinds.iter().map(|(number, kind)| format!("{number} {kind}"));
            format!("**{found}: {}.**", quote::list(&kinds.collect::<Vec<_>>()))
        }
    }
}

/// A source line as shown: without what makes it too wide.
fn cut(line: &str) -> String {
    let line = line.trim_end().replace('\t', "    ");
    match line.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The functions with the most branches, in source order among equals.
fn most_involved<'r>(reviews: impl Iterator<Item = &'r Review>) -> Vec<&'r Function> {
    let functions = reviews.flat_map(|review| &review.facts.functions);
    let mut functions: Vec<&Function> =
        functions.filter(|function| !function.is_test && function.branches > 0).collect();
    functions.sort_by_key(|function| std::cmp::Reverse(function.branches));
    functions.truncate(TESTED_MAX);
    functions
}

fn cases(function: &&Function) -> String {
    let name = quote::code(&function.name, 60);
    let places = count(function.branches, "place");
    let cases = function.branches + 1;
    format!("- {name} may go one way or another in {places}: {cases} cases at least")
}

/// Words of questions about code that say nothing of what is asked.
const GENERIC: &[&str] = &[
    "code",
    "review",
    "look",
    "check",
    "ok",
    "okay",
    "good",
    "bad",
    "right",
    "correct",
    "better",
    "improv",
    "wrong",
    "fine",
    "function",
    "method",
    "class",
    "program",
    "script",
    "problem",
    "issu",
    "bug",
    "mistak",
    "error",
    "idea",
    "thought",
    "opinion",
    "feedback",
    "comment",
    "find",
    "found",
    "fix",
    "help",
    "work",
    "now",
    "pleas",
    "guy",
    "anyth",
    "someth",
    "everyth",
    "see",
    "read",
    "spot",
    "best",
    "practic",
    "python",
    "rust",
    "java",
    "javascript",
    "typescript",
    "go",
    "question",
];

/// The words of a question that say what it is about; empty where it asks for a review as such.
pub(super) fn telling(question: &str) -> String {
    let is_request = |word: text::Word<'_>| {
        ["review", "look", "check", "comment", "feedback"].contains(&text::stem(word.text).as_str())
    };
    if text::words(question).any(is_request) {
        return String::new();
    }
    let words = text::words(question)
        .map(|word| word.text)
        .filter(|word| !text::is_stop_word(word) && !GENERIC.contains(&text::stem(word).as_str()));
    words.collect::<Vec<_>>().join(" ")
}

fn searchable(part: &Part, finding: &Finding) -> String {
    let rule = finding.rule.replace('-', " ");
    let line = part.source_line(finding.line);
    format!("{rule}. {} {} {} {line}", finding.message, finding.why, finding.better)
}

/// How often each finding stands in some code.
fn tally(subject: &Subject) -> BTreeMap<(&'static str, String), usize> {
    let mut tally = BTreeMap::new();
    let findings = subject.reviewed().flat_map(|(_, review)| &review.findings);
    for finding in findings.filter(|finding| !is_about_tests(finding)) {
        *tally.entry((finding.rule, finding.message.clone())).or_default() += 1;
    }
    tally
}

/// The messages of findings that `one` has more often than `other`.
fn difference(
    one: &BTreeMap<(&'static str, String), usize>,
    other: &BTreeMap<(&'static str, String), usize>,
) -> Vec<String> {
    let more = one.iter().flat_map(|(key, times)| {
        let extra = times.saturating_sub(other.get(key).copied().unwrap_or(0));
        std::iter::repeat_n(key.1.clone(), extra)
    });
    more.collect()
}

/// Whether some code is another state of some other: one language, and a function in common or
/// mostly the same words.
fn is_version_of(new: &Subject, old: &Subject) -> bool {
    new.reviewed().any(|(part, review)| {
        old.reviewed().any(|(old_part, old_review)| {
            let names: Vec<&str> =
                review.facts.functions.iter().map(|function| function.name.as_str()).collect();
            let has_name = old_review
                .facts
                .functions
                .iter()
                .any(|it| it.name != "main" && names.contains(&it.name.as_str()));
            let is_alike = || text::likeness(&part.block.source, &old_part.block.source) > 0.7;
            review.language == old_review.language && (has_name || is_alike())
        })
    })
}

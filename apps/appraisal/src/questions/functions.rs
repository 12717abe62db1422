//! Questions about functions: their course, their failures, what they are for, what more input does.
//!
//! **Bounds.** [`FUNCTIONS_READ_MAX`] functions are read, those with the most to say first.

use std::collections::{BTreeMap, HashMap};

use crate::{Category, Difficulty};

use super::body::{Body, Failure, is_telling};
use super::candidate::{Candidate, Kind, by_branches};
use super::phrase::{code, counted, listed};
use super::reading::{At, Reading, Use, range};

/// Functions whose source is read.
const FUNCTIONS_READ_MAX: usize = 40;
/// Names in a sentence.
const NAMES_MAX: usize = 4;
/// Functions of one file that are read, so that others have their turn.
const OF_A_FILE_MAX: usize = 8;

/// A function, what its source shows, and who uses it.
struct Known<'f> {
    at: At<'f>,
    body: Body,
    callers: Vec<(String, Use)>,
    interest: f64,
}

pub(super) fn candidates(reading: &Reading<'_>) -> Vec<Candidate> {
    let known = known(reading);
    let asked = |ask: fn(&Known<'_>) -> Option<Candidate>| known.iter().filter_map(ask);
    asked(course)
        .chain(asked(failure))
        .chain(asked(purpose))
        .chain(asked(growth))
        .chain(asked(recursion))
        .filter_map(Candidate::checked)
        .collect()
}

/// The most telling functions of a repository, read.
fn known<'f>(reading: &Reading<'f>) -> Vec<Known<'f>> {
    let mut of_name: HashMap<&str, usize> = HashMap::new();
    for at in reading.functions() {
        *of_name.entry(&at.function.name).or_default() += 1;
    }
    let mut ranked: Vec<(At<'f>, f64)> = reading
        .functions()
        .filter(|at| is_telling(&at.function.name) && at.lines() >= 3)
        .map(|at| {
            let same = of_name.get(&*at.function.name).copied().unwrap_or(1);
            (at, interest(&at) / small(same).sqrt())
        })
        .collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.reference().cmp(&b.0.reference())));
    let mut of_file: HashMap<&str, usize> = HashMap::new();
    ranked.retain(|(at, _)| {
        let count = of_file.entry(&at.file.path).or_default();
        *count += 1;
        *count <= OF_A_FILE_MAX
    });
    ranked.truncate(FUNCTIONS_READ_MAX);
    let names: Vec<&str> = ranked.iter().map(|(at, _)| at.function.name.as_str()).collect();
    let uses = reading.uses(&names);
    let known = ranked.into_iter().filter_map(|(at, interest)| {
        let is_only = of_name.get(&*at.function.name).copied() == Some(1);
        let callers = if is_only { callers(reading, at, &uses) } else { Vec::new() };
        Some(Known { at, body: reading.body(at)?, callers, interest })
    });
    known.collect()
}

/// How much there is to ask about a function; a page of code is the best length for it.
fn interest(at: &At<'_>) -> f64 {
    let lines = small(at.lines());
    let length = (lines.min(60.0) / 10.0) - ((lines - 90.0).max(0.0) / 30.0).min(5.0);
    small(at.function.branches.min(25)) + 2.0 * small(at.function.nesting.min(5)) + length
}

pub(super) fn small(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The functions that use a function, each once, with the place.
fn callers(
    reading: &Reading<'_>,
    at: At<'_>,
    uses: &BTreeMap<String, Vec<Use>>,
) -> Vec<(String, Use)> {
    let mut callers: Vec<(String, Use)> = Vec::new();
    for used in uses.get(&at.function.name).into_iter().flatten() {
        let Some(around) = reading.function_at(&used.path, used.line) else { continue };
        let is_own = around.name == at.function.name;
        if !is_own && !around.is_test && !callers.iter().any(|(name, _)| *name == around.name) {
            callers.push((around.name.clone(), used.clone()));
        }
    }
    callers
}

impl Known<'_> {
    fn name(&self) -> String {
        code(&self.at.function.name)
    }

    /// "`src/de.rs`, lines 10 to 30".
    fn place(&self) -> String {
        let (from, to) = (self.at.function.first_line, self.at.function.last_line);
        let path = code(&self.at.file.path);
        if from == to {
            format!("{path}, line {from}")
        } else {
            format!("{path}, lines {from} to {to}")
        }
    }

    fn subject(&self) -> String {
        format!("{}#{}", self.at.file.path, self.at.function.name)
    }

    fn references(&self) -> Vec<String> {
        let callers = self.callers.iter().map(|(_, used)| range(&used.path, used.line, used.line));
        std::iter::once(self.at.reference()).chain(callers.take(2)).collect()
    }

    fn candidate(
        &self,
        kind: Kind,
        category: Category,
        wordings: [String; 2],
        key_points: Vec<String>,
    ) -> Candidate {
        Candidate {
            kind,
            subject: self.subject(),
            category,
            difficulty: by_branches(self.at.function.branches),
            wordings,
            references: self.references(),
            key_points,
            interest: self.interest,
        }
    }

    fn said(&self) -> Option<String> {
        self.body
            .said
            .as_ref()
            .map(|said| format!("Its purpose, in the words of its comment: {said}"))
    }

    /// What the comment inside with the most to say explains.
    fn explains(&self) -> Option<String> {
        let (line, said) = self.body.notes.first()?;
        Some(format!("A comment in it (line {line}) explains: {said}"))
    }

    fn hands_work_to(&self) -> Option<String> {
        let calls: Vec<&String> = self.body.calls.iter().take(NAMES_MAX).collect();
        (!calls.is_empty()).then(|| format!("It hands parts of the work to {}.", listed(&calls)))
    }

    fn turns_on(&self) -> Option<String> {
        let names: Vec<&String> = self.body.turns_on.iter().take(NAMES_MAX).collect();
        (!names.is_empty()).then(|| format!("Which way it goes turns on {}.", listed(&names)))
    }

    fn relied_on(&self) -> Option<String> {
        let names: Vec<&String> =
            self.callers.iter().map(|(name, _)| name).take(NAMES_MAX).collect();
        (!names.is_empty()).then(|| {
            format!(
                "{} {} on it, so a change of what it returns or accepts reaches {}.",
                listed(&names),
                if names.len() == 1 { "relies" } else { "rely" },
                if names.len() == 1 { "it" } else { "them" },
            )
        })
    }

    fn takes(&self) -> Option<String> {
        let names: Vec<&String> = self
            .at
            .function
            .parameters
            .iter()
            .filter(|it| is_telling(it))
            .take(NAMES_MAX)
            .collect();
        (!names.is_empty()).then(|| format!("It works on {}.", listed(&names)))
    }

    fn first_loop(&self) -> Option<String> {
        let first = self.body.loops.first()?;
        Some(if says_over_what(first) {
            let header = code(&first.header);
            format!("It repeats with {header} (line {}), once for each.", first.line)
        } else {
            format!("It repeats the loop at line {} until something in it ends it.", first.line)
        })
    }

    fn fails(&self) -> Option<String> {
        let names: Vec<&str> =
            self.body.failures.iter().map(|it| it.what.as_str()).take(NAMES_MAX).collect();
        (!names.is_empty()).then(|| format!("It can fail with {}.", listed(&names)))
    }

    fn hands_on(&self) -> Option<String> {
        let count = self.body.handed_on;
        (count > 0).then(|| {
            let places = counted(count, "place", "places");
            format!(
                "In {places} it returns an error from below to its caller instead of handling it."
            )
        })
    }
}

fn course(known: &Known<'_>) -> Option<Candidate> {
    let function = known.at.function;
    if function.branches < 3 || known.at.lines() < 10 {
        return None;
    }
    let (name, place) = (known.name(), known.place());
    let wordings = [
        format!(
            "Walk me through {name} ({place}): what does it do step by step, and which cases does it tell apart?"
        ),
        format!(
            "{name} ({place}) has {} branches. How does it get from its input to its result, and what decides which way it goes?",
            function.branches
        ),
    ];
    let points = [
        known.said(),
        known.explains(),
        known.hands_work_to(),
        known.turns_on(),
        known.first_loop(),
        known.fails().or_else(|| known.hands_on()),
        known.relied_on(),
    ];
    Some(known.candidate(
        Kind::Course,
        Category::Implementation,
        wordings,
        points.into_iter().flatten().collect(),
    ))
}

fn failure(known: &Known<'_>) -> Option<Candidate> {
    let failures = &known.body.failures;
    if failures.is_empty() || failures.len() + known.body.handed_on < 2 {
        return None;
    }
    let (name, place) = (known.name(), known.place());
    let wordings = [
        format!("What can go wrong in {name} ({place}), and how does whoever calls it find out?"),
        format!(
            "Take the errors of {name} ({place}) one by one: when does each happen, and whose task is it to deal with it?"
        ),
    ];
    let mut points: Vec<String> = failures.iter().take(3).map(fails_when).collect();
    let caught: Vec<&String> = known.body.caught.iter().take(NAMES_MAX).collect();
    points.extend(
        (!caught.is_empty()).then(|| {
            format!("It catches {} itself, so its callers never see that.", listed(&caught))
        }),
    );
    points.extend(known.hands_on());
    points.extend(known.explains());
    points.extend(known.relied_on());
    if points.len() < 3 {
        points.push("A caller learns of it by an error it must handle, not by a wrong result that looks right.".to_owned());
    }
    let mut candidate = known.candidate(Kind::Failure, Category::Implementation, wordings, points);
    // How code fails says most about who wrote it.
    candidate.interest += 8.0;
    Some(candidate)
}

fn fails_when(failure: &Failure) -> String {
    let (what, line) = (code(&failure.what), failure.line);
    match &failure.condition {
        Some(condition) => format!("It fails with {what} (line {line}) when {condition}."),
        None => format!("It fails with {what} (line {line}) when nothing before that returned."),
    }
}

fn purpose(known: &Known<'_>) -> Option<Candidate> {
    if known.body.said.is_none() && known.callers.is_empty() {
        return None;
    }
    let (name, place) = (known.name(), known.place());
    let wordings = [
        format!("What is {name} ({place}) for, and who relies on it?"),
        format!(
            "A new colleague asks you about {name} ({place}). How do you explain what it is there for and how it is used?"
        ),
    ];
    let points = [
        known.said(),
        known.relied_on(),
        known.takes(),
        known.hands_work_to(),
        known.turns_on(),
        known.fails(),
    ];
    let mut candidate = known.candidate(
        Kind::Purpose,
        Category::Implementation,
        wordings,
        points.into_iter().flatten().collect(),
    );
    candidate.difficulty = Difficulty::Junior;
    // Simple functions that many use are the best to begin with.
    candidate.interest = small(known.callers.len().min(8)) * 2.0 - known.interest / 4.0
        + if known.body.said.is_some() { 6.0 } else { 0.0 };
    Some(candidate)
}

fn growth(known: &Known<'_>) -> Option<Candidate> {
    let body = &known.body;
    let first = body.loops.iter().find(|it| says_over_what(it))?;
    let inner = body.loops.iter().find(|it| it.depth > 0 && says_over_what(it));
    let (name, place) = (known.name(), known.place());
    let wordings = [
        format!(
            "Suppose {name} ({place}) gets a thousand times as much input. What happens to its time and its memory, and what would you change first?"
        ),
        format!(
            "Where would {name} ({place}) hurt first under heavy load, and how would you find out before your users do?"
        ),
    ];
    let mut points = vec![format!(
        "The loop {} (line {}) decides: its time grows with what it goes through.",
        code(&first.header),
        first.line
    )];
    points.extend(inner.map(|it| {
        format!(
            "The loop {} (line {}) runs inside another one, so the work multiplies.",
            code(&it.header),
            it.line
        )
    }));
    points.extend(body.collects.first().map(|line| format!("Line {line} adds to a collection on the way, so memory grows with the input unless something bounds it.")));
    points.extend(
        body.locks
            .first()
            .map(|line| format!("Line {line} takes a lock, so callers wait for each other there.")),
    );
    points.extend((!body.calls.is_empty()).then(|| {
        let calls: Vec<&String> = body.calls.iter().take(NAMES_MAX).collect();
        format!("Each round may call {}, whose cost is paid every time.", listed(&calls))
    }));
    points.extend(known.said().or_else(|| known.explains()));
    points.push("Measuring with a benchmark or a profiler on large input comes before changing it; then stream, batch, bound or cache.".to_owned());
    let mut candidate = known.candidate(Kind::Growth, Category::Scalability, wordings, points);
    candidate.difficulty = if inner.is_some() { Difficulty::Senior } else { Difficulty::MidLevel };
    let bonus = 12.0 * small(usize::from(inner.is_some()))
        + 6.0 * small(usize::from(!body.locks.is_empty()));
    candidate.interest += bonus + 3.0 * small(usize::from(!body.collects.is_empty()));
    Some(candidate)
}

/// Whether a loop's first line says what it goes through.
fn says_over_what(it: &super::body::Loop) -> bool {
    let words = text::words(&it.header).count();
    words >= 3 && (it.header.starts_with("for") || it.header.starts_with("while"))
}

fn recursion(known: &Known<'_>) -> Option<Candidate> {
    let body = &known.body;
    if !body.is_recursive {
        return None;
    }
    let (name, place) = (known.name(), known.place());
    let wordings = [
        format!(
            "{name} ({place}) calls itself. How deep can that go, what ends it, and what happens with input that is nested very deeply?"
        ),
        format!(
            "What bounds the recursion of {name} ({place}), and when would you replace it with a loop?"
        ),
    ];
    let mut points = vec!["Every level takes stack, so input nested deeply enough overflows it unless a limit stops that first.".to_owned()];
    let limits = ["depth", "limit", "max", "remaining", "level", "seen", "visited"];
    let bound =
        body.turns_on.iter().find(|name| limits.iter().any(|it| name.to_lowercase().contains(it)));
    points.push(match bound {
        Some(bound) => format!("{} is what bounds it.", code(bound)),
        None => "Nothing in it counts the levels: only the shape of its input ends it.".to_owned(),
    });
    points.extend(
        known
            .turns_on()
            .map(|it| it.replace("Which way it goes turns on", "Whether it goes on turns on")),
    );
    points.extend(known.said());
    points.extend(known.hands_work_to());
    points.push("A loop with a stack of its own would move the depth to the heap, where it can be bounded, but is harder to read.".to_owned());
    let mut candidate = known.candidate(Kind::Recursion, Category::Scalability, wordings, points);
    candidate.difficulty = Difficulty::Senior;
    Some(candidate)
}

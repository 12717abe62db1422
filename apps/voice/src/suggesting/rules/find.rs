//! Finds what fits a question: among stories of the notes, their lines, and what was said before.
//!
//! What is looked for is first what stands behind the words that ask, then the whole sentence, then
//! all that was said; where none of the person's own words fit, words of the same theme are tried.

use text::Index;

use super::asked::Asked;
use super::story::Story;
use crate::suggesting::brief::{Brief, Turn};

/// The least part of a question's weight that a passage must have to be quoted.
const FIT_MIN: f64 = 0.2;
/// Below this, what is of the same theme goes before what shares some words.
const FIT_GOOD: f64 = 0.45;
/// A passage this much worse than the best is left out.
const BESIDE_BEST: f64 = 0.4;
/// What a fit by theme counts against one by words.
const THEME_WEIGHT: f64 = 0.6;
/// Earlier turns that are searched, the newest.
const TURNS_MAX: usize = 200;

/// Words that belong to one theme, as people ask and as they tell.
const THEMES: &[&str] = &[
    "conflict disagree disagreed disagreement argue argued argument difficult colleague coworker tension opinion persuade persuaded convinced",
    "failure fail failed mistake wrong error regret broke broken missed lost misjudged",
    "challenge challenging difficult hard hardest tough obstacle problem issue struggle complex outage incident bug crash",
    "lead led leader leadership team manage managed mentor mentored coached delegated motivate",
    "success achievement accomplishment proud proudest won award improved increased launched shipped",
    "pressure deadline stress stressful urgent tight late weekend priorities prioritise prioritize",
    "learn learned learnt new unfamiliar feedback criticism improve grow",
    "customer client user stakeholder complaint support",
    "fast faster slow performance latency optimise optimize speed scale scaling load",
    "outage incident downtime production crash down failure recovered rollback postmortem",
    "initiative idea proposed suggested introduced innovation creative volunteered",
    "decision decide decided choose chose trade-off tradeoff alternatives",
];

/// Something that fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fit<T> {
    /// What fits.
    pub(crate) what: T,
    /// How much of what was asked it has: above 0 to 1.
    pub(crate) coverage: f64,
}

/// What can be looked for, and where.
pub(crate) struct Search<'b> {
    queries: Vec<String>,
    stories: &'b [Story<'b>],
    whole: Index,
    lines: Vec<&'b str>,
    each: Index,
    turns: &'b [Turn],
    said: Index,
}

impl<'b> Search<'b> {
    pub(crate) fn new(brief: &'b Brief, asked: &Asked<'_>, stories: &'b [Story<'b>]) -> Self {
        let texts: Vec<String> = stories.iter().map(Story::text).collect();
        let lines: Vec<&str> =
            stories.iter().flat_map(|story| &story.lines).map(|line| line.text).collect();
        let turns = &brief.history[brief.history.len().saturating_sub(TURNS_MAX)..];
        Self {
            queries: queries(brief, asked),
            stories,
            whole: Index::new(texts.iter().map(String::as_str)),
            each: Index::new(lines.iter().copied()),
            lines,
            turns,
            said: Index::new(turns.iter().map(|turn| turn.text.as_str())),
        }
    }

    /// The stories that fit best.
    pub(crate) fn stories(&self, count_max: usize) -> Vec<Fit<&'b Story<'b>>> {
        let fits = self.first_fitting(&self.whole, count_max);
        pick(fits, |passage| self.stories.get(passage))
    }

    /// The lines of the notes that fit best.
    pub(crate) fn lines(&self, count_max: usize) -> Vec<Fit<&'b str>> {
        pick(self.first_fitting(&self.each, count_max), |passage| self.lines.get(passage).copied())
    }

    /// What was said before that fits best, by oneself or by others.
    pub(crate) fn said(&self, is_own: bool, count_max: usize) -> Vec<Fit<&'b Turn>> {
        let hits = self.queries.iter().map(|query| fitting(self.said.query(query, TURNS_MAX)));
        let hits = hits.into_iter().find(|hits| !hits.is_empty()).unwrap_or_default();
        let turns = pick(hits, |passage| self.turns.get(passage));
        turns.into_iter().filter(|fit| fit.what.is_own == is_own).take(count_max).collect()
    }

    /// What the first query that finds anything finds; by theme where that shares little.
    fn first_fitting(&self, index: &Index, count_max: usize) -> Vec<Fit<usize>> {
        let mut found = self.queries.iter().map(|query| fitting(index.query(query, count_max)));
        let by_words = found.find(|hits| !hits.is_empty()).unwrap_or_default();
        if by_words.first().is_some_and(|best| best.coverage >= FIT_GOOD) {
            return by_words;
        }
        let mut all = self.by_theme(index, count_max);
        let is_new = |one: &Fit<usize>| all.iter().all(|other| other.what != one.what);
        let others: Vec<Fit<usize>> = by_words.into_iter().filter(is_new).collect();
        all.extend(others);
        all.truncate(count_max);
        all
    }

    fn by_theme(&self, index: &Index, count_max: usize) -> Vec<Fit<usize>> {
        let asked: Vec<String> =
            self.queries.iter().take(2).flat_map(|query| text::stems(query)).collect();
        let is_near = |theme: &&&str| text::stems(theme).iter().any(|stem| asked.contains(stem));
        let near: Vec<&str> = THEMES.iter().filter(is_near).copied().collect();
        let hits = index.query(&near.join(" "), count_max);
        let best = hits.first().map_or(0.0, |hit| hit.score);
        // Of a theme's many words a passage never has much: the score tells which is nearest.
        let fits = hits.into_iter().filter(|hit| hit.score >= best * BESIDE_BEST);
        fits.map(|hit| Fit { what: hit.passage, coverage: THEME_WEIGHT }).collect()
    }
}

/// What is looked for, the most particular first.
fn queries(brief: &Brief, asked: &Asked<'_>) -> Vec<String> {
    let earlier = brief.history.iter().rev().map(|turn| turn.text.as_str());
    let mut queries = Vec::new();
    for text in [asked.about, asked.sentence, &brief.utterance] {
        if !text::stems(text).is_empty() && !queries.contains(&text.to_owned()) {
            queries.push(text.to_owned());
        }
    }
    // "And how did that go?" goes on from what was said last.
    if queries.is_empty() {
        let telling = earlier.filter(|text| !text::stems(text).is_empty());
        queries.extend(telling.take(1).map(str::to_owned));
    }
    queries
}

fn fitting(hits: Vec<text::Hit>) -> Vec<Fit<usize>> {
    let best = hits.first().map_or(0.0, |hit| hit.score);
    let good =
        hits.into_iter().filter(|hit| hit.coverage >= FIT_MIN && hit.score >= best * BESIDE_BEST);
    good.map(|hit| Fit { what: hit.passage, coverage: hit.coverage.min(1.0) }).collect()
}

fn pick<T>(fits: Vec<Fit<usize>>, find: impl Fn(usize) -> Option<T>) -> Vec<Fit<T>> {
    let found = fits
        .into_iter()
        .filter_map(|fit| Some(Fit { what: find(fit.what)?, coverage: fit.coverage }));
    found.collect()
}

//! Finds what fits a question: among stories of the notes, their lines, and what was said before.
//!
//! What is looked for is first what stands behind the words that ask, then all of the question, then all that
//! was said. Stories of something one has been through are also found by their theme: who is asked for a
//! conflict may have noted a disagreement.

use std::collections::BTreeSet;

use text::Index;

use super::asked::{Asked, Asking};
use super::story::Story;
use crate::suggesting::brief::{Brief, Turn};

/// The least part of a question's weight that a passage must have to be quoted.
const FIT_MIN: f64 = 0.2;
/// A passage this much worse than the best is left out.
const BESIDE_BEST: f64 = 0.4;
/// What a theme, a title and a whole story weigh against all of the question's words.
const THEME_WEIGHT: f64 = 0.6;
const TITLE_WEIGHT: f64 = 0.5;
const WHOLE_WEIGHT: f64 = 0.1;
/// Earlier turns that are searched, the newest.
const TURNS_MAX: usize = 200;

/// Words that belong to one theme, as people ask and as they tell.
const THEMES: &[&str] = &[
    "conflict disagree disagreement argue argument colleague coworker tension opinion persuade convince",
    "fail failure mistake wrong error regret broke broken miss missed lost misjudged",
    "challenge challenging difficult hard hardest tough obstacle problem issue struggle complex outage incident bug crash",
    "lead led leader leadership team manage mentor coach delegate motivate",
    "success achievement accomplishment proud proudest award improve increase launch ship",
    "pressure deadline stress stressful urgent tight late weekend priorities prioritise prioritize",
    "learn unfamiliar feedback criticism grow",
    "customer client user stakeholder complaint support",
    "fast faster slow performance latency optimise optimize speed scale scaling",
    "outage incident downtime production crash failure recover rollback postmortem",
    "initiative idea propose suggest introduce innovation creative volunteer",
    "decision decide chose choose trade-off tradeoff alternatives",
];

/// Words that are in many questions and tell nothing of what they are about, sorted.
const GENERAL: &[&str] = &[
    "anything",
    "best",
    "biggest",
    "bit",
    "day",
    "days",
    "deal",
    "dealt",
    "eight",
    "example",
    "experience",
    "experienced",
    "face",
    "faced",
    "favorite",
    "favourite",
    "five",
    "four",
    "going",
    "good",
    "great",
    "greatest",
    "happen",
    "happened",
    "hundred",
    "job",
    "kind",
    "like",
    "little",
    "look",
    "looking",
    "lot",
    "made",
    "make",
    "many",
    "million",
    "millions",
    "month",
    "months",
    "myself",
    "nine",
    "once",
    "one",
    "people",
    "person",
    "question",
    "questions",
    "seven",
    "show",
    "showed",
    "situation",
    "six",
    "something",
    "sort",
    "tell",
    "ten",
    "thing",
    "things",
    "thousand",
    "three",
    "time",
    "times",
    "twice",
    "two",
    "us",
    "use",
    "used",
    "using",
    "want",
    "wanted",
    "way",
    "week",
    "weeks",
    "work",
    "worked",
    "working",
    "year",
    "years",
    "yourself",
];

/// Words that point to what was said before.
const BACKWARD: &[&str] = &["it", "that", "this", "these", "those", "them", "then", "there"];
/// Words of a question that is short enough to go on from what was said before.
const SHORT_WORDS_MAX: usize = 3;

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
    asking: Asking,
    stories: &'b [Story<'b>],
    whole: Shelf,
    lines: Vec<&'b str>,
    each: Shelf,
    turns: &'b [Turn],
    said: Shelf,
}

/// Texts that can be searched.
struct Shelf {
    texts: Vec<String>,
    index: Index,
}

impl Shelf {
    fn new(texts: Vec<String>) -> Self {
        let index = Index::new(texts.iter().map(String::as_str));
        Self { texts, index }
    }

    /// What has enough of the query, the best first.
    fn fitting(&self, query: &str, count_max: usize) -> Vec<Fit<usize>> {
        let hits = self.index.query(query, count_max);
        let best = hits.first().map_or(0.0, |hit| hit.score);
        let near = hits.into_iter().filter(|hit| hit.score >= best * BESIDE_BEST);
        let fits = near.map(|hit| {
            let text = self.texts.get(hit.passage).map_or("", String::as_str);
            // Among few texts every word they have is a common one: then its rarity tells too little.
            let coverage = hit.coverage.max(text::overlap(query, text)).min(1.0);
            Fit { what: hit.passage, coverage }
        });
        fits.filter(|fit| fit.coverage >= FIT_MIN).collect()
    }
}

impl<'b> Search<'b> {
    pub(crate) fn new(brief: &'b Brief, asked: &Asked<'_>, stories: &'b [Story<'b>]) -> Self {
        let texts: Vec<String> = stories.iter().map(Story::text).collect();
        let of_story = |story: &'b Story<'b>| {
            let title = story.title.unwrap_or_default();
            story.lines.iter().map(move |line| (line.text, format!("{title} {}", line.text)))
        };
        // What stands under a heading is about what the heading says.
        let (lines, titled): (Vec<&str>, Vec<String>) = stories.iter().flat_map(of_story).unzip();
        let turns = &brief.history[brief.history.len().saturating_sub(TURNS_MAX)..];
        Self {
            queries: queries(brief, asked),
            asking: asked.kind,
            stories,
            whole: Shelf::new(texts),
            each: Shelf::new(titled),
            lines,
            turns,
            said: Shelf::new(turns.iter().map(|turn| turn.text.clone()).collect()),
        }
    }

    /// The stories that fit best.
    pub(crate) fn stories(&self, count_max: usize) -> Vec<Fit<&'b Story<'b>>> {
        let by_words = self.first_fitting(&self.whole, self.stories.len());
        if self.asking != Asking::Experience {
            let mut found = pick(by_words, |passage| self.stories.get(passage));
            found.truncate(count_max);
            return found;
        }
        let mut found = self.with_themes(&by_words);
        let best = found.iter().map(|fit| fit.coverage).fold(0.0, f64::max);
        found.retain(|fit| fit.coverage >= best * BESIDE_BEST);
        found.sort_by(|a, b| b.coverage.total_cmp(&a.coverage));
        found.truncate(count_max);
        found.iter_mut().for_each(|fit| fit.coverage = fit.coverage.min(1.0));
        found
    }

    /// The lines of the notes that fit best.
    pub(crate) fn lines(&self, count_max: usize) -> Vec<Fit<&'b str>> {
        pick(self.first_fitting(&self.each, count_max), |passage| self.lines.get(passage).copied())
    }

    /// What was said before that fits best, by oneself or by others.
    pub(crate) fn said(&self, is_own: bool, count_max: usize) -> Vec<Fit<&'b Turn>> {
        let turns = pick(self.first_fitting(&self.said, TURNS_MAX), |turn| self.turns.get(turn));
        turns.into_iter().filter(|fit| fit.what.is_own == is_own).take(count_max).collect()
    }

    /// What the first query that finds anything finds.
    fn first_fitting(&self, shelf: &Shelf, count_max: usize) -> Vec<Fit<usize>> {
        let mut found = self.queries.iter().map(|query| shelf.fitting(query, count_max));
        found.find(|hits| !hits.is_empty()).unwrap_or_default()
    }

    /// Every story with some of the question's words or of its theme, and how well it fits.
    fn with_themes(&self, by_words: &[Fit<usize>]) -> Vec<Fit<&'b Story<'b>>> {
        let asked: BTreeSet<String> =
            self.queries.iter().take(2).flat_map(|query| text::stems(query)).collect();
        let is_near = |theme: &BTreeSet<String>| !theme.is_disjoint(&asked);
        let themes = THEMES.iter().map(|theme| text::stems(theme).into_iter().collect());
        let near: BTreeSet<String> = themes.filter(is_near).flatten().collect();
        let weighed = self.stories.iter().enumerate().map(|(index, story)| {
            let words =
                by_words.iter().find(|fit| fit.what == index).map_or(0.0, |fit| fit.coverage);
            let has = |text: &str| text::stems(text).iter().any(|stem| near.contains(stem));
            let theme = if has(&story.text()) { THEME_WEIGHT } else { 0.0 };
            let titled = |title: &str| {
                has(title) || text::stems(title).iter().any(|stem| asked.contains(stem))
            };
            let title = if story.title.is_some_and(titled) { TITLE_WEIGHT } else { 0.0 };
            let whole =
                if words + theme > 0.0 && story.completeness() > 2 { WHOLE_WEIGHT } else { 0.0 };
            Fit { what: story, coverage: words.max(theme) + title + whole }
        });
        weighed.filter(|fit| fit.coverage > 0.0).collect()
    }
}

/// Whether a word tells nothing of what a question is about.
pub(crate) fn is_general(word: &str) -> bool {
    GENERAL.binary_search(&word.to_lowercase().as_str()).is_ok()
}

/// What is looked for, the most particular first.
fn queries(brief: &Brief, asked: &Asked<'_>) -> Vec<String> {
    let mut queries: Vec<String> = Vec::new();
    for text in [asked.about, asked.asking, &brief.utterance] {
        let query = telling(text);
        if !query.is_empty() && !queries.contains(&query) {
            queries.push(query);
        }
    }
    if queries.is_empty() && goes_on(&brief.utterance) {
        let earlier = brief.history.iter().rev().map(|turn| telling(&turn.text));
        queries.extend(earlier.filter(|query| !query.is_empty()).take(1));
    }
    queries
}

/// Whether a question is about what was said last: "And how did that go?"
fn goes_on(utterance: &str) -> bool {
    let words: Vec<String> = text::words(utterance).map(|word| word.text.to_lowercase()).collect();
    let is_short = (1..=SHORT_WORDS_MAX).contains(&words.len());
    is_short || words.iter().any(|word| BACKWARD.contains(&word.as_str()))
}

/// The words of a text that tell what it is about.
fn telling(text: &str) -> String {
    let words = text::words(text).map(|word| word.text);
    let telling = words.filter(|word| !is_general(word) && !text::is_stop_word(word));
    telling.collect::<Vec<_>>().join(" ")
}

fn pick<T>(fits: Vec<Fit<usize>>, find: impl Fn(usize) -> Option<T>) -> Vec<Fit<T>> {
    let found = fits
        .into_iter()
        .filter_map(|fit| Some(Fit { what: find(fit.what)?, coverage: fit.coverage }));
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn general_words_are_sorted_so_that_they_are_found() {
        assert!(GENERAL.is_sorted());
        assert_eq!(telling("tell me about a time when you worked with Redis"), "Redis");
    }
}

//! What can be quoted: the sentences of people's messages and of the instructions.
//!
//! **Bounds.** [`TURN_SENTENCES_MAX`] sentences of a message are read, and [`PASSAGES_MAX`] in all,
//! the newest messages first.

use std::collections::BTreeSet;

use crate::agents::wishes::Wishes;
use crate::agents::{Brief, Turn, quote};

/// Sentences of one message, and of the instructions.
const TURN_SENTENCES_MAX: usize = 200;
/// Sentences in all.
const PASSAGES_MAX: usize = 4_000;
/// How much less a question counts than an answer.
const QUESTION_WEIGHT: f64 = 0.4;
/// How much more the newest message counts than the oldest.
const RECENCY_WEIGHT: f64 = 0.25;
/// Passages looked at for one question.
const HITS_MAX: usize = 40;
/// How alike two texts are that say the same.
const SAME: f64 = 0.95;
/// How much more a passage with a figure counts where one is asked for.
const FIGURE_WEIGHT: f64 = 1.8;
/// Characters of a message that is quoted whole.
const WHOLE_CHARS_MAX: usize = 200;
/// Words of a quotation that is better read with the question it answers.
const SHORT_WORDS_MAX: usize = 8;

/// Words that ask and say nothing of what is asked about.
pub(super) const ASKING: &[&str] = &[
    "long",
    "many",
    "much",
    "often",
    "remember",
    "remind",
    "tell",
    "show",
    "anybody",
    "anyone",
    "said",
    "mentioned",
    "exactly",
    "happen",
    "happens",
    "supposed",
    "suggested",
    "proposed",
    "asked",
    "wrote",
];

/// A sentence that can be quoted.
#[derive(Debug)]
pub(super) struct Passage<'a> {
    pub(super) text: &'a str,
    /// The message it stands in, by its place in the history; `None` for the instructions.
    pub(super) turn: Option<usize>,
    /// The question of somebody else's right before, which it may answer.
    asked: Option<(&'a str, &'a str)>,
    pub(super) is_question: bool,
}

/// A passage that fits a question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'p> {
    pub(super) passage: &'p Passage<'p>,
    pub(super) score: f64,
    /// The part of the question's weight that it has, from 0 to 1.
    pub(super) coverage: f64,
}

/// Everything that can be quoted.
pub(super) struct Passages<'a> {
    history: &'a [Turn],
    reader: &'a str,
    all: Vec<Passage<'a>>,
    index: text::Index,
}

impl<'a> Passages<'a> {
    pub(super) fn of(brief: &'a Brief, wishes: &Wishes) -> Self {
        let instructions = brief.instructions.as_deref().unwrap_or_default();
        let sentences = text::sentences(instructions).into_iter().take(TURN_SENTENCES_MAX);
        let mut all: Vec<Passage<'a>> = sentences
            .map(|text| Passage { text, turn: None, asked: None, is_question: false })
            .collect();
        for (index, turn) in brief.history.iter().enumerate().rev().filter(|(_, it)| !it.is_agent) {
            let asked = question_before(&brief.history, index);
            let sentences = text::sentences(&turn.content).into_iter().take(TURN_SENTENCES_MAX);
            let mut passages: Vec<Passage<'a>> = sentences
                .map(|text| {
                    let is_question = text::is_question(text);
                    let asked = asked.filter(|_| !is_question);
                    Passage { text, turn: Some(index), asked, is_question }
                })
                .collect();
            all.append(&mut passages);
        }
        all.retain(|passage| !wishes.forbids(passage.text));
        all.truncate(PASSAGES_MAX);
        let searched: Vec<String> = all.iter().map(Passage::searched).collect();
        let index = text::Index::new(searched.iter().map(String::as_str));
        Self { history: &brief.history, reader: &brief.question.author, all, index }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many people have said something.
    pub(super) fn people_count(&self) -> usize {
        let people = self.history.iter().filter(|turn| !turn.is_agent);
        people.map(|turn| turn.author.as_str()).collect::<BTreeSet<_>>().len()
    }

    /// Sentences of people's messages, oldest message first.
    pub(super) fn said(&self) -> impl Iterator<Item = &Passage<'a>> {
        let mut said: Vec<&Passage<'a>> =
            self.all.iter().filter(|passage| passage.turn.is_some()).collect();
        said.sort_by_key(|passage| passage.turn);
        said.into_iter()
    }

    /// The passages that fit a question, the best first, none twice; of one author's if wished.
    pub(super) fn find(&self, question: &str, by: Option<&str>) -> Vec<Found<'_>> {
        let hits = self.index.query(question, HITS_MAX);
        let wants_figure = wants_figure(question);
        let mut found: Vec<Found<'_>> = hits
            .iter()
            .map(|hit| {
                let passage = &self.all[hit.passage];
                let is_figure = wants_figure && has_figure(passage.text);
                let score =
                    hit.score * self.weight(passage) * if is_figure { FIGURE_WEIGHT } else { 1.0 };
                Found { passage, score, coverage: hit.coverage }
            })
            .filter(|found| by.is_none_or(|by| self.author(found.passage) == Some(by)))
            // The same question asked before is no answer to it.
            .filter(|found| {
                !(found.passage.is_question && text::likeness(found.passage.text, question) > SAME)
            })
            .collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut seen: Vec<&str> = Vec::new();
        found.retain(|found| {
            let is_new = !seen.iter().any(|text| same(text, found.passage.text));
            if is_new {
                seen.push(found.passage.text);
            }
            is_new
        });
        found
    }

    fn weight(&self, passage: &Passage<'_>) -> f64 {
        let kind = if passage.is_question { QUESTION_WEIGHT } else { 1.0 };
        let share = |index: usize| {
            let small = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
            small(index + 1) / small(self.history.len().max(1))
        };
        let recency = passage.turn.map_or(0.5, share);
        kind * (1.0 + RECENCY_WEIGHT * recency)
    }

    /// The last things somebody said, newest first.
    pub(super) fn last_of(&self, author: &str, count_max: usize) -> Vec<Found<'_>> {
        let said = self.all.iter().filter(|passage| self.author(passage) == Some(author));
        super::found_all(said.take(count_max))
    }

    fn author(&self, passage: &Passage<'_>) -> Option<&'a str> {
        Some(self.history.get(passage.turn?)?.author.as_str())
    }

    /// Words of a question that stand in no passage, quoted.
    pub(super) fn never_mentioned(&self, question: &str) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let words = text::words(question).filter(|word| {
            let is_name = word.is_identifier() || word.text.chars().count() > 3;
            is_name
                && !ASKING.contains(&word.text.to_lowercase().as_str())
                && !text::is_stop_word(word.text)
                && self.index.query(word.text, 1).is_empty()
        });
        let new = words.filter(|word| seen.insert(text::stem(word.text)));
        new.take(4).map(|word| format!("“{}”", word.text)).collect()
    }

    /// What was talked about most.
    pub(super) fn topics(&self, count_max: usize) -> Vec<String> {
        let said: Vec<&str> = self.all.iter().map(|passage| passage.text).collect();
        let mut topics: Vec<String> = Vec::new();
        for term in text::key_terms(&said.join("\n"), count_max * 3) {
            let is_new = topics.iter().all(|topic| text::overlap(topic, &term.text) < 0.5);
            if is_new && topics.len() < count_max {
                topics.push(term.text);
            }
        }
        topics
    }

    /// Passages as quotations with their origin, those of one message as one; a short answer with
    /// the question it answers.
    pub(super) fn quotations(&self, found: &[Found<'_>]) -> String {
        let mut seen: Vec<Option<usize>> = Vec::new();
        let mut quoted = Vec::new();
        for Found { passage, .. } in found {
            if !seen.contains(&passage.turn) {
                seen.push(passage.turn);
                let texts = found.iter().filter(|it| it.passage.turn == passage.turn);
                let texts: Vec<&str> = texts.map(|it| it.passage.text).collect();
                quoted.push(self.quotation(passage, &texts));
            }
        }
        quoted.join("\n\n")
    }

    fn quotation(&self, passage: &Passage<'_>, texts: &[&str]) -> String {
        let quoted = self.in_context(passage, texts);
        let quoted = quote::line(&quoted, quote::QUOTE_CHARS_MAX);
        let origin = self.origin(passage);
        let is_short = text::words(&quoted).count() <= SHORT_WORDS_MAX || replies(&quoted);
        match passage.asked.filter(|_| is_short) {
            Some((author, question)) => {
                let author = self.named(author);
                let question = quote::line(question, 160);
                format!("> {quoted}\n\n— {origin}, when {author} asked: “{question}”")
            }
            None => format!("> {quoted}\n\n— {origin}"),
        }
    }

    /// Sentences of one message with what belongs to them: all of a short message, else each with
    /// the next one where that goes on from it.
    fn in_context(&self, passage: &Passage<'_>, texts: &[&str]) -> String {
        let of_turn = self.all.iter().filter(|it| it.turn == passage.turn && it.turn.is_some());
        let all: Vec<&str> = match passage.turn {
            Some(_) => of_turn.map(|it| it.text).collect(),
            None => self.all.iter().filter(|it| it.turn.is_none()).map(|it| it.text).collect(),
        };
        let is_small = all.iter().map(|it| it.chars().count()).sum::<usize>() <= WHOLE_CHARS_MAX;
        if passage.turn.is_some() && is_small {
            return all.join(" ");
        }
        let mut quoted: Vec<&str> = Vec::new();
        let mut last = None;
        for (place, text) in all.iter().enumerate() {
            let is_next = last.is_some_and(|last| last + 1 == place);
            if !(texts.contains(text) || is_next && goes_on(text)) {
                continue;
            }
            if last.is_some() && !is_next {
                quoted.push("…");
            }
            quoted.push(text);
            last = Some(place);
        }
        quoted.join(" ")
    }

    /// Where a passage comes from, in words.
    pub(super) fn origin(&self, passage: &Passage<'_>) -> String {
        let Some(index) = passage.turn else { return "your instructions".to_owned() };
        let author = self.author(passage).unwrap_or_default();
        let ago = self.history.len() - index;
        let when = match ago {
            1 => "in the message before".to_owned(),
            _ => format!("{ago} messages ago"),
        };
        format!("{}, {when}", self.named(author))
    }

    /// A person's name, or "you".
    pub(super) fn named(&self, author: &str) -> String {
        if author == self.reader { "you".to_owned() } else { quote::name(author) }
    }
}

impl Passage<'_> {
    fn searched(&self) -> String {
        match self.asked {
            Some((_, question)) => format!("{} {question}", self.text),
            None => self.text.to_owned(),
        }
    }
}

/// The question with which the message before ends, where somebody else asked it.
fn question_before(history: &[Turn], index: usize) -> Option<(&str, &str)> {
    let turn = history.get(index)?;
    let before = history[..index].iter().rev().find(|before| !before.is_agent)?;
    if before.author == turn.author {
        return None;
    }
    let question = text::sentences(&before.content).into_iter().next_back()?;
    text::is_question(question).then_some((before.author.as_str(), question))
}

/// Whether a sentence goes on from the one before.
fn goes_on(text: &str) -> bool {
    let lower = text.to_lowercase();
    let first = lower.split_whitespace().next().unwrap_or_default().trim_end_matches(',');
    ["it", "this", "that", "they", "these", "those", "so", "because", "but"].contains(&first)
}

/// Whether a text makes little sense without the question it answers.
fn replies(text: &str) -> bool {
    let first = text::words(text).next().map(|word| word.text.to_lowercase());
    let openings =
        ["yes", "no", "yeah", "nope", "not", "because", "it", "they", "he", "she", "that"];
    first.is_some_and(|first| openings.contains(&first.as_str()))
}

/// Whether a question asks for a figure.
fn wants_figure(question: &str) -> bool {
    let lower = question.to_lowercase();
    let signs = [
        "how long",
        "how many",
        "how much",
        "how often",
        "how big",
        "how old",
        "how fast",
        "which port",
        "what port",
        "which version",
        "what version",
        "when ",
    ];
    signs.iter().any(|sign| lower.contains(sign))
}

fn has_figure(text: &str) -> bool {
    text::words(text).any(|word| word.text.chars().any(|letter| letter.is_ascii_digit()))
}

fn same(one: &str, other: &str) -> bool {
    one == other || text::likeness(one, other) > SAME && one.len().abs_diff(other.len()) < 12
}

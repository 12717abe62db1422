//! What a message is about, and what in it calls for a question.

use super::moves::Cue;
use crate::agents::wishes::Wishes;
use crate::agents::{Brief, quote};

/// Terms taken from the message, and from the turns before.
const OWN_TERMS_MAX: usize = 8;
const EARLIER_TERMS_MAX: usize = 8;
/// Terms taken from one turn before.
const TURN_TERMS_MAX: usize = 3;
/// Turns before that are looked at.
const TURNS_MAX: usize = 6;
/// Earlier sentences that may be taken up.
const EARLIER_MAX: usize = 4;
/// Characters of a clause.
const CLAUSE_CHARS_MAX: usize = 140;
/// Words of a short yes or no, a nod or a greeting.
const SHORT_WORDS_MAX: usize = 4;
/// Letters a word has at least to be a term in a language whose small words are not known.
const FOREIGN_LETTERS_MIN: usize = 6;

const ABSOLUTES: &[&str] = &[
    "always",
    "never",
    "everybody",
    "everyone",
    "nobody",
    "impossible",
    "obviously",
    "clearly",
    "certainly",
    "nothing",
    "everything",
];
const DOUBTS: &[&str] = &[
    "maybe", "perhaps", "probably", "possibly", "might", "unsure", "guess", "suppose", "doubt",
    "wonder",
];
const COMPARISONS: &[&str] = &[
    "better", "worse", "faster", "slower", "cheaper", "easier", "safer", "simpler", "harder",
    "more", "less", "than", "best", "versus", "vs",
];
const TROUBLES: &[&str] = &[
    "error",
    "errors",
    "bug",
    "bugs",
    "fails",
    "failed",
    "fail",
    "failing",
    "broken",
    "crash",
    "crashes",
    "crashed",
    "wrong",
    "stuck",
    "slow",
    "exception",
    "problem",
    "timeout",
    "leak",
    "leaks",
    "hangs",
    "doesn't",
    "isn't",
    "won't",
];
const PLANS: &[&str] = &[
    " i will ",
    " i'll ",
    " i want to ",
    " i would like to ",
    " i'd like to ",
    " we should ",
    " i should ",
    " we will ",
    " we'll ",
    " we want to ",
    " let's ",
    " let us ",
    " we could ",
    " i could ",
    " i'm going to ",
    " we are going to ",
    " my plan is to ",
    " the plan is to ",
    " we plan to ",
    " i plan to ",
    " we have to ",
    " we need to ",
    " i need to ",
];
const REASONS: &[&str] = &[" because ", " since ", " so that ", " therefore "];
/// What ends a clause.
const ENDS: &[&str] = &[" because ", " since ", " so that ", " therefore ", " but ", " although "];
const DEMANDS: &[&str] = &[
    "give me the answer",
    "tell me the answer",
    "just answer",
    "just tell me",
    "stop asking",
    "no more questions",
    "give me a solution",
    "the solution please",
    "an answer please",
];
const STUCK: &[&str] = &[
    "don't know",
    "do not know",
    "no idea",
    "not sure how",
    "i'm stuck",
    "i am stuck",
    "i'm lost",
    "confused",
    "i don't understand",
    "i do not understand",
    "help me",
    "can't figure",
    "cannot figure",
    "don't get it",
    "no clue",
];
const VERDICTS: &[&str] = &[
    "yes",
    "no",
    "yeah",
    "yep",
    "nope",
    "true",
    "false",
    "maybe",
    "probably",
    "nah",
    "definitely",
    "disagree",
    "never",
    "always",
];
const NODS: &[&str] = &[
    "ok", "okay", "sure", "right", "exactly", "agreed", "correct", "fine", "indeed", "thanks",
    "thank", "good", "great", "cool", "hm", "hmm", "see",
];
const GREETINGS: &[&str] = &["hi", "hello", "hey", "hallo", "morning"];

/// A message as the moves see it.
pub(super) struct Topic {
    /// The message's terms, weightiest first, ready to be shown.
    pub(super) terms: Vec<String>,
    /// Terms of the turns before that the message does not have.
    pub(super) earlier_terms: Vec<String>,
    /// What the message calls for, with the words it has for the move.
    pub(super) cues: Vec<(Cue, Option<String>)>,
    /// Sentences its author said before.
    pub(super) earlier: Vec<String>,
    /// Functions in its code, each with a parameter where it has one.
    pub(super) functions: Vec<(String, Option<String>)>,
}

impl Topic {
    pub(super) fn of(brief: &Brief, wishes: &Wishes) -> Self {
        let message = &brief.question.content;
        let blocks = ::code::blocks(message);
        let prose = without_code(message, &blocks);
        let is_allowed = |term: &String| !wishes.forbids(term);
        let terms: Vec<String> =
            terms(&prose, OWN_TERMS_MAX).into_iter().filter(is_allowed).collect();
        let earlier_terms = earlier_terms(brief, &terms).into_iter().filter(is_allowed).collect();
        let earlier = earlier(brief, message, wishes);
        let functions = functions(&blocks);
        let mut cues = cues(&prose);
        cues.retain(|(_, words)| words.as_ref().is_none_or(|words| !wishes.forbids(words)));
        if !functions.is_empty() {
            cues.insert(0, (Cue::Code, None));
        }
        Self { terms, earlier_terms, cues, earlier, functions }
    }

    pub(super) fn has(&self, cue: Cue) -> bool {
        self.cues.iter().any(|(own, _)| *own == cue)
    }

    /// Whether the message is a question or a call for help, which one question may not be enough
    /// for.
    pub(super) fn wants_a_step(&self) -> bool {
        [Cue::How, Cue::Why, Cue::Stuck].iter().any(|cue| self.has(*cue)) && !self.terms.is_empty()
    }
}

fn terms(prose: &str, count_max: usize) -> Vec<String> {
    let small = text::words(prose).filter(|word| text::is_stop_word(word.text)).count();
    let is_english = small * 6 >= text::words(prose).count();
    let terms = text::key_terms(prose, count_max).into_iter().filter(|term| {
        is_english
            || term.count > 1
            || !term.text.contains(' ') && term.text.chars().count() >= FOREIGN_LETTERS_MIN
    });
    terms.map(|term| format!("“{}”", clean(&term.text, 60))).collect()
}

/// The terms of people's turns before, the newest turn's first, without those the message has.
fn earlier_terms(brief: &Brief, own: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let turns = brief.history.iter().rev().filter(|turn| !turn.is_agent);
    for turn in turns.take(TURNS_MAX) {
        for term in terms(&turn.content, TURN_TERMS_MAX) {
            let is_new = own.iter().chain(&found).all(|other| text::likeness(other, &term) < 0.99);
            found.extend(is_new.then_some(term));
        }
    }
    found.truncate(EARLIER_TERMS_MAX);
    found
}

/// What the prose of a message calls for, the most telling first.
fn cues(prose: &str) -> Vec<(Cue, Option<String>)> {
    let lower = prose.to_lowercase().replace('’', "'");
    let words: Vec<&str> = text::words(&lower).map(|word| word.text).collect();
    let sentences = text::sentences(prose);
    let mut found = Vec::new();
    let has = |wanted: &[&str]| words.iter().find(|word| wanted.contains(word)).copied();
    if DEMANDS.iter().any(|sign| lower.contains(sign)) {
        found.push((Cue::Demand, None));
    }
    if STUCK.iter().any(|sign| lower.contains(sign)) {
        found.push((Cue::Stuck, None));
    }
    let question = sentences.iter().rev().find(|sentence| text::is_question(sentence));
    if let Some(question) = question {
        let opening = text::words(question).map(|word| word.text.to_lowercase());
        let opening: Vec<String> = opening.take(6).collect();
        let opens = |wanted: &str| opening.iter().any(|word| word == wanted);
        let cue = if opens("how") || opens("should") {
            Cue::How
        } else if opens("why") {
            Cue::Why
        } else {
            Cue::What
        };
        found.push((cue, None));
    }
    if has(TROUBLES).is_some() {
        found.push((Cue::Trouble, None));
    }
    if words.len() <= SHORT_WORDS_MAX && question.is_none() {
        found.extend(has(GREETINGS).map(|_| (Cue::Greeting, None)));
        // "No idea" is no answer to anything.
        let is_stuck = found.iter().any(|(cue, _)| *cue == Cue::Stuck);
        let verdict = has(VERDICTS).filter(|_| !is_stuck);
        found.extend(verdict.map(|word| (Cue::Verdict, Some(word.to_owned()))));
        found.extend(has(NODS).map(|_| (Cue::Nod, None)));
    }
    let behind = |signs: &[&str]| sentences.iter().find_map(|sentence| behind(sentence, signs));
    if let Some(reason) = behind(REASONS) {
        found.push((Cue::Reason, Some(reason)));
    }
    if let Some(plan) = behind(PLANS) {
        found.push((Cue::Plan, Some(plan)));
    }
    let claim = sentences.iter().find(|sentence| {
        let is_stuck = STUCK.iter().any(|sign| sentence.to_lowercase().contains(sign));
        !text::is_question(sentence) && !is_stuck && text::words(sentence).count() >= 3
    });
    let claim = claim.map(|claim| clean(&without_opening(claim), CLAUSE_CHARS_MAX));
    if let Some(word) = has(DOUBTS).or_else(|| lower.contains("i think").then_some("think")) {
        let is_said = word == "think" || claim.is_some();
        found.extend(is_said.then(|| (Cue::Doubt, claim.clone())));
    }
    if let Some(word) = has(ABSOLUTES) {
        found.push((Cue::Absolute, Some(word.to_owned())));
    }
    if has(COMPARISONS).is_some() {
        found.push((Cue::Comparison, claim.clone()));
    }
    found.extend(figure(prose).map(|figure| (Cue::Figure, Some(figure))));
    found.extend(claim.map(|claim| (Cue::Claim, Some(claim))));
    found
}

/// The first figure, with the word right behind it: "5 ms".
fn figure(prose: &str) -> Option<String> {
    let words: Vec<text::Word<'_>> = text::words(prose).collect();
    let place =
        words.iter().position(|word| word.text.starts_with(|it: char| it.is_ascii_digit()))?;
    let figure = words[place];
    let end = figure.start + figure.text.len();
    let unit =
        words.get(place + 1).filter(|next| next.start == end + 1 && !text::is_stop_word(next.text));
    Some(match unit {
        Some(unit) => format!("{} {}", figure.text, unit.text),
        None => figure.text.to_owned(),
    })
}

/// What stands behind the first of these signs in a sentence: up to its end.
fn behind(sentence: &str, signs: &[&str]) -> Option<String> {
    // With a space in front, so that a sign may open the sentence.
    let sentence = format!(" {sentence}").replace('’', "'");
    let lower = sentence.to_lowercase();
    let start = signs.iter().filter_map(|sign| lower.find(sign).map(|at| at + sign.len()));
    let start = start.min()?;
    // The lower case of some letters has another length; then the clause is taken in lower case.
    let rest = if lower.len() == sentence.len() { sentence.get(start..)? } else { &lower[start..] };
    let clause =
        ENDS.iter().filter_map(|sign| rest.find(sign)).min().map_or(rest, |end| &rest[..end]);
    let clause = clean(clause, CLAUSE_CHARS_MAX);
    (text::words(&clause).count() >= 2).then_some(clause)
}

/// A sentence without the words that only open it.
fn without_opening(sentence: &str) -> String {
    let openings = [
        "i think that ",
        "i think ",
        "i believe that ",
        "i believe ",
        "i guess ",
        "i suppose ",
        "maybe ",
        "perhaps ",
        "well, ",
        "so, ",
        "so ",
        "ok, ",
        "and ",
        "but ",
        "because ",
        "probably ",
    ];
    let mut rest = sentence.trim();
    while let Some(opening) = openings
        .iter()
        .find(|it| rest.get(..it.len()).is_some_and(|head| head.eq_ignore_ascii_case(it)))
    {
        rest = rest[opening.len()..].trim_start();
    }
    rest.to_owned()
}

/// What the author said in turns before, newest first.
fn earlier(brief: &Brief, message: &str, wishes: &Wishes) -> Vec<String> {
    let author = &brief.question.author;
    let own = brief.history.iter().rev().filter(|turn| !turn.is_agent && turn.author == *author);
    let mut found: Vec<String> = Vec::new();
    for turn in own.take(TURNS_MAX * 2).filter(|turn| turn.content != message) {
        let sentence = text::sentences(&turn.content)
            .into_iter()
            .find(|sentence| !text::is_question(sentence) && text::words(sentence).count() >= 4);
        let clause = sentence.map(|sentence| clean(sentence, CLAUSE_CHARS_MAX));
        let clause = clause.filter(|clause| !wishes.forbids(clause) && !found.contains(clause));
        found.extend(clause);
    }
    found.truncate(EARLIER_MAX);
    found
}

fn functions(blocks: &[::code::Block]) -> Vec<(String, Option<String>)> {
    let reviews =
        blocks.iter().filter_map(|block| ::code::review(block.language?, &block.source).ok());
    let functions = reviews.flat_map(|review| review.facts.functions).filter(|it| !it.is_test);
    let told = functions.map(|function| {
        let parameter = function.parameters.first().map(|name| quote::code(name, 40));
        (quote::code(&function.name, 60), parameter)
    });
    told.take(4).collect()
}

fn without_code(message: &str, blocks: &[::code::Block]) -> String {
    let lines = message.lines().enumerate().filter(|(index, line)| {
        let is_code = blocks.iter().any(|block| {
            let last = block.first_line + block.source.lines().count();
            (block.first_line..last).contains(&(index + 1))
                && (block.is_fenced || last > block.first_line + 1)
        });
        !is_code && !line.trim_start().starts_with("```") && !line.trim_start().starts_with("~~~")
    });
    lines.map(|(_, line)| line).collect::<Vec<_>>().join("\n")
}

/// Words to be put into a question: on one line, without marks that would end or format it.
pub(super) fn clean(text: &str, chars_max: usize) -> String {
    let marks = [
        '?', '!', '…', '。', '！', '？', '“', '”', '"', '*', '`', '#', '>', '<', '[', ']', '{',
        '}', '|', ';',
    ];
    let mut letters = text.chars().peekable();
    let mut bare = String::with_capacity(text.len());
    while let Some(letter) = letters.next() {
        // A dot would end the sentence, unless it stands inside a word.
        let is_end = letter == '.' && !letters.peek().is_some_and(|next| next.is_alphanumeric());
        bare.push(if is_end || marks.contains(&letter) { ' ' } else { letter });
    }
    let words: Vec<&str> = bare.split_whitespace().collect();
    quote::line(words.join(" ").trim_end_matches([',', ':', ' ']), chars_max)
}

//! An answer as claims: sentences that say something themselves.

use std::collections::HashSet;
use std::sync::LazyLock;

use text::{Word, is_stop_word, sentences, stem, words};

use super::coverage::Points;
use super::ratio;
use super::terms::Bag;

/// Words of a claim; a longer sentence is several claims.
const CLAIM_WORDS_MAX: usize = 40;
/// Words that a claim needs to say something.
const CLAIM_WORDS_MIN: usize = 4;
/// The part of a claim's runs of words that the question has too, from which on it is the question.
const COPIED_PART: f64 = 0.6;
/// Words of a run that tells copied text from the same words used anew.
const RUN_WORDS: usize = 3;
/// The part of little words below which a sentence is a list of terms, if many are the subject's.
const LITTLE_WORDS_PART: f64 = 0.16;
/// Words from which on marks may part them into an enumeration.
const ENUMERATION_WORDS_MIN: usize = 6;
/// Marks for each word of an enumeration, at least.
const ENUMERATION_MARKS_PART: f64 = 0.45;
/// The part of the subject's terms from which on words with one little word at most are a list.
const TERMS_ALONE_PART: f64 = 0.55;
/// The part of the subject's terms from which on words without little ones are a list.
const BARE_TERMS_PART: f64 = 0.42;
/// The part from which on words without a verb are one.
const TERMS_PART: f64 = 0.3;
/// The part from which on words that are joined by the same little ones are one.
const JOINED_TERMS_PART: f64 = 0.2;
/// The part of little words from which on they may be joints.
const JOINTS_PART: f64 = 0.2;
/// How often each little word comes, in the mean, where they are joints.
const REPEATED: usize = 3;
/// Words for each verb, at most, in a sentence.
const WORDS_OF_A_VERB_MAX: usize = 20;
/// Words below which nothing was said.
const WORDS_MIN: usize = 3;

/// Who says only this knows nothing.
const CONFESSIONS: &[&str] = &[
    "i don't know",
    "i dont know",
    "i do not know",
    "no idea",
    "i have no idea",
    "not sure",
    "i'm not sure",
    "i am not sure",
    "skip",
    "pass",
    "idk",
];

/// Verbs by stem, besides those that end in `ing` and `ed`: without any there is no claim.
const VERBS: &[&str] = &[
    "is", "are", "was", "were", "be", "been", "has", "have", "had", "do", "does", "did", "can",
    "could", "will", "would", "should", "may", "might", "must", "it's", "that's", "there's", "i'd",
    "we'd", "i'm", "don't", "doesn't", "isn't", "can't", "won't", "keep", "make", "take", "give",
    "get", "go", "come", "use", "call", "return", "read", "write", "check", "fail", "run", "loop",
    "parse", "hold", "need", "mean", "let", "put", "set", "send", "turn", "want", "know", "think",
    "say", "tell", "show", "see", "find", "look", "depend", "import", "handle", "avoid", "allow",
    "force", "cost", "grow", "change", "break", "work", "begin", "start", "end", "stop", "pass",
    "raise", "throw", "wrap", "add", "drop", "move", "split", "chose", "choose", "prefer",
    "become", "stay", "walk", "build", "create", "copy", "store", "share", "lock", "wait", "block",
    "scan", "skip", "match", "convert", "validate", "decide", "leave", "lose", "save", "pay",
    "compare", "expose", "hide", "accept", "reject", "provide", "support", "require", "happen",
    "exist", "contain", "include", "treat", "track", "test", "prevent", "protect",
];

static VERB_STEMS: LazyLock<HashSet<String>> =
    LazyLock::new(|| VERBS.iter().map(|verb| stem(verb)).collect());

/// One claim.
#[derive(Debug)]
pub(super) struct Claim {
    /// In lower case, single spaces, a space at both ends.
    pub(super) text: String,
    pub(super) bag: Bag,
    pub(super) words: usize,
    /// How far it keeps to the question's subject, from 0 to 1.
    nearness: f64,
    /// Whether it is terms in a row rather than a sentence.
    pub(super) is_list: bool,
}

/// An answer as claims, in order, each once.
#[derive(Debug)]
pub(super) struct Claims {
    pub(super) all: Vec<Claim>,
    /// Words of the answer, also of what is no claim.
    words: usize,
    pub(super) has_copied: bool,
    pub(super) has_repeated: bool,
    is_confession: bool,
}

impl Claims {
    pub(super) fn new(answer: &str, question: &str, points: &Points) -> Self {
        let answer = spaced(answer);
        let runs = runs(question);
        let mut seen = HashSet::new();
        let mut claims = Self {
            all: Vec::new(),
            words: 0,
            has_copied: false,
            has_repeated: false,
            is_confession: is_confession(&answer),
        };
        for piece in pieces(&answer) {
            let words: Vec<Word<'_>> = words(piece).collect();
            claims.words += words.len();
            if words.is_empty() {
                continue;
            }
            if copied_part(piece, &runs) >= COPIED_PART {
                claims.has_copied = true;
            } else if seen.insert(key(&words)) {
                claims.all.push(claim(piece, &words, points));
            } else {
                claims.has_repeated = true;
            }
        }
        claims
    }

    /// Whether nothing was said.
    pub(super) fn is_void(&self) -> bool {
        self.words < WORDS_MIN || self.all.is_empty() || self.is_confession
    }

    /// Claims that are sentences about the subject, or that follow one: what comes of a thing is often
    /// said without naming it again.
    pub(super) fn telling(&self) -> impl Iterator<Item = &Claim> {
        let is_near = |at: usize| self.all.get(at).is_some_and(|claim| claim.nearness >= 0.5);
        let all = self.all.iter().enumerate();
        let near =
            all.filter(move |(at, _)| is_near(*at) || at.checked_sub(1).is_some_and(is_near));
        near.map(|(_, claim)| claim).filter(|claim| !claim.is_list)
    }

    /// Words of sentences that are near the subject.
    pub(super) fn prose_words(&self) -> usize {
        let near = self.all.iter().filter(|claim| claim.nearness > 0.0 && !claim.is_list);
        near.map(|claim| claim.words).sum()
    }

    /// The part of the answer that is sentences about the subject, from 0 to 1.
    pub(super) fn relevance(&self) -> f64 {
        let prose = self.all.iter().filter(|claim| !claim.is_list);
        prose.map(|claim| claim.nearness * ratio(claim.words, self.words)).sum()
    }

    /// Whether most of it is terms in a row.
    pub(super) fn is_mostly_list(&self) -> bool {
        let words = |is_list: bool| -> usize {
            self.all.iter().filter(|it| it.is_list == is_list).map(|it| it.words).sum()
        };
        words(true) > words(false)
    }
}

fn claim(piece: &str, words: &[Word<'_>], points: &Points) -> Claim {
    let bag = Bag::of(piece);
    let nearness = points.nearness(&bag);
    let is_list = is_enumeration(piece, words.len()) || is_terms(words, points);
    Claim { text: flat(piece), bag, words: words.len(), nearness, is_list }
}

/// Whether words are the subject's terms with hardly anything said of them: next to no little words, or
/// the same ones again and again, or no verb.
fn is_terms(words: &[Word<'_>], points: &Points) -> bool {
    let subject = words.iter().filter(|word| points.has_word(word.text)).count();
    let density = ratio(subject, words.len());
    let lower = words.iter().map(|word| word.text.to_lowercase());
    let little: Vec<String> = lower.filter(|word| is_stop_word(word)).collect();
    let different = little.iter().collect::<HashSet<_>>().len();
    let little_part = ratio(little.len(), words.len());
    let verbs = words.iter().filter(|word| is_verb(word)).count();
    let is_bare = little_part < LITTLE_WORDS_PART;
    let is_joined = little_part > JOINTS_PART && different * REPEATED <= little.len();
    // A sentence in another language has few little words and no verb that is known here, but few terms too.
    words.len() >= CLAIM_WORDS_MIN
        && (different <= 1 && density > TERMS_ALONE_PART
            || is_bare && density > BARE_TERMS_PART
            || !is_bare && verbs * WORDS_OF_A_VERB_MAX < words.len() && density > TERMS_PART
            || is_joined && density > JOINED_TERMS_PART)
}

/// Whether commas, bars or the like part nearly every word or two.
fn is_enumeration(piece: &str, words: usize) -> bool {
    // A slash inside a path parts no words of the answer's own.
    let spaced =
        [" / ", " + ", " > "].iter().map(|mark| piece.matches(mark).count()).sum::<usize>();
    let marks = piece.matches([',', ';', '|', '·', '•', '、']).count() + spaced;
    words >= ENUMERATION_WORDS_MIN && ratio(marks, words) > ENUMERATION_MARKS_PART
}

fn is_verb(word: &Word<'_>) -> bool {
    let lower = word.text.to_lowercase();
    let is_form = lower.len() > 4 && (lower.ends_with("ing") || lower.ends_with("ed"));
    !word.is_identifier() && (is_form || VERB_STEMS.contains(&stem(&lower)))
}

/// A text with a space wherever letters of a script without spaces meet others.
fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    let mut before = ' ';
    for letter in text.chars() {
        if is_unspaced(before) != is_unspaced(letter) && !before.is_whitespace() {
            spaced.push(' ');
        }
        spaced.push(letter);
        if matches!(letter, '。' | '！' | '？') {
            spaced.push('\n');
            spaced.push('\n');
        }
        before = letter;
    }
    spaced
}

/// Whether it is of a script that parts no words.
fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{0e00}'..='\u{0eff}')
}

/// The sentences of an answer, cut to [`CLAIM_WORDS_MAX`] words; an answer of nothing but code is read as
/// one text.
fn pieces(answer: &str) -> Vec<&str> {
    let mut sentences = sentences(answer);
    if sentences.is_empty() {
        sentences.push(answer);
    }
    sentences.into_iter().flat_map(cut).collect()
}

fn cut(sentence: &str) -> Vec<&str> {
    let starts: Vec<usize> = words(sentence).step_by(CLAIM_WORDS_MAX).map(|it| it.start).collect();
    let first = starts.len().min(1);
    let bounds: Vec<usize> =
        std::iter::once(0).chain(starts[first..].iter().copied()).chain([sentence.len()]).collect();
    bounds.windows(2).map(|pair| &sentence[pair[0]..pair[1]]).collect()
}

/// What tells a claim from another: its telling stems, in order.
fn key(words: &[Word<'_>]) -> Vec<String> {
    let telling = words.iter().filter(|word| !is_stop_word(word.text));
    let stems: Vec<String> = telling.map(|word| stem(word.text)).collect();
    if stems.is_empty() {
        words.iter().map(|word| word.text.to_lowercase()).collect()
    } else {
        stems
    }
}

/// The runs of words of a text.
fn runs(text: &str) -> HashSet<Vec<String>> {
    let words: Vec<String> = words(text).map(|word| word.text.to_lowercase()).collect();
    words.windows(RUN_WORDS).map(<[String]>::to_vec).collect()
}

fn copied_part(piece: &str, question: &HashSet<Vec<String>>) -> f64 {
    let own = runs(piece);
    ratio(own.iter().filter(|run| question.contains(*run)).count(), own.len())
}

fn is_confession(answer: &str) -> bool {
    let flat = flat(answer);
    let said = flat.trim().trim_end_matches(['.', '!', '?', ',']);
    CONFESSIONS.contains(&said)
        || (words(said).count() <= 12 && CONFESSIONS[..6].iter().any(|it| said.starts_with(it)))
}

fn flat(text: &str) -> String {
    let lower = text.to_lowercase().replace('’', "'");
    let words: Vec<&str> = lower.split_whitespace().collect();
    format!(" {} ", words.join(" "))
}

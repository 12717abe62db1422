//! Suggestions by rules: what is asked, what of the notes and of the session answers it, and the
//! outline of an answer that quotes it.
//!
//! **Invariants.** The same brief gives the same suggestions. What stands between “ and ” is somebody's
//! words as they stand in the brief; where nothing fits that is said, and the outline is a general one.
//! There are 1 to [`SUGGESTIONS_MAX`], and none is blank.

mod asked;
mod find;
mod outline;
mod part;
mod pattern;
mod quote;
mod story;

use self::asked::{Asked, Asking, asked, tells};
use self::find::{Fit, Search, is_general};
use self::part::Part;
use self::story::{Story, stories};
use super::brief::{self, Brief, SUGGESTIONS_MAX, TEXT_CHARS_MAX, Turn};
use crate::protocol::Suggestion;

/// Terms of a text that are looked at for its topics.
const TERMS_MAX: usize = 12;
/// How sure a general outline is.
const GENERAL: f64 = 0.2;
/// How sure a question back is.
const BACK: f64 = 0.3;
/// How sure the least that is quoted is, and how much more all that was asked adds.
const QUOTED: (f64, f64) = (0.5, 0.45);
/// Headings under which people note who they are, in lower case.
const OWN_TITLES: &[&str] = &[
    "about me",
    "myself",
    "introduction",
    "intro",
    "profile",
    "background",
    "summary",
    "who i am",
];
/// Stories that are named where none fits.
const NAMED_MAX: usize = 3;

/// Suggestions for whoever is to answer.
pub(super) fn suggest(brief: &Brief) -> Vec<Suggestion> {
    let asked = asked(&brief.utterance);
    let stories = stories(&brief.notes);
    let search = Search::new(brief, &asked, &stories);
    let desk = Desk { brief, asked, stories: &stories, search };
    let mut made = match desk.asked.kind {
        _ if !desk.is_understood() => desk.not_understood(),
        Asking::Courtesy => vec![suggestion("polite", BACK, desk.courtesy())],
        Asking::Statement => desk.statement(),
        Asking::TheirTurn => desk.questions(),
        Asking::Experience => desk.experience(),
        _ => desk.pointed(),
    };
    made.truncate(SUGGESTIONS_MAX);
    made
}

/// What suggestions are made with.
struct Desk<'b> {
    brief: &'b Brief,
    asked: Asked<'b>,
    stories: &'b [Story<'b>],
    search: Search<'b>,
}

impl Desk<'_> {
    /// Something one has been through: the story that fits, at length and in short.
    fn experience(&self) -> Vec<Suggestion> {
        let fits = self.search.stories(2);
        let Some(best) = fits.first() else { return self.unprepared(&outline::of_parts()) };
        let mut made = vec![suggestion("structured", sure(best), outline::of_story(best.what))];
        let short = outline::short(best.what);
        if !short.is_empty() {
            made.push(suggestion("concise", sure(best) * 0.9, format!("In short: {short}")));
        }
        let other = fits.get(1).filter(|other| other.what.is_told());
        made.extend(other.map(|other| {
            let text = format!("Or another of your stories:\n{}", outline::of_story(other.what));
            suggestion("alternative", sure(other) * 0.8, text)
        }));
        made.extend(self.said_before());
        made
    }

    /// Everything else that is asked: an outline of the answer, filled with what fits.
    fn pointed(&self) -> Vec<Suggestion> {
        let mut lines = self.search.lines(3);
        if lines.is_empty() && self.asked.kind == Asking::Yourself {
            lines = self.opening();
        }
        if self.asked.kind == Asking::Fact {
            // A line with a figure answers sooner.
            lines.sort_by_key(|line| !line.what.contains(|letter: char| letter.is_ascii_digit()));
        }
        if self.asked.kind == Asking::Approach {
            lines.sort_by_key(|line| part::guessed(line.what) != Part::Action);
        }
        let told = self.search.stories(1).into_iter().find(|fit| fit.what.is_told());
        let texts: Vec<&str> = lines.iter().map(|fit| fit.what).collect();
        let steps = outline::steps(self.asked.kind);
        let (text, quoted) = outline::of_steps(steps, &texts, told.as_ref().map(|fit| fit.what));
        if quoted == 0 {
            return self.unprepared(&text);
        }
        let best = lines.iter().map(sure).chain(told.as_ref().map(sure)).fold(GENERAL, f64::max);
        let mut made = vec![suggestion("structured", best, text)];
        made.extend(told.map(|fit| {
            let text = format!("As a story:\n{}", outline::of_story(fit.what));
            suggestion("narrative", sure(&fit) * 0.9, text)
        }));
        made.extend(self.said_before());
        made.extend(self.question_back());
        made
    }

    /// Nothing fits: what was said before may; else a general outline, called so.
    fn unprepared(&self, outline: &str) -> Vec<Suggestion> {
        let mut made: Vec<Suggestion> = self.said_before().into_iter().collect();
        let about = self.topic().map_or_else(String::new, |topic| format!(" about “{topic}”"));
        let lead = if self.brief.notes.trim().is_empty() {
            "You have no notes for this session.".to_owned()
        } else if about.is_empty() {
            "I cannot tell which of your notes fits.".to_owned()
        } else {
            format!("There is nothing{about} in your notes.")
        };
        let named = self.told_stories();
        let text = format!("{lead}{named} A general outline:\n{outline}");
        made.push(suggestion("general", GENERAL, text));
        made.extend(self.question_back());
        made
    }

    /// It is their turn to ask: what they noted to ask, and what was spoken of.
    fn questions(&self) -> Vec<Suggestion> {
        let lines = self.stories.iter().flat_map(|story| &story.lines).map(|line| line.text);
        let noted: Vec<&str> =
            lines.filter(|line| line.trim_end().ends_with('?')).take(3).collect();
        let mut made = Vec::new();
        if !noted.is_empty() {
            let text = format!("From your notes: {}", quote::all(noted));
            made.push(suggestion("prepared", 0.9, text));
        }
        let others = self.brief.history.iter().filter(|turn| !turn.is_own);
        let spoken: Vec<&str> = others.map(|turn| turn.text.as_str()).collect();
        let topics: Vec<String> =
            topics(&spoken.join("\n"), 3).iter().map(|topic| quote::quoted(topic)).collect();
        if !topics.is_empty() {
            let text = format!("Ask on from what was said: about {}.", quote::list(&topics));
            made.push(suggestion("curious", 0.5, text));
        }
        let text = "In general: ask what the first months look like, how the team works together, \
                    and what happens next.";
        made.push(suggestion("general", GENERAL, text.to_owned()));
        made
    }

    /// Something was said: what goes with it, and how to take it up.
    fn statement(&self) -> Vec<Suggestion> {
        let lines = self.search.lines(2);
        let mut made = Vec::new();
        if let Some(best) = lines.first() {
            let quotes = quote::all(lines.iter().map(|fit| fit.what));
            let text = format!("Nothing was asked. Your notes have this on it: {quotes}");
            made.push(suggestion("informative", sure(best), text));
        }
        made.extend(self.said_before());
        if let Some(topic) = self.topic() {
            let text = format!(
                "Nothing was asked. You may take up “{topic}”: ask how it went, or say what you \
                 have done with it."
            );
            made.push(suggestion("curious", BACK, text));
        } else if made.is_empty() {
            made.push(suggestion("polite", BACK, self.courtesy()));
        }
        made
    }

    /// Whether what was said is in the language that the rules know; unknown counts as that.
    fn is_understood(&self) -> bool {
        let language = self.brief.language.to_lowercase();
        let language = language.split(['-', '_']).next().unwrap_or_default();
        ["", "en", "eng", "english", "und", "auto"].contains(&language)
    }

    /// Another language: what of the notes shares words with it, and nothing on what is asked.
    fn not_understood(&self) -> Vec<Suggestion> {
        let lines = self.search.lines(3);
        let lead = format!(
            "I cannot tell what is asked in “{}”: the rules that suggest know English.",
            quote::line(&self.brief.language, 20)
        );
        let Some(best) = lines.first() else {
            return vec![suggestion("general", GENERAL, lead)];
        };
        let quotes = quote::all(lines.iter().map(|fit| fit.what));
        let text = format!("{lead} Your notes share words with it: {quotes}");
        vec![suggestion("informative", sure(best) * 0.8, text)]
    }

    fn courtesy(&self) -> String {
        if self.brief.utterance.trim().is_empty() {
            return "Nothing was said.".to_owned();
        }
        "Nothing was asked. Answer in kind, in a few words.".to_owned()
    }

    /// What one said oneself that bears on it.
    fn said_before(&self) -> Option<Suggestion> {
        let is_answer = |fit: &&Fit<&Turn>| {
            let told = asked(&fit.what.text);
            told.kind == Asking::Statement
        };
        let own = self.search.said(true, 5);
        let own = own.iter().find(is_answer)?;
        let quoted = quote::quoted(&own.what.text);
        let text = format!("You said before: {quoted} Stay with it, and add what came of it.");
        Some(suggestion("consistent", sure(own) * 0.8, text))
    }

    /// A question that narrows down what is asked.
    fn question_back(&self) -> Option<Suggestion> {
        let narrows = match self.asked.kind {
            Asking::Approach => "what matters most, and what it may cost",
            Asking::Choice => "what it is for",
            Asking::Reason => "compared to what",
            _ => return None,
        };
        let topic = self.topic()?;
        let text = format!("Ask first, about “{topic}”: {narrows}.");
        Some(suggestion("clarifying", BACK, text))
    }

    /// What it is about, in the words that were said.
    fn topic(&self) -> Option<String> {
        let texts = [self.asked.asking, &self.brief.utterance];
        texts.iter().find_map(|text| topics(text, 1).into_iter().next())
    }

    /// What who is asked about themselves noted of that; else how the notes begin.
    fn opening(&self) -> Vec<Fit<&str>> {
        let is_own = |story: &&Story<'_>| {
            let title = story.title.unwrap_or_default().to_lowercase();
            OWN_TITLES.iter().any(|own| title.contains(own))
        };
        let story = self.stories.iter().find(is_own).or(self.stories.first());
        let lines = story.into_iter().flat_map(|story| &story.lines).take(2);
        lines.map(|line| Fit { what: line.text, coverage: 0.0 }).collect()
    }

    /// The stories there are, for who needs one.
    fn told_stories(&self) -> String {
        if self.asked.kind != Asking::Experience {
            return String::new();
        }
        let told = self.stories.iter().filter(|story| story.is_told());
        let names = told.filter_map(|story| story.title.or(story.lines.first().map(|it| it.text)));
        let names: Vec<String> = names.take(NAMED_MAX).map(quote::quoted).collect();
        if names.is_empty() {
            return String::new();
        }
        format!(" The stories that are: {}.", quote::list(&names))
    }
}

/// How sure what is quoted for this is.
fn sure<T>(fit: &Fit<T>) -> f64 {
    QUOTED.1.mul_add(fit.coverage, QUOTED.0)
}

fn suggestion(tone: &str, confidence: f64, mut text: String) -> Suggestion {
    let end = text.char_indices().nth(TEXT_CHARS_MAX).map_or(text.len(), |(end, _)| end);
    text.truncate(end);
    let confidence = Some(brief::confidence(confidence));
    Suggestion { text, tone: Some(tone.to_owned()), confidence }
}

/// The weightiest terms of a text that share no word and tell something, at most `count_max`; where no term
/// stands out, its first telling word.
fn topics(text: &str, count_max: usize) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut taken: Vec<String> = Vec::new();
    for term in text::key_terms(text, TERMS_MAX) {
        let stems = text::stems(&term.text);
        let tells = text::words(&term.text).any(|word| !is_general(word.text) && tells(word.text));
        if found.len() < count_max && tells && stems.iter().all(|stem| !taken.contains(stem)) {
            taken.extend(stems);
            found.push(term.text);
        }
    }
    if found.is_empty() {
        let words = text::words(text).map(|word| word.text);
        let telling = words.filter(|word| tells(word) && !is_general(word));
        found.extend(telling.take(1).map(str::to_owned));
    }
    found
}

#[cfg(test)]
mod tests;

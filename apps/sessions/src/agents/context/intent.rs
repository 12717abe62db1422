//! What kind of answer a message wants.

use crate::agents::Brief;

/// Words of a message that is only a greeting or thanks.
const COURTESY_WORDS_MAX: usize = 5;

/// What a message wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Intent<'a> {
    Greeting,
    Thanks,
    /// To see the instructions.
    Instructions,
    /// To hear what it was all about.
    Recap,
    Decisions,
    OpenQuestions,
    Tasks,
    /// To know who has spoken.
    People,
    /// To see a certain message.
    Message(Which),
    /// To hear what somebody said.
    Said {
        by: &'a str,
        about: String,
    },
    /// To have something made, which takes a model.
    Make(&'static str),
    Question,
    Statement,
}

/// A certain message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Which {
    First { is_own: bool },
    Last { is_own: bool },
}

/// A kind of answer, and what messages that want it say, in lower case.
type Sign = (fn() -> Intent<'static>, &'static [&'static str]);

/// The first kind that fits is it.
const SIGNS: &[Sign] = &[
    (
        || Intent::Instructions,
        &[
            "my instructions",
            "your instructions",
            "the instructions",
            "were you told",
            "i told you to",
        ],
    ),
    (
        || Intent::OpenQuestions,
        &["open question", "unanswered", "still open", "questions are open", "not been answered"],
    ),
    (
        || Intent::Tasks,
        &[
            "action item",
            "to-do",
            "todo",
            "next steps",
            "do next",
            "what next",
            "what's next",
            "what is left to do",
            "what's left to do",
            "who has to do",
            "which tasks",
            "what tasks",
            "list the tasks",
            "the tasks",
        ],
    ),
    (
        || Intent::Decisions,
        &[
            "did we decide",
            "we decided",
            "have we decided",
            "decisions",
            "what was decided",
            "did we agree",
            "have we agreed",
            "was agreed",
            "did we choose",
            "have we chosen",
            "was chosen",
            "did we pick",
            "did we settle",
        ],
    ),
    (
        || Intent::Recap,
        &[
            "summar",
            "recap",
            "catch me up",
            "sum up",
            "what did we discuss",
            "what have we discussed",
            "what did we talk",
            "what have we talked",
            "did i miss",
            "main points",
            "key points",
            "tl;dr",
            "tldr",
            "what is this about",
            "what's this about",
            "overview of this",
            "overview of the conversation",
            "what happened here",
        ],
    ),
    (
        || Intent::People,
        &[
            "who is here",
            "who's here",
            "who has spoken",
            "who has said",
            "who takes part",
            "participants",
            "who are we",
            "who is in this",
        ],
    ),
    (
        || Intent::Message(Which::First { is_own: true }),
        &["my first message", "first thing i said", "did i say first", "i say at first"],
    ),
    (
        || Intent::Message(Which::First { is_own: false }),
        &["first message", "how did this start", "how did the conversation start"],
    ),
    (
        || Intent::Message(Which::Last { is_own: true }),
        &[
            "my last message",
            "what did i just say",
            "what did i say last",
            "what did i just ask",
            "last thing i said",
            "my previous message",
        ],
    ),
    (|| Intent::Message(Which::Last { is_own: false }), &["last message", "previous message"]),
];

/// Words that ask for something to be made.
const MAKING: &[(&str, &str)] = &[
    ("write", "write"),
    ("rewrite", "rewrite"),
    ("translate", "translate"),
    ("explain", "explain"),
    ("generate", "generate"),
    ("draft", "draft"),
    ("compose", "compose"),
    ("calculate", "calculate"),
    ("compute", "calculate"),
    ("implement", "implement"),
    ("brainstorm", "think up"),
    ("invent", "invent"),
    ("design", "design"),
    ("compare", "compare"),
    ("suggest", "suggest"),
    ("recommend", "recommend"),
];

/// What `message` wants.
pub(super) fn of<'a>(message: &str, brief: &'a Brief) -> Intent<'a> {
    let lower = message.to_lowercase().replace('’', "'");
    let words: Vec<&str> = text::words(&lower).map(|word| word.text).collect();
    let first = words.first().copied().unwrap_or_default();
    if words.len() <= COURTESY_WORDS_MAX {
        if ["thanks", "thank", "thx", "cheers"].contains(&first) {
            return Intent::Thanks;
        }
        let is_greeting = ["hello", "hi", "hey", "hallo", "good"].contains(&first)
            && (first != "good"
                || words
                    .get(1)
                    .is_some_and(|word| ["morning", "evening", "afternoon", "day"].contains(word)));
        if is_greeting && text::stems(message).len() <= 2 && !message.contains('?') {
            return Intent::Greeting;
        }
    }
    if let Some(said) = said(&lower, brief) {
        return said;
    }
    let is_asking = text::is_question(message) || is_request(&words) || message.contains('?');
    let sign = SIGNS.iter().find(|(_, signs)| signs.iter().any(|sign| lower.contains(sign)));
    if let Some((intent, _)) = sign.filter(|_| is_asking || words.len() <= 6) {
        return intent();
    }
    let lead = [
        "please", "can", "could", "would", "will", "you", "me", "now", "then", "and", "so", "help",
    ];
    let verb = words.iter().take(5).find(|word| !lead.contains(word)).copied().unwrap_or_default();
    if let Some((_, verb)) = MAKING.iter().find(|(word, _)| *word == verb) {
        return Intent::Make(verb);
    }
    if is_asking || text::sentences(message).last().is_some_and(|last| text::is_question(last)) {
        Intent::Question
    } else {
        Intent::Statement
    }
}

fn is_request(words: &[&str]) -> bool {
    let verbs = [
        "tell",
        "show",
        "list",
        "give",
        "find",
        "remind",
        "search",
        "look",
        "quote",
        "sum",
        "summarize",
        "summarise",
        "recap",
        "name",
    ];
    words.iter().take(4).any(|word| verbs.contains(word))
}

/// "What did Ann say about X?", of somebody who has spoken here.
fn said<'a>(lower: &str, brief: &'a Brief) -> Option<Intent<'a>> {
    let verbs = [
        " say", " said", " think", " mention", " write", " wrote", " suggest", " propose", " want",
        " mean", " ask",
    ];
    if let Some(by) = only_name(lower, brief) {
        return Some(Intent::Said { by, about: String::new() });
    }
    let verb = verbs.iter().find_map(|verb| lower.find(verb))?;
    let asks = [
        "what", "when", "why", "which", "where", "did", "has", "does", "how", "tell", "show",
        "find", "quote",
    ];
    let opening = text::words(lower).next()?;
    if !asks.contains(&opening.text) {
        return None;
    }
    let names = names(brief);
    let head = &lower[..verb];
    let is_named = |name: &str| {
        let name = name.to_lowercase();
        let first = name.split_whitespace().next().unwrap_or_default().to_owned();
        text::words(head).any(|word| word.text == first || word.text == name)
    };
    let is_own = text::words(head).any(|word| word.text == "i");
    let by = names.into_iter().find(|name| is_named(name));
    let by = by.or_else(|| is_own.then_some(brief.question.author.as_str()))?;
    let rest = lower[verb..].trim_start().split_once(' ').map_or("", |(_, rest)| rest);
    let rest = rest.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    if ["first", "last", "just", "before"].iter().any(|word| rest.starts_with(word)) && is_own {
        return None;
    }
    let about = format!("{} {rest}", without_names(head, by));
    Some(Intent::Said { by, about })
}

/// The person a message names and says nothing else of: "and Ben?".
fn only_name<'a>(lower: &str, brief: &'a Brief) -> Option<&'a str> {
    let rest = lower.trim_end_matches(['?', '!', '.', ' ']);
    let openings = ["and what about ", "and ", "what about ", "how about "];
    let name = openings.iter().find_map(|opening| rest.strip_prefix(opening)).unwrap_or(rest);
    names(brief).into_iter().find(|known| {
        let known = known.to_lowercase();
        !name.is_empty() && (known == name || known.split_whitespace().next() == Some(name))
    })
}

/// Everybody who has spoken.
fn names(brief: &Brief) -> Vec<&str> {
    let people = brief.history.iter().filter(|turn| !turn.is_agent);
    let mut names: Vec<&str> = people.map(|turn| turn.author.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A question's head without the name and the words that only ask.
fn without_names(head: &str, name: &str) -> String {
    let name = name.to_lowercase();
    let words = text::words(head).map(|word| word.text);
    words
        .filter(|word| !name.split_whitespace().any(|part| part == *word))
        .collect::<Vec<_>>()
        .join(" ")
}

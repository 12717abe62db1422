//! What somebody's instructions ask of an agent that has no model: what the rules can heed, and
//! what they have to say honestly that they can't.

use super::{Brief, quote};

/// Bytes of instructions that are read.
const READ_BYTES_MAX: usize = 32 * 1024;
/// Topics that are kept out of an answer.
const UNMENTIONABLE_MAX: usize = 16;
/// The agent's last answers in which a note stands for the present one too.
const NOTED_WITHIN: usize = 10;

/// Languages people ask for, as they call them.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("German", &["german", "deutsch"]),
    ("French", &["french", "français", "francais"]),
    ("Spanish", &["spanish", "español", "espanol"]),
    ("Italian", &["italian", "italiano"]),
    ("Portuguese", &["portuguese", "português", "portugues"]),
    ("Dutch", &["dutch", "nederlands"]),
    ("Polish", &["polish", "polski", "polsku"]),
    ("Russian", &["russian", "русский", "русском"]),
    ("Ukrainian", &["ukrainian", "українською"]),
    ("Turkish", &["turkish", "türkçe"]),
    ("Arabic", &["arabic"]),
    ("Hindi", &["hindi"]),
    ("Chinese", &["chinese", "mandarin", "中文"]),
    ("Japanese", &["japanese", "日本語"]),
    ("Korean", &["korean", "한국어"]),
];

/// Ways of speaking that people ask for.
const TONES: &[&str] = &[
    "friendly",
    "formal",
    "informal",
    "casual",
    "polite",
    "humorous",
    "funny",
    "sarcastic",
    "enthusiastic",
    "cheerful",
    "encouraging",
    "pirate",
    "poem",
    "poems",
    "rhyme",
    "rhymes",
    "shakespeare",
    "emoji",
    "emojis",
    "professional",
    "warm",
    "strict",
    "witty",
    "haiku",
];

/// Words of a request about how to speak.
const SPEAKING: &[&str] = &[
    "answer", "answers", "respond", "reply", "replies", "write", "speak", "talk", "use", "be",
    "sound", "tone", "antworte", "réponds", "responde", "always", "language", "style", "in",
];

/// Words that ask for few words.
const BRIEF: &[&str] = &["brief", "briefly", "concise", "concisely", "terse", "short", "succinct"];

/// What is asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    /// Few words.
    pub(super) is_brief: bool,
    /// No Markdown.
    pub(super) is_plain: bool,
    /// What its author wants to be called.
    pub(super) name: Option<String>,
    /// Words of which nothing may be said, in lower case.
    pub(super) unmentionable: Vec<String>,
    /// What can't be done, as in "I can't …".
    impossible: Vec<String>,
}

impl Wishes {
    pub(super) fn of(brief: &Brief) -> Self {
        let mut wishes = Self::default();
        let text = brief.instructions.as_deref().unwrap_or_default();
        let text = &text[..text.floor_char_boundary(READ_BYTES_MAX)];
        for sentence in text::sentences(text) {
            wishes.read(sentence);
        }
        wishes
    }

    fn read(&mut self, sentence: &str) {
        let lower = sentence.to_lowercase().replace('’', "'");
        let words: Vec<&str> = text::words(&lower).map(|word| word.text).collect();
        let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
        self.is_brief |= has(BRIEF) && !lower.contains("not ") && words.len() <= 12;
        self.is_plain |= lower.contains("plain text")
            || (lower.contains("markdown")
                && has(&["no", "without", "not", "don't", "never", "avoid"]));
        self.name = self.name.take().or_else(|| called(sentence, &lower));
        if self.unmentionable.len() < UNMENTIONABLE_MAX {
            self.unmentionable.extend(unmentionable(&lower));
        }
        if has(SPEAKING) {
            let language = LANGUAGES.iter().find(|(_, names)| has(names));
            self.cannot(language.map(|(name, _)| format!("answer in {name}")));
            let tone = words.iter().find(|word| TONES.contains(word));
            self.cannot(tone.map(|tone| format!("change my tone (“{tone}”)")));
        }
    }

    fn cannot(&mut self, what: Option<String>) {
        let new = what.filter(|what| !self.impossible.contains(what));
        self.impossible.extend(new);
    }

    /// What has to be said about wishes that can't be met, unless it was said lately.
    pub(super) fn note(&self, brief: &Brief) -> Option<String> {
        if self.impossible.is_empty() {
            return None;
        }
        let cannot = quote::list(&self.impossible).replace(" and ", " or ");
        let note = format!(
            "About your instructions: I can't {cannot}. I answer by fixed rules, without a language \
             model, in English."
        );
        let own = brief.history.iter().rev().filter(|turn| turn.is_agent);
        let was_said = own.take(NOTED_WITHIN).any(|turn| turn.content.contains(&note));
        (!was_said).then_some(note)
    }

    /// Whether a text touches what must not be mentioned.
    pub(super) fn forbids(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        self.unmentionable.iter().any(|topic| lower.contains(topic))
    }

    /// An answer as it is wished: under its author's name, with or without Markdown.
    pub(super) fn dress(&self, answer: &str) -> String {
        let answer = if self.is_plain { plain(answer) } else { answer.to_owned() };
        match &self.name {
            Some(name) => format!("{name}, {}", quote::lower_first(&answer)),
            None => answer,
        }
    }
}

/// The name in "call me X".
fn called(sentence: &str, lower: &str) -> Option<String> {
    let openings = ["call me ", "address me as ", "my name is "];
    let start = openings.iter().find_map(|it| lower.find(it).map(|at| at + it.len()))?;
    // The lower case of some letters has another length.
    let rest = sentence.get(start..).unwrap_or_else(|| &lower[start..]);
    let first = text::words(rest).next()?;
    let name = quote::name(first.text);
    (!text::is_stop_word(&name)).then_some(name)
}

/// The topic in "never mention X".
fn unmentionable(lower: &str) -> Option<String> {
    let verbs = [
        "mention ",
        "talk about ",
        "discuss ",
        "bring up ",
        "speak of ",
        "speak about ",
        "comment on ",
        "complain about ",
        "remark on ",
    ];
    let start = verbs.iter().find_map(|verb| lower.find(verb).map(|at| (at, at + verb.len())));
    let (verb, start) = start?;
    let is_refusal = ["never", "not", "don't", "avoid", "no"]
        .iter()
        .any(|no| text::words(&lower[..verb]).any(|word| word.text == *no));
    let topic = lower[start..].trim_end_matches(['.', '!', ' ']).trim_start_matches("the ");
    let is_short = (3..=60).contains(&topic.chars().count());
    (is_refusal && is_short).then(|| topic.to_owned())
}

/// A text without Markdown.
fn plain(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let bare = line.trim_start_matches(['#', ' ']).trim_start_matches("> ");
        bare.replace("**", "").replace(['*', '`'], "")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::{AgentId, Turn};

    fn brief(instructions: &str, said: &[String]) -> Brief {
        let turn = |content: &str, is_agent| Turn {
            author: "Ann".to_owned(),
            is_agent,
            content: content.to_owned(),
        };
        Brief {
            agent: AgentId::Context,
            question: turn("Hi", false),
            history: said.iter().map(|said| turn(said, true)).collect(),
            instructions: Some(instructions.to_owned()),
            asked_before: Vec::new(),
        }
    }

    fn wishes(instructions: &str) -> Wishes {
        Wishes::of(&brief(instructions, &[]))
    }

    #[test]
    fn what_rules_can_heed_is_heeded() {
        assert!(wishes("Please keep it short.").is_brief);
        assert!(!wishes("Do not be short with people.").is_brief);
        assert!(wishes("Answer in plain text, please").is_plain);
        assert!(wishes("Don't use Markdown.").is_plain);
        assert_eq!(wishes("You can call me Sam!").name.as_deref(), Some("Sam"));
        assert_eq!(wishes("Never mention the budget.").unmentionable, ["budget"]);
        assert!(wishes("Do not comment on missing tests.").forbids("missing tests"));
        assert_eq!(wishes("Do mention the budget.").unmentionable, [] as [&str; 0]);
        assert!(wishes("Don't talk about Project X").forbids("the project x team"));
        assert_eq!(wishes("We deploy on Fridays. Redis runs on port 6379."), Wishes::default());
    }

    #[test]
    fn what_they_cannot_is_said_once() {
        let text = "Always answer in German and be friendly. Antworte auf Deutsch!";
        let note = wishes(text).note(&brief(text, &[])).unwrap();
        assert!(
            note.contains("I can't answer in German or change my tone (“friendly”)."),
            "{note}"
        );
        let said = format!("{note}\n\nHere.");
        assert_eq!(wishes(text).note(&brief(text, &[said])), None);
        assert_eq!(wishes("We sell German cars.").note(&brief("", &[])), None);
    }

    #[test]
    fn answers_are_dressed_as_wished() {
        let wishes = wishes("Call me Sam. No markdown.");
        assert_eq!(wishes.dress("## From *here*:\n> `a`"), "Sam, from here:\na");
    }
}

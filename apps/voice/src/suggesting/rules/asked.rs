//! What somebody asks for, told from the words alone: a transcript may have no marks at all.

use super::pattern;

/// What kind of answer helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Who one is.
    Yourself,
    /// Something one has been through.
    Experience,
    /// Why one wants this.
    Motivation,
    /// What one is good at.
    Strength,
    /// What one is not so good at.
    Weakness,
    /// Whether one has questions oneself.
    TheirTurn,
    /// How one goes about something.
    Approach,
    /// Why something is so.
    Reason,
    /// What something is.
    Explanation,
    /// Which of several, or an opinion.
    Choice,
    /// A figure, a time, a name.
    Fact,
    /// Yes or no.
    YesNo,
    /// Nothing: something was said.
    Statement,
    /// Nothing, and nothing much was said: thanks, a greeting.
    Courtesy,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked<'t> {
    /// What kind of answer helps.
    pub(crate) kind: Asking,
    /// The sentence that asks, or the last one.
    pub(crate) sentence: &'t str,
    /// The words that ask, and what stands behind them.
    pub(crate) asking: &'t str,
    /// What stands behind the words that ask.
    pub(crate) about: &'t str,
}

/// Each kind with what is said for it; what is more particular stands first.
const PHRASES: &[(Asking, &[&str])] = &[
    (
        Asking::TheirTurn,
        &[
            "you have|got any|a|some? question|questions",
            "any|what|which questions for|of|from|to us|me|you|your|our",
            "have any questions",
            "anything .. like|want|wanna to? ask|know",
            "what would you like to know",
            "what|anything do|did|would? you want|like to ask",
        ],
    ),
    (
        Asking::Yourself,
        &[
            "tell|talk me|us? .. about yourself",
            "introduce yourself",
            "^who are you",
            "describe yourself",
            "walk|take|talk|run me|us through your .. background|resume|résumé|cv|career|experience|profile|history|path",
            "tell me|us? .. about your background|career|cv|resume|résumé|profile|path",
            "what is|what's your background|story",
        ],
    ),
    (
        Asking::Strength,
        &[
            "your .. strength|strengths|superpower",
            "what are you .. good|best at",
            "what do you do best",
            "why should we .. hire|choose|pick|take",
            "what .. you .. bring to",
        ],
    ),
    (
        Asking::Weakness,
        &[
            "your .. weakness|weaknesses|shortcoming|shortcomings",
            "what are you .. bad|worst at",
            "area|areas|something .. improve|improvement|development",
            "what would you like|want to improve",
        ],
    ),
    (
        Asking::Motivation,
        &[
            "why do|did|would|are|have you .. want|wanting|apply|applying|applied|interested|join|joining|leave|leaving|left|looking",
            "why this|our|us|here",
            "why .. our|this|the company|team|role|position|job|field",
            "what .. interests|interested|attracts|attracted|draws|drew|drives|motivates|motivated|brings|brought|excites you",
            "where do you see yourself",
            "what are you looking for",
            "what .. your .. goal|goals|ambition|ambitions|motivation",
        ],
    ),
    (
        Asking::Experience,
        &[
            "tell|talk me|us? .. about a|an|the|one|another|your|some|any .. time|times|situation|moment|case|occasion|instance|example|project|conflict|challenge|mistake|failure|decision|problem|bug|incident|outage|achievement|accomplishment|success|disagreement|experience",
            "describe a|an|the|one|another|your .. time|situation|moment|case|occasion|instance|example|project|conflict|challenge|mistake|failure|decision|problem|bug|incident|outage|achievement|accomplishment|success|disagreement|experience",
            "tell|talk me|us? .. about a|an|the|one|some|any|something .. you|when|where",
            "describe a|an|the|one|some|something .. you|when|where",
            "give|share me|us|with? .. example|examples|instance|story",
            "example|examples of",
            "think of a|an|one .. time|situation|example",
            "have you|they|we ever",
            "did you ever",
            "have|had you .. worked|used|built|done|faced|dealt|managed|led|written|made|seen|run|had|experienced|handled|designed|implemented",
            "what was|is|were|are your? the? .. hardest|biggest|toughest|greatest|worst|proudest|difficult|challenging|proud",
            "what's your|the .. hardest|biggest|toughest|greatest|worst|proudest|difficult|challenging|proud",
            "when did you last",
            "when was the last time",
            "how did|have you",
            "what have|did you",
            "a time when|where|that|you",
            "your .. experience with|in|of",
            "experience do|have you",
        ],
    ),
    (
        Asking::Approach,
        &[
            "how would|do|will|could|should|might|can you|we|one|i|somebody|someone|they",
            "how to",
            "how .. go about",
            "what would|will|do|should|could you do",
            "^what if",
            "^suppose|imagine|assume",
            "what steps",
            "what is|what's your .. approach|process|strategy|method|plan",
            "walk|take|talk|run me|us through",
            "^can|could|please? design|sketch|outline|build|implement",
            "your approach|process to|for|with",
        ],
    ),
    (
        Asking::Choice,
        &[
            "do|would|did you .. prefer|rather|favour|favor|choose|pick",
            "^which",
            "which .. better|best|faster|would|do|should",
            "what do you think|feel|make",
            "what is|what's|are your .. opinion|view|views|favourite|favorite|take|preference|thoughts",
            "what .. favourite|favorite",
            "is .. better|worse|faster|slower .. than|or",
        ],
    ),
    (
        Asking::Fact,
        &[
            "^how many|much|long|often|far|old|soon|big|large|fast|high|late",
            "how many|much|long|often",
            "^when|where|who|whose",
            "what .. salary|compensation|notice|rate|expectation|expectations|budget|size|number|percentage|version|year|date",
            "your .. salary|compensation|notice period|expectation|expectations",
        ],
    ),
    (
        Asking::Reason,
        &[
            "^why",
            "why do|does|did|is|are|was|were|would|should|not|can|can't|don't|didn't",
            "how come",
            "what .. reason|reasons|rationale|cause|caused",
        ],
    ),
    (
        Asking::Explanation,
        &[
            "difference|differences|trade-off|trade-offs|tradeoff|tradeoffs between",
            "what do you know|understand",
            "what|how does|do|did|is|are|was|were .. mean|work|happen|happens",
            "^what|what's",
            "^how",
            "what is|are|was|were|does|do a|an|the",
            "explain|define|compare|summarize|summarise|elaborate",
            "tell|talk me|us? .. about",
            "^describe",
            "to|you .. say more",
            "what happens|happened",
        ],
    ),
    (
        Asking::YesNo,
        &[
            "^do|did|does|are|is|was|were|can|could|will|would|have|has|had|should|shall|may|might|must|isn't|aren't|don't|didn't|doesn't|won't|wouldn't|can't|couldn't|haven't you|we|they|i|he|she|it|there|that|this|your|our|the|a|an|any|anybody|anyone|someone",
            "do|did|are|can|could|will|would|have|were|should you",
        ],
    ),
];

/// Words that ask or please, and are nobody's topic.
const MANNERS: &[&str] = &[
    "absolutely",
    "afternoon",
    "alright",
    "bye",
    "cool",
    "course",
    "day",
    "evening",
    "everybody",
    "everyone",
    "exactly",
    "fine",
    "good",
    "goodbye",
    "great",
    "guys",
    "hear",
    "hello",
    "hey",
    "hi",
    "hm",
    "hmm",
    "huh",
    "meet",
    "meeting",
    "mhm",
    "mm",
    "mmm",
    "morning",
    "nice",
    "oh",
    "ok",
    "okay",
    "perfect",
    "please",
    "pleased",
    "pleasure",
    "right",
    "see",
    "sorry",
    "sounds",
    "sure",
    "thank",
    "thanks",
    "time",
    "today",
    "uh",
    "um",
    "welcome",
    "wonderful",
    "yeah",
    "yep",
    "yes",
];

/// What `utterance` asks: its last sentence that asks for something tells.
pub(crate) fn asked(utterance: &str) -> Asked<'_> {
    let sentences = text::sentences(utterance);
    let asking = sentences.iter().rev().find_map(|sentence| of_sentence(sentence));
    asking.unwrap_or_else(|| {
        let is_said = sentences.iter().any(|sentence| tells(sentence));
        let kind = if is_said { Asking::Statement } else { Asking::Courtesy };
        let telling = sentences.iter().rev().find(|sentence| tells(sentence));
        let sentence = telling.or(sentences.last()).copied().unwrap_or_default();
        Asked { kind, sentence, asking: sentence, about: sentence }
    })
}

/// Whether a text has a word that may be a topic.
pub(crate) fn tells(text: &str) -> bool {
    let words = text::words(text).map(|word| lower(word.text));
    words.into_iter().any(|word| {
        word.chars().any(char::is_alphanumeric)
            && !text::is_stop_word(&word)
            && !MANNERS.contains(&word.as_str())
    })
}

/// What a sentence asks, if it does.
fn of_sentence(sentence: &str) -> Option<Asked<'_>> {
    let (words, places): (Vec<String>, Vec<(usize, usize)>) = text::words(sentence)
        .map(|word| (lower(word.text), (word.start, word.start + word.text.len())))
        .unzip();
    let is_marked = sentence.trim_end().ends_with(['?', '？', '؟']);
    // Told with a full stop, "when we met …" tells and does not ask; "tell me …" still asks.
    let is_told = sentence.trim_end().ends_with(['.', '!']);
    for (kind, patterns) in PHRASES {
        let may_ask = |pattern: &&&str| !is_told || is_request(pattern);
        let found = patterns.iter().filter(may_ask).find_map(|one| pattern::find(one, &words));
        if let Some(found) = found {
            let start = places.get(found.start).map_or(0, |(start, _)| *start);
            let end = places.get(found.end - 1).map_or(0, |(_, end)| *end);
            let (asking, about) = (&sentence[start..], &sentence[end..]);
            return Some(Asked { kind: *kind, sentence, asking, about });
        }
    }
    is_marked.then_some(Asked { kind: Asking::YesNo, sentence, asking: sentence, about: sentence })
}

/// Whether a pattern asks also where a full stop stands behind it.
fn is_request(pattern: &str) -> bool {
    let verbs = ["tell", "walk", "take", "give", "describe", "explain", "introduce", "define"];
    let opening = pattern.trim_start_matches('^').split([' ', '|']).next().unwrap_or_default();
    verbs.contains(&opening)
}

fn lower(word: &str) -> String {
    word.to_lowercase().replace('’', "'")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind(text: &str) -> Asking {
        asked(text).kind
    }

    #[test]
    fn what_is_asked_is_told_without_marks_and_capitals() {
        for (text, expected) in [
            ("so tell me a little about yourself", Asking::Yourself),
            ("can you walk us through your resume", Asking::Yourself),
            ("tell me about a time when you disagreed with your manager", Asking::Experience),
            ("thanks for that so can you give me an example of a hard bug", Asking::Experience),
            ("have you ever missed a deadline", Asking::Experience),
            ("tell me about a report you made faster", Asking::Experience),
            ("describe something you are proud of", Asking::Experience),
            ("tell me about rust", Asking::Explanation),
            ("what was the most difficult bug you fixed", Asking::Experience),
            ("how did you handle the migration", Asking::Experience),
            ("why do you want to work here", Asking::Motivation),
            ("what is your greatest strength", Asking::Strength),
            ("and what would you say is your biggest weakness", Asking::Weakness),
            ("how would you design a url shortener", Asking::Approach),
            ("what would you do if the database was slow", Asking::Approach),
            ("why is redis fast", Asking::Reason),
            ("what is the difference between a process and a thread", Asking::Explanation),
            ("okay what is a mutex", Asking::Explanation),
            ("do you prefer rust or go", Asking::Choice),
            ("how many people were on your team", Asking::Fact),
            ("what are your salary expectations", Asking::Fact),
            ("are you able to travel", Asking::YesNo),
            ("do you have any questions for us", Asking::TheirTurn),
            ("we use rust for all of our services", Asking::Statement),
            ("when we met i was new", Asking::Fact),
            ("okay great thank you", Asking::Courtesy),
            ("", Asking::Courtesy),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn of_several_sentences_the_last_that_asks_tells() {
        let text = "We had an outage. How would you handle that? Take your time.";
        assert_eq!(kind(text), Asking::Approach);
        assert_eq!(asked(text).sentence, "How would you handle that?");
        assert_eq!(kind("When we met, I was new."), Asking::Statement);
        assert_eq!(kind("Tell me about a project."), Asking::Experience);
        assert_eq!(kind("Kubernetes?"), Asking::YesNo);
    }

    #[test]
    fn what_it_is_about_stands_behind_the_words_that_ask() {
        let told = asked("so tell me about a time when you disagreed with your manager");
        assert_eq!(told.about, " when you disagreed with your manager");
        assert_eq!(asked("Fine weather today.").about, "Fine weather today.");
    }

    proptest! {
        #[test]
        fn parts_are_parts_of_what_was_said(text in "[a-zA-Z.!?' ,é？]{0,200}") {
            let told = asked(&text);
            prop_assert!(text.contains(told.sentence) && told.sentence.ends_with(told.asking));
            prop_assert!(told.asking.ends_with(told.about));
            prop_assert_eq!(told.clone(), asked(&text));
        }
    }
}

//! The four parts of a story, told by its labels or by how its sentences are made.

/// A part of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Where and when it was.
    Situation,
    /// What had to be done.
    Task,
    /// What one did.
    Action,
    /// What came of it.
    Result,
}

/// All of them, in the order in which a story is told.
pub(crate) const PARTS: [Part; 4] = [Part::Situation, Part::Task, Part::Action, Part::Result];

/// Labels that people write, in lower case.
const LABELS: &[(Part, &[&str])] = &[
    (Part::Situation, &["situation", "context", "background", "s"]),
    (Part::Task, &["task", "goal", "challenge", "problem", "t"]),
    (Part::Action, &["action", "actions", "approach", "what i did", "a"]),
    (Part::Result, &["result", "results", "outcome", "impact", "learning", "learnings", "r"]),
];

/// Said of what came of it.
const OUTCOMES: &[&str] = &[
    "achieved",
    "afterwards",
    "avoided",
    "boosted",
    "cut",
    "decreased",
    "doubled",
    "dropped",
    "eliminated",
    "eventually",
    "fell",
    "finally",
    "fixed",
    "grew",
    "halved",
    "improved",
    "increased",
    "lasted",
    "learned",
    "learnt",
    "lowered",
    "outcome",
    "raised",
    "recovered",
    "reduced",
    "result",
    "resulted",
    "rose",
    "saved",
    "shortened",
    "since",
    "succeeded",
    "tripled",
    "won",
];

/// Said of what had to be done.
const DUTIES: &[&str] = &[
    "had to",
    "needed to",
    "my job",
    "my task",
    "my goal",
    "our goal",
    "the goal",
    "responsible",
    "was asked",
    "were asked",
    "supposed to",
    "in charge",
    "on call",
    "my role",
    "deadline",
    "i was to",
    "must",
    "we wanted",
    "i wanted",
];

/// What people did whose past does not end in -ed.
const DEEDS: &[&str] = &[
    "became",
    "began",
    "broke",
    "brought",
    "built",
    "came",
    "caught",
    "chose",
    "cut",
    "dealt",
    "did",
    "drew",
    "drove",
    "dug",
    "found",
    "gave",
    "got",
    "held",
    "kept",
    "knew",
    "laid",
    "led",
    "left",
    "let",
    "made",
    "met",
    "put",
    "ran",
    "read",
    "rewrote",
    "said",
    "sat",
    "saw",
    "sent",
    "set",
    "shut",
    "sold",
    "sped",
    "spent",
    "split",
    "spoke",
    "spun",
    "stood",
    "swept",
    "taught",
    "threw",
    "told",
    "took",
    "understood",
    "undid",
    "went",
    "won",
    "wrote",
];

/// The part that a label names, with what stands behind it: `**Action:** I asked` is `I asked`.
pub(crate) fn labelled(line: &str) -> Option<(Part, &str)> {
    let bare = bare(line);
    let (label, rest) = bare.split_once([':', '：'])?;
    let part = named(label)?;
    Some((part, rest.trim_start_matches(['*', '_', ' ', '\t'])))
}

/// The part that a heading names.
pub(crate) fn named(heading: &str) -> Option<Part> {
    let marks = |mark: char| "#*_: ".contains(mark) || mark.is_whitespace();
    let name = heading.trim_matches(marks).to_lowercase();
    let has = |(_, labels): &&(Part, &[&str])| labels.contains(&name.as_str());
    LABELS.iter().find(has).map(|(part, _)| *part)
}

/// A line without the marks of lists, headings and stress before it.
fn bare(line: &str) -> &str {
    line.trim_start_matches(|mark: char| "-*+>#_•".contains(mark) || mark.is_whitespace())
}

/// The part a sentence looks like; the first of a story is its situation unless it shows otherwise.
pub(crate) fn guessed(sentence: &str) -> Part {
    let words: Vec<String> =
        text::words(sentence).map(|word| word.text.to_lowercase().replace('’', "'")).collect();
    let spoken = format!(" {} ", words.join(" "));
    let has_outcome = words.iter().any(|word| OUTCOMES.contains(&word.as_str()));
    let has_share = sentence.contains('%') || (spoken.contains(" from ") && figures(&words) > 1);
    if has_outcome || has_share {
        Part::Result
    } else if DUTIES.iter().any(|duty| spoken.contains(&format!(" {duty} "))) {
        Part::Task
    } else if is_deed(&words) {
        Part::Action
    } else {
        Part::Situation
    }
}

fn figures(words: &[String]) -> usize {
    words.iter().filter(|word| word.starts_with(|letter: char| letter.is_ascii_digit())).count()
}

/// Whether somebody did something: `I asked`, `we then wrote`, `Built`.
fn is_deed(words: &[String]) -> bool {
    let is_done =
        |word: &String| DEEDS.contains(&word.as_str()) || (word.len() > 3 && word.ends_with("ed"));
    let opens = words.first().is_some_and(is_done);
    let mut pairs =
        words.iter().enumerate().filter(|(_, word)| ["i", "we"].contains(&word.as_str()));
    opens || pairs.any(|(at, _)| words.iter().skip(at + 1).take(2).any(is_done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_known_however_they_are_marked() {
        for line in ["Action: I asked", "**Action:** I asked", "- *actions*: I asked", "A: I asked"]
        {
            assert_eq!(labelled(line).map(|(part, _)| part), Some(Part::Action), "{line}");
        }
        assert_eq!(labelled("**Action:** I asked"), Some((Part::Action, "I asked")));
        assert_eq!(labelled("### Result:"), Some((Part::Result, "")));
        assert_eq!(labelled("Redis: a cache"), None);
        assert_eq!(named("## Outcome"), Some(Part::Result));
        assert_eq!(named("## Outage"), None);
    }

    #[test]
    fn sentences_show_which_part_they_are() {
        for (sentence, part) in [
            ("Our payment service went down on the busiest day.", Part::Situation),
            ("I had to bring it back within the hour.", Part::Task),
            ("I rolled the deployment back.", Part::Action),
            ("Wrote a runbook for the team.", Part::Action),
            ("Checkout errors fell to none.", Part::Result),
            ("Latency went from 900 to 200 ms.", Part::Result),
            ("40 % fewer tickets.", Part::Result),
        ] {
            assert_eq!(guessed(sentence), part, "{sentence}");
        }
    }
}

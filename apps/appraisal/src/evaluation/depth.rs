//! Whether an answer goes below the surface: reasons, alternatives, consequences, evidence.

use super::claims::{Claim, Claims};

const REASONS: &[&str] = &[
    " because ",
    " since ",
    " so that ",
    " therefore ",
    " hence ",
    " which is why ",
    " that is why ",
    " that's why ",
    " the reason ",
    " in order to ",
    " to avoid ",
    " to keep ",
    " so we ",
    " so it ",
    " so the ",
    " due to ",
    " thanks to ",
    " the point is ",
    " the idea is ",
    " means that ",
    " which means ",
    " to prevent ",
    " this way ",
    " that way ",
    " the benefit ",
    " the advantage ",
    " lets us ",
    " guarantees ",
    " ensures ",
];
const ALTERNATIVES: &[&str] = &[
    " instead ",
    " alternatively ",
    " rather than ",
    " alternative",
    " trade-off",
    " tradeoff",
    " trade off",
    " versus ",
    " vs ",
    " at the cost ",
    " the price ",
    " compared ",
    " on the other hand ",
    " could have ",
    " could also ",
    " another option ",
    " other option ",
    " downside",
    " drawback",
    " would prefer ",
    " i'd rather ",
    " i would ",
    " i'd ",
    " we could ",
    " one could ",
    " in exchange ",
    " as opposed to ",
    " but then ",
    " disadvantage",
    " in contrast",
    " unlike ",
    " whereas ",
];
const CONSEQUENCES: &[&str] = &[
    " otherwise ",
    " would break",
    " breaks ",
    " leads to ",
    " as a result ",
    " so if ",
    " would fail",
    " would have to ",
    " would need ",
    " ends up ",
    " risk",
    " when it fails ",
    " consequence",
    " if we ",
    " if you ",
    " if someone ",
    " if the ",
    " if a ",
    " would mean ",
    " would otherwise ",
    " until ",
    " forces ",
    " worst case ",
    " in the worst ",
    " grows ",
    " would make ",
    " bottleneck",
    " stays ",
    " never ",
    " without ",
];
const EXAMPLES: &[&str] = &[
    " for example",
    " for instance",
    " e.g. ",
    " such as ",
    " o(n",
    " o(1",
    " o(log",
    " imagine ",
    " percent",
];

const REASON_VALUE: f64 = 0.32;
const ALTERNATIVE_VALUE: f64 = 0.26;
const CONSEQUENCE_VALUE: f64 = 0.24;
const EVIDENCE_VALUE: f64 = 0.18;

/// What of depth an answer's claims about the subject have, by kind.
pub(super) struct Depth {
    pub(super) reasons: usize,
    pub(super) alternatives: usize,
    pub(super) consequences: usize,
    pub(super) evidence: usize,
}

impl Depth {
    pub(super) fn new(claims: &Claims) -> Self {
        let telling: Vec<&Claim> = claims.telling().collect();
        let count =
            |marks: &[&str]| telling.iter().filter(|claim| has_any(&claim.text, marks)).count();
        let numbers = telling.iter().filter(|claim| has_number(&claim.text)).count();
        Self {
            reasons: count(REASONS),
            alternatives: count(ALTERNATIVES),
            consequences: count(CONSEQUENCES),
            evidence: numbers + count(EXAMPLES),
        }
    }

    /// From 0 to 1.
    pub(super) fn value(&self) -> f64 {
        // The first of a kind says most.
        let part = |count: usize| match count {
            0 => 0.0,
            1 => 0.55,
            2 => 0.8,
            _ => 1.0,
        };
        REASON_VALUE * part(self.reasons)
            + ALTERNATIVE_VALUE * part(self.alternatives)
            + CONSEQUENCE_VALUE * part(self.consequences)
            + EVIDENCE_VALUE * part(self.evidence)
    }
}

/// Whether one of the marks stands in a claim's flat text; punctuation after a word does not hide it.
fn has_any(text: &str, marks: &[&str]) -> bool {
    let bare = text.replace([',', '.', ';', ':', '!', '?'], " ").replace("  ", " ");
    marks.iter().any(|mark| text.contains(mark) || bare.contains(mark))
}

fn has_number(text: &str) -> bool {
    text::words(text).any(|word| word.text.starts_with(|letter: char| letter.is_ascii_digit()))
}

//! How much a model is sent.
//!
//! **Bounds.** The prompts of an analysis are held to [`ANALYSIS_TOKENS_MAX`], each stage to a third of it:
//! its task and schema, its material, and three repairs. What the client repeats because a call failed, or its
//! answer did not fit, is not counted again.
//!
//! **Pitfalls.** Tokens are estimated, from above for what code and prose are made of; each model counts in
//! its own way.

/// Tokens that the prompts of one analysis may have.
pub(crate) const ANALYSIS_TOKENS_MAX: usize = 50_000;
/// Stages of an analysis.
const STAGES: usize = 3;
/// Kept for a stage's task and its schema, which is sent in words and as the API has it.
const TASK_TOKENS: usize = 3_300;
/// Times a stage's references may be repaired.
pub(crate) const REPAIRS_MAX: usize = 3;
/// Tokens of the material of one repair.
pub(crate) const REPAIR_TOKENS_MAX: usize = 1_200;
/// Kept for a repair's task and schema.
const REPAIR_TASK_TOKENS: usize = 800;
/// Tokens of the material of a stage.
pub(crate) const MATERIAL_TOKENS_MAX: usize = ANALYSIS_TOKENS_MAX / STAGES
    - TASK_TOKENS
    - REPAIRS_MAX * (REPAIR_TOKENS_MAX + REPAIR_TASK_TOKENS);

/// ASCII characters of a token, at least, in prose and code.
const ASCII_CHARS: usize = 3;

/// The tokens of a text as it is sent, in JSON: a third of its ASCII characters, and one for each two bytes of
/// others.
pub(crate) fn tokens(text: &str) -> usize {
    let escaped = |byte: u8| usize::from(byte < b' ' || byte == b'"' || byte == b'\\');
    let (mut ascii, mut other) = (0, 0);
    for byte in text.bytes() {
        if byte.is_ascii() {
            ascii += 1 + escaped(byte);
        } else {
            other += 1;
        }
    }
    ascii / ASCII_CHARS + other / 2 + 1
}

/// Tokens that are left.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
}

impl Budget {
    pub(crate) fn new(left: usize) -> Self {
        Self { left }
    }

    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// Takes a text's tokens, if there are as many.
    pub(crate) fn take(&mut self, text: &str) -> bool {
        let count = tokens(text);
        let fits = count <= self.left;
        if fits {
            self.left -= count;
        }
        fits
    }

    /// Takes as many of these lines, from the first, as fit into `tokens_max` and what is left.
    pub(crate) fn take_lines(
        &mut self,
        lines: impl IntoIterator<Item = String>,
        tokens_max: usize,
    ) -> String {
        let mut part = Self::new(self.left.min(tokens_max));
        let begun = part.left;
        let mut taken = String::new();
        for line in lines {
            let line = line + "\n";
            if !part.take(&line) {
                break;
            }
            taken.push_str(&line);
        }
        self.left -= begun - part.left;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_taken_than_there_is() {
        let mut budget = Budget::new(10);
        assert!(budget.take("twelve chars") && !budget.take("eighteen characters"));
        assert_eq!(budget.left, 5);
        let lines = budget.take_lines(["a", "b", "c"].map(str::to_owned), 4);
        assert_eq!((lines.as_str(), budget.left), ("a\nb\n", 1));
    }

    #[test]
    fn other_scripts_and_what_json_escapes_cost_more() {
        assert!(tokens("日本語日本語") > tokens("nihonnihon"));
        assert!(tokens("\"\"\"\"\"\"") > tokens("''''''"));
    }

    #[test]
    fn three_stages_with_all_their_repairs_stay_within_an_analysis() {
        let repairs = REPAIRS_MAX * (REPAIR_TOKENS_MAX + REPAIR_TASK_TOKENS);
        let stage = MATERIAL_TOKENS_MAX + TASK_TOKENS + repairs;
        assert!(STAGES * stage <= ANALYSIS_TOKENS_MAX && MATERIAL_TOKENS_MAX > 6_000);
    }
}

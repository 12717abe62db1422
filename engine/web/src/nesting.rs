//! How deep a JSON text nests, told before it is parsed: parsers recurse, a count does not.

/// Whether no object or list of `text` stands more than `levels` deep; a lone object is one level.
///
/// The text need not be JSON: brackets inside quoted strings are passed over, all others count.
#[must_use]
pub fn nesting_is_at_most(text: &str, levels: usize) -> bool {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > levels {
                    return false;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => at = end_of_string(bytes, at + 1),
            _ => {}
        }
        at += 1;
    }
    true
}

/// Where the string that begins at `at` has its closing quote, or the end of the text.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_count_and_those_in_strings_do_not() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(nesting_is_at_most(&nested(64), 64));
        assert!(!nesting_is_at_most(&nested(65), 64));
        assert!(nesting_is_at_most(r#"{"a": "[[[{{{", "b": "\"[[[", "c\\": [1]}"#, 2));
        assert!(!nesting_is_at_most(r#"{"a": "\\", "b": [[1]]}"#, 2));
        assert!(nesting_is_at_most(&"[1],".repeat(1000), 1));
        assert!(!nesting_is_at_most(r#"{"a\": [[1"#, 0));
    }

    #[test]
    fn what_is_not_json_is_read_to_its_end() {
        assert!(nesting_is_at_most("", 0));
        assert!(nesting_is_at_most("]]]}}}", 0));
        assert!(nesting_is_at_most("\"never ends [[[", 0));
        assert!(nesting_is_at_most("\"ends in \\", 0));
    }
}

//! What a file's bytes tell: text, binary, minified, or a private key.

/// Bytes in which a zero byte makes a file binary, as git itself decides it.
const BINARY_LOOK_BYTES: usize = 8000;
/// Bytes under which nothing counts as minified.
const MINIFIED_BYTES_MIN: usize = 5 * 1024;
/// Mean bytes of a line from which on a script or a style sheet counts as minified.
const MINIFIED_LINE_BYTES: usize = 400;
/// Base64 characters in the line after the head of a private key that make it a real one.
const KEY_CHARS_MIN: usize = 40;

/// What the bytes of a file are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text(String),
    Binary,
    Minified,
    Secret,
}

pub(super) fn content(path: &str, mut bytes: Vec<u8>) -> Content {
    if bytes.iter().take(BINARY_LOOK_BYTES).any(|byte| *byte == 0) {
        return Content::Binary;
    }
    if bytes.starts_with("\u{feff}".as_bytes()) {
        bytes.drain(..'\u{feff}'.len_utf8());
    }
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    if has_private_key(&text) {
        return Content::Secret;
    }
    if is_minified(path, &text) {
        return Content::Minified;
    }
    Content::Text(text)
}

/// Whether a private key stands in it: its head, and behind it, in the same line or the next ones, a
/// run of base64. A program that only speaks of the head has none.
fn has_private_key(text: &str) -> bool {
    const HEAD: &str = "PRIVATE KEY-----";
    let mut rest = text;
    while let Some(place) = rest.find(HEAD) {
        let is_head = rest[..place].rfind("-----BEGIN ").is_some_and(|start| place - start < 40);
        rest = &rest[place + HEAD.len()..];
        let after = rest.get(..rest.floor_char_boundary(400)).unwrap_or_default();
        let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
        // An escaped line end, as in JSON, is `\n` in letters.
        let has_run = after
            .split("\\n")
            .any(|part| part.split(|c| !is_base64(c)).any(|run| run.len() >= KEY_CHARS_MIN));
        if is_head && has_run {
            return true;
        }
    }
    false
}

fn is_minified(path: &str, text: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let may_be = ["js", "mjs", "cjs", "css"].iter().any(|one| extension.eq_ignore_ascii_case(one));
    let lines = text.lines().count().max(1);
    may_be && text.len() >= MINIFIED_BYTES_MIN && text.len() / lines >= MINIFIED_LINE_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_a_secret_wherever_it_stands() {
        let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
        let keys = [
            format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"),
            format!("const K = \"-----BEGIN RSA PRIVATE KEY-----\\n{body}\\n\";"),
            format!("  key: |\n    -----BEGIN EC PRIVATE KEY-----\n    {body}\n"),
        ];
        for key in keys {
            assert_eq!(content("a.txt", key.clone().into_bytes()), Content::Secret, "{key}");
        }
        let harmless = "if text.starts_with(\"-----BEGIN PRIVATE KEY-----\") { refuse(); }";
        assert_eq!(content("a.rs", harmless.into()), Content::Text(harmless.into()));
    }

    #[test]
    fn binary_minified_and_odd_text_are_told_apart() {
        assert_eq!(content("a", vec![b'a', 0, b'b']), Content::Binary);
        assert_eq!(content("a.js", "x=1;".repeat(3000).into()), Content::Minified);
        assert_eq!(content("a.rs", "x=1;".repeat(3000).into()), Content::Text("x=1;".repeat(3000)));
        assert_eq!(content("a.py", vec![b'a', 0xe9]), Content::Text("a\u{fffd}".into()));
        assert_eq!(content("a.cs", "\u{feff}using A;".into()), Content::Text("using A;".into()));
    }
}

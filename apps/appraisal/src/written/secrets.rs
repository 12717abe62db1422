//! Leaves out what looks like a key of somebody's before a model sees it.
//!
//! Files that are secrets as a whole are never read; this is for keys that stand in code.

/// How keys of well-known services begin.
const PREFIXES: &[&str] = &[
    "AKIA",
    "ASIA",
    "AIza",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "sk-",
    "sk_live_",
    "rk_live_",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "npm_",
    "pypi-",
    "eyJ",
    "SG.",
    "hf_",
];
/// Characters that a key has at least.
const KEY_CHARS_MIN: usize = 20;
/// What stands where a key stood.
const LEFT_OUT: &str = "***";

/// Lines without what looks like keys.
pub(super) fn without_secrets(lines: Vec<String>) -> Vec<String> {
    let mut is_in_key = false;
    let clean = |line: String| {
        let begins = line.contains("-----BEGIN") && line.contains("PRIVATE KEY");
        let ends = line.contains("-----END");
        let is_key = begins || is_in_key;
        is_in_key = is_key && !ends;
        if is_key { LEFT_OUT.to_owned() } else { without_keys(&line) }
    };
    lines.into_iter().map(clean).collect()
}

fn without_keys(line: &str) -> String {
    let is_inside = |it: char| it.is_ascii_alphanumeric() || "_-.".contains(it);
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find(is_inside) {
        let (before, from) = rest.split_at(start);
        let (run, after) = from.split_at(from.find(|it| !is_inside(it)).unwrap_or(from.len()));
        let is_key = run.len() >= KEY_CHARS_MIN
            && PREFIXES.iter().any(|prefix| run.starts_with(prefix))
            && run.bytes().any(|it| it.is_ascii_digit());
        clean.push_str(before);
        clean.push_str(if is_key { LEFT_OUT } else { run });
        rest = after;
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_left_out_and_code_is_not() {
        let lines = [
            "let key = \"AKIAIOSFODNN7EXAMPLE\";",
            "-----BEGIN RSA PRIVATE KEY-----",
            "MIIEpAIBAAKCAQEA",
            "-----END RSA PRIVATE KEY-----",
            "let skill = sk-short; eyJ",
        ];
        let clean = without_secrets(lines.map(str::to_owned).into());
        let expected = ["let key = \"***\";", "***", "***", "***", "let skill = sk-short; eyJ"];
        assert_eq!(clean, expected);
    }
}

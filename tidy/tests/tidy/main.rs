//! The rules.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod crates;
mod papers;
mod sources;

/// Fails with everything that breaks a rule.
fn none(rule: &str, breaches: impl IntoIterator<Item = String>) {
    let breaches: Vec<String> = breaches.into_iter().collect();
    assert!(breaches.is_empty(), "{rule}:\n{}", breaches.join("\n"));
}

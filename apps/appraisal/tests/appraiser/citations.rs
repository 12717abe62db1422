//! References, checked against a repository.

use appraisal::{Citation, CitationError};
use proptest::prelude::*;

use crate::samples::sample;

#[test]
fn the_three_forms_are_read_and_nothing_else() {
    for good in ["a.rs", "src/a b.rs:1", "src/a.rs:1-1", "src/ä.rs:3-17", "odd:name", "a:b:7"] {
        let citation = Citation::parse(good).unwrap();
        let shown = citation.to_string();
        assert_eq!(Citation::parse(&shown).unwrap(), citation, "{good}");
    }
    let long = "x".repeat(2_000);
    for bad in ["", ":1", "a.rs:0", "a.rs:9-3", "a.rs:1-2-3", "a.rs:-", "a\nb", "a\u{7f}", &long] {
        assert_eq!(Citation::parse(bad), Err(CitationError::Form), "{bad:?}");
    }
}

#[test]
fn what_is_not_there_or_not_read_is_told_apart() {
    let sample = sample(&[("src/empty.rs", "")], "Say more");
    let check = |reference: &str| Citation::parse(reference).unwrap().check(&sample.material.tree);
    for good in ["src/main.rs", "src/main.rs:1", "src/main.rs:8", "src/main.rs:1-8"] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    for absent in
        ["src/none.rs:1", ".env", "../shelf/src/main.rs", "/etc/passwd", "src", "SRC/main.rs"]
    {
        assert_eq!(check(absent), Err(CitationError::File), "{absent}");
    }
    for past in ["src/main.rs:9", "src/main.rs:8-9", "src/main.rs:99999999999"] {
        assert_eq!(check(past), Err(CitationError::Lines(8)), "{past}");
    }
}

proptest! {
    #[test]
    fn whatever_is_read_shows_as_what_is_read_again(reference in "\\PC{0,40}(:[0-9]{0,4})?(-[0-9]{0,4})?") {
        if let Ok(citation) = Citation::parse(&reference) {
            prop_assert_eq!(Citation::parse(&citation.to_string()), Ok(citation));
        }
    }
}

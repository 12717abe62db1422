//! The appraiser with real repositories, by rules and by models that do well, badly, or as they are told by
//! what they read.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod citations;
mod drafts;
mod evaluations;
mod failures;
mod injections;
mod published;
mod samples;
mod stages;
mod stub;

use std::sync::Arc;
use std::time::Duration;

use appraisal::{Appraiser, Citation, Material};
use intelligence::{OpenaiConfig, TextProvider};
use model::SystemClock;

/// An appraiser by a model at this address.
fn by_model(base_url: &str, fallback: bool) -> Appraiser {
    let config = OpenaiConfig {
        base_url: base_url.to_owned(),
        api_key: None,
        model: "tiny".to_owned(),
        deadline: Duration::from_secs(60),
    };
    by(&TextProvider::Openai(config), fallback)
}

fn by(provider: &TextProvider, fallback: bool) -> Appraiser {
    Appraiser::new(provider, fallback, Arc::new(SystemClock::new())).unwrap()
}

/// Fails unless every reference is one of the three forms and exists.
fn assert_cited<'a>(material: &Material, references: impl IntoIterator<Item = &'a Vec<String>>) {
    for references in references {
        assert!(!references.is_empty(), "something cites nothing");
        for reference in references {
            let citation = Citation::parse(reference).unwrap();
            assert!(citation.check(&material.tree).is_ok(), "{reference}");
        }
    }
}

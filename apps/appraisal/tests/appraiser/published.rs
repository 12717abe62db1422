//! Published code before a model: what it is shown is what stands there, and can be cited.

use std::collections::BTreeSet;

use appraisal::{Citation, Material, QUESTIONS_MAX};
use intelligence::TextProvider;
use serde_json::{Value, json};

use crate::samples::published;
use crate::stages::assert_review;
use crate::stub::{Asked, Reply, Stub};
use crate::{assert_cited, by, by_model, drafts};

#[tokio::test]
async fn what_a_model_is_shown_of_published_code_stands_there_and_can_be_cited() {
    for sample in published() {
        let material = &sample.material;
        let stub = Stub::start(citing).await;
        let appraiser = by_model(&stub.base_url, false);
        let review = appraiser.review(material).await.unwrap();
        assert_eq!((review.provider, review.dropped), ("openai", 0), "{}", material.name);
        assert_review(material, &review.value);
        let report = appraiser.report(material).await.unwrap();
        // A sentence that names a file of another repository, and a sentence with an invented number.
        assert_eq!((report.provider, report.dropped), ("openai", 2), "{}", material.name);
        assert!(!report.value.system_architecture.data_flow.contains("src/web.rs"));
        let simulation = appraiser.simulation(material, "seed").await.unwrap();
        assert_eq!((simulation.provider, simulation.dropped), ("openai", 0), "{}", material.name);
        assert_eq!(simulation.value.questions.len(), QUESTIONS_MAX);
        assert_cited(material, simulation.value.questions.iter().map(|it| &it.file_references));
        let bytes: usize = stub.seen().iter().map(|it| it.body.len()).sum();
        assert!(bytes / 3 <= 50_000, "{}: {bytes} bytes", material.name);
        for asked in stub.seen() {
            assert_stands_there(material, &asked);
        }
    }
}

#[tokio::test]
async fn rules_write_what_can_be_cited_of_published_code() {
    let appraiser = by(&TextProvider::Builtin, true);
    for sample in published() {
        let material = &sample.material;
        let review = appraiser.review(material).await.unwrap().value;
        assert_review(material, &review);
        let report = appraiser.report(material).await.unwrap().value;
        assert_cited(material, report.design_decisions.iter().map(|it| &it.file_references));
        let questions = appraiser.simulation(material, "seed").await.unwrap().value.questions;
        assert_cited(material, questions.iter().map(|it| &it.file_references));
        assert_eq!(questions.len(), QUESTIONS_MAX, "{}", material.name);
    }
}

/// A model that cites the excerpts it was shown, in turns.
fn citing(asked: &Asked) -> Reply {
    let places: Vec<String> = excerpts(asked).iter().map(|(place, _)| place.to_string()).collect();
    let Reply::Content(mut draft) = drafts::good(asked) else { unreachable!() };
    let mut places = places.iter().cycle();
    cite(&mut draft, &mut || json!([places.next().unwrap()]));
    Reply::Content(draft)
}

fn cite(draft: &mut Value, next: &mut impl FnMut() -> Value) {
    match draft {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "fileReferences" { *value = next() } else { cite(value, next) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| cite(item, next)),
        _ => {}
    }
}

/// The places a model is shown, with their lines.
fn excerpts(asked: &Asked) -> Vec<(Citation, Vec<String>)> {
    let values = asked.material.lines().filter_map(|line| line.strip_prefix("excerpt = "));
    let read = values.map(|value| {
        let text: String = serde_json::from_str(value).unwrap();
        let (head, lines) = text.split_once('\n').unwrap();
        let (path, _) = head.rsplit_once(", lines ").unwrap();
        let numbered: Vec<(usize, &str)> = lines
            .lines()
            .map(|line| line.split_once(": ").unwrap())
            .map(|(number, line)| (number.parse().unwrap(), line))
            .collect();
        let ends = (numbered[0].0, numbered[numbered.len() - 1].0);
        let lines = numbered.into_iter().map(|(_, line)| line.to_owned()).collect();
        (Citation { path: path.to_owned(), lines: Some(ends) }, lines)
    });
    read.collect()
}

fn assert_stands_there(material: &Material, asked: &Asked) {
    let excerpts = excerpts(asked);
    let files: BTreeSet<&String> = excerpts.iter().map(|(place, _)| &place.path).collect();
    assert!(files.len() >= 5, "{}: {files:?}", material.name);
    for (place, lines) in &excerpts {
        assert_eq!(place.check(&material.tree), Ok(()), "{place}");
        let (from, to) = place.lines.unwrap();
        let there = material.tree.lines(&place.path, from, to).unwrap().unwrap();
        assert_eq!(there.len(), lines.len(), "{place}");
        for (there, line) in there.iter().zip(lines) {
            assert!(there.starts_with(line.as_str()), "{place}: {line}");
        }
    }
}

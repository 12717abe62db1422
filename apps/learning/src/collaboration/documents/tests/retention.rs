//! Old edits go, and with them old versions; what is left is whole.

use serde_json::json;

use super::http::{get, post, refused};
use super::*;
use crate::collaboration::{Text, Units};
use crate::store::documents::{self, Logged};

const EDITS: &str = "SELECT count(*) FROM document_edits";

impl Desk {
    /// Deletes the edits that are older than so many seconds; how many.
    fn forget_edits(&self, secs: u64) -> usize {
        let kept = Duration::from_secs(secs);
        self.runtime.block_on(self.documents.forget_edits(kept)).unwrap()
    }

    /// Appends edits that insert a digit each at the beginning, one a second; the texts they make.
    fn append(&self, count: u64) -> Vec<String> {
        let (mut units, mut texts) = (Units::from(""), vec![String::new()]);
        let edits: Vec<Logged> = (1..=count)
            .map(|version| {
                self.clock.advance(Duration::from_secs(1));
                let gone = u32::from(version > 40);
                let splice = Splice::replace(0, gone, &(version % 10).to_string());
                units.apply(&splice).unwrap();
                texts.push(units.to_string());
                let (user, at) = ("ann".into(), self.clock.wall());
                Logged { version, user, client_id: None, splice, at }
            })
            .collect();
        self.write(move |tx| {
            let place = documents::find(tx, "essay")?.unwrap().place;
            edits.iter().try_for_each(|edit| documents::append(tx, place, edit))
        });
        texts
    }
}

/// Every version from the oldest on is what it was, and what is older is said to be gone.
fn check(desk: &Desk, oldest: usize, texts: &[String]) {
    let newest = texts.len() - 1;
    assert_eq!(desk.count(EDITS), (newest - oldest) as u64);
    let shown = get(desk, "ann", "/api/documents/essay");
    assert_eq!((&shown["version"], &shown["oldestVersion"]), (&json!(newest), &json!(oldest)));
    assert_eq!(shown["content"], json!(texts[newest]));
    for (version, text) in texts.iter().enumerate() {
        let near = version.abs_diff(oldest) < 3 || version == newest || version % 97 == 0;
        let path = format!("/api/documents/essay?version={version}");
        if near && version >= oldest {
            assert_eq!(get(desk, "ann", &path)["content"], json!(text), "{version}");
        } else if near {
            let expected = (410, "VERSION_GONE".to_owned(), json!("version"));
            assert_eq!(refused(desk, "GET", &path, &Value::Null), expected, "{version}");
        }
    }
}

#[test]
fn edits_go_when_their_time_has_come_and_the_versions_before_them() {
    let desk = Desk::new();
    post(&desk, "ann", &json!({"id": "essay"}));
    post(&desk, "ann", &json!({"id": "empty", "content": "as it was made"}));
    let texts = desk.append(1_200);
    assert_eq!(desk.forget_edits(2_000), 0);
    check(&desk, 0, &texts);
    // The edit that is exactly so old stays.
    assert_eq!(desk.forget_edits(470), 729);
    check(&desk, 729, &texts);
    assert_eq!(desk.forget_edits(470), 0);
    assert_eq!(desk.forget_edits(469), 1);
    check(&desk, 730, &texts);
    desk.clock.advance(Duration::from_secs(3_600));
    assert_eq!(desk.forget_edits(600), 470);
    check(&desk, 1_200, &texts);
    assert_eq!(get(&desk, "ann", "/api/documents/empty?version=0")["content"], "as it was made");
}

#[test]
fn of_ever_so_many_edits_all_that_are_old_go() {
    let desk = Desk::new();
    post(&desk, "ann", &json!({"id": "essay"}));
    let texts = desk.append(20_300);
    assert_eq!(desk.forget_edits(99), 20_200);
    check(&desk, 20_200, &texts);
}

#[test]
fn a_document_whose_old_edits_went_is_read_and_edited_on() {
    let mut desk = Desk::new();
    let ann = desk.join("ann", "essay");
    ann.edit_as("e1", 0, Splice::insert(0, "old")).unwrap();
    desk.clock.advance(Duration::from_secs(100));
    ann.edit(1, Splice::insert(3, "er")).unwrap();
    assert_eq!(desk.forget_edits(50), 1);
    ann.edit(2, Splice::insert(5, " text")).unwrap();
    drop(ann);
    desk.forget();
    let bob = desk.join("bob", "essay");
    assert_eq!((bob.content().as_str(), bob.snapshot.version()), ("older text", 3));
    bob.edit(3, Splice::delete(0, 6)).unwrap();
    assert_eq!(get(&desk, "ann", "/api/documents/essay?version=1")["content"], "old");
    let log = get(&desk, "ann", "/api/documents/essay/edits");
    let versions: Vec<&Value> =
        log["items"].as_array().unwrap().iter().map(|edit| &edit["version"]).collect();
    assert_eq!(versions, [2, 3, 4], "behind the oldest version");
    assert_eq!(get(&desk, "ann", "/api/documents/essay/edits?after=1"), log);
    let part = refused(&desk, "GET", "/api/documents/essay/edits?after=0", &Value::Null);
    assert_eq!(part, (410, "VERSION_GONE".into(), json!("after")));
    let desk = desk.crash();
    assert_eq!(get(&desk, "ann", "/api/documents/essay?version=2")["content"], "older");
}

#[test]
fn a_sweep_that_was_cut_off_is_finished_by_the_next() {
    let desk = Desk::new();
    post(&desk, "ann", &json!({"id": "essay"}));
    let texts = desk.append(600);
    let snapshot = Text::new(&texts[500]).unwrap().deflated();
    desk.write(move |tx| {
        let place = documents::find(tx, "essay")?.unwrap().place;
        documents::forget(tx, place, 500, &snapshot)?;
        documents::delete(tx, place, 256)
    });
    let path = "/api/documents/essay?version=499";
    assert_eq!(refused(&desk, "GET", path, &Value::Null).0, 410);
    assert_eq!(desk.forget_edits(10_000), 244, "nothing else is old");
    check(&desk, 500, &texts);
}

#[test]
fn the_oldest_versions_snapshot_is_never_thinned_out() {
    let desk = Desk::new();
    post(&desk, "ann", &json!({"id": "essay"}));
    let texts = desk.append(12_000);
    assert_eq!(desk.forget_edits(11_222), 777);
    let snapshot = Text::new(&texts[12_000]).unwrap().deflated();
    desk.write(move |tx| {
        let place = documents::find(tx, "essay")?.unwrap().place;
        documents::add_snapshot(tx, place, 12_000, &snapshot)
    });
    check(&desk, 777, &texts);
}

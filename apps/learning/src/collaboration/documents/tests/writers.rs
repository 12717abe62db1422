//! Many who write at once.

use std::thread;

use storage::rusqlite::params;

use super::*;
use crate::collaboration::{Content, Units};
use crate::store::documents::{self, Rebuilt};

/// Writers, and edits of each.
const WRITERS: u32 = 50;
const EDITS: u32 = 60;

/// A writer that always names the version of its own last edit: what others did since it has not seen.
/// What it puts in is its own letters, at places that are there whatever the others do.
fn write(reader: &Reader, number: u32, mut base: u64) -> Vec<u64> {
    let mut random = u64::from(number) + 1;
    let mut next = move |bound: u64| {
        // Knuth's generator; its upper bits are good enough.
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((random >> 33) % bound).unwrap()
    };
    let mut versions = vec![base];
    for n in 0..EDITS {
        let position = next(3_000);
        let splice = match next(4) {
            0 => Splice::delete(position, 1 + next(3)),
            1 => Splice::replace(position, 1 + next(3), "ré"),
            _ => Splice::insert(position, &format!("<{number}.{n}>")),
        };
        base = reader.edit(base, splice).unwrap().version;
        versions.push(base);
    }
    versions
}

#[test]
fn fifty_writers_end_with_one_text_and_every_version_is_somebodys() {
    let mut desk = Desk::new();
    let readers: Vec<_> = (0..WRITERS).map(|n| (n, desk.join(&format!("w{n}"), "essay"))).collect();
    let start = "0123456789".repeat(1_000);
    readers[0].1.edit(0, Splice::insert(0, &start)).unwrap();
    let mut versions: Vec<u64> = thread::scope(|scope| {
        let writing = readers.iter().map(|(number, reader)| {
            let first = reader.send(1, Splice::insert(0, ""), None);
            scope.spawn(move || {
                let first = made(&first).unwrap().version;
                write(reader, *number, first)
            })
        });
        let writing: Vec<_> = writing.collect();
        writing.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    versions.sort_unstable();
    let last = u64::from(WRITERS * (EDITS + 1)) + 1;
    assert_eq!(versions, (2..=last).collect::<Vec<_>>());
    let content = readers[0].1.content();
    // What others were told, with what one knows of one's own, is the text.
    for (_, reader) in readers.iter().step_by(7) {
        assert_eq!(replayed(&mut desk, reader, last), content);
    }
    let stored: Rebuilt = desk.read(move |db| {
        let place = documents::find(db, "essay")?.unwrap().place;
        documents::text_at(db, place, last)
    });
    assert_eq!(stored.text.content(), content);
}

/// The text that a reader has who applies what it was told, and its own edits where they stand.
fn replayed(desk: &mut Desk, reader: &Reader, last: u64) -> String {
    let mut splices = vec![None; usize::try_from(last).unwrap() + 1];
    for event in desk.events(reader) {
        let data = &event["data"];
        let number = |field: &str| data[field].as_u64().unwrap();
        let content = Content::from(data["content"].as_str().unwrap());
        let deleted = if data["operation"] == "insert" { 0 } else { number("length") };
        let (position, deleted) = (number("position"), deleted);
        let position = u32::try_from(position).unwrap();
        let deleted = u32::try_from(deleted).unwrap();
        let version = usize::try_from(number("version")).unwrap();
        let twice = splices[version].replace(Splice { position, deleted, content });
        assert_eq!(twice, None, "version {version} was told twice");
    }
    let own = reader.seat.user.to_string();
    let own = desk.read(move |db| {
        let sql =
            "SELECT version, position, deleted, content FROM document_edits WHERE user_id = ?1";
        let mut statement = db.prepare(sql)?;
        let own = statement.query_map(params![own], |row| {
            let content: String = row.get(3)?;
            let splice = Splice::replace(row.get(1)?, row.get(2)?, &content);
            Ok((row.get::<_, usize>(0)?, splice))
        })?;
        own.collect::<Sql<Vec<_>>>()
    });
    for (version, splice) in own {
        assert_eq!(splices[version].replace(splice), None, "one's own edit is not told");
    }
    let mut text = Units::from("");
    for (version, splice) in splices.into_iter().enumerate().skip(1) {
        let splice = splice.unwrap_or_else(|| panic!("version {version} was not told"));
        assert!(text.apply(&splice).is_some(), "version {version} does not fit");
    }
    text.to_string()
}

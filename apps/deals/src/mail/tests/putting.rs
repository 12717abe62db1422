//! Positions, replacing and the bound of a mailbox, against a model that does it the plain way.

use proptest::prelude::*;
use storage::rusqlite::Connection;

use super::*;
use crate::store::mail::{WAITING_MAX, dropped, last, take};

fn database() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    for migration in crate::MIGRATIONS {
        db.execute_batch(migration.sql).unwrap();
    }
    db
}

fn put_one(db: &Connection, user: &str, kind: Kind, key: &str) -> u64 {
    let data = to_raw_value(&json!({})).unwrap();
    put(db, &Entry { user, kind, key, data: &data, stored_at: Timestamp::default() }).unwrap()
}

fn waiting(db: &Connection, user: &str) -> Vec<(u64, Kind, String)> {
    let sql = "SELECT position, kind, key FROM deals_mail WHERE user_id = ?1 ORDER BY position";
    let mut statement = db.prepare(sql).unwrap();
    let rows = statement.query_map([user], |row| {
        let kind: String = row.get(1)?;
        Ok((row.get(0)?, Kind::parse(&kind).unwrap(), row.get(2)?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Put(Kind, u8),
    Pass,
    Take(u64),
}

fn step() -> impl Strategy<Value = (bool, Step)> {
    let kind = prop::sample::select(Kind::ALL.to_vec());
    let step = prop_oneof![
        4 => (kind, 0_u8..4).prop_map(|(kind, key)| Step::Put(kind, key)),
        1 => Just(Step::Pass),
        1 => (0_u64..40).prop_map(Step::Take),
    ];
    (any::<bool>(), step)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
    #[test]
    fn a_mailbox_is_as_a_plain_list_would_be(steps in prop::collection::vec(step(), 1..60)) {
        let db = database();
        let mut lists = [Vec::new(), Vec::new()];
        let mut lasts = [0, 0];
        for (other, step) in steps {
            let index = usize::from(other);
            let user = ["ann", "bob"][index];
            let list: &mut Vec<(u64, Kind, String)> = &mut lists[index];
            match step {
                Step::Put(kind, key) => {
                    let key = key.to_string();
                    lasts[index] += 1;
                    prop_assert_eq!(put_one(&db, user, kind, &key), lasts[index]);
                    list.retain(|(_, of, named)| (*of, named) != (kind, &key));
                    list.push((lasts[index], kind, key));
                }
                Step::Pass => {
                    lasts[index] += 1;
                    prop_assert_eq!(pass(&db, user).unwrap(), lasts[index]);
                }
                Step::Take(upto) => {
                    let count = list.len();
                    list.retain(|(position, _, _)| *position > upto);
                    prop_assert_eq!(take(&db, user, upto).unwrap(), count - list.len());
                }
            }
            prop_assert_eq!(&waiting(&db, user), list);
            prop_assert_eq!(last(&db, user).unwrap(), lasts[index]);
        }
        prop_assert_eq!(dropped(&db).unwrap(), 0);
    }
}

#[test]
fn past_the_bound_the_oldest_goes_and_is_counted() {
    let db = database();
    for n in 0..WAITING_MAX {
        pass(&db, "ann").unwrap();
        put_one(&db, "ann", Kind::Message, &n.to_string());
    }
    put_one(&db, "ann", Kind::Message, "7");
    assert_eq!(waiting(&db, "ann").len(), 1000, "one took the place of another");
    assert_eq!((dropped(&db).unwrap(), waiting(&db, "ann")[0].2.as_str()), (0, "0"));
    for n in ["x", "y", "z"] {
        put_one(&db, "ann", Kind::Alert, n);
    }
    let rest = waiting(&db, "ann");
    assert_eq!((rest.len(), rest[0].2.as_str(), rest[999].2.as_str()), (1000, "3", "z"));
    assert_eq!(dropped(&db).unwrap(), 3);
    for n in 0..=WAITING_MAX {
        put_one(&db, "bob", Kind::Message, &n.to_string());
    }
    let rest = waiting(&db, "bob");
    assert_eq!((rest.len(), rest[0].0, dropped(&db).unwrap()), (1000, 2, 4));
}

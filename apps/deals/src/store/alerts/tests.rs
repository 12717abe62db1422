//! Alerts as they are set, met and worked off.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::store::deals::tests::database;

fn set_alert(db: &Connection, deal: i64, user: &str, below: f64) {
    assert_ne!(set(db, deal, user, (below, "EUR")).unwrap(), Set::TooMany);
}

fn users(met: &[Met]) -> Vec<&str> {
    met.iter().map(|met| met.user_id.as_str()).collect()
}

#[test]
fn an_alert_is_one_a_user_and_deal_and_so_many_a_user() {
    let db = database();
    assert_eq!(set(&db, 1, "ann", (5.0, "EUR")).unwrap(), Set::Created);
    assert_eq!(set(&db, 1, "ann", (6.0, "EUR")).unwrap(), Set::Changed);
    assert_eq!(met(&db, 1, (5.5, "EUR"), 9).unwrap(), [Met { user_id: "ann".into(), below: 6.0 }]);
    for deal in 2..=i64::try_from(PER_USER_MAX).unwrap() {
        assert_eq!(set(&db, deal, "ann", (5.0, "EUR")).unwrap(), Set::Created);
    }
    assert_eq!(set(&db, 0, "ann", (5.0, "EUR")).unwrap(), Set::TooMany);
    assert_eq!(set(&db, 1, "ann", (7.0, "EUR")).unwrap(), Set::Changed, "what is there may change");
    assert_eq!(set(&db, 0, "bob", (5.0, "EUR")).unwrap(), Set::Created);
}

#[test]
fn an_alert_is_met_by_a_price_below_its_limit_and_not_by_the_limit() {
    let db = database();
    for (user, below) in [("ann", 10.0), ("bob", 10.01), ("cat", 9.0)] {
        set_alert(&db, 1, user, below);
    }
    set_alert(&db, 2, "dan", 99.0);
    assert_eq!(users(&met(&db, 1, (10.0, "EUR"), 9).unwrap()), ["bob"]);
    assert_eq!(met(&db, 1, (0.0, "EUR"), 2).unwrap().len(), 2, "no more than asked for");
    assert!(met(&db, 1, (11.0, "EUR"), 9).unwrap().is_empty());
}

#[test]
fn an_alert_is_met_in_its_own_currency_alone_which_is_the_last_it_was_set_in() {
    let db = database();
    set_alert(&db, 1, "ann", 10.0);
    assert_eq!(set(&db, 1, "bob", (10.0, "JPY")).unwrap(), Set::Created);
    assert_eq!(users(&met(&db, 1, (5.0, "EUR"), 9).unwrap()), ["ann"]);
    assert_eq!(users(&met(&db, 1, (5.0, "JPY"), 9).unwrap()), ["bob"]);
    set_alert(&db, 1, "bob", 7.0);
    assert_eq!(met(&db, 1, (5.0, "EUR"), 9).unwrap().len(), 2);
    assert!(met(&db, 1, (5.0, "JPY"), 9).unwrap().is_empty());
}

/// Goes on with the only job until it ends; whom each slice told.
fn work_off(db: &Connection, price: f64, count_max: usize) -> Vec<Vec<String>> {
    let mut slices = Vec::new();
    while let Some(job) = next_job(db, 0).unwrap() {
        let told = job.go_on(db, (price, "EUR"), count_max).unwrap();
        slices.push(users(&told).into_iter().map(str::to_owned).collect());
        assert!(slices.len() < 1_000, "it ends");
    }
    slices
}

#[test]
fn a_job_tells_everybody_it_concerns_once_in_slices() {
    let db = database();
    for number in 0..10 {
        set_alert(&db, 1, &format!("user-{number}"), if number % 2 == 0 { 10.0 } else { 5.0 });
    }
    add_job(&db, 1).unwrap();
    let slices = work_off(&db, 7.0, 2);
    let expected = [vec!["user-0", "user-2"], vec!["user-4", "user-6"], vec!["user-8"]];
    assert_eq!(slices, expected);
    assert_eq!(next_job(&db, 0).unwrap(), None);
}

#[test]
fn a_slice_looks_at_so_many_alerts() {
    let db = database();
    for number in 0..=LOOKED_MAX {
        let below = if number == LOOKED_MAX { 10.0 } else { 5.0 };
        set_alert(&db, 1, &format!("user-{number:05}"), below);
    }
    add_job(&db, 1).unwrap();
    let slices = work_off(&db, 7.0, 64);
    assert_eq!(slices, [Vec::new(), vec![format!("user-{LOOKED_MAX:05}")]]);
}

#[test]
fn jobs_take_turns() {
    let db = database();
    for deal in [3, 5, 9] {
        add_job(&db, deal).unwrap();
    }
    let after = |past| next_job(&db, past).unwrap().unwrap().deal;
    assert_eq!([after(0), after(3), after(5), after(9), after(4)], [3, 5, 9, 3, 5]);
}

#[test]
fn alerts_of_a_deal_that_is_gone_go_in_slices() {
    let db = database();
    let count = REMOVED_MAX + 1;
    for number in 0..count {
        set_alert(&db, 1, &format!("user-{number}"), 5.0);
    }
    set_alert(&db, 2, "ann", 5.0);
    add_job(&db, 1).unwrap();
    next_job(&db, 0).unwrap().unwrap().remove_alerts(&db).unwrap();
    assert!(has_any(&db, 1).unwrap());
    next_job(&db, 0).unwrap().unwrap().remove_alerts(&db).unwrap();
    assert!(!has_any(&db, 1).unwrap() && has_any(&db, 2).unwrap());
    assert_eq!(next_job(&db, 0).unwrap(), None);
}

#[derive(Clone, Debug)]
enum Step {
    /// The job goes on by a slice.
    Slice(usize),
    /// The price changes, and is told by a job.
    Price(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1_usize..4).prop_map(Step::Slice),
        1 => (0_u8..6).prop_map(Step::Price),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    /// Whatever the price does meanwhile: of each price nobody is told twice, and of the last one
    /// everybody it concerns hears.
    #[test]
    fn everybody_hears_of_the_last_price_once(
        alerts in prop::collection::btree_map(0_u8..30, 0_u8..7, 0..20), steps in steps(),
    ) {
        let db = database();
        let name = |user: u8| format!("user-{user:02}");
        for (user, below) in &alerts {
            set_alert(&db, 1, &name(*user), f64::from(*below));
        }
        let (mut price, mut told) = (0_u8, BTreeMap::<String, u32>::new());
        add_job(&db, 1).unwrap();
        let slice = |told: &mut BTreeMap<String, u32>, price: u8, count| {
            let Some(job) = next_job(&db, 0).unwrap() else { return false };
            for Met { user_id, below } in job.go_on(&db, (f64::from(price), "EUR"), count).unwrap() {
                assert!(f64::from(price) < below);
                *told.entry(user_id).or_default() += 1;
            }
            true
        };
        for step in steps {
            match step {
                Step::Slice(count) => {
                    slice(&mut told, price, count);
                }
                Step::Price(new) => {
                    price = new;
                    told.clear();
                    add_job(&db, 1).unwrap();
                }
            }
        }
        while slice(&mut told, price, 3) {}
        prop_assert!(told.values().all(|times| *times == 1), "{:?}", told);
        let concerned: BTreeSet<String> = alerts
            .iter()
            .filter(|(_, below)| price < **below)
            .map(|(user, _)| name(*user))
            .collect();
        prop_assert_eq!(told.into_keys().collect::<BTreeSet<_>>(), concerned);
    }
}

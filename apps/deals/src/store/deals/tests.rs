//! Deals as they are put, changed, removed and listed.

use model::Name;
use proptest::prelude::*;
use serde_json::json;

use super::list::{Found, LOOKED_MAX};
use super::*;
use crate::catalogue::Fields;

pub(crate) fn database() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    for migration in crate::store::MIGRATIONS {
        db.execute_batch(migration.sql).unwrap();
    }
    db
}

fn lamp(id: &str, category: &str, price: f64) -> Offer {
    let fields = json!({
        "title": "A lamp", "category": category, "merchant": "Lumen", "price": price,
        "originalPrice": 100, "currency": "EUR", "url": "https://example.com/",
    });
    offer(id, &fields)
}

fn offer(id: &str, fields: &serde_json::Value) -> Offer {
    let fields: Fields = serde_json::from_str(&fields.to_string()).unwrap();
    Offer::new(&Name::new(id).unwrap(), &fields).unwrap()
}

fn put_at(db: &Connection, offer: &Offer, millis: i64) -> Put {
    put(db, offer, Timestamp::from_millis(millis)).unwrap()
}

fn history(db: &Connection, place: i64) -> Vec<(i64, f64)> {
    let rows = prices(db, place, None, 2_000).unwrap();
    rows.into_iter().map(|row| (row.number, row.price)).collect()
}

#[test]
fn a_deal_is_created_changed_and_left_alone() {
    let db = database();
    let created = put_at(&db, &lamp("a", "Home", 80.0), 1);
    assert_eq!((created.event, created.price), (Some(DealEvent::Created), None));
    let again = put_at(&db, &lamp("a", "Home", 80.0), 2);
    assert_eq!((again.event, again.price), (None, None));
    assert_eq!(again.deal.updated_at, Timestamp::from_millis(1), "it keeps its time");
    let moved = put_at(&db, &lamp("a", "Office", 80.0), 3);
    assert_eq!((moved.event, moved.price), (Some(DealEvent::Updated), None));
    assert_eq!(history(&db, created.place), [(1, 80.0)], "the price is as it was");
    let cheaper = put_at(&db, &lamp("a", "Office", 60.0), 4);
    let changed_at = Timestamp::from_millis(4);
    let price = PriceChange { old_price: 80.0, new_price: 60.0, changed_at };
    assert_eq!((cheaper.event, cheaper.price), (Some(DealEvent::Updated), Some(price)));
    assert_eq!(history(&db, created.place), [(2, 60.0), (1, 80.0)]);
    let stored = find(&db, "a").unwrap().unwrap();
    assert_eq!((&stored.deal, stored.price_number), (&*cheaper.deal, 2));
    assert_eq!(at(&db, created.place).unwrap(), Some(stored));
    assert_eq!(last_change(&db).unwrap(), Some(changed_at));
}

#[test]
fn another_currency_is_another_price_in_the_history_and_no_change_of_a_number() {
    let db = database();
    let place = put_at(&db, &lamp("a", "Home", 80.0), 1).place;
    let mut fields = json!({
        "title": "A lamp", "category": "Home", "merchant": "Lumen", "price": 80,
        "originalPrice": 100, "currency": "USD", "url": "https://example.com/",
    });
    assert_eq!(put_at(&db, &offer("a", &fields), 2).price, None);
    fields["originalPrice"] = json!(90);
    assert_eq!(put_at(&db, &offer("a", &fields), 3).price, None);
    let rows = prices(&db, place, None, 9).unwrap();
    let rows: Vec<_> = rows.iter().map(|row| (row.number, row.currency.as_str())).collect();
    assert_eq!(rows, [(2, "USD"), (1, "EUR")]);
}

#[test]
fn the_newest_prices_are_kept_and_paged() {
    let db = database();
    let count = PRICES_MAX + 5;
    for number in 1..=count {
        put_at(&db, &lamp("a", "Home", f64::from(i32::try_from(number).unwrap())), number);
    }
    let place = find(&db, "a").unwrap().unwrap().place;
    let kept = history(&db, place);
    assert_eq!(kept.len(), usize::try_from(PRICES_MAX).unwrap());
    assert_eq!((kept[0].0, kept.last().unwrap().0), (count, 6));
    let page = prices(&db, place, Some(10), 3).unwrap();
    assert_eq!(page.iter().map(|row| row.number).collect::<Vec<_>>(), [9, 8, 7]);
}

#[test]
fn a_removed_deal_takes_its_history_with_it_and_its_place_is_not_given_anew() {
    let db = database();
    let first = put_at(&db, &lamp("a", "Home", 80.0), 1);
    assert_eq!(remove(&db, "a").unwrap().map(|placed| placed.deal), Some((*first.deal).clone()));
    assert_eq!(remove(&db, "a").unwrap(), None);
    assert_eq!(history(&db, first.place), []);
    let second = put_at(&db, &lamp("a", "Home", 80.0), 2);
    assert_eq!(second.event, Some(DealEvent::Created));
    assert!(second.place > first.place);
}

fn ids(found: &Found) -> Vec<String> {
    found.deals.iter().map(|deal| deal.id.to_string()).collect()
}

/// All pages of a list, one after another.
fn walk(db: &Connection, listing: &Listing<'_>) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), listing.after);
    loop {
        let found = list(db, &Listing { after, ..*listing }).unwrap();
        assert!(found.deals.len() <= listing.count_max);
        all.extend(ids(&found));
        match found.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

#[test]
fn pages_end_at_their_bytes() {
    let db = database();
    for number in 0..100 {
        let fields = json!({
            "title": "é".repeat(500), "category": "c", "merchant": "m", "price": 1,
            "currency": "EUR", "url": format!("https://example.com/{}", "x".repeat(2_000)),
        });
        put_at(&db, &offer(&format!("{number:03}"), &fields), number);
    }
    let listing = Listing {
        by: By::Nothing,
        wanted: &|_| true,
        order: Order::NewestFirst,
        after: None,
        count_max: 200,
    };
    let first = list(&db, &listing).unwrap();
    assert!((80..100).contains(&first.deals.len()), "{}", first.deals.len());
    let all = walk(&db, &listing);
    assert_eq!((all.len(), &*all[0], &*all[99]), (100, "099", "000"));
}

#[test]
fn a_page_looks_at_so_many_and_says_where_to_go_on() {
    let db = database();
    let fill = "WITH RECURSIVE numbers(number) AS
                    (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?1)
                INSERT INTO deals(deal_id, title, category, merchant, category_folded,
                    merchant_folded, price, original_price, currency, url, price_number, updated_at)
                SELECT number, '', '', '', '', '', 1, 1, 'EUR', '', 1, number FROM numbers";
    db.execute(fill, [LOOKED_MAX + 1]).unwrap();
    let listing = Listing {
        by: By::Nothing,
        wanted: &|deal| &*deal.id == "1",
        order: Order::NewestFirst,
        after: None,
        count_max: 5,
    };
    let first = list(&db, &listing).unwrap();
    assert_eq!((ids(&first), first.next.map(|key| key.updated_at)), (Vec::new(), Some(2)));
    let second = list(&db, &Listing { after: first.next, ..listing }).unwrap();
    assert_eq!((ids(&second), second.next), (vec!["1".to_owned()], None));
}

#[test]
fn no_list_is_sorted_or_scanned_by_the_database() {
    let db = database();
    let name: Box<str> = "home".into();
    let names = [name];
    for by in [By::Nothing, By::Categories(&names), By::Merchants(&names)] {
        for order in [Order::NewestFirst, Order::OldestFirst] {
            let sql = format!("EXPLAIN QUERY PLAN {}", list::sql(by, order));
            let mut statement = db.prepare(&sql).unwrap();
            let all = params![5, 6, "home"];
            let values = if matches!(by, By::Nothing) { &all[..2] } else { all };
            let plan: Vec<String> = statement
                .query_map(values, |row| row.get(3))
                .unwrap()
                .collect::<Result<_>>()
                .unwrap();
            assert_eq!(plan.len(), 1, "{plan:?}");
            assert!(plan[0].starts_with("SEARCH deals USING INDEX deals_by_"), "{plan:?}");
            assert!(plan[0].contains("updated_at"), "{plan:?}");
        }
    }
}

fn chosen(categories: &[usize]) -> Vec<Box<str>> {
    let mut names: Vec<Box<str>> = categories.iter().map(|at| CATEGORIES[*at].into()).collect();
    names.sort();
    names.dedup();
    names
}

const CATEGORIES: [&str; 4] = ["home", "toys", "books", "garden"];

proptest! {
    /// Whatever was put when, a list has what is wanted, each once, in order, however it is cut.
    #[test]
    fn lists_are_what_a_plain_filter_and_sort_give(
        puts in prop::collection::vec((0_usize..12, 0_usize..4, 0_i64..5, 0_i64..3), 1..40),
        categories in prop::collection::vec(0_usize..4, 0..4),
        count_max in 1_usize..6,
        is_oldest_first in any::<bool>(),
        below in 0_i64..6,
    ) {
        let db = database();
        let mut now = 0;
        for (id, category, price, pause) in puts {
            now += pause;
            let price = f64::from(i32::try_from(price).unwrap());
            let category = format!(" {} ", CATEGORIES[category].to_uppercase());
            put_at(&db, &lamp(&format!("deal-{id}"), &category, price), now);
        }
        let below = f64::from(i32::try_from(below).unwrap());
        let names = chosen(&categories);
        let (by, order) = (
            if names.is_empty() { By::Nothing } else { By::Categories(&names) },
            if is_oldest_first { Order::OldestFirst } else { Order::NewestFirst },
        );
        let mut expected: Vec<(i64, i64, String)> = db
            .prepare("SELECT updated_at, place, deal_id, category, price FROM deals").unwrap()
            .query_map([], |row| {
                let category: String = row.get(3)?;
                let is_named = names.is_empty()
                    || names.iter().any(|name| **name == *folded(&category));
                let is_wanted = is_named && row.get::<_, f64>(4)? < below;
                Ok(is_wanted.then_some((row.get(0)?, row.get(1)?, row.get(2)?)))
            }).unwrap()
            .filter_map(Result::unwrap)
            .collect();
        expected.sort();
        if !is_oldest_first {
            expected.reverse();
        }
        let wanted = |deal: &Deal| deal.price < below;
        let listing = Listing { by, wanted: &wanted, order, after: None, count_max };
        let expected: Vec<String> = expected.into_iter().map(|(_, _, id)| id).collect();
        prop_assert_eq!(walk(&db, &listing), expected);
    }
}

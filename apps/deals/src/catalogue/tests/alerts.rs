//! Who hears of a price below what they wait for, and who does not.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Shop;
use crate::catalogue::alerting::{AT_ONCE_MAX, SLICE_MAX};

/// Alerts of so many users, `user-0001` and on, on the first deal there was, below 50.
const ALERTS: &str = "
    WITH RECURSIVE numbers(number) AS
        (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?1)
    INSERT INTO deals_alerts(deal, user_id, below, currency)
        SELECT 1, format('user-%04d', number), 50, 'EUR' FROM numbers";

/// So many users, each with one entry in their mail.
pub(super) fn each_once(count: usize) -> Vec<(String, u64)> {
    (1..=count).map(|number| (format!("user-{number:04}"), 1)).collect()
}

pub(super) fn with_alerts(count: usize) -> Shop {
    let shop = Shop::new();
    shop.put("lamp", 80.0);
    shop.write(ALERTS, count);
    shop
}

#[test]
fn an_alert_reaches_whoever_waits_for_such_a_price_here_or_later() {
    let mut shop = Shop::new();
    shop.put("lamp", 80.0);
    for (user, below) in [("ann", 70.0), ("bob", 60.0), ("cat", 60.01)] {
        shop.wait_for(user, "lamp", below);
    }
    let (ann, bob) = (shop.connect("ann"), shop.connect("bob"));
    let ann_too = shop.connect("ann");
    shop.put("lamp", 60.0);
    let expected = json!({
        "dealId": "lamp", "title": "A lamp", "below": 70, "price": 60, "currency": "EUR",
    });
    for connection in [ann, ann_too] {
        let told = shop.stage.next(connection);
        assert_eq!((&told["type"], &told["data"]), (&json!("PriceAlert"), &expected));
    }
    let cat = shop.connect("cat");
    assert_eq!(shop.stage.next(cat)["data"]["below"], 60.01);
    assert!(shop.stage.received(bob).is_empty(), "60 is not below 60");
    shop.put("lamp", 59.99);
    assert_eq!(shop.stage.next(bob)["data"]["price"], 59.99);
    assert_eq!(shop.stage.next(ann)["data"]["price"], 59.99, "with each price anew");
    shop.put("lamp", 90.0);
    shop.ask("ann", "DELETE", "/api/price-alerts/lamp", Value::Null);
    shop.put("lamp", 1.0);
    assert_eq!(shop.stage.next(bob)["data"]["price"], 1);
    assert!(shop.stage.received(ann).is_empty());
    assert_eq!(shop.catalogue.stats().alerts_told, 2 + 3 + 2);
}

#[test]
fn few_alerts_are_mail_in_the_commit_of_the_price_and_one_more_is_a_job() {
    let shop = with_alerts(AT_ONCE_MAX);
    shop.put("lamp", 40.0);
    assert_eq!(shop.mail(), each_once(AT_ONCE_MAX), "without waiting");
    let shop = with_alerts(AT_ONCE_MAX + 1);
    shop.put("lamp", 40.0);
    shop.worked_off();
    assert_eq!(shop.mail(), each_once(AT_ONCE_MAX + 1));
}

#[test]
fn many_alerts_are_told_behind_and_open_connections_hear_at_once() {
    let count = 5 * SLICE_MAX + 3;
    let mut shop = with_alerts(count);
    let last = shop.connect(&format!("user-{count:04}"));
    shop.put("lamp", 40.0);
    assert_eq!(shop.stage.next(last)["data"]["price"], 40);
    shop.worked_off();
    assert_eq!(shop.mail(), each_once(count));
    assert_eq!(shop.catalogue.stats().alerts_told, count as u64);
}

#[test]
fn a_price_that_rises_again_leaves_nothing_to_tell() {
    let shop = with_alerts(3 * SLICE_MAX);
    shop.put("lamp", 40.0);
    shop.put("lamp", 60.0);
    let told = shop.mail().len();
    shop.worked_off();
    assert_eq!(shop.mail().len(), told, "nobody hears of a price that is none any more");
}

#[test]
fn a_deal_that_costs_another_currency_meets_no_alert_until_it_is_set_anew() {
    for count in [AT_ONCE_MAX, 3 * SLICE_MAX] {
        let mut shop = with_alerts(count);
        let ann = shop.connect("ann");
        shop.wait_for("ann", "lamp", 60.0);
        shop.put_in("lamp", 40.0, "JPY");
        shop.worked_off();
        assert_eq!(shop.mail(), [], "40 JPY are not below 50 EUR");
        let listed = &shop.get("ann", "/api/price-alerts")["items"][0];
        assert_eq!((&listed["below"], &listed["belowCurrency"]), (&json!(60), &json!("EUR")));
        assert_eq!((&listed["price"], &listed["currency"]), (&json!(40), &json!("JPY")));
        shop.wait_for("ann", "lamp", 39.0);
        shop.put_in("lamp", 38.0, "JPY");
        let told = shop.stage.next(ann);
        let (below, currency) = (&told["data"]["below"], &told["data"]["currency"]);
        assert_eq!((below, currency), (&json!(39), &json!("JPY")));
        shop.worked_off();
        shop.ask("ann", "DELETE", "/api/price-alerts/lamp", Value::Null);
        shop.put("lamp", 45.0);
        shop.worked_off();
        let told: Vec<_> = shop.mail().into_iter().filter(|(user, _)| user != "ann").collect();
        assert_eq!(told, each_once(count), "in their currency they are met");
    }
}

#[test]
fn a_job_passes_over_alerts_in_another_currency() {
    let shop = with_alerts(3 * SLICE_MAX);
    shop.write(
        "UPDATE deals_alerts SET currency = 'USD' WHERE user_id > format('user-%04d', ?1)",
        AT_ONCE_MAX + 3,
    );
    shop.put("lamp", 40.0);
    shop.worked_off();
    assert_eq!(shop.mail(), each_once(AT_ONCE_MAX + 3));
}

#[test]
fn a_removed_deal_takes_its_alerts_with_it() {
    let shop = with_alerts(1_000);
    shop.wait_for("ann", "lamp", 50.0);
    assert_eq!(shop.get("ann", "/api/price-alerts")["items"].as_array().unwrap().len(), 1);
    let (status, _) = shop.ask("shop", "DELETE", "/api/deals/lamp", Value::Null);
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(shop.get("ann", "/api/price-alerts")["items"], json!([]));
    shop.put("lamp", 80.0);
    shop.put("lamp", 40.0);
    shop.worked_off();
    let left = shop.read(|db| {
        db.query_row("SELECT count(*) FROM deals_alerts", [], |row| row.get::<_, u64>(0))
    });
    assert_eq!((left, shop.mail()), (0, Vec::new()), "an alert is not one on the next deal");
}

#[test]
fn a_removed_deal_leaves_nothing_to_tell_of_its_last_price() {
    let shop = with_alerts(3 * SLICE_MAX);
    shop.put("lamp", 40.0);
    shop.ask("shop", "DELETE", "/api/deals/lamp", Value::Null);
    let told = shop.mail().len();
    shop.worked_off();
    assert_eq!(shop.mail().len(), told);
}

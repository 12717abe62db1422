//! The routes of price alerts.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::catalogue::tests::Shop;
use crate::store::alerts::PER_USER_MAX;

#[test]
fn an_alert_is_set_moved_listed_and_removed_by_its_user_alone() {
    let shop = Shop::new();
    shop.put("lamp", 80.0);
    let path = "/api/price-alerts/lamp";
    let (status, alert) = shop.ask("ann", "PUT", path, json!({"below": 70.5}));
    let expected = json!({
        "dealId": "lamp", "title": "A lamp", "below": 70.5, "belowCurrency": "EUR", "price": 80,
        "currency": "EUR",
    });
    assert_eq!((status, &alert), (StatusCode::CREATED, &expected));
    let (status, alert) = shop.ask("ann", "PUT", path, json!({"below": 60}));
    assert_eq!((status, &alert["below"]), (StatusCode::OK, &json!(60)));
    assert_eq!(shop.ask("ann", "PUT", path, json!({"below": 60})), (StatusCode::OK, alert.clone()));
    assert_eq!(shop.get("ann", "/api/price-alerts")["items"], json!([alert]));
    assert_eq!(shop.get("bob", "/api/price-alerts")["items"], json!([]));
    let remove = |user| shop.ask(user, "DELETE", path, Value::Null).0;
    assert_eq!(remove("bob"), StatusCode::NOT_FOUND);
    assert_eq!([remove("ann"), remove("ann")], [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND]);
    assert_eq!(shop.get("ann", "/api/price-alerts")["items"], json!([]));
}

#[test]
fn alerts_that_are_wrong_are_refused() {
    let shop = Shop::new();
    shop.put("lamp", 80.0);
    for below in [json!(null), json!(0), json!(-1), json!("60"), json!(1e13), json!([])] {
        let body = json!({"below": below});
        let (status, answer) = shop.ask("ann", "PUT", "/api/price-alerts/lamp", body);
        assert_eq!((status, &answer["field"]), (StatusCode::BAD_REQUEST, &json!("below")));
    }
    let unknown = shop.ask("ann", "PUT", "/api/price-alerts/sofa", json!({"below": 60}));
    assert_eq!((unknown.0, &unknown.1["error"]), (StatusCode::NOT_FOUND, &json!("NOT_FOUND")));
    for (method, path) in [
        ("PUT", "/api/price-alerts/lamp"),
        ("DELETE", "/api/price-alerts/lamp"),
        ("GET", "/api/price-alerts"),
    ] {
        let body = json!({"below": 60}).to_string();
        assert_eq!(shop.send(None, method, path, body).0, StatusCode::UNAUTHORIZED);
    }
}

#[test]
fn alerts_are_paged_and_so_many_a_user() {
    let shop = Shop::new();
    let fill = "
        WITH RECURSIVE numbers(number) AS
            (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?1)
        INSERT INTO deals(deal_id, title, category, merchant, category_folded, merchant_folded,
                price, original_price, currency, url, price_number, updated_at)
            SELECT number, 'x', '', '', '', '', 1, 1, 'EUR', '', 1, number FROM numbers";
    shop.write(fill, PER_USER_MAX + 1);
    let set = "INSERT INTO deals_alerts(deal, user_id, below, currency)
               SELECT place, 'ann', 5, 'EUR' FROM deals WHERE place <= ?1";
    shop.write(set, PER_USER_MAX);
    let path = format!("/api/price-alerts/{}", PER_USER_MAX + 1);
    let (status, answer) = shop.ask("ann", "PUT", &path, json!({"below": 60}));
    assert_eq!((status, &answer["error"]), (StatusCode::CONFLICT, &json!("TOO_MANY_ALERTS")));
    let (mut listed, mut path) = (Vec::new(), "/api/price-alerts?limit=200".to_owned());
    loop {
        let page = shop.get("ann", &path);
        let items = page["items"].as_array().unwrap().iter();
        listed.extend(items.map(|item| item["dealId"].as_str().unwrap().parse::<usize>().unwrap()));
        let Some(next) = page["nextCursor"].as_str() else { break };
        path = format!("/api/price-alerts?limit=200&cursor={next}");
    }
    assert_eq!(listed, (1..=PER_USER_MAX).rev().collect::<Vec<_>>());
}

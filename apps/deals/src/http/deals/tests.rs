//! The routes of deals: who may do what, what is refused, what is listed.

use axum::http::StatusCode;
use model::Timestamp;
use serde_json::{Value, json};

use super::{DEAL_BYTES_MAX, PARAMETERS, batch};
use crate::catalogue::tests::{Shop, lamp};

#[test]
fn a_deal_is_created_shown_changed_and_removed() {
    let shop = Shop::new();
    let (status, created) = shop.ask("shop", "PUT", "/api/deals/lamp", lamp(80.0));
    assert_eq!(status, StatusCode::CREATED);
    let expected = json!({
        "dealId": "lamp", "title": "A lamp", "category": "Home", "merchant": "Lumen", "price": 80,
        "originalPrice": 100, "discount": 20, "currency": "EUR",
        "url": "https://example.com/lamp", "updatedAt": "2027-01-15T08:00:00.000Z",
    });
    assert_eq!(created, expected);
    assert_eq!(shop.ask("root", "PUT", "/api/deals/lamp", lamp(80.0)), (StatusCode::OK, created));
    let (status, changed) = shop.ask("shop", "PUT", "/api/deals/lamp", lamp(79.5));
    assert_eq!((status, &changed["price"]), (StatusCode::OK, &json!(79.5)));
    assert_eq!(shop.get("ann", "/api/deals/lamp"), changed);
    let remove = || shop.ask("shop", "DELETE", "/api/deals/lamp", Value::Null).0;
    assert_eq!([remove(), remove()], [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND]);
    for path in ["/api/deals/lamp", "/api/deals/lamp/prices"] {
        let (status, answer) = shop.ask("ann", "GET", path, Value::Null);
        assert_eq!((status, &answer["error"]), (StatusCode::NOT_FOUND, &json!("NOT_FOUND")));
    }
}

#[test]
fn an_id_may_hold_what_a_path_has_percent_encoded() {
    let shop = Shop::new();
    let path = "/api/deals/a%2Fb%20%3D%C3%A9";
    assert_eq!(shop.ask("shop", "PUT", path, lamp(80.0)).1["dealId"], "a/b =é");
    assert_eq!(shop.get("ann", path)["dealId"], "a/b =é");
    assert_eq!(shop.get("ann", &format!("{path}/prices"))["items"].as_array().unwrap().len(), 1);
    let long = format!("/api/deals/{}", "x".repeat(257));
    for path in ["/api/deals/a%0Ab", "/api/deals/%FF", &long] {
        for method in ["PUT", "GET", "DELETE"] {
            let (status, answer) = shop.ask("shop", method, path, lamp(80.0));
            assert_eq!((status, &answer["field"]), (StatusCode::BAD_REQUEST, &json!("dealId")));
        }
    }
}

#[test]
fn only_producers_change_deals_and_nobody_does_anything_without_a_token() {
    let shop = Shop::new();
    shop.put("lamp", 80.0);
    let batch = json!({"deals": []}).to_string();
    for (method, path, body) in [
        ("PUT", "/api/deals/lamp", lamp(1.0).to_string()),
        ("DELETE", "/api/deals/lamp", String::new()),
        ("POST", "/api/deals:batch", batch),
    ] {
        let (status, answer) = shop.send(Some("ann"), method, path, body.clone());
        assert_eq!((status, &answer["error"]), (StatusCode::FORBIDDEN, &json!("FORBIDDEN")));
        assert_eq!(shop.send(None, method, path, body).0, StatusCode::UNAUTHORIZED);
    }
    for path in ["/api/deals", "/api/deals/lamp", "/api/deals/lamp/prices"] {
        assert_eq!(shop.send(None, "GET", path, String::new()).0, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(shop.get("ann", "/api/deals/lamp")["price"], 80);
}

#[test]
fn a_deal_that_is_wrong_is_refused_with_its_field() {
    let shop = Shop::new();
    for (field, value) in [
        ("price", json!("cheap")),
        ("originalPrice", json!(-1)),
        ("title", json!(" ")),
        ("currency", json!("Euro")),
        ("url", json!("example.com")),
        ("merchant", Value::Null),
    ] {
        let mut deal = lamp(80.0);
        deal[field] = value;
        let (status, answer) = shop.ask("shop", "PUT", "/api/deals/lamp", deal);
        assert_eq!(
            (status, &answer["field"]),
            (StatusCode::BAD_REQUEST, &json!(field)),
            "{answer}"
        );
        assert_eq!(answer["error"], "VALIDATION_ERROR");
    }
    for body in ["[]", "{", "7", r#"{"price": 1, "price": 2}"#] {
        let answer = shop.send(Some("shop"), "PUT", "/api/deals/lamp", body.into()).1;
        let field = if body.len() > 2 { "price" } else { "body" };
        assert!([json!("body"), json!(field)].contains(&answer["field"]), "{body}: {answer}");
    }
    let large = " ".repeat(DEAL_BYTES_MAX + 1);
    let refused = shop.send(Some("shop"), "PUT", "/api/deals/lamp", large);
    assert_eq!(refused.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(shop.get("ann", "/api/deals")["items"], json!([]));
}

#[test]
fn a_batch_stores_what_is_right_of_it_and_names_what_is_not() {
    let shop = Shop::new();
    shop.put("same", 80.0);
    shop.put("dearer", 80.0);
    let deal = |id: &str, price: Value| {
        let mut deal = lamp(0.0);
        deal["dealId"] = json!(id);
        deal["price"] = price;
        deal
    };
    let deals = json!([
        deal("new", json!(1)),
        deal("same", json!(80)),
        deal("dearer", json!(90)),
        deal("wrong", json!("1")),
        deal("", json!(1)),
        lamp(1.0),
        ["not", "an", "object"],
        deal("new", json!(2)),
    ]);
    let (status, answer) = shop.ask("shop", "POST", "/api/deals:batch", json!({"deals": deals}));
    assert_eq!(status, StatusCode::OK);
    let counted = ["created", "updated", "unchanged", "failed"].map(|kind| answer[kind].as_u64());
    assert_eq!(counted, [1, 2, 1, 4].map(Some), "{answer}");
    let items: Vec<_> = answer["items"].as_array().unwrap().iter().collect();
    let results: Vec<_> = items.iter().map(|item| item["result"].as_str().unwrap()).collect();
    let expected =
        ["created", "unchanged", "updated", "failed", "failed", "failed", "failed", "updated"];
    assert_eq!(results, expected);
    let fields = [3, 4, 5, 6].map(|index: usize| items[index]["field"].as_str().unwrap());
    assert_eq!(fields, ["deals[3].price", "deals[4].dealId", "deals[5].dealId", "deals[6]"]);
    assert_eq!(
        (&items[3]["dealId"], &items[3]["error"]),
        (&json!("wrong"), &json!("VALIDATION_ERROR"))
    );
    assert_eq!(items[0], &json!({"dealId": "new", "result": "created"}));
    assert_eq!(shop.get("ann", "/api/deals/new")["price"], 2, "the last one stands");
    assert_eq!(shop.ask("ann", "GET", "/api/deals/wrong", Value::Null).0, StatusCode::NOT_FOUND);
}

#[test]
fn a_batch_has_its_bounds() {
    let shop = Shop::new();
    for (body, field) in [
        ("{}".to_owned(), "deals"),
        (r#"{"deals": {}}"#.to_owned(), "deals"),
        (json!({"deals": vec![1; 1_001]}).to_string(), "deals"),
    ] {
        let (status, answer) = shop.send(Some("shop"), "POST", "/api/deals:batch", body);
        assert_eq!(
            (status, &answer["field"]),
            (StatusCode::BAD_REQUEST, &json!(field)),
            "{answer}"
        );
    }
    let (status, answer) =
        shop.ask("shop", "POST", "/api/deals:batch", json!({"deals": vec![1; 1_000]}));
    assert_eq!((status, &answer["failed"]), (StatusCode::OK, &json!(1_000)));
    let mut large = json!({"deals": []}).to_string();
    large.push_str(&" ".repeat(batch::BYTES_MAX));
    let refused = shop.send(Some("shop"), "POST", "/api/deals:batch", large);
    assert_eq!(refused.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(refused.1["error"], "MESSAGE_TOO_LARGE");
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|deal| deal["dealId"].as_str().unwrap()).collect()
}

#[test]
fn deals_are_listed_newest_first_by_what_is_wanted_of_them() {
    let shop = Shop::new();
    for (number, category) in ["Home", "Toys", "Books", "Home"].into_iter().enumerate() {
        let mut deal = lamp(f64::from(u32::try_from(number).unwrap() * 10));
        deal["category"] = json!(category);
        deal["merchant"] = json!(format!("Shop {}", number % 2));
        deal["title"] = json!(format!("Lamp number {number}"));
        shop.ask("shop", "PUT", &format!("/api/deals/{number}"), deal);
    }
    for (query, expected) in [
        ("", vec!["3", "2", "1", "0"]),
        ("?category=home", vec!["3", "0"]),
        ("?category=%20HOME&category=toys", vec!["3", "1", "0"]),
        ("?merchant=shop+1", vec!["3", "1"]),
        ("?category=home&merchant=shop%200", vec!["0"]),
        ("?minPrice=10&maxPrice=20&currency=eur", vec!["2", "1"]),
        ("?minDiscount=80", vec!["2", "1", "0"]),
        ("?keywords=number+2,toaster", vec!["2"]),
        ("?category=garden", vec![]),
        ("?limit=4", vec!["3", "2", "1", "0"]),
        ("?limit=2&category=home", vec!["3", "0"]),
        ("?token=abc", vec!["3", "2", "1", "0"]),
    ] {
        let page = shop.get("ann", &format!("/api/deals{query}"));
        assert_eq!((ids(&page), &page["nextCursor"]), (expected, &Value::Null), "{query}");
    }
    let (mut walked, mut path) = (Vec::new(), "/api/deals?limit=1&category=home".to_owned());
    loop {
        let page = shop.get("ann", &path);
        walked.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(next) = page["nextCursor"].as_str() else { break };
        path = format!("/api/deals?limit=1&category=home&cursor={next}");
    }
    assert_eq!(walked, ["3", "0"]);
}

#[test]
fn what_was_changed_after_a_time_is_listed_oldest_first() {
    let shop = Shop::new();
    let at: Vec<String> = ["a", "b", "c", "d"]
        .iter()
        .map(|id| shop.put(id, 80.0)["updatedAt"].as_str().unwrap().to_owned())
        .collect();
    shop.put("a", 70.0);
    let after = |time: &str| format!("/api/deals?updatedAfter={time}");
    assert_eq!(ids(&shop.get("ann", &after(&at[1]))), ["c", "d", "a"]);
    let offset = at[1].replace('Z', "+00:00");
    assert_eq!(ids(&shop.get("ann", &after(&offset))), ["c", "d", "a"], "a plus sign as it is");
    let secs: Timestamp = at[0].parse().unwrap();
    let secs = secs.as_secs();
    assert_eq!(ids(&shop.get("ann", &after(&(secs - 1).to_string()))), ["b", "c", "d", "a"]);
    assert_eq!(ids(&shop.get("ann", &after(&(secs + 60).to_string()))), Vec::<String>::new());
    let first = shop.get("ann", &format!("{}&limit=2", after(&at[1])));
    assert_eq!(ids(&first), ["c", "d"]);
    let next = first["nextCursor"].as_str().unwrap();
    let second = shop.get("ann", &format!("{}&limit=2&cursor={next}", after(&at[1])));
    assert_eq!((ids(&second), &second["nextCursor"]), (vec!["a"], &Value::Null));
}

#[test]
fn a_body_that_is_needed_and_empty_is_missing() {
    let shop = Shop::new();
    for (method, path) in [("PUT", "/api/deals/lamp"), ("POST", "/api/deals:batch")] {
        let (status, answer) = shop.ask("shop", method, path, Value::Null);
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(
            (&answer["message"], &answer["field"]),
            (&json!("body: is missing"), &json!("body"))
        );
    }
    let (_, answer) = shop.ask("shop", "PUT", "/api/deals/lamp", json!({}));
    assert_eq!(answer["message"], "price: is missing");
}

#[test]
fn a_list_that_is_asked_for_wrongly_is_refused_with_the_parameter() {
    let shop = Shop::new();
    for (query, field) in [
        ("maxprice=3", "maxprice"),
        ("maxPrice=cheap", "maxPrice"),
        ("minPrice=3&maxPrice=2", "minPrice"),
        ("minPrice=-1", "minPrice"),
        ("category=", "category"),
        ("limit=0", "limit"),
        ("cursor=%25", "cursor"),
        ("cursor=eA", "cursor"),
        ("limit=1&limit=2", "limit"),
        ("updatedAfter=yesterday", "updatedAfter"),
        ("updatedAfter=1.5", "updatedAfter"),
        ("updatedAfter=1&updatedAfter=2", "updatedAfter"),
    ] {
        let (status, answer) = shop.ask("ann", "GET", &format!("/api/deals?{query}"), Value::Null);
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(
            (&answer["error"], &answer["field"]),
            (&json!("VALIDATION_ERROR"), &json!(field))
        );
        assert!(answer["message"].as_str().unwrap().contains(field), "{answer}");
    }
    for name in PARAMETERS {
        let (_, answer) = shop.ask("ann", "GET", &format!("/api/deals?{name}=1"), Value::Null);
        let message = answer["message"].as_str().unwrap_or_default();
        assert!(!message.contains("is no parameter"), "{name}: {message}");
    }
}

#[test]
fn the_history_of_prices_is_paged_newest_first() {
    let shop = Shop::new();
    for price in 1..=5 {
        shop.put("lamp", f64::from(price));
    }
    let (mut prices, mut path) = (Vec::new(), "/api/deals/lamp/prices?limit=2".to_owned());
    loop {
        let page = shop.get("ann", &path);
        let items = page["items"].as_array().unwrap();
        assert!(items.iter().all(|item| item["currency"] == "EUR" && item["originalPrice"] == 100));
        assert!(items.iter().all(|item| item["changedAt"].is_string()));
        prices.extend(items.iter().map(|item| item["price"].as_u64().unwrap()));
        let Some(next) = page["nextCursor"].as_str() else { break };
        path = format!("/api/deals/lamp/prices?limit=2&cursor={next}");
    }
    assert_eq!(prices, [5, 4, 3, 2, 1]);
    for query in ["cursor=eA", "cursor=%25", "limit=x"] {
        let path = format!("/api/deals/lamp/prices?{query}");
        assert_eq!(shop.ask("ann", "GET", &path, Value::Null).0, StatusCode::BAD_REQUEST);
    }
}

//! What subscribers hear of deals that come, change and go.

use axum::http::StatusCode;
use serde_json::{Value, json};
use storage::Lane;

use super::{Shop, lamp};
use crate::Topic;
use crate::catalogue::CatalogueStats;
use crate::matching::CHANGES_MAX;

const START: i64 = 1_800_000_000;

#[test]
fn who_subscribed_hears_of_each_change_and_of_nothing_where_nothing_changed() {
    let mut shop = Shop::new();
    let ann = shop.connect("ann");
    shop.subscribe(ann, Topic::NewDeals, json!({"category": "home"}));
    shop.subscribe(ann, Topic::PriceUpdates, json!({"maxPrice": 90}));
    shop.put("lamp", 95.0);
    shop.put("lamp", 95.0);
    let created = shop.stage.next(ann);
    assert_eq!(created["type"], "DealUpdate");
    let expected = json!({
        "event": "created", "dealId": "lamp", "title": "A lamp", "category": "Home",
        "merchant": "Lumen", "price": 95, "originalPrice": 100, "discount": 5, "currency": "EUR",
        "url": "https://example.com/lamp", "updatedAt": START, "subscriptionIds": ["new-deals"],
    });
    assert_eq!(created["data"], expected);
    shop.clock.advance(std::time::Duration::from_secs(5));
    shop.put("lamp", 80.0);
    let mut changed = [shop.stage.next(ann), shop.stage.next(ann)];
    changed.sort_by_key(|message| message["type"].to_string());
    assert_eq!(changed[0]["data"]["event"], "updated");
    assert_eq!(
        (&changed[0]["data"]["price"], &changed[0]["data"]["discount"]),
        (&json!(80), &json!(20))
    );
    assert_eq!(changed[1]["type"], "PriceUpdate");
    let expected = json!({
        "dealId": "lamp", "title": "A lamp", "oldPrice": 95, "newPrice": 80, "currency": "EUR",
        "changedAt": START + 5,
    });
    assert_eq!(changed[1]["data"], expected);
    let (status, _) = shop.ask("shop", "DELETE", "/api/deals/lamp", Value::Null);
    assert_eq!(status, StatusCode::NO_CONTENT);
    let removed = shop.stage.next(ann);
    assert_eq!(
        (&removed["data"]["event"], &removed["data"]["price"]),
        (&json!("removed"), &json!(80))
    );
    assert!(shop.stage.received(ann).is_empty());
    let counted = CatalogueStats {
        created: 1,
        updated: 1,
        unchanged: 1,
        removed: 1,
        prices_changed: 1,
        alerts_told: 0,
    };
    assert_eq!(shop.catalogue.stats(), counted);
}

#[test]
fn a_price_stays_and_nobody_hears_of_it_where_other_things_change() {
    let mut shop = Shop::new();
    shop.put("lamp", 80.0);
    shop.wait_for("ann", "lamp", 90.0);
    let ann = shop.connect("ann");
    shop.subscribe(ann, Topic::PriceUpdates, json!({}));
    shop.subscribe(ann, Topic::NewDeals, json!({}));
    let mut renamed = lamp(80.0);
    renamed["title"] = json!("A floor lamp");
    assert_eq!(shop.ask("shop", "PUT", "/api/deals/lamp", renamed).0, StatusCode::OK);
    assert_eq!(shop.stage.next(ann)["data"]["title"], "A floor lamp");
    assert!(shop.stage.received(ann).is_empty());
    assert_eq!(shop.get("ann", "/api/deals/lamp/prices")["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_change_that_the_matcher_has_no_room_for_is_not_stored() {
    let shop = Shop::new();
    let mut places: Vec<_> =
        std::iter::from_fn(|| shop.matcher.reserve(Lane::Interactive)).collect();
    assert_eq!(places.len(), CHANGES_MAX);
    places.pop();
    let batch = json!({"deals": [deal("a"), deal("b")]});
    let (status, answer) = shop.ask("shop", "POST", "/api/deals:batch", batch.clone());
    assert_eq!(
        (status, &answer["error"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("UNAVAILABLE"))
    );
    assert_eq!(shop.get("ann", "/api/deals")["items"], json!([]));
    shop.put("a", 80.0); // The place that there was came back.
    drop(places);
    let (status, answer) = shop.ask("shop", "POST", "/api/deals:batch", batch);
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&answer["created"], &answer["unchanged"]), (&json!(1), &json!(1)), "{answer}");
}

fn deal(id: &str) -> Value {
    let mut deal = lamp(80.0);
    deal["dealId"] = json!(id);
    deal
}

#[test]
fn a_batch_is_told_in_its_order() {
    let mut shop = Shop::new();
    let ann = shop.connect("ann");
    shop.subscribe(ann, Topic::NewDeals, json!({}));
    let ids: Vec<String> = (0..100).map(|number| format!("deal-{number}")).collect();
    let deals: Vec<Value> = ids.iter().map(|id| deal(id)).collect();
    let (_, answer) = shop.ask("shop", "POST", "/api/deals:batch", json!({"deals": deals}));
    assert_eq!(answer["created"], 100, "{answer}");
    let told: Vec<Value> =
        ids.iter().map(|_| shop.stage.next(ann)["data"]["dealId"].clone()).collect();
    assert_eq!(told, ids);
}

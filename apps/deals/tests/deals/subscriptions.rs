//! Subscribing to deals and prices, and what comes of it.

use serde_json::{Value, json};

use crate::support::{Play, deal, text};

#[test]
fn a_subscription_brings_the_deals_that_meet_it_and_no_others() {
    let mut play = Play::new();
    let (ada, bob) = (play.enter("ada"), play.enter("bob"));
    let tv = play.subscribe(ada, "new-deals", json!({"category": "TV", "maxPrice": 50}));
    play.subscribe(bob, "new-deals", json!({"category": "books"}));
    play.produce("PUT", "/api/deals/d1", deal("tv", 40.0));
    play.produce("PUT", "/api/deals/d2", deal("tv", 60.0));
    let told = play.told(ada, "DealUpdate");
    assert_eq!((&told["event"], &told["dealId"]), (&json!("created"), &json!("d1")));
    assert_eq!(told["subscriptionIds"], json!([tv]));
    assert_eq!(told["discount"], 60);
    play.produce("DELETE", "/api/deals/d1", Value::Null);
    assert_eq!(play.told(ada, "DealUpdate")["event"], "removed");
    assert!(play.heard(bob).is_empty());
}

#[test]
fn the_same_wish_has_one_id_and_a_deal_comes_once_naming_all_that_it_meets() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    let one = play.subscribe(ada, "new-deals", json!({"category": "tv"}));
    assert_eq!(play.subscribe(ada, "new-deals", json!({"category": [" TV "]})), one);
    let all = play.subscribe(ada, "new-deals", Value::Null);
    assert_eq!(play.subscribe(ada, "new-deals", json!({})), all);
    let prices = play.subscribe(ada, "price-updates", json!({"category": "tv"}));
    assert!(one != all && one != prices);
    play.produce("PUT", "/api/deals/d", deal("tv", 40.0));
    let mut ids: Vec<String> = play.told(ada, "DealUpdate")["subscriptionIds"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect();
    ids.sort();
    let mut expected = [one, all];
    expected.sort();
    assert_eq!(ids, expected);
    assert!(play.heard(ada).is_empty());
}

#[test]
fn prices_come_to_whoever_subscribed_to_prices() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    play.subscribe(ada, "price-updates", json!({"maxPrice": 30}));
    play.produce("PUT", "/api/deals/d", deal("tv", 40.0));
    play.produce("PUT", "/api/deals/d", deal("tv", 30.0));
    let told = play.told(ada, "PriceUpdate");
    assert_eq!((&told["oldPrice"], &told["newPrice"]), (&json!(40), &json!(30)));
    play.produce("PUT", "/api/deals/d", deal("books", 30.0));
    assert!(play.heard(ada).is_empty());
}

#[test]
fn after_its_cancellation_a_subscription_brings_nothing() {
    let mut play = Play::new();
    let (ada, bob) = (play.enter("ada"), play.enter("bob"));
    let id = play.subscribe(ada, "new-deals", Value::Null);
    play.ask(bob, "unsubscribeFromDeals", json!({"subscriptionId": id}));
    let error = play.refused(bob, "NOT_FOUND");
    assert_eq!(error["details"]["field"], "data.subscriptionId");
    play.ask(ada, "unsubscribeFromDeals", json!({"subscriptionId": id}));
    assert_eq!(play.told(ada, "subscriptionCancelled"), json!({"subscriptionId": id}));
    play.ask(ada, "unsubscribeFromDeals", json!({"subscriptionId": id}));
    play.refused(ada, "NOT_FOUND");
    play.subscribe(bob, "new-deals", Value::Null);
    play.produce("PUT", "/api/deals/d", deal("tv", 40.0));
    play.told(bob, "DealUpdate");
    assert!(play.heard(ada).is_empty());
    assert_ne!(play.subscribe(ada, "new-deals", Value::Null), id);
}

#[test]
fn a_subscription_ends_with_its_connection() {
    let mut play = Play::new();
    let (ada, bob) = (play.enter("ada"), play.enter("bob"));
    play.subscribe(ada, "new-deals", Value::Null);
    play.subscribe(bob, "new-deals", Value::Null);
    assert_eq!(play.deals.stats().matching.subscriptions, 2);
    play.lose(ada);
    let ada = play.enter("ada");
    play.produce("PUT", "/api/deals/d", deal("tv", 40.0));
    play.told(bob, "DealUpdate");
    assert_eq!(play.deals.stats().matching.subscriptions, 1);
    assert!(play.heard(ada).is_empty());
}

#[test]
fn topics_of_ones_own_are_confirmed_and_change_nothing() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    for topic in ["price-alerts", "notifications", "task-status"] {
        let id = play.subscribe(ada, topic, Value::Null);
        assert_eq!(play.subscribe(ada, topic, Value::Null), id);
        play.ask(ada, "unsubscribeFromDeals", json!({"subscriptionId": id}));
        play.told(ada, "subscriptionCancelled");
    }
    play.produce("PUT", "/api/tasks/t/status", json!({"userId": "ada", "status": "running"}));
    assert_eq!(play.told(ada, "TaskStatus")["status"], "running");
    play.produce("PUT", "/api/deals/d", deal("tv", 40.0));
    assert!(play.heard(ada).is_empty());
}

#[test]
fn what_is_wrong_with_a_subscription_is_named() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    let cases = [
        (json!({}), "data.topic"),
        (json!({"topic": "deals"}), "data.topic"),
        (json!({"topic": "new-deals", "filters": {"colour": "red"}}), "data.filters.colour"),
        (json!({"topic": "new-deals", "filters": {"maxPrice": "7"}}), "data.filters.maxPrice"),
    ];
    for (data, field) in cases {
        play.ask(ada, "subscribeToDeals", data);
        assert_eq!(play.refused(ada, "VALIDATION_ERROR")["details"]["field"], field);
    }
}

#[test]
fn a_connection_has_at_most_1000_subscriptions() {
    let mut play = Play::new();
    let ada = play.enter("ada");
    for price in 0..1000 {
        play.subscribe(ada, "new-deals", json!({"minPrice": price + 1}));
    }
    play.ask(ada, "subscribeToDeals", json!({"topic": "new-deals"}));
    let error = play.refused(ada, "RATE_LIMIT_EXCEEDED");
    assert!(error["message"].as_str().unwrap().contains("1000"), "{error}");
    let known = play.subscribe(ada, "new-deals", json!({"minPrice": 1}));
    play.ask(ada, "unsubscribeFromDeals", json!({"subscriptionId": known}));
    play.told(ada, "subscriptionCancelled");
    play.subscribe(ada, "new-deals", Value::Null);
}

#[test]
fn connections_and_subscriptions_stand_in_their_tables() {
    let mut play = Play::new();
    let (ada, bob) = (play.enter("ada"), play.enter("bob"));
    play.subscribe(ada, "new-deals", Value::Null);
    let gone = play.subscribe(ada, "notifications", Value::Null);
    play.ask(ada, "unsubscribeFromDeals", json!({"subscriptionId": gone}));
    play.told(ada, "subscriptionCancelled");
    play.lose(bob);
    let has = |play: &Play, connections, subscriptions| {
        (0..3000).any(|_| {
            play.rest();
            let found = play.count("SELECT count(*) FROM deals_connections WHERE user_id = 'ada'");
            let all = play.count("SELECT count(*) FROM deals_connections");
            let subscribed = play.count("SELECT count(*) FROM deals_subscriptions");
            (found, all, subscribed) == (connections, connections, subscriptions)
        })
    };
    assert!(has(&play, 1, 1));
    play.lose(ada);
    assert!(has(&play, 0, 0));
}

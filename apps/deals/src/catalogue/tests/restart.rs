//! Stops in the middle of telling many people of a price.

use serde_json::json;

use super::alerts::{each_once, with_alerts};
use crate::catalogue::alerting::SLICE_MAX;

#[test]
fn wherever_it_stops_everybody_is_told_once() {
    let count = 8 * SLICE_MAX + 1;
    let mut shop = with_alerts(count);
    shop.put("lamp", 40.0);
    for _ in 0..4 {
        shop = shop.crash();
        assert!(shop.mail().iter().all(|(_, times)| *times == 1));
    }
    shop.worked_off();
    assert_eq!(shop.mail(), each_once(count));
    let waiting = shop.connect("user-0001");
    assert_eq!(shop.stage.next(waiting)["data"]["price"], 40);
}

#[test]
fn what_was_put_is_there_after_a_stop_and_put_again_changes_nothing() {
    let shop = super::Shop::new();
    let before = shop.put("lamp", 80.0);
    let shop = shop.crash();
    assert_eq!(shop.get("ann", "/api/deals/lamp"), before);
    assert_eq!(shop.put("lamp", 80.0), before);
    assert_eq!(shop.put("lamp", 70.0)["price"], json!(70));
    assert_eq!(shop.get("ann", "/api/deals/lamp/prices")["items"].as_array().unwrap().len(), 2);
}

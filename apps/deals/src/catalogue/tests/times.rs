//! What was changed after a time, asked for whatever the clock does.

use std::time::Duration;

use model::{Clock, Timestamp};
use proptest::prelude::*;

use super::Shop;

fn updated_at(answer: &serde_json::Value) -> Timestamp {
    answer["updatedAt"].as_str().unwrap().parse().unwrap()
}

#[test]
fn no_two_commits_share_a_time_even_across_a_stop_with_the_clock_set_back() {
    let shop = Shop::new();
    let first = updated_at(&shop.put("a", 1.0));
    assert_eq!(first, shop.clock.wall());
    let second = updated_at(&shop.put("b", 1.0));
    assert!(second > first, "though the clock stands");
    shop.clock.set_wall(Timestamp::from_secs(1));
    let third = updated_at(&shop.put("c", 1.0));
    assert!(third > second);
    let shop = shop.crash();
    let fourth = updated_at(&shop.put("d", 1.0));
    assert!(fourth > third);
    shop.ask("shop", "DELETE", "/api/deals/d", serde_json::Value::Null);
    assert!(updated_at(&shop.put("d", 1.0)) > fourth, "also where the last one is gone");
    shop.clock.set_wall(Timestamp::from_secs(1_900_000_000));
    assert_eq!(updated_at(&shop.put("e", 1.0)), shop.clock.wall(), "the clock leads again");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// A client that asks for what was changed after the last change it saw misses nothing.
    #[test]
    fn asking_for_what_is_newer_misses_nothing(
        steps in prop::collection::vec((0_u8..5, 0_u8..3, 0_u64..2, any::<bool>()), 1..30),
    ) {
        let shop = Shop::new();
        let mut seen = std::collections::BTreeMap::new();
        let mut upto = Timestamp::from_secs(0);
        for (id, price, pause, asks) in steps {
            shop.clock.advance(Duration::from_millis(pause));
            shop.put(&format!("deal-{id}"), f64::from(price));
            if !asks {
                continue;
            }
            let newer = shop.get("ann", &format!("/api/deals?updatedAfter={upto}"));
            for deal in newer["items"].as_array().unwrap() {
                prop_assert!(updated_at(deal) > upto, "in the order of the changes");
                upto = updated_at(deal);
                seen.insert(deal["dealId"].to_string(), deal.clone());
            }
            let all = shop.get("ann", "/api/deals");
            let all = all["items"].as_array().unwrap().iter();
            let all = all.map(|deal| (deal["dealId"].to_string(), deal.clone())).collect();
            prop_assert_eq!(&seen, &all);
        }
    }
}

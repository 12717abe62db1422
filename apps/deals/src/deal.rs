//! What is offered, and how it changes.

use std::sync::Arc;

use model::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An offer, as it was stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Deal {
    /// Its id, given by its producer: 1–256 characters.
    pub id: Arc<str>,
    /// What is offered.
    pub title: Arc<str>,
    /// The category.
    pub category: Arc<str>,
    /// Who offers it.
    pub merchant: Arc<str>,
    /// What it costs, in units of the currency; finite, not negative.
    pub price: f64,
    /// What it cost before; at least [`Deal::price`] where there is a discount.
    pub original_price: f64,
    /// Percent off the original price, 0–100, to one decimal place.
    pub discount: f64,
    /// The currency, such as `EUR`.
    pub currency: Arc<str>,
    /// Where it is offered.
    pub url: Arc<str>,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Deal {
    /// Percent that `price` is off `original_price`, 0–100, to one decimal place; 0 where nothing is off.
    #[must_use]
    pub fn discount_of(price: f64, original_price: f64) -> f64 {
        if original_price <= 0.0 || price >= original_price {
            return 0.0;
        }
        ((original_price - price) / original_price * 1000.0).round() / 10.0
    }
}

/// What happened to a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DealEvent {
    /// It is new.
    Created,
    /// Something of it changed.
    Updated,
    /// It is gone; what is told is what it was last.
    Removed,
}

/// A price that changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PriceChange {
    /// What it was.
    pub old_price: f64,
    /// What it is.
    pub new_price: f64,
    /// Since when.
    pub changed_at: Timestamp,
}

/// A stored change of a deal, to be told to whoever subscribed to such deals.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What happened.
    pub event: DealEvent,
    /// The deal after it; of a removed one, the last there was.
    pub deal: Arc<Deal>,
    /// The price, where that changed.
    pub price: Option<PriceChange>,
}

/// What can be subscribed to.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Deals that come, change and go.
    NewDeals,
    /// Prices that change.
    PriceUpdates,
    /// One's own price alerts, which come without a subscription.
    PriceAlerts,
    /// One's own notifications, which come without a subscription.
    Notifications,
    /// One's own tasks, which come without a subscription.
    TaskStatus,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::NewDeals,
        Self::PriceUpdates,
        Self::PriceAlerts,
        Self::Notifications,
        Self::TaskStatus,
    ];

    /// Its name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewDeals => "new-deals",
            Self::PriceUpdates => "price-updates",
            Self::PriceAlerts => "price-alerts",
            Self::Notifications => "notifications",
            Self::TaskStatus => "task-status",
        }
    }

    /// The topic of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == name)
    }
}

/// A text as filters compare it: without blanks at its ends, in lower case.
#[must_use]
pub(crate) fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discount_is_derived_and_never_negative() {
        assert!((Deal::discount_of(80.0, 100.0) - 20.0).abs() < 1e-9);
        assert!((Deal::discount_of(2.0, 3.0) - 33.3).abs() < 1e-9);
        for (price, original) in [(100.0, 100.0), (120.0, 100.0), (0.0, 0.0), (5.0, 0.0)] {
            assert!(Deal::discount_of(price, original).abs() < 1e-9);
        }
        assert!((Deal::discount_of(0.0, 10.0) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_topic_reads_back_its_name() {
        for topic in Topic::ALL {
            assert_eq!(Topic::parse(topic.as_str()), Some(topic));
            assert_eq!(serde_json::to_value(topic).unwrap(), topic.as_str());
        }
        assert_eq!(Topic::parse("deals"), None);
    }
}

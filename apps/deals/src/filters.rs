//! What a subscription wants of a deal.

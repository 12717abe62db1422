//! The tables of open connections and of their subscriptions, for whoever looks into the store.

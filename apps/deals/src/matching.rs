//! Which subscriptions a changed deal concerns, and telling them.

//! Deals, their prices and the alerts on them: what producers put and what people ask for.

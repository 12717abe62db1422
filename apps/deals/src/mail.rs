//! What waits for a person: messages, notifications, price alerts, the status of tasks.

//! The rooms of analytics: who looks at a context's dashboard, and at which of its metrics.

use hub::RoomId;

/// The kind of a context's rooms of dashboards.
const DASHBOARDS: &str = "analytics";
/// The kind of the rooms of those that are shown a metric.
const METRIC: &str = "metric";

/// The room of all dashboards of a context.
pub(crate) fn dashboards(context: &str) -> RoomId {
    RoomId::new(DASHBOARDS, context)
}

/// The room of those that are shown `metric` of `context` in one lane. Neither name has a control
/// character, so that no two pairs share a room.
pub(crate) fn watchers(context: &str, metric: &str, lane: u8) -> RoomId {
    RoomId::new(METRIC, &format!("{context}\t{metric}\t{lane}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_contexts_share_no_room() {
        assert_ne!(dashboards("a"), dashboards("b"));
        assert_ne!(watchers("a", "b c", 0), watchers("a b", "c", 0));
        assert_ne!(watchers("a", "/b", 0), watchers("a/", "b", 0));
        assert_ne!(watchers("a", "b", 0), watchers("a", "b", 1));
    }
}

//! The order in which what concerns one speaker is told, however long each takes to be known.

use tokio::sync::oneshot;

/// Who came last.
#[derive(Debug, Default)]
pub(super) struct Line {
    last: Option<oneshot::Receiver<()>>,
}

/// A place in the line. The next one's turn comes when this is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    before: Option<oneshot::Receiver<()>>,
    /// Dropped with this.
    _done: oneshot::Sender<()>,
}

impl Line {
    /// The place behind all others.
    pub(super) fn stand(&mut self) -> Turn {
        let (done, next) = oneshot::channel();
        Turn { before: self.last.replace(next), _done: done }
    }
}

impl Turn {
    /// Whether all before are done.
    pub(super) fn has_come(&mut self) -> bool {
        let is_done = |before: &mut oneshot::Receiver<()>| {
            !matches!(before.try_recv(), Err(oneshot::error::TryRecvError::Empty))
        };
        if self.before.as_mut().is_some_and(is_done) {
            self.before = None;
        }
        self.before.is_none()
    }

    /// Ready once all before are done.
    pub(super) async fn come(&mut self) {
        if let Some(before) = &mut self.before {
            let _dropped = before.await;
            self.before = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn turns_come_in_order_and_at_once_where_nobody_is_before() {
        let mut line = Line::default();
        let mut first = line.stand();
        let mut second = line.stand();
        let mut third = line.stand();
        assert!(first.has_come());
        assert!(!second.has_come() && !third.has_come());
        drop(second);
        assert!(third.has_come(), "who gave up holds nobody up");
        let mut fourth = line.stand();
        let waits = async {
            fourth.come().await;
            fourth.has_come()
        };
        let goes = async { drop(third) };
        assert_eq!(tokio::join!(waits, goes), (true, ()));
        drop((first, fourth));
        assert!(line.stand().has_come());
    }
}

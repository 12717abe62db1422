//! One connection's place in its user's mail: first what waits, page by page, then everything told.
//!
//! **Invariants.** Nothing is missed and nothing comes twice: the connection joins its user's room
//! before the first page is read, hears nothing of it until the pages are sent, and then everything
//! past the position where they end. They end before what was told since it joined, which another
//! connection may have taken before the page is read. A page is read once its predecessor was
//! confirmed, so that a connection that takes nothing is sent one page. What counts as taken was sent
//! before: pages and what is told leave in the order of their positions.

use std::sync::Arc;

use hub::{Context, Member, Membership, Session};
use model::{CloseReason, ConnectionId, Identity};
use storage::ReadError;

use crate::mail::{Ask, Mail, MailPage, Taking};
use crate::protocol::{self, Code, Reason, Refusal};

/// A connection's place in its user's mail. Its session gives it away by [`AsMut`].
pub(crate) struct Mailbox {
    mail: Arc<Mail>,
    identity: Arc<Identity>,
    membership: Option<Membership>,
    /// What was told past this position comes from the room, as far as the room keeps it.
    told_before: u64,
    /// The position of the last push that a page brought.
    sent: u64,
    /// What is done once everything sent was confirmed.
    next: Option<Next>,
    /// Whether it hears what is told.
    is_live: bool,
    /// Whether a page is being read, which holds back the replies behind it.
    is_reading: bool,
    /// Who waits for the end of that.
    waiting: Option<Waiting>,
    taking: Arc<Taking>,
}

type Waiting = Box<dyn FnOnce() + Send>;

/// What follows a page.
enum Next {
    /// Another page.
    Page(Ask),
    /// Everything past this position, as it is told.
    Live(u64),
}

impl Mailbox {
    /// The mail of `identity`, for a connection that is not open yet.
    pub(crate) fn new(mail: Arc<Mail>, identity: Arc<Identity>) -> Self {
        let taking = mail.taking(&identity.user_id);
        Self {
            mail,
            identity,
            membership: None,
            told_before: 0,
            sent: 0,
            next: None,
            is_live: false,
            is_reading: false,
            waiting: None,
            taking,
        }
    }

    /// The connection opened: it is sent what waits. To be called before it begins anything else, so
    /// that nothing stands before the first page.
    pub(crate) fn open<S: Session + AsMut<Self>>(&mut self, context: &mut Context<'_>) {
        let (membership, told_before) = self.mail.join(self.member(context.connection));
        self.membership = Some(membership);
        self.told_before = told_before;
        self.read::<S>(Ask::From(0), true, context);
    }

    /// The peer confirmed everything sent up to `mark`. What names nothing that was sent is ignored.
    pub(crate) fn on_mark<S: Session + AsMut<Self>>(
        &mut self,
        mark: u64,
        context: &mut Context<'_>,
    ) {
        let was_paged = mark <= self.sent;
        if !was_paged && !self.was_told(mark) {
            return;
        }
        self.taking.note(mark);
        if mark < self.sent {
            return;
        }
        match self.next.take() {
            Some(Next::Page(ask)) => self.read::<S>(ask, false, context),
            Some(Next::Live(upto)) => self.go_live::<S>(upto, context),
            None => {}
        }
    }

    /// Whether a page is being read, so that replies wait for it.
    pub(crate) fn is_reading(&self) -> bool {
        self.is_reading
    }

    /// Calls `run` once the page that is being read was sent; one may wait at a time.
    pub(crate) fn after_reading(&mut self, run: impl FnOnce() + Send + 'static) {
        self.waiting = Some(Box::new(run));
    }

    /// Whether the user's room has told of something at `mark`, or past it.
    fn was_told(&self, mark: u64) -> bool {
        let Some(membership) = self.membership.as_ref().filter(|_| self.is_live) else {
            return false;
        };
        let told = membership.room().missed(mark.saturating_sub(1));
        told.map_or(true, |told| !told.is_empty())
    }

    fn member(&self, connection: ConnectionId) -> Member {
        let Identity { user_id, username, .. } = &*self.identity;
        Member { connection, user_id: Arc::clone(user_id), username: Arc::clone(username) }
    }

    /// Reads a page. With `at_once`, nothing can stand before it, so that what is told may follow it
    /// unconfirmed.
    fn read<S: Session + AsMut<Self>>(
        &mut self,
        ask: Ask,
        at_once: bool,
        context: &mut Context<'_>,
    ) {
        self.is_reading = true;
        let ticket = context.begin();
        let done = move |page: Result<MailPage, ReadError>| {
            ticket.resume(move |session: &mut S, context| {
                let page = page.map(|page| session.as_mut().without_told(ask, page));
                session.as_mut().take_page::<S>(page, at_once, context);
            });
        };
        let user = Arc::clone(&self.identity.user_id);
        self.mail.read_page(user, ask, context.wall, done);
    }

    /// The page without what was told since the connection joined: the room has it, also where another
    /// connection has taken it. What a page left is not told since, though it may be told late.
    fn without_told(&self, ask: Ask, mut page: MailPage) -> MailPage {
        let kept = self.membership.as_ref().and_then(|membership| membership.room().kept());
        if let (Ask::From(_), Some(kept)) = (ask, kept) {
            page.end_before(*kept.start().max(&(self.told_before + 1)));
        }
        page
    }

    fn take_page<S: Session + AsMut<Self>>(
        &mut self,
        page: Result<MailPage, ReadError>,
        at_once: bool,
        context: &mut Context<'_>,
    ) {
        self.is_reading = false;
        self.show::<S>(page, at_once, context);
        if !self.is_reading
            && let Some(run) = self.waiting.take()
        {
            run();
        }
    }

    fn show<S: Session + AsMut<Self>>(
        &mut self,
        page: Result<MailPage, ReadError>,
        at_once: bool,
        context: &mut Context<'_>,
    ) {
        let page = match page {
            Ok(page) => page,
            Err(error) => return self.fail(&error, context),
        };
        let goes_live = page.rest.is_none() && (at_once || page.pushes.is_empty());
        let is_marked = page.has_waiting() || !goes_live;
        self.sent = page.last();
        for push in page.pushes {
            context.reply(push.text);
        }
        if is_marked {
            context.mark(self.sent);
        }
        if goes_live {
            return self.go_live::<S>(page.upto, context);
        }
        self.next =
            Some(page.rest.map_or(Next::Live(page.upto), |rest| Next::Page(Ask::Rest(rest))));
    }

    /// Everything up to `upto` was sent; what is told past it follows.
    fn go_live<S: Session + AsMut<Self>>(&mut self, upto: u64, context: &mut Context<'_>) {
        let Some(membership) = &self.membership else { return };
        if membership.room().missed(upto).is_ok() {
            membership.catch_up(upto);
            self.is_live = true;
        } else {
            // More was told meanwhile than the room keeps; the store has what of it waits.
            self.read::<S>(Ask::From(upto), false, context);
        }
    }

    /// The mail cannot be read: the client is to come back.
    fn fail(&self, error: &ReadError, context: &mut Context<'_>) {
        let connection = context.connection;
        tracing::warn!(%error, %connection, "a person's mail could not be read");
        let message = "Your messages cannot be read now; connect again";
        let (refusal, reason) = match error {
            ReadError::Refused(_) | ReadError::Timeout => {
                (Refusal::unavailable(Reason::Busy, message), CloseReason::OVERLOADED)
            }
            ReadError::Database(_) | ReadError::Panicked => {
                (Refusal::new(Code::InternalError, message), CloseReason::SERVER_ERROR)
            }
        };
        context.reply(protocol::encode(&refusal, context.wall, None));
        context.close(reason);
    }
}

impl Drop for Mailbox {
    /// Nobody is told of it, so that there is nobody to wait for.
    fn drop(&mut self) {
        if let Some(membership) = self.membership.take() {
            membership.leave();
        }
    }
}

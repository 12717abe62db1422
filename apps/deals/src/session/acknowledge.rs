//! Acknowledging a notification.

use std::sync::Arc;

use hub::Context;
use model::Name;
use storage::CommitError;

use super::{Visit, reply, unstored};
use crate::protocol::{AckConfirmed, Code, NotificationStatus, Refusal};
use crate::store::notifications::Acknowledged;

/// What names the notification.
const FIELD: &str = "data.notificationId";

impl Visit {
    /// Stores that the notification was read; once more where it was before.
    pub(super) fn acknowledge(
        &mut self,
        id: &Name,
        request_id: Option<Box<str>>,
        context: &mut Context<'_>,
    ) {
        let ticket = self.begin(context);
        let user = Arc::clone(&self.identity.user_id);
        let named: Box<str> = id.as_str().into();
        self.deals.mail.acknowledge(user, named.clone(), move |outcome| {
            ticket.resume(move |visit: &mut Self, context| {
                visit.acknowledged(outcome, &named, request_id.as_deref(), context);
                visit.ended(context);
            });
        });
    }

    fn acknowledged(
        &self,
        outcome: Result<Acknowledged, CommitError>,
        id: &str,
        request_id: Option<&str>,
        context: &mut Context<'_>,
    ) {
        let refusal = match outcome {
            Ok(Acknowledged::Read) => {
                let status = NotificationStatus::Read;
                let event = AckConfirmed { notification_id: id, status };
                return reply(&event, request_id, context);
            }
            Ok(Acknowledged::NotTheirs) => {
                self.note_refusal("notification of somebody else", context);
                let message = "This notification is somebody else's";
                Refusal::new(Code::AuthorizationError, message).on(FIELD)
            }
            Ok(Acknowledged::Unknown) => {
                Refusal::new(Code::NotFound, "Notification not found").on(FIELD)
            }
            Err(error) => {
                tracing::warn!(%error, "a notification was not acknowledged");
                unstored(&error)
            }
        };
        reply(&refusal, request_id, context);
    }
}

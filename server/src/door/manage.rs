//! Calls of the management API: who calls is told there, not here, and what is refused is counted.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use http::Request;
use transport::BoxError;

use super::requests::{ANSWER_WITHIN, Requester};
use super::security::Managed;
use super::{Inside, Visitor};
use crate::http::{Answered, Target};

/// What stands for the application where calls are logged.
const APPLICATION: &str = "management";

impl Inside {
    /// Answers a call of the management API. Whoever may call is not counted, so that a backend may
    /// send as much as it has; what is refused is, for its address. Past the limit the address gets 429,
    /// and neither token nor body is looked at.
    pub(super) async fn manage<B>(
        &self,
        request: Request<B>,
        target: &Target,
        visitor: Visitor,
    ) -> Response
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        if let Some(too_many) = self.refused_too_often(visitor) {
            return too_many;
        }
        let method = request.method().clone();
        let bearer = self.caller(request.headers()).await;
        if let Err(error) = &bearer {
            self.token_refused(*error, request.headers(), visitor);
        }
        let answering = self.parts.management.answer(request.map(Body::new), target, bearer);
        let answered = tokio::time::timeout(ANSWER_WITHIN, answering).await;
        let answered = answered.unwrap_or_else(|_| Answered::too_late());
        self.log.managed(visitor, &Managed { method: &method, target, answered: &answered });
        match answered.who {
            Some(_) => answered.response,
            None => self.count_refused(answered, visitor),
        }
    }

    /// What an address is answered, instead of anything else, that was refused too often.
    fn refused_too_often(&self, visitor: Visitor) -> Option<Response> {
        let limit = self.http.requests_per_minute?;
        let refused = self.requests.look(&Requester::Refused(visitor.group), limit, visitor.now);
        refused.err().map(|wait| self.too_many_refused(wait, visitor))
    }

    fn count_refused(&self, answered: Answered, visitor: Visitor) -> Response {
        let Some(limit) = self.http.requests_per_minute else { return answered.response };
        // Others of the address may have come meanwhile.
        match self.requests.check(Requester::Refused(visitor.group), limit, visitor.now) {
            Ok(()) => answered.response,
            Err(wait) => self.too_many_refused(wait, visitor),
        }
    }

    fn too_many_refused(&self, wait: Duration, visitor: Visitor) -> Response {
        self.log.limit_reached(visitor, APPLICATION, None, "requests_per_minute");
        Answered::too_many(wait).response
    }
}

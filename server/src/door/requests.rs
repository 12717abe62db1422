//! Plain HTTP: who calls, how often, with how much; then the routes.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use access::{TokenError, claimed_user};
use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::Limited;
use model::Identity;
use tower::ServiceExt;
use transport::BoxError;
use web::{Caller, HttpError, Refused};

use super::security::Called;
use super::{Inside, Visitor, credential, too_many};
use crate::http::{Client, Target};

/// How long a request may take, its body included.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// What watches the server; it is always answered.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];
/// What stands for the application where requests are logged.
const APPLICATION: &str = "http";

/// Whom requests are counted for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Requester {
    /// The user of a verified token.
    User(Arc<str>),
    /// Anybody without one.
    Address(IpAddr),
    /// Whoever is refused at the management API; apart, so that other requests from there close it to nobody.
    Refused(IpAddr),
}

impl Inside {
    /// Passes a request on to the routes.
    ///
    /// # Errors
    /// What is answered instead.
    pub(super) async fn serve<B>(
        &self,
        request: Request<B>,
        visitor: Visitor,
    ) -> Result<Response, HttpError>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        if let Some(target) = Target::of(request.uri().path()) {
            return Ok(self.manage(request, &target, visitor).await);
        }
        let caller = self.caller(request.headers()).await;
        if !PROBES.contains(&request.uri().path()) {
            self.count_request(caller.as_ref().ok().and_then(Option::as_ref), visitor)?;
        }
        let caller =
            caller.map_err(|error| self.unauthorized(error, request.headers(), visitor))?;
        let mut request = self.bounded(request)?;
        let call = Called {
            user: caller.as_ref().map(|identity| Arc::clone(&identity.user_id)),
            method: request.method().clone(),
            path: request.uri().path().into(),
        };
        let extensions = request.extensions_mut();
        extensions.insert(Client { address: visitor.client, peer: visitor.peer });
        if let Some(identity) = caller {
            extensions.insert(Caller(identity));
        }
        let routes = self.parts.router.clone();
        match tokio::time::timeout(ANSWER_WITHIN, routes.oneshot(request)).await {
            Ok(Ok(response)) => {
                if let Some(Refused { reason }) = response.extensions().get() {
                    self.log.call_refused(visitor, &call, reason);
                }
                Ok(response)
            }
            Err(_) => Err(HttpError::new(
                StatusCode::REQUEST_TIMEOUT,
                "REQUEST_TIMEOUT",
                "The request took too long",
            )),
        }
    }

    /// Who calls: `None` is nobody.
    pub(super) async fn caller(
        &self,
        headers: &HeaderMap,
    ) -> Result<Option<Arc<Identity>>, TokenError> {
        match credential::of_request(headers)? {
            Some(token) => self.parts.tokens.verify(token).await.map(Some),
            None => Ok(None),
        }
    }

    fn count_request(
        &self,
        caller: Option<&Arc<Identity>>,
        visitor: Visitor,
    ) -> Result<(), HttpError> {
        let Some(limit) = self.http.requests_per_minute else { return Ok(()) };
        let user = caller.map(|identity| Arc::clone(&identity.user_id));
        let key = user.clone().map_or(Requester::Address(visitor.group), Requester::User);
        self.requests.check(key, limit, visitor.now).map_err(|wait| {
            self.log.limit_reached(visitor, APPLICATION, user.as_deref(), "requests_per_minute");
            too_many(wait, "Too many requests in a minute")
        })
    }

    fn unauthorized(&self, error: TokenError, headers: &HeaderMap, visitor: Visitor) -> HttpError {
        self.token_refused(error, headers, visitor);
        match error {
            TokenError::Unavailable => HttpError::unavailable("Tokens cannot be verified now"),
            _ => HttpError::unauthorized(),
        }
    }

    /// Logs that a request's token is refused.
    pub(super) fn token_refused(&self, error: TokenError, headers: &HeaderMap, visitor: Visitor) {
        let token = credential::of_request(headers).ok().flatten();
        self.log.token_refused(
            visitor,
            APPLICATION,
            token.and_then(claimed_user).as_deref(),
            error,
        );
    }

    /// The request with a body of at most what any route takes; the routes know what each does.
    fn bounded<B>(&self, request: Request<B>) -> Result<Request<Body>, HttpError>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let bytes_max = self.http.body_bytes.max(self.http.batch_bytes);
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > bytes_max as u64) {
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            return Err(HttpError::new(status, "MESSAGE_TOO_LARGE", "Body too large"));
        }
        Ok(request.map(|body| Body::new(Limited::new(body, bytes_max))))
    }
}

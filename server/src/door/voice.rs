//! Protocol D's way in: Engine.IO by polling or as a WebSocket, one conversation whatever carries it.
//!
//! **Invariants.** Only handshakes are counted and verified: what names a session goes on with that,
//! wherever it comes from, for its sid is a secret of the client's. A refused token is handed on, to be
//! answered inside the protocol, never by a status; nor does the door take one of the user's places.

use std::sync::Arc;

use access::{TokenError, claimed_user};
use axum::body::HttpBody;
use axum::response::IntoResponse;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::BodyExt;
use model::Identity;
use transport::engineio::Asked;
use transport::{Admission, Answer, BoxError, Continue};
use web::HttpError;

use super::credential::{self, Query};
use super::endpoint::Endpoint;
use super::handshake::user_agent;
use super::{Inside, Visitor, cors, response};

/// Whose token stood in a handshake, or why it was refused; `None` where there was none.
pub type Brought = Option<Result<Arc<Identity>, TokenError>>;

/// Where Engine.IO is served; a slash behind it changes nothing.
const PATH: &str = "/socket.io";

/// Whether Engine.IO is served at this path.
pub(super) fn is_at(path: &str) -> bool {
    path.strip_suffix('/').unwrap_or(path) == PATH
}

impl Inside {
    /// Opens a session, or hands the request to the one that it names.
    pub(super) async fn converse<B>(
        &self,
        request: Request<B>,
        visitor: Visitor,
        origin: Option<HeaderValue>,
    ) -> Answer
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let mut headers = HeaderMap::new();
        cors::open_headers_to(origin.clone(), &mut headers);
        match Asked::of(request.method(), request.uri(), request.headers()) {
            Err(mut refusal) => {
                refusal.headers_mut().extend(headers);
                Answer::Response(*refusal)
            }
            Ok(Asked::Continue) => {
                let subprotocol = credential::selected(request.headers());
                let request = request.map(|body| body.map_err(Into::into).boxed_unsync());
                Answer::Continue(Box::new(Continue { request, headers, subprotocol }))
            }
            Ok(Asked::Handshake) => {
                let (head, _) = request.into_parts();
                match self.admit_to_voice(&head, visitor, headers).await {
                    Ok(admission) => Answer::Open(admission),
                    Err(error) => response(cors::open_to(origin, error.into_response())),
                }
            }
        }
    }

    async fn admit_to_voice(
        &self,
        head: &Parts,
        visitor: Visitor,
        headers: HeaderMap,
    ) -> Result<Box<Admission>, HttpError> {
        let place = self.places.at(&Endpoint::Voice);
        self.count_connect(&Endpoint::Voice, place, visitor)?;
        let brought = self.brought(head, visitor).await?;
        Ok(Box::new(Admission {
            application: place.application,
            policy: Arc::clone(&place.policy),
            source_ip: visitor.client,
            user_agent: user_agent(&head.headers),
            // The session says whose it is once the client is in the namespace: until then it is held
            // to bring that in time.
            identity: None,
            session: (self.parts.open_voice)(brought),
            headers,
            subprotocol: credential::selected(&head.headers),
            close: None,
            lease: None,
        }))
    }

    /// What token the handshake has.
    ///
    /// # Errors
    /// 429 past the limit of refused ones.
    async fn brought(&self, head: &Parts, visitor: Visitor) -> Result<Brought, HttpError> {
        let query = Query::of(&head.uri);
        let token = credential::of_handshake(&head.headers, &query);
        let verified = match token {
            Ok(text) => self.parts.tokens.verify(text).await,
            Err(TokenError::Missing) => return Ok(None),
            Err(error) => Err(error),
        };
        if let Err(error) = verified {
            let place = self.places.at(&Endpoint::Voice);
            let user = token.ok().and_then(claimed_user);
            self.log.token_refused(visitor, place.application, user.as_deref(), error);
            if error != TokenError::Unavailable {
                self.count_refused_token(place, user.as_deref(), visitor)?;
            }
        }
        Ok(Some(verified))
    }
}

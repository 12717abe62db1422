//! Lets requests in: everything goes to the routes.

use std::future::Future;
use std::pin::Pin;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tower::ServiceExt;
use transport::{Answer, BoxError, Door, Peer};

use crate::http::Client;

/// A door that leads to routes only.
pub struct RouterDoor {
    router: Router,
}

impl RouterDoor {
    /// A door to `router`.
    #[must_use]
    pub const fn new(router: Router) -> Self {
        Self { router }
    }
}

impl Door for RouterDoor {
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Pin<Box<dyn Future<Output = Answer>>> {
        let mut request = request.map(Body::new);
        let address = peer.address.ip();
        request.extensions_mut().insert(Client { address, peer: address });
        let routes = self.router.clone();
        Box::pin(async move {
            let Ok(response) = routes.oneshot(request).await;
            Answer::Response(response.map(|body| body.map_err(BoxError::from).boxed_unsync()))
        })
    }
}

//! Where a token may stand in a request: the `Authorization` header, `?token=`, the subprotocols of
//! a WebSocket, in this order.

use std::borrow::Cow;

use access::TokenError;
use http::{HeaderMap, HeaderName, Uri, header};
use url::form_urlencoded;

/// The subprotocol behind which a token stands, and that is selected.
const BEARER: &str = "bearer";

/// What the query of a WebSocket's URL says.
#[derive(Default)]
pub(super) struct Query<'a> {
    pub(super) token: Option<Cow<'a, str>>,
    pub(super) context_id: Option<Cow<'a, str>>,
}

impl<'a> Query<'a> {
    /// Reads a query; of a name that stands twice the first counts, and nothing is as good as none.
    pub(super) fn of(uri: &'a Uri) -> Self {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            let field = match &*name {
                "token" => &mut query.token,
                "contextId" => &mut query.context_id,
                _ => continue,
            };
            if field.is_none() && !value.is_empty() {
                *field = Some(value);
            }
        }
        query
    }
}

/// The token of a handshake.
///
/// # Errors
/// `Invalid` for a header that stands twice or is no text, `Missing` where there is no token.
pub(super) fn of_handshake<'a>(
    headers: &'a HeaderMap,
    query: &'a Query<'_>,
) -> Result<&'a str, TokenError> {
    if let Some(token) = of_request(headers)? {
        return Ok(token);
    }
    let token = query.token.as_deref().or_else(|| of_subprotocols(headers));
    token.ok_or(TokenError::Missing)
}

/// The token in the `Authorization` header; another scheme is as good as none.
///
/// # Errors
/// `Invalid` for a header that stands twice or is no text.
pub(super) fn of_request(headers: &HeaderMap) -> Result<Option<&str>, TokenError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(TokenError::Invalid);
    }
    let text = value.to_str().map_err(|_| TokenError::Invalid)?.trim();
    let Some((scheme, token)) = text.split_once(' ') else { return Ok(None) };
    let token = token.trim();
    Ok((scheme.eq_ignore_ascii_case(BEARER) && !token.is_empty()).then_some(token))
}

/// The subprotocol that carries a token, where the client offers it; a browser that does gives up
/// where it is not selected.
pub(super) fn selected(headers: &HeaderMap) -> Option<&'static str> {
    subprotocols(headers).any(|offered| offered == BEARER).then_some(BEARER)
}

/// What is offered right behind [`BEARER`].
fn of_subprotocols(headers: &HeaderMap) -> Option<&str> {
    let mut offered = subprotocols(headers).skip_while(|offered| *offered != BEARER);
    offered.nth(1)
}

fn subprotocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    const NAME: HeaderName = header::SEC_WEBSOCKET_PROTOCOL;
    let lines = headers.get_all(NAME).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|offered| !offered.is_empty())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn found(headers: &[(HeaderName, &str)], uri: &str) -> Result<String, TokenError> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        let uri = uri.parse().unwrap();
        let query = Query::of(&uri);
        of_handshake(&map, &query).map(str::to_owned)
    }

    #[test]
    fn a_token_is_looked_for_in_the_header_then_the_query_then_the_subprotocols() {
        let header = (header::AUTHORIZATION, "bEaReR  one ");
        let offer = (header::SEC_WEBSOCKET_PROTOCOL, "x, bearer ,three");
        let all = [header.clone(), offer.clone()];
        assert_eq!(found(&all, "/ws?token=two").as_deref(), Ok("one"));
        assert_eq!(found(&all[1..], "/ws?a=b&token=two&token=2").as_deref(), Ok("two"));
        assert_eq!(found(&[offer], "/ws?token=").as_deref(), Ok("three"));
        assert_eq!(found(&[], "/ws?token=a%2Eb").as_deref(), Ok("a.b"));
        assert_eq!(found(&[], "/ws?Token=x"), Err(TokenError::Missing));
    }

    #[test]
    fn what_is_no_token_is_none() {
        for value in ["Basic YTpi", "Bearer", "Bearer ", "token"] {
            let header = (header::AUTHORIZATION, value);
            let headers = [header];
            assert_eq!(found(&headers, "/ws"), Err(TokenError::Missing), "{value}");
            assert_eq!(found(&headers, "/ws?token=two").as_deref(), Ok("two"));
        }
        for offer in ["bearer", "token, bearer", "Bearer, x"] {
            let header = (header::SEC_WEBSOCKET_PROTOCOL, offer);
            assert_eq!(found(&[header], "/ws"), Err(TokenError::Missing), "{offer}");
        }
        let header = (header::AUTHORIZATION, "Bearer one");
        assert_eq!(found(&[header.clone(), header], "/ws"), Err(TokenError::Invalid));
    }

    #[test]
    fn an_offer_in_two_headers_is_one_offer() {
        let lines = ["bearer", "the-token"].map(|line| (header::SEC_WEBSOCKET_PROTOCOL, line));
        assert_eq!(found(&lines, "/ws").as_deref(), Ok("the-token"));
    }
}

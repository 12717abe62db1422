//! The body of a call, judged while it is read.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};

use super::answer::Refusal;

/// How long the body of a refused call is waited for.
const PASS_OVER_WITHIN: Duration = Duration::from_secs(1);

/// A body that was read to its end.
pub(super) struct Payload {
    /// The hash of all of it.
    pub(super) sha256: [u8; 32],
    /// The body, where it is not longer than what is kept.
    pub(super) content: Option<Bytes>,
}

impl Payload {
    /// Reads a body of at most `read_max` bytes, and keeps one of at most `kept_max`.
    ///
    /// What is too long is still read: a client that is answered while it writes may lose the answer,
    /// and only the whole tells who signed it.
    ///
    /// # Errors
    /// What is answered for a longer body, and for one that breaks off.
    pub(super) async fn read(
        headers: &HeaderMap,
        mut body: Body,
        kept_max: usize,
        read_max: usize,
    ) -> Result<Self, Refusal> {
        let announced = headers.get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > read_max as u64) {
            return Err(Refusal::too_large());
        }
        let (mut hash, mut kept, mut length) = (Sha256::new(), Vec::new(), 0_usize);
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Refusal::broken_off())?.into_data() else { continue };
            length = length.saturating_add(data.len());
            if length > read_max {
                return Err(Refusal::too_large());
            }
            hash.update(&data);
            if length <= kept_max {
                kept.extend_from_slice(&data);
            } else {
                kept = Vec::new();
            }
        }
        let content = (length <= kept_max).then(|| Bytes::from(kept));
        Ok(Self { sha256: hash.finalize().into(), content })
    }
}

/// Reads up to `bytes_max` of the body of a refused call, and throws it away: who is answered while
/// still writing may lose the answer.
pub(super) async fn pass_over(mut body: Body, bytes_max: usize) {
    let reading = async {
        let mut length = 0_usize;
        while let Some(Ok(frame)) = body.frame().await {
            length = length.saturating_add(frame.data_ref().map_or(0, Bytes::len));
            if length > bytes_max {
                break;
            }
        }
    };
    // One that is slower is answered all the same.
    let _ = tokio::time::timeout(PASS_OVER_WITHIN, reading).await;
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;

    use super::*;

    async fn read(
        pieces: &'static [&'static str],
        announced: Option<&str>,
    ) -> Result<Payload, u16> {
        let pieces = pieces.iter().map(|piece| Ok::<_, Infallible>(piece.as_bytes()));
        let mut headers = HeaderMap::new();
        if let Some(length) = announced {
            headers.insert(header::CONTENT_LENGTH, length.parse().unwrap());
        }
        let body = Body::from_stream(stream::iter(pieces));
        let read = Payload::read(&headers, body, 4, 8).await;
        read.map_err(|refusal| refusal.status().as_u16())
    }

    #[tokio::test]
    async fn what_is_not_kept_is_still_hashed_and_what_is_longer_is_not_read() {
        let fits = read(&["ab", "cd"], Some("4")).await.unwrap_or_else(|_| unreachable!());
        assert_eq!(fits.content.as_deref(), Some(&b"abcd"[..]));
        let longer = read(&["abcd", "efgh"], None).await.unwrap_or_else(|_| unreachable!());
        assert_eq!(longer.content, None);
        assert_eq!(longer.sha256, <[u8; 32]>::from(Sha256::digest("abcdefgh")));
        assert_eq!(read(&["abcd", "efghi"], None).await.err(), Some(413));
        assert_eq!(read(&[], Some("9")).await.err(), Some(413), "judged by what it announces");
        let empty = read(&[], None).await.unwrap_or_else(|_| unreachable!());
        assert_eq!(empty.content.as_deref(), Some(&b""[..]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_body_is_passed_over_up_to_its_bound_and_for_a_second() {
        let (sender, pieces) = tokio::sync::mpsc::channel::<Result<&str, Infallible>>(8);
        for piece in ["abcd", "efgh", "ijkl"] {
            sender.send(Ok(piece)).await.unwrap();
        }
        let pieces = stream::unfold(pieces, |mut pieces| async move {
            pieces.recv().await.map(|piece| (piece, pieces))
        });
        pass_over(Body::from_stream(pieces), 7).await;
        assert!(sender.is_closed(), "the rest is dropped");
        let started = tokio::time::Instant::now();
        pass_over(Body::from_stream(stream::pending::<Result<&str, Infallible>>()), 7).await;
        assert_eq!(started.elapsed(), PASS_OVER_WITHIN);
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_no_body() {
        let pieces = [Ok("ab"), Err(std::io::Error::other("gone"))];
        let body = Body::from_stream(stream::iter(pieces));
        let read = Payload::read(&HeaderMap::new(), body, 4, 8).await;
        assert_eq!(read.err().map(|refusal| refusal.status().as_u16()), Some(400));
    }
}

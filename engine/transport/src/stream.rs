//! A connection's socket: plain, TLS, or in memory where its client polls.
//!
//! A TLS stream never takes a write at once: its bytes go through the outbox, which a task of the
//! connection's own empties.

use std::cell::RefCell;
use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::engineio::NearEnd;

/// A socket shared by the task that reads it and the shard that writes it, on one thread.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<RefCell<TlsStream<TcpStream>>>),
    /// The near end of a pipe, whose far end HTTP requests work.
    Pipe(NearEnd),
}

impl Stream {
    /// An encrypted socket.
    pub(crate) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self::Tls(Box::new(RefCell::new(stream)))
    }

    /// Whether it is a pipe.
    pub(crate) fn is_pipe(&self) -> bool {
        matches!(self, Self::Pipe(_))
    }

    /// Reads what there is; 0 is the end.
    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(stream) => loop {
                ready!(stream.poll_read_ready(cx))?;
                match stream.try_read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    result => return Poll::Ready(result),
                }
            },
            Self::Tls(stream) => {
                let mut buffer = ReadBuf::new(buffer);
                let mut stream = stream.borrow_mut();
                ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer))?;
                Poll::Ready(Ok(buffer.filled().len()))
            }
            Self::Pipe(end) => end.0.poll_read(cx, buffer),
        }
    }

    /// Writes at once what the socket takes at once.
    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.try_write(bytes),
            Self::Tls(_) => Err(io::ErrorKind::WouldBlock.into()),
            Self::Pipe(end) => end.0.try_write(&[io::IoSlice::new(bytes)]),
        }
    }

    /// Writes at once what the socket takes at once.
    pub(crate) fn try_write_vectored(&self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.try_write_vectored(slices),
            Self::Tls(_) => Err(io::ErrorKind::WouldBlock.into()),
            Self::Pipe(end) => end.0.try_write(slices),
        }
    }

    /// Writes when the socket takes something.
    pub(crate) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(stream) => loop {
                ready!(stream.poll_write_ready(cx))?;
                match stream.try_write_vectored(slices) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    result => return Poll::Ready(result),
                }
            },
            Self::Tls(stream) => {
                Pin::new(&mut *stream.borrow_mut()).poll_write_vectored(cx, slices)
            }
            Self::Pipe(end) => end.0.poll_write(cx, slices),
        }
    }

    /// Makes sure that what was written is on its way.
    pub(crate) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(_) | Self::Pipe(_) => Poll::Ready(Ok(())),
            Self::Tls(stream) => Pin::new(&mut *stream.borrow_mut()).poll_flush(cx),
        }
    }

    /// Ends our side; the peer's may go on.
    pub(crate) fn shutdown_write(&self) {
        match self {
            // A peer that is gone already needs no telling.
            Self::Plain(stream) => {
                let _ = socket2::SockRef::from(stream).shutdown(Shutdown::Write);
            }
            Self::Tls(stream) => {
                let mut stream = stream.borrow_mut();
                let mut cx = Context::from_waker(std::task::Waker::noop());
                let _ = Pin::new(&mut *stream).poll_shutdown(&mut cx);
            }
            Self::Pipe(end) => end.0.shutdown_write(),
        }
    }
}

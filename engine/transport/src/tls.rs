//! TLS as an option: the keys in force, which may change while connections are open.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

/// The certificate and key that new connections get.
pub struct Tls(Mutex<Arc<ServerConfig>>);

impl Tls {
    /// Serves with this configuration.
    #[must_use]
    pub fn new(config: Arc<ServerConfig>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(config)))
    }

    /// From now on, new connections get this configuration.
    pub fn replace(&self, config: Arc<ServerConfig>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = config;
    }

    /// What new connections get.
    #[must_use]
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.config().into()
    }
}

//! The certificate and key to serve TLS with: read at the start, and again when a file changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use transport::Tls;

use crate::config::Server;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// TLS cannot be served with these files.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsError {
    /// A file cannot be read, or has nothing of the kind.
    #[error("cannot read {} ({key})", path.display())]
    File {
        /// The configuration key that names the file.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: pem::Error,
    },
    /// Certificate and key do not belong together, or are of no use.
    #[error("server.tls_cert and server.tls_key do not fit")]
    Pair(#[source] rustls::Error),
}

/// The two files.
#[derive(Clone)]
pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
    /// When they had last changed before they were read first, so that no later change is missed.
    seen: [Option<SystemTime>; 2],
}

impl Files {
    /// The files that the configuration names, if it does.
    pub(super) fn of(server: &Server) -> Option<Self> {
        let (certificate, key) = server.tls_cert.clone().zip(server.tls_key.clone())?;
        Some(Self::new(certificate, key))
    }

    fn new(certificate: PathBuf, key: PathBuf) -> Self {
        let mut files = Self { certificate, key, seen: [None; 2] };
        files.seen = files.changed_at();
        files
    }

    /// Reads both. Blocks on the disk.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub(super) fn load(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let file_error = |key, path: &Path| {
            let path = path.to_owned();
            move |source| TlsError::File { key, path, source }
        };
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(file_error("server.tls_cert", &self.certificate))?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(file_error("server.tls_key", &self.key))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(TlsError::Pair)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key].map(|path| fs::metadata(path).ok()?.modified().ok())
    }
}

/// Puts changed files in force, for as long as the process runs. Files that cannot be used are told
/// of once and leave the old ones in force.
pub(super) async fn follow(files: Files, tls: Arc<Tls>) {
    let mut seen = files.seen;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = files.changed_at();
        if now != seen {
            seen = now;
            reload(&files, &tls);
        }
    }
}

fn reload(files: &Files, tls: &Tls) {
    match files.load() {
        Ok(config) => {
            tls.replace(config);
            tracing::info!("new certificate in force");
        }
        Err(error) => {
            let error = crate::cli::explain(&error);
            tracing::error!(error, "changed certificate cannot be used: the old one stays");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(files: &Files) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(&files.certificate, made.cert.pem()).unwrap();
        fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    }

    fn files(folder: &Path) -> Files {
        Files::new(folder.join("cert.pem"), folder.join("key.pem"))
    }

    #[test]
    fn a_pair_that_does_not_fit_and_a_file_without_a_key_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        write(&files);
        files.load().unwrap();
        let key = fs::read(&files.key).unwrap();
        write(&files);
        fs::write(&files.key, key).unwrap();
        assert!(matches!(files.load(), Err(TlsError::Pair(_))));
        fs::write(&files.key, "nothing").unwrap();
        let error = files.load().unwrap_err().to_string();
        assert!(error.contains("server.tls_key") && error.contains("key.pem"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_changed_certificate_is_put_in_force_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        write(&files);
        let files = Files::new(files.certificate, files.key);
        let tls = Tls::new(files.load().unwrap());
        let following = tokio::task::spawn(follow(files.clone(), Arc::clone(&tls)));
        let before = tls.config();
        tokio::time::sleep(LOOK_EVERY * 2).await;
        assert!(Arc::ptr_eq(&before, &tls.config()));
        let touch = |secs| {
            let file = fs::File::options().append(true).open(&files.certificate).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(secs)).unwrap();
        };
        fs::write(&files.certificate, "broken").unwrap();
        touch(1);
        tokio::time::sleep(LOOK_EVERY * 2).await;
        assert!(Arc::ptr_eq(&before, &tls.config()));
        write(&files);
        touch(2);
        tokio::time::sleep(LOOK_EVERY * 2).await;
        assert!(!Arc::ptr_eq(&before, &tls.config()));
        following.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_between_the_first_reading_and_the_following_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        write(&files);
        let tls = Tls::new(files.load().unwrap());
        let before = tls.config();
        let following = tokio::task::spawn(follow(files, Arc::clone(&tls)));
        tokio::time::sleep(LOOK_EVERY * 2).await;
        assert!(!Arc::ptr_eq(&before, &tls.config()));
        following.abort();
    }
}

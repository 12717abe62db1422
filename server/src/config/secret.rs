//! Secrets, and the one the server makes for itself.
//!
//! **Invariants.** A [`Secret`] shows in no log, error or screen, not even its length. The file is
//! readable by its owner alone from its first byte on, and is never replaced: of two processes that
//! start at once both use the secret of the first.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::value::{Value, optional};

/// The file in the data directory.
const FILE_NAME: &str = "jwt_secret";
/// Bytes of randomness in a secret the server makes.
const RANDOM_BYTES: usize = 48;
/// What stands for a secret wherever one would be shown.
pub(super) const MASK: &str = "********";

/// A text that is shown nowhere.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes the text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself; give it to what needs it and to nothing that prints.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Value for Secret {
    const FORMAT: &'static str = "secret text";

    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            Err("must not be empty".to_owned())
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    fn show(&self) -> String {
        MASK.to_owned()
    }

    fn mask(_text: &str) -> String {
        MASK.to_owned()
    }
}

optional!(Secret);

/// The secret file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Reading or writing failed.
    #[error("cannot use the secret file {path}: {source}", path = path.display())]
    File {
        /// The file or its folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is there and has nothing in it.
    #[error("the secret file {path} is empty: delete it and a new one is made", path = .0.display())]
    Empty(PathBuf),
}

/// The secret kept in `data_dir`; made, with the folder, when there is none yet. Blocks on the disk.
///
/// # Errors
/// [`SecretError`] when the folder or the file cannot be read or written, or is empty.
pub fn load_or_create(data_dir: &Path) -> Result<Secret, SecretError> {
    let path = data_dir.join(FILE_NAME);
    let outcome = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(data_dir, &path),
        other => other,
    };
    let text = outcome.map_err(|source| SecretError::File { path: path.clone(), source })?;
    match text.trim() {
        "" => Err(SecretError::Empty(path)),
        secret => Ok(Secret::new(secret.to_owned())),
    }
}

/// Writes a new secret beside `path` and links it there, unless somebody was faster; returns what
/// `path` then holds.
fn create(data_dir: &Path, path: &Path) -> io::Result<String> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir)?;
    let draft = data_dir.join(format!(".{FILE_NAME}.{}", random_text::<12>()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let linked = file
        .write_all(random_text::<RANDOM_BYTES>().as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => File::open(data_dir)?.sync_all()?,
    }
    fs::read_to_string(path)
}

/// `N` random bytes in letters that fit a file name.
fn random_text<const N: usize>() -> String {
    URL_SAFE_NO_PAD.encode(model::random_bytes::<N>())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::thread;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        let first = load_or_create(&data_dir).unwrap();
        assert_eq!(first.expose(), load_or_create(&data_dir).unwrap().expose());
        assert!(first.expose().len() >= 32);
        let mode = fs::metadata(data_dir.join(FILE_NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&data_dir).unwrap().count(), 1, "no draft stays behind");
    }

    #[test]
    fn all_who_start_at_once_get_the_same_secret() {
        let folder = tempfile::tempdir().unwrap();
        let secrets: Vec<String> = thread::scope(|scope| {
            let starts: Vec<_> =
                (0..8).map(|_| scope.spawn(|| load_or_create(folder.path()).unwrap())).collect();
            starts.into_iter().map(|it| it.join().unwrap().expose().to_owned()).collect()
        });
        assert!(secrets.iter().all(|secret| *secret == secrets[0]));
    }

    #[test]
    fn an_empty_secret_file_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE_NAME), "\n").unwrap();
        let error = load_or_create(folder.path()).unwrap_err().to_string();
        assert!(error.contains(FILE_NAME), "{error}");
    }

    #[test]
    fn a_secret_shows_nowhere() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(
            format!("{secret:?} {} {}", secret.show(), Secret::mask("hunter2"))
                .matches("hunter2")
                .count(),
            0
        );
    }
}

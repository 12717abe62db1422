//! Where repositories may come from, and what a URL alone shows.
//!
//! **Invariants.** A [`Source`] exists only for what [`Sources::check`] let through: an `https` URL
//! of a host on the list and its port, or a path below a local root. It holds no credentials, so
//! it may be shown. What is fetched is the URL that was understood here, written anew, never the
//! text that somebody sent.
//!
//! **Bounds.** A URL has at most [`URL_BYTES_MAX`].
//!
//! **Pitfalls.** What a host's name resolves to, where a link leads and what exists shows only when
//! it is fetched.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::Url;

/// Bytes of a repository's URL.
pub const URL_BYTES_MAX: usize = 2048;
/// Hosts that repositories come from unless the configuration says otherwise.
pub const HOSTS: [&str; 4] = ["github.com", "gitlab.com", "bitbucket.org", "codeberg.org"];

/// Where repositories may come from, and how much of one is fetched.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Hosts of the Internet, as `host` (port 443) or `host:port`; by default [`HOSTS`].
    pub hosts: Vec<String>,
    /// Hosts whose addresses may be private ones, written likewise; they need not be in `hosts`.
    pub private_hosts: Vec<String>,
    /// Certificates of authorities (PEM) that are trusted, in place of the system's, for
    /// `private_hosts`.
    pub ca_file: Option<PathBuf>,
    /// Folders below which a local repository may be; none by default.
    pub local_roots: Vec<PathBuf>,
    /// Bytes that may come over the network, and bytes that may stand on disk; 500 MB by default.
    pub bytes_max: u64,
    /// How long a fetch may take in all; 120 s by default.
    pub within: Duration,
    /// The commits of history that are fetched, at least one; 1,000 by default.
    pub history_commits: u32,
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            hosts: HOSTS.map(str::to_owned).to_vec(),
            private_hosts: Vec::new(),
            ca_file: None,
            local_roots: Vec::new(),
            bytes_max: 500_000_000,
            within: Duration::from_secs(120),
            history_commits: 1000,
        }
    }
}

/// What is wrong with a list of [`Sources`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEntry {
    /// It is not a host, nor a host and a port.
    #[error("`{0}` is not a host or host:port")]
    Host(String),
    /// It is not an absolute path.
    #[error("`{}` is not an absolute path", .0.display())]
    Path(PathBuf),
}

/// Why a URL is not fetched; each text may be shown.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It has no text, or more than [`URL_BYTES_MAX`].
    #[error("a repository's URL has between 1 and {URL_BYTES_MAX} bytes")]
    Size,
    /// It has characters that no URL has, or does not read as one.
    #[error("this does not read as a URL")]
    Unreadable,
    /// Its scheme is not `https`.
    #[error("only https URLs of git repositories are fetched")]
    Scheme,
    /// It carries a name, a password, or the sign that ends them.
    #[error("a repository's URL carries no name and no password")]
    Credentials,
    /// It has a query or a fragment.
    #[error("a repository's URL has no `?` and no `#`")]
    Query,
    /// Its path names no repository, or is written so that it could be read in two ways.
    #[error("the URL's path does not name a repository")]
    Path,
    /// Its host, or that port of it, is not on the list.
    #[error("repositories of {0} are not fetched here")]
    Host(String),
    /// It is a path outside the local roots.
    #[error("this path is not below a folder whose repositories are read here")]
    Local,
}

/// A repository that may be fetched. Shown, it is its URL or path, in which nothing is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    place: Place,
}

/// Where a repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On another machine.
    Remote(Remote),
    /// On this one: an absolute path without `.` and `..`, and the text it is shown as.
    Local { path: PathBuf, shown: String },
}

/// A repository on another machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    /// A name or an address, an IPv6 one in brackets.
    pub(crate) host: String,
    /// The port.
    pub(crate) port: u16,
    /// The path, percent-encoded, with a slash before it and none behind it.
    pub(crate) path: String,
    /// Its address may be a private one.
    pub(crate) is_private: bool,
}

impl Sources {
    /// Reads what somebody gave as a repository's URL, and says whether it may be fetched, as far
    /// as the text shows it. Links among the local roots are followed for that, nothing else is
    /// looked at.
    ///
    /// # Errors
    /// [`Refused`], with a reason for people.
    pub fn check(&self, url: &str) -> Result<Source, Refused> {
        let url = url.trim_matches(' ');
        if url.is_empty() || url.len() > URL_BYTES_MAX {
            return Err(Refused::Size);
        }
        if url.contains(|c: char| c.is_control() || c == '\\') {
            return Err(Refused::Unreadable);
        }
        let place = if url.starts_with('/') {
            self.local(PathBuf::from(url), url.to_owned())?
        } else if has_scheme(url, "file://") {
            self.file(url)?
        } else if has_scheme(url, "https://") {
            Place::Remote(self.remote(url)?)
        } else {
            return Err(Refused::Scheme);
        };
        Ok(Source { place })
    }

    /// Says whether each entry of the lists reads as one.
    ///
    /// # Errors
    /// The first that does not.
    pub fn verify(&self) -> Result<(), BadEntry> {
        for host in self.hosts.iter().chain(&self.private_hosts) {
            entry(host).ok_or_else(|| BadEntry::Host(host.clone()))?;
        }
        let paths = self.local_roots.iter().chain(&self.ca_file);
        match paths.into_iter().find(|path| !path.is_absolute()) {
            Some(path) => Err(BadEntry::Path(path.clone())),
            None => Ok(()),
        }
    }

    fn remote(&self, text: &str) -> Result<Remote, Refused> {
        let authority = text["https://".len()..].split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(Refused::Credentials);
        }
        if text.contains(['?', '#']) {
            return Err(Refused::Query);
        }
        if authority.is_empty() || text.contains(char::is_whitespace) {
            return Err(Refused::Unreadable);
        }
        let url = Url::parse(text).map_err(|_| Refused::Unreadable)?;
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(Refused::Unreadable);
        };
        let is_private = names(&self.private_hosts, host, port);
        if !is_private && !names(&self.hosts, host, port) {
            return Err(Refused::Host(shown_place(host, port)));
        }
        let path = url.path().strip_suffix('/').unwrap_or(url.path());
        if !names_a_repository(path) {
            return Err(Refused::Path);
        }
        Ok(Remote { host: host.to_owned(), port, path: path.to_owned(), is_private })
    }

    fn file(&self, text: &str) -> Result<Place, Refused> {
        if text.contains(['?', '#']) {
            return Err(Refused::Query);
        }
        let url = Url::parse(text).map_err(|_| Refused::Unreadable)?;
        let path = url.to_file_path().map_err(|()| Refused::Local)?;
        let is_plain = path.to_str().is_some_and(|path| !path.contains(char::is_control));
        if url.has_host() || !is_plain {
            return Err(Refused::Local);
        }
        self.local(path, url.to_string())
    }

    fn local(&self, path: PathBuf, shown: String) -> Result<Place, Refused> {
        let is_plain = |part| matches!(part, Component::RootDir | Component::Normal(_));
        let is_below = |root: &PathBuf| {
            let real = root.canonicalize();
            root.is_absolute()
                && (path.starts_with(root) || real.is_ok_and(|real| path.starts_with(real)))
        };
        if !path.components().all(is_plain) || !self.local_roots.iter().any(is_below) {
            return Err(Refused::Local);
        }
        Ok(Place::Local { path, shown })
    }
}

impl Source {
    /// What the repository is called: the last part of its path, without `.git`.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.place {
            Place::Remote(remote) => {
                let last = remote.path.rsplit('/').next().unwrap_or_default();
                let decoded = percent_decode_str(last).decode_utf8_lossy();
                decoded.strip_suffix(".git").unwrap_or(&decoded).to_owned()
            }
            Place::Local { path, .. } => local_name(path),
        }
    }

    /// Where it is.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }
}

impl fmt::Display for Source {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Remote(remote) => remote.fmt(to),
            Place::Local { shown, .. } => to.write_str(shown),
        }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "https://{}{}", shown_place(&self.host, self.port), self.path)
    }
}

/// A repository's own folder may be `name`, `name.git` or `name/.git`.
fn local_name(path: &Path) -> String {
    let path = if path.ends_with(".git") { path.parent().unwrap_or(path) } else { path };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(".git").unwrap_or(&name).to_owned()
}

fn shown_place(host: &str, port: u16) -> String {
    if port == 443 { host.to_owned() } else { format!("{host}:{port}") }
}

fn has_scheme(url: &str, scheme: &str) -> bool {
    url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

/// The host and port that an entry of a list means.
fn entry(text: &str) -> Option<(String, u16)> {
    if text.contains(['/', '\\', '@', '?', '#', '*']) || text.contains(char::is_whitespace) {
        return None;
    }
    let url = Url::parse(&format!("https://{text}")).ok()?;
    Some((url.host_str()?.to_owned(), url.port_or_known_default()?))
}

fn names(list: &[String], host: &str, port: u16) -> bool {
    list.iter().filter_map(|text| entry(text)).any(|(name, at)| name == host && at == port)
}

/// Says whether a path has only parts that every reader takes for the same: none empty, none of
/// dots, and nothing behind a percent sign but a space or what is not ASCII.
fn names_a_repository(path: &str) -> bool {
    let Some(parts) = path.strip_prefix('/') else { return false };
    parts.split('/').all(|part| {
        let decoded: Vec<u8> = percent_decode_str(part).collect();
        let is_text = std::str::from_utf8(&decoded).is_ok_and(|it| !it.contains(char::is_control));
        let is_plain = part.split('%').skip(1).all(|code| {
            let code = code.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
            code.is_some_and(|byte| byte == b' ' || !byte.is_ascii())
        });
        let is_dots = decoded.iter().all(|byte| *byte == b'.');
        is_text && is_plain && !is_dots && !part.starts_with('-') && part != ".git"
    })
}

#[cfg(test)]
mod tests;

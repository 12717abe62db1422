//! The whole configuration that `git` has in a fetch.

use std::fmt::Write as _;
use std::path::Path;

use super::FetchError;

/// What every fetch has. Signs of old age in a history are let through: author lines and modes
/// that git itself once wrote differently, which many well-known repositories carry. Packing takes
/// what is packed already and looks for no new likenesses, which would take minutes and memory.
const ALWAYS: &str = "\
[core]
	hooksPath = /dev/null
	attributesFile = /dev/null
	excludesFile = /dev/null
	fsmonitor = false
	symlinks = false
	protectHFS = true
	protectNTFS = true
	bigFileThreshold = 1m
[init]
	templateDir =
	defaultBranch = main
[credential]
	helper =
	interactive = false
[protocol]
	allow = never
	version = 2
[transfer]
	fsckObjects = true
	credentialsInUrl = die
	bundleURI = false
[fetch]
	unpackLimit = 1
	recurseSubmodules = false
	writeCommitGraph = false
[fetch \"fsck\"]
	badDate = ignore
	badDateOverflow = ignore
	badEmail = ignore
	badFilemode = ignore
	badName = ignore
	badTimezone = ignore
	extraHeaderEntry = ignore
	missingEmail = ignore
	missingNameBeforeEmail = ignore
	missingSpaceBeforeDate = ignore
	missingSpaceBeforeEmail = ignore
	zeroPaddedDate = ignore
	zeroPaddedFilemode = ignore
[submodule]
	recurse = false
[pack]
	threads = 2
	window = 0
	compression = 1
[gc]
	auto = 0
[maintenance]
	auto = false
[advice]
	detachedHead = false
";

/// How one fetch reaches its repository.
pub(super) enum Protocol<'a> {
    /// Over TLS, through the fetch's own proxy.
    Https {
        /// The proxy's address with its secret.
        proxy: &'a str,
        /// The authorities to trust in place of the system's.
        ca_file: Option<&'a Path>,
    },
    /// From this machine.
    File {
        /// The repository's own folder, which may belong to somebody else.
        folder: &'a Path,
    },
}

impl Protocol<'_> {
    /// As git calls it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Https { .. } => "https",
            Self::File { .. } => "file",
        }
    }

    /// The text of the configuration file.
    pub(super) fn settings(&self) -> Result<String, FetchError> {
        let mut text = ALWAYS.to_owned();
        let mut section = |head: &str, entries: &[(&str, &str)]| -> Result<(), FetchError> {
            let _ = writeln!(text, "[{head}]");
            for (key, entry) in entries {
                let _ = writeln!(text, "\t{key} = {}", quoted(entry)?);
            }
            Ok(())
        };
        section(&format!("protocol \"{}\"", self.name()), &[("allow", "always")])?;
        match self {
            Self::Https { proxy, ca_file } => {
                section(
                    "http",
                    &[
                        ("proxy", proxy),
                        ("proxyAuthMethod", "basic"),
                        ("followRedirects", "false"),
                        ("sslVerify", "true"),
                        ("emptyAuth", "false"),
                        ("delegation", "none"),
                        ("maxRequests", "2"),
                    ],
                )?;
                if let Some(file) = ca_file {
                    section("http", &[("sslCAInfo", text_of(file)?)])?;
                }
            }
            Self::File { folder } => section("safe", &[("directory", text_of(folder)?)])?,
        }
        Ok(text)
    }
}

fn text_of(path: &Path) -> Result<&str, FetchError> {
    let unreadable = || FetchError::Failed(format!("`{}` is not UTF-8", path.display()));
    path.to_str().ok_or_else(unreadable)
}

/// A value in the quotes of git's configuration files.
fn quoted(text: &str) -> Result<String, FetchError> {
    if text.contains(char::is_control) {
        return Err(FetchError::Failed("a path has control characters".to_owned()));
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What git itself reads in `text` under `key`.
    fn read(text: &str, key: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings");
        std::fs::write(&file, text).unwrap();
        let ran = Command::new("git").args(["config", "--file"]).arg(file).arg(key).output();
        String::from_utf8(ran.unwrap().stdout).unwrap().trim_end().to_owned()
    }

    #[test]
    fn git_reads_what_was_meant() {
        let ca_file = Path::new("/etc/a \"b\"\\c;d#e.pem");
        let proxy = "http://fetch:secret@127.0.0.1:1";
        let text = Protocol::Https { proxy, ca_file: Some(ca_file) }.settings().unwrap();
        for (key, value) in [
            ("http.proxy", proxy),
            ("http.sslCAInfo", "/etc/a \"b\"\\c;d#e.pem"),
            ("http.followRedirects", "false"),
            ("protocol.allow", "never"),
            ("protocol.https.allow", "always"),
            ("protocol.file.allow", ""),
            ("transfer.fsckObjects", "true"),
            ("core.hooksPath", "/dev/null"),
            ("credential.helper", ""),
        ] {
            assert_eq!(read(&text, key), value, "{key}");
        }
        let folder = Path::new("/srv/it's a \"folder\"");
        let text = Protocol::File { folder }.settings().unwrap();
        assert_eq!(read(&text, "safe.directory"), "/srv/it's a \"folder\"");
        assert_eq!(read(&text, "protocol.https.allow"), "");
    }

    #[test]
    fn a_path_that_would_begin_a_line_is_refused() {
        let folder = Path::new("/srv/a\n[protocol \"ext\"]\nallow = always");
        assert!(matches!(Protocol::File { folder }.settings(), Err(FetchError::Failed(_))));
    }
}

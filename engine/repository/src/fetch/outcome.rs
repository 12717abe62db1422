//! What `git` says when it ends, and what that means.
//!
//! **Pitfalls.** Lines that a server sent stand behind `remote:`; they mean nothing here.

use super::FetchError;
use super::command::Ended;

/// How an attempt to clone ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The repository is there, with or without a commit.
    Cloned,
    /// There is none, or it asks who we are.
    NotFound,
    /// It is somewhere else, says the server.
    Redirected,
    /// It needs more disk or memory than it may have.
    TooLarge,
    /// The proxy ended it.
    Refused,
    /// Anything else, in git's words.
    Failed(String),
}

/// Words of git's, in the language `C`, and what they mean.
const WORDS: [(&str, Outcome); 22] = [
    ("returned error: 301", Outcome::Redirected),
    ("returned error: 302", Outcome::Redirected),
    ("returned error: 303", Outcome::Redirected),
    ("returned error: 307", Outcome::Redirected),
    ("returned error: 308", Outcome::Redirected),
    ("returned error: 401", Outcome::NotFound),
    ("returned error: 403", Outcome::NotFound),
    ("returned error: 404", Outcome::NotFound),
    ("returned error: 410", Outcome::NotFound),
    ("returned error: 451", Outcome::NotFound),
    ("terminal prompts disabled", Outcome::NotFound),
    ("could not read Username", Outcome::NotFound),
    ("unable to get password from user", Outcome::NotFound),
    ("Authentication failed", Outcome::NotFound),
    ("/' not found", Outcome::NotFound),
    ("is this a git repository?", Outcome::NotFound),
    ("does not appear to be a git repository", Outcome::NotFound),
    ("dumb http transport does not support", Outcome::NotFound),
    ("died of signal 25", Outcome::TooLarge),
    ("File too large", Outcome::TooLarge),
    ("Out of memory", Outcome::TooLarge),
    ("No space left on device", Outcome::TooLarge),
];

impl Outcome {
    /// What the end of `git clone` means.
    pub(super) fn of(ended: &Ended) -> Self {
        if ended.is_success {
            return Self::Cloned;
        }
        let own = |line: &&str| line.starts_with("fatal: ") || line.starts_with("error: ");
        let lines: Vec<&str> = ended.complaint.lines().filter(own).collect();
        for (words, outcome) in WORDS {
            if lines.iter().any(|line| line.contains(words)) {
                return outcome;
            }
        }
        Self::Failed(lines.join("; "))
    }

    /// What it means for the fetch.
    pub(super) fn into_result(self) -> Result<(), FetchError> {
        Err(match self {
            Self::Cloned => return Ok(()),
            Self::NotFound => FetchError::NotFound,
            Self::TooLarge => FetchError::TooLarge,
            Self::Redirected => {
                FetchError::NotAllowed("it redirects elsewhere; give that address".to_owned())
            }
            Self::Refused => FetchError::Failed("the proxy ended it".to_owned()),
            Self::Failed(words) => FetchError::Failed(words),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(complaint: &str) -> Outcome {
        Outcome::of(&Ended { is_success: false, complaint: complaint.to_owned() })
    }

    #[test]
    fn what_a_server_says_means_nothing() {
        let complaint = "remote: fatal: returned error: 404\nfatal: early EOF\n";
        assert_eq!(outcome(complaint), Outcome::Failed("fatal: early EOF".to_owned()));
    }

    #[test]
    fn a_full_disk_is_no_fault_of_the_repositorys_address() {
        let complaint = "fatal: write error: No space left on device\nfatal: fetch-pack: invalid \
                         index-pack output\n";
        assert_eq!(outcome(complaint), Outcome::TooLarge);
    }

    #[test]
    fn success_needs_no_words() {
        let ended = Ended { is_success: true, complaint: "fatal: x".to_owned() };
        assert_eq!(Outcome::of(&ended), Outcome::Cloned);
    }
}

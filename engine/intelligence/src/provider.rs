//! Who answers, and how a model is reached.

use std::fmt;
use std::time::Duration;

/// Who makes texts.
#[derive(Clone, Debug)]
pub enum TextProvider {
    /// Rules of the application's own: no network, no key, the same answer each time.
    Builtin,
    /// A model behind the OpenAI chat-completions API.
    Openai(OpenaiConfig),
    /// Nobody.
    Off,
}

impl TextProvider {
    /// Its name in the configuration and in metrics.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Openai(_) => "openai",
            Self::Off => "off",
        }
    }
}

/// How a model is reached.
#[derive(Clone)]
pub struct OpenaiConfig {
    /// Where the API begins, such as `https://api.openai.com/v1`; `/chat/completions` is put behind
    /// its path. Without user and password; a query is kept.
    pub base_url: String,
    /// Sent as a bearer token; `None` for servers that ask for none.
    pub api_key: Option<String>,
    /// The model's name, as the server knows it.
    pub model: String,
    /// How long a call may take in all: waiting, retries and the whole answer.
    pub deadline: Duration,
}

impl fmt::Debug for OpenaiConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query = self.base_url.find('?').unwrap_or(self.base_url.len());
        f.debug_struct("OpenaiConfig")
            .field("base_url", &&self.base_url[..query])
            .field("api_key", &self.api_key.as_ref().map(|_| "***"))
            .field("model", &self.model)
            .field("deadline", &self.deadline)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_not_shown() {
        let config = OpenaiConfig {
            base_url: "http://localhost:1/v1?key=secret-query".to_owned(),
            api_key: Some("secret-key".to_owned()),
            model: "m".to_owned(),
            deadline: Duration::from_secs(1),
        };
        assert!(!format!("{:?}", TextProvider::Openai(config)).contains("secret"));
    }
}

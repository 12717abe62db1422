//! `ai.text.*` and `ai.speech.*`: who writes answers, and who hears speech.

use std::time::Duration;

use super::network::HttpUrl;
use super::reader::section;
use super::secret::Secret;
use super::value::{Item, Value, choice};

choice! {
    /// Who writes texts.
    pub enum TextProvider {
        /// Rules in this server: no network, no key, always the same answer.
        Builtin = "builtin",
        /// Any server that speaks the OpenAI chat-completions API.
        Openai = "openai",
        /// Nobody: what needs a text fails.
        Off = "off",
    }
}

choice! {
    /// Who turns speech into text.
    pub enum SpeechProvider {
        /// An engine on this machine.
        Builtin = "builtin",
        /// Any server that speaks the OpenAI transcription API.
        Openai = "openai",
        /// A program that reads audio and writes lines of JSON.
        Command = "command",
        /// Nobody.
        Off = "off",
    }
}

impl Item for SpeechProvider {
    const FORMAT: &'static str = "`builtin`, `openai` or `command`, comma-separated";

    fn parse_item(text: &str) -> Result<Self, String> {
        match Self::parse(text) {
            Ok(Self::Off) | Err(_) => Err("must be builtin, openai or command".to_owned()),
            provider => provider,
        }
    }

    fn show_item(&self) -> String {
        self.show()
    }
}

/// One word of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(pub String);

impl Item for Word {
    const FORMAT: &'static str = "program and arguments, comma-separated";

    fn parse_item(text: &str) -> Result<Self, String> {
        match text.contains(char::is_control) {
            true => Err("must not hold control characters".to_owned()),
            false => Ok(Self(text.to_owned())),
        }
    }

    fn show_item(&self) -> String {
        self.0.clone()
    }
}

section! {
    /// Who writes what the agents say.
    pub struct Text {
        /// `builtin`: rules in this server, without network and key; `openai`: any server that speaks
        /// the OpenAI chat-completions API; `off`: nobody.
        provider: TextProvider = "builtin";
        /// The base URL of the API; `chat/completions` is added to it.
        base_url: HttpUrl = "https://api.openai.com/v1";
        /// The key of the API, sent as a bearer token.
        api_key: Option<Secret> = "";
        /// The model to ask for.
        model: String = "gpt-4o-mini";
        /// How long one call may take, its retries included.
        deadline: Duration = "30s", within "100ms" to "10m";
        /// Whether the builtin answers when the model fails.
        fallback: bool = "true";
    }
}

section! {
    /// Who turns speech into text. `builtin` needs the packages `libpocketsphinx3` and
    /// `pocketsphinx-en-us` and understands English; without them all but transcription goes on.
    pub struct Speech {
        /// `builtin`: an engine on this machine, in processes of its own; `openai`: any server that
        /// speaks the OpenAI transcription API; `command`: a program; `off`: nobody.
        provider: SpeechProvider = "builtin";
        /// Who is asked, in this order, when the provider failed twice or does not know the language.
        fallback: Vec<SpeechProvider> = "";
        /// The base URL of the API; `audio/transcriptions` is added to it.
        base_url: HttpUrl = "https://api.openai.com/v1";
        /// The key of the API, sent as a bearer token.
        api_key: Option<Secret> = "";
        /// The model to ask for.
        model: String = "whisper-1";
        /// The program of `command`. It hears one utterance: mono PCM of 16 kHz and 16 bits from its
        /// standard input, to its end. It writes lines of JSON: `{"type":"partial","text":…}` as often
        /// as it likes, then `{"type":"final","text":…,"confidence":…}`. It gets no
        /// environment but `PATH`, and everybody on this machine can read its arguments.
        command: Vec<Word> = "";
        /// Processes of `builtin`, and as many of `command`, each with one utterance at a time and about
        /// 100 MB; 0: one for each processor. They are started when somebody is about to speak.
        workers: u16 = "0", within "0" to "256";
        /// How long after the end of what was said one provider's text may take, its retry included.
        deadline: Duration = "10s", within "500ms" to "2m";
    }
}

impl Speech {
    /// All providers, in the order in which they are asked; none if speech is off.
    #[must_use]
    pub fn providers(&self) -> Vec<SpeechProvider> {
        if self.provider == SpeechProvider::Off {
            return Vec::new();
        }
        let mut all = vec![self.provider];
        for provider in &self.fallback {
            if !all.contains(provider) {
                all.push(*provider);
            }
        }
        all
    }
}

/// Models.
#[derive(Clone, Debug)]
pub struct Ai {
    /// `ai.text.*`.
    pub text: Text,
    /// `ai.speech.*`.
    pub speech: Speech,
}

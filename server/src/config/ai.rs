//! `ai.text.*` and `ai.speech.*`: who writes answers, and who hears speech.

use std::time::Duration;

use super::network::HttpUrl;
use super::reader::section;
use super::secret::Secret;
use super::value::choice;

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
    /// Who turns speech into text. This version has no speech: a value set here is checked, and
    /// warned of, and has no effect.
    pub struct Speech {
        /// `builtin`: an engine on this machine; `openai`: any server that speaks the OpenAI
        /// transcription API; `command`: a program; `off`: nobody.
        provider: SpeechProvider = "builtin";
        /// The base URL of the API; `audio/transcriptions` is added to it.
        base_url: HttpUrl = "https://api.openai.com/v1";
        /// The key of the API, sent as a bearer token.
        api_key: Option<Secret> = "";
        /// The model to ask for.
        model: String = "whisper-1";
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

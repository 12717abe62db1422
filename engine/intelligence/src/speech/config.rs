//! Who hears speech, and how each of them is reached.

use std::path::PathBuf;
use std::time::Duration;

use crate::OpenaiConfig;

/// Who turns speech into text, and how.
#[derive(Clone, Debug, Default)]
pub struct SpeechConfig {
    /// In the order in which they are asked; without one there is no speech.
    pub providers: Vec<SpeechProvider>,
}

/// Who turns speech into text.
#[derive(Clone, Debug)]
pub enum SpeechProvider {
    /// The engine on this machine, in processes of this program.
    Builtin(ProcessConfig),
    /// A program that reads audio and writes lines of JSON.
    Command(ProcessConfig),
    /// A server that speaks the OpenAI transcription API; its `deadline` counts from the end of
    /// what was said.
    Openai(OpenaiConfig),
}

/// How processes that hear are started.
#[derive(Clone, Debug)]
pub struct ProcessConfig {
    /// The program; its environment is empty but for `PATH` and `LC_ALL`.
    pub program: PathBuf,
    /// Its arguments; everybody on the machine can read them.
    pub arguments: Vec<String>,
    /// Processes at once, each with one utterance; at least 1.
    pub workers: usize,
    /// How long after the end of what was said a result may take, its retry included.
    pub deadline: Duration,
}

impl SpeechProvider {
    /// Its name in the configuration, in results and in metrics.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Builtin(_) => "builtin",
            Self::Command(_) => "command",
            Self::Openai(_) => "openai",
        }
    }
}

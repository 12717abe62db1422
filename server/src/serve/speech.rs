//! Who hears speech, as configured.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use intelligence::speech::{ProcessConfig, Speech, SpeechConfig, SpeechProvider};
use intelligence::{OpenaiConfig, SetupError};
use tokio::runtime::Handle;

use crate::config;

/// This program itself, also when its file was replaced since it started.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// Starts whoever hears.
///
/// # Errors
/// The server that is to hear cannot be asked.
pub(super) fn start(config: &config::Speech, work: &Handle) -> Result<Arc<Speech>, SetupError> {
    let providers = config.providers().into_iter();
    let providers = providers.filter_map(|provider| provider_of(config, provider)).collect();
    Speech::start(&SpeechConfig { providers }, work)
}

fn provider_of(
    config: &config::Speech,
    provider: config::SpeechProvider,
) -> Option<SpeechProvider> {
    match provider {
        config::SpeechProvider::Off => None,
        config::SpeechProvider::Builtin => {
            let arguments = ["stt-worker", "--frames"].map(str::to_owned).to_vec();
            Some(SpeechProvider::Builtin(processes(config, THIS_PROGRAM.into(), arguments)))
        }
        config::SpeechProvider::Command => {
            let mut words = config.command.iter().map(|word| word.0.clone());
            let program = words.next()?.into();
            Some(SpeechProvider::Command(processes(config, program, words.collect())))
        }
        config::SpeechProvider::Openai => Some(SpeechProvider::Openai(OpenaiConfig {
            base_url: config.base_url.as_str().to_owned(),
            api_key: config.api_key.as_ref().map(|key| key.expose().to_owned()),
            model: config.model.clone(),
            deadline: config.deadline,
        })),
    }
}

fn processes(config: &config::Speech, program: PathBuf, arguments: Vec<String>) -> ProcessConfig {
    let processors = || thread::available_parallelism().map_or(1, NonZero::get);
    let workers = if config.workers == 0 { processors() } else { usize::from(config.workers) };
    ProcessConfig { program, arguments, workers, deadline: config.deadline }
}

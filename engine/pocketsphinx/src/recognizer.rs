//! Words from samples.

use std::path::{Path, PathBuf};

use crate::library::{Decoder, Fault};

/// The packages, as Debian and Ubuntu name them.
pub const PACKAGES: &str = "libpocketsphinx3 pocketsphinx-en-us";
/// Where they put the model of American English.
pub const MODEL_FOLDERS: [&str; 2] =
    ["/usr/share/pocketsphinx/model/en-us", "/usr/local/share/pocketsphinx/model/en-us"];

/// In a model's folder: the sounds, the language, the dictionary.
const PARTS: [(&str, &str); 3] =
    [("-hmm", "en-us"), ("-lm", "en-us.lm.bin"), ("-dict", "cmudict-en-us.dict")];
/// What shows that the sounds are there.
const SOUNDS: &str = "en-us/means";

/// Why the engine cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The library is not there, or another than expected.
    #[error("the speech engine is missing ({0}): apt-get install {PACKAGES}")]
    Library(String),
    /// The model is not there.
    #[error("the speech engine's model is missing ({}): apt-get install {PACKAGES}", .0.display())]
    ModelMissing(PathBuf),
    /// The engine does not take the model.
    #[error("the speech engine refuses its model in {}", .0.display())]
    ModelRefused(PathBuf),
}

/// What was understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// The words, in lower case; empty where none were understood.
    pub text: String,
    /// How sure the engine is of a word, from 0 to 1: the geometric mean over the words.
    pub confidence: f64,
}

/// An engine with its model: about 100 MiB, and a third of a second to load.
pub struct Recognizer {
    decoder: Decoder,
}

impl Recognizer {
    /// Loads the engine with the model in `folder`, else that of [`MODEL_FOLDERS`]. Blocks on the
    /// disk.
    ///
    /// # Errors
    /// The library or the model is not there, or cannot be used.
    pub fn load(folder: Option<&Path>) -> Result<Self, LoadError> {
        let folder = folder.map(Path::to_owned).unwrap_or_else(model_folder);
        let text = folder.to_str().ok_or_else(|| LoadError::ModelRefused(folder.clone()))?;
        let paths = PARTS.map(|(_, name)| format!("{text}/{name}"));
        let options = PARTS.iter().zip(&paths).flat_map(|((option, _), path)| [*option, path]);
        let options: Vec<&str> = options.collect();
        // Without its files the library would end the process.
        Self::check(&folder)?;
        let decoder = Decoder::load(&options);
        decoder.map(|decoder| Self { decoder }).map_err(|fault| match fault {
            Fault::Library(error) => LoadError::Library(reason(&error)),
            Fault::Model => LoadError::ModelRefused(folder),
        })
    }

    fn check(folder: &Path) -> Result<(), LoadError> {
        let needed = [SOUNDS, PARTS[1].1, PARTS[2].1].map(|name| folder.join(name));
        let missing = needed.into_iter().find(|path| !path.is_file());
        missing.map_or(Ok(()), |path| Err(LoadError::ModelMissing(path)))
    }

    /// Begins an utterance; one that is begun is forgotten.
    pub fn begin(&mut self) -> bool {
        self.decoder.start() || {
            self.decoder.end();
            self.decoder.start()
        }
    }

    /// Hears a piece of the utterance: mono samples at 16 kHz. Takes about a seventh of the time
    /// they last. Whether it could.
    pub fn hear(&mut self, samples: &[i16]) -> bool {
        self.decoder.process(samples)
    }

    /// What is understood so far.
    pub fn so_far(&mut self) -> String {
        self.decoder.text().unwrap_or_default()
    }

    /// Ends the utterance and tells what was understood.
    pub fn end(&mut self) -> Heard {
        if !self.decoder.end() {
            return Heard::default();
        }
        let text = self.so_far();
        let words = text.split_whitespace().count();
        if words == 0 {
            return Heard::default();
        }
        let exponent = 1.0 / f64::from(u32::try_from(words).unwrap_or(u32::MAX));
        let confidence = self.decoder.probability().clamp(0.0, 1.0).powf(exponent);
        Heard { text, confidence }
    }
}

/// The last cause, which is the system's own word.
fn reason(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), reason)
}

fn model_folder() -> PathBuf {
    let mut folders = MODEL_FOLDERS.iter().map(PathBuf::from);
    folders.find(|folder| folder.is_dir()).unwrap_or_else(|| MODEL_FOLDERS[0].into())
}

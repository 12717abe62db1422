//! What no single key can tell: keys that need each other, and files that must be there.

use super::ai::{SpeechProvider, TextProvider};
use super::layers::Source;
use super::reader::Reader;
use super::{Analysis, Auth, Server, Speech, Text};

/// Bytes under which a secret is too short for HS256.
const SECRET_BYTES_MIN: usize = 32;

/// Tells of TLS keys without each other, and of files that are not there.
pub(super) fn server(server: &Server, reader: &mut Reader<'_>) {
    match (&server.tls_cert, &server.tls_key) {
        (Some(_), None) => reader.refuse("server.tls_cert", "needs server.tls_key as well"),
        (None, Some(_)) => reader.refuse("server.tls_key", "needs server.tls_cert as well"),
        _ => {}
    }
    let files = [("server.tls_cert", &server.tls_cert), ("server.tls_key", &server.tls_key)];
    for (key, path) in files {
        if path.as_ref().is_some_and(|path| !path.is_file()) {
            reader.refuse(key, "there is no such file");
        }
    }
    if server.data_dir.exists() && !server.data_dir.is_dir() {
        reader.refuse("server.data_dir", "is not a folder");
    }
}

/// Tells of folders that are not named from the root, and of files that are not there.
pub(super) fn analysis(analysis: &Analysis, reader: &mut Reader<'_>) {
    if analysis.local_roots.iter().any(|root| !root.is_absolute()) {
        reader.refuse("analysis.local_roots", "each folder has to begin with `/`");
    }
    match &analysis.ca_file {
        Some(file) if !file.is_absolute() => {
            reader.refuse("analysis.ca_file", "has to begin with `/`");
        }
        Some(file) if !file.is_file() => reader.refuse("analysis.ca_file", "there is no such file"),
        _ => {}
    }
}

/// Tells of a set of public keys that nothing binds to an issuer and an audience, and warns of what is weak.
pub(super) fn auth(auth: &Auth, reader: &mut Reader<'_>, warnings: &mut Vec<String>) {
    if let Some(secret) = &auth.jwt_secret
        && secret.expose().len() < SECRET_BYTES_MIN
    {
        let source = reader.source("auth.jwt_secret");
        warnings.push(format!(
            "auth.jwt_secret ({source}) is shorter than {SECRET_BYTES_MIN} bytes and can be guessed"
        ));
    }
    let bounds = [("auth.issuer", &auth.issuer), ("auth.audience", &auth.audience)];
    for (key, value) in bounds {
        match (&auth.jwks_url, value) {
            (Some(_), None) => reader.refuse(key, "auth.jwks_url needs it"),
            (None, Some(_)) => {
                warnings.push(format!("{key} has no effect without auth.jwks_url"));
            }
            _ => {}
        }
    }
    if auth.jwks_url.as_ref().is_some_and(|url| !url.is_https()) {
        warnings
            .push("auth.jwks_url is not https: whoever sits between can make tokens".to_owned());
    }
}

/// Tells of a provider of speech that lacks what it needs.
pub(super) fn speech(speech: &Speech, reader: &mut Reader<'_>, warnings: &mut Vec<String>) {
    let providers = speech.providers();
    if providers.contains(&SpeechProvider::Command) && speech.command.is_empty() {
        reader.refuse("ai.speech.command", "missing: the provider `command` needs a program");
    }
    let asks_openai = providers.contains(&SpeechProvider::Openai)
        && reader.source("ai.speech.base_url") == Source::Default;
    if asks_openai && speech.api_key.is_none() {
        warnings.push("ai.speech.api_key is missing: OpenAI answers nobody without one".to_owned());
    }
    if speech.provider == SpeechProvider::Off && !speech.fallback.is_empty() {
        warnings.push("ai.speech.fallback has no effect: ai.speech.provider is off".to_owned());
    }
}

/// Warns of a model that will hardly answer.
pub(super) fn text(text: &Text, reader: &Reader<'_>, warnings: &mut Vec<String>) {
    let asks_openai = text.provider == TextProvider::Openai
        && reader.source("ai.text.base_url") == Source::Default;
    if asks_openai && text.api_key.is_none() {
        warnings.push("ai.text.api_key is missing: OpenAI answers nobody without one".to_owned());
    }
}

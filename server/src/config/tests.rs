//! The configuration as an operator meets it: layers, places, errors, masks, the reference page.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;

/// A text that must never be seen.
const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

pub(super) fn environment(variables: &[(&str, &str)]) -> Inputs {
    let pair = |(name, text): &(&str, &str)| (OsString::from(name), OsString::from(text));
    Inputs { environment: variables.iter().map(pair).collect(), ..Inputs::default() }
}

/// A `quintet.toml` that holds `text`, in a folder of its own.
pub(super) fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("quintet.toml");
    fs::write(&path, text).unwrap();
    (folder, path)
}

pub(super) fn faults(inputs: &Inputs) -> Vec<String> {
    let error = Config::load(inputs).expect_err("the configuration is wrong");
    error.faults.iter().map(ToString::to_string).collect()
}

fn source_of(config: &Config, key: &str) -> Source {
    let entry = config.in_force.iter().find(|entry| entry.definition.key == key);
    entry.expect("the key exists").source.clone()
}

#[test]
fn the_defaults_are_those_of_the_protocols_page() {
    let config = Config::defaults();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(config.server.drain, Duration::from_secs(10));
    assert_eq!(config.auth.expires_in, Duration::from_secs(7 * 86_400));
    let learning = config.limits.of(Application::Learning);
    assert_eq!(learning.connects_per_minute.map(u32::from), Some(10));
    assert_eq!(learning.max_message_bytes.map(u32::from), Some(262_144));
    assert_eq!(learning.idle_timeout, None);
    let sessions = config.limits.of(Application::Sessions);
    assert_eq!(sessions.max_connections_per_user.map(u32::from), Some(3));
    assert_eq!(sessions.messages_per_minute.map(u32::from), Some(600));
    let voice = config.limits.of(Application::Voice);
    assert_eq!(voice.ping_interval, Some(Duration::from_secs(25)));
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
}

#[test]
fn a_later_layer_wins_and_every_value_knows_its_place() {
    let (_folder, path) = file("[server]\nlisten = '127.0.0.1:1'\ndrain = 5\nshards = 2\n");
    let config = Config::load(&Inputs {
        file: Some(path.clone()),
        flags: vec![Flag {
            name: "--listen",
            key: "server.listen",
            text: "127.0.0.1:3".to_owned(),
        }],
        ..environment(&[
            ("QUINTET_SERVER__LISTEN", "127.0.0.1:2"),
            ("QUINTET_SERVER__DRAIN", "6s"),
            ("JWT_EXPIRES_IN", "1h"),
            ("QUINTET_LIMITS__LEARNING__MESSAGES_PER_MINUTE", "7"),
        ])
    })
    .unwrap();
    assert_eq!(config.server.listen.port(), 3);
    assert_eq!(source_of(&config, "server.listen"), Source::Flag("--listen"));
    assert_eq!(config.server.drain, Duration::from_secs(6));
    let drain = source_of(&config, "server.drain");
    assert_eq!(drain, Source::Environment("QUINTET_SERVER__DRAIN".to_owned()));
    assert_eq!(config.server.shards, 2);
    assert_eq!(source_of(&config, "server.shards"), Source::File { path, line: 4 });
    let life = source_of(&config, "auth.expires_in");
    assert_eq!(life, Source::Environment("JWT_EXPIRES_IN".to_owned()));
    assert_eq!(source_of(&config, "server.backlog"), Source::Default);
    let messages = config.limits.of(Application::Learning).messages_per_minute;
    assert_eq!(messages.map(u32::from), Some(7));
}

#[test]
fn a_file_in_the_working_directory_is_found() {
    let (folder, path) = file("server.shards = 3\n");
    let inputs = Inputs { folder: Some(folder.path().to_owned()), ..Inputs::default() };
    let config = Config::load(&inputs).unwrap();
    assert_eq!((config.server.shards, config.file), (3, Some(path)));
}

#[test]
fn a_named_file_that_is_not_there_is_an_error_that_names_it() {
    let inputs = Inputs { file: Some(PathBuf::from("nowhere/quintet.toml")), ..Inputs::default() };
    assert!(faults(&inputs)[0].contains("nowhere/quintet.toml"));
}

#[test]
fn toml_values_of_each_kind_read_as_their_texts() {
    let (_folder, path) = file(
        "[server]\ndrain = 5\ntrusted_proxies = ['10.0.0.0/8', '::1']\n\
         [compression]\nenabled = false\nthreshold_bytes = 0x1_000\n\
         [auth]\nfrontend_url = 'http://a.example,http://b.example'\n",
    );
    let config = Config::load(&Inputs { file: Some(path), ..Inputs::default() }).unwrap();
    assert_eq!(config.server.drain, Duration::from_secs(5));
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert!(!config.compression.enabled);
    assert_eq!(config.compression.threshold_bytes, 4096);
    assert_eq!(config.auth.frontend_url[1].as_str(), "http://b.example");
}

#[test]
fn every_error_is_told_at_once_with_key_value_and_place() {
    let (_folder, path) = file("[server]\ndrain = 'soon'\n\n[log]\nlevle = 'debug'\n");
    let inputs = Inputs {
        file: Some(path.clone()),
        ..environment(&[
            ("QUINTET_SERVER__LISTEN", "nonsense"),
            ("QUINTET_COMPRESSION__LEVEL", "11"),
            ("QUINTET_SERVER__LISTN", "127.0.0.1:1"),
        ])
    };
    let told = faults(&inputs);
    let expected = [
        "server.listen = \"nonsense\" (environment QUINTET_SERVER__LISTEN): not an IP address"
            .to_owned(),
        format!("server.drain = \"soon\" ({}:2): not a duration", path.display()),
        "compression.level = \"11\" (environment QUINTET_COMPRESSION__LEVEL): must be from 1 to 9"
            .to_owned(),
        format!("log.levle = \"debug\" ({}:5): no such key", path.display()),
        "QUINTET_SERVER__LISTN = \"127.0.0.1:1\" (environment QUINTET_SERVER__LISTN): no such key; \
         did you mean QUINTET_SERVER__LISTEN?"
            .to_owned(),
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(&expected), "{told}\nshould begin\n{expected}");
    }
}

#[test]
fn every_key_refuses_a_wrong_value_naming_itself_and_the_variable() {
    let free_text = ["text", "secret text", "path", "paths, comma-separated"];
    for entry in Config::defaults().in_force {
        if free_text.contains(&entry.format) {
            continue;
        }
        let key = entry.definition.key;
        let variable = layers::variable_of(&key);
        let told = faults(&environment(&[(&variable, "\u{1}?")])).join("\n");
        assert!(told.contains(&key) && told.contains(&variable), "{key}: {told}");
    }
}

#[test]
fn a_section_given_as_a_value_and_a_key_given_as_a_table_are_unknown() {
    for text in ["server = 3", "[server.listen]\nport = 1", "[[server]]\nlisten = 'a'"] {
        let (_folder, path) = file(text);
        let told = faults(&Inputs { file: Some(path), ..Inputs::default() });
        assert!(told[0].starts_with("server"), "{told:?}");
    }
}

#[test]
fn a_key_written_twice_is_told_with_both_places() {
    let (_folder, path) = file("server.shards = 1\n\"server.shards\" = 2\n");
    let told = faults(&Inputs { file: Some(path), ..Inputs::default() });
    assert!(told[0].contains("set twice"), "{told:?}");
}

#[test]
fn an_empty_variable_counts_as_not_set_and_an_unknown_one_of_others_is_not_ours() {
    let config = Config::load(&environment(&[("JWT_SECRET", ""), ("OTHER__KEY", "x")])).unwrap();
    assert!(config.auth.jwt_secret.is_none());
    assert_eq!(source_of(&config, "auth.jwt_secret"), Source::Default);
}

#[test]
fn no_secret_is_seen_whatever_is_wrong_with_it() {
    let (_folder, path) = file(&format!("[auth]\njwt_secret = \"{SECRET}\n"));
    let broken = Inputs { file: Some(path), ..Inputs::default() };
    let cases = [
        broken,
        environment(&[("QUINTET_AI__TEXT__API_KYE", SECRET)]),
        environment(&[("QUINTET_AUTH__JWT_SECRT", SECRET)]),
        environment(&[("QUINTET_PASSWORD", SECRET)]),
        environment(&[("JWT_SECRET", SECRET), ("QUINTET_AUTH__JWT_SECRET", "other")]),
        environment(&[("QUINTET_STORAGE__URL", &format!("postgres://ann:{SECRET}@db/q"))]),
        environment(&[("QUINTET_CLUSTER__NATS_URL", &format!("nats://{SECRET}@bus:4222"))]),
        environment(&[("QUINTET_AUTH__JWKS_URL", &format!("https://a:{SECRET}@b/c?d={SECRET}"))]),
        environment(&[("FRONTEND_URL", &format!("https://a:{SECRET}@b.example"))]),
    ];
    for inputs in cases {
        let error = Config::load(&inputs).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    let secrets = environment(&[
        ("JWT_SECRET", SECRET),
        ("QUINTET_AI__TEXT__API_KEY", SECRET),
        ("QUINTET_AI__TEXT__BASE_URL", &format!("https://a.example/?key={SECRET}")),
        ("QUINTET_MANAGEMENT__ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("QUINTET_MANAGEMENT__SECRET_ACCESS_KEY", SECRET),
    ]);
    let config = Config::load(&secrets).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    assert_eq!(config.jwt_secret().unwrap().expose(), SECRET);
}

#[test]
fn a_short_secret_starts_with_a_warning() {
    let config = Config::load(&environment(&[("JWT_SECRET", "short")])).unwrap();
    assert!(config.warnings[0].contains("JWT_SECRET"), "{:?}", config.warnings);
    assert!(!config.warnings[0].contains("\"short\""));
}

#[test]
fn keys_that_need_each_other_say_so() {
    let told = faults(&environment(&[
        ("QUINTET_SERVER__TLS_CERT", "nowhere.pem"),
        ("QUINTET_AUTH__JWKS_URL", "http://keys.example/jwks.json"),
        ("QUINTET_AUTH__AUDIENCE", "quintet"),
    ]));
    let told = told.join("\n");
    assert!(told.contains("needs server.tls_key"), "{told}");
    assert!(told.contains("nowhere.pem") && told.contains("no such file"), "{told}");
    assert!(told.contains("auth.issuer") && !told.contains("auth.audience ="), "{told}");
}

#[test]
fn what_this_version_lacks_stops_the_start() {
    let stops = environment(&[
        ("QUINTET_CLUSTER__NATS_URL", "nats://bus:4222"),
        ("QUINTET_STORAGE__URL", "postgres://db/quintet"),
    ]);
    for told in faults(&stops) {
        assert!(told.contains("not available in this version"), "{told}");
    }
}

#[test]
fn speech_is_heard_by_whoever_is_there_and_named_once() {
    let wrong = environment(&[
        ("QUINTET_AI__SPEECH__PROVIDER", "command"),
        ("QUINTET_AI__SPEECH__FALLBACK", "off"),
        ("QUINTET_AI__SPEECH__DEADLINE", "1h"),
    ]);
    let told = faults(&wrong).join("\n");
    for key in ["ai.speech.command", "ai.speech.fallback", "ai.speech.deadline"] {
        assert!(told.contains(key), "{key} is missing in {told}");
    }
    let right = environment(&[
        ("QUINTET_AI__SPEECH__FALLBACK", "builtin,command, openai"),
        ("QUINTET_AI__SPEECH__COMMAND", "/usr/bin/hear, --fast"),
    ]);
    let config = Config::load(&right).unwrap();
    let speech = &config.ai.speech;
    use crate::config::SpeechProvider::{Builtin, Command, Openai};
    assert_eq!(speech.providers(), [Builtin, Command, Openai]);
    let words: Vec<&str> = speech.command.iter().map(|word| word.0.as_str()).collect();
    assert_eq!(words, ["/usr/bin/hear", "--fast"]);
    assert_eq!(config.warnings.len(), 1, "{:?}", config.warnings);
    assert!(config.warnings[0].contains("ai.speech.api_key"));
    let off = environment(&[("QUINTET_AI__SPEECH__PROVIDER", "off")]);
    assert!(Config::load(&off).unwrap().ai.speech.providers().is_empty());
}

#[test]
fn folders_of_repositories_are_named_from_the_root() {
    let wrong = environment(&[
        ("QUINTET_ANALYSIS__LOCAL_ROOTS", "/srv/a,repositories"),
        ("QUINTET_ANALYSIS__CA_FILE", "/nowhere/authority.pem"),
        ("QUINTET_ANALYSIS__HOSTS", "https://github.com"),
    ]);
    let told = faults(&wrong).join("\n");
    assert!(told.contains("analysis.local_roots") && told.contains("begin with `/`"), "{told}");
    assert!(told.contains("analysis.ca_file") && told.contains("no such file"), "{told}");
    assert!(told.contains("analysis.hosts"), "{told}");
    let right = environment(&[("QUINTET_ANALYSIS__LOCAL_ROOTS", "/srv/a,/srv/b")]);
    let config = Config::load(&right).unwrap();
    assert_eq!(config.analysis.local_roots.len(), 2);
    assert!(config.warnings.is_empty());
}

#[test]
fn every_key_is_explained_and_its_default_reads() {
    for entry in Config::defaults().in_force {
        let doc = &entry.definition.doc;
        assert!(doc.ends_with('.'), "{} lacks a sentence: {doc:?}", entry.definition.key);
        assert!(!doc.contains('|'), "{} would break its table", entry.definition.key);
    }
}

#[test]
fn the_reference_page_is_what_the_definitions_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    let expected = Config::reference();
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &expected).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == expected,
        "docs/configuration.md is not up to date: run `UPDATE=1 cargo test -p server reference`"
    );
}

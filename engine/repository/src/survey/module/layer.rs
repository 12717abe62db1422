//! The layer of a module: by its name, else by what its sources import.

use std::collections::BTreeMap;

use super::super::framework;
use crate::{File, Module};

/// Names of folders, and the layers they stand for.
const NAMES: &[(&str, &[&str])] = &[
    (
        "interface",
        &[
            "api",
            "apis",
            "http",
            "rest",
            "web",
            "controller",
            "controllers",
            "route",
            "routes",
            "router",
            "routers",
            "handler",
            "handlers",
            "view",
            "views",
            "ui",
            "gui",
            "component",
            "components",
            "page",
            "pages",
            "screen",
            "screens",
            "widgets",
            "layouts",
            "templates",
            "graphql",
            "grpc",
            "rpc",
            "endpoints",
            "resource",
            "resources",
            "cli",
            "cmd",
            "commands",
            "presentation",
            "frontend",
            "client",
            "blueprints",
            "serializers",
            "activity",
            "fragments",
        ],
    ),
    (
        "application",
        &[
            "service",
            "services",
            "usecase",
            "usecases",
            "use_cases",
            "application",
            "workflow",
            "workflows",
            "jobs",
            "tasks",
            "actions",
            "features",
            "workers",
            "agents",
            "hooks",
            "pipeline",
            "pipelines",
        ],
    ),
    (
        "domain",
        &[
            "domain",
            "model",
            "models",
            "entity",
            "entities",
            "types",
            "core",
            "aggregates",
            "valueobjects",
            "dto",
            "dtos",
        ],
    ),
    (
        "data",
        &[
            "repository",
            "repositories",
            "repo",
            "repos",
            "dao",
            "daos",
            "db",
            "database",
            "store",
            "stores",
            "storage",
            "persistence",
            "migrations",
            "schema",
            "schemas",
            "orm",
            "data",
        ],
    ),
    (
        "infrastructure",
        &[
            "infra",
            "infrastructure",
            "config",
            "configuration",
            "settings",
            "util",
            "utils",
            "common",
            "shared",
            "helpers",
            "middleware",
            "middlewares",
            "adapters",
            "logging",
            "log",
            "metrics",
            "telemetry",
            "security",
            "auth",
            "cache",
            "queue",
            "messaging",
            "transport",
            "network",
            "net",
            "platform",
            "support",
            "plugins",
            "plugin",
            "extensions",
        ],
    ),
];

/// Parts of a standard library that speak for a layer.
const STANDARD: &[(code::Language, &str, &str)] = &[
    (code::Language::Go, "net/http", "interface"),
    (code::Language::Go, "database/sql", "data"),
    (code::Language::Python, "sqlite3", "data"),
    (code::Language::Python, "argparse", "interface"),
    (code::Language::Java, "java.sql", "data"),
    (code::Language::Java, "android.app", "interface"),
    (code::Language::Java, "android.webkit", "interface"),
];

/// Files in a hundred of a module that must import something of a layer.
const FILES_HUNDREDTHS: usize = 50;

/// Gives each module its layer.
pub(in crate::survey) fn layers(modules: &mut [Module], files: &[File]) {
    let mut counts: Vec<BTreeMap<&'static str, usize>> = vec![BTreeMap::new(); modules.len()];
    for file in files {
        let Some(module) = file.module else { continue };
        let mut seen = Vec::new();
        for layer in file.imports.iter().filter_map(|import| imported(&file.path, &import.name)) {
            if !seen.contains(&layer) {
                seen.push(layer);
                *counts[module].entry(layer).or_default() += 1;
            }
        }
    }
    for (module, counts) in modules.iter_mut().zip(counts) {
        let most =
            counts.into_iter().max_by(|one, other| one.1.cmp(&other.1).then(other.0.cmp(one.0)));
        let most = most.filter(|(_, count)| count * 100 >= module.files * FILES_HUNDREDTHS);
        module.layer = by_name(&module.path).or(most.map(|(layer, _)| layer));
    }
}

fn by_name(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next()?.to_ascii_lowercase();
    let name = name.replace('-', "");
    NAMES.iter().find(|(_, names)| names.contains(&&*name)).map(|(layer, _)| *layer)
}

/// The layer that an import speaks for.
fn imported(path: &str, name: &str) -> Option<&'static str> {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let language = code::Language::from_tag(extension)?;
    let standard =
        STANDARD.iter().find(|(of, known, _)| *of == language && name.starts_with(known));
    if let Some((.., layer)) = standard {
        return Some(layer);
    }
    let (kind, dependency) = match language {
        code::Language::Rust => ("Cargo", name.split("::").next()?.replace('_', "-")),
        code::Language::Python => ("pip", name.split('.').next()?.to_owned()),
        code::Language::Go => ("Go", name.to_owned()),
        code::Language::Java => {
            let mut parts: Vec<&str> = name.split('.').collect();
            while parts.len() > 1 {
                parts.pop();
                let known = framework::known("Maven", &parts.join("."));
                if let Some(layer) = known.and_then(|known| framework::layer_of(known.2)) {
                    return Some(layer);
                }
            }
            return None;
        }
        _ => {
            let parts = if name.starts_with('@') { 2 } else { 1 };
            ("npm", name.split('/').take(parts).collect::<Vec<_>>().join("/"))
        }
    };
    framework::known(kind, &dependency).and_then(|known| framework::layer_of(known.2))
}

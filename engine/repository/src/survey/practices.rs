//! What surrounds the code: tests, continuous integration, documentation, containers, linters,
//! configuration, licences. Told by paths alone, the licence's name by its text.
//!
//! **Bounds.** [`OF_A_KIND_MAX`] paths of a kind: those nearest to the root first.

use crate::{File, Practices, Role};

/// Paths told of a kind.
const OF_A_KIND_MAX: usize = 20;

const CI_FILES: &[&str] = &[
    ".gitlab-ci.yml",
    ".travis.yml",
    "appveyor.yml",
    ".appveyor.yml",
    "azure-pipelines.yml",
    "jenkinsfile",
    ".drone.yml",
    "bitbucket-pipelines.yml",
    ".cirrus.yml",
    ".woodpecker.yml",
    "cloudbuild.yaml",
];
const CI_FOLDERS: &[&str] = &[
    ".github/workflows/",
    ".circleci/",
    ".buildkite/",
    ".gitea/workflows/",
    ".forgejo/workflows/",
    ".woodpecker/",
    ".ci/",
];
const CONTAINER_NAMES: &[&str] = &[
    "containerfile",
    "vagrantfile",
    "procfile",
    "chart.yaml",
    "skaffold.yaml",
    "fly.toml",
    "serverless.yml",
    "vercel.json",
    "netlify.toml",
    "app.yaml",
    "kustomization.yaml",
];
const CONTAINER_FOLDERS: &[&str] =
    &["k8s", "kubernetes", "helm", "charts", "terraform", "ansible", "deploy", "deployment"];
const LINTERS: &[&str] = &[
    ".editorconfig",
    "rustfmt.toml",
    ".rustfmt.toml",
    "clippy.toml",
    ".clippy.toml",
    "deny.toml",
    ".pre-commit-config.yaml",
    ".flake8",
    ".pylintrc",
    "pylintrc",
    "ruff.toml",
    ".ruff.toml",
    "mypy.ini",
    ".isort.cfg",
    "pyrightconfig.json",
    "tslint.json",
    "biome.json",
    "biome.jsonc",
    ".golangci.yml",
    ".golangci.yaml",
    "checkstyle.xml",
    "pmd.xml",
    "spotbugs.xml",
    "lint.xml",
    "detekt.yml",
    ".rubocop.yml",
    ".clang-format",
    ".clang-tidy",
    ".markdownlint.json",
    ".shellcheckrc",
    ".hadolint.yaml",
];
const LINTER_STARTS: &[&str] = &[
    ".eslintrc",
    "eslint.config.",
    ".prettierrc",
    "prettier.config.",
    ".stylelintrc",
    "stylelint.config.",
];
const CONFIGURATION_STARTS: &[&str] =
    &[".env.", "application.", "appsettings", "config.", "settings.", "application-"];
const CONFIGURATION_ENDINGS: &[&str] = &[
    "yml",
    "yaml",
    "toml",
    "json",
    "ini",
    "properties",
    "py",
    "ts",
    "js",
    "rs",
    "go",
    "example",
    "sample",
    "template",
    "cfg",
    "conf",
];
/// Documents in their order of weight.
const DOCUMENTS: &[&str] = &[
    "readme",
    "architecture",
    "contributing",
    "changelog",
    "changes",
    "security",
    "code_of_conduct",
];

/// What surrounds the code of these files.
pub(super) fn practices(files: &[File]) -> Practices {
    let of = |rank: fn(&File, &str, &str) -> Option<usize>| chosen(files, rank);
    Practices {
        tests: of(|file, _, _| (file.role == Role::Test && file.code > 0).then_some(0)),
        ci: of(ci),
        documentation: of(documentation),
        containers: of(containers),
        linters: of(linters),
        configuration: of(configuration),
        licences: of(|_, _, name| is_licence(name).then_some(0)),
        licence: None,
    }
}

/// The paths of a kind: by rank, then by depth, then by name.
fn chosen(files: &[File], rank: fn(&File, &str, &str) -> Option<usize>) -> Vec<String> {
    let mut found: Vec<(usize, usize, &str)> = Vec::new();
    for file in files {
        let path = file.path.to_ascii_lowercase();
        let name = path.rsplit_once('/').map_or(&*path, |(_, name)| name);
        if let Some(rank) = rank(file, &path, name) {
            found.push((rank, file.path.matches('/').count(), &file.path));
        }
    }
    found.sort_unstable();
    found.into_iter().take(OF_A_KIND_MAX).map(|(_, _, path)| path.to_owned()).collect()
}

fn ci(_: &File, path: &str, name: &str) -> Option<usize> {
    let is_so =
        CI_FILES.contains(&path) || CI_FOLDERS.iter().any(|folder| path.starts_with(folder));
    (is_so && !name.ends_with(".md")).then_some(0)
}

fn documentation(file: &File, path: &str, name: &str) -> Option<usize> {
    if file.role != Role::Documentation || is_licence(name) {
        return None;
    }
    let rank = DOCUMENTS.iter().position(|known| name.starts_with(known));
    match rank {
        Some(rank) if !path.contains('/') => Some(rank),
        Some(_) => Some(DOCUMENTS.len() + 1),
        None => Some(DOCUMENTS.len()),
    }
}

fn containers(file: &File, path: &str, name: &str) -> Option<usize> {
    let is_compose = name.starts_with("docker-compose") || name.starts_with("compose.y");
    let is_image = name.starts_with("dockerfile") || name.ends_with(".dockerfile");
    let is_known = CONTAINER_NAMES.contains(&name);
    let is_in = path.split('/').any(|folder| CONTAINER_FOLDERS.contains(&folder) && folder != name);
    let is_settings = file.role == Role::Configuration || name.ends_with(".tpl");
    match (is_image, is_compose || is_known, is_in && is_settings) {
        (true, ..) => Some(0),
        (_, true, _) => Some(1),
        (.., true) => Some(2),
        _ => None,
    }
}

fn linters(_: &File, _: &str, name: &str) -> Option<usize> {
    let is_so =
        LINTERS.contains(&name) || LINTER_STARTS.iter().any(|start| name.starts_with(start));
    is_so.then_some(0)
}

fn configuration(file: &File, path: &str, name: &str) -> Option<usize> {
    if matches!(file.role, Role::Test | Role::Example | Role::Documentation | Role::Generated)
        || path.starts_with(".github/")
    {
        return None;
    }
    if name.starts_with(".env.") || name == "env.example" {
        return Some(0);
    }
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_named = CONFIGURATION_STARTS.iter().any(|start| name.starts_with(start));
    (is_named && CONFIGURATION_ENDINGS.contains(&extension)).then_some(1)
}

/// Whether it is a licence of the whole repository.
pub(super) fn is_licence_at_root(path: &str) -> bool {
    !path.contains('/') && is_licence(&path.to_ascii_lowercase())
}

fn is_licence(name: &str) -> bool {
    let stem = name.split(['.', '-', '_']).next().unwrap_or_default();
    ["license", "licence", "copying", "unlicense"].contains(&stem)
        && code::Language::from_tag(name.rsplit_once('.').map_or("", |(_, end)| end)).is_none()
}

/// Marks of licences' texts, the more special before the more general.
const LICENCES: &[(&str, &str)] = &[
    ("gnu affero general public license", "AGPL-3.0"),
    ("gnu lesser general public license", "LGPL"),
    ("gnu general public license version 2", "GPL-2.0"),
    ("gnu general public license version 3", "GPL-3.0"),
    ("gnu general public license", "GPL"),
    ("mozilla public license version 2.0", "MPL-2.0"),
    ("mozilla public license, version 2.0", "MPL-2.0"),
    ("apache license version 2.0", "Apache-2.0"),
    ("eclipse public license", "EPL"),
    ("boost software license", "BSL-1.0"),
    ("creative commons", "Creative Commons"),
    ("this is free and unencumbered software released into the public domain", "Unlicense"),
    ("permission is hereby granted, free of charge", "MIT"),
    ("permission to use, copy, modify, and/or distribute this software", "ISC"),
    ("neither the name of", "BSD-3-Clause"),
    ("redistribution and use in source and binary forms", "BSD-2-Clause"),
    ("zlib license", "Zlib"),
];
/// Characters of a licence's text that are looked at.
const LICENCE_CHARS: usize = 4000;

/// The usual name of a licence, by its text.
pub(super) fn licence(text: &str) -> Option<&'static str> {
    let head: String = text.chars().take(LICENCE_CHARS).collect();
    let words: Vec<&str> = head.split_whitespace().collect();
    let text = words.join(" ").to_ascii_lowercase().replace("license, version", "license version");
    LICENCES.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, role: Role) -> File {
        File { path: path.to_owned(), role, code: 1, ..File::default() }
    }

    #[test]
    fn what_surrounds_the_code_is_told_the_most_telling_first() {
        let files = [
            file(".env.example", Role::Configuration),
            file(".github/workflows/ci.yml", Role::Configuration),
            file("Dockerfile", Role::Configuration),
            file("LICENSE-MIT", Role::Documentation),
            file("README.md", Role::Documentation),
            file("docs/guide.md", Role::Documentation),
            file("eslint.config.js", Role::Configuration),
            file("src/a.rs", Role::Source),
            file("src/license.rs", Role::Source),
            file("tests/a.rs", Role::Test),
        ];
        let found = practices(&files);
        assert_eq!(found.documentation, ["README.md", "docs/guide.md"]);
        assert_eq!(
            (found.tests, found.ci),
            (vec!["tests/a.rs".into()], vec![".github/workflows/ci.yml".into()])
        );
        assert_eq!(
            (found.containers, found.licences),
            (vec!["Dockerfile".into()], vec!["LICENSE-MIT".into()])
        );
        assert_eq!(
            (found.linters, found.configuration),
            (vec!["eslint.config.js".into()], vec![".env.example".into()])
        );
    }

    #[test]
    fn licences_are_known_by_their_text() {
        let table = [
            ("Permission is hereby granted, free of\ncharge, to any", Some("MIT")),
            (
                "                      Apache License\n   Version 2.0, January 2004",
                Some("Apache-2.0"),
            ),
            ("GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June", Some("GPL-3.0")),
            (
                "Redistribution and use in source and binary forms ... Neither the name of X",
                Some("BSD-3-Clause"),
            ),
            ("All rights reserved.", None),
        ];
        for (text, name) in table {
            assert_eq!(licence(text), name, "{text}");
        }
    }
}

//! `pom.xml`, `build.gradle`, `build.gradle.kts` and version catalogues.
//!
//! **Pitfalls.** Gradle's files are programs: only dependencies that are written out are seen.

use super::spans::{Document, version};
use super::{Found, without_user};

/// Reads a `pom.xml` tag by tag; attributes, comments and what is not closed are passed over.
pub(super) fn pom(text: &str) -> Found {
    let mut found = Found::default();
    let mut open: Vec<&str> = Vec::new();
    let mut needed = Needed::default();
    let mut line = 1;
    for (index, part) in text.split('<').enumerate() {
        let (tag, content) = part.split_once('>').unwrap_or((part, ""));
        let name = tag.split_whitespace().next().unwrap_or_default().trim_end_matches('/');
        if index > 0 && tag.starts_with('/') {
            let closed = name.trim_start_matches('/');
            if closed == "dependency" && is_own(&open) {
                needed.give(&mut found);
            }
            if let Some(at) = open.iter().rposition(|known| *known == closed) {
                open.truncate(at);
            }
        } else if index > 0
            && !tag.starts_with(['!', '?'])
            && !tag.ends_with('/')
            && open.len() < 64
        {
            open.push(name);
            needed.see(&open, content.trim(), line, &mut found);
        }
        line += part.bytes().filter(|byte| *byte == b'\n').count();
    }
    found
}

/// Whether an open dependency is one of the package, not of a plugin.
fn is_own(open: &[&str]) -> bool {
    !open.contains(&"plugin") && open.contains(&"dependencies")
}

/// A dependency of Maven's that is being read.
#[derive(Default)]
struct Needed<'a> {
    group: &'a str,
    artifact: &'a str,
    version: &'a str,
    scope: &'a str,
    line: usize,
}

impl<'a> Needed<'a> {
    fn see(&mut self, open: &[&str], content: &'a str, line: usize, found: &mut Found) {
        match open {
            ["project", "artifactId"] => found.name = Some(content.to_owned()),
            [.., "dependency"] => *self = Self { line, ..Self::default() },
            [.., "dependency", "groupId"] => self.group = content,
            [.., "dependency", "artifactId"] => self.artifact = content,
            [.., "dependency", "version"] => self.version = content,
            [.., "dependency", "scope"] => self.scope = content,
            _ => {}
        }
    }

    fn give(&mut self, found: &mut Found) {
        let Self { group, artifact, version, scope, line } = std::mem::take(self);
        if !artifact.is_empty() {
            let name = format!("{group}:{artifact}");
            found.need(&name, Some(version), line, scope == "test");
        }
    }
}

/// Words of Gradle's that ask for a dependency.
const ASKING: [&str; 12] = [
    "implementation",
    "api",
    "compile",
    "compileOnly",
    "runtimeOnly",
    "annotationProcessor",
    "kapt",
    "ksp",
    "testImplementation",
    "testRuntimeOnly",
    "testCompile",
    "androidTestImplementation",
];

pub(super) fn gradle(text: &str) -> Found {
    let mut found = Found::default();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let word_end = line.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(line.len());
        let (word, rest) = line.split_at(word_end);
        if !ASKING.contains(&word) {
            continue;
        }
        let is_for_development = word.to_ascii_lowercase().contains("test");
        // The first text in quotes is the place: `group:artifact:version`.
        let Some(start) = rest.find(['"', '\'']) else { continue };
        let quoted = rest[start + 1..].split(['"', '\'']).next().unwrap_or_default();
        let place = without_user(quoted);
        let mut parts = place.split(':');
        let (group, artifact) =
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if !group.is_empty() && !artifact.is_empty() {
            let name = format!("{group}:{artifact}");
            found.need(&name, parts.next(), index + 1, is_for_development);
        }
    }
    found
}

/// A version catalogue: `[libraries]` with `module = "group:artifact"`.
pub(super) fn catalogue(text: &str) -> Found {
    let document = Document::read(text);
    let mut found = Found::default();
    for item in document.items(&["libraries"]) {
        let field = |key: &str| item.value.as_table()?.get(key)?.get_ref().as_str();
        let whole = field("module").or_else(|| item.value.as_str()).map(str::to_owned);
        let name = whole.or_else(|| Some(format!("{}:{}", field("group")?, field("name")?)));
        let Some(name) = name else { continue };
        let name = without_user(&name);
        let mut parts = name.splitn(3, ':');
        let (group, artifact) =
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let asked = parts.next().or_else(|| version(item.value).filter(|text| !text.contains(':')));
        found.need(&format!("{group}:{artifact}"), asked, item.line, false);
    }
    found
}

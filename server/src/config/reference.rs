//! `docs/configuration.md`, written from the definitions.

use std::fmt::Write;

use super::limits::Application;
use super::reader::{Entry, Reader, SectionAbout};
use super::{Config, Layers, layers};

/// The page up to the first section.
const HEAD: &str = "\
# Configuration

<!-- Generated from server/src/config; write it anew with `UPDATE=1 cargo test -p server reference`. -->

What the server can be told, in layers of which a later one wins:

1. the defaults on this page;
2. a file: the one `--config` names, else `quintet.toml` in the working directory, if it is there;
3. the environment;
4. flags: `--listen` (`server.listen`) and `--data-dir` (`server.data_dir`).

`quintet check-config` prints what is in force and where each value comes from, with secrets masked.
A value that is wrong, or a key or `QUINTET_…` variable that does not exist, stops the start; all
that is wrong is told at once, with the key, the value and its place.

**Names.** A key `section.key` stands in the file under `[section]` as `key = …`, and in the
environment as `QUINTET_SECTION__KEY` (two underscores between levels). An environment variable that
is set to nothing counts as not set.

```toml
[server]
listen = \"0.0.0.0:8000\"

[limits.learning]
messages_per_minute = 200
```

**Values.** *Durations* are `500ms`, `30s`, `15m` or `15min`, `1h`, `7d`; a bare number is seconds.
*Sizes* are in bytes. *Lists* are separated by commas, or TOML lists. Limits and durations that can
be off are so with `0` or `off`. Relative paths start at the working directory.
";

/// What stands above the table of the applications' limits.
const LIMITS_HEAD: &str = "\
What one application lets its clients do. Each key exists for each application, as
`limits.<application>.<key>` or `QUINTET_LIMITS__<APPLICATION>__<KEY>`; a minute is a sliding window,
never more than so many in any 60 s. Applications that this version does not have are listed so that
one configuration can serve the next.
";

impl Config {
    /// The reference page of all keys, in Markdown.
    #[must_use]
    pub fn reference() -> String {
        let layers = Layers::default();
        let mut reader = Reader::new(&layers, Vec::new());
        Self::read(&mut reader);
        let mut page = HEAD.to_owned();
        for section in &reader.sections {
            match section.name.strip_prefix("limits.") {
                Some(name) if name == Application::ALL[0].name() => {
                    write_limits(&mut page, &reader.entries);
                }
                Some(name) if Application::ALL.iter().any(|it| it.name() == name) => {}
                _ => write_section(&mut page, section, &reader.entries),
            }
        }
        page
    }
}

/// The keys of a section, without those of sections below it.
fn keys_of<'a>(section: &str, entries: &'a [Entry]) -> impl Iterator<Item = (&'a str, &'a Entry)> {
    entries.iter().filter_map(move |entry| {
        let (of, key) = entry.definition.key.rsplit_once('.')?;
        (of == section).then_some((key, entry))
    })
}

fn write_section(page: &mut String, section: &SectionAbout, entries: &[Entry]) {
    line(page, format_args!("\n## {}\n\n{}\n", section.name, section.doc));
    line(page, format_args!("| key | value | default | what it is |"));
    line(page, format_args!("|---|---|---|---|"));
    for (_, entry) in keys_of(&section.name, entries) {
        let definition = &entry.definition;
        let mut variables = format!("`{}`", layers::variable_of(&definition.key));
        if let Some(alias) = definition.alias {
            let _ = write!(variables, " or `{alias}`");
        }
        let (key, doc) = (&definition.key, &definition.doc);
        let (format, default) = (format_of(entry), shown(&entry.default));
        line(page, format_args!("| `{key}`<br>{variables} | {format} | {default} | {doc} |"));
    }
}

fn write_limits(page: &mut String, entries: &[Entry]) {
    line(page, format_args!("\n## limits.&lt;application&gt;\n\n{LIMITS_HEAD}"));
    let names = Application::ALL.map(Application::name).join(" | ");
    line(page, format_args!("| key | value | {names} | what it is |"));
    line(page, format_args!("|---|---|---|---|---|---|---|---|"));
    let first = format!("limits.{}", Application::ALL[0].name());
    for (key, entry) in keys_of(&first, entries) {
        let defaults = Application::ALL.map(|application| {
            let name = format!("limits.{}.{key}", application.name());
            let found = entries.iter().find(|entry| entry.definition.key == name);
            found.map_or_else(String::new, |entry| shown(&entry.default))
        });
        let (format, defaults, doc) =
            (format_of(entry), defaults.join(" | "), &entry.definition.doc);
        line(page, format_args!("| `{key}` | {format} | {defaults} | {doc} |"));
    }
}

/// How a value is written, and its bounds.
fn format_of(entry: &Entry) -> String {
    entry.definition.range.map_or_else(
        || entry.format.to_owned(),
        |(low, high)| format!("{}; {low} to {high}", entry.format),
    )
}

/// A default as a cell of a table.
fn shown(default: &str) -> String {
    if default == super::value::NONE { "none".to_owned() } else { format!("`{default}`") }
}

fn line(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.push_str(&text.to_string());
    page.push('\n');
}

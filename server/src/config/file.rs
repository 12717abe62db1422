//! Reads `quintet.toml` into keys and texts, each with its line.
//!
//! **Invariants.** Every kind of value becomes the text an operator would write in the environment,
//! so that there is one way to read it; a list becomes its items joined by commas, a list of tables JSON. No error
//! repeats a line of the file: it may hold a secret.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;
use toml::de::{DeInteger, DeTable, DeValue};

use super::fault::Fault;
use super::layers::{Setting, Source};

/// The keys whose value is a list of tables.
const LISTS_OF_TABLES: [&str; 2] = ["deals.routes", "learning.metrics"];

/// The settings of the file at `path`; what is wrong with it is told in `faults`.
pub(super) fn read(path: &Path, faults: &mut Vec<Fault>) -> BTreeMap<String, Setting> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let why = format!("cannot read this configuration file: {error}");
            faults.push(Fault::new(&path.display().to_string(), &why));
            return BTreeMap::new();
        }
    };
    let (table, errors) = DeTable::parse_recoverable(&text);
    let mut reading = Reading { path, text: &text, settings: BTreeMap::new(), faults };
    for error in errors {
        let place = reading.place(error.span().map_or(0, |span| span.start));
        let why = format!("not TOML: {}", error.message());
        reading.faults.push(Fault::new(&place.to_string(), &why));
    }
    reading.read_table("", table.get_ref());
    reading.settings
}

struct Reading<'a> {
    path: &'a Path,
    text: &'a str,
    settings: BTreeMap<String, Setting>,
    faults: &'a mut Vec<Fault>,
}

impl Reading<'_> {
    fn read_table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = format!("{prefix}{}", name.get_ref());
            let source = self.place(name.span().start);
            match value.get_ref() {
                DeValue::Table(inner) => self.read_table(&format!("{key}."), inner),
                value => match text_at(&key, value) {
                    Ok(text) => self.keep(key, Setting { text, source }),
                    Err(why) => self.faults.push(Fault::new(&key, why).from(source)),
                },
            }
        }
    }

    fn keep(&mut self, key: String, setting: Setting) {
        if let Some(earlier) = self.settings.get(&key) {
            let why = format!("set twice, before at {}", earlier.source);
            self.faults.push(Fault::new(&key, &why).from(setting.source));
        } else {
            self.settings.insert(key, setting);
        }
    }

    /// The line that holds the byte at `offset`.
    fn place(&self, offset: usize) -> Source {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Source::File { path: self.path.to_owned(), line }
    }
}

/// The text of the value of `key` as the environment would have it.
fn text_at(key: &str, value: &DeValue<'_>) -> Result<String, &'static str> {
    match value {
        DeValue::Array(items) if LISTS_OF_TABLES.contains(&key) => {
            let objects: Result<Vec<_>, _> =
                items.iter().map(|item| object_of(item.get_ref())).collect();
            objects.map(|objects| Json::Array(objects).to_string())
        }
        value => text_of(value),
    }
}

/// The text of a plain value, or of a list of them.
fn text_of(value: &DeValue<'_>) -> Result<String, &'static str> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => Ok(integer_text(number)),
        DeValue::Float(number) => Ok(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Ok(truth.to_string()),
        DeValue::Datetime(time) => Ok(time.to_string()),
        DeValue::Array(items) => {
            let texts: Result<Vec<_>, _> =
                items.iter().map(|item| item_text(item.get_ref())).collect();
            texts.map(|texts| texts.join(","))
        }
        DeValue::Table(_) => Err("a table where a value is due"),
    }
}

fn object_of(item: &DeValue<'_>) -> Result<Json, &'static str> {
    let DeValue::Table(table) = item else { return Err("this list may hold tables only") };
    let pairs = table.iter().map(|(name, value)| match value.get_ref() {
        DeValue::Table(_) | DeValue::Array(_) => Err("its tables may hold plain values only"),
        value => Ok((name.get_ref().to_string(), Json::String(text_of(value)?))),
    });
    pairs.collect::<Result<_, _>>().map(Json::Object)
}

fn item_text(value: &DeValue<'_>) -> Result<String, &'static str> {
    match value {
        DeValue::Table(_) | DeValue::Array(_) => Err("a list may hold plain values only"),
        value => text_of(value).and_then(|text| match text.contains(',') {
            true => Err("an item of a list must not contain a comma"),
            false => Ok(text),
        }),
    }
}

/// In decimal, without the `_` that TOML allows between digits.
fn integer_text(number: &DeInteger<'_>) -> String {
    let digits = number.as_str().replace('_', "");
    i128::from_str_radix(&digits, number.radix()).map_or(digits, |number| number.to_string())
}

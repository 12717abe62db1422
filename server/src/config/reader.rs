//! Definitions of keys, and what reads them out of the layers.
//!
//! A key is defined where its field is declared, in [`section!`]: name, type, default, bounds and
//! sentence. Parsing, `quintet check-config`, masking, the refusal of unknown keys and
//! `docs/configuration.md` all follow from reading the sections once.
//!
//! **Invariants.** A section asks for all of its keys whatever their values, so that what nobody
//! asked for is unknown. Reading never stops at a fault: a wrong value counts as its default, and
//! all faults are told together.

use std::collections::BTreeSet;

use super::fault::Fault;
use super::layers::{Layers, PREFIX, Setting, Source, variable_of};
use super::secret::MASK;
use super::value::Value;

/// How similar (0 to 1, Jaro-Winkler) a known name must be to be suggested for an unknown one.
const SUGGESTION_SIMILARITY_MIN: f64 = 0.85;

/// One key.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its full name, such as `server.listen`.
    pub key: String,
    /// What it is for, as on the reference page.
    pub doc: String,
    /// Its default as it would be written; empty where nothing stands for "none".
    pub default: &'static str,
    /// The least and the greatest value, as they would be written.
    pub range: Option<(&'static str, &'static str)>,
    /// An environment variable without the prefix that sets it too.
    pub alias: Option<&'static str>,
}

/// A key with the value in force.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What is known of the key.
    pub definition: Definition,
    /// How its value is written.
    pub format: &'static str,
    /// Its default as it is shown.
    pub default: String,
    /// The value in force as it is shown, secrets masked.
    pub value: String,
    /// Where the value comes from.
    pub source: Source,
}

/// A group of keys.
#[derive(Clone, Debug)]
pub struct SectionAbout {
    /// Its name, such as `server`.
    pub name: String,
    /// What it is for, as on the reference page.
    pub doc: String,
}

/// Reads keys and remembers what it read.
pub(super) struct Reader<'a> {
    layers: &'a Layers,
    pub(super) sections: Vec<SectionAbout>,
    pub(super) entries: Vec<Entry>,
    pub(super) faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(layers: &'a Layers, faults: Vec<Fault>) -> Self {
        Self { layers, sections: Vec::new(), entries: Vec::new(), faults }
    }

    /// Begins a section.
    pub(super) fn open(&mut self, name: &str, doc: &str) {
        self.sections.push(SectionAbout { name: name.to_owned(), doc: doc.trim().to_owned() });
    }

    /// The value of a key; its default where the value is wrong.
    pub(super) fn get<T: Value>(&mut self, definition: Definition) -> T {
        self.get_if(definition, |_| Ok(()))
    }

    /// As [`Reader::get`], for a key whose definition has a range.
    pub(super) fn get_within<T: Value + PartialOrd>(&mut self, definition: Definition) -> T {
        let (low, high) = definition.range.expect("a key that is read within a range names it");
        let allowed = literal::<T>(low)..=literal::<T>(high);
        self.get_if(definition, |value| match allowed.contains(value) {
            true => Ok(()),
            false => Err(format!("must be from {low} to {high}")),
        })
    }

    fn get_if<T: Value>(
        &mut self,
        definition: Definition,
        check: impl Fn(&T) -> Result<(), String>,
    ) -> T {
        let default = literal::<T>(definition.default);
        let shown_default = default.show();
        let setting = self.layers.find(&definition.key, definition.alias);
        let source = setting.as_ref().map_or(Source::Default, |setting| setting.source.clone());
        let value = match setting {
            None => default,
            Some(Setting { text, source }) => {
                let text = text.trim();
                let parsed = T::parse(text).and_then(|value| check(&value).map(|()| value));
                parsed.unwrap_or_else(|why| {
                    let fault = Fault::new(&definition.key, &why).value(T::mask(text)).from(source);
                    self.faults.push(fault);
                    default
                })
            }
        };
        self.entries.push(Entry {
            definition,
            format: T::FORMAT,
            default: shown_default,
            value: value.show(),
            source,
        });
        value
    }

    /// Tells that `key` cannot be as it is, for a reason that takes more than its own value to see.
    pub(super) fn refuse(&mut self, key: &str, why: &str) {
        let fault = Fault::new(key, why);
        let entry = self.entries.iter().find(|entry| entry.definition.key == key);
        self.faults.push(match entry {
            Some(entry) => fault.value(entry.value.clone()).from(entry.source.clone()),
            None => fault,
        });
    }

    /// Where the value of `key` comes from.
    pub(super) fn source(&self, key: &str) -> Source {
        let entry = self.entries.iter().find(|entry| entry.definition.key == key);
        entry.map_or(Source::Default, |entry| entry.source.clone())
    }

    /// Tells of everything that was written and that no section asked for, and of keys that two
    /// environment variables set to different values.
    pub(super) fn refuse_unknown(&mut self) {
        let keys: BTreeSet<String> =
            self.entries.iter().map(|entry| entry.definition.key.clone()).collect();
        let variables: BTreeSet<String> = keys.iter().map(|key| variable_of(key)).collect();
        for (key, setting) in &self.layers.file {
            if !keys.contains(key) {
                let fault = unknown(key, setting.text.as_str(), &keys).from(setting.source.clone());
                self.faults.push(fault);
            }
        }
        for (name, text) in &self.layers.environment {
            if name.starts_with(PREFIX) && !variables.contains(name) {
                let source = Source::Environment(name.clone());
                self.faults.push(unknown(name, text, &variables).from(source));
            }
        }
        self.refuse_contradictions();
    }

    fn refuse_contradictions(&mut self) {
        let environment = &self.layers.environment;
        for Entry { definition, value, .. } in &self.entries {
            let Some(alias) = definition.alias else { continue };
            let variable = variable_of(&definition.key);
            let both = environment.get(alias).zip(environment.get(&variable));
            if both.is_some_and(|(one, other)| one != other) {
                let why = format!("{alias} and {variable} say different things: set one of them");
                let fault = Fault::new(&definition.key, &why).value(value.clone());
                self.faults.push(fault.from(Source::Environment(alias.to_owned())));
            }
        }
    }
}

/// Reads a text of a definition.
fn literal<T: Value>(text: &str) -> T {
    T::parse(text).expect("defaults and ranges of the definitions are valid")
}

/// An unknown name, with the known one it resembles most; its value is masked where either name
/// speaks of a secret.
fn unknown(name: &str, text: &str, known: &BTreeSet<String>) -> Fault {
    let similarity =
        |other: &&String| strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase());
    let nearest = known.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
    let nearest = nearest.filter(|other| similarity(other) >= SUGGESTION_SIMILARITY_MIN);
    let why = nearest.map_or_else(
        || "no such key".to_owned(),
        |other| format!("no such key; did you mean {other}?"),
    );
    let secret =
        [Some(name), nearest.map(String::as_str)].into_iter().flatten().any(is_secret_name);
    let shown = if secret { MASK.to_owned() } else { super::network::mask_url(text) };
    Fault::new(name, &why).value(shown)
}

/// Whether a name is one that secrets go by.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    ["secret", "key", "token", "password", "jwt", "auth"].iter().any(|word| name.contains(word))
}

/// Declares a section: a struct with a field for each key, and `read`, which reads it.
///
/// `= "…"` is the default as it would be written, `within "…" to "…"` the bounds, `alias "…"` an
/// environment variable without prefix. A section that is read for several owners names what tells
/// them apart: `struct Limits(application: Application)`.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        pub struct $name:ident $(($context:ident: $context_type:ty))? {
            $(
                $(#[doc = $doc:literal])+
                $field:ident: $type:ty = $default:expr
                    $(, within $low:literal to $high:literal)?
                    $(, alias $alias:literal)?;
            )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: $type,)+
        }

        impl $name {
            /// Reads the section called `name`.
            pub(super) fn read(
                reader: &mut $crate::config::reader::Reader<'_>,
                name: &str,
                $($context: $context_type,)?
            ) -> Self {
                reader.open(name, concat!($($about),+));
                Self {
                    $($field: $crate::config::reader::section!(@get reader [$($low, $high)?] {
                        $crate::config::reader::Definition {
                            key: format!("{name}.{}", stringify!($field)),
                            doc: concat!($($doc),+).trim().to_owned(),
                            default: $default,
                            range: $crate::config::reader::section!(@range $($low, $high)?),
                            alias: $crate::config::reader::section!(@alias $($alias)?),
                        }
                    }),)+
                }
            }
        }
    };
    (@get $reader:ident [] $definition:block) => { $reader.get($definition) };
    (@get $reader:ident [$low:literal, $high:literal] $definition:block) => {
        $reader.get_within($definition)
    };
    (@range) => { None };
    (@range $low:literal, $high:literal) => { Some(($low, $high)) };
    (@alias) => { None };
    (@alias $alias:literal) => { Some($alias) };
}
pub(super) use section;

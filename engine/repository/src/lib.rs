//! Reads a repository: where it may come from, how it is fetched, what is in it.

mod address;
mod facts;
mod fetch;
mod proxy;
mod source;
mod survey;
mod tree;

pub use facts::{
    Author, Dependency, EntryPoint, Facts, File, Framework, History, HotFile, Import, Language,
    Link, Manifest, Module, Practices, Role, Skipped,
};
pub use fetch::{FetchError, fetch, fetch_resolving};
pub use proxy::Resolver;
pub use source::{BadEntry, HOSTS, Refused, Source, Sources, URL_BYTES_MAX};
pub use survey::{SurveyOptions, survey, survey_until};
pub use tree::{Tree, TreeError};

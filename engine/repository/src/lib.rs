//! Reads a repository: where it may come from, how it is fetched, what is in it.

mod facts;

pub use facts::{
    Author, Dependency, EntryPoint, Facts, File, Framework, History, HotFile, Import, Language,
    Link, Manifest, Module, Practices, Role, Skipped,
};

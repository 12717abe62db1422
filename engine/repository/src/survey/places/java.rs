//! Java: names of types and packages to files.

use std::collections::BTreeMap;

use super::split;

/// Java's files, ordered by their paths read from the end, so that those that end alike stand together.
pub(super) struct Types<'a> {
    files: Vec<&'a str>,
    /// Folders with the first source in each.
    folders: Vec<(&'a str, &'a str)>,
}

impl<'a> Types<'a> {
    /// Takes the Java files among `files`, and the folders among those of `sources` that hold any.
    pub(super) fn new(
        files: impl Iterator<Item = &'a str>,
        sources: &BTreeMap<&'a str, Vec<&'a str>>,
    ) -> Self {
        let mut files: Vec<&str> = files.filter(|path| path.ends_with(".java")).collect();
        files.sort_by(|one, other| one.rsplit('/').cmp(other.rsplit('/')));
        let first =
            |paths: &Vec<&'a str>| paths.iter().copied().find(|path| path.ends_with(".java"));
        let of_java = sources.iter().filter_map(|(folder, paths)| Some((*folder, first(paths)?)));
        let mut folders: Vec<(&str, &str)> = of_java.collect();
        folders.sort_by(|(one, _), (other, _)| one.rsplit('/').cmp(other.rsplit('/')));
        Self { files, folders }
    }

    /// The file of the longest part of the name that is a type; for `a.b.*` the first of the folder.
    pub(super) fn target(&self, name: &str) -> Option<String> {
        let (name, is_all) = name.strip_suffix(".*").map_or((name, false), |name| (name, true));
        let place = name.replace('.', "/");
        let mut part = &*place;
        while !part.is_empty() {
            if let Some(path) = self.file(part) {
                return Some(path.to_owned());
            }
            part = split(part).0;
        }
        let at =
            self.folders.partition_point(|(folder, _)| folder.rsplit('/').lt(place.rsplit('/')));
        let (folder, path) = self.folders.get(at).filter(|_| is_all)?;
        ends_with(folder, &place).then(|| (*path).to_owned())
    }

    /// The first file at whose path's end a type stands.
    fn file(&self, place: &str) -> Option<&'a str> {
        let end = format!("{place}.java");
        let at = self.files.partition_point(|path| path.rsplit('/').lt(end.rsplit('/')));
        self.files.get(at).copied().filter(|path| ends_with(path, &end))
    }
}

/// Whether the last segments of a path are these.
fn ends_with(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|above| above.is_empty() || above.ends_with('/'))
}

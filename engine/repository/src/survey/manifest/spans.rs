//! TOML with the lines on which things stand.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::lines::Lines;

/// A document of TOML.
pub(super) struct Document<'a> {
    lines: Lines,
    root: DeTable<'a>,
}

/// A key of a table, its line, and its value.
pub(super) struct Item<'d> {
    pub(super) key: &'d str,
    pub(super) line: usize,
    pub(super) value: &'d DeValue<'d>,
}

impl<'a> Document<'a> {
    /// Reads `text`; what cannot be read is left out.
    pub(super) fn read(text: &'a str) -> Self {
        let (root, _) = DeTable::parse_recoverable(text);
        Self { lines: Lines::new(text), root: root.into_inner() }
    }

    /// The table at a path of keys.
    pub(super) fn table(&self, path: &[&str]) -> Option<&DeTable<'a>> {
        path.iter().try_fold(&self.root, |table, key| {
            table.get(*key).and_then(|value| value.get_ref().as_table())
        })
    }

    /// The text at a path of keys.
    pub(super) fn text(&self, path: &[&str]) -> Option<&str> {
        let (last, above) = path.split_last()?;
        self.table(above)?.get(*last)?.get_ref().as_str()
    }

    /// The items of the table at a path of keys, in no order that matters.
    pub(super) fn items(&self, path: &[&str]) -> Vec<Item<'_>> {
        self.table(path).map(|table| self.items_of(table)).unwrap_or_default()
    }

    pub(super) fn items_of<'d>(&self, table: &'d DeTable<'a>) -> Vec<Item<'d>> {
        let item = |(key, value): (&'d Spanned<_>, &'d Spanned<DeValue<'a>>)| Item {
            key: AsRef::<std::borrow::Cow<'_, str>>::as_ref(key).as_ref(),
            line: self.lines.of(key.span().start),
            value: value.get_ref(),
        };
        table.iter().map(item).collect()
    }

    /// The texts of the array at a path of keys, with their lines.
    pub(super) fn texts(&self, path: &[&str]) -> Vec<(usize, &str)> {
        let Some((last, above)) = path.split_last() else { return Vec::new() };
        let array = self.table(above).and_then(|table| table.get(*last)?.get_ref().as_array());
        let values = array.into_iter().flat_map(|array| array.iter());
        values
            .filter_map(|value| {
                Some((self.lines.of(value.span().start), value.get_ref().as_str()?))
            })
            .collect()
    }

    /// The tables of the array of tables at `key`, with their lines.
    pub(super) fn tables(&self, key: &str) -> Vec<(usize, &DeTable<'a>)> {
        let array = self.root.get(key).and_then(|value| value.get_ref().as_array());
        let values = array.into_iter().flat_map(|array| array.iter());
        values
            .filter_map(|value| {
                Some((self.lines.of(value.span().start), value.get_ref().as_table()?))
            })
            .collect()
    }
}

/// The version that a dependency's value asks for: a text, or the `version` of a table.
pub(super) fn version<'d>(value: &'d DeValue<'_>) -> Option<&'d str> {
    let inner = || value.as_table()?.get("version")?.get_ref().as_str();
    value.as_str().or_else(inner)
}

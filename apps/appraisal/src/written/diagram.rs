//! Draws a Mermaid flowchart of the parts that a model names.
//!
//! **Invariant.** What is drawn parses: labels stand in quotation marks and hold only letters, digits, spaces
//! and a few harmless signs; ids are ours.
//!
//! **Bounds.** [`COMPONENTS_MAX`] parts, [`CONNECTIONS_MAX`] connections, labels of [`LABEL_CHARS_MAX`].

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Deserialize;

/// Parts of a diagram.
pub(super) const COMPONENTS_MAX: usize = 25;
/// Connections of a diagram.
const CONNECTIONS_MAX: usize = 60;
/// Characters of a label.
const LABEL_CHARS_MAX: usize = 60;
/// Parts from which on there is something to draw.
const COMPONENTS_MIN: usize = 2;

/// A part of the repository.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Component {
    /// Its name, a few words, unlike the others'.
    pub(super) name: String,
    /// Where it is.
    pub(super) file_references: Vec<String>,
}

/// A connection of two parts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Connection {
    /// The name of the part that uses the other.
    pub(super) from: String,
    /// The name of the part that is used.
    pub(super) to: String,
    /// What for, in one to three words; may be empty.
    pub(super) label: String,
}

/// The flowchart; `None` where there are too few parts for one.
pub(super) fn draw(components: &[Component], connections: &[Connection]) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for component in components.iter().take(COMPONENTS_MAX) {
        let name = label(&component.name);
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    if names.len() < COMPONENTS_MIN {
        return None;
    }
    let mut drawn = "flowchart TD\n".to_owned();
    let mut line = |line: std::fmt::Arguments<'_>| {
        writeln!(drawn, "    {line}").expect("writing to a string cannot fail");
    };
    for (id, name) in names.iter().enumerate() {
        line(format_args!("c{id}[\"{name}\"]"));
    }
    let id = |name: &str| names.iter().position(|it| *it == label(name));
    for connection in connections.iter().take(CONNECTIONS_MAX) {
        let (Some(from), Some(to)) = (id(&connection.from), id(&connection.to)) else { continue };
        match label(&connection.label).as_str() {
            "" => line(format_args!("c{from} --> c{to}")),
            label => line(format_args!("c{from} -->|\"{label}\"| c{to}")),
        }
    }
    Some(drawn)
}

/// What of a text may stand in a label.
fn label(text: &str) -> String {
    let harmless = |it: char| it.is_alphanumeric() || "-_./,:+'".contains(it);
    let text: String = text.chars().map(|it| if harmless(it) { it } else { ' ' }).collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(LABEL_CHARS_MAX).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(name: &str) -> Component {
        Component { name: name.to_owned(), file_references: Vec::new() }
    }

    fn connection(from: &str, to: &str, label: &str) -> Connection {
        let [from, to, label] = [from, to, label].map(str::to_owned);
        Connection { from, to, label }
    }

    #[test]
    fn labels_cannot_leave_their_quotation_marks() {
        let hostile = "x\"] --> y; click c0 \"javascript:alert(1)\"\n%%{init: {}}%% #quot;`<b>";
        let drawn = draw(
            &[component(hostile), component("Store"), component("Store")],
            &[
                connection(hostile, "Store", "a\"|b"),
                connection("Store", "nowhere", "x"),
                connection("Store", hostile, ""),
            ],
        );
        let name = "x -- y click c0 javascript:alert 1 init: quot b";
        let expected = format!(
            "flowchart TD\n    c0[\"{name}\"]\n    c1[\"Store\"]\n    c0 -->|\"a b\"| c1\n    c1 --> c0\n"
        );
        assert_eq!(drawn, Some(expected));
        assert_eq!(draw(&[component("one")], &[]), None);
    }
}

//! Checks a model's answer against the schema of the type it is to become.
//!
//! **Invariants.** A schema with a keyword that is not checked is refused, so none is passed over
//! in silence. What is said of a misfit names places and bounds, nothing of the answer.

use std::fmt;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::ModelError;

/// Keywords that say something to readers only.
const NOTES: &[&str] =
    &["$schema", "$defs", "title", "description", "default", "examples", "format", "deprecated"];
/// Keywords that are checked.
const CHECKED: &[&str] = &[
    "$ref",
    "type",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "allOf",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
];
/// How deep an answer may nest.
const DEPTH_MAX: usize = 32;

/// The schema of a type.
#[derive(Debug)]
pub(crate) struct Schema {
    root: Value,
    name: String,
}

impl Schema {
    /// The schema of `T`.
    pub(crate) fn of<T: JsonSchema>() -> Result<Self, ModelError> {
        let root = schemars::SchemaGenerator::default().into_root_schema_for::<T>().to_value();
        let name = T::schema_name().chars().filter(char::is_ascii_alphanumeric).take(64).collect();
        known(&root)?;
        Ok(Self { root, name })
    }

    /// How the API asks for answers of this schema.
    pub(crate) fn response_format(&self) -> Value {
        let schema = serde_json::json!({ "name": self.name, "schema": self.root });
        serde_json::json!({ "type": "json_schema", "json_schema": schema })
    }

    /// Reads an answer: JSON alone, or in a fence, or with words around it.
    pub(crate) fn read<T: DeserializeOwned>(&self, answer: &str) -> Result<T, String> {
        let value = json_in(answer).ok_or_else(|| "it is not JSON".to_owned())?;
        self.check(&self.root, &value, &Place { above: None, step: "", depth: 0 })?;
        serde_json::from_value(value).map_err(|_| "it does not have the right fields".to_owned())
    }

    fn check(&self, schema: &Value, value: &Value, at: &Place<'_>) -> Result<(), String> {
        let rules = match schema {
            Value::Bool(true) => return Ok(()),
            Value::Object(rules) if at.depth <= DEPTH_MAX => rules,
            Value::Object(_) => return Err(at.must("nest less deeply")),
            _ => return Err(at.must("not be there")),
        };
        for (keyword, rule) in rules {
            self.check_rule(keyword, rule, rules, value, at)?;
        }
        Ok(())
    }

    fn check_rule(
        &self,
        keyword: &str,
        rule: &Value,
        rules: &Map<String, Value>,
        value: &Value,
        at: &Place<'_>,
    ) -> Result<(), String> {
        let fits = |schema: &Value| self.check(schema, value, at).is_ok();
        let each = || rule.as_array().into_iter().flatten();
        let ensure = |holds: bool, what: &str| if holds { Ok(()) } else { Err(at.must(what)) };
        match keyword {
            "$ref" => self.check(self.resolve(rule), value, at),
            "type" => ensure(is_of(rule, value), &format!("be of type {rule}")),
            "enum" => ensure(each().any(|one| one == value), &format!("be one of {rule}")),
            "const" => ensure(rule == value, &format!("be {rule}")),
            "anyOf" => ensure(each().any(fits), "fit one of its forms"),
            "oneOf" => {
                let count = each().filter(|schema| fits(schema)).count();
                ensure(count == 1, "fit exactly one of its forms")
            }
            "allOf" => each().try_for_each(|schema| self.check(schema, value, at)),
            "properties" | "required" | "additionalProperties" => match value.as_object() {
                Some(fields) => self.check_fields(keyword, rule, rules, fields, at),
                None => Ok(()),
            },
            "items" => {
                let mut items = value.as_array().into_iter().flatten();
                items.try_for_each(|item| self.check(rule, item, &at.below("[]")))
            }
            _ => check_bound(keyword, rule, value, at),
        }
    }

    fn check_fields(
        &self,
        keyword: &str,
        rule: &Value,
        rules: &Map<String, Value>,
        fields: &Map<String, Value>,
        at: &Place<'_>,
    ) -> Result<(), String> {
        let known = rules.get("properties").and_then(Value::as_object);
        match keyword {
            "properties" => {
                for (name, schema) in known.into_iter().flatten() {
                    let Some(value) = fields.get(name) else { continue };
                    self.check(schema, value, &at.below(name))?;
                }
            }
            "required" => {
                let names = rule.as_array().into_iter().flatten().filter_map(Value::as_str);
                if let Some(missing) = names.into_iter().find(|name| !fields.contains_key(*name)) {
                    return Err(at.below(missing).must("be there"));
                }
            }
            _ => {
                let is_known = |name: &str| known.is_some_and(|known| known.contains_key(name));
                for (_, value) in fields.iter().filter(|(name, _)| !is_known(name)) {
                    self.check(rule, value, &at.below("(another field)"))?;
                }
            }
        }
        Ok(())
    }

    fn resolve(&self, reference: &Value) -> &Value {
        let path = reference.as_str().and_then(|path| path.strip_prefix('#')).unwrap_or("/");
        self.root.pointer(path).unwrap_or(&Value::Null)
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

/// Where in an answer a check looks.
struct Place<'a> {
    above: Option<&'a Place<'a>>,
    step: &'a str,
    depth: usize,
}

impl<'a> Place<'a> {
    fn below(&'a self, step: &'a str) -> Self {
        Self { above: Some(self), step, depth: self.depth + 1 }
    }

    fn must(&self, what: &str) -> String {
        format!("{} must {what}", self.path())
    }

    fn path(&self) -> String {
        match self.above {
            None => "the value".to_owned(),
            Some(above) if above.above.is_none() => self.step.to_owned(),
            Some(above) => format!("{}.{}", above.path(), self.step),
        }
    }
}

/// Refuses a schema with keywords that would not be checked.
fn known(schema: &Value) -> Result<(), ModelError> {
    let Value::Object(rules) = schema else { return Ok(()) };
    for (keyword, rule) in rules {
        let keyword = keyword.as_str();
        if !NOTES.contains(&keyword) && !CHECKED.contains(&keyword) {
            return Err(ModelError::Schema(keyword.to_owned()));
        }
        match (keyword, rule) {
            ("properties" | "$defs", Value::Object(parts)) => parts.values().try_for_each(known)?,
            ("anyOf" | "oneOf" | "allOf", Value::Array(parts)) => {
                parts.iter().try_for_each(known)?
            }
            ("items" | "additionalProperties", part) => known(part)?,
            _ => {}
        }
    }
    Ok(())
}

fn is_of(kinds: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str().unwrap_or_default() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => false,
    };
    kinds.as_array().map_or_else(|| is(kinds), |kinds| kinds.iter().any(is))
}

/// Checks a bound of a number, a text's characters or a list's items.
fn check_bound(keyword: &str, rule: &Value, value: &Value, at: &Place<'_>) -> Result<(), String> {
    let Some(bound) = rule.as_f64() else { return Ok(()) };
    let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let chars = value.as_str().map(|text| count(text.chars().count()));
    let items = value.as_array().map(|items| count(items.len()));
    let number = value.as_f64();
    let (measured, what) = match keyword {
        "minLength" => (chars.map(|chars| chars >= bound), "have at least, in characters,"),
        "maxLength" => (chars.map(|chars| chars <= bound), "have at most, in characters,"),
        "minItems" => (items.map(|items| items >= bound), "have at least, in items,"),
        "maxItems" => (items.map(|items| items <= bound), "have at most, in items,"),
        "minimum" => (number.map(|number| number >= bound), "be at least"),
        "maximum" => (number.map(|number| number <= bound), "be at most"),
        "exclusiveMinimum" => (number.map(|number| number > bound), "be above"),
        "exclusiveMaximum" => (number.map(|number| number < bound), "be below"),
        _ => (None, ""),
    };
    if measured.unwrap_or(true) { Ok(()) } else { Err(at.must(&format!("{what} {rule}"))) }
}

/// The JSON in a text: all of it, or what lies between the first and the last bracket.
fn json_in(text: &str) -> Option<Value> {
    let text = text.trim();
    serde_json::from_str(text).ok().or_else(|| {
        let start = text.find(['{', '['])?;
        let end = text.rfind(['}', ']'])?;
        serde_json::from_str(text.get(start..=end)?).ok()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Score {
        #[schemars(range(min = 0, max = 100))]
        value: u8,
        #[schemars(length(min = 1, max = 5))]
        reason: String,
        verdict: Verdict,
        #[schemars(length(max = 2))]
        notes: Vec<Note>,
        extra: Option<f64>,
    }

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Verdict {
        Pass,
        Fail,
    }

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    struct Note {
        line: i32,
    }

    fn read(answer: &str) -> Result<Score, String> {
        Schema::of::<Score>().unwrap().read(answer)
    }

    fn fault(change: impl FnOnce(&mut Value)) -> String {
        let mut answer = serde_json::json!(
            { "value": 7, "reason": "why", "verdict": "pass", "notes": [{ "line": 1 }] }
        );
        change(&mut answer);
        read(&answer.to_string()).map(|_| ()).unwrap_err()
    }

    #[test]
    fn what_fits_is_read_alone_in_a_fence_or_among_words() {
        let json =
            r#"{"value": 7, "reason": "why", "verdict": "pass", "notes": [], "extra": null}"#;
        let notes = Vec::new();
        let expected = Score {
            value: 7,
            reason: "why".to_owned(),
            verdict: Verdict::Pass,
            notes,
            extra: None,
        };
        assert_eq!(read(json).as_ref(), Ok(&expected));
        assert_eq!(read(&format!("```json\n{json}\n```")).as_ref(), Ok(&expected));
        assert_eq!(read(&format!("Here it is: {json}. Done.")).as_ref(), Ok(&expected));
        assert_eq!(read("no"), Err("it is not JSON".to_owned()));
    }

    #[test]
    fn a_misfit_is_named_by_its_place() {
        assert_eq!(fault(|it| it["value"] = 101.into()), "value must be at most 100");
        assert_eq!(fault(|it| it["value"] = "7".into()), "value must be of type \"integer\"");
        assert_eq!(
            fault(|it| it["reason"] = "".into()),
            "reason must have at least, in characters, 1"
        );
        assert_eq!(
            fault(|it| it["reason"] = "ééééé!".into()),
            "reason must have at most, in characters, 5"
        );
        assert_eq!(
            fault(|it| it["verdict"] = "maybe".into()),
            "verdict must be one of [\"pass\",\"fail\"]"
        );
        assert_eq!(
            fault(|it| it["notes"][0]["line"] = "x".into()),
            "notes.[].line must be of type \"integer\""
        );
        assert_eq!(
            fault(|it| it["notes"] = vec![Value::Null; 3].into()),
            "notes.[] must be of type \"object\""
        );
        assert_eq!(fault(|it| it["other"] = 1.into()), "(another field) must not be there");
        assert_eq!(
            fault(|it| drop(it.as_object_mut().unwrap().remove("notes"))),
            "notes must be there"
        );
    }

    #[test]
    fn schemas_that_would_not_be_checked_are_refused() {
        #[derive(JsonSchema)]
        struct Patterned {
            #[expect(dead_code, reason = "only its schema is looked at")]
            #[schemars(regex(pattern = "^a+$"))]
            text: String,
        }
        let error = Schema::of::<Patterned>().unwrap_err();
        assert!(matches!(error, ModelError::Schema(keyword) if keyword == "pattern"));
        assert!(Schema::of::<BTreeMap<String, Vec<Option<Verdict>>>>().is_ok());
    }
}

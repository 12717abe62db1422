//! An event's arguments, and what stands for its attachments in them.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::packet::Malformed;

/// Arguments of an event.
pub const ARGUMENTS_MAX: usize = 16;
/// Levels of lists and objects in an argument.
pub const DEPTH_MAX: usize = 64;

/// Names that Socket.IO's own libraries give a meaning.
const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// What a client sent.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// Its name; a number that stands for one as it is written.
    pub name: Cow<'a, str>,
    /// What follows the name, at most [`ARGUMENTS_MAX`]. Binary values are placeholders:
    /// [`Event::attachment`].
    pub arguments: Vec<&'a RawValue>,
    /// What came with it.
    pub attachments: Vec<Bytes>,
    /// The number to acknowledge it by, where the client asked for that.
    pub acknowledge: Option<u64>,
}

impl Event<'_> {
    /// The binary value that `value` stands for, where it is a placeholder.
    #[must_use]
    pub fn attachment(&self, value: &RawValue) -> Option<&Bytes> {
        let is_candidate = !self.attachments.is_empty() && value.get().starts_with('{');
        match is_candidate.then(|| inspect(value, Some(self.attachments.len()))) {
            Some(Ok(Seen::Attachment(number))) => self.attachments.get(number),
            _ => None,
        }
    }
}

/// Why a packet's arguments are not handed on, though the packet can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There are more than [`ARGUMENTS_MAX`].
    TooManyArguments,
    /// One of them nests deeper than [`DEPTH_MAX`].
    TooDeep,
    /// One of them is JSON that no value stands for: a number that is too large, half a surrogate pair.
    NoValue,
}

/// The name of an event and its arguments, or what is wrong with them.
pub(crate) type Arguments<'a> = (Cow<'a, str>, Result<Vec<&'a RawValue>, Problem>);

/// Reads an event's data. With attachments, every placeholder has to be one of them.
pub(crate) fn read_event(
    data: &str,
    attachments: Option<usize>,
) -> Result<Arguments<'_>, Malformed> {
    let Listed { mut values, more } = list(data)?;
    if values.is_empty() {
        return Err(Malformed("An event has no name"));
    }
    let name = name(values.remove(0))?;
    if more {
        return Ok((name, Err(Problem::TooManyArguments)));
    }
    for value in &values {
        match inspect(value, attachments) {
            Ok(_) => {}
            Err(Fault::Placeholder) => return Err(Malformed("Illegal attachments")),
            Err(Fault::Problem(problem)) => return Ok((name, Err(problem))),
        }
    }
    Ok((name, Ok(values)))
}

/// Reads what a client brings when it enters a namespace: an object, or nothing.
pub(crate) fn read_auth(data: &str) -> Result<Option<&RawValue>, Malformed> {
    if data.is_empty() {
        return Ok(None);
    }
    let malformed = Malformed("Invalid payload");
    let auth: &RawValue = serde_json::from_str(data).map_err(|_| malformed)?;
    if !auth.get().starts_with('{') || inspect(auth, None).is_err() {
        return Err(malformed);
    }
    Ok(Some(auth))
}

/// Whether `data` is a list, as an acknowledgement's is.
pub(crate) fn is_list(data: &str) -> bool {
    list(data).is_ok()
}

fn name(value: &RawValue) -> Result<Cow<'_, str>, Malformed> {
    let text = value.get();
    if text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Ok(Cow::Borrowed(text));
    }
    let name: Name<'_> =
        serde_json::from_str(text).map_err(|_| Malformed("An event's name is no text"))?;
    if RESERVED.contains(&&*name.0) {
        return Err(Malformed("An event's name is reserved"));
    }
    Ok(name.0)
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// A list's first values, one for the name and those of an event, and whether there are more.
struct Listed<'a> {
    values: Vec<&'a RawValue>,
    more: bool,
}

fn list(data: &str) -> Result<Listed<'_>, Malformed> {
    serde_json::from_str(data).map_err(|_| Malformed("Invalid payload"))
}

impl<'de> Deserialize<'de> for Listed<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor;
        impl<'de> Visitor<'de> for ListVisitor {
            type Value = Listed<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while values.len() <= ARGUMENTS_MAX {
                    match list.next_element()? {
                        Some(value) => values.push(value),
                        None => return Ok(Listed { values, more: false }),
                    }
                }
                let mut more = false;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    more = true;
                }
                Ok(Listed { values, more })
            }
        }
        deserializer.deserialize_seq(ListVisitor)
    }
}

/// What is wrong with a value.
enum Fault {
    Placeholder,
    Problem(Problem),
}

fn inspect(value: &RawValue, attachments: Option<usize>) -> Result<Seen, Fault> {
    let mut fault = None;
    let inspection = Inspection { attachments, levels: DEPTH_MAX, fault: &mut fault };
    let mut deserializer = serde_json::Deserializer::from_str(value.get());
    let seen = inspection.deserialize(&mut deserializer);
    seen.map_err(|_| fault.unwrap_or(Fault::Problem(Problem::NoValue)))
}

/// Walks a value down to so many levels.
struct Inspection<'a> {
    /// How many attachments placeholders may stand for; `None` where there are no placeholders.
    attachments: Option<usize>,
    levels: usize,
    fault: &'a mut Option<Fault>,
}

/// As much of a value as tells whether an object is a placeholder.
#[derive(PartialEq)]
enum Seen {
    True,
    Number(u64),
    /// A placeholder of the attachment with this number.
    Attachment(usize),
    Other,
}

impl Inspection<'_> {
    fn fail<E: Error>(&mut self, fault: Fault) -> E {
        *self.fault = Some(fault);
        E::custom("refused")
    }

    /// The inspection of what stands one level deeper.
    fn below<E: Error>(&mut self) -> Result<Inspection<'_>, E> {
        match self.levels.checked_sub(1) {
            Some(levels) => {
                Ok(Inspection { attachments: self.attachments, levels, fault: self.fault })
            }
            None => Err(self.fail(Fault::Problem(Problem::TooDeep))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Inspection<'_> {
    type Value = Seen;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Seen, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inspection<'_> {
    type Value = Seen;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Seen, E> {
        Ok(if value { Seen::True } else { Seen::Other })
    }

    fn visit_u64<E>(self, number: u64) -> Result<Seen, E> {
        Ok(Seen::Number(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_unit<E>(self) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Seen, A::Error> {
        while list.next_element_seed(self.below()?)?.is_some() {}
        Ok(Seen::Other)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<Seen, A::Error> {
        let (mut mark, mut number) = (Seen::Other, Seen::Other);
        while let Some(Name(key)) = object.next_key()? {
            let seen = object.next_value_seed(self.below()?)?;
            match &*key {
                "_placeholder" => mark = seen,
                "num" => number = seen,
                _ => {}
            }
        }
        let Some(count) = self.attachments.filter(|_| mark == Seen::True) else {
            return Ok(Seen::Other);
        };
        let number = match number {
            Seen::Number(number) => usize::try_from(number).ok().filter(|number| *number < count),
            _ => None,
        };
        number.map(Seen::Attachment).ok_or_else(|| self.fail(Fault::Placeholder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(data: &str, attachments: Option<usize>) -> Result<Vec<String>, String> {
        let (_, arguments) = read_event(data, attachments).map_err(|malformed| malformed.0)?;
        let arguments = arguments.map_err(|problem| format!("{problem:?}"))?;
        Ok(arguments.into_iter().map(|value| value.get().to_owned()).collect())
    }

    fn nested(levels: usize) -> String {
        format!(r#"["a",{}1{}]"#, "[".repeat(levels), "]".repeat(levels))
    }

    #[test]
    fn an_event_is_a_name_and_what_follows_it() {
        let read = |data| read_event(data, None).unwrap();
        let (name, arguments) = read(r#"["a\u0062", 1 ,{"x": [ ]}]"#);
        let arguments = arguments.unwrap();
        assert_eq!((&*name, arguments[0].get(), arguments[1].get()), ("ab", "1", r#"{"x": [ ]}"#));
        assert_eq!(read("[12]").0, "12");
        assert_eq!(read("[-1.5,true]").0, "-1.5");
    }

    #[test]
    fn what_is_no_event_is_malformed() {
        let malformed = |data: &str| read_event(data, None).map(drop).unwrap_err().0;
        for data in ["", "{}", "[", "[1,]", "[1] 2", "null", r#"["a",nope]"#, "abc[1]", r#""a""#] {
            assert_eq!(malformed(data), "Invalid payload", "{data:?}");
        }
        assert_eq!(malformed("[]"), "An event has no name");
        for data in ["[null]", "[true]", "[[]]", r#"[{"a":1}]"#, r#"["\ud800"]"#] {
            assert_eq!(malformed(data), "An event's name is no text", "{data:?}");
        }
        for name in RESERVED {
            assert_eq!(malformed(&format!(r#"["{name}"]"#)), "An event's name is reserved");
        }
    }

    #[test]
    fn arguments_have_bounds_of_which_the_application_hears() {
        let many = |count| format!(r#"["a"{}]"#, ",1".repeat(count));
        assert_eq!(arguments(&many(ARGUMENTS_MAX), None).unwrap().len(), ARGUMENTS_MAX);
        let problem = |data: &str| arguments(data, None).unwrap_err();
        assert_eq!(problem(&many(ARGUMENTS_MAX + 1)), "TooManyArguments");
        assert_eq!(problem(&many(500_000)), "TooManyArguments");
        assert!(arguments(&nested(DEPTH_MAX), None).is_ok());
        assert_eq!(problem(&nested(DEPTH_MAX + 1)), "TooDeep");
        assert_eq!(problem(&nested(100_000)), "TooDeep");
        let objects =
            |levels| format!(r#"["a",{}1{}]"#, r#"{"a":"#.repeat(levels), "}".repeat(levels));
        assert!(arguments(&objects(DEPTH_MAX), None).is_ok());
        assert_eq!(problem(&objects(DEPTH_MAX + 1)), "TooDeep");
        assert_eq!(problem(r#"["a",1e999]"#), "NoValue");
        assert_eq!(problem(r#"["a",{"b":"\ud800"}]"#), "NoValue");
    }

    #[test]
    fn a_placeholder_is_one_of_the_attachments() {
        let good = [
            r#"["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#,
            r#"["a",{"b":[{"num":1,"_placeholder":true,"x":2}]}]"#,
            r#"["a",{"_placeholder":false,"num":7},{"num":7},{"_placeholder":"true","num":-1}]"#,
            r#"["a",{"_placeholder":true,"_placeholder":false}]"#,
        ];
        for data in good {
            assert!(arguments(data, Some(2)).is_ok(), "{data}");
        }
        let nums =
            ["2", "-1", "1e9", "0.5", "\"splice\"", "null", "true", "[0]", "18446744073709551616"];
        for num in nums {
            let data = format!(r#"["a",[{{"_placeholder":true,"num":{num}}}]]"#);
            assert_eq!(arguments(&data, Some(2)).unwrap_err(), "Illegal attachments", "{data}");
            assert!(arguments(&data, None).is_ok(), "{data}");
        }
        let missing = r#"["a",{"_placeholder":true}]"#;
        assert_eq!(arguments(missing, Some(2)).unwrap_err(), "Illegal attachments");
    }

    #[test]
    fn a_value_leads_to_its_attachment() {
        let data =
            r#"["a",{"_placeholder":true,"num":1},{"num":1},1,{"_placeholder":true,"num":0}]"#;
        let (name, arguments) = read_event(data, Some(2)).unwrap();
        let attachments = vec![Bytes::from_static(b"x"), Bytes::from_static(b"y")];
        let arguments = arguments.unwrap();
        let event = Event { name, arguments: arguments.clone(), attachments, acknowledge: None };
        let found: Vec<_> = arguments.iter().map(|value| event.attachment(value)).collect();
        let [x, y] = [Bytes::from_static(b"x"), Bytes::from_static(b"y")];
        assert_eq!(found, [Some(&y), None, None, Some(&x)]);
        assert_eq!(
            Event { attachments: Vec::new(), ..event.clone() }.attachment(arguments[0]),
            None
        );
    }
}

//! Kinds of values: how each is written, read and shown.
//!
//! **Invariants.** What [`Value::show`] and [`Value::mask`] return may stand in a log, an error or
//! on a screen: it carries no secret. An error of [`Value::parse`] never repeats the text.

use std::num::NonZeroU32;
use std::path::PathBuf;

/// A kind of value a key can have.
pub trait Value: Sized {
    /// How it is written, for people.
    const FORMAT: &'static str;

    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with the text, without repeating it.
    fn parse(text: &str) -> Result<Self, String>;

    /// The value as an operator would write it, secrets masked.
    fn show(&self) -> String;

    /// A text that may not be a value, as an error may show it.
    #[must_use]
    fn mask(text: &str) -> String {
        text.to_owned()
    }
}

/// One of a comma-separated list.
pub trait Item: Sized {
    /// How the list is written, for people.
    const FORMAT: &'static str;

    /// Reads one; blanks around it are gone already.
    ///
    /// # Errors
    /// What is wrong with the text, without repeating it.
    fn parse_item(text: &str) -> Result<Self, String>;

    /// The item as an operator would write it.
    fn show_item(&self) -> String;

    /// A text that may not be an item, as an error may show it.
    #[must_use]
    fn mask_item(text: &str) -> String {
        text.to_owned()
    }
}

/// What stands for a value that is not there.
pub(super) const NONE: &str = "(none)";
/// What stands for a limit that is switched off.
const OFF: &str = "off";

impl<T: Item> Value for Vec<T> {
    const FORMAT: &'static str = T::FORMAT;

    fn parse(text: &str) -> Result<Self, String> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(T::parse_item).collect()
    }

    fn show(&self) -> String {
        if self.is_empty() {
            return NONE.to_owned();
        }
        self.iter().map(T::show_item).collect::<Vec<_>>().join(",")
    }

    fn mask(text: &str) -> String {
        text.split(',').map(T::mask_item).collect::<Vec<_>>().join(",")
    }
}

/// Implements [`Value`] for a kind of whole number.
macro_rules! whole_number {
    ($($number:ty),+) => {$(
        impl Value for $number {
            const FORMAT: &'static str = "whole number";

            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| format!("not a whole number of at most {}", <$number>::MAX))
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

whole_number!(u16, u32, u64, usize);

impl Value for Option<NonZeroU32> {
    const FORMAT: &'static str = "whole number, 0 = off";

    fn parse(text: &str) -> Result<Self, String> {
        if is_off(text) {
            return Ok(None);
        }
        u32::parse(text).map(NonZeroU32::new)
    }

    fn show(&self) -> String {
        self.map_or_else(|| OFF.to_owned(), |number| number.to_string())
    }
}

impl Value for bool {
    const FORMAT: &'static str = "true or false";

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "true" | "on" | "1" => Ok(true),
            "false" | "off" | "0" => Ok(false),
            _ => Err("neither true nor false".to_owned()),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for String {
    const FORMAT: &'static str = "text";

    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text.to_owned()) }
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl Value for PathBuf {
    const FORMAT: &'static str = "path";

    fn parse(text: &str) -> Result<Self, String> {
        String::parse(text).map(Self::from)
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Item for PathBuf {
    const FORMAT: &'static str = "paths, comma-separated";

    fn parse_item(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }

    fn show_item(&self) -> String {
        self.show()
    }
}

/// Implements [`Value`] for a value that may be absent, which is written as an empty text.
macro_rules! optional {
    ($($kind:ty),+) => {$(
        impl $crate::config::value::Value for Option<$kind> {
            const FORMAT: &'static str = <$kind as $crate::config::value::Value>::FORMAT;

            fn parse(text: &str) -> Result<Self, String> {
                if text.is_empty() {
                    return Ok(None);
                }
                <$kind as $crate::config::value::Value>::parse(text).map(Some)
            }

            fn show(&self) -> String {
                self.as_ref().map_or_else(
                    || $crate::config::value::NONE.to_owned(),
                    $crate::config::value::Value::show,
                )
            }

            fn mask(text: &str) -> String {
                <$kind as $crate::config::value::Value>::mask(text)
            }
        }
    )+};
}
pub(super) use optional;

optional!(String, PathBuf);

/// Defines a closed set of words and reads it.
macro_rules! choice {
    (
        $(#[$about:meta])+
        pub enum $name:ident { $($(#[$doc:meta])+ $variant:ident = $word:literal,)+ }
    ) => {
        $(#[$about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])+ $variant,)+ }

        impl $crate::config::value::Value for $name {
            const FORMAT: &'static str = $crate::config::value::either!($($word),+);

            fn parse(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("must be {}", <Self as $crate::config::value::Value>::FORMAT)),
                }
            }

            fn show(&self) -> String {
                match self { $(Self::$variant => $word,)+ }.to_owned()
            }
        }
    };
}
pub(super) use choice;

/// The words of a choice as a reader sees them.
macro_rules! either {
    ($first:literal $(, $word:literal)*) => {
        concat!("`", $first, "`" $(, " or `", $word, "`")*)
    };
}
pub(super) use either;

/// Whether the text switches a limit off.
pub(super) fn is_off(text: &str) -> bool {
    matches!(text, "0" | "off" | "-" | "–")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_off_in_any_of_its_spellings() {
        for off in ["0", "off", "-", "–"] {
            assert_eq!(Option::<NonZeroU32>::parse(off), Ok(None));
        }
        assert_eq!(Option::<NonZeroU32>::parse("7").map(|it| it.show()), Ok("7".to_owned()));
        assert!(Option::<NonZeroU32>::parse("-7").is_err());
    }

    #[test]
    fn a_list_forgives_blanks_and_empty_places() {
        let list = Vec::<PathBuf>::parse(" a , b,,").unwrap();
        assert_eq!(list.show(), "a,b");
        assert_eq!(Vec::<PathBuf>::parse("").unwrap().show(), NONE);
    }
}

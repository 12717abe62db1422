//! A number as people wrote it: whole ones without a decimal point.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

/// The greatest number whose neighbours are all told apart, 2⁵³.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// A finite number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 && self.0.abs() <= WHOLE_MAX {
            #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
            return serializer.serialize_i64(self.0 as i64);
        }
        serializer.serialize_f64(self.0)
    }
}

impl JsonSchema for Number {
    fn schema_name() -> Cow<'static, str> {
        f64::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        f64::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_no_decimal_point() {
        let text = |number| serde_json::to_string(&Number(number)).unwrap();
        assert_eq!(text(80.0), "80");
        assert_eq!(text(-0.0), "0");
        assert_eq!(text(19.99), "19.99");
        assert_eq!(text(1e300), "1e+300");
    }
}

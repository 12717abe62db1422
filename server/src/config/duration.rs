//! Durations as people write them: `500ms`, `30s`, `15m` or `15min`, `1h`, `7d`; a bare number is
//! seconds.
//!
//! **Invariants.** A duration is a whole number of milliseconds and at most [`MAX`], so that adding
//! one to a time cannot overflow.

use std::time::Duration;

use super::value::{Value, is_off};

/// The longest duration there is: 100 years of 365 days.
const MAX: Duration = Duration::from_secs(36_500 * 86_400);

/// What a unit is worth in milliseconds, the largest first; `show` takes the first that divides.
const UNITS: [(&str, u64); 6] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];

impl Value for Duration {
    const FORMAT: &'static str = "duration";

    fn parse(text: &str) -> Result<Self, String> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit = if unit.is_empty() { "s" } else { unit };
        let worth = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, millis)| *millis);
        let (false, Some(worth)) = (number.is_empty(), worth) else {
            return Err("not a duration such as 500ms, 30s, 15m, 1h or 7d".to_owned());
        };
        let millis = number.parse::<u64>().ok().and_then(|number| number.checked_mul(worth));
        let duration = millis.map(Self::from_millis).filter(|duration| *duration <= MAX);
        duration.ok_or_else(|| format!("longer than {}", MAX.show()))
    }

    fn show(&self) -> String {
        let millis = self.as_millis();
        if millis == 0 {
            return "0s".to_owned();
        }
        let fits = UNITS.iter().find(|(_, worth)| millis.is_multiple_of(u128::from(*worth)));
        let (name, worth) = fits.expect("every number of milliseconds is a multiple of one");
        format!("{}{name}", millis / u128::from(*worth))
    }
}

impl Value for Option<Duration> {
    const FORMAT: &'static str = "duration, 0 = off";

    fn parse(text: &str) -> Result<Self, String> {
        if is_off(text) {
            return Ok(None);
        }
        Duration::parse(text).map(|duration| Some(duration).filter(|it| !it.is_zero()))
    }

    fn show(&self) -> String {
        self.map_or_else(|| "off".to_owned(), |duration| duration.show())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_unit_reads_as_documented() {
        let cases = [
            ("500ms", 500),
            ("30s", 30_000),
            ("30", 30_000),
            ("15m", 900_000),
            ("15min", 900_000),
            ("1h", 3_600_000),
            ("7d", 604_800_000),
            ("0", 0),
        ];
        for (text, millis) in cases {
            assert_eq!(Duration::parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "s", "1.5h", "-1s", "1 h", "1w", "1S", "99999999999999999999s", "36501d"] {
            assert!(Duration::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_shown_duration_reads_back_as_itself(millis in 0..=u64::try_from(MAX.as_millis()).unwrap()) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(Duration::parse(&duration.show()), Ok(duration));
        }

        #[test]
        fn a_number_and_a_unit_multiply(number in 0..36_500_u64, unit in 0..UNITS.len()) {
            let (name, worth) = UNITS[unit];
            let expected = Duration::from_millis(number * worth);
            prop_assert_eq!(Duration::parse(&format!("{number}{name}")), Ok(expected));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,20}") {
            let _ = Duration::parse(&text);
        }
    }
}

//! When a request was signed: `x-amz-date`, else `date`.

use http::{HeaderMap, header};
use model::Timestamp;

use super::SignatureError;

/// The months as they stand in an HTTP date.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A time, in the form in which it is signed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Moment {
    at: Timestamp,
    /// `YYYYMMDDTHHMMSSZ`.
    text: String,
}

impl Moment {
    /// When the request with these headers was signed.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, SignatureError> {
        let name = if headers.contains_key("x-amz-date") { "x-amz-date" } else { "date" };
        let mut values = headers.get_all(name).iter();
        let value = values.next().ok_or(SignatureError::Malformed("x-amz-date is missing"))?;
        let text = value.to_str().ok().filter(|_| values.next().is_none()).map(str::trim);
        let basic = text.and_then(|text| {
            if name == header::DATE.as_str() { basic_of_http(text) } else { Some(text.to_owned()) }
        });
        basic
            .and_then(Self::parse)
            .ok_or(SignatureError::Malformed("x-amz-date has to be as 20150830T123600Z"))
    }

    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// `YYYYMMDD`.
    pub(super) fn date(&self) -> &str {
        &self.text[..8]
    }

    /// Reads `YYYYMMDDTHHMMSSZ`.
    fn parse(text: String) -> Option<Self> {
        let form = b"00000000T000000Z";
        let fits = |(byte, form): (u8, &u8)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == *form,
        };
        if text.len() != form.len() || !text.bytes().zip(form).all(fits) {
            return None;
        }
        let (date, time) = text.split_at(8);
        let (year, month, day) = (&date[..4], &date[4..6], &date[6..]);
        let (hour, minute, second) = (&time[1..3], &time[3..5], &time[5..7]);
        let at = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z").parse().ok()?;
        Some(Self { at, text })
    }
}

/// `Sun, 30 Aug 2015 12:36:00 GMT` as `20150830T123600Z`; what stands in that form already, too.
fn basic_of_http(text: &str) -> Option<String> {
    let Some((_, rest)) = text.split_once(", ") else { return Some(text.to_owned()) };
    let mut parts = rest.split(' ');
    let mut next = || parts.next();
    let (day, month, year, time) = (next()?, next()?, next()?, next()?);
    if next() != Some("GMT") || next().is_some() {
        return None;
    }
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    Some(format!("{year}{month:02}{day}T{}Z", time.replace(':', "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&'static str, &str)]) -> Option<(String, i64)> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let moment = Moment::of(&map).ok()?;
        Some((moment.text().to_owned(), moment.at().as_secs()))
    }

    #[test]
    fn the_time_is_read_in_all_its_forms() {
        let expected = Some(("20150830T123600Z".to_owned(), 1_440_938_160));
        assert_eq!(read(&[("x-amz-date", "20150830T123600Z")]), expected);
        assert_eq!(read(&[("date", "Sun, 30 Aug 2015 12:36:00 GMT")]), expected);
        assert_eq!(read(&[("date", "20150830T123600Z")]), expected);
        let both = [("date", "Sun, 30 Aug 2020 12:36:00 GMT"), ("x-amz-date", "20150830T123600Z")];
        assert_eq!(read(&both), expected);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2015-08-30T12:36:00Z",
            "20150830T123600",
            "20150830t123600z",
            "20151330T123600Z",
            "20150230T123600Z",
            "20150830T253600Z",
            "2015083０T12360Z",
            "Sun, 30 Aug 2015 12:36:00 GMT",
        ] {
            let mut map = HeaderMap::new();
            map.insert("x-amz-date", http::HeaderValue::from_bytes(text.as_bytes()).unwrap());
            assert!(Moment::of(&map).is_err(), "{text}");
        }
        for text in ["Sun, 30 Aug 2015 12:36:00 CET", "Sun, 30 Foo 2015 12:36:00 GMT", "30 Aug"] {
            assert_eq!(read(&[("date", text)]), None, "{text}");
        }
        let twice = [("x-amz-date", "20150830T123600Z"), ("x-amz-date", "20150830T123600Z")];
        assert_eq!(read(&twice), None);
        assert_eq!(read(&[]), None);
    }
}

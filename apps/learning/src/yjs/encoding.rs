//! The numbers, texts and byte strings of lib0, from which everything Yjs sends is made.
//!
//! **Invariant.** Nothing is allocated by a length that was only claimed: what is read is a part of what came.

use std::fmt;

/// The greatest number that a client can mean: JavaScript's greatest exact one.
const NUMBER_MAX: u64 = (1 << 53) - 1;
/// Levels of nested lists and maps in a value.
const NESTING_MAX: usize = 64;

/// Why bytes are not what they should be; a sentence to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many bytes are left.
    pub(super) const fn left(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        let (byte, rest) = self.rest.split_first().ok_or(Malformed("it ends too early"))?;
        self.rest = rest;
        Ok(*byte)
    }

    /// A number of at most 53 bits.
    pub(super) fn number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for shift in (0..56).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return if number <= NUMBER_MAX { Ok(number) } else { Err(TOO_GREAT) };
            }
        }
        Err(TOO_GREAT)
    }

    /// A number of at most 31 bits, which is what clocks and lengths have.
    pub(super) fn clock(&mut self) -> Result<u32, Malformed> {
        let number = self.number()?;
        u32::try_from(number).ok().filter(|clock| *clock <= CLOCK_MAX).ok_or(TOO_GREAT)
    }

    /// A count of things that take at least `bytes_each` bytes.
    pub(super) fn count(&mut self, bytes_each: usize) -> Result<u32, Malformed> {
        let count = self.clock()?;
        let bytes = (count as usize).saturating_mul(bytes_each);
        if bytes > self.left() {
            return Err(Malformed("it claims more than it holds"));
        }
        Ok(count)
    }

    /// A byte string behind its length.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.count(1)? as usize;
        self.skip(length)
    }

    /// A text behind its length in bytes.
    pub(super) fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed("a text is not UTF-8"))
    }

    /// Passes over a value of any type.
    pub(super) fn value(&mut self) -> Result<(), Malformed> {
        self.value_within(NESTING_MAX)
    }

    fn value_within(&mut self, levels: usize) -> Result<(), Malformed> {
        let levels = levels.checked_sub(1).ok_or(Malformed("a value nests too deeply"))?;
        match self.byte()? {
            120 | 121 | 126 | 127 => {}
            125 => self.signed()?,
            124 => drop(self.skip(4)?),
            122 | 123 => drop(self.skip(8)?),
            119 => drop(self.text()?),
            116 => drop(self.bytes()?),
            118 => {
                for _ in 0..self.count(2)? {
                    self.text()?;
                    self.value_within(levels)?;
                }
            }
            117 => {
                for _ in 0..self.count(1)? {
                    self.value_within(levels)?;
                }
            }
            _ => return Err(Malformed("a value is of no known type")),
        }
        Ok(())
    }

    /// Passes over a number with a sign.
    fn signed(&mut self) -> Result<(), Malformed> {
        for _ in 0..8 {
            if self.byte()? < 0x80 {
                return Ok(());
            }
        }
        Err(TOO_GREAT)
    }

    fn skip(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (bytes, rest) =
            self.rest.split_at_checked(count).ok_or(Malformed("it ends too early"))?;
        self.rest = rest;
        Ok(bytes)
    }
}

/// The greatest clock, and the greatest length.
pub(super) const CLOCK_MAX: u32 = i32::MAX as u32;
const TOO_GREAT: Malformed = Malformed("a number is too great");

/// Appends a number.
pub(super) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

/// Appends a byte string, or a text, behind its length.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_is_read_as_it_was_written_up_to_53_bits() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::from(CLOCK_MAX), NUMBER_MAX] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.number(), Ok(number));
            assert!(reader.is_empty());
        }
        let mut bytes = Vec::new();
        put_number(&mut bytes, NUMBER_MAX + 1);
        assert_eq!(Reader::new(&bytes).number(), Err(TOO_GREAT));
        assert_eq!(Reader::new(&[0x80; 20]).number(), Err(TOO_GREAT));
        assert!(Reader::new(&[0x80]).number().is_err());
        let mut bytes = Vec::new();
        put_number(&mut bytes, u64::from(CLOCK_MAX) + 1);
        assert_eq!(Reader::new(&bytes).clock(), Err(TOO_GREAT));
    }

    #[test]
    fn what_is_claimed_has_to_be_there() {
        assert_eq!(
            Reader::new(&[3, b'a', b'b']).bytes(),
            Err(Malformed("it claims more than it holds"))
        );
        assert_eq!(Reader::new(&[3, b'a', b'b', b'c', 0]).text(), Ok("abc"));
        assert!(Reader::new(&[2, 0xff, 0xfe]).text().is_err());
        // A map of 250 million entries in five bytes, and a list of as many.
        assert!(Reader::new(&[118, 0xff, 0xff, 0xff, 0x7a]).value().is_err());
        assert!(Reader::new(&[117, 0xff, 0xff, 0xff, 0x7a]).value().is_err());
    }

    #[test]
    fn values_nest_64_levels_and_no_more() {
        let nested = |levels: usize| [[117, 1].repeat(levels - 1), vec![126]].concat();
        assert_eq!(Reader::new(&nested(NESTING_MAX)).value(), Ok(()));
        assert!(Reader::new(&nested(NESTING_MAX + 1)).value().is_err());
        assert!(Reader::new(&nested(100_000)).value().is_err());
    }

    proptest! {
        #[test]
        fn nothing_read_panics(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = Reader::new(&bytes).value();
            let _ = Reader::new(&bytes).text();
            let _ = Reader::new(&bytes).number();
        }
    }
}

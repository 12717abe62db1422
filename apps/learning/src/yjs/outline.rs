//! What an update claims, judged byte by byte before anything of it is decoded.
//!
//! A decoder that believes counts can be made to ask for terabytes by 20 bytes, and one that recurses can be
//! made to run out of stack, which nothing catches. So this walks through an update first, and only what it
//! has walked through to the last byte is decoded.
//!
//! **Invariants of what passes.** Every count is backed by bytes. Texts are UTF-8, values nest at most 64
//! levels. Clients are named once each and have at most 53 bits; clocks stay within 31 bits. Ranges of
//! deleted things are sorted and do not overlap. There is nothing in it that Yjs and yrs read differently: no
//! JSON content of Yjs before version 13, no XML hooks, no links.

use super::encoding::{CLOCK_MAX, Malformed, Reader};

/// What an update holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outline {
    /// Whose structs, from which clock on; in the order of the update.
    pub(super) clients: Vec<(u64, u32)>,
    /// Whether something between a client's structs is left out.
    pub(super) has_gaps: bool,
    /// Types (texts, lists, maps, elements), which may nest.
    pub(super) types: u32,
    /// Documents within the document.
    pub(super) documents: u32,
    /// Bytes that are written anew, about, where neighbours become one struct: yrs joins them one by one, each
    /// time all that follows.
    pub(super) joined_bytes: usize,
}

/// Structs that continue one another and become one.
#[derive(Default)]
struct Run {
    kind: u8,
    bytes: usize,
}

impl Outline {
    /// Walks through an update in Yjs's first encoding.
    ///
    /// # Errors
    /// [`Malformed`] for whatever is not one to its last byte.
    pub(super) fn of(update: &[u8]) -> Result<Self, Malformed> {
        let mut outline = Self::default();
        let mut reader = Reader::new(update);
        for _ in 0..reader.count(3)? {
            outline.client(&mut reader)?;
        }
        let mut named: Vec<u64> = outline.clients.iter().map(|(client, _)| *client).collect();
        check_distinct(&mut named)?;
        deletions(&mut reader)?;
        if reader.is_empty() { Ok(outline) } else { Err(Malformed("something follows the update")) }
    }

    fn client(&mut self, reader: &mut Reader<'_>) -> Result<(), Malformed> {
        let blocks = reader.count(1)?;
        let client = reader.number()?;
        let mut clock = reader.clock()?;
        self.clients.push((client, clock));
        let mut run = Run::default();
        for _ in 0..blocks {
            let length = self.block((client, clock), &mut run, reader)?;
            clock = clock.checked_add(length).filter(|clock| *clock <= CLOCK_MAX).ok_or(CLOCKS)?;
        }
        Ok(())
    }

    /// Passes over one struct; its length.
    fn block(
        &mut self,
        (client, clock): (u64, u32),
        run: &mut Run,
        reader: &mut Reader<'_>,
    ) -> Result<u32, Malformed> {
        let info = reader.byte()?;
        let before = std::mem::take(run);
        if info == GARBAGE || info == SKIP {
            self.has_gaps |= info == SKIP;
            let length = reader.clock()?;
            return if length > 0 { Ok(length) } else { Err(Malformed("a struct is empty")) };
        }
        let mut continues = false;
        if info & HAS_ORIGIN != 0 {
            let (origin, at) = id(reader)?;
            continues = origin == client && at.checked_add(1) == Some(clock);
        }
        if info & HAS_RIGHT_ORIGIN != 0 {
            id(reader)?;
        }
        if info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN) == 0 {
            parent(info, reader)?;
        }
        let (kind, bytes_left) = (info & CONTENT, reader.left());
        let length = self.content(kind, reader)?;
        let bytes = bytes_left - reader.left();
        *run = match kind {
            TEXT => Run { kind, bytes },
            VALUES => Run { kind, bytes: bytes + length as usize * VALUE_BYTES },
            _ => return Ok(length),
        };
        if continues && before.kind == kind {
            run.bytes += before.bytes;
            self.joined_bytes = self.joined_bytes.saturating_add(run.bytes);
        }
        Ok(length)
    }

    fn content(&mut self, kind: u8, reader: &mut Reader<'_>) -> Result<u32, Malformed> {
        match kind {
            DELETED => return reader.clock(),
            TEXT => {
                let text = reader.text()?;
                return u32::try_from(text.encode_utf16().count()).map_err(|_| CLOCKS);
            }
            VALUES => {
                let count = reader.count(1)?;
                for _ in 0..count {
                    reader.value()?;
                }
                return Ok(count);
            }
            BINARY => drop(reader.bytes()?),
            EMBED => json(reader)?,
            FORMAT => {
                reader.text()?;
                json(reader)?;
            }
            TYPE => {
                self.types += 1;
                match reader.byte()? {
                    ARRAY | MAP | Y_TEXT | XML_FRAGMENT | XML_TEXT => {}
                    XML_ELEMENT => drop(reader.text()?),
                    _ => return Err(Malformed("a type is none that is shared here")),
                }
            }
            DOCUMENT => {
                self.documents += 1;
                reader.text()?;
                reader.value()?;
            }
            _ => return Err(Malformed("a content is none that is shared here")),
        }
        Ok(1)
    }
}

/// Walks through a state vector.
///
/// # Errors
/// [`Malformed`] for whatever is not one to its last byte.
pub(super) fn check_state_vector(bytes: &[u8]) -> Result<(), Malformed> {
    let mut reader = Reader::new(bytes);
    let mut named = Vec::new();
    for _ in 0..reader.count(2)? {
        named.push(reader.number()?);
        reader.clock()?;
    }
    check_distinct(&mut named)?;
    if reader.is_empty() { Ok(()) } else { Err(Malformed("something follows the state vector")) }
}

fn check_distinct(named: &mut [u64]) -> Result<(), Malformed> {
    named.sort_unstable();
    let is_twice = named.windows(2).any(|pair| pair[0] == pair[1]);
    if is_twice { Err(Malformed("a client is named twice")) } else { Ok(()) }
}

/// Passes over what was deleted.
fn deletions(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    let mut named = Vec::new();
    for _ in 0..reader.count(2)? {
        named.push(reader.number()?);
        let mut behind = 0;
        for _ in 0..reader.count(2)? {
            let (clock, length) = (reader.clock()?, reader.clock()?);
            let end = clock.checked_add(length).filter(|end| *end <= CLOCK_MAX).ok_or(CLOCKS)?;
            if clock < behind {
                return Err(Malformed("deletions are not in order"));
            }
            behind = end;
        }
    }
    check_distinct(&mut named)
}

fn id(reader: &mut Reader<'_>) -> Result<(u64, u32), Malformed> {
    Ok((reader.number()?, reader.clock()?))
}

/// Passes over where a struct stands that names no neighbour.
fn parent(info: u8, reader: &mut Reader<'_>) -> Result<(), Malformed> {
    match reader.number()? {
        0 => drop(id(reader)?),
        1 => drop(reader.text()?),
        _ => return Err(Malformed("a parent is neither named nor an id")),
    }
    if info & HAS_KEY != 0 {
        reader.text()?;
    }
    Ok(())
}

fn json(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    let text = reader.text()?;
    if !web::nesting_is_at_most(text, 64) {
        return Err(Malformed("a value nests too deeply"));
    }
    let read = serde_json::from_str::<serde::de::IgnoredAny>(text);
    read.map(drop).map_err(|_| Malformed("a value is not JSON"))
}

/// Bytes of a value in memory, what it points to left out.
const VALUE_BYTES: usize = 16;

const CLOCKS: Malformed = Malformed("clocks run out");

const HAS_ORIGIN: u8 = 0x80;
const HAS_RIGHT_ORIGIN: u8 = 0x40;
const HAS_KEY: u8 = 0x20;
/// The bits that say what a struct holds.
const CONTENT: u8 = 0x1f;

const GARBAGE: u8 = 0;
const DELETED: u8 = 1;
const BINARY: u8 = 3;
const TEXT: u8 = 4;
const EMBED: u8 = 5;
const FORMAT: u8 = 6;
const TYPE: u8 = 7;
const VALUES: u8 = 8;
const DOCUMENT: u8 = 9;
const SKIP: u8 = 10;

const ARRAY: u8 = 0;
const MAP: u8 = 1;
const Y_TEXT: u8 = 2;
const XML_ELEMENT: u8 = 3;
const XML_FRAGMENT: u8 = 4;
const XML_TEXT: u8 = 6;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use yrs::{Array, Doc, Map, MapPrelim, ReadTxn, StateVector, Text, Transact, XmlFragment};
    use yrs::{ArrayPrelim, XmlElementPrelim, XmlTextPrelim};

    use super::*;

    /// A document with something of everything that is shared.
    fn everything() -> Vec<u8> {
        let doc = Doc::with_client_id(7);
        let (text, map) = (doc.get_or_insert_text("text"), doc.get_or_insert_map("map"));
        let (list, page) =
            (doc.get_or_insert_array("list"), doc.get_or_insert_xml_fragment("page"));
        let mut txn = doc.transact_mut();
        text.insert(&mut txn, 0, "Grüße, 🌍\r\n");
        let bold = [("bold".into(), true.into())].into();
        text.insert_with_attributes(&mut txn, 2, "bold", bold);
        text.insert_embed(&mut txn, 1, yrs::any!({"src": "a.png"}));
        text.remove_range(&mut txn, 0, 1);
        map.insert(&mut txn, "n", 5.5);
        map.insert(&mut txn, "bytes", yrs::Any::from(vec![1_u8, 2, 3]));
        map.insert(&mut txn, "deep", yrs::any!({"a": [1, true, null, "x", {"b": -7}]}));
        map.insert(&mut txn, "map", MapPrelim::from([("k", "v")]));
        map.insert(&mut txn, "doc", Doc::new());
        list.push_back(&mut txn, ArrayPrelim::from([1, 2, 3]));
        let paragraph = page.push_back(&mut txn, XmlElementPrelim::empty("p"));
        paragraph.push_back(&mut txn, XmlTextPrelim::new("text"));
        drop(txn);
        doc.transact().encode_state_as_update_v1(&StateVector::default())
    }

    #[test]
    fn what_yjs_shares_passes() {
        let outline = Outline::of(&everything()).unwrap();
        assert_eq!(outline.clients, [(7, 0)]);
        assert_eq!((outline.types, outline.documents, outline.has_gaps), (4, 1, false));
        assert_eq!(Outline::of(&[0, 0]), Ok(Outline::default()));
    }

    #[test]
    fn an_update_is_walked_through_to_its_last_byte() {
        let update = everything();
        for end in 0..update.len() {
            assert!(Outline::of(&update[..end]).is_err(), "{end}");
        }
        assert!(Outline::of(&[update, vec![0]].concat()).is_err());
    }

    #[test]
    fn claims_without_bytes_are_refused() {
        let poison: [&[u8]; 5] = [
            // 21 bytes that claimed 215 TB, five that took half a second, six with 400 million clients.
            &[
                1, 1, 1, 0, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0, 0,
                0, 0,
            ],
            &[0xc2, 0xf7, 0xba, 0x6b, 0x2b],
            &[0x80, 0x84, 0xaf, 0xbe, 0x01, 0],
            &[0, 0xff, 0xff, 0xff, 0x7f],
            &[1, 0xff, 0xff, 0xff, 0x7f, 1, 0],
        ];
        for update in poison {
            assert!(Outline::of(update).is_err(), "{update:?}");
        }
    }

    #[test]
    fn what_yjs_and_yrs_read_differently_is_refused() {
        let named = [1, 1, 1, 0];
        let refused: [(&str, &[u8]); 8] = [
            ("JSON of old", &[2, 1, 1, b'a', 1, 1, b'1', 0]),
            ("an XML hook", &[7, 1, 1, b'a', 5, 1, b'h', 0]),
            ("a link", &[7, 1, 1, b'a', 7, 0, 0, 0, 0]),
            ("an unknown content", &[11, 1, 1, b'a', 0, 0]),
            ("a text that is not UTF-8", &[4, 1, 1, b'a', 1, 0xff, 0]),
            ("an embed that is not JSON", &[5, 1, 1, b'a', 1, b'{', 0]),
            ("an empty struct", &[0, 0, 0]),
            ("a parent that is neither", &[4, 2, 1, b'a', 1, b'x', 0]),
        ];
        for (what, rest) in refused {
            assert!(Outline::of(&[&named, rest].concat()).is_err(), "{what}");
        }
        assert!(Outline::of(&[&named[..], &[4, 1, 1, b'a', 1, b'x', 0]].concat()).is_ok());
    }

    #[test]
    fn clients_are_named_once_and_clocks_do_not_run_out() {
        let one = [1, 7, 0, 4, 1, 1, b'a', 1, b'x'];
        assert!(Outline::of(&[&[2], &one[..], &one, &[0]].concat()).is_err());
        let garbage_to_the_end = [1, 1, 1, 1, 0, 0xff, 0xff, 0xff, 0xff, 7, 0];
        assert!(Outline::of(&garbage_to_the_end).is_err());
        let out_of_order = [0, 1, 7, 2, 5, 2, 6, 1];
        assert!(Outline::of(&out_of_order).is_err());
        assert!(Outline::of(&[0, 1, 7, 2, 5, 2, 7, 1]).is_ok());
        let client_of_54_bits = [1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0, 0, 1, 0];
        assert!(Outline::of(&client_of_54_bits).is_err());
        assert!(check_state_vector(&[2, 7, 1, 7, 2]).is_err());
        assert!(check_state_vector(&[2, 7, 1, 8, 2]).is_ok());
        assert!(check_state_vector(&[0xff, 0xff, 0xff, 0x7f]).is_err());
    }

    #[test]
    fn a_value_that_nests_without_end_is_refused() {
        let nested = [&[1, 1, 1, 0, 8, 1, 1, b'a', 1][..], &[117, 1].repeat(100_000), &[126, 0]];
        assert_eq!(Outline::of(&nested.concat()), Err(Malformed("a value nests too deeply")));
    }

    proptest! {
        #[test]
        fn whatever_passes_is_decoded(
            at in prop::collection::vec((0_usize..400, any::<u8>()), 0..4),
        ) {
            use yrs::updates::decoder::Decode;
            let mut update = everything();
            for (at, byte) in at {
                let at = at % update.len();
                update[at] = byte;
            }
            if Outline::of(&update).is_ok() {
                prop_assert!(yrs::Update::decode_v1(&update).is_ok());
            }
        }
    }
}

//! What is known of the events of one second, minute or hour: what series are made of.
//!
//! **Invariants.** Cells add up: a minute is the sum of its seconds, in any order and however often they
//! are cut into parts. What [`encode`] writes [`decode`] reads, and it reads nothing else.

use std::collections::{BTreeMap, HashSet};

use super::distinct::People;
use super::hyperloglog::Registers;
use super::metric::{Aggregate, rounded};
use super::quantiles::{BUCKET_MAX, Quantiles};

/// What a cell knows beyond count and total.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sketch {
    /// Nothing.
    #[default]
    None,
    /// Who.
    People(People),
    /// How the values are spread.
    Values(Quantiles),
}

/// The events of some seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cell {
    /// How many.
    pub(crate) count: u64,
    /// The sum of their values.
    pub(crate) total: f64,
    /// What else is known.
    pub(crate) sketch: Sketch,
}

impl Cell {
    /// Another event with a value, of which its bucket is kept too where percentiles are asked for.
    pub(crate) fn add(&mut self, value: f64, bucket: Option<i16>) {
        self.count += 1;
        self.total += value;
        if let Some(bucket) = bucket {
            self.values().add(bucket, 1);
        }
    }

    /// Another event by somebody.
    pub(crate) fn add_person(&mut self, hash: u64) {
        self.count += 1;
        self.people().insert(hash);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.total += other.total;
        self.sketch.merge(&other.sketch);
    }

    /// What a metric with this aggregate is of these events alone.
    pub(crate) fn value(&self, aggregate: Aggregate) -> Option<f64> {
        match (aggregate, &self.sketch) {
            (Aggregate::Count, _) => Some(self.count as f64),
            (Aggregate::Sum, _) => Some(rounded(self.total)),
            (Aggregate::Mean, _) if self.count == 0 => None,
            (Aggregate::Mean, _) => Some(rounded(self.total / self.count as f64)),
            (Aggregate::P95, Sketch::Values(values)) => values.p95().map(rounded),
            (Aggregate::P95, _) => None,
        }
    }

    /// How many people there were.
    pub(crate) fn people_count(&self) -> f64 {
        match &self.sketch {
            Sketch::People(people) => people.count(),
            Sketch::None | Sketch::Values(_) => 0.0,
        }
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let sketch = match &self.sketch {
            Sketch::None => 0,
            Sketch::People(people) => people.bytes(),
            Sketch::Values(values) => values.bytes(),
        };
        size_of::<Self>() + size_of::<u32>() + sketch
    }

    fn values(&mut self) -> &mut Quantiles {
        if !matches!(self.sketch, Sketch::Values(_)) {
            self.sketch = Sketch::Values(Quantiles::default());
        }
        let Sketch::Values(values) = &mut self.sketch else { unreachable!("it was set above") };
        values
    }

    fn people(&mut self) -> &mut People {
        if !matches!(self.sketch, Sketch::People(_)) {
            self.sketch = Sketch::People(People::default());
        }
        let Sketch::People(people) = &mut self.sketch else { unreachable!("it was set above") };
        people
    }
}

impl Sketch {
    fn merge(&mut self, other: &Self) {
        match (&mut *self, other) {
            (_, Self::None) => {}
            (Self::People(people), Self::People(other)) => people.merge(other),
            (Self::Values(values), Self::Values(other)) => values.merge(other),
            // One of another kind is of a metric that was declared anew.
            (_, other) => *self = other.clone(),
        }
    }

    /// Its bytes in the store: a number for the kind, then hashes, registers or buckets.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Self::None => bytes.push(0),
            Self::People(People::Exact(hashes)) => {
                bytes.push(1);
                let mut hashes: Vec<u64> = hashes.iter().copied().collect();
                hashes.sort_unstable();
                hashes.iter().for_each(|hash| bytes.extend(hash.to_le_bytes()));
            }
            Self::People(People::Estimated(registers)) => {
                bytes.push(2);
                bytes.extend(registers.as_bytes());
            }
            Self::Values(values) => {
                bytes.push(3);
                for (bucket, count) in values.iter() {
                    bytes.extend(bucket.to_le_bytes());
                    bytes.extend(count.to_le_bytes());
                }
            }
        }
        bytes
    }

    /// The sketch of these bytes; none where they are no sketch.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        match kind {
            0 => rest.is_empty().then_some(Self::None),
            1 => {
                let (hashes, []) = rest.as_chunks::<8>() else { return None };
                let hashes: HashSet<u64> =
                    hashes.iter().map(|it| u64::from_le_bytes(*it)).collect();
                Some(Self::People(People::Exact(hashes)))
            }
            2 => Registers::of_bytes(rest).map(|it| Self::People(People::Estimated(it))),
            3 => decode_values(rest).map(Self::Values),
            _ => None,
        }
    }
}

fn decode_values(bytes: &[u8]) -> Option<Quantiles> {
    let (buckets, []) = bytes.as_chunks::<10>() else { return None };
    let mut values = Quantiles::default();
    for [low, high, count @ ..] in buckets {
        let bucket = i16::from_le_bytes([*low, *high]);
        let count = u64::from_le_bytes(*count);
        if bucket.unsigned_abs() > BUCKET_MAX.unsigned_abs() || count > u64::from(u32::MAX) << 16 {
            return None;
        }
        values.add(bucket, count);
    }
    Some(values)
}

/// Seconds and their cells as bytes: of each its second, count, total, and a sketch with its length.
pub(crate) fn encode(cells: &BTreeMap<u32, Cell>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (at, cell) in cells {
        let sketch = cell.sketch.encode();
        bytes.extend(at.to_le_bytes());
        bytes.extend(cell.count.to_le_bytes());
        bytes.extend(cell.total.to_le_bytes());
        bytes.extend(u32::try_from(sketch.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(sketch);
    }
    bytes
}

/// The cells of these bytes; none where they are none.
pub(crate) fn decode(mut bytes: &[u8]) -> Option<Vec<(u32, Cell)>> {
    let mut cells = Vec::new();
    while !bytes.is_empty() {
        let at = u32::from_le_bytes(take(&mut bytes)?);
        let count = u64::from_le_bytes(take(&mut bytes)?);
        let total = f64::from_le_bytes(take(&mut bytes)?);
        let length = usize::try_from(u32::from_le_bytes(take(&mut bytes)?)).ok()?;
        let (sketch, rest) = bytes.split_at_checked(length)?;
        bytes = rest;
        cells.push((at, Cell { count, total, sketch: Sketch::decode(sketch)? }));
    }
    Some(cells)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::quantiles::bucket;
    use super::*;

    fn cells() -> impl Strategy<Value = BTreeMap<u32, Cell>> {
        let values = proptest::collection::vec(-1e3..1e3_f64, 1..20);
        let cell = (values, 0..3).prop_map(|(values, kind)| {
            let mut cell = Cell::default();
            for value in values {
                match kind {
                    0 => cell.add(value, None),
                    1 => cell.add(value, Some(bucket(value))),
                    _ => cell.add_person(value.to_bits()),
                }
            }
            cell
        });
        proptest::collection::btree_map(any::<u32>(), cell, 0..8)
    }

    #[test]
    fn a_sketch_of_many_people_reads_back_as_registers() {
        let mut cell = Cell::default();
        (0..20_000_u64)
            .for_each(|person| cell.add_person(person.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let bytes = cell.sketch.encode();
        assert_eq!((bytes.len(), Sketch::decode(&bytes)), (16_385, Some(cell.sketch)));
    }

    #[test]
    fn values_follow_the_aggregate() {
        let mut cell = Cell::default();
        let of = |cell: &Cell| Aggregate::ALL.map(|aggregate| cell.value(aggregate));
        assert_eq!(of(&cell), [Some(0.0), None, Some(0.0), None]);
        for value in [1.0, 2.0, 6.0] {
            cell.add(value, Some(bucket(value)));
        }
        let [count, mean, sum, p95] = of(&cell).map(Option::unwrap);
        assert_eq!([count, mean, sum], [3.0, 3.0, 9.0]);
        assert!((p95 - 6.0).abs() <= 0.06);
    }

    proptest! {
        #[test]
        fn cells_read_back(cells in cells()) {
            let expected: Vec<_> = cells.clone().into_iter().collect();
            prop_assert_eq!(decode(&encode(&cells)), Some(expected));
        }

        #[test]
        fn bytes_that_are_no_cells_are_told(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(cells) = decode(&bytes) {
                prop_assert!(cells.len() * 24 <= bytes.len());
            }
        }

        #[test]
        fn what_was_cut_reads_as_less_or_not_at_all(cells in cells(), cut in 0..400_usize) {
            let bytes = encode(&cells);
            let cut = cut.min(bytes.len());
            let whole = decode(&bytes).unwrap();
            if let Some(less) = decode(&bytes[..cut]) {
                prop_assert_eq!(&whole[..less.len()], &less[..]);
            }
        }

        #[test]
        fn merging_adds_up(first in cells(), second in cells()) {
            let sum = |cells: &[&BTreeMap<u32, Cell>]| {
                let all: Vec<&Cell> = cells.iter().flat_map(|cells| cells.values()).collect();
                let mut sum = Cell::default();
                all.iter().for_each(|cell| sum.merge(cell));
                (sum.count, all.iter().map(|cell| cell.count).sum::<u64>())
            };
            let (merged, counted) = sum(&[&first, &second]);
            prop_assert_eq!(merged, counted);
        }
    }
}

//! Deals and wishes out of a generator that gives the same each time.

use serde_json::{Value, json};

const CATEGORIES: u64 = 500;
const MERCHANTS: u64 = 2_000;
const WORDS: u64 = 3_000;
const CURRENCIES: [&str; 4] = ["EUR", "USD", "GBP", "PLN"];
/// Subscriptions that deals can meet where all others are beside them.
const IN_REACH: u32 = 1_000;

/// The generator splitmix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, each as likely as the others.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn is_one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    /// From 0 to 1.
    fn part(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or_default()) / f64::from(u32::MAX)
    }

    /// A number below `bound`, small ones more likely, as popularity is: by the law of Zipf and
    /// Mandelbrot, the first of 500 about one time in 35.
    fn popular(&mut self, bound: u64) -> u64 {
        const FLATTENED: f64 = 8.0;
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let span = bound as f64 / FLATTENED + 1.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to the bound"
        )]
        let number = ((span.powf(self.part()) - 1.0) * FLATTENED) as u64;
        number.min(bound - 1)
    }

    /// A price from 1 to 5,000, as likely from 1 to 2 as from 1,000 to 2,000.
    fn price(&mut self) -> f64 {
        5_000f64.powf(self.part()).floor()
    }

    fn texts(&mut self, most: u64, mut text: impl FnMut(&mut Self) -> String) -> Vec<String> {
        (0..=self.below(most)).map(|_| text(self)).collect()
    }
}

/// Which wishes there are.
#[derive(Clone, Copy)]
pub(crate) enum World {
    /// Such as people might have: of popular things and rare ones, most below some price.
    Mixed,
    /// A thousand that deals can meet; all others are of the same categories, but dearer than every
    /// deal, cheaper, of more discount, of another merchant or of words that no title has.
    Beside,
}

impl World {
    /// The filters of subscription `number`, as a client writes them.
    pub(crate) fn filters(self, number: u32, random: &mut Random) -> Value {
        match self {
            Self::Mixed => mixed(random),
            Self::Beside if number < IN_REACH => json!({
                "category": category(random.below(CATEGORIES)), "maxPrice": random.price(),
            }),
            Self::Beside => beside(number, random),
        }
    }

    /// A deal's price, and its discount in percent.
    pub(crate) fn price(self, random: &mut Random) -> (f64, f64) {
        let discount = (random.part() * random.part() * 800.0).round() / 10.0;
        match self {
            Self::Mixed => ((random.price() - 0.01).max(0.5), discount),
            Self::Beside => (10.0 + (random.part() * 99_000.0).round() / 100.0, discount.min(50.0)),
        }
    }

    /// A deal's category.
    pub(crate) fn category(self, random: &mut Random) -> String {
        category(match self {
            Self::Mixed => random.popular(CATEGORIES),
            Self::Beside => random.below(CATEGORIES),
        })
    }

    /// Who offers it.
    pub(crate) fn merchant(self, random: &mut Random) -> String {
        merchant(random.popular(MERCHANTS))
    }

    /// Its title: 4 to 11 words.
    pub(crate) fn title(self, random: &mut Random) -> String {
        let words: Vec<String> =
            (0..4 + random.below(8)).map(|_| word(random.popular(WORDS))).collect();
        words.join(" ")
    }

    /// Its currency.
    pub(crate) fn currency(self, random: &mut Random) -> &'static str {
        currency(random)
    }
}

fn mixed(random: &mut Random) -> Value {
    let some_category = |random: &mut Random| category(random.popular(CATEGORIES));
    let keyword = |random: &mut Random| {
        // Nobody asks for the commonest words alone.
        let rare = word(20 + random.popular(WORDS - 20));
        if random.is_one_in(3) { format!("{} {rare}", word(random.popular(WORDS))) } else { rare }
    };
    let low = random.price();
    match random.below(20) {
        0..8 => json!({
            "category": some_category(random), "maxPrice": random.price(),
            "minDiscount": 10 * random.below(6),
        }),
        8..12 => json!({"keywords": random.texts(3, keyword), "maxPrice": random.price()}),
        12..15 => json!({
            "merchant": merchant(random.popular(MERCHANTS)), "minDiscount": 10 * random.below(9),
        }),
        15..17 => json!({
            "category": random.texts(5, some_category), "minDiscount": 10 + 10 * random.below(8),
        }),
        17..19 => json!({
            "keywords": random.texts(3, keyword), "category": some_category(random),
            "currency": currency(random), "minPrice": low, "maxPrice": low + random.price(),
        }),
        _ => json!({"minDiscount": 60 + random.below(20), "currency": currency(random)}),
    }
}

fn beside(number: u32, random: &mut Random) -> Value {
    let category = category(random.below(CATEGORIES));
    match number % 5 {
        0 => json!({"category": category, "maxPrice": random.part() * 9.9}),
        1 => json!({"category": category, "minPrice": 1_001.0 + random.price()}),
        2 => json!({"category": category, "minDiscount": 51.0 + random.part() * 49.0}),
        3 => json!({"category": category, "merchant": format!("other {}", random.below(500))}),
        _ => json!({"category": category, "keywords": format!("unsaid{}", random.below(500))}),
    }
}

fn currency(random: &mut Random) -> &'static str {
    CURRENCIES[usize::try_from(random.popular(4)).unwrap_or_default()]
}

fn category(number: u64) -> String {
    format!("Category {number}")
}

fn merchant(number: u64) -> String {
    format!("Merchant {number}")
}

fn word(number: u64) -> String {
    format!("word{number}")
}

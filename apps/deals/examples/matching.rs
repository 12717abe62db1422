//! Prints what a changed deal costs the matcher, by how many subscriptions there are.
//!
//! `cargo run --release -p deals --example matching -- [DEALS]`: first with filters as people might have
//! them, where matches grow with subscriptions; then with all but a thousand of the subscriptions just
//! beside every deal, so that only the number of subscriptions grows. Each line is a process of its own.
//! What is timed is all that the matcher's thread does for a change but the hand-over to the shards:
//! finding, comparing, gathering by connection and encoding what each is told. It is the thread's time on
//! a processor, so that what else the machine does is not in it.
#![expect(clippy::print_stdout, reason = "it prints its figures")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use deals::filters::Filters;
use deals::matching::{Subscription, Subscriptions, Told};
use deals::{Change, Deal, DealEvent, PriceChange, Topic};
use model::{ConnectionId, Timestamp};
use rustix::time::{ClockId, clock_gettime};

use world::{Random, World};

#[path = "matching/world.rs"]
mod world;

/// Subscriptions of one connection.
const HELD: u32 = 5;
const DEALS_DEFAULT: usize = 10_000;
/// Deals before those that are timed.
const WARM_UP: usize = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [world, subscriptions, deals] = &arguments[..] {
        let world = if world == "mixed" { World::Mixed } else { World::Beside };
        println!("{}", measure(world, subscriptions.parse()?, deals.parse()?)?);
        return Ok(());
    }
    let deals = arguments.first().map_or(Ok(DEALS_DEFAULT), |text| text.parse())?;
    for (world, title) in [("mixed", "filters as people have them"), ("beside", "1,000 in reach")] {
        println!("{title}");
        println!(
            "subscriptions  matches/deal     p99     max  visited  pushes  p50 ms  p99 ms  max ms  CPU s/1,000  MiB  add µs"
        );
        for subscriptions in ["1000", "10000", "100000"] {
            let mut line = std::process::Command::new(std::env::current_exe()?);
            line.args([world, subscriptions, &deals.to_string()]);
            print!("{}", String::from_utf8(line.output()?.stdout)?);
        }
    }
    Ok(())
}

fn measure(world: World, subscriptions: u32, deals: usize) -> Result<String, Box<dyn Error>> {
    let mut random = Random::new(u64::from(subscriptions));
    let before = resident_bytes()?;
    let mut matcher = Subscriptions::default();
    let mut adding = Duration::ZERO;
    for number in 0..subscriptions {
        let subscription = subscription(world, number, &mut random)?;
        let started = on_processor();
        matcher.add(subscription);
        adding += on_processor() - started;
    }
    let bytes = resident_bytes()?.saturating_sub(before);
    let changes: Vec<Change> = (0..WARM_UP + deals).map(|_| change(world, &mut random)).collect();
    for change in &changes[..WARM_UP] {
        tell(&mut matcher, change);
    }
    let timed = changes[WARM_UP..].iter().map(|change| tell(&mut matcher, change));
    let (told, mut spans): (Vec<Told>, Vec<Duration>) = timed.unzip();
    let mut matches: Vec<u64> = told.iter().map(|told| told.matches).collect();
    matches.sort_unstable();
    spans.sort_unstable();
    let millis = |span: Duration| span.as_secs_f64() * 1000.0;
    let per_deal = |count: fn(&Told) -> u64| mean(told.iter().map(count).sum(), deals);
    Ok(format!(
        "{subscriptions:13}  {:12.1}  {:6}  {:6}  {:7.1}  {:6.1}  {:6.3}  {:6.3}  {:6.3}  {:11.3}  {:3.0}  {:6.1}",
        per_deal(|told| told.matches),
        matches[deals * 99 / 100],
        matches[deals - 1],
        per_deal(|told| told.visited),
        per_deal(|told| told.pushed),
        millis(spans[deals / 2]),
        millis(spans[deals * 99 / 100]),
        millis(spans[deals - 1]),
        millis(spans.iter().sum()) / mean(deals as u64, 1),
        mean(bytes, 1 << 20),
        millis(adding) * 1000.0 / f64::from(subscriptions),
    ))
}

fn tell(matcher: &mut Subscriptions, change: &Change) -> (Told, Duration) {
    let started = on_processor();
    let told = matcher.tell(change, Timestamp::from_millis(0), &mut |_, delivery| {
        std::hint::black_box(delivery);
    });
    (told, on_processor() - started)
}

fn subscription(
    world: World,
    number: u32,
    random: &mut Random,
) -> Result<Subscription, Box<dyn Error>> {
    let filters = serde_json::value::to_raw_value(&world.filters(number, random))?;
    let connection = number / HELD;
    let topic = if number.is_multiple_of(5) { Topic::PriceUpdates } else { Topic::NewDeals };
    Ok(Subscription {
        id: format!("0198f3c2-7d4e-7a10-9c55-{number:012x}").into(),
        connection: ConnectionId::new(u8::try_from(connection % 2)?, connection / 2, 1),
        topic,
        filters: Arc::new(Filters::read(Some(&filters))?),
    })
}

/// A deal that is new, or whose price changed.
fn change(world: World, random: &mut Random) -> Change {
    let now = Timestamp::from_millis(0);
    let (price, discount) = world.price(random);
    let deal = Deal {
        id: format!("deal-{}", random.below(1_000_000)).into(),
        title: world.title(random).into(),
        category: world.category(random).into(),
        merchant: world.merchant(random).into(),
        price,
        original_price: price / (1.0 - discount / 100.0),
        discount,
        currency: world.currency(random).into(),
        url: "https://shop.example/offers/0198f3c27d4e7a10".into(),
        updated_at: now,
    };
    let price = random.is_one_in(2).then_some(PriceChange {
        old_price: price + 1.0,
        new_price: price,
        changed_at: now,
    });
    let event = if price.is_some() { DealEvent::Updated } else { DealEvent::Created };
    Change { event, deal: Arc::new(deal), price }
}

/// How long this thread has been on a processor.
fn on_processor() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}

/// Memory of this process that is resident.
fn resident_bytes() -> Result<u64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    Ok(text.split(' ').nth(1).unwrap_or_default().parse::<u64>()? * 4096)
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn mean(sum: u64, count: usize) -> f64 {
    sum as f64 / count as f64
}

//! Many subscriptions to deals, and a stream of deals: what a deal costs, and how soon it is told.
//!
//! Subscriptions are spread over the connections, each for one category, with a range of prices and a
//! least discount that every deal meets: so each deal meets the same number of them, however many there
//! are. Deals are put in batches at fixed times, open loop, by a thread of its own. Told is the time
//! from when a deal's batch was due to when a subscriber has read it, the commit included.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::crowd::{Crowd, Door, contains};
use crate::error::{BenchError, system};
use crate::histogram::Histogram;
use crate::report::{Report, latency, rounded};
use crate::stage::Setup;
use crate::stopwatch::{Stopwatch, nanos, seconds};
use crate::target::{Target, pause};
use crate::token;

const ADMIT_MAX: Duration = Duration::from_secs(120);
const SETTLE_MAX: Duration = Duration::from_secs(30);
/// Subscriptions that are asked for before their confirmations are read.
const ASKED_AT_ONCE: u32 = 2000;
/// Time between two batches.
const BATCH_EVERY: Duration = Duration::from_millis(50);

/// How many subscriptions, how many deals.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Options {
    /// Subscriptions, over all connections.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub subs: u32,
    /// Connections.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=19_000))]
    pub connections: u32,
    /// Subscriptions that each deal meets.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub matches: u32,
    /// Deals a second.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(20..=20_000))]
    pub rate: u32,
    /// Seconds of the measurement.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub secs: u64,
}

impl Options {
    fn categories(self) -> u32 {
        (self.subs / self.matches).max(1)
    }

    fn deals(self) -> u32 {
        self.rate * u32::try_from(self.secs).unwrap_or(u32::MAX)
    }

    /// The category that a subscription is for; neighbours have different ones.
    fn category(self, subscription: u32) -> u32 {
        subscription % self.categories()
    }

    /// The connection of a subscription; those of one category are on different ones.
    fn connection(self, subscription: u32) -> usize {
        ((subscription + subscription / self.categories()) % self.connections) as usize
    }

    /// Connections that hear of a deal of each category.
    fn audience(self) -> Vec<u64> {
        let mut heard: HashMap<u32, std::collections::HashSet<usize>> = HashMap::new();
        for subscription in 0..self.subs {
            let of = heard.entry(self.category(subscription)).or_default();
            of.insert(self.connection(subscription));
        }
        let of = |category| heard.get(&category).map_or(0, |connections| connections.len() as u64);
        (0..self.categories()).map(of).collect()
    }
}

/// Measures it.
///
/// # Errors
/// As [`Target::quintet`] and [`Crowd::admit`]; `Server` when deals are refused or not told.
pub fn run(options: Options, setup: &Setup) -> Result<Report, BenchError> {
    let env = [("QUINTET_LIMITS__HTTP__REQUESTS_PER_MINUTE", "0")];
    let target = Target::quintet_with(&setup.server, setup.run, &env)?;
    let mut crowd = Crowd::new(Stopwatch::start())?;
    for index in 0..options.connections {
        let path = Some(format!("/?token={}", token::sign(&format!("bench-{index}"))?));
        crowd.admit(
            [Door { server: target.address(), from: None, path, narrow: false }],
            ADMIT_MAX,
        )?;
    }
    let idle = target.usage();
    subscribe(options, &mut crowd)?;
    let before = target.usage();
    let audience = options.audience();
    let expected: u64 =
        (0..options.deals()).map(|deal| audience[(deal % options.categories()) as usize]).sum();
    let began = crowd.now() + nanos(Duration::from_millis(200));
    let producer = produce(options, target.address(), crowd.watch(), began)?;
    let (heard, told) = listen(options, &mut crowd, began, expected)?;
    let took = seconds(crowd.now() - began);
    let late = producer.join().map_err(|_| BenchError::Server("no producer".to_owned()))??;
    let after = target.usage();
    let cpu = after.cpu_seconds - before.cpu_seconds;
    let bytes = before.resident_bytes.saturating_sub(idle.resident_bytes);
    Ok(report(options, &Outcome { heard, expected, told, took, late, cpu, bytes }))
}

struct Outcome {
    heard: u64,
    expected: u64,
    told: Histogram,
    took: f64,
    /// By how much the producer was late at most, in seconds.
    late: f64,
    cpu: f64,
    /// What all subscriptions added to the server's memory.
    bytes: u64,
}

fn subscribe(options: Options, crowd: &mut Crowd) -> Result<(), BenchError> {
    let (mut asked, mut confirmed) = (0_u32, 0_u32);
    let mut refused = None;
    let until = crowd.now() + nanos(ADMIT_MAX);
    while confirmed < options.subs {
        while asked < options.subs && asked - confirmed < ASKED_AT_ONCE {
            // A bound of its own, so that no two are the same wish.
            let most = 1000 + asked;
            let filters = json!({
                "category": format!("category-{}", options.category(asked)),
                "minPrice": 1, "maxPrice": most, "minDiscount": 10,
            });
            let data = json!({"topic": "new-deals", "filters": filters});
            let text = json!({"action": "subscribeToDeals", "data": data}).to_string();
            let index = options.connection(asked);
            crowd.queue_text(index, text.as_bytes());
            crowd.flush(index)?;
            asked += 1;
        }
        crowd.poll(Duration::from_millis(50), &mut |heard| {
            if contains(heard.text, b"subscriptionConfirmed") {
                confirmed += 1;
            } else if contains(heard.text, b"\"error\"") {
                refused = Some(String::from_utf8_lossy(heard.text).into_owned());
            }
        })?;
        if let Some(refused) = refused.take() {
            return Err(BenchError::Server(format!("refused a subscription: {refused}")));
        }
        if crowd.now() > until {
            return Err(BenchError::Server(format!("confirmed {confirmed} subscriptions")));
        }
    }
    Ok(())
}

type Producer = thread::JoinHandle<Result<f64, BenchError>>;

/// Puts the deals from a thread of its own; by how much it was late at most, in seconds.
fn produce(
    options: Options,
    server: SocketAddr,
    watch: Stopwatch,
    began: u64,
) -> Result<Producer, BenchError> {
    let token = token::sign_with("shop", &["publisher"])?;
    let each = (u64::from(options.rate) * nanos(BATCH_EVERY) / 1_000_000_000).clamp(1, 1000);
    let mut stream = TcpStream::connect(server).map_err(system("connect"))?;
    stream.set_nodelay(true).map_err(system("connect"))?;
    stream.set_read_timeout(Some(SETTLE_MAX)).map_err(system("connect"))?;
    let send = move || {
        let (mut late, mut next, deals) = (0_u64, 0_u64, u64::from(options.deals()));
        for batch in 0.. {
            if next >= deals {
                break;
            }
            let due = began + batch * nanos(BATCH_EVERY);
            let now = watch.nanos();
            if now < due {
                pause(Duration::from_nanos(due - now))?;
            } else {
                late = late.max(now - due);
            }
            let upto = deals.min(next + each);
            let body = json!({"deals": (next..upto).map(|n| deal(options, n)).collect::<Vec<_>>()});
            post(&mut stream, &token, &body.to_string())?;
            next = upto;
        }
        Ok(seconds(late))
    };
    thread::Builder::new().spawn(send).map_err(system("start a thread"))
}

fn deal(options: Options, number: u64) -> Value {
    let category = number % u64::from(options.categories());
    json!({
        "dealId": format!("deal-{number}"), "title": "A thing that is offered for less than before",
        "category": format!("category-{category}"), "merchant": "Bench", "price": 80,
        "originalPrice": 100, "currency": "EUR", "url": "https://shop.example/a-thing",
    })
}

/// One request on the kept connection; the answer is read whole.
fn post(stream: &mut TcpStream, token: &str, body: &str) -> Result<(), BenchError> {
    let request = format!(
        "POST /api/deals:batch HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len(),
    );
    stream.write_all(request.as_bytes()).map_err(system("put deals"))?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let count = stream.read(&mut buffer).map_err(system("read an answer"))?;
        answer.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&answer);
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
            });
            let length: usize = length.unwrap_or(0);
            if !head.starts_with("HTTP/1.1 200") {
                return Err(BenchError::Server(format!("refused deals: {text}")));
            }
            if rest.len() >= length {
                return Ok(());
            }
        }
        if count == 0 {
            return Err(BenchError::Server("hung up on the producer".to_owned()));
        }
    }
}

/// Hears until everything expected came.
fn listen(
    options: Options,
    crowd: &mut Crowd,
    began: u64,
    expected: u64,
) -> Result<(u64, Histogram), BenchError> {
    let each = (u64::from(options.rate) * nanos(BATCH_EVERY) / 1_000_000_000).clamp(1, 1000);
    let until = began + nanos(Duration::from_secs(options.secs) + SETTLE_MAX);
    let (mut heard_of, mut told) = (0_u64, Histogram::default());
    while heard_of < expected && crowd.now() < until {
        crowd.poll(Duration::from_millis(20), &mut |heard| {
            let Some(number) = number_of(heard.text) else { return };
            heard_of += 1;
            let due = began + number / each * nanos(BATCH_EVERY);
            told.record(heard.at.saturating_sub(due));
        })?;
    }
    Ok((heard_of, told))
}

/// The number of the deal that a text tells of.
fn number_of(text: &[u8]) -> Option<u64> {
    const BEFORE: &[u8] = b"\"dealId\":\"deal-";
    let at = text.windows(BEFORE.len()).position(|window| window == BEFORE)? + BEFORE.len();
    let digits = text[at..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

fn report(options: Options, outcome: &Outcome) -> Report {
    let Outcome { heard, expected, told, took, late, cpu, bytes } = outcome;
    let deals = f64::from(options.deals());
    let per_deal = cpu / deals * 1e6;
    let each = *bytes as f64 / f64::from(options.subs);
    Report {
        line: format!(
            "market: {} subscriptions, {} deals a second, {:.1} pushes a deal: {per_deal:.0} µs CPU a deal, \
             told p50 {:.1} ms, p99 {:.1} ms; {each:.0} bytes a subscription",
            options.subs,
            options.rate,
            *expected as f64 / deals,
            told.quantile_millis(500),
            told.quantile_millis(990),
        ),
        figures: json!({
            "experiment": "market", "subscriptions": options.subs,
            "connections": options.connections, "matches": options.matches, "rate": options.rate,
            "deals": options.deals(), "pushes": heard, "pushes_expected": expected,
            "cpu_micros_a_deal": rounded(per_deal), "cpu_seconds": rounded(*cpu),
            "seconds": rounded(*took), "producer_late_seconds": rounded(*late),
            "told_ms": latency(told), "bytes_a_subscription": rounded(each),
        }),
        sound: heard == expected,
    }
}

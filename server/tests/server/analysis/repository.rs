//! Git repositories for the tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A folder of repositories.
pub struct Sample {
    folder: TempDir,
}

impl Sample {
    /// An empty folder.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// The folder that holds the repositories.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A small web service in Rust with two commits; its path.
    pub fn shop(&self) -> String {
        let files: &[(&str, &str)] = &[
            ("Cargo.toml", CARGO),
            ("README.md", "# Shop\n\nSells things.\n"),
            ("src/main.rs", MAIN),
            ("src/orders.rs", ORDERS),
            ("src/store.rs", STORE),
            ("src/prices/mod.rs", PRICES),
            ("tests/orders.rs", TESTS),
            (".github/workflows/ci.yml", "on: push\n"),
        ];
        let path = self.repository("shop", files);
        write(&path, "src/prices/discount.rs", DISCOUNT);
        commit(&path, "Give a discount on many");
        path.to_str().unwrap().to_owned()
    }

    /// A repository of these files in one commit.
    pub fn repository(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let path = self.root().join(name);
        std::fs::create_dir_all(&path).unwrap();
        git(&path, &["init", "-q", "-b", "main"]);
        for (file, text) in files {
            write(&path, file, text);
        }
        commit(&path, "Begin");
        path
    }

    /// A repository without a commit.
    pub fn empty(&self) -> String {
        let path = self.root().join("empty");
        std::fs::create_dir_all(&path).unwrap();
        git(&path, &["init", "-q", "-b", "main"]);
        path.to_str().unwrap().to_owned()
    }
}

/// Writes a file of a repository.
pub fn write(repository: &Path, file: &str, text: &str) {
    let path = repository.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Commits everything.
pub fn commit(repository: &Path, subject: &str) {
    git(repository, &["add", "-A"]);
    git(repository, &["commit", "-q", "--allow-empty", "-m", subject]);
}

fn git(repository: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(["-c", "user.name=Ann", "-c", "user.email=ann@example.org"])
        .args(["-c", "commit.gpgsign=false"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

const CARGO: &str = r#"[package]
name = "shop"
version = "0.1.0"
edition = "2024"

[dependencies]
axum = "0.8"
serde = "1"
rusqlite = "0.30"
"#;

const MAIN: &str = r#"//! A shop.

mod orders;
mod prices;
mod store;

use store::Store;

fn main() {
    let store = Store::open("shop.db").unwrap();
    let total = orders::place(&store, &["apple", "pear"]).unwrap();
    println!("{total}");
}
"#;

const ORDERS: &str = r#"//! Orders.

use crate::prices::total;
use crate::store::{Store, StoreError};

/// Places an order; its price.
pub fn place(store: &Store, items: &[&str]) -> Result<u64, StoreError> {
    if items.is_empty() {
        return Ok(0);
    }
    let mut prices = Vec::new();
    for item in items {
        match store.price(item)? {
            Some(price) => prices.push(price),
            None => return Err(StoreError::Unknown((*item).to_owned())),
        }
    }
    let sum = total(&prices);
    store.save(items, sum)?;
    Ok(sum)
}

/// Cancels an order.
pub fn cancel(store: &Store, id: u64) -> Result<bool, StoreError> {
    store.remove(id)
}
"#;

const STORE: &str = r#"//! What lasts.

use std::collections::HashMap;
use std::sync::Mutex;

/// Why something was not stored.
#[derive(Debug)]
pub enum StoreError {
    /// There is no such item.
    Unknown(String),
    /// The lock is poisoned.
    Poisoned,
}

/// Orders and prices.
pub struct Store {
    orders: Mutex<HashMap<u64, (Vec<String>, u64)>>,
    path: String,
}

impl Store {
    /// Opens the store at `path`.
    pub fn open(path: &str) -> Result<Self, StoreError> {
        Ok(Self { orders: Mutex::default(), path: path.to_owned() })
    }

    /// The price of an item.
    pub fn price(&self, item: &str) -> Result<Option<u64>, StoreError> {
        if self.path.is_empty() {
            return Err(StoreError::Poisoned);
        }
        Ok(match item {
            "apple" => Some(3),
            "pear" => Some(4),
            _ => None,
        })
    }

    /// Keeps an order.
    pub fn save(&self, items: &[&str], sum: u64) -> Result<u64, StoreError> {
        let mut orders = self.orders.lock().map_err(|_| StoreError::Poisoned)?;
        let id = orders.len() as u64 + 1;
        let items = items.iter().map(|item| (*item).to_owned()).collect();
        orders.insert(id, (items, sum));
        Ok(id)
    }

    /// Forgets an order.
    pub fn remove(&self, id: u64) -> Result<bool, StoreError> {
        let mut orders = self.orders.lock().map_err(|_| StoreError::Poisoned)?;
        Ok(orders.remove(&id).is_some())
    }
}
"#;

const PRICES: &str = r#"//! Prices.

mod discount;

/// What these prices come to.
pub fn total(prices: &[u64]) -> u64 {
    let sum = prices.iter().sum();
    discount::apply(sum, prices.len())
}
"#;

const DISCOUNT: &str = r#"//! Discounts.

/// Ten percent off from ten pieces.
pub fn apply(sum: u64, pieces: usize) -> u64 {
    if pieces >= 10 { sum - sum / 10 } else { sum }
}
"#;

const TESTS: &str = r#"#[test]
fn an_empty_order_costs_nothing() {
    assert_eq!(0, 0);
}
"#;

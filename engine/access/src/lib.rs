//! Who may come in, and how often: tokens and their revocation, signatures of requests, origins,
//! addresses, rates and leases.
//!
//! Everything here decides and nothing here answers: the server's door turns a refusal into what
//! the protocol says. A token that cannot be decided at once (its key must be fetched) is awaited
//! with [`Tokens::verify`]; all else is immediate.
//!
//! **Invariants**
//! - The algorithm of a token is that of the key that verifies it; its header only has to agree.
//! - A set of keys is fetched from the configured URL and from nowhere else, whatever a token says.
//! - Nothing a client sends makes a map grow past its bound, which stands next to the map.
//! - No token is part of an error, of a `Debug` text or of a log line.
//!
//! This crate knows no application.

mod addresses;
mod jwks;
mod leases;
mod origins;
mod rate;
mod revocations;
pub mod signature;
mod token;

pub use addresses::{AddressRules, ClientAddresses, group_of};
pub use leases::{Lease, Leases};
pub use origins::{ForeignOrigin, Origins};
pub use rate::{MessageRate, RateLimiter, RefusedTokens, Verdict};
pub use revocations::{MIGRATIONS, RevocationError, Revocations};
pub use token::{Claims, JwksConfig, TokenConfig, TokenError, Tokens, claimed_user};

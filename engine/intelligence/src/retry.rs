//! How long to wait before asking again.

use std::time::Duration;

/// Times a call is repeated.
pub const RETRIES_MAX: u32 = 2;
/// The longest wait before the first repetition; each further one may be twice as long.
const WAIT_FIRST_MAX: Duration = Duration::from_millis(500);

/// The wait before repetition `retry` (from 0): at least what the server asked for, spread by
/// `random` so that many callers do not come back at once.
pub(crate) fn wait(retry: u32, asked: Option<Duration>, random: u32) -> Duration {
    let most = WAIT_FIRST_MAX * 2u32.saturating_pow(retry.min(RETRIES_MAX));
    let part = f64::from(random) / f64::from(u32::MAX);
    match asked {
        Some(asked) => asked.saturating_add(most.mul_f64(part / 2.0)),
        None => most.mul_f64(0.5 + part / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_are_spread_and_heed_the_server() {
        let millis = |retry, asked, random| wait(retry, asked, random).as_millis();
        assert_eq!((millis(0, None, 0), millis(0, None, u32::MAX)), (250, 500));
        assert_eq!((millis(1, None, 0), millis(1, None, u32::MAX)), (500, 1000));
        assert_eq!(millis(0, Some(Duration::from_secs(3)), 0), 3000);
        assert!(wait(9, Some(Duration::MAX), u32::MAX) == Duration::MAX);
    }
}

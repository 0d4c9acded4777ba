//! P: When a failed call may be tried again, and after how long. Waits for nothing: the caller passes time and chance.
//!
//! Two bounds stand beside the number of tries of one call. The budget of an upstream: in any minute, retries are at most
//! a fifth of the calls, so that a failing upstream is not hammered by those who wait for it; a few a minute are always
//! granted, or a quiet appliance would never retry. And the deadline of the call: no wait goes beyond it.

use std::collections::VecDeque;

use crate::limits;

/// Retries granted of the calls of the last minute.
#[derive(Debug, Default)]
pub struct Budget {
    /// Start of a slice, calls and retries in it; the oldest first.
    slices: VecDeque<(u64, u64, u64)>,
}

impl Budget {
    /// No calls yet.
    pub const fn new() -> Self {
        Self { slices: VecDeque::new() }
    }

    /// A call begins; its own retries are no calls.
    pub fn call(&mut self, now_ms: u64) {
        self.slice(now_ms).1 += 1;
    }

    /// Takes leave for one retry; `false` when the minute's share is used.
    pub fn retry(&mut self, now_ms: u64) -> bool {
        self.slice(now_ms);
        let (calls, retries) = self.slices.iter().fold((0, 0), |(c, r), (_, calls, retries)| (c + calls, r + retries));
        let allowed = (calls * limits::RETRY_SHARE_PERCENT / 100).max(limits::RETRIES_PER_MINUTE_LEAST);
        if retries >= allowed {
            return false;
        }
        self.slice(now_ms).2 += 1;
        true
    }

    /// The slice of this instant, those older than a minute forgotten.
    fn slice(&mut self, now_ms: u64) -> &mut (u64, u64, u64) {
        const SLICE_MS: u64 = 5_000;
        let start = now_ms - now_ms % SLICE_MS;
        let since = start.saturating_sub(60_000);
        while self.slices.front().is_some_and(|(at, ..)| *at < since) {
            self.slices.pop_front();
        }
        if self.slices.back().is_none_or(|(at, ..)| *at < start) {
            self.slices.push_back((start, 0, 0));
        }
        let last = self.slices.len() - 1;
        &mut self.slices[last]
    }
}

/// How long to wait before try number `retry` (the first retry is 0): full jitter over an exponential bound, or what the
/// upstream asked for. `chance` is a random number. `None` when the wait would not end before the call's deadline.
pub fn wait_ms(retry: u32, asked_s: Option<u64>, chance: u64, left_ms: u64) -> Option<u64> {
    let bound = limits::RETRY_BASE_MS.saturating_mul(1 << retry.min(16)).min(limits::RETRY_WAIT_MAX_MS);
    let jitter = chance % (bound + 1);
    let wait = asked_s.map_or(jitter, |asked| asked.saturating_mul(1_000).saturating_add(jitter / 4));
    (wait < left_ms).then_some(wait)
}

/// Seconds of a `Retry-After` in its form as a number; the form as a date is not read.
pub fn retry_after_s(value: &str) -> Option<u64> {
    let value = value.trim();
    let digits = (1..=6).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| value.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_grow_within_full_jitter_and_honour_what_was_asked() {
        for retry in 0..4 {
            let bound = (limits::RETRY_BASE_MS << retry).min(limits::RETRY_WAIT_MAX_MS);
            let waits: Vec<u64> = (0..10_000).filter_map(|chance| wait_ms(retry, None, chance, 60_000)).collect();
            assert_eq!((waits.iter().min(), waits.iter().max()), (Some(&0), Some(&bound)));
        }
        assert!((3_000..3_000 + limits::RETRY_WAIT_MAX_MS).contains(&wait_ms(0, Some(3), 7, 60_000).unwrap()));
        assert_eq!(wait_ms(0, Some(30), 7, 18_000), None, "longer than the call may last");
        assert_eq!(wait_ms(0, None, u64::MAX, 0), None);
    }

    #[test]
    fn retry_after_is_read_as_seconds_alone() {
        assert_eq!(retry_after_s(" 12 "), Some(12));
        for bad in ["", "-1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999999"] {
            assert_eq!(retry_after_s(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_storm_of_failures_is_retried_for_a_fifth_of_its_calls() {
        let mut budget = Budget::new();
        let mut granted = 0;
        for n in 0..1_000_u64 {
            budget.call(n * 10);
            granted += u64::from(budget.retry(n * 10)) + u64::from(budget.retry(n * 10));
        }
        assert_eq!(granted, 200);
        assert!(budget.retry(200_000), "a later minute has leave again");
    }

    proptest! {
        #[test]
        fn no_minute_holds_more_than_its_share(gaps in proptest::collection::vec((0_u64..3_000, 0_u8..3), 1..400)) {
            let (mut budget, mut now) = (Budget::new(), 0);
            let (mut calls, mut granted): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
            for (gap, tries) in gaps {
                now += gap;
                budget.call(now);
                calls.push(now);
                for _ in 0..tries {
                    if !budget.retry(now) {
                        continue;
                    }
                    granted.push(now);
                    // Slices of five seconds: the budget looks back between 60 and 65 seconds.
                    let within = |times: &[u64], ms: u64| times.iter().filter(|at| **at + ms >= now).count() as u64;
                    let most = (within(&calls, 65_000) / 5).max(limits::RETRIES_PER_MINUTE_LEAST);
                    prop_assert!(within(&granted, 60_000) <= most);
                }
            }
        }
    }
}

//! P: How many jobs a queue's rate allows now: the generic cell rate algorithm (ITU-T I.371), in microseconds. Keeps no
//! state; the instant up to which the rate is used is an argument.

use crate::clock::UnixMs;
use crate::store::tables::jobs::RateRow;

/// What a rate allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowance {
    /// Jobs that may start now.
    pub(super) jobs: usize,
    /// When none may: milliseconds until one may.
    pub(super) wait_ms: Option<u64>,
}

fn interval_us(rate: RateRow) -> u64 {
    (rate.per_ms.saturating_mul(1_000) / u64::from(rate.jobs.max(1))).max(1)
}

/// What `rate` allows at `now`, when it is used up to the instant `used_us`.
pub(super) fn allowance(rate: Option<RateRow>, used_us: u64, now: UnixMs) -> Allowance {
    let Some(rate) = rate else { return Allowance { jobs: usize::MAX, wait_ms: None } };
    let (interval, now_us) = (interval_us(rate), now.0.saturating_mul(1_000));
    let burst = interval.saturating_mul(u64::from(rate.jobs.max(1)));
    let free = now_us.saturating_add(burst).saturating_sub(used_us.max(now_us));
    let jobs = usize::try_from(free / interval).unwrap_or(usize::MAX);
    let missing = interval.saturating_sub(free);
    Allowance { jobs, wait_ms: (jobs == 0).then_some(missing.div_ceil(1_000).max(1)) }
}

/// The instant up to which the rate is used after `jobs` more.
pub(super) fn used(rate: Option<RateRow>, used_us: u64, now: UnixMs, jobs: usize) -> u64 {
    let Some(rate) = rate else { return 0 };
    let jobs = u64::try_from(jobs).unwrap_or(u64::MAX);
    used_us.max(now.0.saturating_mul(1_000)).saturating_add(interval_us(rate).saturating_mul(jobs))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_then_one_an_interval() {
        let rate = Some(RateRow { jobs: 5, per_ms: 1_000 });
        let at = |ms: u64| UnixMs(1_000_000 + ms);
        assert_eq!(allowance(rate, 0, at(0)).jobs, 5);
        let spent = used(rate, 0, at(0), 5);
        assert_eq!(allowance(rate, spent, at(0)), Allowance { jobs: 0, wait_ms: Some(200) });
        assert_eq!(allowance(rate, spent, at(199)).jobs, 0);
        assert_eq!(allowance(rate, spent, at(200)).jobs, 1);
        assert_eq!(allowance(rate, spent, at(1_000)).jobs, 5);
        assert_eq!(allowance(rate, spent, at(9_000)).jobs, 5);
        assert_eq!(allowance(None, spent, at(0)).jobs, usize::MAX);
    }

    proptest! {
        #[test]
        fn no_window_holds_more_than_two_bursts(jobs in 1_u32..50, per_ms in 1_u64..5_000, gaps in proptest::collection::vec(0_u64..400, 1..200)) {
            let rate = Some(RateRow { jobs, per_ms });
            let (mut now, mut spent, mut starts) = (1_000_000_u64, 0, Vec::new());
            for gap in gaps {
                now += gap;
                let free = allowance(rate, spent, UnixMs(now)).jobs;
                spent = used(rate, spent, UnixMs(now), free);
                starts.extend(std::iter::repeat_n(now, free));
            }
            for (index, start) in starts.iter().enumerate() {
                let within = starts[index..].iter().take_while(|at| **at < start + per_ms).count();
                prop_assert!(within <= 2 * jobs as usize, "{within} in {per_ms} ms");
            }
        }
    }
}

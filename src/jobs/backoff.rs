//! P: When a failed job is tried again, and when it is dead. Draws no randomness itself: it is an argument.

use std::collections::BTreeMap;

use super::kind::Policy;

/// What a handler says of its failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Try again when the policy says so.
    Retry,
    /// Try again after so many milliseconds, as another side asked for.
    RetryAfter(u64),
    /// Trying again cannot help.
    Fail,
}

/// What follows a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is tried again after so many milliseconds.
    RetryAfter(u64),
    /// It is dead, for this reason.
    Dead(&'static str),
}

/// What follows the failure after which `failures` have counted, `by_class` of the same class among them. `random` is
/// uniform over all its values.
pub fn decide(
    policy: &Policy,
    failures_max: u32,
    failures: u32,
    of_class: (&str, u32),
    choice: Choice,
    random: u64,
) -> Verdict {
    let (class, count) = of_class;
    let class_max = policy.class_limits.iter().find(|(name, _)| *name == class).map(|(_, max)| *max);
    if choice == Choice::Fail {
        return Verdict::Dead("failed_for_good");
    }
    if failures >= failures_max || class_max.is_some_and(|max| count >= max) {
        return Verdict::Dead("max_failures");
    }
    match choice {
        Choice::RetryAfter(after_ms) => Verdict::RetryAfter(after_ms),
        _ => Verdict::RetryAfter(full_jitter(policy, failures, random)),
    }
}

/// Uniform in 0..=bound, where the bound doubles with each failure up to the policy's largest: "full jitter", which spreads
/// those that failed together (Brooker, "Exponential Backoff and Jitter", 2015).
fn full_jitter(policy: &Policy, failures: u32, random: u64) -> u64 {
    let doubled = policy.backoff_ms.saturating_mul(1_u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX));
    let bound = doubled.min(policy.backoff_max_ms);
    bound.checked_add(1).map_or(random, |values| random % values)
}

/// How many failures of `class` there were.
pub fn of_class(by_class: &BTreeMap<String, u32>, class: &str) -> u32 {
    by_class.get(class).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: Policy = Policy { class_limits: &[("gone", 1), ("slow", 2)], ..Policy::USUAL };

    #[test]
    fn the_third_failure_is_the_last() {
        let after = |failures| decide(&POLICY, 3, failures, ("other", failures), Choice::Retry, 0);
        assert_eq!(after(1), Verdict::RetryAfter(0));
        assert_eq!(after(2), Verdict::RetryAfter(0));
        assert_eq!(after(3), Verdict::Dead("max_failures"));
    }

    #[test]
    fn a_class_may_have_a_shorter_limit() {
        assert_eq!(decide(&POLICY, 9, 1, ("gone", 1), Choice::Retry, 0), Verdict::Dead("max_failures"));
        assert_eq!(decide(&POLICY, 9, 1, ("slow", 1), Choice::RetryAfter(7), 0), Verdict::RetryAfter(7));
        assert_eq!(decide(&POLICY, 9, 5, ("slow", 2), Choice::RetryAfter(7), 0), Verdict::Dead("max_failures"));
    }

    #[test]
    fn a_handler_decides_for_itself() {
        assert_eq!(decide(&POLICY, 3, 1, ("x", 1), Choice::Fail, 5), Verdict::Dead("failed_for_good"));
        assert_eq!(decide(&POLICY, 3, 1, ("x", 1), Choice::RetryAfter(90_000), 5), Verdict::RetryAfter(90_000));
    }

    #[test]
    fn the_bound_doubles_up_to_the_cap() {
        let most = |failures| (0..4_000_000).step_by(997).map(|random| full_jitter(&POLICY, failures, random)).max();
        for (failures, bound) in [(1, 1_000), (2, 2_000), (3, 4_000), (7, 60_000), (200, 60_000)] {
            let most = most(failures).unwrap();
            assert!(most <= bound && most > bound * 9 / 10, "{failures}: {most} of {bound}");
        }
    }

    proptest! {
        #[test]
        fn no_wait_is_beyond_the_cap(failures in 1_u32..1_000, random: u64, base in 0_u64..u64::MAX, cap: u64) {
            let policy = Policy { backoff_ms: base, backoff_max_ms: cap, ..Policy::USUAL };
            prop_assert!(full_jitter(&policy, failures, random) <= cap);
        }
    }
}

//! P: How many attempts a subject may make: generic cell rate algorithm (ITU-T I.371, annex A). Time is an argument.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};

use crate::clock::UnixMs;

/// A burst, and one more attempt every so often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Attempts that may come at once.
    pub burst: u32,
    /// Milliseconds after which one more may come.
    pub every_ms: u64,
}

/// Tries to log in, by account.
pub const LOGIN_BY_ACCOUNT: Rule = Rule { burst: 5, every_ms: 30_000 };
/// Tries to log in, by address.
pub const LOGIN_BY_ADDRESS: Rule = Rule { burst: 20, every_ms: 3_000 };
/// Tries to register, by address.
pub const REGISTER_BY_ADDRESS: Rule = Rule { burst: 10, every_ms: 60_000 };

/// Who is counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An account that somebody tries to enter, by keyed hash.
    Account([u8; 32]),
    /// A network that logs in.
    LoginFrom(IpAddr),
    /// A network that registers.
    RegisterFrom(IpAddr),
}

impl Subject {
    /// The network of `address`, for logins.
    pub fn login_from(address: IpAddr) -> Self {
        Self::LoginFrom(network(address))
    }

    /// The network of `address`, for registrations.
    pub fn register_from(address: IpAddr) -> Self {
        Self::RegisterFrom(network(address))
    }
}

/// One subscriber has a whole IPv6 /64 (RFC 6177), so that is one subject; an IPv4 address is its own.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Too many attempts; the next is allowed after this many whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// At least 1.
    pub retry_after_s: u64,
}

/// What is remembered of each subject: the instant at which it will have its whole burst again. Bounded.
pub struct Throttle {
    capacity: usize,
    whole_at: HashMap<Subject, u64>,
    order: BTreeSet<(u64, Subject)>,
}

impl Throttle {
    /// Remembers at most `capacity` subjects.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, whole_at: HashMap::new(), order: BTreeSet::new() }
    }

    /// Counts one attempt of `subject` at `now`, or refuses it. A refused attempt is not counted.
    ///
    /// # Errors
    /// When the burst is used up.
    pub fn attempt(&mut self, subject: Subject, rule: Rule, now: UnixMs) -> Result<(), Refused> {
        let whole_at = self.whole_at.get(&subject).copied().unwrap_or(0).max(now.0);
        let next = whole_at.saturating_add(rule.every_ms);
        let furthest = now.0.saturating_add(rule.every_ms.saturating_mul(u64::from(rule.burst)));
        if next > furthest {
            return Err(Refused { retry_after_s: (next - furthest).div_ceil(1_000).max(1) });
        }
        self.remember(subject, next);
        Ok(())
    }

    /// Forgets the attempts of `subject`: it has proved who it is.
    pub fn reset(&mut self, subject: Subject) {
        if let Some(whole_at) = self.whole_at.remove(&subject) {
            self.order.remove(&(whole_at, subject));
        }
    }

    /// Subjects remembered.
    pub fn subjects(&self) -> usize {
        self.whole_at.len()
    }

    fn remember(&mut self, subject: Subject, whole_at: u64) {
        self.reset(subject);
        // Whoever is nearest to having its whole burst again loses least by being forgotten; and to push out a subject
        // that used much, as many others would have to use as much.
        while self.whole_at.len() >= self.capacity {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            self.whole_at.remove(&oldest);
        }
        self.whole_at.insert(subject, whole_at);
        self.order.insert((whole_at, subject));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULE: Rule = Rule { burst: 5, every_ms: 30_000 };

    fn subject(n: u8) -> Subject {
        Subject::Account([n; 32])
    }

    #[test]
    fn five_at_once_then_one_every_thirty_seconds() {
        let mut throttle = Throttle::new(10);
        let start = 1_000_000;
        for _ in 0..5 {
            assert_eq!(throttle.attempt(subject(1), RULE, UnixMs(start)), Ok(()));
        }
        assert_eq!(throttle.attempt(subject(1), RULE, UnixMs(start)), Err(Refused { retry_after_s: 30 }));
        assert_eq!(throttle.attempt(subject(1), RULE, UnixMs(start + 29_999)), Err(Refused { retry_after_s: 1 }));
        assert_eq!(throttle.attempt(subject(1), RULE, UnixMs(start + 30_000)), Ok(()));
        assert!(throttle.attempt(subject(1), RULE, UnixMs(start + 30_000)).is_err());
        assert_eq!(throttle.attempt(subject(2), RULE, UnixMs(start + 30_000)), Ok(()));
        throttle.reset(subject(1));
        assert_eq!(throttle.attempt(subject(1), RULE, UnixMs(start + 30_000)), Ok(()));
    }

    #[test]
    fn a_clock_that_steps_back_lets_nobody_in_sooner() {
        let mut throttle = Throttle::new(10);
        for _ in 0..5 {
            throttle.attempt(subject(1), RULE, UnixMs(1_000_000)).unwrap();
        }
        assert!(throttle.attempt(subject(1), RULE, UnixMs(0)).is_err());
    }

    #[test]
    fn one_ipv6_network_is_one_subject_and_mapped_ipv4_is_ipv4() {
        let from = |text: &str| Subject::login_from(text.parse().unwrap());
        assert!(from("2001:db8::1") == from("2001:db8::ffff:1"));
        assert!(from("2001:db8::1") != from("2001:db8:0:1::1"));
        assert!(from("::ffff:192.0.2.1") == from("192.0.2.1"));
        assert!(from("192.0.2.1") != from("192.0.2.2"));
    }

    #[test]
    fn a_flood_of_other_subjects_does_not_free_one_that_used_its_burst() {
        let mut throttle = Throttle::new(4);
        for _ in 0..5 {
            throttle.attempt(subject(0), RULE, UnixMs(1_000_000)).unwrap();
        }
        for n in 1..=200 {
            throttle.attempt(subject(n), RULE, UnixMs(1_000_000)).unwrap();
        }
        assert_eq!(throttle.subjects(), 4);
        assert!(throttle.attempt(subject(0), RULE, UnixMs(1_000_000)).is_err());
    }

    proptest! {
        #[test]
        fn memory_is_bounded(capacity in 1..20_usize, steps in prop::collection::vec((0..60_u8, 0..90_000_u64), 0..300)) {
            let mut throttle = Throttle::new(capacity);
            let mut now = 0;
            for (n, later) in steps {
                now += later;
                let _ = throttle.attempt(subject(n), RULE, UnixMs(now));
                prop_assert!(throttle.subjects() <= capacity);
                prop_assert_eq!(throttle.order.len(), throttle.whole_at.len());
            }
        }

        #[test]
        fn no_window_lets_more_through_than_burst_and_rate(
            burst in 1..8_u32, every_ms in 1..5_000_u64, gaps in prop::collection::vec(0..4_000_u64, 1..120),
        ) {
            let rule = Rule { burst, every_ms };
            let mut throttle = Throttle::new(4);
            let mut now = 10_000;
            let mut through = Vec::new();
            for gap in gaps {
                now += gap;
                if throttle.attempt(subject(1), rule, UnixMs(now)).is_ok() {
                    through.push(now);
                }
            }
            for (i, from) in through.iter().enumerate() {
                for (j, to) in through.iter().enumerate().skip(i) {
                    let passed = (j - i + 1) as u64;
                    prop_assert!(passed <= u64::from(burst) + (to - from) / every_ms);
                }
            }
        }

        #[test]
        fn waiting_as_long_as_told_is_enough(burst in 1..8_u32, every_ms in 1..50_000_u64, tries in 1..20_u32) {
            let rule = Rule { burst, every_ms };
            let mut throttle = Throttle::new(4);
            let mut now = 5;
            for _ in 0..tries {
                if let Err(refused) = throttle.attempt(subject(1), rule, UnixMs(now)) {
                    now += refused.retry_after_s * 1_000;
                    prop_assert_eq!(throttle.attempt(subject(1), rule, UnixMs(now)), Ok(()));
                }
            }
        }
    }
}

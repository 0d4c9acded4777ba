//! Tests of the limiter against a plain model: a bucket that is filled drop by drop.

use proptest::prelude::*;

use super::*;

const NOW: UnixMs = UnixMs(1_700_000_000_000);

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

fn tenant(n: u8) -> Subject {
    Subject::Tenant(TenantId([n; 16]))
}

fn user(n: u8) -> Subject {
    Subject::User(TenantId([0; 16]), UserId([n; 16]))
}

fn by_tenant(n: u8, text: &str) -> Demand {
    Demand { scope: Scope::Tenant, subject: tenant(n), rate: rate(text) }
}

fn by_user(n: u8, text: &str) -> Demand {
    Demand { scope: Scope::User, subject: user(n), rate: rate(text) }
}

fn passes(limiter: &mut Limiter, demands: &[Demand], now: UnixMs) -> bool {
    limiter.decide(demands, now).refused.is_none()
}

#[test]
fn the_burst_passes_at_once_then_one_each_interval() {
    let mut limiter = Limiter::new(8);
    let demand = [by_tenant(1, "5/s, burst 10")];
    for left in (0..10).rev() {
        let decision = limiter.decide(&demand, NOW);
        assert_eq!((decision.refused, decision.standings[0].remaining), (None, left));
        assert_eq!(decision.standings[0].whole_in_ms, 200 * u64::from(10 - left));
    }
    let refused = limiter.decide(&demand, NOW).refused.unwrap();
    assert_eq!((refused.scope, refused.retry_after_ms, refused.is_full), (Scope::Tenant, 200, false));
    assert!(!passes(&mut limiter, &demand, NOW.plus_ms(199)));
    assert!(passes(&mut limiter, &demand, NOW.plus_ms(200)));
    assert!(!passes(&mut limiter, &demand, NOW.plus_ms(399)));
    assert!(passes(&mut limiter, &[by_tenant(2, "5/s, burst 10")], NOW), "another tenant has its own");
    assert_eq!(limiter.decide(&demand, NOW.plus_ms(60_000)).standings[0].remaining, 9);
}

#[test]
fn a_refusal_by_one_scope_takes_nothing_from_the_others() {
    let mut limiter = Limiter::new(8);
    let both = [by_tenant(1, "1/h, burst 100"), by_user(1, "1/h, burst 3")];
    for _ in 0..3 {
        assert!(passes(&mut limiter, &both, NOW));
    }
    for _ in 0..50 {
        let decision = limiter.decide(&both, NOW);
        assert_eq!(decision.refused.unwrap().scope, Scope::User);
        assert_eq!(decision.standings[0].remaining, 97, "the tenant pays only for what passed");
        assert_eq!(decision.standings[1].remaining, 0);
    }
    let other = [by_tenant(1, "1/h, burst 100"), by_user(2, "1/h, burst 3")];
    assert_eq!(limiter.decide(&other, NOW).standings[0].remaining, 96);
}

#[test]
fn the_scope_that_holds_longest_is_told() {
    let mut limiter = Limiter::new(8);
    let both = [by_tenant(1, "1/s, burst 1"), by_user(1, "1/min, burst 1")];
    assert!(passes(&mut limiter, &both, NOW));
    let refused = limiter.decide(&both, NOW).refused.unwrap();
    assert_eq!((refused.scope, refused.retry_after_ms), (Scope::User, 60_000));
}

#[test]
fn the_whole_are_forgotten_the_others_never_and_newcomers_wait_when_all_have_used_some() {
    let mut limiter = Limiter::new(3);
    let slow = "1/min, burst 2";
    for n in 1..=3 {
        assert!(passes(&mut limiter, &[by_tenant(n, slow)], NOW.plus_ms(u64::from(n) * 1_000)));
    }
    let at = NOW.plus_ms(10_000);
    let refused = limiter.decide(&[by_tenant(4, slow)], at).refused.unwrap();
    assert!(refused.is_full);
    // The first, who asked at second 1, is whole again at second 61.
    assert_eq!(refused.retry_after_ms, 51_000);
    assert!(passes(&mut limiter, &[by_tenant(1, slow)], at), "who is known goes on");
    assert!(!passes(&mut limiter, &[by_tenant(1, slow)], at), "and was not reset by the crowd");
    assert!(passes(&mut limiter, &[by_tenant(4, slow)], NOW.plus_ms(62_000)), "the second is whole at second 62");
    assert_eq!(limiter.subjects(Scope::Tenant), 3);
    // A crowd in one scope is none in another.
    assert!(passes(&mut limiter, &[by_user(1, slow)], at));
}

#[test]
fn a_clock_that_steps_back_gives_nothing_and_locks_nobody_out() {
    let mut limiter = Limiter::new(3);
    let demand = [by_tenant(1, "1/s, burst 2")];
    assert!(passes(&mut limiter, &demand, NOW) && passes(&mut limiter, &demand, NOW));
    let back = UnixMs(NOW.0 - 3_600_000);
    assert!(!passes(&mut limiter, &demand, back));
    assert!(passes(&mut limiter, &demand, back.plus_ms(3_600_000 + 1_000)));
    let mut limiter = Limiter::new(3);
    assert!(passes(&mut limiter, &demand, NOW) && passes(&mut limiter, &demand, NOW));
    let refused = limiter.decide(&demand, back).refused.unwrap();
    assert_eq!(refused.retry_after_ms, 1_000);
    assert!(!passes(&mut limiter, &demand, back.plus_ms(999)));
    assert!(passes(&mut limiter, &demand, back.plus_ms(1_000)), "as long as told is enough here too");
}

#[test]
fn a_rate_that_rises_is_no_new_burst_and_holds_from_then_on() {
    let mut limiter = Limiter::new(3);
    let slow = [by_tenant(1, "1/min, burst 2")];
    assert!(passes(&mut limiter, &slow, NOW) && passes(&mut limiter, &slow, NOW));
    let fast = [by_tenant(1, "5/s, burst 10")];
    assert_eq!(limiter.decide(&fast, NOW).refused.unwrap().retry_after_ms, 200);
    assert!(passes(&mut limiter, &fast, NOW.plus_ms(200)));
}

#[test]
fn scopes_have_names_of_their_own() {
    for scope in Scope::ALL {
        assert_eq!(Scope::from_code(scope.code()), Some(scope));
    }
    assert_eq!(Scope::from_code("planet"), None);
}

/// A leaky bucket in the reals: it holds `burst`, and `1 / interval` comes back each nanosecond.
struct Bucket {
    level: f64,
    at_ms: u64,
}

proptest! {
    #[test]
    fn it_decides_as_a_bucket_that_fills_drop_by_drop(
        count in 1..50_u32, burst in 1..20_u32, gaps in prop::collection::vec(0..400_u64, 1..200),
    ) {
        let rate = rate(&format!("{count}/s, burst {burst}"));
        let demand = [Demand { scope: Scope::User, subject: user(1), rate }];
        let mut limiter = Limiter::new(2);
        let mut bucket = Bucket { level: f64::from(burst), at_ms: NOW.0 };
        let mut now = NOW;
        for gap in gaps {
            now = now.plus_ms(gap);
            let filled = (now.0 - bucket.at_ms) as f64 * f64::from(count) / 1_000.0;
            bucket = Bucket { level: (bucket.level + filled).min(f64::from(burst)), at_ms: now.0 };
            let decision = limiter.decide(&demand, now);
            // Where the two may differ by rounding, either is right, and the model follows.
            if (bucket.level - 1.0).abs() > 1e-5 {
                prop_assert_eq!(decision.refused.is_none(), bucket.level > 1.0, "level {}", bucket.level);
            }
            if decision.refused.is_none() {
                bucket.level -= 1.0;
            }
            let whole = bucket.level.max(0.0);
            prop_assert!((f64::from(decision.standings[0].remaining) - whole.floor()).abs() < 1.01);
        }
    }

    #[test]
    fn memory_is_bounded_and_nobody_gains_by_a_crowd(
        capacity in 1..6_usize, steps in prop::collection::vec((0..12_u8, 0..3_000_u64), 1..300),
    ) {
        let mut limiter = Limiter::new(capacity);
        let mut passed: HashMap<u8, Vec<u64>> = HashMap::new();
        let mut now = NOW;
        for (n, later) in steps {
            now = now.plus_ms(later);
            if passes(&mut limiter, &[by_tenant(n, "1/s, burst 3")], now) {
                passed.entry(n).or_default().push(now.0);
            }
            prop_assert!(limiter.subjects(Scope::Tenant) <= capacity);
            let book = &limiter.books[&Scope::Tenant];
            prop_assert_eq!(book.order.len(), book.whole_at.len());
        }
        for times in passed.values() {
            for (i, from) in times.iter().enumerate() {
                for (j, to) in times.iter().enumerate().skip(i) {
                    prop_assert!((j - i + 1) as u64 <= 3 + (to - from) / 1_000);
                }
            }
        }
    }

    #[test]
    fn waiting_as_long_as_told_is_enough(
        rates in prop::collection::vec((1..30_u32, 1..9_u32), 1..4), gaps in prop::collection::vec(0..200_u64, 1..60),
    ) {
        let demands: Vec<Demand> = rates.iter().zip([Scope::Tenant, Scope::User, Scope::Key]).map(|((n, burst), scope)| {
            Demand { scope, subject: tenant(1), rate: rate(&format!("{n}/s, burst {burst}")) }
        }).collect();
        let mut limiter = Limiter::new(4);
        let mut now = NOW;
        for gap in gaps {
            now = now.plus_ms(gap);
            if let Some(refused) = limiter.decide(&demands, now).refused {
                prop_assert!(!passes(&mut limiter, &demands, now.plus_ms(refused.retry_after_ms - 1)));
                now = now.plus_ms(refused.retry_after_ms);
                prop_assert!(passes(&mut limiter, &demands, now));
            }
        }
    }
}

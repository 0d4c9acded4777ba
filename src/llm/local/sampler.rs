//! P: Which token comes next: penalties, temperature, top-k, top-p, min-p and chance, from a seed. The same logits, seed
//! and past give the same token. Knows no model and no grammar: what may not come has a logit of minus infinity.
//!
//! The order is that of the libraries in common use: penalties, temperature, top-k, top-p, min-p, each over what the one
//! before left, with the likeliest token always left.

use std::collections::HashMap;

/// How freely a token is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Taste {
    /// 0 always takes the likeliest.
    pub temperature: f64,
    /// So many of the likeliest alone; 0 for all.
    pub top_k: u32,
    /// The likeliest that together have this chance; 1 for all.
    pub top_p: f64,
    /// Those that have at least this part of the chance of the likeliest; 0 for all.
    pub min_p: f64,
    /// Divides the logits of what stands in prompt or answer; 1 for none (Keskar et al. 2019).
    pub repetition_penalty: f64,
    /// Taken from a logit for each time that the token was written.
    pub frequency_penalty: f64,
    /// Taken from a logit when the token was written at all.
    pub presence_penalty: f64,
}

impl Default for Taste {
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            frequency_penalty: 0.0,
            presence_penalty: 0.0,
        }
    }
}

/// Logits further below the largest than this, in units of the temperature, have a chance below 1e-13 of it: all of a
/// vocabulary together do not come up once in a million answers.
const NEGLIGIBLE: f64 = 30.0;

/// Chooses the tokens of one answer.
#[derive(Clone, Debug)]
pub struct Sampler {
    taste: Taste,
    chance: Chance,
    /// How often each token was written; those of the prompt alone 0 times.
    seen: HashMap<u32, u32>,
    /// Kept for its memory.
    candidates: Vec<(u32, f64)>,
}

impl Sampler {
    /// For an answer to `prompt`.
    pub fn new(taste: Taste, seed: u64, prompt: &[u32]) -> Self {
        let seen = if taste.repetition_penalty == 1.0 {
            HashMap::new()
        } else {
            prompt.iter().map(|token| (*token, 0)).collect()
        };
        Self { taste, chance: Chance(seed), seen, candidates: Vec::new() }
    }

    /// The next token, by its logits, which are changed. `None` when none may come.
    pub fn choose(&mut self, logits: &mut [f32]) -> Option<u32> {
        self.punish(logits);
        let (likeliest, largest) = likeliest(logits)?;
        if self.taste.temperature <= 0.0 || self.taste.top_k == 1 {
            return Some(likeliest);
        }
        self.weigh(logits, largest);
        let kept = self.keep();
        let candidates = &self.candidates[..kept];
        let whole: f64 = candidates.iter().map(|(_, weight)| weight).sum();
        let mut left = self.chance.next() * whole;
        for (token, weight) in candidates {
            left -= weight;
            if left < 0.0 {
                return Some(*token);
            }
        }
        // What rounding leaves over.
        candidates.last().map(|(token, _)| *token)
    }

    /// The token was written.
    pub fn wrote(&mut self, token: u32) {
        let taste = &self.taste;
        if taste.repetition_penalty != 1.0 || taste.frequency_penalty != 0.0 || taste.presence_penalty != 0.0 {
            *self.seen.entry(token).or_default() += 1;
        }
    }

    fn punish(&self, logits: &mut [f32]) {
        let Taste { repetition_penalty, frequency_penalty, presence_penalty, .. } = self.taste;
        for (token, times) in &self.seen {
            let Some(logit) = logits.get_mut(*token as usize) else { continue };
            let mut value = f64::from(*logit);
            value = if value > 0.0 { value / repetition_penalty } else { value * repetition_penalty };
            value -= frequency_penalty * f64::from(*times);
            if *times > 0 {
                value -= presence_penalty;
            }
            *logit = value as f32;
        }
    }

    /// Fills `candidates` with the weight of every token that has one, relative to the likeliest.
    fn weigh(&mut self, logits: &[f32], largest: f32) {
        let temperature = self.taste.temperature;
        // A logit alone cannot be compared with infinity in f32, so the bound is taken once and in its own type.
        let least = (f64::from(largest) - NEGLIGIBLE * temperature) as f32;
        self.candidates.clear();
        for (token, logit) in logits.iter().enumerate() {
            if *logit >= least {
                let weight = ((f64::from(*logit) - f64::from(largest)) / temperature).exp();
                self.candidates.push((token as u32, weight));
            }
        }
    }

    /// Puts what may be chosen to the front; how many these are.
    fn keep(&mut self) -> usize {
        let Taste { top_k, top_p, min_p, .. } = self.taste;
        let mut kept = self.candidates.len();
        // Of two with the same weight the lower token goes first, so that the choice does not hang on the sorting.
        let order = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        let top_k = top_k as usize;
        if top_k > 0 && top_k < kept {
            self.candidates.select_nth_unstable_by(top_k - 1, order);
            kept = top_k;
        }
        if kept < self.candidates.len() || top_p < 1.0 || min_p > 0.0 {
            self.candidates[..kept].sort_unstable_by(order);
        }
        if top_p < 1.0 {
            let wanted = top_p * self.candidates[..kept].iter().map(|(_, weight)| weight).sum::<f64>();
            let mut sum = 0.0;
            let enough = self.candidates[..kept].iter().position(|(_, weight)| {
                sum += weight;
                sum >= wanted
            });
            kept = enough.map_or(kept, |last| last + 1);
        }
        if min_p > 0.0 {
            // The likeliest has weight 1.
            kept = self.candidates[..kept].partition_point(|(_, weight)| *weight >= min_p).max(1);
        }
        kept
    }
}

/// The token with the largest logit, the first of several; what is no number counts as minus infinity.
fn likeliest(logits: &[f32]) -> Option<(u32, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for (token, logit) in logits.iter().enumerate() {
        if *logit > best.map_or(f32::NEG_INFINITY, |(_, value)| value) {
            best = Some((token, *logit));
        }
    }
    best.map(|(token, value)| (token as u32, value.min(f32::MAX)))
}

/// Numbers that look like chance: `SplitMix64` (Steele, Lea and Flood 2014).
#[derive(Clone, Copy, Debug)]
struct Chance(u64);

impl Chance {
    /// Evenly from 0 to below 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What each token's chance must be, worked out from the definitions and over the whole vocabulary.
    fn exact(logits: &[f32], taste: &Taste) -> Vec<f64> {
        let weights: Vec<f64> = logits.iter().map(|logit| (f64::from(*logit) / taste.temperature).exp()).collect();
        let whole: f64 = weights.iter().sum();
        let mut chances: Vec<(usize, f64)> = weights.iter().map(|weight| weight / whole).enumerate().collect();
        chances.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        if taste.top_k > 0 {
            chances.truncate(taste.top_k as usize);
        }
        let whole: f64 = chances.iter().map(|(_, chance)| chance).sum();
        let mut sum = 0.0;
        let mut kept = Vec::new();
        for (token, chance) in chances {
            if sum < taste.top_p * whole {
                kept.push((token, chance));
            }
            sum += chance;
        }
        let most = kept[0].1;
        kept.retain(|(_, chance)| *chance >= taste.min_p * most);
        let whole: f64 = kept.iter().map(|(_, chance)| chance).sum();
        let mut out = vec![0.0; logits.len()];
        for (token, chance) in kept {
            out[token] = chance / whole;
        }
        out
    }

    /// Pearson's statistic of 20,000 draws against the exact chances must stay below its 99.99 % bound.
    #[test]
    fn draws_have_the_chances_that_the_definitions_give() {
        let logits: Vec<f32> = (0..12).map(|n| [2.0, -1.5, 0.3, 1.9, 0.0, -4.0][n % 6] + n as f32 * 0.07).collect();
        let plain = Taste::default();
        for taste in [
            plain,
            Taste { temperature: 0.5, ..plain },
            Taste { temperature: 1.7, top_k: 5, ..plain },
            Taste { top_p: 0.8, ..plain },
            Taste { min_p: 0.2, ..plain },
            Taste { temperature: 1.3, top_k: 9, top_p: 0.93, min_p: 0.05, ..plain },
        ] {
            let exact = exact(&logits, &taste);
            let mut sampler = Sampler::new(taste, 42, &[]);
            let draws = 20_000;
            let mut counts = vec![0_u32; logits.len()];
            for _ in 0..draws {
                counts[sampler.choose(&mut logits.clone()).unwrap() as usize] += 1;
            }
            let (mut statistic, mut kinds) = (0.0, 0);
            for (count, chance) in counts.iter().zip(&exact) {
                if *chance == 0.0 {
                    assert_eq!(*count, 0, "{taste:?}");
                    continue;
                }
                let expected = chance * f64::from(draws);
                statistic += (f64::from(*count) - expected).powi(2) / expected;
                kinds += 1;
            }
            // Wilson and Hilferty's cube-root approximation of the chi-squared bound.
            let freedom = f64::from(kinds - 1);
            let bound = freedom * (1.0 - 2.0 / (9.0 * freedom) + 3.719 * (2.0 / (9.0 * freedom)).sqrt()).powi(3);
            assert!(statistic < bound, "{statistic} of {bound} with {taste:?}: {counts:?}");
        }
    }

    #[test]
    fn penalties_weigh_what_was_said() {
        let choose = |taste: Taste, prompt: &[u32], written: &[u32]| {
            let mut sampler = Sampler::new(Taste { temperature: 0.0, ..taste }, 1, prompt);
            for token in written {
                sampler.wrote(*token);
            }
            sampler.choose(&mut [2.0, 1.5, 1.2, -1.0]).unwrap()
        };
        let plain = Taste::default();
        assert_eq!(choose(plain, &[0], &[0, 0]), 0);
        assert_eq!(choose(Taste { repetition_penalty: 1.5, ..plain }, &[0], &[]), 1, "2.0 / 1.5 < 1.5");
        assert_eq!(choose(Taste { presence_penalty: 0.6, ..plain }, &[1], &[0, 0]), 1, "the prompt is not written");
        assert_eq!(choose(Taste { frequency_penalty: 0.45, ..plain }, &[], &[0, 1, 1]), 0, "1.55 beside 0.6 and 1.2");
        assert_eq!(choose(Taste { frequency_penalty: 0.45, ..plain }, &[], &[0, 0, 1]), 2);
    }

    #[test]
    fn where_nothing_may_come_nothing_does() {
        let mut sampler = Sampler::new(Taste::default(), 1, &[]);
        assert_eq!(sampler.choose(&mut []), None);
        assert_eq!(sampler.choose(&mut [f32::NEG_INFINITY; 3]), None);
        assert_eq!(sampler.choose(&mut [f32::NAN, f32::NEG_INFINITY]), None);
        assert_eq!(sampler.choose(&mut [f32::NAN, -7.0]), Some(1));
        assert_eq!(sampler.choose(&mut [0.0, f32::INFINITY]), Some(1));
    }

    fn taste() -> impl Strategy<Value = Taste> {
        (0.0..2.0_f64, 0_u32..12, 0.01..=1.0_f64, 0.0..1.0_f64, 1.0..1.5_f64).prop_map(
            |(temperature, top_k, top_p, min_p, repetition_penalty)| Taste {
                temperature,
                top_k,
                top_p,
                min_p,
                repetition_penalty,
                ..Taste::default()
            },
        )
    }

    proptest! {
        #[test]
        fn the_same_seed_says_the_same_and_the_forbidden_never_comes(
            logits in proptest::collection::vec(prop_oneof![4 => -20.0..20.0_f32, 1 => Just(f32::NEG_INFINITY)], 1..40),
            taste in taste(),
            seed: u64,
        ) {
            let mut both = [Sampler::new(taste, seed, &[0]), Sampler::new(taste, seed, &[0])];
            for _ in 0..20 {
                let [a, b] = both.each_mut().map(|sampler| sampler.choose(&mut logits.clone()));
                prop_assert_eq!(a, b);
                let Some(token) = a else {
                    prop_assert!(logits.iter().all(|logit| *logit == f32::NEG_INFINITY));
                    break;
                };
                prop_assert!(logits[token as usize] > f32::NEG_INFINITY);
                for sampler in &mut both {
                    sampler.wrote(token);
                }
            }
        }

        #[test]
        fn whatever_is_cut_away_the_likeliest_stays(logits in proptest::collection::vec(-9.0..9.0_f32, 1..30), taste in taste(), seed: u64) {
            let plain = Taste { repetition_penalty: 1.0, temperature: taste.temperature.max(0.05), ..taste };
            let chances = exact(&logits, &plain);
            let mut sampler = Sampler::new(plain, seed, &[]);
            for _ in 0..10 {
                let token = sampler.choose(&mut logits.clone()).unwrap() as usize;
                // Sums at the very edge of top-p may fall to either side.
                let edge = Taste { top_p: (plain.top_p + 1e-9).min(1.0), min_p: plain.min_p - 1e-9, ..plain };
                prop_assert!(chances[token] > 0.0 || exact(&logits, &edge)[token] > 0.0);
            }
        }
    }
}

//! P: What models cost: a versioned table, and the cost of counted tokens, rounded up to a whole micro-dollar. Reads no
//! file; who has one hands over its text.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::money::MicroUsd;
use crate::limits::{PRICE_MAX_MICRO_USD, PRICED_MODELS_MAX, TOKENS_MAX};

/// Tokens that a price is for.
const PER: u128 = 1_000_000;
/// The table that the program carries.
const BUILT_IN: &str = include_str!("../../data/prices.toml");
/// Longest name of a model, in bytes.
const NAME_MAX_BYTES: usize = 128;

/// What one model costs, each in micro-dollars for a million tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Tokens of the prompt.
    pub input: MicroUsd,
    /// Tokens of the prompt that the provider had kept from before.
    pub cached_input: MicroUsd,
    /// Tokens of the answer.
    pub output: MicroUsd,
    /// Where the prices were read.
    pub source: String,
    /// When.
    pub date: String,
}

/// Tokens of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Tokens of the prompt, the cached ones included.
    pub input: u64,
    /// Those of them that the provider had kept.
    pub cached_input: u64,
    /// Tokens of the answer.
    pub output: u64,
}

/// A table of prices, and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prices {
    version: String,
    models: BTreeMap<String, Price>,
}

/// A table that cannot be used; the text says where and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the price table is wrong: {0}")]
pub struct PriceError(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: String,
    #[serde(default)]
    models: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    input: u64,
    /// The full price when the provider gives no discount.
    cached_input: Option<u64>,
    output: u64,
    source: String,
    date: String,
}

impl Prices {
    /// The table of the program, with the lines of the operator's `own` before its own.
    ///
    /// # Errors
    /// When a table is no TOML of the right shape, names a model twice, or a price is out of range.
    pub fn load(own: Option<&str>) -> Result<Self, PriceError> {
        let mut table = Self::read(BUILT_IN)?;
        if let Some(text) = own {
            let own = Self::read(text)?;
            table.version = own.version;
            table.models.extend(own.models);
        }
        table.version = format!("{}+{}", table.version, table.fingerprint());
        Ok(table)
    }

    fn read(text: &str) -> Result<Self, PriceError> {
        let document: Document = toml::from_str(text).map_err(|cause| PriceError(cause.to_string()))?;
        let Document { version, models: lines } = document;
        let is_name =
            |text: &str| (1..=NAME_MAX_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_name(&version) {
            return Err(PriceError(String::from("version: expected 1 to 128 printable ASCII characters, no spaces")));
        }
        if lines.len() > PRICED_MODELS_MAX {
            return Err(PriceError(format!("models: {} given, at most {PRICED_MODELS_MAX} allowed", lines.len())));
        }
        let mut models = BTreeMap::new();
        for line in lines {
            let Line { name, input, cached_input, output, source, date } = line;
            if !is_name(&name) {
                let right = "expected 1 to 128 printable ASCII characters, no spaces";
                return Err(PriceError(format!("models.name {name:?}: {right}")));
            }
            let cached = cached_input.unwrap_or(input);
            for (field, price) in [("input", input), ("cached_input", cached), ("output", output)] {
                if price > PRICE_MAX_MICRO_USD {
                    let right = format!("expected micro-dollars for a million tokens, 0 to {PRICE_MAX_MICRO_USD}");
                    return Err(PriceError(format!("{field} of {name}: {price} given, {right}")));
                }
            }
            let price = Price {
                input: MicroUsd(input),
                cached_input: MicroUsd(cached),
                output: MicroUsd(output),
                source,
                date,
            };
            if models.insert(name.clone(), price).is_some() {
                return Err(PriceError(format!("{name} stands twice")));
            }
        }
        Ok(Self { version, models })
    }

    /// First digits of the hash of all prices, so that two tables never pass under one version.
    fn fingerprint(&self) -> String {
        let mut hasher = Sha256::new();
        for (name, price) in &self.models {
            let line = format!("{name} {} {} {}\n", price.input.0, price.cached_input.0, price.output.0);
            hasher.update(line.as_bytes());
        }
        let head = hasher.finalize().iter().take(4).fold(0u32, |head, byte| (head << 8) | u32::from(*byte));
        format!("{head:08x}")
    }

    /// Name of the table and hash of its prices: what an entry of the ledger is priced with.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What this model costs; only exact names count, since a dated snapshot may cost more than its family.
    pub fn of(&self, model: &str) -> Option<&Price> {
        self.models.get(model)
    }

    /// Every model with its price, by name.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Price)> {
        self.models.iter().map(|(name, price)| (name.as_str(), price))
    }
}

impl Price {
    /// What these tokens cost, rounded up once; `None` when a count is beyond every bound.
    pub fn cost(&self, tokens: Tokens) -> Option<MicroUsd> {
        let cached = tokens.cached_input.min(tokens.input);
        let parts = [(tokens.input - cached, self.input), (cached, self.cached_input), (tokens.output, self.output)];
        let mut sum = 0u128;
        for (count, price) in parts {
            if count > TOKENS_MAX {
                return None;
            }
            sum += u128::from(count) * u128::from(price.0);
        }
        u64::try_from(sum.div_ceil(PER)).ok().map(MicroUsd)
    }

    /// The most that a call of so many tokens can cost, whatever the provider had kept.
    pub fn bound(&self, input: u64, output: u64) -> Option<MicroUsd> {
        let all = self.cost(Tokens { input, cached_input: 0, output })?;
        let none = self.cost(Tokens { input, cached_input: input, output })?;
        Some(all.max(none))
    }

    /// Whether nothing is ever charged.
    pub const fn is_free(&self) -> bool {
        self.input.is_zero() && self.cached_input.is_zero() && self.output.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWN: &str = "version = \"ours-1\"\n[[models]]\nname = \"house\"\ninput = 1\noutput = 3\nsource = \"us\"\ndate = \"2026-11-01\"\n";

    #[test]
    fn the_table_of_the_program_can_be_read_and_names_its_sources() {
        let prices = Prices::load(None).unwrap();
        assert!(prices.all().count() >= 10);
        for (name, price) in prices.all() {
            assert!(!price.source.is_empty() && price.date.len() >= 7, "{name}");
            assert!(price.cached_input <= price.input, "{name}");
        }
    }

    #[test]
    fn an_own_table_goes_first_and_changes_the_version() {
        let built_in = Prices::load(None).unwrap();
        let own = Prices::load(Some(OWN)).unwrap();
        assert!(own.version().starts_with("ours-1+") && own.version() != built_in.version());
        assert_eq!(own.of("house").unwrap().cached_input, MicroUsd(1));
        assert!(own.of("gpt-4o").is_some() && own.of("gpt-4o-x").is_none());
        // The same name over other prices is another version.
        let other = Prices::load(Some(&OWN.replace("output = 3", "output = 4"))).unwrap();
        assert_ne!(own.version(), other.version());
    }

    #[test]
    fn a_wrong_table_is_refused_by_name() {
        for (text, told) in [
            ("version = 3", "string"),
            ("version = \"a b\"", "version"),
            (&OWN.replace("input = 1", "input = -1"), "input"),
            (&OWN.replace("input = 1", "input = 1.5"), "input"),
            (&OWN.replace("input = 1", "inputs = 1"), "inputs"),
            (&format!("{OWN}{}", OWN.split_once('\n').unwrap().1), "house stands twice"),
            (&OWN.replace("output = 3", "output = 99999999999999"), "output of house"),
        ] {
            let error = Prices::load(Some(text)).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn costs_round_up_once() {
        let price = Price {
            input: MicroUsd(150_000),
            cached_input: MicroUsd(75_000),
            output: MicroUsd(600_000),
            source: String::new(),
            date: String::new(),
        };
        let cost = |input, cached_input, output| price.cost(Tokens { input, cached_input, output }).unwrap().0;
        // By hand: 1,000 x 0.15 + 500 x 0.60 micro-dollars.
        assert_eq!(cost(1_000, 0, 500), 450);
        assert_eq!(cost(1_000, 400, 500), 420);
        // 0.15 + 0.6 = 0.75: one micro-dollar, not two.
        assert_eq!(cost(1, 0, 1), 1);
        assert_eq!(cost(0, 0, 0), 0);
        // More cached than sent cannot be.
        assert_eq!(cost(10, 99, 0), cost(10, 10, 0));
        assert_eq!(price.cost(Tokens { input: u64::MAX, cached_input: 0, output: 0 }), None);
    }

    proptest! {
        #[test]
        fn no_call_within_its_bound_costs_more(
            prices in (0..PRICE_MAX_MICRO_USD, 0..PRICE_MAX_MICRO_USD, 0..PRICE_MAX_MICRO_USD),
            bound in (0..1_000_000u64, 0..1_000_000u64),
            share in (0..=100u64, 0..=100u64, 0..=100u64),
        ) {
            let price = Price {
                input: MicroUsd(prices.0), cached_input: MicroUsd(prices.1), output: MicroUsd(prices.2),
                source: String::new(), date: String::new(),
            };
            let input = bound.0 * share.0 / 100;
            let tokens = Tokens { input, cached_input: input * share.1 / 100, output: bound.1 * share.2 / 100 };
            prop_assert!(price.cost(tokens) <= price.bound(bound.0, bound.1));
        }
    }
}

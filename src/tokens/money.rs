//! P: An amount of money in whole micro-dollars: checked sums, and decimal text without floating point.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Micro-dollars in a dollar.
const MICRO: u64 = 1_000_000;
/// Decimal places that are kept.
const PLACES: usize = 6;

/// An amount that is never negative, in millionths of a US dollar. The largest is 18 trillion dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MicroUsd(pub u64);

/// A text that is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMoney {
    /// It is not written like one.
    #[error("an amount in dollars such as 5, 0.25 or 12.000001: digits, at most one point, at most 6 decimal places")]
    Form,
    /// It is below zero.
    #[error("an amount that is not below zero")]
    Negative,
    /// It is larger than can be kept.
    #[error("an amount below 18446744073709")]
    TooLarge,
}

impl MicroUsd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The sum, unless it is too large to keep.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The difference, unless it would be below zero.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(left) => Some(Self(left)),
            None => None,
        }
    }

    /// The difference, or nothing where it would be below zero.
    #[must_use]
    pub const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// How much of `whole` this is, in whole percent, rounded down; 100 of nothing.
    pub fn percent_of(self, whole: Self) -> u64 {
        let percent = (u128::from(self.0) * 100).checked_div(u128::from(whole.0)).unwrap_or(100);
        u64::try_from(percent).unwrap_or(u64::MAX)
    }

    /// The amount without its sign, such as `0.100000`, as data carry it.
    pub fn decimal(self) -> String {
        format!("{}.{:06}", self.0 / MICRO, self.0 % MICRO)
    }

    /// Reads an amount that may be below zero, which counts as `None`: predecessors wrote "no limit" like that.
    ///
    /// # Errors
    /// When the text is no amount.
    pub fn parse_or_negative(text: &str) -> Result<Option<Self>, BadMoney> {
        match text.strip_prefix('-') {
            Some(rest) => rest.parse::<Self>().map(|amount| amount.is_zero().then_some(amount)),
            None => text.parse().map(Some),
        }
    }
}

impl fmt::Display for MicroUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", self.decimal())
    }
}

impl FromStr for MicroUsd {
    type Err = BadMoney;

    fn from_str(text: &str) -> Result<Self, BadMoney> {
        if text.starts_with('-') {
            return Err(BadMoney::Negative);
        }
        let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(places) {
            return Err(BadMoney::Form);
        }
        // Zeros behind the sixth place say nothing.
        let places = places.trim_end_matches('0');
        if places.len() > PLACES {
            return Err(BadMoney::Form);
        }
        let whole: u64 = whole.parse().map_err(|_| BadMoney::TooLarge)?;
        let micro: u64 = format!("{places:0<PLACES$}").parse().map_err(|_| BadMoney::Form)?;
        let sum = whole.checked_mul(MICRO).and_then(|whole| whole.checked_add(micro));
        sum.map(Self).ok_or(BadMoney::TooLarge)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_to_the_micro_dollar() {
        for (text, micro) in [
            ("0", 0),
            ("5", 5_000_000),
            ("5.00", 5_000_000),
            ("0.1", 100_000),
            ("0.000001", 1),
            ("12.345678", 12_345_678),
            ("1.1000000000", 1_100_000),
            ("18446744073709.551615", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(MicroUsd(micro)), "{text}");
        }
        for text in ["", ".", "5.", ".5", "1,5", "1e3", " 5", "$5", "0.0000001", "+5", "5.1.1", "٥"] {
            assert_eq!(text.parse::<MicroUsd>(), Err(BadMoney::Form), "{text}");
        }
        assert_eq!("-1".parse::<MicroUsd>(), Err(BadMoney::Negative));
        assert_eq!("18446744073709.551616".parse::<MicroUsd>(), Err(BadMoney::TooLarge));
        assert_eq!(MicroUsd::parse_or_negative("-3.5"), Ok(None));
        assert_eq!(MicroUsd::parse_or_negative("-x"), Err(BadMoney::Form));
    }

    #[test]
    fn amounts_are_shown_with_all_places() {
        assert_eq!(MicroUsd(100_000).to_string(), "$0.100000");
        assert_eq!((MicroUsd(4).percent_of(MicroUsd(5)), MicroUsd(1).percent_of(MicroUsd(0))), (80, 100));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(micro: u64) {
            let amount = MicroUsd(micro);
            prop_assert_eq!(amount.decimal().parse(), Ok(amount));
        }
    }
}

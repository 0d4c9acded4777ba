//! P: The bodies a chart can hold and their stable codes; no positions and no astrological meaning.

use serde::{Deserialize, Serialize};

/// A body (or lunar node) with an apparent geocentric place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// The Sun.
    Sun,
    /// The Moon.
    Moon,
    /// Mercury.
    Mercury,
    /// Venus.
    Venus,
    /// Mars (system barycentre).
    Mars,
    /// Jupiter (system barycentre).
    Jupiter,
    /// Saturn (system barycentre).
    Saturn,
    /// Uranus (system barycentre).
    Uranus,
    /// Neptune (system barycentre).
    Neptune,
    /// Pluto (system barycentre).
    Pluto,
    /// Mean ascending node of the Moon's orbit.
    MeanNode,
    /// True (osculating) ascending node of the Moon's orbit.
    TrueNode,
}

impl Body {
    /// The ten luminaries and planets, in the customary order.
    pub const PLANETS: [Self; 10] = [
        Self::Sun,
        Self::Moon,
        Self::Mercury,
        Self::Venus,
        Self::Mars,
        Self::Jupiter,
        Self::Saturn,
        Self::Uranus,
        Self::Neptune,
        Self::Pluto,
    ];

    /// Every body: [`Self::PLANETS`], then the mean and the true node. The order is that of the enum.
    pub const ALL: [Self; 12] = [
        Self::Sun,
        Self::Moon,
        Self::Mercury,
        Self::Venus,
        Self::Mars,
        Self::Jupiter,
        Self::Saturn,
        Self::Uranus,
        Self::Neptune,
        Self::Pluto,
        Self::MeanNode,
        Self::TrueNode,
    ];

    /// The stable `snake_case` code, the same as the serialised form.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sun => "sun",
            Self::Moon => "moon",
            Self::Mercury => "mercury",
            Self::Venus => "venus",
            Self::Mars => "mars",
            Self::Jupiter => "jupiter",
            Self::Saturn => "saturn",
            Self::Uranus => "uranus",
            Self::Neptune => "neptune",
            Self::Pluto => "pluto",
            Self::MeanNode => "mean_node",
            Self::TrueNode => "true_node",
        }
    }

    /// The body whose [`Self::code`] is `code`, or `None`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|body| body.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip_and_equal_the_serialised_form() {
        for body in Body::ALL {
            assert_eq!(Body::from_code(body.code()), Some(body));
            let json = serde_json::to_string(&body).unwrap();
            assert_eq!(json, format!("\"{}\"", body.code()));
        }
        assert_eq!(Body::from_code("Sun"), None);
    }

    #[test]
    fn all_is_sorted_and_starts_with_the_planets() {
        assert!(Body::ALL.is_sorted());
        assert_eq!(Body::ALL[..10], Body::PLANETS);
    }
}

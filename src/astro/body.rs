//! P: The bodies a chart can hold and their stable codes; no positions and no astrological meaning.

use serde::{Deserialize, Serialize};

/// A body, or a node or apogee of the Moon's orbit, that has a place in the sky.
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
    /// (2060) Chiron.
    Chiron,
    /// (1) Ceres.
    Ceres,
    /// (2) Pallas.
    Pallas,
    /// (3) Juno.
    Juno,
    /// (4) Vesta.
    Vesta,
    /// (5145) Pholus.
    Pholus,
    /// (136199) Eris.
    Eris,
    /// Mean apogee of the Moon's orbit, the mean Black Moon Lilith.
    MeanApogee,
    /// Osculating apogee of the Moon's orbit, the true Black Moon Lilith.
    OsculatingApogee,
}

impl Body {
    /// Whether it is a lunar node, by either theory.
    pub const fn is_node(self) -> bool {
        matches!(self, Self::MeanNode | Self::TrueNode)
    }

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

    /// What a chart holds unless it asks otherwise: [`Self::PLANETS`], then the mean and the true node.
    pub const STANDARD: [Self; 12] = [
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

    /// Every body: [`Self::STANDARD`], then the small bodies and the apogees. The order is that of the enum.
    pub const ALL: [Self; 21] = [
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
        Self::Chiron,
        Self::Ceres,
        Self::Pallas,
        Self::Juno,
        Self::Vesta,
        Self::Pholus,
        Self::Eris,
        Self::MeanApogee,
        Self::OsculatingApogee,
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
            Self::Chiron => "chiron",
            Self::Ceres => "ceres",
            Self::Pallas => "pallas",
            Self::Juno => "juno",
            Self::Vesta => "vesta",
            Self::Pholus => "pholus",
            Self::Eris => "eris",
            Self::MeanApogee => "mean_apogee",
            Self::OsculatingApogee => "osculating_apogee",
        }
    }

    /// Whether the body is a point of the Moon's orbit (a node or an apogee) and no thing that shines.
    #[must_use]
    pub const fn is_lunar_point(self) -> bool {
        matches!(self, Self::MeanNode | Self::TrueNode | Self::MeanApogee | Self::OsculatingApogee)
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
        assert_eq!(Body::ALL[..12], Body::STANDARD);
    }
}

//! P: A point of a chart that aspects can join: a body, an angle, a lot. Holds no position and no display name.

use serde::{Deserialize, Serialize};

use super::body::Body;

/// A body, an angle, a lot or the south node. Serialises as its [`Self::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Point {
    /// A body or a lunar node.
    Body(Body),
    /// The rising degree.
    Ascendant,
    /// The culminating degree.
    Midheaven,
    /// Where the prime vertical cuts the ecliptic in the west.
    Vertex,
    /// The Ascendant of the equator: the ecliptic degree that rises for latitude zero.
    EastPoint,
    /// The Part of Fortune.
    Fortune,
    /// The Part of Spirit.
    Spirit,
    /// The descending node of the Moon, opposite the true node.
    SouthNode,
    /// The setting degree, opposite the Ascendant.
    Descendant,
    /// The lower meridian, opposite the Midheaven.
    ImumCoeli,
}

/// A string that names no point.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no point of a chart")]
pub struct UnknownPoint(pub String);

impl Point {
    /// Every point that is no body, in the order of the enum.
    pub const OTHERS: [Self; 9] = [
        Self::Ascendant,
        Self::Midheaven,
        Self::Vertex,
        Self::EastPoint,
        Self::Fortune,
        Self::Spirit,
        Self::SouthNode,
        Self::Descendant,
        Self::ImumCoeli,
    ];

    /// How many points there are.
    pub const COUNT: usize = Body::ALL.len() + Self::OTHERS.len();

    /// Every point: [`Body::ALL`], then [`Self::OTHERS`]; in the order of the enum, so that [`Self::index`] is the place.
    pub fn all() -> impl Iterator<Item = Self> {
        Body::ALL.into_iter().map(Self::Body).chain(Self::OTHERS)
    }

    /// Whether it is the ascending lunar node, mean or true.
    pub const fn is_ascending_node(self) -> bool {
        matches!(self, Self::Body(body) if body.is_node())
    }

    /// Its place in [`Self::all`], 0 up to [`Self::COUNT`].
    pub const fn index(self) -> usize {
        const BODIES: usize = Body::ALL.len();
        match self {
            Self::Body(body) => body as usize,
            Self::Ascendant => BODIES,
            Self::Midheaven => BODIES + 1,
            Self::Vertex => BODIES + 2,
            Self::EastPoint => BODIES + 3,
            Self::Fortune => BODIES + 4,
            Self::Spirit => BODIES + 5,
            Self::SouthNode => BODIES + 6,
            Self::Descendant => BODIES + 7,
            Self::ImumCoeli => BODIES + 8,
        }
    }

    /// The stable machine name: the body's code, `ascendant`, `midheaven`, `vertex`, `fortune` and so on.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Body(body) => body.code(),
            Self::Ascendant => "ascendant",
            Self::Midheaven => "midheaven",
            Self::Vertex => "vertex",
            Self::EastPoint => "east_point",
            Self::Fortune => "fortune",
            Self::Spirit => "spirit",
            Self::SouthNode => "south_node",
            Self::Descendant => "descendant",
            Self::ImumCoeli => "imum_coeli",
        }
    }

    /// The point with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::OTHERS.into_iter().find(|point| point.code() == code).or_else(|| Body::from_code(code).map(Self::Body))
    }

    /// The body, if the point is one.
    pub const fn body(self) -> Option<Body> {
        match self {
            Self::Body(body) => Some(body),
            _ => None,
        }
    }

    /// Whether the point belongs to the turning sky over a place: the four angles, the Vertex and the East Point. Lots
    /// turn as fast, yet stand for bodies too.
    pub const fn is_angle(self) -> bool {
        matches!(
            self,
            Self::Ascendant | Self::Midheaven | Self::Descendant | Self::ImumCoeli | Self::Vertex | Self::EastPoint
        )
    }

    /// Whether the point is a lot.
    pub const fn is_lot(self) -> bool {
        matches!(self, Self::Fortune | Self::Spirit)
    }

    /// The point always opposite to this one, if the chart has it.
    pub const fn opposite(self) -> Option<Self> {
        match self {
            Self::Ascendant => Some(Self::Descendant),
            Self::Descendant => Some(Self::Ascendant),
            Self::Midheaven => Some(Self::ImumCoeli),
            Self::ImumCoeli => Some(Self::Midheaven),
            Self::SouthNode => Some(Self::Body(Body::TrueNode)),
            Self::Body(Body::TrueNode) => Some(Self::SouthNode),
            _ => None,
        }
    }
}

impl From<Point> for String {
    fn from(point: Point) -> Self {
        point.code().to_owned()
    }
}

impl TryFrom<String> for Point {
    type Error = UnknownPoint;

    fn try_from(code: String) -> Result<Self, UnknownPoint> {
        Self::from_code(&code).ok_or(UnknownPoint(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_its_code_in_json() {
        for (index, point) in Point::all().enumerate() {
            assert_eq!(point.index(), index);
            let json = serde_json::to_string(&point).unwrap();
            assert_eq!(json, format!("\"{}\"", point.code()));
            assert_eq!(serde_json::from_str::<Point>(&json).unwrap(), point);
        }
        assert!(serde_json::from_str::<Point>("\"south_pole\"").is_err());
    }
}

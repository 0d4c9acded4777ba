//! P: A point of a chart that aspects can join: a body or an angle. Holds no position and no display name.

use serde::{Deserialize, Serialize};

use super::body::Body;

/// A body, or one of the two independent angles. Serialises as its [`Self::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Point {
    /// A body or a lunar node.
    Body(Body),
    /// The rising degree.
    Ascendant,
    /// The culminating degree.
    Midheaven,
}

/// A string that names no point.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no point of a chart")]
pub struct UnknownPoint(pub String);

impl Point {
    /// The stable machine name: the body's code, `ascendant` or `midheaven`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Body(body) => body.code(),
            Self::Ascendant => "ascendant",
            Self::Midheaven => "midheaven",
        }
    }

    /// The point with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "ascendant" => Some(Self::Ascendant),
            "midheaven" => Some(Self::Midheaven),
            _ => Body::from_code(code).map(Self::Body),
        }
    }

    /// The body, unless the point is an angle.
    pub const fn body(self) -> Option<Body> {
        match self {
            Self::Body(body) => Some(body),
            Self::Ascendant | Self::Midheaven => None,
        }
    }

    /// Whether the point is an angle.
    pub const fn is_angle(self) -> bool {
        self.body().is_none()
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
        let points = Body::ALL.map(Point::Body).into_iter().chain([Point::Ascendant, Point::Midheaven]);
        for point in points {
            let json = serde_json::to_string(&point).unwrap();
            assert_eq!(json, format!("\"{}\"", point.code()));
            assert_eq!(serde_json::from_str::<Point>(&json).unwrap(), point);
        }
        assert!(serde_json::from_str::<Point>("\"vertex\"").is_err());
    }
}

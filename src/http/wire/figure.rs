//! Wire form of a sky: options, bodies, angles, houses, lots, aspects, and the sky of any instant. Computes no astrology.

use salvo::oapi::ToSchema;
use serde::Serialize;

use super::ranges::{Ranges, Windows, named, of_frame, of_placement, windows};
use crate::astro::aspects::declination::ParallelHit;
use crate::astro::patterns::Pattern;
use crate::astro::vague::open::FrameSpans;
use crate::astro::{self, Ayanamsa, Center, ChartOptions, Figure, Reduction, Zodiac, time};

/// What the chart was asked to be.
#[derive(Debug, Serialize, ToSchema)]
pub struct Options {
    /// `tropical` or `sidereal`.
    pub zodiac: String,
    /// Of a sidereal zodiac.
    pub ayanamsa: Option<String>,
    /// Of ayanamsa `user`, Julian Date TT.
    pub ayanamsa_epoch_jd_tt: Option<f64>,
    /// Of ayanamsa `user`, degrees.
    pub ayanamsa_value_deg: Option<f64>,
    /// House system.
    pub house_system: String,
    /// `geocentric`, `topocentric` or `heliocentric`.
    pub frame: String,
    /// `apparent` or `geometric`.
    pub reduction: String,
    /// Of a topocentric frame, metres above the ellipsoid.
    pub altitude_m: Option<f64>,
    /// The bodies, each once.
    pub bodies: Vec<String>,
    /// Name and version of the ruleset of aspects.
    pub ruleset: String,
}

/// Where a body stands, in the zodiac of the chart and the true ecliptic of date.
#[derive(Debug, Serialize, ToSchema)]
pub struct Placement {
    /// `sun` .. `pluto`, `mean_node`, `true_node`, `chiron`, `ceres`, ..
    pub body: String,
    /// Ecliptic longitude, degrees.
    pub longitude_deg: f64,
    /// Ecliptic latitude, degrees.
    pub latitude_deg: f64,
    /// Distance in astronomical units; zero for the nodes.
    pub distance_au: f64,
    /// Speed in longitude, degrees per day.
    pub speed_deg_per_day: f64,
    /// Right ascension from the true equinox of date, degrees, whatever the zodiac.
    pub right_ascension_deg: f64,
    /// Declination from the true equator of date, degrees.
    pub declination_deg: f64,
    /// Speed in declination, degrees per day.
    pub declination_speed_deg_per_day: f64,
    /// Whether it stands beyond the greatest declination of the Sun.
    pub out_of_bounds: Option<bool>,
    /// Zodiac sign; absent, as the next, when the range reaches into another.
    pub sign: Option<String>,
    /// Degrees within the sign, 0 to 30.
    pub degree_in_sign: Option<f64>,
    /// Whether it moves backwards.
    pub retrograde: Option<bool>,
    /// House 1 to 12, when houses are known.
    pub house: Option<u8>,
    /// Where it may stand, when the time is not exact.
    pub range: Option<Range>,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// Longitudes that a body passes within the window.
#[derive(Debug, Serialize, ToSchema)]
pub struct Range {
    /// Least advanced longitude, degrees.
    pub from_deg: f64,
    /// Most advanced longitude, degrees.
    pub to_deg: f64,
    /// Whether the sign is the same throughout.
    pub sign_certain: bool,
}

/// A point of the chart's frame, or a lot.
#[derive(Debug, Serialize, ToSchema)]
pub struct Angle {
    /// Ecliptic longitude, degrees.
    pub longitude_deg: f64,
    /// Zodiac sign.
    pub sign: String,
    /// Degrees within the sign, 0 to 30.
    pub degree_in_sign: f64,
}

/// The chart's frame.
#[derive(Debug, Serialize, ToSchema)]
pub struct Angles {
    /// Rising point.
    pub ascendant: Angle,
    /// Culminating point.
    pub midheaven: Angle,
    /// Setting point.
    pub descendant: Angle,
    /// Lower midheaven.
    pub imum_coeli: Angle,
    /// Prime vertical, west.
    pub vertex: Angle,
    /// Equatorial Ascendant.
    pub east_point: Angle,
}

/// Houses.
#[derive(Debug, Serialize, ToSchema)]
pub struct Houses {
    /// House system.
    pub system: String,
    /// Longitudes of cusps 1 to 12, degrees.
    pub cusps_deg: Vec<f64>,
}

/// The lots of Moon and Sun, by sect.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lots {
    /// Part of Fortune.
    pub fortune: Angle,
    /// Part of Spirit.
    pub spirit: Angle,
}

/// An aspect between two points.
#[derive(Debug, Serialize, ToSchema)]
pub struct AspectReply {
    /// First point.
    pub a: String,
    /// Second point.
    pub b: String,
    /// `conjunction`, `sextile`, `square`, `trine`, `opposition`, `quincunx`, ..
    pub aspect: String,
    /// Distance from the exact aspect, degrees.
    pub orb_deg: f64,
    /// Largest orb allowed, degrees.
    pub orb_max_deg: f64,
    /// Whether it was still forming; absent when that changes within the window of an uncertain time.
    pub applying: Option<bool>,
    /// Whether it holds throughout the window of an uncertain time; what holds for a part of it is listed too.
    pub certain: bool,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// A parallel or contra-parallel of declination between two bodies.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParallelReply {
    /// First point.
    pub a: String,
    /// Second point.
    pub b: String,
    /// `parallel` or `contra_parallel`.
    pub kind: String,
    /// Distance from exact, degrees.
    pub orb_deg: f64,
    /// Largest orb allowed, degrees.
    pub orb_max_deg: f64,
    /// Whether it was still forming; absent when that changes within the window of an uncertain time.
    pub applying: Option<bool>,
    /// Whether it holds throughout the window of an uncertain time; what holds for a part of it is listed too.
    pub certain: bool,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// A figure that several points form.
#[derive(Debug, Serialize, ToSchema)]
pub struct PatternReply {
    /// `stellium`, `t_square`, `grand_trine`, `grand_cross`, `kite`, `yod` or `mystic_rectangle`.
    pub kind: String,
    /// Its points.
    pub points: Vec<String>,
    /// The point on which it turns, for a T-square, a kite or a yod.
    pub apex: Option<String>,
    /// The element that all its points share.
    pub element: Option<String>,
    /// The modality that all its points share.
    pub modality: Option<String>,
    /// The widest orb among its sides, or the arc of a stellium, degrees.
    pub width_deg: f64,
    /// The kind of the larger figure that it is a part of.
    pub part_of: Option<String>,
    /// Whether it holds throughout the window of an uncertain time.
    pub certain: bool,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// Delta T: how far Terrestrial Time led the Earth's rotation. UTC follows that rotation by the leap seconds announced so
/// far; after the last, of the end of 2016, none is assumed, so that the UTC of a later instant is off by as many seconds as are
/// inserted until then.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeltaT {
    /// TT - UT1, seconds.
    pub seconds: f64,
    /// Its standard error, seconds.
    pub uncertainty_s: f64,
    /// `historical`, `observed`, `predicted` or `long_term`.
    pub source: String,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// A place on the Earth.
#[derive(Debug, Serialize, ToSchema)]
pub struct Site {
    /// Degrees, north positive.
    pub lat: f64,
    /// Degrees, east positive.
    pub lon: f64,
    /// Metres above the ellipsoid.
    pub altitude_m: f64,
}

/// The sky of an instant, over a place if one was given.
#[derive(Debug, Serialize, ToSchema)]
pub struct SkyReply {
    /// The instant, RFC 3339, UTC.
    pub at: String,
    /// The instant, Julian Date UTC (UT1 before 1972).
    pub jd_utc: f64,
    /// The instant, Julian Date TT.
    pub jd_tt: f64,
    /// Delta T then.
    pub delta_t: DeltaT,
    /// The place.
    pub site: Option<Site>,
    /// What was asked for.
    pub options: Options,
    /// Ayanamsa applied, with nutation, degrees; of a sidereal zodiac.
    pub ayanamsa_deg: Option<f64>,
    /// The same without nutation, as tables print it.
    pub ayanamsa_mean_deg: Option<f64>,
    /// Local apparent sidereal time, degrees; with a place.
    pub sidereal_time_deg: Option<f64>,
    /// True obliquity of the ecliptic, degrees.
    pub obliquity_deg: f64,
    /// The bodies.
    pub bodies: Vec<Placement>,
    /// With a place.
    pub angles: Option<Angles>,
    /// With a place.
    pub houses: Option<Houses>,
    /// With a place.
    pub lots: Option<Lots>,
    /// Whether the Sun is above the horizon; with a place.
    pub is_day: Option<bool>,
    /// Aspects between bodies and angles.
    pub aspects: Vec<AspectReply>,
    /// Parallels and contra-parallels between bodies.
    pub parallels: Vec<ParallelReply>,
    /// Figures that several bodies form.
    pub patterns: Vec<PatternReply>,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
    /// Between which instants those above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<Windows>,
}

impl From<&ChartOptions> for Options {
    fn from(o: &ChartOptions) -> Self {
        let own = match o.zodiac {
            Zodiac::Sidereal(Ayanamsa::User { epoch_jd_tt, value_deg }) => Some((epoch_jd_tt, value_deg)),
            _ => None,
        };
        let (frame, altitude_m) = match o.view.center {
            Center::Geocentric => ("geocentric", None),
            Center::Topocentric(site) => ("topocentric", Some(site.altitude_m)),
            Center::Heliocentric => ("heliocentric", None),
        };
        Self {
            zodiac: o.zodiac.code().to_owned(),
            ayanamsa: o.zodiac.ayanamsa().map(|ayanamsa| ayanamsa.code().to_owned()),
            ayanamsa_epoch_jd_tt: own.map(|(epoch_jd_tt, _)| epoch_jd_tt),
            ayanamsa_value_deg: own.map(|(_, value_deg)| value_deg),
            house_system: o.house_system.code().to_owned(),
            frame: frame.to_owned(),
            reduction: if o.view.reduction == Reduction::Apparent { "apparent" } else { "geometric" }.to_owned(),
            altitude_m,
            bodies: o.bodies.iter().map(|body| body.code().to_owned()).collect(),
            ruleset: o.ruleset.clone(),
        }
    }
}

impl From<&Figure> for SkyReply {
    fn from(f: &Figure) -> Self {
        Self {
            at: astro::zone::rfc3339_of_julian_date(f.jd_utc).unwrap_or_default(),
            jd_utc: f.jd_utc,
            jd_tt: f.jd_tt,
            delta_t: delta_t(f.jd_tt, f.delta_t_s, f.spans.as_ref()),
            site: f.site.map(|s| Site { lat: s.latitude_deg, lon: s.longitude_deg, altitude_m: s.altitude_m }),
            options: (&f.options).into(),
            ayanamsa_deg: f.ayanamsa_deg,
            ayanamsa_mean_deg: mean_ayanamsa_deg(&f.options, f.jd_tt),
            sidereal_time_deg: f.sidereal_time_deg,
            obliquity_deg: f.obliquity_deg,
            bodies: f.bodies.iter().map(Into::into).collect(),
            angles: f.angles.as_ref().map(Into::into),
            houses: f.houses.as_ref().map(Into::into),
            lots: f.lots.as_ref().map(Into::into),
            is_day: f.is_day,
            aspects: f.aspects.iter().map(Into::into).collect(),
            parallels: f.parallels.iter().map(Into::into).collect(),
            patterns: f.patterns.iter().map(Into::into).collect(),
            ranges: f.spans.as_ref().map(|spans| of_frame(spans, true)),
            windows: f.spans.as_ref().map(|spans| windows([("at", spans.instants())])),
        }
    }
}

/// Delta T with its error, at a Julian Date TT.
pub fn delta_t(jd_tt: f64, delta_t_s: f64, spans: Option<&FrameSpans>) -> DeltaT {
    let found = time::delta_t(jd_tt - delta_t_s / 86_400.0);
    DeltaT {
        seconds: delta_t_s,
        uncertainty_s: found.uncertainty_s,
        source: found.source.code().to_owned(),
        ranges: spans
            .map(|spans| named([("seconds", spans.delta_t_s), ("uncertainty_s", spans.delta_t_uncertainty_s)])),
    }
}

/// The ayanamsa as tables print it.
pub fn mean_ayanamsa_deg(options: &ChartOptions, jd_tt: f64) -> Option<f64> {
    options.zodiac.ayanamsa().map(|ayanamsa| ayanamsa.mean_deg(jd_tt))
}

impl From<&astro::Placement> for Placement {
    fn from(p: &astro::Placement) -> Self {
        Self {
            body: p.body.code().to_owned(),
            longitude_deg: p.longitude_deg,
            latitude_deg: p.latitude_deg,
            distance_au: p.distance_au,
            speed_deg_per_day: p.speed_deg_per_day,
            right_ascension_deg: p.right_ascension_deg,
            declination_deg: p.declination_deg,
            declination_speed_deg_per_day: p.declination_speed_deg_per_day,
            out_of_bounds: p.sure_out_of_bounds(),
            sign: p.sure_sign().map(|sign| sign.code().to_owned()),
            degree_in_sign: p.sure_sign().map(|_| p.degree_in_sign),
            retrograde: p.sure_retrograde(),
            house: p.house,
            range: p.range.as_ref().map(|r| Range {
                from_deg: r.from_deg,
                to_deg: r.to_deg,
                sign_certain: r.sign_certain,
            }),
            ranges: p.spans.as_ref().map(of_placement),
        }
    }
}

impl From<&astro::AnglePlacement> for Angle {
    fn from(p: &astro::AnglePlacement) -> Self {
        Self { longitude_deg: p.longitude_deg, sign: p.sign.code().to_owned(), degree_in_sign: p.degree_in_sign }
    }
}

impl From<&astro::Angles> for Angles {
    fn from(a: &astro::Angles) -> Self {
        Self {
            ascendant: (&a.ascendant).into(),
            midheaven: (&a.midheaven).into(),
            descendant: (&a.descendant).into(),
            imum_coeli: (&a.imum_coeli).into(),
            vertex: (&a.vertex).into(),
            east_point: (&a.east_point).into(),
        }
    }
}

impl From<&astro::Houses> for Houses {
    fn from(h: &astro::Houses) -> Self {
        Self { system: h.system.code().to_owned(), cusps_deg: h.cusps_deg.to_vec() }
    }
}

impl From<&astro::Lots> for Lots {
    fn from(l: &astro::Lots) -> Self {
        Self { fortune: (&l.fortune).into(), spirit: (&l.spirit).into() }
    }
}

impl From<&ParallelHit> for ParallelReply {
    fn from(hit: &ParallelHit) -> Self {
        Self {
            a: hit.a.code().to_owned(),
            b: hit.b.code().to_owned(),
            kind: hit.kind.code().to_owned(),
            orb_deg: hit.orb_deg,
            orb_max_deg: hit.orb_max_deg,
            applying: hit.sure_applying(),
            certain: hit.certain,
            ranges: hit.open.map(|open| named([("orb_deg", open.orb_deg)])),
        }
    }
}

impl From<&Pattern> for PatternReply {
    fn from(found: &Pattern) -> Self {
        Self {
            kind: found.kind.code().to_owned(),
            points: found.points.iter().map(|point| point.code().to_owned()).collect(),
            apex: found.apex.map(|point| point.code().to_owned()),
            element: found.element.map(|element| element.code().to_owned()),
            modality: found.modality.map(|modality| modality.code().to_owned()),
            width_deg: found.width_deg,
            part_of: found.part_of.map(|kind| kind.code().to_owned()),
            certain: found.certain,
            ranges: found.width_span_deg.map(|span| named([("width_deg", span)])),
        }
    }
}

impl From<&astro::AspectHit> for AspectReply {
    fn from(hit: &astro::AspectHit) -> Self {
        Self {
            a: hit.a.code().to_owned(),
            b: hit.b.code().to_owned(),
            aspect: hit.aspect.code().to_owned(),
            orb_deg: hit.orb_deg,
            orb_max_deg: hit.orb_max_deg,
            applying: hit.sure_applying(),
            certain: hit.certain,
            ranges: hit.open.map(|open| named([("orb_deg", open.orb_deg)])),
        }
    }
}

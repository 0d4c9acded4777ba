//! From an analysis to its wire form. Changes names alone.

use super::{
    AccidentReply, AccidentalReply, AnalysisReply, DispositorReply, DispositorsReply, DominantPlanetReply,
    DominantsReply, EssentialReply, HemispheresReply, HouseRulerReply, LunarPhaseReply, MutualReceptionReply,
    PlanetReply, PlanetaryHourReply, ReceptionReply, ReceptionsReply, SectReply, SpreadReply, StarReply, Unknown,
    WeightReply,
};
use crate::astro::analysis::{Analysis, PlanetAnalysis};
use crate::astro::body::Body;
use crate::astro::dignities::Dignity;
use crate::astro::zone::rfc3339_of_julian_date;
use crate::astro::{balance, dominants, hours, lunar_phase, receptions, stars};
use crate::charts::StoredChart;
use crate::http::wire::ranges::named;

/// The reply about a chart.
pub fn analysis_reply(stored: &StoredChart, found: &Analysis) -> AnalysisReply {
    let chart = &stored.chart;
    AnalysisReply {
        chart_id: stored.id.to_string(),
        terms: found.schemes.terms.code().to_owned(),
        triplicities: found.schemes.triplicities.code().to_owned(),
        precision: chart.precision,
        sect: found.sect.map(|sect| sect.code().to_owned()),
        planets: found.planets.iter().map(planet).collect(),
        receptions: receptions_reply(&found.receptions),
        dispositors: found.dispositors.as_ref().map(dispositors),
        modern_dispositors: found.modern_dispositors.as_ref().map(dispositors),
        house_rulers: found.house_rulers.as_ref().map(|rows| rows.iter().map(house_ruler).collect()),
        spread: spread(&found.spread),
        moon_phase: found.phase.map(|phase| phase.code().to_owned()),
        lunar_phase: found.lunar_phase.as_ref().map(lunar),
        dominants: found.dominants.as_ref().map(dominants_reply),
        stars: found.stars.iter().map(star).collect(),
        patterns: found.patterns.iter().map(Into::into).collect(),
        parallels: found.parallels.iter().map(Into::into).collect(),
        planetary_hour: found.hour.as_ref().map(hour),
        unknowns: found.unknowns.iter().map(|u| Unknown { what: u.what.clone(), why: u.why.clone() }).collect(),
        versions: (&chart.versions).into(),
        input_hash: chart.input_hash.clone(),
    }
}

fn codes(bodies: &[Body]) -> Vec<String> {
    bodies.iter().map(|body| body.code().to_owned()).collect()
}

fn planet(p: &PlanetAnalysis) -> PlanetReply {
    let dignities = |list: &[Dignity]| list.iter().map(|d| d.code().to_owned()).collect();
    let (of_essential, of_accidental, total) =
        (p.scores.map(|s| s.essential), p.scores.map(|s| s.accidental), p.scores.map(|s| s.total));
    PlanetReply {
        body: p.body.code().to_owned(),
        score: settled(p.score, total),
        essential: p.essential.as_ref().map(|e| EssentialReply {
            held: dignities(&e.held),
            open: dignities(&e.open),
            score: settled(Some(e.score), of_essential),
            ranges: of_essential.map(|scores| named([("score", scores)])),
        }),
        accidental: p.accidental.as_ref().map(|a| AccidentalReply {
            items: a
                .items
                .iter()
                .map(|(accident, score)| AccidentReply { code: accident.code().to_owned(), score: *score })
                .collect(),
            open: a.open.iter().map(|accident| accident.code().to_owned()).collect(),
            score: settled(Some(a.score), of_accidental),
            ranges: of_accidental.map(|scores| named([("score", scores)])),
        }),
        pace: p.motion.pace.map(|pace| pace.code().to_owned()),
        retrograde: p.motion.retrograde,
        speed_over_mean: p.motion.part_of_mean,
        solar_proximity: p.solar.and_then(|s| s.proximity).map(|proximity| proximity.code().to_owned()),
        oriental: p.solar.and_then(|s| s.oriental),
        from_sun_deg: p.solar.and_then(|s| s.from_sun_deg),
        sect: p.sect.map(|s| SectReply {
            sect: s.sect.code().to_owned(),
            of_sect: s.of_sect,
            halb: s.halb,
            hayz: s.hayz,
        }),
        ranges: total.map(|scores| named([("score", scores)])),
    }
}

/// A score, where it is the same throughout a vague time.
fn settled(score: Option<i16>, scores: Option<(i16, i16)>) -> Option<i16> {
    match scores {
        None => score,
        Some((least, most)) => (least == most).then_some(least),
    }
}

fn receptions_reply(r: &receptions::Receptions) -> ReceptionsReply {
    let by = |list: &[Dignity]| list.iter().map(|d| d.code().to_owned()).collect();
    ReceptionsReply {
        mutual: r
            .mutual
            .iter()
            .map(|m| MutualReceptionReply {
                a: m.a.code().to_owned(),
                b: m.b.code().to_owned(),
                a_by: by(&m.a_by),
                b_by: by(&m.b_by),
                beholds: m.beholds,
            })
            .collect(),
        one_sided: r
            .one_sided
            .iter()
            .map(|o| ReceptionReply {
                host: o.host.code().to_owned(),
                guest: o.guest.code().to_owned(),
                by: by(&o.by),
                beholds: o.beholds,
            })
            .collect(),
    }
}

fn dispositors(d: &receptions::Dispositors) -> DispositorsReply {
    let pair = |(body, dispositor): &(Body, Body)| DispositorReply {
        body: body.code().to_owned(),
        dispositor: dispositor.code().to_owned(),
    };
    DispositorsReply {
        of: d.of.iter().map(pair).collect(),
        at_home: codes(&d.at_home),
        rings: d.rings.iter().map(|ring| codes(ring)).collect(),
        last: d.last.map(|body| body.code().to_owned()),
    }
}

fn house_ruler(h: &receptions::HouseRuler) -> HouseRulerReply {
    HouseRulerReply {
        house: h.house,
        sign: h.sign.code().to_owned(),
        ruler: h.ruler.code().to_owned(),
        ruler_house: h.ruler_house,
        modern_ruler: h.modern_ruler.map(|body| body.code().to_owned()),
        modern_ruler_house: h.modern_ruler_house,
        intercepted: h.intercepted.iter().map(|sign| sign.code().to_owned()).collect(),
    }
}

fn spread(s: &balance::Spread) -> SpreadReply {
    let ([fire, earth, air, water], [cardinal, fixed, mutable]) = (s.elements, s.modalities);
    SpreadReply {
        fire,
        earth,
        air,
        water,
        cardinal,
        fixed,
        mutable,
        masculine: s.masculine,
        feminine: s.feminine,
        hemispheres: s.hemispheres.map(|h| HemispheresReply {
            above: h.above,
            below: h.below,
            east: h.east,
            west: h.west,
            quadrants: h.quadrants.to_vec(),
        }),
        counted: s.counted.iter().map(|point| point.code().to_owned()).collect(),
        ranges: s.most.map(|most| {
            let ([a, b, c, d], [e, f, g]) = (most.elements, most.modalities);
            named([
                ("fire", (fire, a)),
                ("earth", (earth, b)),
                ("air", (air, c)),
                ("water", (water, d)),
                ("cardinal", (cardinal, e)),
                ("fixed", (fixed, f)),
                ("mutable", (mutable, g)),
                ("masculine", (s.masculine, most.masculine)),
                ("feminine", (s.feminine, most.feminine)),
            ])
        }),
    }
}

fn lunar(l: &lunar_phase::LunarPhase) -> LunarPhaseReply {
    LunarPhaseReply {
        elongation_deg: l.elongation_deg,
        cycle: l.cycle,
        age_days: l.age_days,
        illumination: l.illuminated,
    }
}

fn dominants_reply(d: &dominants::Dominants) -> DominantsReply {
    let weight = |code: &str, score: f64| WeightReply { code: code.to_owned(), score };
    DominantsReply {
        planets: d
            .planets
            .iter()
            .map(|planet| DominantPlanetReply {
                body: planet.body.code().to_owned(),
                score: planet.score,
                share: planet.share,
                factors: planet.factors.iter().map(|(factor, score)| weight(factor.code(), *score)).collect(),
            })
            .collect(),
        signs: d.signs.iter().map(|(sign, score)| weight(sign.code(), *score)).collect(),
        elements: d.elements.iter().map(|(element, score)| weight(element.code(), *score)).collect(),
        modalities: d.modalities.iter().map(|(modality, score)| weight(modality.code(), *score)).collect(),
    }
}

fn star(hit: &stars::StarHit) -> StarReply {
    let (place, star) = (&hit.place, hit.place.star);
    StarReply {
        star: star.code.to_owned(),
        name: star.name.to_owned(),
        name_fr: star.name_fr.to_owned(),
        bayer: star.bayer.to_owned(),
        magnitude: star.magnitude,
        nature: star.nature.iter().map(|planet| (*planet).to_owned()).collect(),
        nature_source: star.nature_source.code().to_owned(),
        longitude_deg: place.longitude_deg,
        latitude_deg: place.latitude_deg,
        point: hit.point.code().to_owned(),
        orb_deg: hit.orb_deg,
        ranges: hit.open.map(|open| {
            named([
                ("longitude_deg", open.longitude_deg),
                ("latitude_deg", open.latitude_deg),
                ("orb_deg", open.orb_deg),
            ])
        }),
    }
}

fn hour(h: &hours::PlanetaryHour) -> PlanetaryHourReply {
    PlanetaryHourReply {
        day_ruler: h.day_ruler.code().to_owned(),
        hour_ruler: h.hour_ruler.code().to_owned(),
        hour: h.hour,
        from: rfc3339_of_julian_date(h.from_jd_utc),
        to: rfc3339_of_julian_date(h.to_jd_utc),
    }
}

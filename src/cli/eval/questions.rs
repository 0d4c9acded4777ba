//! P: The questions of the evaluation, the births they are asked of, and what a good answer to each holds, as written in
//! `data/eval/`. Asks none of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::astro::Lang;

const CHARTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/eval/charts.toml"));
const ENGLISH: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/eval/questions_en.toml"));
const FRENCH: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/eval/questions_fr.toml"));

/// A birth that nobody had, and what another program than this says of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Birth {
    /// Its name in the questions.
    pub id: String,
    /// Local date.
    pub date: String,
    /// Local time, where it is known.
    #[serde(default)]
    pub time: Option<String>,
    /// How well it is known otherwise.
    #[serde(default)]
    pub certainty: Option<String>,
    /// IANA zone.
    pub tz: String,
    /// Degrees, north positive.
    pub lat: f64,
    /// Degrees, east positive.
    pub lon: f64,
    /// What the place is called.
    pub place: String,
    /// The signs that each body and angle may have.
    pub signs: BTreeMap<String, Vec<String>>,
    /// Where each stands; at noon, where the time is not known.
    pub longitudes_deg: BTreeMap<String, f64>,
    /// Bodies that move backward, whatever the time.
    pub retrograde: Vec<String>,
    /// House of each body by Placidus, where the time is known.
    #[serde(default)]
    pub houses: BTreeMap<String, u8>,
}

/// What is expected of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// An answer with substance.
    #[default]
    Answer,
    /// That it says that a chart is not the place to answer.
    Refuse,
    /// Where a person in danger finds help.
    Help,
    /// Anything that keeps to the other rules.
    Any,
}

/// One question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name in the report.
    pub id: String,
    /// The birth it is asked of.
    pub chart: String,
    /// The words.
    pub ask: String,
    /// What is expected.
    #[serde(default)]
    pub expect: Expect,
    /// The field of life it is about, as the corpus tags it.
    #[serde(default = "general")]
    pub topic: String,
    /// What the answer must state a fact of: bodies, angles, `house-7`.
    #[serde(default)]
    pub names: Vec<String>,
    /// Texts of which the answer must hold one.
    #[serde(default)]
    pub says: Vec<String>,
    /// Texts of which it must hold none.
    #[serde(default)]
    pub never: Vec<String>,
    /// `any` where the answer's language is free.
    #[serde(default)]
    pub lang: Option<String>,
}

/// That of the two which is of a language.
pub const fn pick<T: Copy>(lang: Lang, english: T, french: T) -> T {
    match lang {
        Lang::En => english,
        Lang::Fr => french,
    }
}

fn general() -> String {
    String::from("general")
}

/// The questions of one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Questions {
    /// Words by which an answer declines, without accents and punctuation.
    pub refusals: Vec<String>,
    /// The questions.
    pub questions: Vec<Question>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Charts {
    charts: Vec<Birth>,
}

/// The births, by name.
///
/// # Errors
/// The data cannot be read.
pub fn births() -> Result<BTreeMap<String, Birth>, String> {
    let read: Charts = toml::from_str(CHARTS).map_err(|cause| format!("data/eval/charts.toml: {cause}"))?;
    Ok(read.charts.into_iter().map(|birth| (birth.id.clone(), birth)).collect())
}

/// The questions of a language.
///
/// # Errors
/// The data cannot be read, names a birth that there is none of, or an id twice.
pub fn questions(lang: Lang, births: &BTreeMap<String, Birth>) -> Result<Questions, String> {
    let text = pick(lang, ENGLISH, FRENCH);
    let read: Questions = toml::from_str(text).map_err(|cause| format!("questions in {}: {cause}", lang.code()))?;
    let mut ids = BTreeSet::new();
    for question in &read.questions {
        if !births.contains_key(&question.chart) || !ids.insert(&question.id) {
            return Err(format!("question {}: its chart is unknown, or its id is used twice", question.id));
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::lexicon::fold;

    #[test]
    fn both_languages_have_enough_questions_over_every_birth_and_scope() {
        let births = births().unwrap();
        assert!(births.values().any(|b| b.lat < 0.0) && births.values().any(|b| b.time.is_none()));
        for lang in [Lang::En, Lang::Fr] {
            let Questions { refusals, questions } = questions(lang, &births).unwrap();
            let of = |expect| questions.iter().filter(|q| q.expect == expect).count();
            assert!(of(Expect::Answer) >= 45 && of(Expect::Refuse) >= 18 && of(Expect::Help) >= 3, "{lang:?}");
            let asked: BTreeSet<&str> = questions.iter().map(|q| q.chart.as_str()).collect();
            assert_eq!(asked.len(), births.len(), "{lang:?}: a birth is asked nothing");
            assert!(refusals.iter().all(|words| fold(words).trim() == words), "{lang:?}: refusals are folded");
        }
    }

    /// The births come from another ephemeris; this one must place the bodies in the same signs and houses.
    #[test]
    fn the_births_are_placed_as_swiss_ephemeris_places_them() {
        for birth in births().unwrap().values().filter(|birth| birth.time.is_some()) {
            let chart = crate::astro::compute(&crate::astro::BirthInput {
                calendar: crate::astro::Calendar::Gregorian,
                zone_source: crate::astro::ZoneSource::UserProvided,
                date: birth.date.clone(),
                time: birth.time.clone(),
                certainty: crate::astro::Certainty::Exact,
                zone: birth.tz.clone(),
                latitude_deg: birth.lat,
                longitude_deg: birth.lon,
                place_label: None,
                house_system: crate::astro::HouseSystem::Placidus,
                utc_offset_s: None,
            })
            .unwrap();
            for body in &chart.bodies {
                let Some(signs) = birth.signs.get(body.body.code()) else { continue };
                assert_eq!(signs, &[body.sign.code()], "{} {}", birth.id, body.body.code());
                assert_eq!(
                    birth.houses.get(body.body.code()).copied(),
                    body.house,
                    "{} {}",
                    birth.id,
                    body.body.code()
                );
            }
        }
    }
}

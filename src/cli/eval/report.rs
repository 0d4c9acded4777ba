//! P: What an evaluation found, by provider and language: as a table, as JSON, and held against thresholds.

use serde_json::{Map, Value, json};

use super::judge::{Fault, Figures, Share};
use crate::astro::Lang;
use crate::cli::text::{pad, pad_left};

/// Width of the names in the table.
const NAME_COLUMNS: usize = 20;
/// Width of a figure.
const FIGURE_COLUMNS: usize = 16;

/// What was found of one language, or of all.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Questions that were answered.
    pub questions: usize,
    /// Questions to which no answer came.
    pub failed: usize,
    /// The figures.
    pub figures: Figures,
    /// How long each answer took, in milliseconds.
    pub latencies_ms: Vec<f64>,
}

impl Part {
    /// Adds another.
    pub fn add(&mut self, other: &Self) {
        self.questions += other.questions;
        self.failed += other.failed;
        self.figures.add(&other.figures);
        self.latencies_ms.extend(&other.latencies_ms);
    }

    /// The latency that so many percent of the answers kept (nearest rank).
    pub fn percentile_ms(&self, percent: usize) -> Option<f64> {
        let mut sorted = self.latencies_ms.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (sorted.len() * percent).div_ceil(100);
        sorted.get(rank.saturating_sub(1)).copied()
    }

    fn json(&self) -> Value {
        let mut figures = Map::new();
        for (name, share) in self.figures.named() {
            figures.insert(name.to_owned(), json!({"percent": share.percent(), "good": share.good, "of": share.of}));
        }
        let truth = self.figures.truth;
        json!({
            "questions": self.questions,
            "failed": self.failed,
            "figures": figures,
            "facts_contradicted": truth.of - truth.good,
            "latency_ms": {"p50": self.percentile_ms(50), "p95": self.percentile_ms(95), "p99": self.percentile_ms(99)},
        })
    }
}

/// What was found of one provider.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Its name.
    pub provider: String,
    /// By language.
    pub parts: Vec<(Lang, Part)>,
    /// What was wrong.
    pub faults: Vec<Fault>,
}

impl Found {
    /// All languages together.
    pub fn all(&self) -> Part {
        let mut all = Part::default();
        for (_, part) in &self.parts {
            all.add(part);
        }
        all
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let languages: Map<String, Value> =
            self.parts.iter().map(|(lang, part)| (lang.code().to_owned(), part.json())).collect();
        json!({"provider": self.provider, "languages": languages, "all": self.all().json(), "faults": self.faults})
    }

    /// As a table, with the first faults below it.
    pub fn table(&self, faults_max: usize) -> Vec<String> {
        let all = self.all();
        let mut columns: Vec<(&str, &Part)> = self.parts.iter().map(|(lang, part)| (lang.code(), part)).collect();
        columns.push(("all", &all));
        let line = |name: &str, of: &dyn Fn(&Part) -> String| {
            let cells: String = columns.iter().map(|(_, part)| pad_left(&of(part), FIGURE_COLUMNS)).collect();
            format!("{}{cells}", pad(name, NAME_COLUMNS))
        };
        let heads: String = columns.iter().map(|(name, _)| pad_left(name, FIGURE_COLUMNS)).collect();
        let mut lines = vec![format!("{}{heads}", pad(&self.provider, NAME_COLUMNS))];
        lines.push(line("questions", &|part| part.questions.to_string()));
        lines.push(line("without an answer", &|part| part.failed.to_string()));
        for (at, (name, _)) in all.figures.named().into_iter().enumerate() {
            lines.push(line(name, &|part| shown(part.figures.named()[at].1)));
        }
        lines.push(line("facts contradicted", &|part| (part.figures.truth.of - part.figures.truth.good).to_string()));
        for percent in [50, 95, 99] {
            let ms =
                |part: &Part| part.percentile_ms(percent).map_or_else(|| String::from("-"), |ms| format!("{ms:.1} ms"));
            lines.push(line(&format!("latency p{percent}"), &ms));
        }
        let told = self.faults.iter().take(faults_max);
        lines.extend(told.map(|fault| format!("  {} {}: {}", fault.question, fault.figure, fault.what)));
        if self.faults.len() > faults_max {
            lines.push(format!("  .. and {} more; --json tells all", self.faults.len() - faults_max));
        }
        lines
    }

    /// The thresholds that are not met, in words.
    pub fn under(&self, thresholds: &[Threshold]) -> Vec<String> {
        let named = self.all().figures.named();
        let below = |threshold: &Threshold| {
            let (_, share) = named.iter().find(|(name, _)| *name == threshold.figure)?;
            let percent = share.percent().filter(|percent| *percent < threshold.percent)?;
            Some(format!("{}: {} is {percent:.1} %, below {} %", self.provider, threshold.figure, threshold.percent))
        };
        thresholds.iter().filter_map(below).collect()
    }
}

fn shown(share: Share) -> String {
    share.percent().map_or_else(|| String::from("-"), |percent| format!("{percent:.1} % of {}", share.of))
}

/// Least share that a figure must reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    figure: &'static str,
    percent: f64,
}

/// Reads `groundedness=90`.
///
/// # Errors
/// What would be right.
pub fn threshold(text: &str) -> Result<Threshold, String> {
    let named = Figures::default().named();
    let allowed = || format!("expected FIGURE=PERCENT with a figure out of {}", named.map(|(name, _)| name).join(", "));
    let (name, percent) = text.split_once('=').ok_or_else(allowed)?;
    let (figure, _) = named.into_iter().find(|(known, _)| *known == name.trim()).ok_or_else(allowed)?;
    let percent: f64 = percent.trim().trim_end_matches('%').parse().map_err(|_| allowed())?;
    if !(0.0..=100.0).contains(&percent) {
        return Err(String::from("expected a percentage of 0 to 100"));
    }
    Ok(Threshold { figure, percent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_name_a_figure_and_hold_against_all_languages() {
        assert!(["groundedness", "x=3", "truth=101", "truth=x"].iter().all(|text| threshold(text).is_err()));
        let mut found = Found { provider: "composer".into(), ..Found::default() };
        let mut part = Part::default();
        part.figures.truth = Share { good: 9, of: 10 };
        found.parts.push((Lang::En, part));
        assert_eq!(found.under(&[threshold("truth=90").unwrap(), threshold("kept=100").unwrap()]), [""; 0]);
        assert_eq!(found.under(&[threshold("truth=90.5%").unwrap()]), ["composer: truth is 90.0 %, below 90.5 %"]);
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let part = Part { latencies_ms: (1..=200).rev().map(f64::from).collect(), ..Part::default() };
        let of = |percent| part.percentile_ms(percent);
        assert_eq!((of(50), of(95), of(99), of(100)), (Some(100.0), Some(190.0), Some(198.0), Some(200.0)));
        assert_eq!(Part::default().percentile_ms(50), None);
    }
}

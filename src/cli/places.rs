//! E: `orrery places`: looks places up in the gazetteer of the program. Needs no server and no data directory.

use serde_json::json;

use super::Failure;
use super::args::PlacesArgs;
use super::terminal::say;
use super::text::{pad, pad_left};
use crate::astro::places::{self, ATTRIBUTION, Found};

/// Widest column of names.
const NAME_COLUMNS_MAX: usize = 60;

/// Shows the places that a query finds.
pub fn run(options: &PlacesArgs) -> Result<(), Failure> {
    if let Some(code) = options.country.as_deref().filter(|code| !places::is_country(code)) {
        return Err(Failure::usage(format!("--country {code}: not an ISO 3166-1 alpha-2 code such as DE")));
    }
    let found = places::search_in(&options.query, options.country.as_deref(), options.limit);
    if options.json {
        let rows: Vec<_> = found.iter().map(|f| json!({"quality": f.quality, "place": f.place})).collect();
        say(&json!({"places": rows, "attribution": ATTRIBUTION}).to_string())?;
    } else {
        for line in table(&found, options) {
            say(&line)?;
        }
        say(ATTRIBUTION)?;
    }
    if found.is_empty() { Err(Failure::failed(format!("no place is called {:?}", options.query))) } else { Ok(()) }
}

fn table(found: &[Found], options: &PlacesArgs) -> Vec<String> {
    let labels: Vec<String> = found.iter().map(|found| found.place.full_label(options.language())).collect();
    let widest = labels.iter().map(|label| super::text::width(label)).max().unwrap_or(0).min(NAME_COLUMNS_MAX);
    let line = |(found, label): (&Found, &String)| {
        let place = &found.place;
        let (lat, lon) = (format!("{:.4}", place.latitude_deg), format!("{:.4}", place.longitude_deg));
        let people = place.population.to_string();
        let (lat, lon, people) = (pad_left(&lat, 9), pad_left(&lon, 10), pad_left(&people, 9));
        format!("{}  {lat} {lon}  {people}  {}", pad(label, widest), place.zone)
    };
    found.iter().zip(&labels).map(line).collect()
}

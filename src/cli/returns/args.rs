//! P: The arguments of `orrery returns`, as clap reads them. Checks their shape alone.

use clap::Args;

use crate::astro::Lang;
use crate::cli::args::languages;
use crate::cli::birth::{BirthArgs, OptionsArgs};

/// `orrery returns ..`
#[derive(Debug, Args)]
pub struct ReturnsArgs {
    /// Whose birth.
    #[command(flatten)]
    pub birth: BirthArgs,
    /// What chart.
    #[command(flatten)]
    pub options: OptionsArgs,
    /// Which body comes back: sun, moon, saturn, ..
    #[arg(long, value_name = "BODY", default_value = "sun")]
    pub body: String,
    /// Calendar year that is searched, instead of --from and --to.
    #[arg(long, value_name = "YEAR")]
    pub year: Option<String>,
    /// Start of the search, a date or an RFC 3339 instant; now when left out.
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// End of the search; without it the next return is shown.
    #[arg(long, value_name = "DATE")]
    pub to: Option<String>,
    /// Where the person is then; the birthplace when left out.
    #[arg(long, value_name = "PLACE")]
    pub at_place: Option<String>,
    /// Latitude there in degrees, north positive, instead of --at-place.
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub at_lat: Option<String>,
    /// Longitude there in degrees, east positive, instead of --at-place.
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub at_lon: Option<String>,
    /// House system of the return; that of the birth when left out.
    #[arg(long, value_name = "SYSTEM")]
    pub at_house_system: Option<String>,
    /// Language of the page.
    #[arg(long, value_parser = languages())]
    pub lang: Option<Lang>,
    /// Print JSON, as `GET /v1/charts/{id}/returns` answers it, instead of a page.
    #[arg(long)]
    pub json: bool,
}

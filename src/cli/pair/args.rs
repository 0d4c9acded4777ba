//! P: The arguments of `orrery synastry`, as clap reads them. Checks their shape alone.

use clap::Args;

use crate::astro::Lang;
use crate::cli::args::languages;
use crate::cli::birth::{BirthArgs, OptionsArgs, SecondBirthArgs};

/// `orrery synastry ..`
#[derive(Debug, Args)]
pub struct SynastryArgs {
    /// The first birth.
    #[command(flatten)]
    pub birth: BirthArgs,
    /// The second birth.
    #[command(flatten)]
    pub second: SecondBirthArgs,
    /// What charts.
    #[command(flatten)]
    pub options: OptionsArgs,
    /// Join the two in one chart instead: midpoint or davison.
    #[arg(long, value_name = "METHOD")]
    pub composite: Option<String>,
    /// With midpoint: houses, midpoints (of the cusps) or derived (those of a latitude).
    #[arg(long, value_name = "HOW", requires = "composite")]
    pub houses: Option<String>,
    /// With houses derived: their latitude in degrees, north positive; the mean of the two births' when left out.
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true, requires = "composite")]
    pub latitude_deg: Option<f64>,
    /// With davison: the middle place, coordinates (their means) or great_circle.
    #[arg(long, value_name = "HOW", requires = "composite")]
    pub middle: Option<String>,
    /// House system of the joint chart; that of the first birth when left out.
    #[arg(long, value_name = "SYSTEM", requires = "composite")]
    pub composite_house_system: Option<String>,
    /// Language of the page.
    #[arg(long, value_parser = languages())]
    pub lang: Option<Lang>,
    /// Print JSON, as `POST /v1/charts/synastry` or `/v1/charts/composite` answers it, instead of a page.
    #[arg(long)]
    pub json: bool,
}

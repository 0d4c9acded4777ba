//! P: The arguments of `orrery calendar` and `orrery transits`, as clap reads them. Checks their shape alone.

use clap::Args;

use crate::astro::Lang;
use crate::cli::args::languages;
use crate::cli::birth::{BirthArgs, OptionsArgs};

/// `orrery calendar ..`
#[derive(Debug, Args)]
pub struct CalendarArgs {
    /// First local day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub from: String,
    /// Last local day; at most 3660 days later, 400 with kinds that need a place.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub to: String,
    /// IANA time zone of the days and of the times shown; UTC when left out.
    #[arg(long, value_name = "ZONE")]
    pub tz: Option<String>,
    /// Kinds: stations, ingresses, aspects, lunations, eclipses, void_moon, rise_set, culminations, twilight.
    #[arg(long, value_name = "KIND,..", value_delimiter = ',')]
    pub kinds: Option<Vec<String>>,
    /// Bodies, such as sun,moon,mars; the ten planets when left out.
    #[arg(long, value_name = "CODE,..", value_delimiter = ',')]
    pub bodies: Option<Vec<String>>,
    /// Aspects, such as square,trine; the five major ones when left out.
    #[arg(long, value_name = "CODE,..", value_delimiter = ',')]
    pub aspects: Option<Vec<String>>,
    /// Zodiac: tropical or sidereal.
    #[arg(long, value_name = "ZODIAC")]
    pub zodiac: Option<String>,
    /// With sidereal: lahiri, fagan_bradley, raman, krishnamurti, yukteshwar, de_luce.
    #[arg(long, value_name = "NAME")]
    pub ayanamsa: Option<String>,
    /// Latitude of rises, culminations and twilight, degrees, north positive.
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub lat: Option<f64>,
    /// Longitude, degrees, east positive.
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub lon: Option<f64>,
    /// Metres above the ellipsoid.
    #[arg(long, value_name = "METRES", allow_negative_numbers = true)]
    pub altitude_m: Option<f64>,
    /// What rises: upper, center or lower limb.
    #[arg(long, value_name = "LIMB")]
    pub limb: Option<String>,
    /// Refraction at the horizon, degrees; 0.5667 when left out.
    #[arg(long, value_name = "DEGREES")]
    pub refraction_deg: Option<f64>,
    /// Farthest planet whose aspect counts for the void Moon: saturn or pluto.
    #[arg(long, value_name = "PLANET")]
    pub void_to: Option<String>,
    /// Language of the titles.
    #[arg(long, value_parser = languages())]
    pub lang: Option<Lang>,
    /// Print JSON, as `GET /v1/calendar` answers it.
    #[arg(long, conflicts_with = "ics")]
    pub json: bool,
    /// Print an iCalendar (RFC 5545).
    #[arg(long)]
    pub ics: bool,
}

/// `orrery transits ..`
#[derive(Debug, Args)]
pub struct TransitsArgs {
    /// Whose birth.
    #[command(flatten)]
    pub birth: BirthArgs,
    /// What chart.
    #[command(flatten)]
    pub options: OptionsArgs,
    /// First local day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub from: String,
    /// Last local day, at most 3660 days later.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub to: String,
    /// IANA time zone of the days; that of the birth when left out.
    #[arg(long, value_name = "ZONE")]
    pub in_tz: Option<String>,
    /// Bodies in the sky; the ten planets when left out.
    #[arg(long, value_name = "CODE,..", value_delimiter = ',')]
    pub transiting: Option<Vec<String>>,
    /// Points of the chart; ten planets, true node, Ascendant and Midheaven when left out.
    #[arg(long, value_name = "CODE,..", value_delimiter = ',')]
    pub points: Option<Vec<String>>,
    /// Aspects; the five major ones when left out.
    #[arg(long, value_name = "CODE,..", value_delimiter = ',')]
    pub aspects: Option<Vec<String>>,
    /// Most transits, 1 to 5000.
    #[arg(long, value_name = "NUMBER")]
    pub limit: Option<u32>,
    /// Language of the titles.
    #[arg(long, value_parser = languages())]
    pub lang: Option<Lang>,
    /// Print JSON, as `GET /v1/charts/{id}/transits` answers it.
    #[arg(long, conflicts_with = "ics")]
    pub json: bool,
    /// Print the exact passes as an iCalendar (RFC 5545).
    #[arg(long)]
    pub ics: bool,
}

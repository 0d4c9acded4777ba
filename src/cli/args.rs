//! P: The arguments of every command, as clap reads them. Checks their shape alone.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

use super::birth::{BirthArgs, OptionsArgs};
use super::budget::{BudgetCommand, LedgerCommand, UsageArgs};
use super::eval::EvalCommand;
use super::jobs::JobsCommand;
use super::key::KeyCommand;
use super::model::ModelCommand;
use super::pair::SynastryArgs;
use super::plan::PlanCommand;
use super::returns::ReturnsArgs;
use super::ruleset::RulesetCommand;
use super::serve::ServeArgs;
use super::tenant::TenantCommand;
use super::timeline::{CalendarArgs, TransitsArgs};
use crate::astro::wheel::{EXTRAS, SIZE_MAX_PX, SIZE_MIN_PX, Theme};
use crate::astro::{Lang, Point};
use crate::config::Sources;

/// A private astrology-advice appliance: exact charts, daily transits, answers that cite their sources.
#[derive(Debug, Parser)]
#[command(name = "orrery", version, arg_required_else_help = true, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the whole product at work: a server, a person, a chart, today, a question.
    Demo(Box<DemoArgs>),
    /// Show a natal chart; nothing is kept and no server is needed.
    Chart(Box<ChartArgs>),
    /// Show the sky now or at any instant, over a place if one is given.
    Sky(Box<SkyArgs>),
    /// Divide many skies into houses, row by row, from a CSV file to standard output.
    Houses(HousesArgs),
    /// Show when a body comes back to its natal place, and the sky of that moment, there or elsewhere.
    Returns(Box<ReturnsArgs>),
    /// Compare two births, or join them in a composite or a Davison chart.
    Synastry(Box<SynastryArgs>),
    /// Show what happens in the sky over a period: stations, ingresses, aspects, lunations, eclipses, void Moon, rises.
    Calendar(Box<CalendarArgs>),
    /// Show the transits of a period to a birth: within orb, exact, and out again.
    Transits(Box<TransitsArgs>),
    /// Make a data directory and its first operator.
    Init(InitArgs),
    /// Serve a data directory over HTTP until SIGTERM or Ctrl-C.
    Serve(ServeArgs),
    /// Look places up: coordinates, time zone, population.
    Places(PlacesArgs),
    /// Stream places of bodies at many instants, to look up or to check.
    Ephemeris(EphemerisArgs),
    /// Look at the settings without starting anything.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look at the audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Look after the keys.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Look after the rulesets: which aspects count, and how wide their orbs are.
    #[command(subcommand)]
    Ruleset(RulesetCommand),
    /// Look after what tenants, users, keys and models may spend.
    #[command(subcommand)]
    Budget(BudgetCommand),
    /// Look at the money ledger.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Print what was used, day by day, as CSV.
    Usage(UsageArgs),
    /// Look after the tenants.
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Look after the plans: how many messages each allows, and who has which.
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Look after the API keys of a tenant.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Look after the models on this machine: bring one, check it, put it to use.
    #[command(subcommand)]
    Model(ModelCommand),
    /// Look after the jobs: what waits, what failed, what is paused.
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// Measure how well questions are answered.
    #[command(subcommand)]
    Eval(EvalCommand),
}

/// `orrery config ..`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show every setting as it holds, and where it came from.
    Print(SettingsArgs),
    /// Say everything that is wrong with the settings.
    Check(SettingsArgs),
}

/// `orrery audit ..`
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check every chain of the audit log from its beginning; exit 1 when one is broken.
    Verify(DirectoryArgs),
}

/// `orrery keys ..`
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a new key; the one before goes on verifying what it signed.
    Rotate(RotateArgs),
}

/// `orrery ephemeris ..`
#[derive(Debug, Args)]
pub struct EphemerisArgs {
    /// CSV file with a column `jd_tt` (Julian Dates, Terrestrial Time); `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    pub instants: PathBuf,
    /// Codes of bodies, separated by commas, such as sun,moon,chiron,true_node; or `all`.
    #[arg(
        long,
        value_name = "BODIES",
        value_delimiter = ',',
        default_value = "sun,moon,mercury,venus,mars,jupiter,saturn,uranus,neptune,pluto"
    )]
    pub bodies: Vec<String>,
    /// A table, or one JSON object a line with right ascension and declination besides.
    #[arg(long, value_enum, default_value_t = TableFormat::Csv)]
    pub format: TableFormat,
    /// From where the bodies are seen.
    #[arg(long, value_enum, default_value_t = CenterName::Geocentric)]
    pub center: CenterName,
    /// Latitude of a topocentric view in degrees, north positive.
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true, required_if_eq("center", "topocentric"))]
    pub lat: Option<f64>,
    /// Longitude of a topocentric view in degrees, east positive.
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true, required_if_eq("center", "topocentric"))]
    pub lon: Option<f64>,
    /// Height of a topocentric view above the ellipsoid in metres.
    #[arg(long, value_name = "METRES", allow_negative_numbers = true, default_value_t = 0.0)]
    pub altitude: f64,
    /// Where the bodies are, not where they are seen: no light-time, no deflection, no aberration.
    #[arg(long)]
    pub geometric: bool,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum TableFormat {
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object a line.
    #[value(alias = "json")]
    Jsonl,
}

/// From where bodies are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum CenterName {
    /// The centre of the Earth.
    Geocentric,
    /// A place on the Earth, by --lat and --lon.
    Topocentric,
    /// The centre of the Sun.
    Heliocentric,
}

/// `orrery keys rotate ..`
#[derive(Debug, Args)]
pub struct RotateArgs {
    /// Which key.
    #[arg(value_enum)]
    pub key: RotatedKey,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// Keys that can be rotated.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum RotatedKey {
    /// Signs access tokens.
    Jwt,
}

/// Which directory, under which settings.
#[derive(Debug, Args)]
pub struct DirectoryArgs {
    /// Directory that holds all the appliance knows.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// TOML file with settings.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl DirectoryArgs {
    /// Where the settings of a command with these options come from.
    pub fn sources(&self) -> Sources {
        let data_dir = self.data_dir.as_ref().map(|dir| dir.to_string_lossy().into_owned());
        Sources::from_process().file(self.config.as_ref()).maybe_flag("data_dir", "--data-dir", data_dir)
    }
}

/// Everything that flags can set.
#[derive(Debug, Args)]
pub struct SettingsArgs {
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<String>,
}

impl SettingsArgs {
    /// Where the settings of a command with these options come from.
    pub fn sources(&self) -> Sources {
        self.directory.sources().maybe_flag("server.listen", "--listen", self.listen.clone())
    }
}

/// `orrery init ..`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
    /// E-mail address with which the first operator logs in, in the tenant `system`.
    #[arg(long, value_name = "EMAIL")]
    pub admin_email: String,
    /// File whose first line is the operator's password; without it one is made and printed once.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// `orrery demo ..`
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Whose birth; without any birth option, Albert Einstein's is used.
    #[command(flatten)]
    pub birth: BirthArgs,
    /// What chart.
    #[command(flatten)]
    pub options: OptionsArgs,
    /// What to ask.
    #[arg(long, value_name = "TEXT")]
    pub question: Option<String>,
    /// Language of the pages and of the answer; without it, pages are English and the answer follows the question.
    #[arg(long, value_parser = languages())]
    pub lang: Option<Lang>,
    /// Directory to use and keep; without it a temporary one is made and removed at the end.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Stop when everything has been shown, instead of serving until Ctrl-C.
    #[arg(long)]
    pub exit: bool,
}

/// `orrery chart ..`
#[derive(Debug, Args)]
pub struct ChartArgs {
    /// Whose birth.
    #[command(flatten)]
    pub birth: BirthArgs,
    /// What chart.
    #[command(flatten)]
    pub options: OptionsArgs,
    /// Language of the page.
    #[arg(long, value_parser = languages())]
    pub lang: Option<Lang>,
    /// Print JSON, as `POST /v1/charts` answers it, with the `analysis`, instead of a page.
    #[arg(long)]
    pub json: bool,
    /// Pictures instead of a page.
    #[command(flatten)]
    pub wheel: WheelArgs,
}

/// Pictures of a chart.
#[derive(Debug, Args)]
pub struct WheelArgs {
    /// Draw the chart's wheel as SVG into this file; `-` for standard output.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub svg: Option<PathBuf>,
    /// Draw the chart's wheel as PNG into this file.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub png: Option<PathBuf>,
    /// Colours of the wheel; by default an SVG follows its viewer, and a PNG is light.
    #[arg(long, value_name = "THEME", value_parser = themes())]
    pub theme: Option<Theme>,
    /// Width and height of the wheel in pixels, 120 to 2400.
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(i64::from(SIZE_MIN_PX)..=i64::from(SIZE_MAX_PX)))]
    pub size: Option<u32>,
    /// Points that the wheel shows beside bodies and angles.
    #[arg(long, value_name = "POINT,..", value_delimiter = ',', value_parser = extras())]
    pub points: Vec<Point>,
}

/// Takes the code of a theme.
fn themes() -> impl TypedValueParser<Value = Theme> {
    PossibleValuesParser::new(Theme::ALL.map(Theme::code)).map(|code| Theme::from_code(&code).unwrap_or_default())
}

/// Takes the code of a point that a wheel can show beside bodies and angles.
fn extras() -> impl TypedValueParser<Value = Point> {
    PossibleValuesParser::new(EXTRAS.map(Point::code)).map(|code| Point::from_code(&code).unwrap_or(Point::Fortune))
}

/// `orrery places ..`
#[derive(Debug, Args)]
pub struct PlacesArgs {
    /// Name in any script, or its beginning, with or without region and country: "Springfield, Illinois".
    pub query: String,
    /// Only this country, as an ISO 3166-1 alpha-2 code.
    #[arg(long, value_name = "CODE")]
    pub country: Option<String>,
    /// Most places to show.
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    pub limit: usize,
    /// Language of the countries' names.
    #[arg(long, value_parser = languages())]
    pub lang: Option<Lang>,
    /// Show JSON.
    #[arg(long)]
    pub json: bool,
}

/// `orrery sky ..`
#[derive(Debug, Args)]
pub struct SkyArgs {
    /// RFC 3339 instant with its offset, or Julian Date UTC; now when left out.
    #[arg(long, value_name = "INSTANT", allow_negative_numbers = true)]
    pub at: Option<String>,
    /// Latitude in degrees, north positive.
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub lat: Option<f64>,
    /// Longitude in degrees, east positive.
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub lon: Option<f64>,
    /// What figure.
    #[command(flatten)]
    pub options: OptionsArgs,
    /// Language of the page.
    #[arg(long, value_parser = languages())]
    pub lang: Option<Lang>,
    /// Print JSON, as `GET /v1/sky` answers it, instead of a page.
    #[arg(long)]
    pub json: bool,
}

/// `orrery houses ..`
#[derive(Debug, Args)]
pub struct HousesArgs {
    /// CSV file with a header and the columns armc, obliquity, lat (degrees), or jd_ut, lat, lon; `-` for standard input.
    /// Other columns are kept out; an `id` is repeated.
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
    /// House systems, with commas between; all when left out.
    #[arg(long, value_name = "SYSTEM,..", value_delimiter = ',')]
    pub system: Vec<String>,
    /// How to write.
    #[arg(long, value_enum, default_value = "csv")]
    pub format: TableFormat,
}

impl PlacesArgs {
    /// Language of the countries' names.
    pub fn language(&self) -> Lang {
        self.lang.unwrap_or_default()
    }
}

/// Takes the code of a language.
pub fn languages() -> impl TypedValueParser<Value = Lang> {
    PossibleValuesParser::new(Lang::ALL.map(Lang::code)).map(|code| Lang::from_code(&code).unwrap_or_default())
}

impl DemoArgs {
    /// Language of the pages.
    pub fn page_language(&self) -> Lang {
        self.lang.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_of_the_arguments_is_sound() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn southern_and_western_births_can_be_typed() {
        let line = ["orrery", "demo", "--lat", "-33.9", "--lon", "-70.6", "--utc-offset", "-04:00"];
        let Command::Demo(demo) = Arguments::try_parse_from(line).unwrap().command else { panic!("not the demo") };
        assert_eq!((demo.birth.lat, demo.birth.lon, demo.birth.utc_offset), (Some(-33.9), Some(-70.6), Some(-14_400)));
    }
}

//! E: `orrery houses`: streams skies from a CSV file and writes their house cusps, a row for each sky and system. Holds no
//! formula.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use csv::{ByteRecord, Reader, ReaderBuilder, StringRecord, Writer};

use super::Failure;
use super::args::{HousesArgs, TableFormat};
use super::terminal::{forgive, stdout};
use crate::astro::angles::LocalSky;
use crate::astro::{AstroError, HouseSystem, Houses, frames, time};

/// Columns of the answer, behind `id` where the input has one.
const COLUMNS: [&str; 21] = [
    "system",
    "status",
    "armc",
    "obliquity",
    "lat",
    "c1",
    "c2",
    "c3",
    "c4",
    "c5",
    "c6",
    "c7",
    "c8",
    "c9",
    "c10",
    "c11",
    "c12",
    "asc",
    "mc",
    "vertex",
    "east_point",
];

/// Where the columns of a sky stand.
enum Shape {
    /// Sidereal time, obliquity and latitude.
    Local { armc: usize, obliquity: usize, lat: usize },
    /// Julian Date UT1, latitude and longitude.
    Instant { jd_ut: usize, lat: usize, lon: usize },
}

/// Divides every sky of the input.
pub fn run(options: &HousesArgs) -> Result<(), Failure> {
    let systems = systems(&options.system)?;
    let input: Box<dyn Read> = if options.input == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&options.input)
            .map_err(|cause| Failure::usage(format!("--input {}: {cause}", options.input.display())))?;
        Box::new(BufReader::new(file))
    };
    let reader = ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
    let mut out = stdout();
    let outcome = match options.format {
        TableFormat::Csv => stream(reader, &systems, &mut Csv(Writer::from_writer(&mut out))),
        TableFormat::Jsonl => stream(reader, &systems, &mut Jsonl(&mut out)),
    };
    forgive(out.flush())?;
    match outcome {
        Err(Stop::Writing(cause)) => Ok(forgive(Err(cause))?),
        Err(Stop::Input(text)) => Err(Failure::usage(text)),
        Ok(()) => Ok(()),
    }
}

/// Why a stream ended early.
enum Stop {
    /// The reader of the answer, or its disk.
    Writing(io::Error),
    /// The input, in words with the line.
    Input(String),
}

fn systems(codes: &[String]) -> Result<Vec<HouseSystem>, Failure> {
    if codes.is_empty() {
        return Ok(HouseSystem::ALL.to_vec());
    }
    let read = |code: &String| {
        HouseSystem::from_code(code.trim()).ok_or_else(|| {
            let all: Vec<_> = HouseSystem::ALL.iter().map(|system| system.code()).collect();
            Failure::usage(format!("--system {code:?}: expected one of {}", all.join(", ")))
        })
    };
    codes.iter().map(read).collect()
}

/// Something that takes the rows of the answer.
trait Table {
    fn head(&mut self, columns: &[&str]) -> io::Result<()>;
    fn row(&mut self, columns: &[&str], row: &ByteRecord) -> io::Result<()>;
}

struct Csv<W: Write>(Writer<W>);
struct Jsonl<W: Write>(W);

/// What the system said; the crate's own conversion would hide of which kind it is.
fn written(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(cause) => cause,
        other => io::Error::other(format!("{other:?}")),
    }
}

impl<W: Write> Table for Csv<W> {
    fn head(&mut self, columns: &[&str]) -> io::Result<()> {
        self.0.write_record(columns).map_err(written)
    }

    fn row(&mut self, _: &[&str], row: &ByteRecord) -> io::Result<()> {
        self.0.write_byte_record(row).map_err(written)
    }
}

impl<W: Write> Table for Jsonl<W> {
    fn head(&mut self, _: &[&str]) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, columns: &[&str], row: &ByteRecord) -> io::Result<()> {
        let value = |(name, field): (&&str, &[u8])| {
            let text = String::from_utf8_lossy(field);
            let is_text = matches!(*name, "id" | "system" | "status");
            let value = match text.parse::<f64>() {
                _ if text.is_empty() => serde_json::Value::Null,
                Ok(number) if !is_text => number.into(),
                _ => text.into_owned().into(),
            };
            ((**name).to_owned(), value)
        };
        let object: serde_json::Map<_, _> = columns.iter().zip(row.iter()).map(value).collect();
        serde_json::to_writer(&mut self.0, &object)?;
        self.0.write_all(b"\n")
    }
}

fn stream<R: Read>(mut reader: Reader<R>, systems: &[HouseSystem], table: &mut impl Table) -> Result<(), Stop> {
    let header = reader.headers().map_err(|cause| Stop::Input(format!("line 1: {cause}")))?.clone();
    let shape = shape(&header)?;
    let id = header.iter().position(|name| name == "id");
    let columns: Vec<&str> = id.map(|_| "id").into_iter().chain(COLUMNS).collect();
    table.head(&columns).map_err(Stop::Writing)?;
    let mut record = StringRecord::new();
    let mut row = ByteRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) => {}
            Err(cause) => return Err(Stop::Input(cause.to_string())),
        }
        let line = record.position().map_or(0, csv::Position::line);
        let sky = shape.sky(&record).map_err(|problem| Stop::Input(format!("line {line}: {problem}")))?;
        for system in systems {
            row.clear();
            if let Some(id) = id {
                row.push_field(record.get(id).unwrap_or_default().as_bytes());
            }
            fill(&mut row, *system, &sky);
            table.row(&columns, &row).map_err(Stop::Writing)?;
        }
    }
}

/// The fields of [`COLUMNS`]; a system that does not exist there leaves its cusps empty.
fn fill(row: &mut ByteRecord, system: HouseSystem, sky: &LocalSky) {
    let houses = Houses::compute(system, sky);
    let angles = system.angles(sky);
    row.push_field(system.code().as_bytes());
    row.push_field(if houses.is_ok() { b"ok" } else { b"undefined" });
    for degrees in [sky.armc_deg, sky.obliquity_deg, sky.latitude_deg] {
        row.push_field(format!("{degrees:.9}").as_bytes());
    }
    match houses {
        Ok(houses) => houses.cusps_deg.iter().for_each(|cusp_deg| row.push_field(format!("{cusp_deg:.9}").as_bytes())),
        Err(_) => (0..12).for_each(|_| row.push_field(b"")),
    }
    for degrees in [angles.ascendant_deg, angles.midheaven_deg, angles.vertex_deg, angles.east_point_deg] {
        row.push_field(format!("{degrees:.9}").as_bytes());
    }
}

fn shape(header: &StringRecord) -> Result<Shape, Stop> {
    let at = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
    if let (Some(armc), Some(obliquity), Some(lat)) = (at("armc"), at("obliquity"), at("lat")) {
        return Ok(Shape::Local { armc, obliquity, lat });
    }
    if let (Some(jd_ut), Some(lat), Some(lon)) = (at("jd_ut"), at("lat"), at("lon")) {
        return Ok(Shape::Instant { jd_ut, lat, lon });
    }
    let given: Vec<&str> = header.iter().collect();
    Err(Stop::Input(format!(
        "line 1: columns {:?}: expected armc, obliquity, lat (degrees) or jd_ut, lat, lon, in any order",
        given.join(",")
    )))
}

impl Shape {
    fn sky(&self, record: &StringRecord) -> Result<LocalSky, String> {
        match *self {
            Self::Local { armc, obliquity, lat } => {
                let armc_deg = number(record, armc, "armc", (-720.0, 720.0))?;
                let obliquity_deg = number(record, obliquity, "obliquity", (15.0, 35.0))?;
                let latitude_deg = number(record, lat, "lat", (-90.0, 90.0))?;
                LocalSky::new(armc_deg, obliquity_deg, latitude_deg).map_err(|error| error.to_string())
            }
            Self::Instant { jd_ut, lat, lon } => {
                let jd_ut1 = number(record, jd_ut, "jd_ut", (0.0, 5_373_484.0))?;
                let latitude_deg = number(record, lat, "lat", (-90.0, 90.0))?;
                let longitude_deg = number(record, lon, "lon", (-360.0, 360.0))?;
                over(jd_ut1, latitude_deg, longitude_deg).map_err(|error| error.to_string())
            }
        }
    }
}

/// The sky over a place at a Julian Date UT1.
fn over(jd_ut1: f64, latitude_deg: f64, longitude_deg: f64) -> Result<LocalSky, AstroError> {
    let jd_tt = jd_ut1 + time::delta_t_seconds(jd_ut1) / 86_400.0;
    LocalSky::new(frames::gast_deg(jd_ut1, jd_tt) + longitude_deg, frames::true_obliquity_deg(jd_tt), latitude_deg)
}

fn number(record: &StringRecord, column: usize, name: &str, (least, most): (f64, f64)) -> Result<f64, String> {
    let text = record.get(column).unwrap_or_default();
    text.parse::<f64>()
        .ok()
        .filter(|value| (least..=most).contains(value))
        .ok_or_else(|| format!("{name} {text:?}: expected a number from {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(input: &str, systems: &[HouseSystem]) -> (String, Option<String>) {
        let mut out = Vec::new();
        let reader = ReaderBuilder::new().trim(csv::Trim::All).from_reader(input.as_bytes());
        let stop = stream(reader, systems, &mut Csv(Writer::from_writer(&mut out))).err();
        let text = match stop {
            Some(Stop::Input(text)) => Some(text),
            Some(Stop::Writing(cause)) => panic!("{cause}"),
            None => None,
        };
        (String::from_utf8(out).unwrap(), text)
    }

    /// Row 113 of the fixture of house cusps: Swiss Ephemeris values.
    #[test]
    fn a_row_comes_for_each_system() {
        let input = "lat, armc ,obliquity,id\n-60.064309,107.960303420,23.464148715,x\n";
        let (told, stop) = csv(input, &[HouseSystem::Placidus, HouseSystem::Equal]);
        assert_eq!(stop, None);
        let rows: Vec<Vec<&str>> = told.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!((rows.len(), &rows[0][..3], rows[1][0]), (3, &["id", "system", "status"][..], "x"));
        let near = |text: &str, degrees: f64| (text.parse::<f64>().unwrap() - degrees).abs() < 1e-6;
        assert!(near(rows[1][6], 239.566_013_704) && near(rows[1][7], 260.720_775_677), "{told}");
        assert!(near(rows[2][7], 269.566_013_704) && near(rows[2][18], 239.566_013_704), "{told}");
    }

    #[test]
    fn a_system_that_does_not_exist_is_said_to_be_undefined() {
        let (told, stop) = csv("armc,obliquity,lat\n10,23.4,70\n", &[HouseSystem::Koch, HouseSystem::Campanus]);
        assert_eq!(stop, None);
        assert!(told.contains("koch,undefined,10.000000000,23.400000000,70.000000000,,,,,,,,,,,,,"), "{told}");
        assert!(told.contains("campanus,ok,"), "{told}");
    }

    #[test]
    fn what_cannot_be_read_is_named_by_line() {
        let (told, stop) = csv("armc,obliquity,lat\n10,23.4,50\n10,23.4,95\n", &[HouseSystem::Equal]);
        assert_eq!(told.lines().count(), 2);
        assert_eq!(stop.unwrap(), "line 3: lat \"95\": expected a number from -90 to 90");
        let (_, stop) = csv("jd_ut,lat\n1,2\n", &[HouseSystem::Equal]);
        assert!(stop.unwrap().starts_with("line 1: columns \"jd_ut,lat\""));
    }

    /// Sidereal time of Greenwich on 1987-04-10 19:21 UT, 8h34m57.0896s mean (Meeus 1998, example 12.b), and nutation of -3.9″.
    #[test]
    fn an_instant_has_its_own_sidereal_time() {
        let sky = over(2_446_896.306_25, 0.0, 0.0).unwrap();
        assert!((sky.armc_deg - 128.737_873_4 + 0.001).abs() < 0.001, "{}", sky.armc_deg);
    }
}

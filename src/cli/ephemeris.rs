//! E: `orrery ephemeris`: reads instants line by line and writes a row for each body. Holds no astronomy and keeps no row.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Write};
use std::path::Path;

use serde::Serialize;

use super::Failure;
use super::args::{CenterName, EphemerisArgs, TableFormat};
use super::terminal::complain;
use crate::astro::{AstroError, Body, Center, Ephemeris, Position, Reduction, Site, View};

const HEADER: &str = "jd_tt,body,lon,lat,dist_au,dlon,dlat,ddist";

/// What is asked of every instant.
struct Question {
    bodies: Vec<Body>,
    view: View,
    format: TableFormat,
}

/// A row as JSON.
#[derive(Serialize)]
struct JsonRow {
    jd_tt: f64,
    body: Body,
    #[serde(flatten)]
    position: Position,
}

/// Streams the places. Rows that cannot be answered are named on standard error, and make the command fail at the end.
pub fn run(options: &EphemerisArgs) -> Result<(), Failure> {
    let question = Question { bodies: bodies(&options.bodies)?, view: view(options)?, format: options.format };
    let name = options.instants.display().to_string();
    let input = open(&options.instants).map_err(|cause| Failure::usage(format!("{name}: {cause}")))?;
    let mut output = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match stream(input, &mut output, &question, &mut |line, what| complain(&format!("{name}:{line}: {what}"))) {
        Ok(0) => Ok(()),
        Ok(1) => Err(Failure::failed("one place could not be given")),
        Ok(n) => Err(Failure::failed(format!("{n} places could not be given"))),
        Err(Trouble::Header(text)) => Err(Failure::usage(format!("{name}:1: {text}"))),
        // Whoever read the rows has had enough.
        Err(Trouble::Io(cause)) if cause.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(Trouble::Io(cause)) => Err(Failure::failed(format!("{name}: {cause}"))),
    }
}

/// What ends the stream early.
#[derive(Debug)]
enum Trouble {
    Header(String),
    Io(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(cause: io::Error) -> Self {
        Self::Io(cause)
    }
}

fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    Ok(Box::new(BufReader::new(File::open(path)?)))
}

fn bodies(codes: &[String]) -> Result<Vec<Body>, Failure> {
    let codes: Vec<String> = codes.iter().map(|code| code.trim().to_lowercase()).collect();
    if codes == ["all"] {
        return Ok(Body::ALL.to_vec());
    }
    let body = |code: &String| {
        Body::from_code(code).ok_or_else(|| {
            let known = Body::ALL.map(Body::code).join(", ");
            Failure::usage(format!("--bodies: {code:?} is no body; allowed: {known}, or all"))
        })
    };
    codes.iter().map(body).collect()
}

fn view(options: &EphemerisArgs) -> Result<View, Failure> {
    let reduction = if options.geometric { Reduction::Geometric } else { Reduction::Apparent };
    let center = match (options.center, options.lat, options.lon) {
        (CenterName::Geocentric, ..) => Center::Geocentric,
        (CenterName::Heliocentric, ..) => Center::Heliocentric,
        (CenterName::Topocentric, Some(latitude_deg), Some(longitude_deg))
            if latitude_deg.abs() <= 90.0 && longitude_deg.is_finite() && options.altitude.is_finite() =>
        {
            Center::Topocentric(Site { latitude_deg, longitude_deg, altitude_m: options.altitude })
        }
        (CenterName::Topocentric, ..) => {
            return Err(Failure::usage("--lat: allowed are -90 to 90 degrees; --lon and --altitude: numbers"));
        }
    };
    Ok(View { center, reduction })
}

/// Answers line by line; gives how many places could not be given, each of which `refuse` has heard of with its line.
fn stream(
    mut input: impl BufRead,
    output: &mut impl Write,
    question: &Question,
    refuse: &mut dyn FnMut(usize, &str),
) -> Result<usize, Trouble> {
    let mut text = Vec::new();
    input.read_until(b'\n', &mut text)?;
    let header = fields(&text);
    let column = header
        .iter()
        .position(|name| name == "jd_tt")
        .ok_or_else(|| Trouble::Header(format!("there is no column jd_tt among {:?}", header.join(", "))))?;
    if question.format == TableFormat::Csv {
        writeln!(output, "{HEADER}")?;
    }
    let (mut line, mut refused) = (1, 0);
    loop {
        text.clear();
        line += 1;
        if input.read_until(b'\n', &mut text)? == 0 {
            break;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let fields = fields(&text);
        let given = fields.get(column).map_or("", String::as_str);
        refused += if let Some(jd_tt) = given.parse::<f64>().ok().filter(|jd| jd.is_finite()) {
            answer(output, question, given, jd_tt, &mut |what| refuse(line, what))?
        } else {
            refuse(line, &format!("jd_tt is {given:?}; allowed: a Julian Date"));
            1
        };
    }
    output.flush()?;
    Ok(refused)
}

/// The fields of one line. A line is read by itself, for a CSV reader's own count of lines departs at `\r\n`.
fn fields(line: &[u8]) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(line);
    let mut record = csv::ByteRecord::new();
    // A slice does not fail to be read, and fields of any length are good.
    drop(reader.read_byte_record(&mut record));
    record.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect()
}

/// Writes the rows of one instant; gives how many could not be had.
fn answer(
    output: &mut impl Write,
    question: &Question,
    given: &str,
    jd_tt: f64,
    refuse: &mut dyn FnMut(&str),
) -> io::Result<usize> {
    let ephemeris = Ephemeris::embedded();
    let mut refused = 0;
    match ephemeris.positions(&question.bodies, jd_tt, &question.view) {
        Ok(positions) => {
            for (body, position) in question.bodies.iter().zip(positions) {
                row(output, question.format, given, jd_tt, *body, position)?;
            }
        }
        Err(outside @ AstroError::OutOfSpan { .. }) => {
            refuse(&outside.to_string());
            refused = question.bodies.len();
        }
        // One of the bodies cannot be had; the others can.
        Err(_) => {
            for body in &question.bodies {
                match ephemeris.position(*body, jd_tt, &question.view) {
                    Ok(position) => row(output, question.format, given, jd_tt, *body, position)?,
                    Err(error) => {
                        refuse(&error.to_string());
                        refused += 1;
                    }
                }
            }
        }
    }
    Ok(refused)
}

fn row(
    output: &mut impl Write,
    format: TableFormat,
    given: &str,
    jd_tt: f64,
    body: Body,
    position: Position,
) -> io::Result<()> {
    if format == TableFormat::Jsonl {
        serde_json::to_writer(&mut *output, &JsonRow { jd_tt, body, position })?;
        return writeln!(output);
    }
    let Position { longitude_deg: lon, latitude_deg: lat, distance_au: dist, .. } = position;
    let [dlon, dlat] = [position.longitude_speed_deg_per_day, position.latitude_speed_deg_per_day];
    let (body, ddist) = (body.code(), position.distance_speed_au_per_day);
    writeln!(output, "{given},{body},{lon:.10},{lat:.10},{dist:.13},{dlon:.10},{dlat:.10},{ddist:.13}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(input: &str, bodies: &[Body], format: TableFormat) -> (String, Vec<String>, usize) {
        let question = Question { bodies: bodies.to_vec(), view: View::default(), format };
        let (mut output, mut problems) = (Vec::new(), Vec::new());
        let refused = stream(input.as_bytes(), &mut output, &question, &mut |line, what| {
            problems.push(format!("{line}: {what}"));
        })
        .unwrap();
        (String::from_utf8(output).unwrap(), problems, refused)
    }

    #[test]
    fn rows_come_in_the_order_asked_and_bad_ones_are_named_by_their_line() {
        let input = "id,jd_tt\r\n1,2451545.0\r\n\r\n2,soon\r\n3,2300000.5\r\n4,9e9\r\n";
        let (rows, problems, refused) = told(input, &[Body::Chiron, Body::Sun], TableFormat::Csv);
        let lines: Vec<&str> = rows.lines().collect();
        assert_eq!(lines[0], HEADER);
        assert!(lines[1].starts_with("2451545.0,chiron,") && lines[2].starts_with("2451545.0,sun,280."));
        assert!(lines[3].starts_with("2300000.5,sun,"));
        assert_eq!((lines.len(), refused), (4, 4));
        assert!(problems[0].starts_with("4: ") && problems[0].contains("soon"));
        assert!(problems[1].starts_with("5: chiron is known from 1600 to 2498"), "{}", problems[1]);
        assert!(problems[2].starts_with("6: ") && problems[2].contains("1550 to 2649"));
    }

    #[test]
    fn json_is_an_object_a_line_with_units_in_the_names() {
        let (rows, _, _) = told("jd_tt\n2451545\n", &[Body::Moon], TableFormat::Jsonl);
        let row: serde_json::Value = serde_json::from_str(rows.trim_end()).unwrap();
        assert_eq!(row["body"], "moon");
        assert!(row["longitude_deg"].as_f64().is_some() && row["declination_speed_deg_per_day"].as_f64().is_some());
    }

    #[test]
    fn a_file_without_the_column_is_refused() {
        let question = Question { bodies: vec![Body::Sun], view: View::default(), format: TableFormat::Csv };
        let outcome = stream("jd\n1\n".as_bytes(), &mut Vec::new(), &question, &mut |_, _| {});
        assert!(matches!(outcome, Err(Trouble::Header(text)) if text.contains("jd_tt")));
    }
}

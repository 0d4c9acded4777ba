//! Writes `data/places/places.bin` from the table of `data/places/build_places.py`. Run by hand, as a test that is ignored.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use flate2::{Compress, Compression, FlushCompress, Status};

use super::asset::{LINE, MAGIC, PLANES, STEPS, TAB};
use super::fold::fold;
use super::index::KEY_BYTES_MAX;

struct Row<'a> {
    id: u32,
    region: usize,
    latitude_deg: f64,
    longitude_deg: f64,
    population: u32,
    name: &'a str,
    others: &'a str,
}

#[test]
#[ignore = "writes the asset; see data/README.md"]
fn write_the_places() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/places");
    let table = fs::read_to_string(folder.join("places.tsv")).unwrap();
    let (rows, regions) = rows(&table);
    let sections = [regions.as_bytes().to_vec(), numbers(&rows, &regions), names(&rows), other_names(&rows)];
    let packed: Vec<Vec<u8>> = sections.iter().map(|section| pack(section)).collect();
    let mut out = MAGIC.to_vec();
    out.extend((rows.len() as u32).to_le_bytes());
    for (section, packed) in sections.iter().zip(&packed) {
        out.extend((packed.len() as u32).to_le_bytes());
        out.extend((section.len() as u32).to_le_bytes());
    }
    out.extend(packed.concat());
    let sizes: Vec<(usize, usize)> = sections.iter().zip(&packed).map(|(all, less)| (less.len(), all.len())).collect();
    println!("{} places, {} bytes, sections packed and unpacked {sizes:?}", rows.len(), out.len());
    fs::write(folder.join("places.bin"), out).unwrap();
}

/// The places by region and geoname id, and the lines of the regions.
fn rows(table: &str) -> (Vec<Row<'_>>, String) {
    let fields: Vec<Vec<&str>> = table.lines().map(|line| line.split('\t').collect()).collect();
    let region_of = |f: &[&str]| format!("{}\t{}\t{}\t{}\n", f[1], f[2], f[3], f[4]);
    let lines: BTreeSet<String> = fields.iter().map(|f| region_of(f)).collect();
    let regions: BTreeMap<&str, usize> = lines.iter().map(String::as_str).zip(0..).collect();
    let mut rows: Vec<Row<'_>> = fields
        .iter()
        .map(|f| Row {
            id: f[0].parse().unwrap(),
            region: regions[region_of(f).as_str()],
            latitude_deg: f[5].parse().unwrap(),
            longitude_deg: f[6].parse().unwrap(),
            population: f[7].parse().unwrap(),
            name: f[8],
            others: f[9],
        })
        .collect();
    rows.sort_by_key(|row| (row.region, row.id));
    (rows, lines.iter().map(String::as_str).collect())
}

/// How many places each region has, and the columns of [`PLANES`].
fn numbers(rows: &[Row<'_>], regions: &str) -> Vec<u8> {
    let mut counts = vec![0_u32; regions.lines().count()];
    let mut columns: [Vec<u32>; 4] = Default::default();
    let (mut region, mut id, mut lat, mut lon) = (usize::MAX, 0, 0, 0);
    for row in rows {
        counts[row.region] += 1;
        if row.region != region {
            (region, id) = (row.region, 0);
        }
        let steps = |degrees: f64, whole: f64| ((degrees + whole / 2.0) / whole * STEPS).round() as i64;
        let (lat_now, lon_now) = (steps(row.latitude_deg, 180.0), steps(row.longitude_deg, 360.0));
        let values = [row.id - id, zigzag(lat_now - lat), zigzag(lon_now - lon), row.population];
        for (column, value) in columns.iter_mut().zip(values) {
            column.push(value);
        }
        (id, lat, lon) = (row.id, lat_now, lon_now);
    }
    let mut out = planes(&counts, 2);
    for (column, count) in columns.iter().zip(PLANES) {
        out.extend(planes(column, count));
    }
    out
}

fn zigzag(value: i64) -> u32 {
    (value << 1 ^ value >> 63) as u32
}

/// The lowest byte of every number, then the next of every number.
fn planes(column: &[u32], count: usize) -> Vec<u8> {
    assert!(column.iter().all(|value| u64::from(*value) < 1 << (8 * count)));
    (0..count).flat_map(|plane| column.iter().map(move |value| value.to_le_bytes()[plane])).collect()
}

fn names(rows: &[Row<'_>]) -> Vec<u8> {
    rows.iter().flat_map(|row| [row.name.as_bytes(), &[LINE]].concat()).collect()
}

/// Folded, each once, without the usual name.
fn other_names(rows: &[Row<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for row in rows {
        let mut others: BTreeSet<String> = row.others.split('|').map(fold).collect();
        others.remove(&fold(row.name));
        others.retain(|name| !name.is_empty() && name.len() <= KEY_BYTES_MAX);
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        out.extend(others.join(str::from_utf8(&[TAB]).unwrap()).into_bytes());
        out.push(LINE);
    }
    out
}

fn pack(section: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(section.len() + 1024);
    let status = Compress::new(Compression::best(), false).compress_vec(section, &mut out, FlushCompress::Finish);
    assert_eq!(status.unwrap(), Status::StreamEnd);
    out
}

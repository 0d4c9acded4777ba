//! P: The gazetteer as packed bytes in the program, and the columns that the first use unpacks from them. Searches nothing.

use std::sync::OnceLock;

use flate2::{Decompress, FlushDecompress};

/// Written by `src/astro/places/build.rs` from what `data/places/build_places.py` makes; see `data/README.md`.
static BYTES: &[u8] = include_bytes!("../../../data/places/places.bin");
/// First bytes: name and version of the format.
pub(super) const MAGIC: [u8; 8] = *b"ORRPLAC2";
/// Sections after the header, in this order: regions, numbers, usual names, other names. The header has the number of places
/// and, of each section, its bytes as they stand (raw deflate) and unpacked.
pub(super) const SECTIONS: usize = 4;
/// Steps of the latitude and of the longitude: 20 bits each.
pub(super) const STEPS: f64 = 1_048_575.0;
/// Columns of the numbers section, each as many planes of bytes, the lowest first: the geoname id and the position less
/// those of the place before (the id anew in each region, the position by zigzag), and the population.
pub(super) const PLANES: [usize; 4] = [3, 3, 3, 4];
/// Ends a place's names.
pub(super) const LINE: u8 = b'\n';
/// Ends a name before another of the same place.
pub(super) const TAB: u8 = b'\t';

/// The columns. Places go by their number: 0 is the largest, and the larger the number the smaller the place.
pub(super) struct Asset {
    /// How many places there are.
    pub(super) len: usize,
    regions: String,
    region_of: Vec<u16>,
    /// Latitude (20 bits), longitude (20), geoname id (24).
    points: Vec<u64>,
    populations: Vec<u32>,
    /// Usual names, each with [`LINE`] after it.
    names: String,
    name_starts: Vec<u32>,
    /// The number of each place of the file, which goes by region and geoname id.
    numbers: Vec<u32>,
}

/// The asset of this program, unpacked when it is first asked for. Bytes that do not fit the format, which the tests exclude,
/// leave it empty.
pub(super) fn asset() -> &'static Asset {
    static ASSET: OnceLock<Asset> = OnceLock::new();
    ASSET.get_or_init(|| read().unwrap_or_else(Asset::empty))
}

/// Names other than the usual ones, folded, place by place in the order of the file; each ends with [`TAB`] or [`LINE`].
pub(super) fn other_names() -> String {
    section(3).and_then(|text| String::from_utf8(text).ok()).unwrap_or_default()
}

fn section(wanted: usize) -> Option<Vec<u8>> {
    let head = |word: usize| u32_at(BYTES, MAGIC.len() + 4 * word).map(|value| value as usize);
    let from =
        (0..wanted).try_fold(MAGIC.len() + 4 * (1 + 2 * SECTIONS), |at, index| Some(at + head(1 + 2 * index)?))?;
    let (packed, unpacked) = (head(1 + 2 * wanted)?, head(2 + 2 * wanted)?);
    let mut out = Vec::with_capacity(unpacked);
    Decompress::new(false).decompress_vec(BYTES.get(from..from + packed)?, &mut out, FlushDecompress::Finish).ok()?;
    (out.len() == unpacked).then_some(out)
}

fn read() -> Option<Asset> {
    BYTES.strip_prefix(&MAGIC)?;
    let len = u32_at(BYTES, MAGIC.len())? as usize;
    let regions = String::from_utf8(section(0)?).ok()?;
    let names = String::from_utf8(section(2)?).ok()?;
    let numbers = section(1)?;
    let counts = regions.lines().count();
    let mut at = 0;
    let mut column = |rows: usize, planes: usize| {
        let bytes = numbers.get(at..at + rows * planes)?;
        at += rows * planes;
        Some(move |row: usize| {
            (0..planes).fold(0_u32, |value, plane| value | u32::from(bytes[plane * rows + row]) << (8 * plane))
        })
    };
    let of_region = column(counts, 2)?;
    let [id, lat, lon, population] = PLANES.map(|planes| column(len, planes));
    let (id, lat, lon, population) = (id?, lat?, lon?, population?);

    let mut rows = Vec::with_capacity(len);
    let (mut lat_now, mut lon_now) = (0_i64, 0_i64);
    for region in 0..counts {
        let mut id_now = 0;
        for _ in 0..of_region(region) {
            let row = rows.len();
            id_now += id(row);
            lat_now += unzigzag(lat(row));
            lon_now += unzigzag(lon(row));
            let point =
                (lat_now as u64 & 0xf_ffff) << 44 | (lon_now as u64 & 0xf_ffff) << 24 | u64::from(id_now & 0xff_ffff);
            rows.push((point, population(row), region as u16));
        }
    }
    let mut line_starts = vec![0_u32];
    line_starts.extend(names.bytes().zip(1..).filter(|(byte, _)| *byte == LINE).map(|(_, next)| next));
    if rows.len() != len || line_starts.len() != len + 1 {
        return None;
    }
    let mut order: Vec<u32> = (0..len as u32).collect();
    order.sort_unstable_by_key(|row| {
        let (point, population, _) = rows[*row as usize];
        (std::cmp::Reverse(population), point & 0xff_ffff)
    });
    let mut numbers = vec![0; len];
    for (row, number) in order.iter().zip(0..) {
        numbers[*row as usize] = number;
    }
    let sorted = || order.iter().map(|row| *row as usize);
    Some(Asset {
        len,
        region_of: sorted().map(|row| rows[row].2).collect(),
        points: sorted().map(|row| rows[row].0).collect(),
        populations: sorted().map(|row| rows[row].1).collect(),
        name_starts: sorted().map(|row| line_starts[row]).collect(),
        regions,
        names,
        numbers,
    })
}

impl Asset {
    fn empty() -> Self {
        Self {
            len: 0,
            regions: String::new(),
            region_of: Vec::new(),
            points: Vec::new(),
            populations: Vec::new(),
            names: String::new(),
            name_starts: Vec::new(),
            numbers: Vec::new(),
        }
    }

    /// Lines of country code, region code, name of the region and zone.
    pub(super) fn regions(&self) -> &str {
        &self.regions
    }

    /// The region of a place, an index into the lines of [`Asset::regions`].
    pub(super) fn region(&self, place: usize) -> usize {
        self.region_of.get(place).map_or(0, |region| usize::from(*region))
    }

    /// Degrees north and east.
    pub(super) fn point(&self, place: usize) -> (f64, f64) {
        let packed = self.points.get(place).copied().unwrap_or(0);
        let (lat, lon) = ((packed >> 44) as f64, (packed >> 24 & 0xf_ffff) as f64);
        (lat / STEPS * 180.0 - 90.0, lon / STEPS * 360.0 - 180.0)
    }

    /// The number of the place at GeoNames.
    pub(super) fn geoname_id(&self, place: usize) -> u32 {
        self.points.get(place).map_or(0, |packed| (packed & 0xff_ffff) as u32)
    }

    /// Inhabitants.
    pub(super) fn population(&self, place: usize) -> u32 {
        self.populations.get(place).copied().unwrap_or(0)
    }

    /// The usual name.
    pub(super) fn name(&self, place: usize) -> &str {
        let from = self.name_starts.get(place).map_or(usize::MAX, |from| *from as usize);
        self.names.get(from..).and_then(|rest| rest.lines().next()).unwrap_or_default()
    }

    /// The places in the order of the file.
    pub(super) fn in_file_order(&self) -> &[u32] {
        &self.numbers
    }
}

/// A difference as a number of no sign: 0, -1, 1, -2 are 0, 1, 2, 3.
fn unzigzag(value: u32) -> i64 {
    i64::from(value >> 1) ^ -i64::from(value & 1)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_le_bytes(*four))
}

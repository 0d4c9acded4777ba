//! P: The gazetteer as bytes in the program: columns read in place, so that nothing is unpacked at the start. Searches
//! nothing.

use std::sync::OnceLock;

use fst::raw::Fst;

/// Written by `src/astro/places/build.rs` from what `data/places/build_places.py` makes; see `data/README.md`.
static BYTES: &[u8] = include_bytes!("../../../data/places/places.bin");
/// First bytes: name and version of the format.
pub(super) const MAGIC: [u8; 8] = *b"ORRPLAC1";
/// Sections after the header, in this order.
pub(super) const SECTIONS: usize = 7;
/// Bytes of a place: region (2), latitude and longitude (5), geoname id (3).
pub(super) const POINT_BYTES: usize = 10;
/// Steps of the latitude and of the longitude: 20 bits each.
pub(super) const STEPS: f64 = 1_048_575.0;
/// Every so many places the population is written out.
pub(super) const POPULATION_EVERY: usize = 64;
/// Every so many places the position of the name is written down.
pub(super) const NAME_EVERY: usize = 32;
/// Every so many keys the position of the postings is written down.
pub(super) const KEY_EVERY: usize = 64;
/// Bit of a posting: the last of its key.
pub(super) const LAST: u32 = 1 << 23;
/// Bit of a posting: the key is the place's usual name and not another one.
pub(super) const USUAL: u32 = 1 << 22;
/// Bits of a posting that are the place.
pub(super) const PLACE_MASK: u32 = (1 << 18) - 1;
/// In front of keys that are the later words of a name.
pub(super) const LATER: char = '\u{1}';

/// The columns. Places go by their number: 0 is the largest, and the larger the number the smaller the place.
pub(super) struct Asset {
    /// How many places there are.
    pub(super) len: usize,
    /// How many keys there are.
    pub(super) keys: usize,
    regions: &'static str,
    points: &'static [u8],
    populations: &'static [u8],
    symbols: [&'static [u8]; 256],
    names: &'static [u8],
    postings: &'static [u8],
    /// Folded names to their ordinals.
    pub(super) index: Option<Fst<&'static [u8]>>,
}

/// The asset of this program. Bytes that do not fit the format, which the tests exclude, leave it empty.
pub(super) fn asset() -> &'static Asset {
    static ASSET: OnceLock<Asset> = OnceLock::new();
    ASSET.get_or_init(|| read(BYTES).unwrap_or_else(Asset::empty))
}

fn read(bytes: &'static [u8]) -> Option<Asset> {
    let rest = bytes.strip_prefix(&MAGIC)?;
    let (len, keys) = (u32_at(rest, 0)? as usize, u32_at(rest, 4)? as usize);
    let mut from = 8 + 4 * SECTIONS;
    let mut sections = [&rest[..0]; SECTIONS];
    for (index, section) in sections.iter_mut().enumerate() {
        let size = u32_at(rest, 8 + 4 * index)? as usize;
        *section = rest.get(from..from + size)?;
        from += size;
    }
    let [regions, points, populations, symbols, names, postings, index] = sections;
    Some(Asset {
        len,
        keys,
        regions: std::str::from_utf8(regions).ok()?,
        points,
        populations,
        symbols: read_symbols(symbols),
        names,
        postings,
        index: Some(Fst::new(index).ok()?),
    })
}

/// Symbols by their codes, each a length and as many bytes; code 0 ends a name.
fn read_symbols(mut rest: &'static [u8]) -> [&'static [u8]; 256] {
    let mut symbols: [&'static [u8]; 256] = [&[]; 256];
    for symbol in &mut symbols[1..] {
        let Some((size, tail)) = rest.split_first() else { break };
        let Some((text, tail)) = tail.split_at_checked(usize::from(*size)) else { break };
        *symbol = text;
        rest = tail;
    }
    symbols
}

impl Asset {
    fn empty() -> Self {
        Self {
            len: 0,
            keys: 0,
            regions: "",
            points: &[],
            populations: &[],
            symbols: [&[]; 256],
            names: &[],
            postings: &[],
            index: None,
        }
    }

    /// Lines of country code, region code, name of the region and zone.
    pub(super) fn regions(&self) -> &'static str {
        self.regions
    }

    /// The region of a place, an index into the lines of [`Asset::regions`].
    pub(super) fn region(&self, place: usize) -> usize {
        let at = place * POINT_BYTES;
        self.points.get(at..at + 2).map_or(0, |two| usize::from(u16::from_le_bytes([two[0], two[1]])))
    }

    /// Degrees north and east.
    pub(super) fn point(&self, place: usize) -> (f64, f64) {
        let at = place * POINT_BYTES + 2;
        let packed = self
            .points
            .get(at..at + 5)
            .map_or(0, |five| u64::from_le_bytes([five[0], five[1], five[2], five[3], five[4], 0, 0, 0]));
        let (lat, lon) = ((packed >> 20) as f64, (packed & 0xf_ffff) as f64);
        (lat / STEPS * 180.0 - 90.0, lon / STEPS * 360.0 - 180.0)
    }

    /// The number of the place at GeoNames.
    pub(super) fn geoname_id(&self, place: usize) -> u32 {
        u24_at(self.points, place * POINT_BYTES + 7).unwrap_or(0)
    }

    /// Inhabitants: a sample, less the differences from place to place since.
    pub(super) fn population(&self, place: usize) -> u32 {
        let samples = self.len.div_ceil(POPULATION_EVERY);
        let sample = place / POPULATION_EVERY;
        let value = u32_at(self.populations, sample * 8).unwrap_or(0);
        let from = 8 * samples + u32_at(self.populations, sample * 8 + 4).unwrap_or(0) as usize;
        let mut rest = self.populations.get(from..).unwrap_or(&[]).iter();
        let mut varint = || {
            let mut value = 0_u32;
            for (byte, shift) in rest.by_ref().zip((0..35).step_by(7)) {
                value |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
                if byte & 0x80 == 0 {
                    break;
                }
            }
            value
        };
        (0..place % POPULATION_EVERY).fold(value, |value, _| value.saturating_sub(varint()))
    }

    /// The usual name.
    pub(super) fn name(&self, place: usize) -> String {
        let samples = self.len.div_ceil(NAME_EVERY);
        let from = 4 * samples + u32_at(self.names, place / NAME_EVERY * 4).unwrap_or(0) as usize;
        let codes = self.names.get(from..).unwrap_or(&[]);
        let name = codes.split(|code| *code == 0).nth(place % NAME_EVERY).unwrap_or(&[]);
        let bytes: Vec<u8> = name.iter().flat_map(|code| self.symbols[usize::from(*code)]).copied().collect();
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// Where the postings of a key start.
    fn first_posting(&self, key: usize) -> usize {
        let sample = key / KEY_EVERY;
        let mut at = u32_at(self.postings, sample * 4).unwrap_or(0) as usize;
        for _ in 0..key % KEY_EVERY {
            while self.posting(at).is_some_and(|posting| posting & LAST == 0) {
                at += 1;
            }
            at += 1;
        }
        at
    }

    fn posting(&self, at: usize) -> Option<u32> {
        u24_at(self.postings, 4 * (self.keys / KEY_EVERY + 1) + 3 * at)
    }

    /// The postings of the keys of these ordinals: places with [`USUAL`] where it holds.
    pub(super) fn postings(&self, keys: std::ops::Range<usize>) -> impl Iterator<Item = u32> + '_ {
        let (from, to) = (self.first_posting(keys.start), self.first_posting(keys.end.max(keys.start)));
        (from..to).map_while(|at| self.posting(at)).map(|posting| posting & (PLACE_MASK | USUAL))
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_le_bytes(*four))
}

fn u24_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|[a, b, c]| u32::from_le_bytes([*a, *b, *c, 0]))
}

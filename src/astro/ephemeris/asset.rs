//! P: The ephemeris file: decoding of bytes into Chebyshev series. It trusts nothing in them and evaluates nothing.
//!
//! The format is written down, and written, by `data/ephemeris/build_asset.py`.

use super::series::Series;
use crate::astro::error::AstroError;

const MAGIC: &[u8; 8] = b"ORRYEPH\0";
const VERSION: u32 = 1;
const TERMS_MAX: usize = 64;
const SEGMENTS_MAX: usize = 20_000;
const WIDTH_MAX: u8 = 62;
const OFFSET_MAX: u64 = 1 << 62;

/// What a series holds, in the order of the file. Places are barycentric, ICRS axes, AU, unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Sun,
    /// Barycentre of Earth and Moon.
    EarthMoon,
    /// Geocentric Moon.
    Moon,
    Mercury,
    Venus,
    Mars,
    Jupiter,
    Saturn,
    Uranus,
    Neptune,
    Pluto,
    /// IAU 2006/2000A nutation in longitude and in obliquity, radians.
    Nutation,
}

const NAMES: [&[u8; 8]; 12] = [
    b"SUN\0\0\0\0\0",
    b"EMB\0\0\0\0\0",
    b"MOON\0\0\0\0",
    b"MERCURY\0",
    b"VENUS\0\0\0",
    b"MARS\0\0\0\0",
    b"JUPITER\0",
    b"SATURN\0\0",
    b"URANUS\0\0",
    b"NEPTUNE\0",
    b"PLUTO\0\0\0",
    b"NUTATION",
];

/// A decoded ephemeris file.
#[derive(Clone, Debug)]
pub(crate) struct Asset {
    /// First Julian Date (TDB) that every series covers.
    pub(crate) first_jd: f64,
    /// Last Julian Date (TDB) that every series covers.
    pub(crate) last_jd: f64,
    series: [Series; 12],
}

impl Asset {
    /// Decodes a whole file.
    ///
    /// # Errors
    /// [`AstroError::BadAsset`] for anything but a complete file of this version with sane numbers.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, AstroError> {
        let mut reader = Reader { rest: bytes };
        if reader.array::<8>()? != *MAGIC {
            return Err(AstroError::BadAsset("not an ephemeris file"));
        }
        if reader.u32()? != VERSION {
            return Err(AstroError::BadAsset("unknown format version"));
        }
        if reader.u32()? as usize != NAMES.len() {
            return Err(AstroError::BadAsset("unexpected number of series"));
        }
        let (first_jd, last_jd) = (reader.finite()?, reader.finite()?);
        let series = NAMES
            .iter()
            .map(|name| parse_series(&mut reader, **name, first_jd, last_jd))
            .collect::<Result<Vec<_>, _>>()?
            .try_into()
            .map_err(|_| AstroError::BadAsset("unexpected number of series"))?;
        if !reader.rest.is_empty() {
            return Err(AstroError::BadAsset("bytes after the last series"));
        }
        Ok(Self { first_jd, last_jd, series })
    }

    /// The series that holds `content`.
    #[inline]
    pub(crate) fn series(&self, content: Content) -> &Series {
        &self.series[content as usize]
    }
}

/// One coefficient's code: its width in bits and the offset to add.
struct Code {
    width: u8,
    offset: i64,
}

fn parse_series(reader: &mut Reader, name: [u8; 8], first_jd: f64, last_jd: f64) -> Result<Series, AstroError> {
    if reader.array::<8>()? != name {
        return Err(AstroError::BadAsset("unexpected series"));
    }
    let (components, terms, segments) = (reader.u32()? as usize, reader.u32()? as usize, reader.u32()? as usize);
    if !(1..=3).contains(&components) || !(1..=TERMS_MAX).contains(&terms) || !(1..=SEGMENTS_MAX).contains(&segments) {
        return Err(AstroError::BadAsset("series dimensions out of bounds"));
    }
    let (start, segment_days, quantum) = (reader.finite()?, reader.finite()?, reader.finite()?);
    let covers = start <= first_jd && first_jd < last_jd && start + segment_days * segments as f64 >= last_jd;
    if segment_days <= 0.0 || quantum <= 0.0 || !covers {
        return Err(AstroError::BadAsset("series does not cover the span"));
    }
    let codes = (0..components * terms).map(|_| reader.code()).collect::<Result<Vec<_>, _>>()?;
    let bits = codes.iter().map(|code| usize::from(code.width)).sum::<usize>() * segments;
    if reader.u64()? != bits.div_ceil(8) as u64 {
        return Err(AstroError::BadAsset("series length does not match its codes"));
    }
    let stream = reader.take(bits.div_ceil(8))?;
    let coefficients = unpack(stream, &codes, terms, segments, quantum)?;
    Ok(Series { first_jd: start, segment_days, segments, terms, coefficients })
}

fn unpack(
    stream: &[u8],
    codes: &[Code],
    terms: usize,
    segments: usize,
    quantum: f64,
) -> Result<Vec<[f64; 3]>, AstroError> {
    let mut bits = Bits { bytes: stream.iter(), held: 0, count: 0 };
    let mut coefficients = vec![[0.0; 3]; segments * terms];
    for segment in coefficients.chunks_exact_mut(terms) {
        for (component, component_codes) in codes.chunks_exact(terms).enumerate() {
            for (term, code) in segment.iter_mut().zip(component_codes) {
                term[component] = (bits.take(code.width)? + code.offset) as f64 * quantum;
            }
        }
    }
    Ok(coefficients)
}

/// Reads a bit stream, least significant bit first.
struct Bits<'a> {
    bytes: std::slice::Iter<'a, u8>,
    held: u128,
    count: u8,
}

impl Bits<'_> {
    fn take(&mut self, width: u8) -> Result<i64, AstroError> {
        while self.count < width {
            let byte = self.bytes.next().ok_or(AstroError::BadAsset("truncated"))?;
            self.held |= u128::from(*byte) << self.count;
            self.count += 8;
        }
        let value = self.held & ((1 << width) - 1);
        self.held >>= width;
        self.count -= width;
        i64::try_from(value).map_err(|_| AstroError::BadAsset("coefficient out of bounds"))
    }
}

/// Reads little-endian numbers off the front of a slice.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], AstroError> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or(AstroError::BadAsset("truncated"))?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], AstroError> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(AstroError::BadAsset("truncated"))?;
        self.rest = rest;
        Ok(*head)
    }

    fn u32(&mut self) -> Result<u32, AstroError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, AstroError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn finite(&mut self) -> Result<f64, AstroError> {
        let value = f64::from_le_bytes(self.array()?);
        if value.is_finite() { Ok(value) } else { Err(AstroError::BadAsset("number is not finite")) }
    }

    fn code(&mut self) -> Result<Code, AstroError> {
        let [width] = self.array()?;
        let offset = i64::from_le_bytes(self.array()?);
        if width > WIDTH_MAX || offset.unsigned_abs() > OFFSET_MAX {
            return Err(AstroError::BadAsset("coefficient out of bounds"));
        }
        Ok(Code { width, offset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &[u8] = crate::astro::ephemeris::EMBEDDED;

    #[test]
    fn the_embedded_file_is_whole_and_covers_three_centuries() {
        let asset = Asset::parse(GOOD).unwrap();
        assert!(asset.first_jd < 2_378_496.5 - 60.0 && asset.last_jd > 2_488_434.5 + 59.0);
    }

    #[test]
    fn other_magic_version_or_tail_is_refused() {
        for at in [0, 8, 12] {
            let mut bytes = GOOD.to_vec();
            bytes[at] ^= 1;
            assert!(Asset::parse(&bytes).is_err());
        }
        let mut bytes = GOOD.to_vec();
        bytes.push(0);
        assert_eq!(Asset::parse(&bytes).unwrap_err(), AstroError::BadAsset("bytes after the last series"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_truncated_file_is_an_error(len in 0..GOOD.len()) {
            prop_assert!(Asset::parse(&GOOD[..len]).is_err());
        }

        #[test]
        fn a_truncated_head_is_an_error(len in 0_usize..2000) {
            prop_assert!(Asset::parse(&GOOD[..len]).is_err());
        }

        #[test]
        fn flipped_bytes_never_panic(flips in proptest::collection::vec((0_usize..1500, any::<u8>()), 1..8)) {
            let mut bytes = GOOD.to_vec();
            for (at, value) in flips {
                bytes[at] = value;
            }
            let _ = Asset::parse(&bytes);
        }

        #[test]
        fn noise_is_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
            prop_assert!(Asset::parse(&bytes).is_err());
        }
    }
}

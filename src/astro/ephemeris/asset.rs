//! P: The ephemeris file: from bytes to Chebyshev series. It trusts nothing in them and evaluates nothing.
//!
//! The format is written down, and written, by `data/ephemeris/build_asset.py`.

use super::packed::{Code, Packed, WIDTH_MAX};
use super::series::Series;
use crate::astro::error::AstroError;

const MAGIC: &[u8; 8] = b"ORRYEPH\0";
const VERSION: u32 = 2;
const TERMS_MAX: usize = 64;
const SEGMENTS_MAX: usize = 100_000;
const OFFSET_MAX: u64 = 1 << 60;
const SERIES: usize = 19;

/// What a series holds, in the order of the file. Places are barycentric, ICRS axes, AU, unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
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
    Chiron,
    Ceres,
    Pallas,
    Juno,
    Vesta,
    Pholus,
    Eris,
}

const NAMES: [&[u8; 8]; SERIES] = [
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
    b"CHIRON\0\0",
    b"CERES\0\0\0",
    b"PALLAS\0\0",
    b"JUNO\0\0\0\0",
    b"VESTA\0\0\0",
    b"PHOLUS\0\0",
    b"ERIS\0\0\0\0",
];

/// An ephemeris file, its heads read and its coefficients still packed.
#[derive(Debug)]
pub(super) struct Asset<'a> {
    series: [Series<'a>; SERIES],
    /// First and last Julian Date (TDB) that every series from the Sun to the nutation covers.
    pub(super) span: (f64, f64),
}

impl<'a> Asset<'a> {
    /// Reads a whole file.
    ///
    /// # Errors
    /// [`AstroError::BadAsset`] for anything but a complete file of this version with sane numbers.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, AstroError> {
        let mut reader = Reader { rest: bytes };
        if reader.array::<8>()? != *MAGIC {
            return Err(AstroError::BadAsset("not an ephemeris file"));
        }
        if reader.u32()? != VERSION {
            return Err(AstroError::BadAsset("unknown format version"));
        }
        if reader.u32()? as usize != SERIES {
            return Err(AstroError::BadAsset("unexpected number of series"));
        }
        let series: [Series; SERIES] = NAMES
            .iter()
            .map(|name| parse_series(&mut reader, **name))
            .collect::<Result<Vec<_>, _>>()?
            .try_into()
            .map_err(|_| AstroError::BadAsset("unexpected number of series"))?;
        if !reader.rest.is_empty() {
            return Err(AstroError::BadAsset("bytes after the last series"));
        }
        let spans = series[..=Content::Nutation as usize].iter().map(Series::span);
        let span = spans.fold((f64::NEG_INFINITY, f64::INFINITY), |all, each| (all.0.max(each.0), all.1.min(each.1)));
        if span.0 < span.1 { Ok(Self { series, span }) } else { Err(AstroError::BadAsset("series share no span")) }
    }

    /// The series that holds `content`.
    #[inline]
    pub(super) fn series(&self, content: Content) -> &Series<'a> {
        &self.series[content as usize]
    }
}

fn parse_series<'a>(reader: &mut Reader<'a>, name: [u8; 8]) -> Result<Series<'a>, AstroError> {
    if reader.array::<8>()? != name {
        return Err(AstroError::BadAsset("unexpected series"));
    }
    let (components, terms, segments) = (reader.u32()? as usize, reader.u32()? as usize, reader.u32()? as usize);
    if !(1..=3).contains(&components) || !(1..=TERMS_MAX).contains(&terms) || !(1..=SEGMENTS_MAX).contains(&segments) {
        return Err(AstroError::BadAsset("series dimensions out of bounds"));
    }
    let (first_jd, segment_days, quantum) = (reader.finite()?, reader.finite()?, reader.finite()?);
    if segment_days <= 0.0 || quantum <= 0.0 {
        return Err(AstroError::BadAsset("a length is not positive"));
    }
    let codes = (0..components * terms).map(|_| reader.code()).collect::<Result<Vec<_>, _>>()?;
    let mut packed = Packed { stream: &[], codes, terms, quantum };
    let bytes = (packed.segment_bits() * segments).div_ceil(8);
    if reader.u64()? != bytes as u64 {
        return Err(AstroError::BadAsset("series length does not match its codes"));
    }
    packed.stream = reader.take(bytes)?;
    Ok(Series::new(first_jd, segment_days, segments, packed))
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
    fn the_embedded_file_is_whole_and_covers_eleven_centuries() {
        // 31 December 1549 and 25 January 2650 (Gregorian), the ends of DE440.
        let (first, last) = Asset::parse(GOOD).unwrap().span;
        assert!((first - 2_287_184.5).abs() < 1e-6 && (last - 2_688_976.5).abs() < 1e-6);
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

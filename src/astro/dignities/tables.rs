//! P: The three tables of terms: ruler and end of each, in degrees of the sign. Data alone.

use super::TermScheme;
use crate::astro::body::Body;
use crate::astro::body::Body::{Jupiter, Mars, Mercury, Saturn, Venus};

/// Five terms of a sign: ruler, and the degree at which the term ends.
type Row = [(Body, u8); 5];

/// Egyptian (Ptolemy I.20, Robbins 1940).
const EGYPTIAN: [Row; 12] = [
    [(Jupiter, 6), (Venus, 12), (Mercury, 20), (Mars, 25), (Saturn, 30)],
    [(Venus, 8), (Mercury, 14), (Jupiter, 22), (Saturn, 27), (Mars, 30)],
    [(Mercury, 6), (Jupiter, 12), (Venus, 17), (Mars, 24), (Saturn, 30)],
    [(Mars, 7), (Venus, 13), (Mercury, 19), (Jupiter, 26), (Saturn, 30)],
    [(Jupiter, 6), (Venus, 11), (Saturn, 18), (Mercury, 24), (Mars, 30)],
    [(Mercury, 7), (Venus, 17), (Jupiter, 21), (Mars, 28), (Saturn, 30)],
    [(Saturn, 6), (Mercury, 14), (Jupiter, 21), (Venus, 28), (Mars, 30)],
    [(Mars, 7), (Venus, 11), (Mercury, 19), (Jupiter, 24), (Saturn, 30)],
    [(Jupiter, 12), (Venus, 17), (Mercury, 21), (Saturn, 26), (Mars, 30)],
    [(Mercury, 7), (Jupiter, 14), (Venus, 22), (Saturn, 26), (Mars, 30)],
    [(Mercury, 7), (Venus, 13), (Jupiter, 20), (Mars, 25), (Saturn, 30)],
    [(Venus, 12), (Jupiter, 16), (Mercury, 19), (Mars, 28), (Saturn, 30)],
];

/// Ptolemy's (I.21, Robbins 1940).
const PTOLEMAIC: [Row; 12] = [
    [(Jupiter, 6), (Venus, 14), (Mercury, 21), (Mars, 26), (Saturn, 30)],
    [(Venus, 8), (Mercury, 15), (Jupiter, 22), (Saturn, 24), (Mars, 30)],
    [(Mercury, 7), (Jupiter, 13), (Venus, 20), (Mars, 26), (Saturn, 30)],
    [(Mars, 6), (Jupiter, 13), (Mercury, 20), (Venus, 27), (Saturn, 30)],
    [(Jupiter, 6), (Mercury, 13), (Saturn, 19), (Venus, 25), (Mars, 30)],
    [(Mercury, 7), (Venus, 13), (Jupiter, 18), (Saturn, 24), (Mars, 30)],
    [(Saturn, 6), (Venus, 11), (Mercury, 16), (Jupiter, 24), (Mars, 30)],
    [(Mars, 6), (Venus, 13), (Jupiter, 21), (Mercury, 27), (Saturn, 30)],
    [(Jupiter, 8), (Venus, 14), (Mercury, 19), (Saturn, 25), (Mars, 30)],
    [(Venus, 6), (Mercury, 12), (Jupiter, 19), (Saturn, 25), (Mars, 30)],
    [(Saturn, 6), (Mercury, 12), (Venus, 20), (Jupiter, 25), (Mars, 30)],
    [(Venus, 8), (Jupiter, 14), (Mercury, 20), (Mars, 25), (Saturn, 30)],
];

/// Ptolemy's as printed by Lilly (1647, p. 104).
const LILLY: [Row; 12] = [
    [(Jupiter, 6), (Venus, 14), (Mercury, 21), (Mars, 26), (Saturn, 30)],
    [(Venus, 8), (Mercury, 15), (Jupiter, 22), (Saturn, 26), (Mars, 30)],
    [(Mercury, 7), (Jupiter, 14), (Venus, 21), (Saturn, 25), (Mars, 30)],
    [(Mars, 6), (Jupiter, 13), (Mercury, 20), (Venus, 27), (Saturn, 30)],
    [(Saturn, 6), (Mercury, 13), (Venus, 19), (Jupiter, 25), (Mars, 30)],
    [(Mercury, 7), (Venus, 13), (Jupiter, 18), (Saturn, 24), (Mars, 30)],
    [(Saturn, 6), (Venus, 11), (Jupiter, 19), (Mercury, 24), (Mars, 30)],
    [(Mars, 6), (Jupiter, 14), (Venus, 21), (Mercury, 27), (Saturn, 30)],
    [(Jupiter, 8), (Venus, 14), (Mercury, 19), (Saturn, 25), (Mars, 30)],
    [(Venus, 6), (Mercury, 12), (Jupiter, 19), (Mars, 25), (Saturn, 30)],
    [(Saturn, 6), (Mercury, 12), (Venus, 20), (Jupiter, 25), (Mars, 30)],
    [(Venus, 8), (Jupiter, 14), (Mercury, 20), (Mars, 26), (Saturn, 30)],
];

/// The table of a scheme, by sign.
pub(super) const fn terms(scheme: TermScheme) -> &'static [Row; 12] {
    match scheme {
        TermScheme::Egyptian => &EGYPTIAN,
        TermScheme::Ptolemaic => &PTOLEMAIC,
        TermScheme::Lilly => &LILLY,
    }
}

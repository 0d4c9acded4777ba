"""Write Orrery's small numeric tables as Rust source: Delta T, leap seconds, and the leading nutation terms.

    VENV/bin/pip install numpy skyfield
    VENV/bin/python data/ephemeris/build_tables.py src/astro

The numbers are those Skyfield (MIT) ships: Table S15.2020 of Morrison, Stephenson, Hohenkerk and Zawilski (2021) before
1973, the IERS daily series after it (finals2000A, with the Bureau's prediction at its end), a cubic from there to the
long-term parabola of Stephenson, Morrison and Hohenkerk (2016), IERS leap seconds, and the IAU 2000A nutation series
(Mathews, Herring and Buffett 2002), of which the largest lunisolar terms are kept.
"""

import sys

import numpy as np
from skyfield.api import load
from skyfield.functions import load_bundled_npy
from skyfield.nutationlib import lunisolar_longitude_coefficients as LON
from skyfield.nutationlib import lunisolar_obliquity_coefficients as OBL
from skyfield.nutationlib import nals_t

STEP_DAYS = 5
NUTATION_TERMS = 32


def group(n):
    sign, digits = ("-", str(-n)) if n < 0 else ("", str(n))
    head = len(digits) % 3 or 3
    return sign + "_".join([digits[:head]] + [digits[i:i + 3] for i in range(head, len(digits), 3)])


def number(x):
    whole, fraction = np.format_float_positional(x, trim="0").split(".")
    sign = "-" if whole.startswith("-") else ""
    parts = "_".join(fraction[i:i + 3] for i in range(0, len(fraction), 3))
    return f"{sign}{group(abs(int(whole)))}.{parts}"


def rows(values, width=110):
    line, out = "   ", []
    for v in values:
        if len(line) + len(v) + 2 > width:
            out.append(line)
            line = "   "
        line += f" {v},"
    return "\n".join(out + [line])


def time_tables():
    ts = load.timescale(builtin=True)
    arrays = load_bundled_npy("iers.npz")
    tt, seconds = ts.delta_t_table
    first = int(np.ceil(tt[0])) + 0.5
    count = int((tt[-1] - first) // STEP_DAYS) + 1
    sample = np.interp(first + STEP_DAYS * np.arange(count), tt, seconds)
    pieces = spline_pieces(ts)
    text = "//! P: Delta T and leap-second tables, written by `data/ephemeris/build_tables.py`; no code.\n\n"
    text += "/// Cubic pieces of Delta T: first and last year (TT Julian years), then a3, a2, a1, a0 in seconds.\n"
    text += f"pub(super) const DELTA_T_PIECES: [[f64; 6]; {len(pieces)}] = [\n"
    text += "".join("    [" + ", ".join(number(v) for v in p) + "],\n" for p in pieces) + "];\n\n"
    text += "/// Julian Date (TT) of the first tabulated Delta T.\n"
    text += f"pub(super) const DELTA_T_FIRST_JD: f64 = {group(int(first))}.5;\n"
    text += "/// Days between tabulated values.\n"
    text += f"pub(super) const DELTA_T_STEP_DAYS: f64 = {STEP_DAYS}.0;\n"
    text += "/// Observed (at the end predicted) Delta T in units of 0.1 ms.\n#[rustfmt::skip]\n"
    text += f"pub(super) const DELTA_T_TENTH_MS: [u32; {count}] = [\n"
    text += rows([group(int(round(s * 1e4))) for s in sample]) + "\n];\n\n"
    leaps = list(zip(arrays["leap_dates"], arrays["leap_offsets"]))
    leaps = [(2441317.5, 10.0)] + leaps
    text += "/// Julian Date (UTC) from which TAI - UTC has the value beside it, in seconds.\n"
    text += f"pub(super) const LEAP_SECONDS: [(f64, f64); {len(leaps)}] = [\n"
    text += "".join(f"    ({group(int(d))}.5, {o:.1f}),\n" for d, o in leaps) + "];\n"
    return text


def spline_pieces(ts):
    """Skyfield's own pieces around its daily table, from 1500 to 2800, through four points each (they are cubics)."""
    tt = ts.delta_t_table[0]
    start, end = ((t - 1721045.0) / 365.25 for t in (tt[0], tt[-1]))
    table = load_bundled_npy("delta_t.npz")["Table-S15.2020.txt"]
    spans = [(a, b) for a, b in zip(table[0], table[1]) if a >= 1500.0 and a < start]
    spans[-1] = (spans[-1][0], start)
    spans.append((end, (end + 800.0) // 100.0 * 100.0))
    out = []
    for a, b in spans:
        u = np.array([0.02, 0.34, 0.67, 0.98])
        year = a + u * (b - a)
        values = ts.delta_t_function(year * 365.25 + 1721045.0)
        out.append((a, b, *np.round(np.polyfit(u, values, 3), 6)))
    return out


def nutation_table():
    order = np.argsort(-np.hypot(LON[:, 0], OBL[:, 0]))[:NUTATION_TERMS]
    text = "//! P: The largest lunisolar terms of IAU 2000A nutation, written by `data/ephemeris/build_tables.py`; no code.\n\n"
    text += "/// Multiples of l, l', F, D, Omega, then sine, sine * T and cosine of longitude and cosine, cosine * T and sine of\n"
    text += "/// obliquity, in units of 0.1 microarcsecond (T in Julian centuries TT from J2000.0).\n#[rustfmt::skip]\n"
    text += f"pub(super) const LEADING_TERMS: [([i8; 5], [f64; 6]); {len(order)}] = [\n"
    for i in order:
        values = ", ".join(number(v) for v in (*LON[i], *OBL[i]))
        text += f"    ({[int(n) for n in nals_t[i]]}, [{values}]),\n"
    return text + "];\n"


def main(root):
    for path, text in (("time/tables.rs", time_tables()), ("frames/nutation_terms.rs", nutation_table())):
        with open(f"{root}/{path}", "w") as f:
            f.write(text)


if __name__ == "__main__":
    main(sys.argv[1])

"""Time of Orrery's ten bodies with rates beside Swiss Ephemeris' C with its files, on one core, in one session.

    python3 benches/peers/ephemeris.py [ROUNDS]

Swiss Ephemeris' C comes from the source package pyswisseph 2.10.3.2 and its .se1 files from the wheel immanuel 1.6.0, both by
pip, into a temporary directory; they are AGPL or paid, serve for this comparison alone, and nothing of them is kept or linked.
The C is called from C (`swe_calc` with SEFLG_SWIEPH | SEFLG_SPEED, ten bodies an instant), so that no Python is timed; the
instants are those of `benches/ephemeris.rs`. Each round runs the C, then `cargo bench --bench ephemeris`, pinned to the same
core where `taskset` is at hand. Without compiler, pip or packages it says SKIPPED and exits 0.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

MAIN = r"""
#include "swephexp.h"
#include <math.h>
#include <stdio.h>
#include <time.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + 1e-9 * t.tv_nsec; }
int main(int argc, char **argv) {
  double x[6], sum = 0; char error[256]; int n = 20000, bad = 0;
  swe_set_ephe_path(argv[1]);
  for (int in_a_row = 0; in_a_row < 2; in_a_row++) {
    double best = 1e9;
    for (int round = 0; round < 5; round++) {
      double start = now();
      for (int i = 0; i < n; i++) {
        double jd = in_a_row ? 2451545.0 + 0.1 * i : 2378500.0 + fmod(i * 7919.123, 109000.0);
        for (int body = 0; body < 10; body++) {
          int done = swe_calc(jd, body, SEFLG_SWIEPH | SEFLG_SPEED, x, error);
          bad += done < 0 || !(done & SEFLG_SWIEPH);
          sum += x[0];
        }
      }
      double time = (now() - start) * 1e6 / n;
      if (time < best) best = time;
    }
    printf("%.3f ", best);
  }
  printf("%d %f\n", bad, sum);
  return 0;
}
"""
CORE = ["sweph", "swephlib", "swejpl", "swedate", "swehouse", "swehel", "swemmoon", "swemplan", "swecl"]
BENCHES = ["ten bodies with rates, instants at random", "ten bodies with rates, instants in a row"]


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(0)


def fetch(work, *arguments):
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(work), *arguments]
    if subprocess.run(command, capture_output=True).returncode:
        skip(f"pip cannot download {arguments[-1]}")


def peer(work):
    """The C program and the directory of its files."""
    compiler = shutil.which("cc") or skip("there is no C compiler")
    fetch(work, "--no-binary", ":all:", "pyswisseph==2.10.3.2")
    fetch(work, "immanuel==1.6.0")
    tarfile.open(next(work.glob("pyswisseph*.tar.gz"))).extractall(work, filter="data")
    zipfile.ZipFile(next(work.glob("immanuel*.whl"))).extractall(work)
    source = next(work.glob("pyswisseph*/libswe"))
    (work / "main.c").write_text(MAIN)
    program = work / "peer"
    files = [str(source / f"{name}.c") for name in CORE]
    subprocess.run([compiler, "-O3", "-w", f"-I{source}", str(work / "main.c"), *files, "-lm", "-o", str(program)], check=True)
    return program, next(work.glob("immanuel/**/sepl_18.se1")).parent


def ours(pin):
    """Microseconds of the two benches, as criterion has measured them now."""
    subprocess.run([*pin, "cargo", "bench", "-q", "--bench", "ephemeris", "--", "ten bodies"], check=True, capture_output=True)
    layout = subprocess.run(["cargo", "metadata", "--no-deps", "--format-version", "1"], check=True, capture_output=True)
    target = pathlib.Path(json.loads(layout.stdout)["target_directory"])
    found = []
    for name in BENCHES:
        estimates = target / "criterion" / name / "new" / "estimates.json"
        found.append(json.loads(estimates.read_text())["median"]["point_estimate"] / 1000)
    return found


def main(rounds):
    pin = ["taskset", "-c", "0"] if shutil.which("taskset") else []
    with tempfile.TemporaryDirectory() as name:
        program, files = peer(pathlib.Path(name))
        # Built before anything is timed.
        subprocess.run(["cargo", "bench", "-q", "--bench", "ephemeris", "--no-run"], check=True)
        print(f"{'microseconds for ten bodies with rates':44s} {'orrery':>8s} {'swe C':>8s} {'ratio':>7s}")
        for _ in range(rounds):
            output = subprocess.run([*pin, str(program), str(files)], check=True, capture_output=True, text=True).stdout.split()
            if output[2] != "0":
                skip("Swiss Ephemeris did not find its files")
            for bench, theirs, mine in zip(BENCHES, map(float, output), ours(pin)):
                print(f"{bench:44s} {mine:8.2f} {theirs:8.2f} {theirs / mine:6.1f}x")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)

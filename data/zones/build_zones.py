"""Writes zones that the built-in time zone database has merged with a neighbour for the years before 1970.

    python build_zones.py TREE_WITH_BACKZONE OUT

TREE_WITH_BACKZONE: a compiled zone tree made with PACKRATDATA=backzone PACKRATLIST=zone.tab, such as usr/share/zoneinfo
of Debian's package tzdata. The tree without it is the PyPI package tzdata of the same release.

Format: for every zone, sorted by name: length of the name (u8), name (ASCII), length of the file (u16, little-endian),
TZif file (RFC 9636). Kept are the zones of places whose offset differs at some time before 1970 and at none after.
"""

import datetime as dt
import os
import struct
import sys
import zoneinfo

import tzdata

PLAIN = os.path.join(os.path.dirname(tzdata.__file__), "zoneinfo")
UTC = dt.timezone.utc
FIRST, CUT, LAST = dt.datetime(1800, 1, 1, tzinfo=UTC), dt.datetime(1970, 1, 1, tzinfo=UTC), dt.datetime(2101, 1, 1, tzinfo=UTC)
STEP = dt.timedelta(hours=36)


def offsets(path, name):
    with open(path, "rb") as file:
        zone = zoneinfo.ZoneInfo.from_file(file, name)
    out, at = {}, FIRST
    while at < LAST:
        out[at] = at.astimezone(zone).utcoffset()
        at += STEP
    return out


def main():
    tree, target = sys.argv[1:]
    kept = []
    with open(os.path.join(PLAIN, "tzdata.zi"), encoding="ascii") as file:
        release = file.readline().split()[-1]
    for name in sorted(zoneinfo.available_timezones()):
        rich, plain = os.path.join(tree, name), os.path.join(PLAIN, name)
        if "/" not in name or not (os.path.isfile(rich) and os.path.isfile(plain)):
            continue
        with open(rich, "rb") as a, open(plain, "rb") as b:
            data = a.read()
            if data == b.read():
                continue
        ours, theirs = offsets(rich, name), offsets(plain, name)
        apart = [at for at in ours if ours[at] != theirs[at]]
        if not apart:
            continue
        if apart[-1] >= CUT:
            sys.exit(f"{name} differs in {apart[-1]}: are the releases the same ({release})?")
        kept.append(struct.pack("<B", len(name)) + name.encode("ascii") + struct.pack("<H", len(data)) + data)
    with open(target, "wb") as file:
        file.write(b"".join(kept))
    print(f"{release}: {len(kept)} zones")


main()

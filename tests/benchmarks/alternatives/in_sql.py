"""One SQL statement a person, on SQLite in memory, over normalised tables with indexes.

The statement computes all five components, totals, rank points and gates, and gives the forty
best. Closeness of titles and texts (table `close`), what each skill earns (`can`) and the ticked
features (`ticked`) are put in before, uncounted; places, regions and wishes are its parameters.
"""

import sqlite3
from typing import Any

import numpy as np

from jobscore.scoring.policy import FULL, Policy
from tests.benchmarks.alternatives.given import Columns, K, Question, Scored

_TABLES = """
CREATE TABLE jobs (
  job INTEGER PRIMARY KEY, posted INT, expires INT, employment INT, x INT, y INT, z INT,
  located INT, place INT, region INT, remote INT, pay_low INT, pay_high INT, currency INT,
  years_low INT, years_high INT, level INT, anyone INT, asks_any INT);
CREATE TABLE asks (skill INT, job INT, share INT, PRIMARY KEY (skill, job)) WITHOUT ROWID;
CREATE TABLE features (feature INT, job INT, stated INT, PRIMARY KEY (feature, job)) WITHOUT ROWID;
CREATE TABLE close (job INTEGER PRIMARY KEY, points INT);
CREATE TABLE can (skill INTEGER PRIMARY KEY, percent INT);
CREATE TABLE ticked (feature INTEGER PRIMARY KEY);
"""
_STATEMENT = """
WITH earned AS (
  SELECT job, SUM(share * percent) AS hundreds FROM can JOIN asks USING (skill) GROUP BY job
), styled AS (
  SELECT job, SUM(stated) AS stated, SUM(1 - stated) AS denied
  FROM ticked JOIN features USING (feature) GROUP BY job
), parts AS (
  SELECT jobs.*, close.points AS close, stated, denied,
    CASE WHEN :knows AND asks_any THEN (COALESCE(hundreds, 0) + 50) / 100 ELSE -1 END AS covered,
    (x - :x) * (x - :x) + (y - :y) * (y - :y) + (z - :z) * (z - :z) AS squared,
    located OR region >= 0 OR place >= 0 OR remote = 0 AS named,
    MAX(10000 - MAX(:wish - pay_low, 0) * 1000000 / :scale, 0) AS reach_low,
    MAX(10000 - MAX(:wish - pay_high, 0) * 1000000 / :scale, 0) AS reach_high,
    CASE WHEN years_high >= 0 AND :tenths > years_high
      THEN MAX(10000 - (:tenths - years_high) * :year_over / 10, :over_floor)
      ELSE MAX(10000 - CASE WHEN years_low >= 0
        THEN MAX(years_low - :tenths, 0) * :year_short / 10 ELSE 0 END, 0) END AS by_years,
    CASE WHEN :level > level
      THEN MAX(10000 - (:level - level) * :level_over, :over_floor)
      ELSE CASE level - :level WHEN 0 THEN 10000 WHEN 1 THEN :step_1 WHEN 2 THEN :step_2
        ELSE 0 END END AS by_level,
    (years_low >= 0 OR years_high >= 0) AND :tenths >= 0 AS years_known,
    level >= 0 AND :level >= 0 AS level_known
  FROM jobs LEFT JOIN close USING (job) LEFT JOIN earned USING (job) LEFT JOIN styled USING (job)
), judged AS (
  SELECT job, posted, expires, employment,
    CASE WHEN NOT :titled THEN covered WHEN covered < 0 THEN close
      ELSE (covered * (100 - :part) + close * :part + 50) / 100 END AS skill_match,
    CASE
      WHEN :remote <> 'no' AND remote = 2 THEN 10000
      WHEN :remote = 'only' AND remote = 1 THEN :hybrid
      WHEN :remote = 'only' THEN CASE WHEN named THEN 0 ELSE -1 END
      WHEN place = :place THEN 10000
      WHEN :homed AND located
        THEN (10000 * :half + (:half + squared) / 2) / (:half + squared)
      WHEN region >= 0 AND :region IS NOT NULL
        THEN CASE WHEN region = :region THEN :region_points ELSE 0 END
      ELSE -1 END AS location,
    CASE WHEN :wish > 0 AND pay_low >= 0 AND currency = :currency
      THEN (reach_low + reach_high + 1) / 2 ELSE -1 END AS salary,
    CASE WHEN anyone THEN 10000
      WHEN years_known AND level_known THEN (by_years + by_level + 1) / 2
      WHEN years_known THEN by_years WHEN level_known THEN by_level ELSE -1 END AS experience,
    CASE WHEN stated + denied > 0
      THEN (stated * 10000 + (:n - stated - denied) * :neutral + :n / 2) / :n
      ELSE -1 END AS culture_fit
  FROM parts
), weighed AS (
  SELECT *,
    (skill_match >= 0) * :w0 + (location >= 0) * :w1 + (salary >= 0) * :w2
      + (experience >= 0) * :w3 + (culture_fit >= 0) * :w4 AS weight,
    MAX(skill_match, 0) * :w0 + MAX(location, 0) * :w1 + MAX(salary, 0) * :w2
      + MAX(experience, 0) * :w3 + MAX(culture_fit, 0) * :w4 AS known
  FROM judged WHERE expires >= :today AND (:any_type OR employment IN (-1, :type_0, :type_1))
), totalled AS (
  SELECT *, (known * 200 + weight) / (2 * weight) AS total,
    known + (100 - weight) * :neutral AS points
  FROM weighed WHERE weight >= :floor
)
SELECT job, points, total, skill_match, location, salary, experience, culture_fit
FROM totalled WHERE total >= :minimum ORDER BY points DESC, posted DESC, job LIMIT :k
"""


class Database:
    """All jobs in SQLite, with the tables that hold one person at a time."""

    def __init__(self, jobs: Columns) -> None:
        self.connection = sqlite3.connect(":memory:")
        self.connection.executescript(_TABLES)
        names = (
            "ids posted expires employment x y z located place region remote pay_low pay_high "
            "currency years_low years_high level anyone asks_any"
        )
        xyz = dict(zip("xyz", jobs.xyz.T, strict=True))
        columns = [xyz[n] if n in xyz else getattr(jobs, n) for n in names.split()]
        lists = [column.astype(np.int64).tolist() for column in columns]
        marks = ",".join("?" * len(lists))
        self.connection.executemany(f"INSERT INTO jobs VALUES ({marks})", zip(*lists, strict=True))
        owner, skill, share = (column.tolist() for column in jobs.asks)
        ids = jobs.ids.tolist()
        self.connection.executemany(
            "INSERT INTO asks VALUES (?, ?, ?)",
            ((s, ids[o], part) for o, s, part in zip(owner, skill, share, strict=True)),
        )
        self.connection.executemany("INSERT INTO features VALUES (?, ?, ?)", _said(jobs, ids))
        self.connection.execute("ANALYZE")

    def ask(self, jobs: Columns, ask: Question, policy: Policy, k: int = K) -> dict[str, Any]:
        """Put one person into the tables; return the statement's parameters."""
        run = self.connection.execute
        for table in ("close", "can", "ticked"):
            run(f"DELETE FROM {table}")
        if ask.closeness is not None:
            pairs = zip(jobs.ids.tolist(), ask.closeness.tolist(), strict=True)
            self.connection.executemany("INSERT INTO close VALUES (?, ?)", pairs)
        self.connection.executemany("INSERT INTO can VALUES (?, ?)", ask.credits.items())
        self.connection.executemany("INSERT INTO ticked VALUES (?)", ((f,) for f in ask.features))
        p = policy.parameters
        types = [*ask.employment, -1, -1][:2]
        if len(ask.employment) > 2:
            raise ValueError("the sample's people name two employment types at most")
        x, y, z = ask.home or (0, 0, 0)
        return {
            "titled": ask.closeness is not None, "knows": ask.knows_skills, "part": p.title_share,
            "remote": str(ask.remote), "hybrid": p.hybrid_points, "homed": ask.home is not None,
            "x": x, "y": y, "z": z, "half": ask.half_squared,
            "place": ask.places[0] if ask.places else None,
            "region": ask.regions[0] if ask.regions else None, "region_points": p.region_points,
            "wish": ask.wish, "scale": max(1, ask.wish * p.salary_zero_shortfall),
            "currency": ask.currency, "tenths": ask.tenths, "level": ask.level,
            "year_over": p.year_over_loss, "year_short": p.year_short_loss,
            "over_floor": p.over_floor, "level_over": p.level_over_loss,
            "step_1": p.level_short_points[0], "step_2": p.level_short_points[1],
            "n": max(1, len(ask.features)), "neutral": policy.neutral, "today": ask.today,
            "any_type": not ask.employment, "type_0": types[0], "type_1": types[1],
            "floor": max(1, policy.coverage_floor), "minimum": policy.minimum_total * FULL, "k": k,
        } | {f"w{i}": weight for i, weight in enumerate(ask.weights)}  # fmt: skip

    def best(self, parameters: dict[str, Any]) -> list[Scored]:
        """Run the one statement."""
        rows = self.connection.execute(_STATEMENT, parameters)
        return [Scored(job, points, total, tuple(parts)) for job, points, total, *parts in rows]


def _said(jobs: Columns, ids: list[int]) -> Any:
    for position, (stated, denied) in enumerate(
        zip(jobs.stated.tolist(), jobs.denied.tolist(), strict=True)
    ):
        for bit in range((stated | denied).bit_length()):
            if (stated | denied) >> bit & 1:
                yield bit, ids[position], stated >> bit & 1

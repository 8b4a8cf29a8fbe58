"""DMARC: the record that holds, its policy, and whether the envelope sender fits."""

import pytest

from jobscore.doctor import dmarc
from jobscore.doctor.findings import Level
from tests.doctor.table import Table

FULL = "v=DMARC1; p=reject; rua=mailto:dmarc@example.jp"


def codes(texts: dict[str, list[str]], domain: str = "example.jp", bounce: str = "") -> list[str]:
    return [f.code for f in dmarc.examine(Table(texts), domain, bounce or domain)]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (FULL, ["dmarc.ok"]),
        ("v=DMARC1; p=none; rua=mailto:a@example.jp", ["dmarc.only_watching"]),
        ("v=DMARC1; p=quarantine", ["dmarc.no_reports"]),
        ("v=DMARC1; p=none", ["dmarc.only_watching", "dmarc.no_reports"]),
        ("v=DMARC1; p=maybe", ["dmarc.bad_policy"]),
        ("v=DMARC1; rua=mailto:a@example.jp", ["dmarc.bad_policy"]),
        ("v=dmarc1;p=Reject;rua=mailto:a@example.jp", ["dmarc.ok"]),
        ("something else", ["dmarc.none"]),
    ],
)
def test_a_record_is_judged(record: str, expected: list[str]) -> None:
    assert codes({"_dmarc.example.jp": [record]}) == expected


def test_the_nearest_record_above_holds_with_its_policy_for_subdomains() -> None:
    above = {"_dmarc.example.jp": [f"{FULL}; sp=none"]}
    assert codes(above, "mail.example.jp") == ["dmarc.only_watching"]
    below = above | {"_dmarc.mail.example.jp": [FULL]}
    assert codes(below, "mail.example.jp") == ["dmarc.ok"]


def test_the_walk_up_the_tree_is_short_and_leaves_the_top_level_out() -> None:
    assert dmarc.walk("mail.example.jp") == ["mail.example.jp", "example.jp"]
    deep = ".".join("abcdefghij") + ".example.jp"
    assert len(dmarc.walk(deep)) <= dmarc.MOST_LABELS
    assert dmarc.walk(deep)[0] == deep
    assert dmarc.walk(deep)[-1] == "example.jp"


def test_without_a_record_one_is_proposed_that_only_watches() -> None:
    (finding,) = dmarc.examine(Table(), "example.jp", "example.jp")
    assert finding.level is Level.PROBLEM
    (record,) = finding.records
    assert record.name == "_dmarc.example.jp"
    assert codes({record.name: [record.text]}) == ["dmarc.only_watching"]


def test_two_records_count_as_none() -> None:
    assert codes({"_dmarc.example.jp": [FULL, FULL]}) == ["dmarc.several"]


@pytest.mark.parametrize(
    ("bounce", "aspf", "is_aligned"),
    [
        ("example.jp", "r", True),
        ("bounces.example.jp", "r", True),
        ("bounces.example.jp", "s", False),
        ("provider.example", "r", False),
        ("notexample.jp", "r", False),
    ],
)
def test_the_envelope_sender_should_fit_the_sender(
    bounce: str, aspf: str, is_aligned: bool
) -> None:
    found = codes({"_dmarc.example.jp": [f"{FULL}; aspf={aspf}"]}, bounce=bounce)
    assert found == (["dmarc.ok"] if is_aligned else ["dmarc.unaligned"])

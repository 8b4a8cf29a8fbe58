"""SPF: records taken apart and evaluated as RFC 7208 says."""

import pytest

from jobscore.doctor import spf
from jobscore.doctor.findings import Level
from jobscore.doctor.spf import Evaluation, SpfError, Verdict
from tests.doctor.table import Table

US = "192.0.2.10"
US6 = "2001:db8::10"


def verdict(record: str, address: str = US, **more: object) -> Verdict | None:
    dns = Table({"example.jp": [record], **more.pop("txt", {})}, **more)  # type: ignore[arg-type, dict-item]
    return Evaluation(dns, address).verdict("example.jp")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("v=spf1 ip4:192.0.2.10 -all", Verdict.PASS),
        ("v=spf1 ip4:192.0.2.0/24 -all", Verdict.PASS),
        ("v=spf1 ip4:192.0.3.0/24 -all", Verdict.FAIL),
        ("v=spf1 ip4:192.0.3.0/24 ~all", Verdict.SOFTFAIL),
        ("v=spf1 ip4:192.0.3.0/24 ?all", Verdict.NEUTRAL),
        ("v=spf1 ip4:192.0.3.0/24", Verdict.NEUTRAL),
        ("v=spf1 -ip4:192.0.2.10 +all", Verdict.FAIL),
        ("V=SPF1 IP4:192.0.2.10 -ALL", Verdict.PASS),
        ("v=spf1 ip6:2001:db8::/32 -all", Verdict.FAIL),
        ("v=spf1 ptr -all", Verdict.FAIL),
        ("v=spf1 unknown=thing/else ip4:192.0.2.10 -all", Verdict.PASS),
        ("v=spf1 exp=why.example.jp ip4:192.0.2.10 -all", Verdict.PASS),
    ],
)
def test_addresses_and_signs(record: str, expected: Verdict) -> None:
    assert verdict(record) is expected


def test_hosts_mail_hosts_and_others_records_are_asked() -> None:
    hosts = {"example.jp": ["192.0.2.9"], "smtp.example.jp": [US, US6], "mx1.example.jp": [US]}
    assert verdict("v=spf1 a -all", hosts=hosts) is Verdict.FAIL
    assert verdict("v=spf1 a/28 -all", hosts=hosts) is Verdict.PASS
    assert verdict("v=spf1 a:smtp.example.jp -all", hosts=hosts) is Verdict.PASS
    assert verdict("v=spf1 a:smtp.example.jp -all", US6, hosts=hosts) is Verdict.PASS
    assert verdict("v=spf1 mx -all", hosts=hosts, mx={"example.jp": ["mx1.example.jp"]}) is (
        Verdict.PASS
    )
    assert verdict("v=spf1 exists:smtp.example.jp -all", hosts=hosts) is Verdict.PASS
    theirs = {"spf.provider.example": [f"v=spf1 ip4:{US} ~all"]}
    assert verdict("v=spf1 include:spf.provider.example -all", txt=theirs) is Verdict.PASS
    assert verdict("v=spf1 redirect=spf.provider.example", txt=theirs) is Verdict.PASS
    softly = {"spf.provider.example": ["v=spf1 ~all"]}
    assert verdict("v=spf1 include:spf.provider.example -all", txt=softly) is Verdict.FAIL


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ("v=spf1 ip4:192.0.2.300 -all", "syntax"),
        ("v=spf1 ip4:2001:db8:: -all", "syntax"),
        ("v=spf1 a/33 -all", "syntax"),
        ("v=spf1 b -all", "syntax"),
        ("v=spf1 --all", "syntax"),
        ("v=spf1 include:nowhere.example -all", "include"),
        ("v=spf1 " + " ".join(f"a:h{n}.example" for n in range(11)) + " -all", "too_many"),
    ],
)
def test_what_no_receiver_can_evaluate_is_named(record: str, code: str) -> None:
    with pytest.raises(SpfError) as caught:
        verdict(record)
    assert caught.value.code == code


def test_a_record_that_includes_itself_ends_at_the_tenth_question() -> None:
    with pytest.raises(SpfError) as caught:
        verdict("v=spf1 include:example.jp -all")
    assert caught.value.code == "too_many"


def test_ten_questions_are_allowed() -> None:
    hosts = {"h9.example": [US]}
    record = "v=spf1 " + " ".join(f"a:h{n}.example" for n in range(10)) + " -all"
    assert verdict(record, hosts=hosts) is Verdict.PASS


@pytest.mark.parametrize(
    ("texts", "code", "level"),
    [
        ([], "spf.none", Level.PROBLEM),
        (["unrelated", "v=spf10 all"], "spf.none", Level.PROBLEM),
        (["v=spf1 -all", "v=spf1 mx -all"], "spf.several", Level.PROBLEM),
        ([f"v=spf1 ip4:{US} -all"], "spf.covered", Level.OK),
        (["v=spf1 ip4:198.51.100.1 -all"], "spf.not_covered", Level.PROBLEM),
        (["v=spf1 +all"], "spf.open", Level.PROBLEM),
        ([f"v=spf1 ip4:{US}"], "spf.no_end", Level.ADVICE),
        (["v=spf1 ip4:x -all"], "spf.syntax", Level.PROBLEM),
    ],
)
def test_a_domain_is_judged(texts: list[str], code: str, level: Level) -> None:
    dns = Table({"example.jp": texts})
    (finding,) = spf.examine(dns, "example.jp", "smtp.example.jp", [US])
    assert (finding.code, finding.level) == (code, level)


def test_without_a_record_one_is_proposed_that_lets_the_server_send() -> None:
    dns = Table(hosts={"smtp.example.jp": [US]})
    (finding,) = spf.examine(dns, "example.jp", "smtp.example.jp", [US])
    (record,) = finding.records
    assert str(record) == 'example.jp. TXT "v=spf1 a:smtp.example.jp ~all"'
    dns.texts["example.jp"] = [record.text]
    (after,) = spf.examine(dns, "example.jp", "smtp.example.jp", [US])
    assert after.level is Level.OK


def test_a_server_that_hands_letters_on_is_advised_about_not_blamed() -> None:
    dns = Table({"example.jp": ["v=spf1 include:p.example -all"], "p.example": ["v=spf1 -all"]})
    (finding,) = spf.examine(dns, "example.jp", "smtp.p.example", [US], is_relay=True)
    assert (finding.code, finding.level) == ("spf.relay_not_covered", Level.ADVICE)


def test_every_address_of_the_server_has_to_be_allowed() -> None:
    dns = Table({"example.jp": [f"v=spf1 ip4:{US} -all"]})
    (finding,) = spf.examine(dns, "example.jp", "smtp.example.jp", [US, US6])
    assert finding.values["addresses"] == US6

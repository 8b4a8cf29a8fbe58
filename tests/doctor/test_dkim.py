"""DKIM: keys in DNS, their length, and whether they are ours."""

import base64

import pytest

from jobscore.doctor import dkim
from jobscore.doctor.findings import Level, Record
from tests.doctor.table import Table

NAME = "mail._domainkey.example.jp"


def der(kind: int, content: bytes) -> bytes:
    if len(content) < 128:
        return bytes([kind, len(content)]) + content
    size = (len(content).bit_length() + 7) // 8
    return bytes([kind, 0x80 | size]) + len(content).to_bytes(size, "big") + content


def rsa(bits: int, *, is_wrapped: bool = True) -> str:
    """Return ``p=`` of an RSA key whose modulus has so many bits."""
    modulus = (1 << (bits - 1)) | 1
    number = modulus.to_bytes(bits // 8 + 1, "big")
    key = der(0x30, der(0x02, number) + der(0x02, b"\x01\x00\x01"))
    if is_wrapped:
        algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
        key = der(0x30, algorithm + der(0x03, b"\x00" + key))
    return base64.b64encode(key).decode()


ED25519 = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize("bits", [512, 1024, 2048, 4096])
@pytest.mark.parametrize("is_wrapped", [True, False])
def test_the_length_of_a_key_is_read(bits: int, is_wrapped: bool) -> None:
    assert dkim.key_bits("rsa", rsa(bits, is_wrapped=is_wrapped)) == bits


@pytest.mark.parametrize(
    ("kind", "key"),
    [("rsa", "!"), ("rsa", "AAAA"), ("rsa", rsa(2048)[:80]), ("ed25519", "AAAA"), ("dsa", ED25519)],
)
def test_what_is_no_key_is_refused(kind: str, key: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        dkim.key_bits(kind, key)


@pytest.mark.parametrize(
    ("texts", "code", "level"),
    [
        ([], "dkim.none", Level.PROBLEM),
        (["v=DKIM1; k=rsa; p="], "dkim.revoked", Level.PROBLEM),
        ([f"v=DKIM1; k=rsa; p={rsa(2048)}"], "dkim.ok", Level.OK),
        ([f"v=DKIM1; p={rsa(2048)}"], "dkim.ok", Level.OK),
        ([f"k=ed25519; p={ED25519}"], "dkim.ok", Level.OK),
        ([f"v=DKIM1; p={rsa(1024)}"], "dkim.short", Level.ADVICE),
        ([f"v=DKIM1; p={rsa(512)}"], "dkim.short", Level.PROBLEM),
        ([f"v=DKIM1; t=y; p={rsa(2048)}"], "dkim.testing", Level.ADVICE),
        (["v=DKIM1; p=nonsense"], "dkim.unreadable", Level.PROBLEM),
        (["v=DKIM1; p=a", "v=DKIM1; p=b"], "dkim.several", Level.PROBLEM),
    ],
)
def test_a_key_in_dns_is_judged(texts: list[str], code: str, level: Level) -> None:
    (finding,) = dkim.examine(Table({NAME: texts}), "example.jp", [], ["mail"])
    assert (finding.code, finding.level) == (code, level)


def test_our_own_key_has_to_be_the_one_that_is_published() -> None:
    own = Record(NAME, f"v=DKIM1; k=rsa; p={rsa(2048)}")
    (missing,) = dkim.examine(Table(), "example.jp", [own], [])
    assert (missing.code, list(missing.records)) == ("dkim.none", [own])
    other = Table({NAME: [f"v=DKIM1; p={rsa(4096)}"]})
    (foreign,) = dkim.examine(other, "example.jp", [own], [])
    assert (foreign.code, list(foreign.records)) == ("dkim.other_key", [own])
    same = Table({NAME: [own.text.replace("; p", " ;  p")]})
    (good,) = dkim.examine(same, "example.jp", [own], ["mail"])
    assert good.level is Level.OK


def test_who_signs_elsewhere_is_asked_for_the_selector() -> None:
    dns = Table()
    (finding,) = dkim.examine(dns, "example.jp", [], [])
    assert (finding.code, finding.level) == ("dkim.not_ours", Level.UNKNOWN)
    assert dns.asked == []

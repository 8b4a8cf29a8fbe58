"""DKIM (RFC 6376, RFC 8463): is the public key of our signatures in DNS, and is it a good one?"""

import base64
import binascii
from collections.abc import Mapping, Sequence

from jobscore.doctor.dns import Dns
from jobscore.doctor.findings import Finding, Level, Record
from jobscore.doctor.tags import tags_of

#: Shorter RSA keys count as no key (RFC 8301 3.2); from the second on they are good.
LEAST_BITS, GOOD_BITS = 1024, 2048
#: Bytes of an Ed25519 key.
_ED25519 = 32


def examine(
    dns: Dns, domain: str, own: Sequence[Record], selectors: Sequence[str]
) -> list[Finding]:
    """Look at the keys of a domain.

    :param own: the records of the keys that jobscore signs with.
    :param selectors: further ones, of a mail server that signs.
    :raises DnsError: when DNS gives no answer.
    """
    if not own and not selectors:
        return [Finding("dkim", "dkim.not_ours", Level.UNKNOWN, {"domain": domain})]
    found = [_look(dns, record.name, record) for record in own]
    names = {record.name for record in own}
    further = (f"{selector}._domainkey.{domain}" for selector in selectors)
    return found + [_look(dns, name, None) for name in further if name not in names]


def _look(dns: Dns, name: str, own: Record | None) -> Finding:
    texts = [text for text in dns.txt(name) if "p" in tags_of(text)]
    proposal = [own] if own else []
    values: dict[str, object] = {"name": name}
    if not texts:
        return _finding("none", Level.PROBLEM, values, proposal)
    if len(texts) > 1:
        return _finding("several", Level.PROBLEM, {**values, "n": len(texts)})
    tags = tags_of(texts[0])
    key = "".join(tags["p"].split())
    if not key:
        return _finding("revoked", Level.PROBLEM, values, proposal)
    if own is not None and key != "".join(tags_of(own.text).get("p", "").split()):
        return _finding("other_key", Level.PROBLEM, values, proposal)
    if "t" in tags and "y" in tags["t"].split(":"):
        return _finding("testing", Level.ADVICE, values)
    kind = tags.get("k", "rsa").lower()
    try:
        bits = key_bits(kind, key)
    except ValueError:
        return _finding("unreadable", Level.PROBLEM, values, proposal)
    values = {**values, "bits": bits, "kind": "Ed25519" if kind == "ed25519" else "RSA"}
    if kind == "rsa" and bits < GOOD_BITS:
        level = Level.PROBLEM if bits < LEAST_BITS else Level.ADVICE
        return _finding("short", level, values)
    return _finding("ok", Level.OK, values)


def key_bits(kind: str, key: str) -> int:
    """Return the length of a public key as it stands in ``p=``.

    :raises ValueError: when it is no such key.
    """
    try:
        data = base64.b64decode(key, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if kind == "ed25519":
        if len(data) != _ED25519:
            raise ValueError("not an Ed25519 key")
        return _ED25519 * 8
    if kind != "rsa":
        raise ValueError("a kind of key that receivers do not know")
    return _rsa_bits(data)


def _rsa_bits(data: bytes) -> int:
    """Return the length of the modulus of an RSA key in DER (RFC 8017 A.1.1, RFC 5280 4.1)."""
    inside, _ = _read(data, 0x30)
    if inside[:1] == b"\x30":  # SubjectPublicKeyInfo: the algorithm, then the key as bits
        _, rest = _read(inside, 0x30)
        bits, _ = _read(rest, 0x03)
        inside, _ = _read(bits[1:], 0x30)
    modulus, _ = _read(inside, 0x02)
    return int.from_bytes(modulus, "big").bit_length()


def _read(data: bytes, kind: int) -> tuple[bytes, bytes]:
    """Return the content of the DER value at the beginning, and what comes after it."""
    if len(data) < 2 or data[0] != kind:
        raise ValueError("not a key")
    length, start = data[1], 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
    if start + length > len(data):
        raise ValueError("cut off")
    return data[start : start + length], data[start + length :]


def _finding(
    code: str, level: Level, values: Mapping[str, object], records: Sequence[Record] = ()
) -> Finding:
    return Finding("dkim", f"dkim.{code}", level, values, records)

"""DKIM signatures (RFC 6376, RFC 8463), when the operator gives a key.

dkimpy signs; the extra ``dkim`` brings it. Without a key nothing here is imported, and the mail
server signs, or nobody does.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jobscore.config import Config, ConfigError

#: What a signature covers where a letter has it; both unsubscribe headers, as RFC 8058 4 asks.
COVERED = (
    *(b"from", b"reply-to", b"to", b"subject", b"date", b"message-id"),
    *(b"list-id", b"list-unsubscribe", b"list-unsubscribe-post", b"auto-submitted"),
    *(b"content-language", b"mime-version", b"content-type", b"content-transfer-encoding"),
)
#: Named once more than they stand there, so that nobody can add a second one (RFC 6376 8.15).
CLOSED = (b"from", b"to", b"subject", b"date")
#: Receivers take shorter RSA keys for no key (RFC 8301 3.2).
LEAST_RSA_BITS = 1024

_PEM = re.compile(r"-----BEGIN (?P<kind>[A-Z ]+)-----(?P<data>[^-]+)-----END (?P=kind)-----")
#: An Ed25519 key in PKCS #8 (RFC 8410 7) up to its 32 bytes.
_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
#: rsaEncryption with its empty parameters (RFC 8017 A.1), DER.
_RSA_ALGORITHM = bytes.fromhex("300d06092a864886f70d0101010500")


@dataclass(frozen=True, slots=True)
class Key:
    """One private key."""

    selector: str
    #: rsa-sha256 or ed25519-sha256.
    algorithm: bytes
    #: As dkimpy wants it: PEM, or the 32 bytes in base64.
    secret: bytes
    #: ``p=`` of the record in DNS, base64.
    public: str


@dataclass(frozen=True, slots=True)
class Record:
    """A TXT record that receivers look up."""

    name: str
    text: str


class Signer:
    """Puts one signature for each key before a letter."""

    def __init__(self, domain: str, keys: tuple[Key, ...]) -> None:
        self.domain = domain
        self.keys = keys

    def __call__(self, payload: bytes) -> bytes:
        """Return the letter with its signatures; nothing else of it changes."""
        import dkim

        message: Any = dkim.DKIM(payload)
        there = {name.lower() for name, _ in message.headers}
        covered = [name for name in COVERED if name in there] + list(CLOSED)
        signatures = [
            message.sign(
                key.selector.encode("ascii"),
                self.domain.encode("ascii"),
                key.secret,
                signature_algorithm=key.algorithm,
                canonicalize=(dkim.Relaxed, dkim.Relaxed),
                include_headers=covered,
            )
            for key in self.keys
        ]
        return b"".join([*signatures, payload])

    @property
    def records(self) -> list[Record]:
        """What the operator puts into DNS, one record for each key."""
        return [
            Record(
                f"{key.selector}._domainkey.{self.domain}",
                f"v=DKIM1; k={key.algorithm.partition(b'-')[0].decode('ascii')}; p={key.public}",
            )
            for key in self.keys
        ]


def signer(settings: Config) -> Signer | None:
    """Return what signs letters; None when no key is configured.

    :raises ConfigError: when a key cannot be read, or selectors and keys do not pair.
    """
    if not settings.mail_dkim_key:
        return None
    domain = settings.mail_dkim_domain or settings.mail_from.rpartition("@")[2]
    return _signer(settings.mail_dkim_key, settings.mail_dkim_selector, domain.strip().lower())


@lru_cache(maxsize=4)
def _signer(text: str, selectors: str, domain: str) -> Signer:
    names = [name.strip() for name in selectors.split(",") if name.strip()]
    blocks = list(_PEM.finditer(text.replace("\\n", "\n")))
    if not blocks:
        raise ConfigError("JOBSCORE_MAIL_DKIM_KEY holds no private key in PEM form.")
    if len(names) != len(blocks):
        raise ConfigError(
            f"JOBSCORE_MAIL_DKIM_SELECTOR names {len(names)} selectors for {len(blocks)} keys."
        )
    for name in (*names, domain):
        if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name):
            raise ConfigError(
                "JOBSCORE_MAIL_DKIM_SELECTOR and JOBSCORE_MAIL_DKIM_DOMAIN must be names as they "
                f"stand in DNS; {name!r} is none."
            )
    return Signer(
        domain, tuple(_key(name, block) for name, block in zip(names, blocks, strict=True))
    )


def _key(selector: str, block: re.Match[str]) -> Key:
    """Read one PEM block.

    :raises ConfigError: when it is neither RSA nor Ed25519, or too short.
    """
    try:
        der = base64.b64decode("".join(block["data"].split()), validate=True)
    except binascii.Error as error:
        raise ConfigError("JOBSCORE_MAIL_DKIM_KEY: the PEM block is damaged.") from error
    if der.startswith(_ED25519) and len(der) == len(_ED25519) + 32:
        return _ed25519_key(selector, der[len(_ED25519) :])
    from dkim.crypto import UnparsableKeyError, parse_private_key

    try:
        parts = parse_private_key(der)
    except (UnparsableKeyError, AssertionError, IndexError, TypeError) as error:
        raise ConfigError(
            "JOBSCORE_MAIL_DKIM_KEY is neither an RSA nor an Ed25519 private key "
            "(openssl genrsa 2048, or openssl genpkey -algorithm ed25519)."
        ) from error
    modulus, exponent = int(parts["modulus"]), int(parts["publicExponent"])
    if modulus.bit_length() < LEAST_RSA_BITS:
        raise ConfigError(
            f"JOBSCORE_MAIL_DKIM_KEY has {modulus.bit_length()} bits; receivers ask for 2048."
        )
    packed = base64.b64encode(der)
    pem = b"-----BEGIN PRIVATE KEY-----\n" + packed + b"\n-----END PRIVATE KEY-----\n"
    return Key(selector, b"rsa-sha256", pem, _rsa_public(modulus, exponent))


def _ed25519_key(selector: str, seed: bytes) -> Key:
    from nacl.signing import SigningKey

    public = bytes(SigningKey(seed).verify_key)
    return Key(
        selector, b"ed25519-sha256", base64.b64encode(seed), base64.b64encode(public).decode()
    )


def _rsa_public(modulus: int, exponent: int) -> str:
    """Return the key as a SubjectPublicKeyInfo (RFC 5280 4.1), in base64."""
    numbers = _der(0x02, _integer(modulus)) + _der(0x02, _integer(exponent))
    bits = _der(0x03, b"\0" + _der(0x30, numbers))
    return base64.b64encode(_der(0x30, _RSA_ALGORITHM + bits)).decode("ascii")


def _integer(number: int) -> bytes:
    # one bit more than it has: the first bit of a DER integer is its sign
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _der(tag: int, content: bytes) -> bytes:
    """Return a DER element (X.690 8.1)."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content

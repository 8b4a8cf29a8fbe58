"""Private keys for tests, made anew from a seed: none stands in the repository."""

import base64
import random
from functools import cache

ED25519_HEAD = bytes.fromhex("302e020100300506032b657004220420")
RSA_ALGORITHM = bytes.fromhex("300d06092a864886f70d0101010500")
EXPONENT = 65_537


@cache
def rsa_pem(bits: int = 1024, seed: int = 1, *, is_pkcs8: bool = False) -> str:
    """Return an RSA private key as ``openssl genrsa`` writes it (PKCS #8: since version 3)."""
    dice = random.Random(seed)
    p, q = _prime(bits // 2, dice), _prime(bits // 2, dice)
    d = pow(EXPONENT, -1, (p - 1) * (q - 1))
    numbers = (0, p * q, EXPONENT, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    key = _der(0x30, b"".join(_number(n) for n in numbers))
    if is_pkcs8:
        return _pem("PRIVATE KEY", _der(0x30, _number(0) + RSA_ALGORITHM + _der(0x04, key)))
    return _pem("RSA PRIVATE KEY", key)


def ed25519_pem(seed: int = 1) -> str:
    """Return an Ed25519 private key as ``openssl genpkey -algorithm ed25519`` writes it."""
    return _pem("PRIVATE KEY", ED25519_HEAD + random.Random(seed).randbytes(32))


def _prime(bits: int, dice: random.Random) -> int:
    while True:
        found = dice.getrandbits(bits) | 1 | 3 << bits - 2
        if found % EXPONENT != 1 and all(pow(base, found - 1, found) == 1 for base in (2, 3, 5, 7)):
            return found


def _number(n: int) -> bytes:
    return _der(0x02, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _pem(kind: str, der: bytes) -> str:
    packed = base64.b64encode(der).decode()
    lines = [packed[at : at + 64] for at in range(0, len(packed), 64)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""])

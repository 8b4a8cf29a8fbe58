"""The key of a company: the same for every spelling of its name. Pure.

Legal forms, widths, case, spaces and marks tell no company from another (the same form as the
search for duplicates compares). The key stands in the address of the company's page: what is left
of the name, for people to read, and a digest, by which it is found.
"""

import hashlib
import re
from functools import lru_cache

from jobscore.jobs.drafts import COMPANY_NOT_STATED
from jobscore.jobs.duplicates.similarity import company_form

#: Characters of the name in an address, and of the digest.
LONGEST_WORDS = 24
DIGEST = 14
_KEY = re.compile(rf"(?:.*-)?([0-9a-f]{{{DIGEST}}})", re.DOTALL)


@lru_cache(maxsize=65_536)
def digest_of(name: str) -> str:
    """Return what all spellings of a company share; empty where the name names none."""
    form = company_form(name)
    if name == COMPANY_NOT_STATED or not form:
        return ""
    return hashlib.sha256(form.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST]


def key_of(name: str) -> str | None:
    """Return the last part of the address of a company's page, or None where it has none."""
    digest = digest_of(name)
    if not digest:
        return None
    words = company_form(name)[:LONGEST_WORDS]
    return f"{words}-{digest}" if words.isprintable() and "/" not in words else digest


def read(key: str) -> str | None:
    """Return the digest in the last part of an address, or None where there is none."""
    found = _KEY.fullmatch(key)
    return found[1] if found else None

"""What JSON Resume 1.0.0 says of a document, as far as it can be said in a table."""

import re
from typing import Any

DATE = re.compile(r"[12]\d{3}(-[01]\d(-[0-3]\d)?)?")
URI = re.compile(r"https?://\S+")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
TEXT, TEXTS = re.compile(r"(?s).*"), [re.compile(r"(?s).*")]
#: Each field with its pattern; a list holds any number of its one kind. Further fields are allowed
#: in every object but the outermost.
FIELDS: dict[str, Any] = {
    "$schema": URI,
    "basics": {
        "name": TEXT, "label": TEXT, "image": TEXT, "email": EMAIL, "phone": TEXT, "url": URI,
        "summary": TEXT,
        "location": {"address": TEXT, "postalCode": TEXT, "city": TEXT, "countryCode": TEXT,
                     "region": TEXT},
        "profiles": [{"network": TEXT, "username": TEXT, "url": URI}],
    },
    "work": [{"name": TEXT, "location": TEXT, "description": TEXT, "position": TEXT, "url": URI,
              "startDate": DATE, "endDate": DATE, "summary": TEXT, "highlights": TEXTS}],
    "volunteer": [{}],
    "education": [{}],
    "awards": [{}],
    "certificates": [{"name": TEXT, "date": DATE, "url": URI, "issuer": TEXT}],
    "publications": [{}],
    "skills": [{"name": TEXT, "level": TEXT, "keywords": TEXTS}],
    "languages": [{"language": TEXT, "fluency": TEXT}],
    "interests": [{}],
    "references": [{}],
    "projects": [{}],
    "meta": {"canonical": URI, "version": TEXT, "lastModified": TEXT},
}  # fmt: skip


def problems(value: Any, kind: Any = None, path: str = "") -> list[str]:
    """Return what the schema forbids about a document, each with its path."""
    outermost = kind is None
    kind = FIELDS if outermost else kind
    if isinstance(kind, dict):
        if not isinstance(value, dict):
            return [f"{path} is no object"]
        extra = [f"{name} is no field" for name in value if outermost and name not in kind]
        inner = [problems(value[n], k, f"{path}.{n}") for n, k in kind.items() if n in value]
        return extra + [problem for some in inner for problem in some]
    if isinstance(kind, list):
        if not isinstance(value, list):
            return [f"{path} is no list"]
        inner = [problems(one, kind[0], f"{path}[{n}]") for n, one in enumerate(value)]
        return [problem for some in inner for problem in some]
    if not isinstance(value, str) or not kind.fullmatch(value):
        return [f"{path} is {value!r}"]
    return []

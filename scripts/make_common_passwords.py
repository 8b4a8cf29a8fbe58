"""Make ``jobscore/accounts/data/common_passwords.txt`` from three freely licensed lists.

Fetch and unpack the sources first (none of them is needed afterwards)::

    pip download --no-deps django==5.2.* zxcvbn==4.5.0
    npm pack @zxcvbn-ts/language-common@4.1.3
    python scripts/make_common_passwords.py DJANGO.whl ZXCVBN.whl LANGUAGE-COMMON.tgz

Keeps what the site would otherwise accept (8 to 128 characters), in lower case, sorted.
"""

import gzip
import io
import json
import sys
import tarfile
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).parents[1] / "jobscore" / "accounts" / "data" / "common_passwords.txt"
SHORTEST, LONGEST = 8, 128


def django_words(wheel: Path) -> Iterator[str]:
    """Yield the list of Django's CommonPasswordValidator (BSD-3-Clause)."""
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.read("django/contrib/auth/common-passwords.txt.gz")
    with gzip.open(io.BytesIO(packed), "rt", encoding="utf-8") as file:
        yield from (line.strip() for line in file)


def zxcvbn_words(wheel: Path) -> Iterator[str]:
    """Yield the passwords among zxcvbn's frequency lists (MIT)."""
    with zipfile.ZipFile(wheel) as archive:
        source = archive.read("zxcvbn/frequency_lists.py").decode("utf-8")
    names: dict[str, object] = {}
    exec(source, names)  # the table is a Python literal inside a module
    yield from names["FREQUENCY_LISTS"]["passwords"]  # type: ignore[index]


def zxcvbn_ts_words(package: Path) -> Iterator[str]:
    """Yield the passwords of zxcvbn-ts' language-common (MIT)."""
    with tarfile.open(package) as archive:
        member = archive.extractfile("package/src/passwords.json")
        assert member is not None
        yield from json.load(member)


def main(django: Path, zxcvbn: Path, zxcvbn_ts: Path) -> None:
    """Write the union of the three lists."""
    words: set[str] = set()
    for source in (django_words(django), zxcvbn_words(zxcvbn), zxcvbn_ts_words(zxcvbn_ts)):
        for word in source:
            plain = unicodedata.normalize("NFKC", word).casefold()
            if SHORTEST <= len(plain) <= LONGEST and plain.isascii() and plain.isprintable():
                words.add(plain)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text("".join(f"{word}\n" for word in sorted(words)), encoding="utf-8")
    print(f"{len(words)} passwords, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main(*(Path(name) for name in sys.argv[1:4]))

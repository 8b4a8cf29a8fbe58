"""Check that the lock files say what pyproject.toml asks, without asking any registry.

Each requirement must be locked at a version that it admits, each locked package must carry hashes,
the lock files must agree with each other, and no line may name where packages come from.
Ends with 1 and one line a finding.
"""

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {
    "run": (["postgres", "xlsx", "dkim"], []),
    "demo": (["demo"], ["build"]),
    "dev": (["postgres", "xlsx", "dkim", "demo"], ["dev"]),
    "bench": (["postgres", "xlsx", "dkim", "demo"], ["bench"]),
}
#: Locks that hold more than dev: there only what dev has too must agree with it.
WIDER = {"bench"}
PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+?))? \\$"
)
PLACE = re.compile(r"://|--(extra-)?index-url|--find-links|--trusted-host| @ ")


def read_lock(path: Path) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Return the locked versions with their markers by package, and what is wrong with the file."""
    locked: dict[str, dict[str, str]] = {}
    findings = []
    current = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if PLACE.search(line):
            findings.append(f"{path.name}:{number}: names a place to install from: {line.strip()}")
        if found := PIN.match(line):
            if current:
                findings.append(f"{path.name}: {current} has no hash")
            current = canonicalize_name(found["name"])
            locked.setdefault(current, {})[found["version"]] = found["marker"] or ""
        elif "--hash=sha256:" in line:
            current = ""
        elif line.strip() and not line.lstrip().startswith("#"):
            findings.append(f"{path.name}:{number}: not a hashed pin: {line.strip()}")
    if current:
        findings.append(f"{path.name}: {current} has no hash")
    return locked, findings


def wanted(project: dict[str, Any], extras: list[str], groups: list[str]) -> list[Requirement]:
    """Return what the project asks for with these extras and dependency groups."""
    texts = list(project["project"]["dependencies"])
    for extra in extras:
        texts += project["project"]["optional-dependencies"][extra]
    pending = list(groups)
    while pending:
        for entry in project["dependency-groups"][pending.pop()]:
            if isinstance(entry, dict):
                pending.append(entry["include-group"])
            else:
                texts.append(entry)
    return [Requirement(text) for text in texts]


def main() -> int:
    """Print every finding; return the exit status."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folder = ROOT / "requirements"
    findings: list[str] = []
    widest, _ = read_lock(folder / "dev.txt")
    for name, (extras, groups) in LOCKS.items():
        locked, wrong = read_lock(folder / f"{name}.txt")
        findings += wrong
        for requirement in wanted(project, extras, groups):
            versions = locked.get(canonicalize_name(requirement.name))
            if versions is None:
                findings.append(f"{name}.txt: {requirement} is not locked")
                continue
            findings += [
                f"{name}.txt: locks {requirement.name} {version}, pyproject.toml asks {requirement}"
                for version in versions
                if not requirement.specifier.contains(Version(version), prereleases=True)
            ]
        findings += [
            f"{name}.txt: locks {package} {version}, dev.txt does not"
            for package, versions in locked.items()
            for version in versions
            if version not in widest.get(package, {})
            if package in widest or name not in WIDER
        ]
    findings += read_lock(folder / "bootstrap.txt")[1]
    for finding in findings:
        print(finding)
    if findings:
        print("requirements: out of date with pyproject.toml; run: make lock")
        return 1
    print(f"requirements: {len(LOCKS)} lock files agree with pyproject.toml")
    return 0


if __name__ == "__main__":
    sys.exit(main())

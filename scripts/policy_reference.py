"""Write docs/scoring/policy-numbers.md from the policy itself.

``python scripts/policy_reference.py``; a test fails when the committed page differs.
"""

from pathlib import Path

from flask import Flask
from flask_babel import Babel

from jobscore.scoring import policy_fields, policy_words
from jobscore.scoring.policy import BUILT_IN
from jobscore.scoring.policy_fields import FIELDS, Group

TARGET = Path(__file__).resolve().parent.parent / "docs" / "scoring" / "policy-numbers.md"
HEAD = """# Every number of a policy

Made from `jobscore/scoring/policy.py` and its words (`policy_words.py`) by `python scripts/policy_reference.py`.
`flask policies fields` prints the same with the values in force. How to change them: [policies.md](policies.md).
"""


def page() -> str:
    """Return the whole page, in English whatever the reader's language."""
    app = Flask("reference")
    Babel(app, locale_selector=lambda: "en")
    with app.app_context():
        return HEAD + "".join(_group(group) for group in Group)


def _group(group: Group) -> str:
    versions = [(policy.version, policy_fields.values(policy)) for policy in BUILT_IN]
    heads = " | ".join(version for version, _ in versions)
    lines = [
        f"\n## {policy_words.GROUP_LABELS[group]}\n",
        f"| name | {heads} | range | meaning |",
        f"|---|{'---|' * len(versions)}---|---|",
    ]
    for name, field in FIELDS.items():
        if field.group is group:
            numbers = " | ".join(str(values[name]) for _, values in versions)
            unit = policy_words.unit(field)
            lines.append(
                f"| `{name}` | {numbers} | {field.low}–{field.high}{f' {unit}' if unit else ''} "
                f"| **{policy_words.label(field)}.** {policy_words.meaning(field)} |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")

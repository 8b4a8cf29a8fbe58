"""Files that we hand out: rejected rows to mend, and a template to fill in."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from jobscore.imports import messages
from jobscore.imports.formulas import guard
from jobscore.imports.models import ImportMessage

#: Columns that an upload ignores.
REPORT_COLUMNS = ("_line", "_column", "_reason")
TEMPLATES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        ("title", "company", "location", "salary", "employment_type", "description",
         "requirements", "skills", "experience", "industry", "remote", "posted_date",
         "expires_on", "url", "job_id"),
        ("Web developer", "Example Inc.", "Boston, MA", "$80,000 - $100,000 a year", "Full-time",
         "You build our shop.", "Two years with Python.", "Python, SQL", "2+ years", "Retail",
         "hybrid", "2026-04-01", "2026-05-31", "https://example.com/jobs/1", "J-0001"),
    ),
    "ja": (
        ("求人タイトル", "会社名", "勤務地", "給与", "雇用形態", "仕事内容", "応募資格", "スキル",
         "経験", "業種", "リモート", "掲載日", "掲載終了日", "求人URL", "求人番号"),
        ("ホールスタッフ", "株式会社サンプル", "東京都渋谷区", "時給1,200円〜1,500円",
         "アルバイト", "接客と配膳をお願いします。", "未経験OK", "接客", "未経験OK", "飲食", "不可",
         "2026-04-01", "2026-05-31", "https://example.com/jobs/1", "J-0001"),
    ),
}  # fmt: skip


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerow(
        [guard(cell) for cell in cells]
    )
    return out.getvalue()


def rejected_csv(header: Sequence[str], rejected: Iterable[ImportMessage]) -> Iterator[str]:
    """Yield a CSV file of rejected rows: their own columns, then line, column and reason.

    Begins with a byte-order mark, so that Excel reads it as UTF-8. Cells that a spreadsheet would
    run as formulas are guarded; our importer undoes exactly that guard.
    """
    width = len(header)
    yield "\ufeff" + _line([*header, *REPORT_COLUMNS])
    for message in rejected:
        cells = list(message.cells or [])
        if len(cells) > width > 0:
            cells = [*cells[: width - 1], " ".join(cells[width - 1 :])]
        cells += [""] * (width - len(cells))
        column = ""
        if message.column is not None and message.column < width:
            column = header[message.column]
        reason = messages.sentence(message.code, message.params)
        yield _line([*cells, str(message.line), column, reason])


def template_csv(language: str) -> str:
    """Return a file to fill in: the header and one example, in English or Japanese."""
    header, example = TEMPLATES[language]
    return "\ufeff" + _line(header) + _line(example)

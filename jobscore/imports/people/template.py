"""A file of people to fill in: the header and one example, in English or Japanese."""

import csv
import io

from jobscore.imports.formulas import guard

TEMPLATES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        ("email", "full name", "place", "desired job", "previous job", "skills", "desired pay",
         "pay period", "employment type", "remote", "years of experience", "level", "language",
         "consent text", "consent version", "consent date", "consent method"),
        ("taylor@example.com", "Taylor Example", "Boston, MA", "Web developer", "Support",
         "Python, SQL", "$80,000", "year", "full-time", "yes", "3", "mid", "en",
         "You may keep my details and write to me about jobs.", "2026-04", "2026-04-01",
         "form on our website"),
    ),
    "ja": (
        ("メールアドレス", "氏名", "住所", "希望職種", "経験職種", "保有資格", "希望給与",
         "給与形態", "希望雇用形態", "リモート希望", "経験年数", "経験レベル", "言語", "同意文",
         "同意文の版", "同意日", "同意方法"),
        ("hanako@example.com", "見本 花子", "東京都渋谷区", "ホールスタッフ", "販売",
         "普通自動車免許", "1,200円", "時給", "アルバイト、パート", "希望しない", "2年", "若手",
         "日本語", "登録した内容の保存と、求人についての連絡に同意します。", "2026-04",
         "2026-04-01", "ウェブサイトの登録フォーム"),
    ),
}  # fmt: skip


def csv_text(language: str) -> str:
    """Return the file, with a byte-order mark so that Excel reads it as UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    for cells in TEMPLATES[language]:
        writer.writerow([guard(cell) for cell in cells])
    return "\ufeff" + out.getvalue()

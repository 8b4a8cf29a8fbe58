"""How well somebody can do something, in the words of CVs: to levels 1..5 and back. Pure."""

import re
import unicodedata

#: Written in an export, by language: levels 1 to 5, as the pages say them. Each is read back.
WORDS = {
    "en": ("Learning", "Basic", "Good", "Very good", "Expert"),
    "ja": ("学習中", "初級", "中級", "上級", "専門家"),
}
_LEVELS = (
    (
        5,
        "native|mother tongue|bilingual|expert|master|guru|first language"
        "|ネイティブ|母語|母国語|エキスパート|専門家|熟練",
    ),
    (1, "learning|beginner|novice|trainee|学習中|勉強中|初心者|入門"),
    (2, "limited|basic|elementary|conversational|fundamentals?|初級|基礎|基本|日常会話|簡単な"),
    (
        4,
        "very good|fluent|advanced|proficient|full professional|strong|excellent|highly skilled"
        "|上級|ビジネスレベル|ビジネス|流暢|得意",
    ),
    (3, "good|intermediate|working|professional|competent|skilled|中級|実務|業務レベル"),
)
_PATTERNS = tuple(
    (level, re.compile(rf"(?<![a-z])(?:{words})(?![a-z])")) for level, words in _LEVELS
)


def level_in(text: str) -> int:
    """Return the level (1..5) that the words state; 0 when they state none."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return next((level for level, pattern in _PATTERNS if pattern.search(plain)), 0)

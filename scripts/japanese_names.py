"""Write Japanese place names in Latin letters (modified Hepburn without long marks)."""

import re

_BASE = {
    "あ": "a", "い": "i", "う": "u", "え": "e", "お": "o", "か": "ka", "き": "ki", "く": "ku",
    "け": "ke", "こ": "ko", "さ": "sa", "し": "shi", "す": "su", "せ": "se", "そ": "so",
    "た": "ta", "ち": "chi", "つ": "tsu", "て": "te", "と": "to", "な": "na", "に": "ni",
    "ぬ": "nu", "ね": "ne", "の": "no", "は": "ha", "ひ": "hi", "ふ": "fu", "へ": "he",
    "ほ": "ho", "ま": "ma", "み": "mi", "む": "mu", "め": "me", "も": "mo", "や": "ya",
    "ゆ": "yu", "よ": "yo", "ら": "ra", "り": "ri", "る": "ru", "れ": "re", "ろ": "ro",
    "わ": "wa", "を": "o", "ん": "n", "が": "ga", "ぎ": "gi", "ぐ": "gu", "げ": "ge",
    "ご": "go", "ざ": "za", "じ": "ji", "ず": "zu", "ぜ": "ze", "ぞ": "zo", "だ": "da",
    "ぢ": "ji", "づ": "zu", "で": "de", "ど": "do", "ば": "ba", "び": "bi", "ぶ": "bu",
    "べ": "be", "ぼ": "bo", "ぱ": "pa", "ぴ": "pi", "ぷ": "pu", "ぺ": "pe", "ぽ": "po",
}  # fmt: skip
_SMALL = {"ゃ": "ya", "ゅ": "yu", "ょ": "yo"}
#: A kanji whose reading begins a new part: its first vowel is not a long mark of the part before.
_STARTS = (
    ("浦", "うら"), ("内", "うち"), ("上", "うえ"), ("牛", "うし"), ("馬", "うま"), ("海", "うみ"),
    ("岡", "おか"), ("丘", "おか"), ("大", "おお"), ("尾", "お"), ("小", "お"), ("宇", "う"),
)  # fmt: skip


def romanize(kana: str, kanji: str = "") -> str:
    """Write one hiragana name in capitalised Latin letters, long vowels short (Osaka, Kochi).

    :param kanji: the same name in kanji; it shows where parts begin (豊岡 is Toyooka, not Toyoka).
    """
    for character, reading in _STARTS:
        position = kana.find(reading, 1)
        if character in kanji[1:] and position > 0:
            return (romanize(kana[:position]) + romanize(kana[position:]).lower()).capitalize()
    out: list[str] = []
    for character in kana:
        if character in _SMALL and out:
            stem = out[-1][:-1]
            glide = _SMALL[character]
            out[-1] = stem + (glide[1:] if stem in {"sh", "ch", "j"} else glide)
        elif character == "っ":
            out.append("~")
        else:
            out.append(_BASE.get(character, ""))
    text = "".join(out)
    text = re.sub(r"~ch", "tch", text)
    text = re.sub(r"~(.)", r"\1\1", text)
    text = re.sub(r"o[uo]+", "o", text)
    text = re.sub(r"uu+", "u", text)
    return text.capitalize()

"""Words about sex and age in Japanese postings, and where they are lawful. Pure.

Sex: 男女雇用機会均等法 5条. Age: 労働施策総合推進法 9条 with 施行規則 1条の3. Precise rather
than many: what may be about customers, colleagues, or a lawful exception is passed over.
"""

import re
from collections.abc import Iterator

from jobscore.jobs.checks.findings import (
    Field,
    Finding,
    Posting,
    Rule,
    compiled,
    gathered,
    near,
    quote,
)

# -- sex -------------------------------------------------------------------------------------

#: Both sexes are addressed: then the name of a job does not choose one.
_BOTH = re.compile(
    r"男女(?:不問|とも|共に|ともに|問わず|を?問い|ok|OK|募集|歓迎|活躍|可)|性別(?:は)?不問|性別.{0,4}問[わい]"
    r"|男性も女性も|女性も男性も|男女とも"
)
#: 均等法 8条 (positive action), 指針 第2の14 (arts, guards, religion, sports, decency).
_SEX_REASON = re.compile(
    r"適用除外|ポジティブ・?アクション|均等法|同性介[助護]|更衣室|脱衣|巫女|女性用(?:浴場|トイレ)"
    r"|男性用(?:浴場|トイレ)|女子寮|男子寮|役者|俳優|エキストラ"
)
_STAFF = (
    r"(?:スタッフ|社員|ドライバー|講師|職員|従業員|店員|作業員|セラピスト|アルバイト"
    r"|パート|の方|さん)?"
)
_CHOOSES = (
    r"(?:のみ|だけ|限定|に限る|に限ります|に限り|を?(?:大|大々的に)?募集|急募|を?求む|(?:大)?歓迎"
    r"|(?:を)?優遇|(?:を)?優先|希望)"
)
_SEX = re.compile(
    rf"(?<![男女一-龥])(?P<sex>男性|女性|男子|女子){_STAFF}(?P<chooses>{_CHOOSES})"
    r"|(?:募集|応募|対象|性別)\s*[:：]\s*(?P<stated>男性|女性|男|女)(?=$|[\s、。,（(])"
)
#: What then is said of customers, goods, colleagues or the place, not of who may apply.
_OTHER_THAN_APPLICANTS = re.compile(
    r"^(?:の|な)?(?:お客|顧客|会員|専用|マンション|アパート|ジム|サロン|フィットネス|シェアハウス|ホテル"
    r"|フロア|スタジオ|ブランド|商品|店|プラン|イベント|車両|エステ|寮|メニュー|サービス|クリニック|病棟|職場"
    r"|チーム|環境|部署|現場|在籍|で運営|が対応|で対応|が?活躍|が活躍)"
    r"|^(?:では|じゃ)(?:な|あり)|^(?:の)?(?:募集)?では"
)
_OF_COLLEAGUES = re.compile(
    r"(?:スタッフ|社員|職場|メンバー|従業員|講師|チーム|店内|客層|客|会員)[はが]$"
)
_GENDERED = compiled(
    r"ウェイトレス", r"ウエイトレス", r"スチュワーデス", r"看護婦", r"保健婦",
    r"(?<!酵)保母(?:さん)?",
    r"(?:営業|セールス|配送|宅配|ルート|サービス|ガード|カメラ|修理)マン(?!シ|ツ|ガ|ネ|ホ|ト)",
    r"(?:生保|保険|セールス|ヤクルト|配達|営業|フロア|ホール)レディ(?![ァ-ヴー])",
    r"(?:キャンペーン|イベント|フロア|レース)ガール(?![ァ-ヴー])",
    r"(?<![ァ-ヴー])(?:ホール|ベル|ドア|フロア)?ボーイ(?:さん)?(?![ァ-ヴー])",
    r"(?<![A-Za-zＡ-Ｚ])OL(?:さん)?(?=募集|歓迎|求む)",
)  # fmt: skip
_COUNTERPART = re.compile(
    r"ウェイター|ウエイター|営業ウーマン|ガール|ボーイ|看護師|看護士|保育士|保父|主夫"
)
_ASKED = re.compile(r"^(?:さん)?(?:を|の)?(?:大)?(?:募集|急募|求む|求人|歓迎|を求|として)")
_HOMEMAKER = re.compile(r"主婦(?:層|さん|の方)?(?:も)?(?:に人気|(?:大)?歓迎|活躍|募集|OK|ok|応援)")
_HOMEMAKER_BOTH = re.compile(r"主夫|[（(]夫[)）]|主婦[/／・]夫|男女|性別")
#: A pattern is tried only where one of its words stands: looking for these is far quicker.
_GENDERED_ENDS = (
    "マン",
    "レディ",
    "ガール",
    "ボーイ",
    "レス",
    "デス",
    "護婦",
    "健婦",
    "保母",
    "OL",
)
_GENDERED_WORDS = (
    "業マン", "スマン", "送マン", "配マン", "トマン", "ドマン", "ラマン", "理マン", "レディ",
    "ガール", "ボーイ", "トレス", "ワーデス", "看護婦", "保健婦", "保母", "OL",
)  # fmt: skip


def sex(posting: Posting, whole: str) -> list[Finding]:
    """Return the findings about words that choose a sex."""
    findings: list[Finding] = []
    if "男" in whole or "女" in whole:
        findings += gathered(Rule.SEX_NAMED, list(_named(posting)))
    if _any(_GENDERED_ENDS, whole) and _any(_GENDERED_WORDS, whole):
        findings += gathered(Rule.SEX_IN_JOB_NAME, list(_gendered(posting)))
    if findings and _BOTH.search(whole):
        findings = []
    if "主婦" in whole and not _HOMEMAKER_BOTH.search(whole):
        hits = [
            (name, quote(text, found.start(), found.end()))
            for name, text in posting.texts()
            for found in _HOMEMAKER.finditer(text)
        ]
        findings += gathered(Rule.SEX_WORDING, hits)
    return findings


def _any(words: tuple[str, ...], text: str) -> bool:
    for word in words:  # noqa: SIM110 # any() with a generator takes twice the time
        if word in text:
            return True
    return False


def _named(posting: Posting) -> Iterator[tuple[Field, str]]:
    if _SEX_REASON.search(posting.title):
        return
    for name, text in posting.texts():
        for found in _SEX.finditer(text):
            other = "男" if (found["sex"] or found["stated"])[0] == "女" else "女"
            start, end = found.span()
            if other in text[max(0, start - 8) : end + 8] or _SEX_REASON.search(
                near(text, start, end)
            ):
                continue
            is_of_others = _OTHER_THAN_APPLICANTS.search(text[end : end + 12]) or (
                found["chooses"] in ("のみ", "だけ")
                and _OF_COLLEAGUES.search(text[max(0, start - 8) : start])
            )
            if not is_of_others:
                yield name, quote(text, start, end)


def _gendered(posting: Posting) -> Iterator[tuple[Field, str]]:
    for name, text in posting.texts():
        for found in _GENDERED.finditer(text):
            start, end = found.span()
            if _COUNTERPART.search(text[max(0, start - 10) : start] + text[end : end + 12]):
                continue
            if name is Field.TITLE or _ASKED.match(text[end : end + 8]):
                yield name, quote(text, start, end)


# -- age -------------------------------------------------------------------------------------

_AGE = r"(?P<{}>[1-9１-９][0-9０-９])"
_SPAN = r"\s*(?:歳|才)?\s*(?:から|以上|[~〜～\-－–—‐])\s*"
_UPPER_WORD = r"(?:位|くらい|ぐらい|程度|前後)?(?:まで|迄|以下|未満|限定)"
_RANGE = re.compile(
    rf"(?<![0-9０-９.,]){_AGE.format('low')}{_SPAN}{_AGE.format('high')}\s*(?:歳|才)(?P<to>{_UPPER_WORD})?"
)
_UPPER = re.compile(rf"(?<![0-9０-９.,]){_AGE.format('high')}\s*(?:歳|才)\s*(?P<to>{_UPPER_WORD})")
_LOWER = re.compile(rf"(?<![0-9０-９.,]){_AGE.format('low')}\s*(?:歳|才)\s*以上")
_DECADE = re.compile(
    r"(?<![0-9０-９])(?P<first>[1-5１-５][0０])(?:代)?(?:[~〜～・、/／\-－]|から)?"
    r"(?:(?<=[~〜～・、/／\-－らる])(?P<last>[1-5１-５][0０]))?代"
    r"(?:の方|の人|の男女)?(?P<word>まで|迄|限定|のみ|以下|(?:大)?歓迎|優遇|を?募集)"
)
_YOUNG = re.compile(r"若(?:い|者|手)(?:方|人|力|男女|世代)?(?:の方)?(?:限定|のみ|だけ|に限る)")
_YOUNG_WELCOME = re.compile(r"若い(?:方|人|力|世代)(?:を|の)?(?:大?歓迎|募集|求む|求めて|優遇)")
#: 施行規則 1条の3 第1項 1号 (定年), 2号 (法令), 3号イ to ニ; Hello Work writes 例外事由.
_AGE_REASON = re.compile(
    r"例外事由|[1-3１-３①-③][号項][のイロハニ]?|省令|定年|キャリア形成|長期勤続|長期キャリア|技能(?:・|、)?(?:ノウハウ)?(?:の)?(?:継承|伝承)"
    r"|芸術|芸能|子役|高年齢者|高齢者雇用|氷河期|法令|警備業法|労働基準法|深夜(?:業|勤務|帯)|危険有害"
)
#: An age that is no limit: of colleagues, customers, children, or until when one may stay.
_NO_LIMIT = re.compile(
    r"平均|活躍|在籍|幅広|年齢層|中心|スタッフが|先輩|モデル年収|年収|月収|お客|利用者|児童|園児|生徒|子ども|子供"
    r"|お子|乳幼児|入居者|患者|会員|読者|対象に|再雇用|雇用延長|継続雇用|働け|勤務(?:可|でき|延長)|就業(?:可|でき)"
    r"|昇格|昇進|独立|男女比|実績"
)
_AGE_TRIGGERS = ("歳", "才", "若", "0代", "０代")


def age(posting: Posting, whole: str) -> list[Finding]:
    """Return the findings about limits of age."""
    if not _any(_AGE_TRIGGERS, whole) or "例外事由" in whole:
        return []
    limits: list[tuple[Field, str]] = []
    welcomes: list[tuple[Field, str]] = []
    for name, text in posting.texts():
        if not any(mark in text for mark in _AGE_TRIGGERS):
            continue
        limits += [(name, quote(text, *span)) for span in _limits(text, whole)]
        welcomes += [(name, quote(text, *span)) for span in _welcomes(text, whole)]
    return gathered(Rule.AGE_LIMIT, limits) + gathered(Rule.AGE_WORDING, welcomes)


def _limits(text: str, whole: str) -> Iterator[tuple[int, int]]:
    taken: list[tuple[int, int]] = []
    patterns = (_RANGE, _UPPER, _LOWER) if "歳" in text or "才" in text else ()
    for pattern in patterns:
        for found in pattern.finditer(text):
            start, end = found.span()
            if any(start < b and a < end for a, b in taken):
                continue
            taken.append((start, end))
            if _limits_applicants(found, text, whole):
                yield start, end
    for found in _decades(text):
        if found["word"] in ("まで", "迄", "限定", "のみ", "以下") and _is_free(found, text, whole):
            yield found.span()
    for found in _YOUNG.finditer(text) if "若" in text else ():
        if _is_free(found, text, whole):
            yield found.span()


def _decades(text: str) -> Iterator[re.Match[str]]:
    return _DECADE.finditer(text) if "0代" in text or "０代" in text else iter(())


def _limits_applicants(found: re.Match[str], text: str, whole: str) -> bool:
    """Say whether ages shut somebody out whom no law lets be shut out."""
    said = found.groupdict()
    low = int(said["low"]) if said.get("low") else None
    high = int(said["high"]) if said.get("high") else None
    if high is None:
        # 18 and 20 by law; 60 and over may be asked for (3号ニ)
        is_limit = low is not None and 22 <= low < 60
    elif high <= 19 or (low is not None and (low >= 60 or low >= high)):
        is_limit = False
    elif high >= 60:
        # most such words say until when one may stay
        asks = re.match(r"(?:の方|の人)(?:限定|のみ|を?募集)|.{0,4}応募", text[found.end() :])
        is_limit = asks is not None
    else:
        is_limit = low is None or said.get("to") is not None or _asks_for(found, text)
    return is_limit and _is_free(found, text, whole)


def _asks_for(found: re.Match[str], text: str) -> bool:
    """Say whether a bare range of ages (18～35歳) stands as a condition."""
    before = text[max(0, found.start() - 14) : found.start()]
    after = text[found.end() : found.end() + 10]
    return (
        re.search(r"年齢|対象|資格|条件|応募|募集|[（(【]$|^$|\n[・■◆●※\s]*$", before) is not None
        or re.match(r"\s*(?:の方|の人|くらい|位|対象|限定|[)）】]|$)", after) is not None
    )


def _is_free(found: re.Match[str], text: str, whole: str) -> bool:
    """Say whether neither a lawful reason nor somebody else than applicants stands near."""
    start, end = found.span()
    # a footnote (※) gives its reason at the foot of the posting
    is_noted = re.search(r"[※＊*]|注[)）0-9]", text[end : end + 10]) is not None
    if _AGE_REASON.search(whole if is_noted else near(text, start, end)):
        return False
    return not (
        _NO_LIMIT.search(text[end : end + 16])
        or _NO_LIMIT.search(text[max(0, start - 10) : start])
        or re.match(r"に[はな年]|(?:まで)?に", text[end : end + 2])
    )


def _welcomes(text: str, whole: str) -> Iterator[tuple[int, int]]:
    for found in _decades(text):
        is_welcome = found["word"] not in ("まで", "迄", "限定", "のみ", "以下")
        last = int(found["last"] or found["first"])
        if is_welcome and last <= 30 and _is_free(found, text, whole):
            yield found.span()
    for found in _YOUNG_WELCOME.finditer(text) if "若い" in text else ():
        if _is_free(found, text, whole):
            yield found.span()

"""The fields a file can fill: one ``Column`` each, with its names, its reader and its meaning.

A new importable field is one ``Column(...)`` here (and the model's column with its migration).
Everything is pure: text in, values out, the same for the same text.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a posting that a column of a file can hold.

    ``names`` are headers that mean this field beyond doubt, ``weak_names`` headers that mean it
    when nothing better is there. All are compared whole, after ``header_key``. ``in_protocol``
    says whether the batch protocol of ``mapping`` knows the field.
    """

    field: str
    names: tuple[str, ...]
    weak_names: tuple[str, ...] = ()
    in_protocol: bool = True


COLUMNS: tuple[Column, ...] = (
    Column(
        "title",
        (
            "title", "job title", "jobtitle", "job name", "position", "position title",
            "position name", "posting title", "vacancy", "vacancy title", "role title",
            "job position", "opening", "designation",
            "求人タイトル", "タイトル", "タイトル名", "求人名", "求人件名", "件名",
            "職種名",
            "募集職種", "ポジション", "ポジション名", "募集ポジション", "職務名", "仕事名",
            "お仕事名", "案件名", "案件タイトル", "募集タイトル",
        ),
        ("role", "headline", "name", "job", "職種", "キャッチコピー", "見出し", "仕事内容タイトル",
         "募集名", "役職"),
    ),
    Column(
        "company",
        (
            "company", "company name", "companyname", "employer", "employer name",
            "hiring organization", "hiring organisation", "hiring company", "organization",
            "organisation", "organization name", "organisation name", "firm",
            "business name",
            "会社名", "企業名", "会社", "企業", "社名", "雇用主", "事業所名", "事業者名",
            "勤務先名",
            "法人名", "募集企業", "募集企業名", "求人企業", "求人企業名", "店舗名", "会社名称",
            "企業名称",
        ),
        ("client", "advertiser", "agency", "勤務先", "掲載企業", "掲載企業名"),
    ),
    Column(
        "description",
        (
            "description", "job description", "jobdescription", "job details", "details",
            "full description", "job summary", "summary", "posting", "job posting",
            "responsibilities", "job responsibilities", "duties", "job text",
            "仕事内容", "業務内容", "職務内容", "お仕事内容", "求人内容", "仕事の内容", "説明",
            "詳細", "求人詳細", "募集内容", "職務詳細",
        ),
        ("text", "body", "content", "overview", "about", "概要", "内容", "仕事概要", "求人概要",
         "本文", "about the job", "role description"),
    ),
    Column(
        "requirements",
        (
            "requirements", "requirement", "job requirements", "qualifications",
            "qualification", "minimum qualifications", "required qualifications",
            "応募資格", "応募条件", "必須条件", "必要条件", "募集要件", "応募要件", "必須要件",
            "求める人材", "対象となる方", "求める人物像", "資格要件", "必要資格", "応募資格・条件",
        ),
        ("required", "preferred qualifications", "歓迎条件", "条件", "資格", "必要な経験等",
         "対象"),
    ),
    Column(
        "location",
        (
            "location", "job location", "joblocation", "work location", "workplace", "city",
            "place", "place of work", "locations", "candidate location", "company location",
            "勤務地", "勤務場所", "就業場所", "就業先住所", "所在地", "勤務地住所", "勤務先住所",
            "就業地", "勤務エリア", "配属先", "仕事場所",
        ),
        ("address", "region", "area", "state", "prefecture", "town", "country", "住所", "エリア",
         "地域", "都道府県", "場所", "市区町村", "最寄り駅", "最寄駅"),
    ),
    Column(
        "salary",
        (
            "salary", "salary range", "salary estimate", "salary offered", "pay", "pay range",
            "wage", "wages", "compensation", "compensation range", "remuneration",
            "job salary", "offered salary", "base salary", "salary text", "annual salary",
            "ctc", "package", "salaries reported", "avg salary",
            "給与", "給料", "年収", "月給", "時給", "日給", "賃金", "報酬", "初年度年収",
            "想定年収", "予定年収", "給与額", "月収", "年俸", "待遇・給与", "給与・待遇",
            "想定給与", "基本給", "モデル年収", "賃金・手当",
        ),
        ("stipend", "rate", "hourly rate", "pay rate", "salary(inr)", "収入", "単価", "報酬額",
         "待遇"),
    ),
    Column(
        "salary_min",
        (
            "salary min", "min salary", "minimum salary", "salary from", "salary minimum",
            "lower salary", "pay min", "min pay", "min amount", "min annual salary",
            "給与下限", "下限給与", "最低給与", "年収下限", "最低年収", "月給下限", "時給下限",
            "給与(下限)", "給与(最低)", "賃金下限", "下限年収",
        ),
        in_protocol=False,
    ),
    Column(
        "salary_max",
        (
            "salary max", "max salary", "maximum salary", "salary to", "salary maximum",
            "upper salary", "pay max", "max pay", "max amount", "max annual salary",
            "給与上限", "上限給与", "最高給与", "年収上限", "最高年収", "月給上限", "時給上限",
            "給与(上限)", "給与(最高)", "賃金上限", "上限年収",
        ),
        in_protocol=False,
    ),
    Column(
        "salary_period",
        (
            "salary period", "pay period", "salary type", "salary unit", "salary interval",
            "pay type", "wage type", "salary frequency", "interval", "compensation interval",
            "給与形態", "給与区分", "賃金形態", "給与種別", "給与体系", "給与単位",
        ),
        in_protocol=False,
    ),
    Column(
        "salary_currency",
        ("salary currency", "currency", "pay currency", "currency code", "通貨", "給与通貨"),
        in_protocol=False,
    ),
    Column(
        "pay_as_written",
        ("pay as written", "給与原文"),
        in_protocol=False,
    ),
    Column(
        "employment_type",
        (
            "employment type", "employmenttype", "job type", "jobtype", "contract type",
            "type of employment", "work type", "formatted work type", "position type",
            "employment status", "job schedule type", "schedule type", "contract",
            "雇用形態", "雇用区分", "契約形態", "勤務形態", "就業形態", "採用形態", "雇用種別",
            "募集形態", "雇用タイプ",
        ),
        ("type", "schedule", "time type", "ステータス", "雇用", "形態"),
    ),
    Column(
        "experience",
        (
            "experience", "experience level", "required experience", "experience required",
            "years of experience", "seniority", "seniority level", "work experience",
            "job experience", "formatted experience level", "min experience",
            "minimum experience", "career level", "job level", "experience years",
            "経験", "経験年数", "必要経験", "経験レベル", "必要な経験", "必要経験年数", "実務経験",
            "求める経験", "経験者区分", "キャリアレベル",
        ),
        ("level", "exp", "レベル", "必要な経験等"),
    ),
    Column(
        "industry",
        (
            "industry", "industries", "sector", "job industry", "company industry",
            "業種", "業界", "産業", "企業業種", "業種名",
        ),
        ("job category", "category", "カテゴリ", "カテゴリー", "職種カテゴリ", "職種分類"),
        in_protocol=False,
    ),
    Column(
        "skills",
        (
            "skills", "key skills", "required skills", "skill", "technologies", "tech stack",
            "skills required", "job skills", "skills desc", "keyskills", "technology",
            "skill set", "skillset", "tags and skills", "must have skills", "job skill set",
            "スキル", "必要スキル", "必須スキル", "求めるスキル", "使用技術", "技術", "開発環境",
            "歓迎スキル", "技術スタック", "使用言語",
        ),
        ("tags", "keywords", "stack", "tools", "タグ", "キーワード"),
    ),
    Column(
        "benefits",
        (
            "benefits", "job benefits", "perks", "features", "job features", "perks and benefits",
            "特徴", "特長", "福利厚生", "待遇・福利厚生", "こだわり", "こだわり条件",
            "アピールポイント",
            "求人の特徴", "メリット",
        ),
        in_protocol=False,
    ),
    Column(
        "url",
        (
            "url", "link", "job url", "joburl", "job link", "joblink", "apply url",
            "application url", "posting url", "job posting url", "apply link", "source url",
            "job apply link", "links", "href", "page url", "webpage", "job href",
            "求人url", "リンク", "詳細url", "掲載url", "応募url", "求人リンク", "求人ページ",
            "詳細リンク", "求人票url", "ページurl",
        ),
        ("website", "web", "詳細ページ"),
    ),
    Column(
        "external_id",
        (
            "job id", "jobid", "id", "external id", "externalid", "posting id", "reference",
            "reference number", "requisition id", "req id", "job reference", "job code",
            "vacancy id", "uniq id", "unique id", "job number", "ref",
            "求人番号", "求人id", "案件番号", "案件id", "管理番号", "求人コード", "仕事番号",
            "お仕事番号", "求人no", "求人管理番号", "整理番号", "掲載id",
        ),
        ("番号", "no", "コード", "code", "key"),
    ),
    Column(
        "posted_on",
        (
            "posted", "posted on", "posted date", "date posted", "dateposted", "posting date",
            "post date", "published", "published at", "published on", "date published",
            "publication date", "listed time", "original listed time", "job posted date",
            "posted at", "date added", "listing date", "job posting date", "publish date",
            "掲載日", "公開日", "掲載開始日", "投稿日", "受付年月日", "求人公開日", "登録日",
            "受付日", "掲載開始", "公開開始日",
        ),
        ("date", "created", "created at", "age", "job age", "日付", "更新日", "作成日"),
        in_protocol=False,
    ),
    Column(
        "expires_on",
        (
            "expires", "expires on", "expires at", "expiry", "expiry date",
            "expiration date", "deadline",
            "application deadline", "valid through", "validthrough", "closing date", "close date",
            "end date", "last date", "apply by", "closed time",
            "掲載終了日", "応募締切", "応募締切日", "締切", "締切日", "紹介期限日", "募集期限",
            "有効期限", "応募期限", "公開終了日", "求人有効年月日", "掲載期限",
        ),
        in_protocol=False,
    ),
    Column(
        "remote",
        (
            "remote", "telecommuting", "is remote", "remote work", "work from home",
            "remote allowed", "workplace type", "remote ratio", "wfh", "remote status",
            "job work from home", "work mode", "work arrangement", "telework",
            "リモート", "リモートワーク", "在宅勤務", "テレワーク", "在宅", "リモート可否",
            "リモート勤務", "在宅可否",
        ),
        ("onsite remote", "勤務スタイル"),
    ),
    Column(
        "is_sponsored",
        (
            "sponsored", "is sponsored", "promoted", "is promoted", "スポンサー", "広告", "pr",
            "有料掲載", "pr枠", "広告枠",
        ),
        in_protocol=False,
    ),
)  # fmt: skip

BY_FIELD = {column.field: column for column in COLUMNS}
#: No name of a field is longer.
_MAX_HEADER_CHARS = 200
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MARKS = re.compile(r"[\s_\-‐/.:*#\"'`’]+")
_BETWEEN_JAPANESE = re.compile(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])")
_BRACKETS = re.compile(r"\s*[(\[{【〔<][^)\]}】〕>]*[)\]}】〕>]\s*$")


@lru_cache(maxsize=8192)
def header_key(header: str) -> str:
    """Return the form in which headers are compared: width, case, camel case and marks undone."""
    text = unicodedata.normalize("NFKC", header[:_MAX_HEADER_CHARS]).lstrip("\ufeff").strip()
    text = _CAMEL.sub(" ", text) if not text.isupper() else text
    return _BETWEEN_JAPANESE.sub("", _MARKS.sub(" ", text.casefold()).strip())


def without_unit(key: str) -> str:
    """Drop a bracket at the end: 給与(円) names the same field as 給与."""
    return _BRACKETS.sub("", key).strip() or key


def _index(weak: bool) -> dict[str, str]:
    index: dict[str, str] = {}
    for column in COLUMNS:
        for name in column.weak_names if weak else (*column.names, column.field):
            index.setdefault(header_key(name), column.field)
    return index


STRONG_NAMES = _index(weak=False)
WEAK_NAMES = _index(weak=True)


@lru_cache(maxsize=8192)
def field_named(header: str) -> tuple[str, float] | None:
    """Return the field that a header names as a whole, and how sure that is (0 to 1)."""
    key = header_key(header)
    for form, sureness in ((key, 1.0), (without_unit(key), 0.95)):
        if form in STRONG_NAMES:
            return STRONG_NAMES[form], sureness
        if form in WEAK_NAMES:
            return WEAK_NAMES[form], sureness * 0.6
    return None


def is_known_header(header: str) -> bool:
    """Say whether a cell, taken whole, is the name of a field we know."""
    return len(header) <= 60 and field_named(header) is not None

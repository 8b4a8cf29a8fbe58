"""The fields of a person that a file can fill, and the columns that no file may have.

Pure, like the table of postings beside it. A password is no field: a column that looks like one
makes the whole file unwelcome, so that its values are never kept anywhere.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from jobscore.imports.columns import Column, header_key, without_unit
from jobscore.imports.mapping import SURE, Guess

COLUMNS: tuple[Column, ...] = (
    Column(
        "email",
        (
            "email", "e mail", "mail", "email address", "e mail address", "mail address",
            "emailaddress", "contact email", "primary email", "personal email", "candidate email",
            "メールアドレス", "メール", "eメール", "eメールアドレス", "電子メール",
            "電子メールアドレス", "連絡先メールアドレス", "pcメールアドレス", "pcメール",
            "メアド", "e-mailアドレス", "emailアドレス", "ご連絡先メールアドレス",
        ),
        ("address email", "login", "携帯メール", "携帯メールアドレス"),
    ),
    Column(
        "name",
        (
            "name", "full name", "fullname", "candidate name", "person name", "display name",
            "applicant name", "contact name", "your name",
            "氏名", "名前", "お名前", "姓名", "求職者名", "求職者氏名", "登録者名", "候補者名",
            "応募者名", "応募者氏名", "ご氏名", "漢字氏名", "氏名(漢字)",
        ),
        ("candidate", "applicant", "person", "応募者", "候補者"),
    ),
    Column(
        "family_name",
        ("family name", "last name", "surname", "lastname", "姓", "苗字", "名字", "氏名(姓)",
         "姓(漢字)"),
        ("氏",),
    ),
    Column(
        "given_name",
        ("given name", "first name", "forename", "firstname", "名", "氏名(名)", "名(漢字)"),
    ),
    Column(
        "place",
        (
            "place", "home", "home city", "city", "location", "residence", "place of residence",
            "lives in", "current location", "current city", "home town", "hometown",
            "住所", "居住地", "住まい", "お住まい", "現住所", "在住地", "居住エリア",
            "お住まいの地域", "市区町村", "居住地域",
        ),
        ("address", "prefecture", "state", "region", "area", "country", "都道府県", "地域",
         "エリア", "最寄り駅", "最寄駅"),
    ),
    Column(
        "wanted_titles",
        (
            "wanted titles", "wanted title", "desired title", "desired titles", "desired job",
            "desired position", "desired job title", "target role", "target title", "looking for",
            "preferred role", "preferred job", "preferred position", "wanted job", "wanted jobs",
            "desired role", "job wanted",
            "希望職種", "希望する職種", "希望の職種", "希望職", "希望の仕事", "希望する仕事",
            "希望ポジション", "志望職種", "希望業務",
        ),
        ("role", "title", "job title", "position", "職種"),
    ),
    Column(
        "held_titles",
        (
            "held titles", "held title", "current title", "current job", "current position",
            "current job title", "previous title", "previous titles", "previous job",
            "last title", "last position", "past titles", "occupation", "profession",
            "職歴", "経験職種", "現職", "現在の職種", "前職", "これまでの職種", "過去の職種",
            "職務経歴", "現在の職業", "直近の職種", "職業",
        ),
    ),
    Column(
        "skills",
        (
            "skills", "skill", "key skills", "skill set", "skillset", "technologies",
            "qualifications", "licences", "licenses", "certifications", "certificates",
            "スキル", "保有スキル", "資格", "保有資格", "免許", "免許・資格", "資格・免許",
            "経験スキル", "得意分野", "使用技術", "取得資格", "スキル・資格",
        ),
        ("tags", "keywords", "タグ", "キーワード"),
    ),
    Column(
        "pay",
        (
            "pay", "desired pay", "desired salary", "expected salary", "salary expectation",
            "salary expectations", "wanted pay", "minimum pay", "minimum salary", "pay wish",
            "expected pay", "pay expectation", "desired wage", "target salary", "salary",
            "希望給与", "希望年収", "希望時給", "希望月給", "希望日給", "希望収入", "希望賃金",
            "希望給料", "希望月収", "希望最低年収", "希望最低給与", "希望報酬",
        ),
        ("ctc", "rate", "年収", "月給", "時給", "日給", "給与"),
    ),
    Column(
        "pay_period",
        ("pay period", "salary period", "salary type", "pay unit", "希望給与形態", "給与形態",
         "給与単位", "給与区分", "希望給与の単位"),
    ),
    Column(
        "pay_currency",
        ("pay currency", "salary currency", "currency", "通貨", "給与通貨", "希望通貨"),
    ),
    Column(
        "employment_types",
        (
            "employment types", "employment type", "job type", "job types", "work type",
            "desired employment type", "contract type", "preferred employment type",
            "希望雇用形態", "雇用形態", "希望勤務形態", "希望就業形態", "希望の雇用形態",
        ),
        ("type", "schedule", "勤務形態", "就業形態", "働き方"),
    ),
    Column(
        "remote",
        (
            "remote", "remote work", "remote wish", "work from home", "wfh", "telework",
            "remote preference", "wants remote", "workplace type",
            "リモート", "リモートワーク", "在宅勤務", "テレワーク", "在宅", "リモート希望",
            "在宅希望", "在宅勤務希望", "リモートワーク希望", "リモート可否",
        ),
    ),
    Column(
        "years",
        (
            "years", "experience years", "years of experience", "experience", "years experience",
            "work experience", "total experience", "経験年数", "実務経験年数", "社会人経験年数",
            "経験", "実務経験", "職務経験年数",
        ),
        ("exp",),
    ),
    Column(
        "level",
        ("level", "experience level", "seniority", "seniority level", "career level",
         "経験レベル", "レベル", "キャリアレベル", "役職"),
    ),
    Column(
        "language",
        (
            "language", "preferred language", "locale", "lang", "letter language",
            "mail language", "correspondence language",
            "言語", "使用言語", "希望言語", "メールの言語", "連絡言語", "表示言語",
        ),
    ),
    Column(
        "consent_text",
        (
            "consent", "consent text", "consent statement", "consent wording", "agreement",
            "agreed text", "privacy consent", "gdpr consent",
            "同意", "同意文", "同意文言", "同意内容", "同意事項", "個人情報の同意",
            "個人情報取扱同意", "同意の内容",
        ),
    ),
    Column(
        "consent_version",
        ("consent version", "text version", "terms version", "policy version", "同意文の版",
         "同意バージョン", "規約バージョン", "同意文バージョン", "同意版"),
        ("version", "版"),
    ),
    Column(
        "consent_on",
        (
            "consent date", "consented on", "consent on", "consented at", "consent at",
            "consent given on", "date of consent", "opt in date", "optin date", "opted in at",
            "consent timestamp", "agreed on", "agreed at",
            "同意日", "同意日時", "同意年月日", "同意取得日", "同意取得日時", "オプトイン日",
            "オプトイン日時", "承諾日",
        ),
    ),
    Column(
        "consent_method",
        (
            "consent method", "consent source", "how consented", "consent how", "opt in source",
            "consent channel", "optin method", "consent type", "opt in method", "obtained by",
            "同意方法", "同意取得方法", "同意の取得方法", "取得方法", "同意経路",
            "オプトイン方法", "同意媒体",
        ),
        ("source", "channel", "経路"),
    ),
)  # fmt: skip

BY_FIELD = {column.field: column for column in COLUMNS}
#: The field without which no row can be imported.
NEEDED = "email"


def _index(names_of: Callable[[Column], Iterable[str]]) -> dict[str, str]:
    index: dict[str, str] = {}
    for column in COLUMNS:
        for name in names_of(column):
            index.setdefault(header_key(name), column.field)
    return index


_STRONG = _index(lambda column: (*column.names, column.field))
_WEAK = _index(lambda column: column.weak_names)


@lru_cache(maxsize=4096)
def field_named(header: str) -> tuple[str, float] | None:
    """Return the field that a header names as a whole, and how sure that is (0 to 1)."""
    key = header_key(header)
    for form, sureness in ((key, 1.0), (without_unit(key), 0.95)):
        if form in _STRONG:
            return _STRONG[form], sureness
        if form in _WEAK:
            return _WEAK[form], sureness * SURE
    return None


def is_known_header(header: str) -> bool:
    """Say whether a cell, taken whole, is the name of a field of a person, or of a password."""
    return len(header) <= 60 and (field_named(header) is not None or is_password_header(header))


def guess(header: Sequence[str]) -> dict[str, Guess]:
    """Return the best column for each field that a header names: no column twice."""
    best: dict[str, Guess] = {}
    for column, cell in enumerate(header):
        named = field_named(cell) if not is_password_header(cell) else None
        if named is not None and (named[0] not in best or named[1] > best[named[0]].score):
            best[named[0]] = Guess(named[0], column, named[1])
    return best


# -- passwords -------------------------------------------------------------------------------

_PASSWORD_HEADER = re.compile(
    r"pass\s?(?:word|wd|code|phrase|key)|\bpasswd?\b|\bpwd?\b|\bpass\b|\bpw\s?hash\b"
    r"|\bpin\b(?! ?code)"
    r"|\bsecret\b|\bhash(?:ed)?\b|\bsalt\b|\bkennwort\b|\bpasswort\b|\bmot de passe\b"
    r"|\bcontrase|\bcredentials?\b|\bmfa\b|\botp\b|\btotp\b|\brecovery code"
    r"|パスワード|パスコード|暗証|合言葉|合い言葉|密码|密碼|비밀번호|ハッシュ"
)
#: What password hashes look like: PHC strings, crypt, LDAP, Django, and bare MD5/SHA in hex.
_HASH = re.compile(
    r"\$(?:2[abxy]?|1|5|6|7|y|gy|argon2(?:id|i|d)|scrypt|pbkdf2[-\w]*|P|H)\$\S{10,}"
    r"|\{(?:S?SHA(?:256|512)?|S?MD5|CRYPT|PBKDF2[-\w]*)\}\S{8,}"
    r"|(?:pbkdf2_sha\d+|bcrypt_sha256|bcrypt|argon2|scrypt|md5|sha1)[$:]\S{10,}"
    r"|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def is_password_header(header: str) -> bool:
    """Tell whether a column with this name looks as if it held passwords."""
    return bool(_PASSWORD_HEADER.search(header_key(header)))


def password_columns(
    header: Sequence[str] | None, rows: Iterable[Sequence[str]] = ()
) -> tuple[int, ...]:
    """Return the columns (from 0) that look like passwords: by their name, or by hashes in them.

    A first row of names that the reader took for data is looked at too.
    """
    found = {n for n, name in enumerate(header or ()) if is_password_header(name)}
    for number, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            text = cell.strip()
            is_name = number == 0 and header is None and len(text) < 40
            if _HASH.fullmatch(text) or (is_name and is_password_header(text)):
                found.add(column)
    return tuple(sorted(found))

"""Tell a job title from other words of a CV by what it ends with. Pure."""

import re

from jobscore.accounts.lines import clean_line
from jobscore.accounts.resume.proposals import LONGEST_TITLE

#: What English titles end with.
_ENDINGS = """
    accountant actuary adjuster administrator advisor adviser agent aide analyst animator
    apprentice architect artist assembler assistant associate attendant auditor baker barista
    bartender bookkeeper broker builder butcher buyer caregiver caretaker carer carpenter cashier
    chef chemist cleaner clerk coach concierge consultant controller cook coordinator copywriter
    counselor counsellor courier crew curator dentist designer developer dietitian director
    dishwasher dispatcher doctor draftsman driver economist editor electrician engineer
    estimator executive expert fitter foreman gardener geologist guard guide hairdresser handler
    handyman head host hostess housekeeper hygienist illustrator inspector instructor intern
    interpreter investigator janitor journalist labourer laborer lawyer lead leader lecturer
    librarian machinist maker manager marketer mason mechanic merchandiser midwife miner mover
    nanny nurse nutritionist officer operator optician optometrist organizer owner packer painter
    paralegal paramedic partner pharmacist photographer physician physicist picker pilot planner
    plumber porter practitioner presenter president principal printer producer professor
    programmer psychologist receptionist recruiter registrar reporter representative researcher
    roofer sailor salesperson salesman saleswoman scheduler scientist scrum-master secretary
    server sitter specialist staff stocker stylist superintendent supervisor surgeon surveyor
    tailor teacher technician technologist teller tester therapist trader trainer translator tutor
    typist underwriter vet veterinarian waiter waitress warden welder worker writer zoologist
    paralegal sommelier phlebotomist radiographer dba sre cto ceo cfo coo vp
"""
_ENGLISH = frozenset(_ENDINGS.split())
_LEADING = re.compile(
    r"(?:Head|Director|Vice President|VP|Chief|Manager) of [A-Z][\w&]*(?: [\w&]+)?"
)
_SMALL = frozenset({"of", "and", "in", "for", "&", "/"})
_NO_TITLE = re.compile(
    r"\b(?:the|a|an|to|with|our|my|your|their|team|inc|ltd|llc|gmbh|corp|company|university"
    r"|college|school|award|certified|licen[cs]ed?|diploma|bachelor|master of)\b\.?",
    re.I,
)
_PROSE = re.compile(
    r"\b(?:[Ww]ork(?:ed|ing)? as|[Ii] am|[Ii]'m|[Ww]as|[Aa]s|[Ee]xperience as|[Hh]ired as)"
    r" (?:an?|the) (?P<title>[A-Za-z][A-Za-z/&\- ]{2,60})"
)
#: What Japanese titles end with; those of one kind of work stand alone too.
_JAPANESE = re.compile(
    r"(?:エンジニア|(?:テック|チーム|開発|技術)リード|プログラマー?|デザイナー|ディレクター|プロデューサー|コンサルタント|アナリスト|サイエンティスト|アーキテクト"
    r"|マネージャー|マネジャー|リーダー|スタッフ|オペレーター|アドバイザー|プランナー|コーディネーター|インストラクター|トレーナー"
    r"|ドライバー|ライダー|ワーカー|ヘルパー|アシスタント|ライター|イラストレーター|カメラマン|バイヤー|スーパーバイザー|マーケター|リクルーター"
    r"|カウンセラー|セラピスト|エステティシャン|ネイリスト|スタイリスト|パティシエ|バリスタ|バーテンダー|シェフ|コック|ソムリエ|クリエイター"
    r"|ケアマネ(?:ジャー|ージャー)?|キャリアアドバイザー|ホールスタッフ|コンシェルジュ|フロント(?:係|業務|スタッフ)|レジ(?:係|担当|スタッフ)|ホール係|スーパーバイザー"
    r"|(?:看護|美容|理容|調理|整備|薬剤|保健|教|講|医|獣医|料理|庭|大工|助産|准看護|技|漁|漫画|鍼灸|整体)師|教諭|教員|助教|教授|保育士|介護士|介護福祉士"
    r"|(?:理学療法|作業療法|歯科衛生|栄養|管理栄養|税理|会計|弁護|司法書|社会福祉|消防|建築|測量|社労|社会保険労務|航空管制|電気主任技術|言語聴覚)士"
    r"|(?:事務|会社|営業|販売|販促|店|警備|清掃|作業|介護職|介護|支援|指導|相談|配達|配送|倉庫|検査|検品|製造|組立|施工管理|客室乗務|研究|公務|駅|美容部|学芸|生活相談|生活支援|世話人|添乗|乗務|調理|用務|司書教諭|介助|児童指導|生活支援)員"
    r"|店長|副店長|工場長|料理長|園長|校長|支店長|看護助手|調理補助|介護職|事務職|営業職|販売職|総合職|技術職|研究職|保育補助|歯科助手|看護職|秘書|司書|編集者|記者|通訳|翻訳者|翻訳"
    r"|(?:法人|個人|新規|ルート|反響|海外|国内|内勤|提案|企画|技術|不動産|住宅|医療機器|医薬|代理店|広告|IT|インサイド|フィールド|カウンター|店頭|電話)?(?:営業|セールス)"
    r"|(?:一般|営業|医療|経理|総務|貿易|人事|学校|調剤|受付|介護|不動産|データ|OA|法務|金融|購買|英文|企画|生産管理)事務|事務"
    r"|(?:アパレル|携帯|食品|店頭|家電|雑貨|化粧品|惣菜|ジュエリー)販売|販売|接客|経理|総務|人事|労務|法務|広報|財務|購買|調達|品質管理|品質保証|生産管理|施工管理|現場監督|生産技術"
    r"|商品企画|商品開発|企画|研究開発|機械設計|回路設計|電気設計|設計|製造|検品|梱包|仕分け|ピッキング|配送|運転手|警備|清掃|受付|コールセンター|テレアポ|調理|大工|左官"
    r"|塾講師|家庭教師|講師|校閲|編集|経営企画|社内SE|SE|PG|PM|PMO|MR|SV)$"
)
_NOT_JAPANESE = re.compile(
    r"株式会社|有限会社|合同会社|（株）|\(株\)|㈱|法人[^営向]|大学|学校|高校|学部|学科|病院$|[。、！？]|資格|免許|取得|合格|卒業|入学|検定|"
    r"職歴|経歴|経験|目標|希望|以上|向け|^[ぁ-ん]|各種|など|[0-9０-９]名|部門?$|チーム$|業界"
)
_TAIL = re.compile(
    r"(?:として.*|を(?:担当|経験|務め|行).*|に(?:従事|配属|就任|昇格|昇進).*|の?業務(?:全般)?(?:を.*|に.*)?$|勤務.*|職?に従事.*"
    r"|(?<=.)担当(?:者)?$|で(?:入社|勤務).*|(?:アルバイト|パート|契約社員|正社員|派遣社員|派遣)$)"
)
_KINDS = re.compile(
    r"^(?:正社員|契約社員|派遣社員|派遣|アルバイト|パート(?:タイム)?|業務委託)(?:[:：・]|として)?|^(?:配属|職務|職種|役職|役割|担当)[:：]"
)
#: Words that only begin a title when more follows; alone they name a rank, no work.
_RANKS = frozenset(
    {"リーダー", "スタッフ", "マネージャー", "マネジャー", "アシスタント", "企画", "設計", "製造",
     "技師", "lead", "leader", "staff", "head", "expert", "partner", "owner", "assistant",
     "associate", "executive", "president", "principal", "crew", "host", "server", "worker"}
)  # fmt: skip


def title_in(words: str) -> str:
    """Return the job title that some words of a CV are, or an empty text.

    ``ホールスタッフとして勤務`` is ホールスタッフ, ``Senior Nurse`` is itself; a sentence is none.
    """
    line = clean_line(words).strip(" .,:;：；・･*•-–—「」【】()（）")
    if not 2 <= len(line) <= LONGEST_TITLE:
        return ""
    return _english(line) if line.isascii() or _has_no_japanese(line) else _japanese(line)


def title_in_prose(line: str) -> str:
    """Return the job title that a sentence names: ``I worked as a night nurse in …``."""
    match = _PROSE.search(line)
    if match is None:
        return ""
    words = match["title"].split()
    for end in range(min(len(words), 5), 0, -1):
        if _head(words[end - 1]) and not any(w in _SMALL or w == "at" for w in words[:end]):
            title = " ".join(words[:end])
            return "" if title.lower() in _RANKS else title
    return ""


def _has_no_japanese(line: str) -> bool:
    return not any("\u3040" <= c <= "\u9fff" for c in line)


def _head(word: str) -> bool:
    return word.lower().strip(".") in _ENGLISH


def _english(line: str) -> str:
    plain = re.sub(r"\s*\((?:[^()]*)\)$", "", line).strip()
    plain = re.sub(r"\s+(?:I{1,3}|IV|[1-3])$", "", plain)
    words = plain.split()
    if not words or len(words) > 6 or _NO_TITLE.search(plain):
        return ""
    if not (_head(words[-1].split("/")[-1]) or _LEADING.fullmatch(plain)):
        return ""
    if plain.lower() in _RANKS:
        return ""
    is_named = all(w in _SMALL or not w[0].islower() for w in words)
    return plain if is_named else ""


def _japanese(line: str) -> str:
    plain = _KINDS.sub("", line).strip(" :：・")
    plain = _TAIL.sub("", plain).strip(" :：・")
    if not 2 <= len(plain) <= 24 or _NOT_JAPANESE.search(plain) or plain in _RANKS:
        return ""
    return plain if _JAPANESE.search(plain) else ""

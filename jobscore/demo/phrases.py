"""Sentences that any posting may use, by language."""

from collections.abc import Mapping

from jobscore.demo.catalogue import Language

#: Fields: company, place, title.
OPENINGS: Mapping[Language, tuple[str, ...]] = {
    "ja": (
        "{company}では、{place}で働く{title}を募集しています。",
        "{place}エリアで{title}として一緒に働きませんか。",
        "事業拡大に伴い、{title}を新しくお迎えします。勤務地は{place}です。",
        "{company}は地域のお客様に支えられて成長してきました。このたび{place}で{title}を募集します。",
        "「人の役に立つ仕事がしたい」という方へ。{place}で{title}のお仕事です。",
    ),
    "en": (
        "{company} is hiring a {title} in {place}.",
        "Join {company} as a {title} and grow with us in {place}.",
        "We are looking for a {title} to strengthen our team in {place}.",
        "{company} has grown steadily, and we now need a {title} in {place}.",
        "Do work that people notice: {company} is looking for a {title} ({place}).",
    ),
}
DUTIES: Mapping[Language, tuple[str, ...]] = {
    "ja": ("【仕事内容】", "■主な業務\n", "具体的には、", "お任せしたいこと："),
    "en": ("What you will do: ", "Your day: ", "Responsibilities: ", "In this role you will: "),
}
#: Fields: start, end, hours.
PART_HOURS: Mapping[Language, tuple[str, ...]] = {
    "ja": (
        "勤務時間は{start}:00〜{end}:00の間で、1日{hours}時間から相談できます。",
        "シフトは{start}:00〜{end}:00、実働{hours}時間程度です。",
        "{start}時から{end}時までの間で{hours}時間以上入れる方を歓迎します。",
    ),
    "en": (
        "Shifts run between {start}:00 and {end}:00, usually {hours} hours.",
        "Typical shifts are {hours} hours between {start}:00 and {end}:00.",
    ),
}
FULL_HOURS: Mapping[Language, tuple[str, ...]] = {
    "ja": (
        "勤務時間は{start}:00〜{end}:00（休憩60分）です。年間休日は{days}日あります。",
        "{start}:00〜{end}:00の実働8時間、年間休日{days}日です。",
        "1か月単位の変形労働時間制（週平均40時間）で、年間休日は{days}日です。",
    ),
    "en": (
        "The week is forty hours, {start}:00 to {end}:00, with {days} days of paid leave.",
        "Full-time hours are {start}:00 to {end}:00; paid time off is {days} days.",
    ),
}
PART_BENEFITS: Mapping[Language, tuple[str, ...]] = {
    "ja": (
        "制服は貸与します。社員登用の実績も多数あります。",
        "昇給は年1回、条件を満たせば社会保険に加入できます。",
        "従業員割引があり、家族で利用するスタッフもいます。",
        "有給休暇は勤務日数に応じて付与します。",
        "研修期間は2週間で、その間の時給は変わりません。",
    ),
    "en": (
        "Uniform, staff discount and paid breaks are included.",
        "Raises are reviewed every six months, and we promote from within.",
        "Sick pay starts from your first month.",
        "Training is paid at the full rate.",
    ),
}
FULL_BENEFITS: Mapping[Language, tuple[str, ...]] = {
    "ja": (
        "昇給年1回、賞与年2回（業績による）、各種社会保険完備です。",
        "退職金制度、家族手当、住宅手当があります。",
        "資格取得の費用を会社が負担し、合格時にはお祝い金を支給します。",
        "試用期間は3か月で、その間の待遇は変わりません。",
        "産休・育休の取得実績があり、復帰率は95%です。",
    ),
    "en": (
        "Benefits include medical, dental and vision cover and a retirement plan with match.",
        "There is a yearly bonus tied to results that you can influence.",
        "We offer parental leave, a learning budget and a sensible on-call policy.",
        "Probation lasts three months on full pay and benefits.",
    ),
}
ABOUT: Mapping[Language, tuple[str, ...]] = {
    "ja": (
        "スタッフの定着率が高く、5年以上働いている仲間が半数を占めています。",
        "創業以来、人を大切にすることを経営の中心に置いてきました。",
        "意見を出しやすい雰囲気で、現場の声から生まれた改善がたくさんあります。",
        "一人で抱え込まず、チームで解決することを大切にしています。",
        "国籍や年齢、性別を問わず、さまざまな仲間が活躍しています。",
    ),
    "en": (
        "Half of our colleagues have been with us for more than five years.",
        "We listen: most of last year's improvements came from the people doing the work.",
        "We hire for character and teach the craft.",
        "People of every background work here, and we adjust the job to fit.",
        "We are growing, profitable and owned by the people who run it.",
    ),
}
CLOSINGS: Mapping[Language, tuple[str, ...]] = {
    "ja": (
        "面接は1回、履歴書は不要です。まずはお気軽にご応募ください。",
        "ご応募後、3日以内に担当者からご連絡します。",
        "職場見学も歓迎しています。気になることは何でもお尋ねください。",
        "入社日は相談に応じます。在職中の方もご応募ください。",
    ),
    "en": (
        "Apply with a short note; a CV is welcome but not required.",
        "We answer every application within three working days.",
        "Come and visit before you decide; we are happy to show you around.",
        "Interviews are one short call and one visit.",
    ),
}
#: Experience as a posting asks it, by least years.
YEARS: Mapping[Language, Mapping[int, tuple[str, ...]]] = {
    "ja": {
        0: ("未経験OK", "経験不問", "未経験者歓迎", ""),
        1: ("実務経験1年以上", "経験1年以上", "経験者優遇"),
        2: ("実務経験2年以上", "経験2年以上"),
        3: ("経験3年以上", "実務経験3年以上"),
        5: ("経験5年以上", "実務経験5年以上（リーダー経験歓迎）"),
    },
    "en": {
        0: ("Entry level", "No experience required", "0-1 years", ""),
        1: ("1+ years", "1-3 years", "At least 1 year"),
        2: ("2+ years", "2-4 years"),
        3: ("3+ years", "3-5 years", "Mid level"),
        5: ("5+ years", "5-8 years", "Senior"),
    },
}
#: Employment types as postings write them, by (schema.org word).
EMPLOYMENT: Mapping[Language, Mapping[str, tuple[str, ...]]] = {
    "ja": {
        "PART_TIME": ("アルバイト・パート", "アルバイト", "パート", "アルバイト、パート"),
        "FULL_TIME": ("正社員", "正社員", "正社員(試用期間あり)"),
        "CONTRACTOR": ("業務委託", "契約社員"),
        "TEMPORARY": ("派遣社員", "紹介予定派遣"),
        "INTERN": ("インターン",),
    },
    "en": {
        "PART_TIME": ("Part-time", "Part time", "PART_TIME"),
        "FULL_TIME": ("Full-time", "Full time", "Permanent", "FULL_TIME"),
        "CONTRACTOR": ("Contract", "Freelance"),
        "TEMPORARY": ("Temporary", "Seasonal"),
        "INTERN": ("Internship",),
    },
}

"""Words about age and sex in English postings, as advice. Pure.

ADEA and Title VII (EEOC, "Prohibited Employment Policies/Practices": job advertisements), UK
Equality Act 2010 (EHRC guidance on advertising). What is about customers, or both sexes, passes.
"""

import re
from collections.abc import Iterator

from jobscore.jobs.checks.findings import Field, Finding, Posting, Rule, gathered, quote

#: Occupational requirements and bona fide occupational qualifications are lawful.
_REASON = re.compile(
    r"occupational requirement|schedule 9|bona fide|bfoq|genuine occupational|equality act 2010",
    re.IGNORECASE,
)
_AGE = re.compile(
    r"\b(?:recent|new) (?:college |university )?grad(?:uate)?s? only\b"
    r"|\bonly (?:recent|new) (?:college |university )?grad(?:uate)?s?\b"
    r"|\b(?:a |our |very )?young(?:,| and|, and)?"
    r" (?:dynamic|energetic|vibrant|fun|ambitious|hungry)\b"
    r"|\b(?:seeking|looking for|hiring|want|need|for)(?: an?| some)?(?: \w+,?){0,2} young"
    r" (?:man|men|woman|women|lady|ladies|person|individual|candidate|professional|talent)s?\b"
    r"|\byoung (?:candidates?|applicants?|blood)\b|\bdigital natives?\b|\byouthful\b"
    r"|\b(?:maximum|upper) age(?: limit)?(?: is| of|:)? ?\d\d\b|\bage limit(?: is|:)? ?\d\d\b"
    r"|\bno older than \d\d\b|\bunder (?:the age of )?(?P<under>\d\d) years old\b"
    r"|\b(?:aged?|between(?: the ages of)?) (?P<low>\d\d) ?(?:-|–|to|and) ?(?P<high>\d\d)"
    r"(?: years(?: old| of age)?)?\b(?! ?(?:%|hours|people|staff|days|employees|kg|lbs|k\b|,))"
)
_OF_OTHERS = re.compile(
    r"(?:child(?:ren)?|pupils?|students?|adults?|clients?|customers?|patients?|residents?|people|"
    r"learners?|youths?|kids|campers)\W+(?:\w+\W+)?$"
)
_SEX = re.compile(
    r"\b(?P<sex>male|female|men|women|ladies|gentlemen)s?(?: (?:candidates?|applicants?|staff"
    r"|drivers?|workers?|cleaners?|carers?))?[ -](?:only|preferred|wanted|required)\b"
    r"|\bonly (?P<only>male|female|men|women)s? (?:candidates?|applicants?|need apply|may apply)\b"
    r"|\b(?:hiring|seeking|looking for|need|want)(?: an?| some)? (?P<asked>male|female) "
    r"(?!dominated|owned)\w+"
)
_GENDERED = re.compile(
    r"\b(?:salesm[ae]n|saleswom[ae]n|waitress(?:es)?|stewardess(?:es)?|barmaids?|barm[ae]n|handym[ae]n"
    r"|forem[ae]n|repairm[ae]n|policem[ae]n|firem[ae]n|cleaning lad(?:y|ies)|tea lad(?:y|ies)"
    r"|cameram[ae]n|delivery m[ae]n|deliverym[ae]n|craftsm[ae]n|draughtsm[ae]n|draftsm[ae]n"
    r"|housewi(?:fe|ves)|hostess(?:es)?|cocktail waitress|office girls?|girl friday|doorm[ae]n)\b"
)
_COUNTERPART = re.compile(
    r"waiters?\b|person\b|people\b|\bhosts?\b|stewards?\b|m[ae]n\b|husband", re.IGNORECASE
)
_ASKED = re.compile(
    r"(?:hiring|seeking|looking for|need|want|recruiting|as|join us as)"
    r"(?: an?| our| experienced| new)*\s+(?:\w+\s+)?$"
)
_FOR_CUSTOMERS = re.compile(
    r"^(?:-|\s)*(?:gym|club|salon|spa|clothing|fashion|shoes|health|refuge|ward)"
)
#: A pattern is tried only where one of its words stands: looking for these is far quicker.
_AGE_WORDS = frozenset(
    [
        "young",
        "youthful",
        "grad",
        "grads",
        "graduate",
        "graduates",
        "native",
        "natives",
        "limit",
        "age",
        "aged",
        "ages",
        "older",
        "old",
    ]
)
_SEX_WORDS = frozenset(
    ["male", "males", "female", "females", "men", "women", "ladies", "gentlemen"]
)
_GENDERED_WORDS = frozenset(
    [
        "salesman",
        "salesmen",
        "saleswoman",
        "saleswomen",
        "waitress",
        "waitresses",
        "stewardess",
        "stewardesses",
        "barmaid",
        "barmaids",
        "barman",
        "barmen",
        "handyman",
        "handymen",
        "foreman",
        "foremen",
        "repairman",
        "repairmen",
        "policeman",
        "policemen",
        "fireman",
        "firemen",
        "lady",
        "ladies",
        "cameraman",
        "cameramen",
        "man",
        "men",
        "deliveryman",
        "deliverymen",
        "craftsman",
        "craftsmen",
        "draughtsman",
        "draughtsmen",
        "draftsman",
        "draftsmen",
        "housewife",
        "housewives",
        "hostess",
        "hostesses",
        "girl",
        "girls",
        "doorman",
        "doormen",
    ]
)
_MARKS = str.maketrans(dict.fromkeys(".,;:!?()[]{}/'\"-–—’“”*•|&+", " "))


def findings(posting: Posting, whole: str) -> list[Finding]:
    """Return the advice on an English posting."""
    ages: list[tuple[Field, str]] = []
    sexes: list[tuple[Field, str]] = []
    words = set(whole.lower().translate(_MARKS).split())
    speaks_of_age = not words.isdisjoint(_AGE_WORDS)
    speaks_of_sex = not words.isdisjoint(_SEX_WORDS)
    names_jobs = not words.isdisjoint(_GENDERED_WORDS)
    for name, text in posting.texts() if speaks_of_age or speaks_of_sex or names_jobs else ():
        lowered = text.lower()
        if len(lowered) != len(text):  # a rare letter: places must be the same in both
            text = lowered
        if speaks_of_age:
            ages += [(name, quote(text, *found)) for found in _ages(lowered)]
        if speaks_of_sex:
            sexes += [(name, quote(text, *found)) for found in _named(lowered)]
        if names_jobs:
            sexes += [(name, quote(text, *found)) for found in _gendered(name, lowered)]
    if (ages or sexes) and any(_REASON.search(text) for _, text in posting.texts()):
        return []
    return gathered(Rule.AGE_ENGLISH, ages) + gathered(Rule.SEX_ENGLISH, sexes)


def _ages(text: str) -> Iterator[tuple[int, int]]:
    for found in _AGE.finditer(text):
        high = int(found["high"] or found["under"] or 99)
        is_of_others = _OF_OTHERS.search(text[max(0, found.start() - 28) : found.start()])
        if high > 18 and not (found["high"] and (is_of_others or int(found["low"]) >= high)):
            yield found.span()


def _named(text: str) -> Iterator[tuple[int, int]]:
    for found in _SEX.finditer(text):
        start, end = found.span()
        word = found["sex"] or found["only"] or found["asked"]
        others = r"\bmale|\bmen\b" if word.startswith(("f", "w", "l")) else r"female|\bwomen\b"
        around = text[max(0, start - 20) : end + 20]
        if not re.search(others, around) and not _FOR_CUSTOMERS.match(text[end : end + 12]):
            yield start, end


def _gendered(name: Field, text: str) -> Iterator[tuple[int, int]]:
    for found in _GENDERED.finditer(text):
        start, end = found.span()
        around = text[max(0, start - 14) : start] + " " + text[end : end + 14]
        is_asked = name is Field.TITLE or _ASKED.search(text[max(0, start - 40) : start])
        if is_asked and not _COUNTERPART.search(around):
            yield start, end

"""The scoring rules as scalar Python that anyone can read. Tests compare the engine with it.

`components` gives the five parts of one pair, `total` and `rank` the arithmetic and the order.
Nothing here is vectorised, cached or clever; it shares only the value types with the product.
"""

import math
from collections import Counter

from jobscore.scoring.frames import LEVEL_TENTHS, Remote, RemoteWish
from jobscore.scoring.terms import all_terms, terms
from jobscore.scoring.texts import LEAD
from jobscore.scoring.titles import balance, grams, pieces, tokens
from jobscore.vocabulary.conditions import is_condition, licences

FACTORS = {"hour": 1_920, "day": 240, "week": 48, "month": 12, "year": 1}


# ---- the total and the order -------------------------------------------------------------


def total(components, weights):
    """0..1,000,000 over the judged parts, rounded half up; None when nothing was judged."""
    judged = sum(w for c, w in zip(components, weights, strict=True) if c >= 0)
    known = sum(w * c for c, w in zip(components, weights, strict=True) if c >= 0)
    return (known * 200 + judged) // (2 * judged) if judged else None


def coverage(components, weights):
    return sum(w for c, w in zip(components, weights, strict=True) if c >= 0)


def rank_points(components, weights, neutral):
    return sum(w * (c if c >= 0 else neutral) for c, w in zip(components, weights, strict=True))


def rank(profile, rows, world, policy, k):
    """The best k (job id, rank points, total, components), newest then smallest id on ties."""
    scored = []
    for row in rows:
        parts = components(profile, row, world, policy)
        weights = profile.weights or policy.weights
        enough = coverage(parts, weights) >= max(1, policy.coverage_floor)
        if enough and total(parts, weights) >= policy.minimum_total * 10_000:
            points = rank_points(parts, weights, policy.neutral)
            scored.append((-points, -row.posted, row.id, total(parts, weights), parts))
    return [(job, -points, tot, parts) for points, _, job, tot, parts in sorted(scored)[:k]]


def components(profile, row, world, policy):
    return (
        skill_match(profile, row, world, policy),
        location(profile, row, policy),
        salary(profile, row, policy),
        experience(profile, row, policy),
        culture_fit(profile, row, world, policy),
    )


# ---- the five parts: basis points 0..10,000, or -1 ---------------------------------------


class World:
    """All jobs at once: what rarity is measured on."""

    def __init__(self, rows, asks=(), statements=(), links=()):
        self.rows = rows
        self.links = sorted(set(links))
        self.asked = {row.id: {} for row in rows}
        for job, skill, required, weight in asks:
            known = self.asked[job].get(skill, (False, 0))
            self.asked[job][skill] = max(known, (required, weight))
        self.skill_jobs = Counter(s for asked in self.asked.values() for s in asked)
        self.said = {row.id: {} for row in rows}
        for job, feature, stated in statements:
            self.said[job][feature] = self.said[job].get(feature, True) and stated
        titles = {tokens(row.title) for row in rows}
        self.titles = len(titles)
        self.cuts = {1: grams, 2: pieces}
        self.gram_titles = {
            formula: Counter(g for t in titles for g in {g for w in t for g in cut(w)})
            for formula, cut in self.cuts.items()
        }
        self.postings = {(row.title, row.text[:LEAD]) for row in rows if row.text.strip()}
        self.term_postings = Counter(
            t for title, text in self.postings for t in terms(tokens(title) + tokens(text))
        )
        self.word_titles = Counter(w for t in titles for w in set(t))
        self.term_wholes = Counter(
            t for row in rows for t in terms(tokens(f"{row.title}\n{row.body}"))
        )
        self.names_employers = any(tokens(row.company) for row in rows)
        parts = [part for row in rows for part in (tokens(row.title), tokens(row.company))]
        self.word_heads = Counter(w for part in parts for w in set(part))
        self.gram_heads = {
            formula: Counter(g for part in parts for g in {g for w in part for g in cut(w)})
            for formula, cut in self.cuts.items()
        }

    def conditions(self, row):
        """What the posting makes a condition; what it also rules out is none."""
        known = {c for c in self.said[row.id] if is_condition(c)}
        return {condition for condition in known if self.said[row.id][condition]}


def idf(df, count):
    return round(1_000 * (1 + math.log((1 + count) / (1 + df))))


def gram_vector(words, world, formula):
    weights = Counter()
    for word in words:
        own = {
            gram: tf * idf(world.gram_titles[formula][gram], world.titles)
            for gram, tf in Counter(world.cuts[formula](word)).items()
        }
        factor = 1
        if formula == 2:
            rarity = idf(world.word_titles[word], world.titles)
            factor = balance(word, sum(w * w for w in own.values()), rarity)
        for gram, w in own.items():
            weights[gram] += w * factor
    norm = math.sqrt(sum(w * w for w in weights.values()))
    return {gram: round(w * 16_384 / norm) for gram, w in weights.items()}


def likeness(a, b, world, p):
    """By spelling, and by the meaning that the world's encoder knows."""
    spelt = cosine(a, b, world, p.title_formula)
    if not p.semantic_share:
        return spelt
    mine, theirs = (
        [max(-127, min(127, round(x * 512))) for x in world.encode([" ".join(words)])[0]]
        for words in (a, b)
    )
    squares = sum(x * x for x in mine) * sum(x * x for x in theirs)
    dot = sum(x * y for x, y in zip(mine, theirs, strict=True))
    meant = max(0, min(10_000, round(dot * 10_000 / math.sqrt(max(1, squares)))))
    return (spelt * (100 - p.semantic_share) + meant * p.semantic_share + 50) // 100


def cosine(a, b, world, formula):
    mine, theirs = gram_vector(a, world, formula), gram_vector(b, world, formula)
    dot = sum(w * theirs[gram] for gram, w in mine.items() if gram in theirs)
    return min(10_000, (dot * 10_000 + 2**27) // 2**28)


def head_vector(words, world, formula):
    """Whole weights of the pieces of a title and an employer; rarity counts postings."""
    count, weights = len(world.rows), Counter()
    for word in words:
        pieces_of_word = Counter(world.cuts[formula](word))
        own = {
            gram: tf * idf(min(count, world.gram_heads[formula][gram]), count)
            for gram, tf in pieces_of_word.items()
        }
        factor = 256
        if formula == 2:
            rarity = idf(min(count, world.word_heads[word]), count)
            factor = balance(word, sum(w * w for w in own.values()), rarity)
        for gram, w in own.items():
            weights[gram] += (w * factor + 2**11) >> 12
    return weights


def product(a, b):
    return (sum(w * b[gram] for gram, w in a.items()) + 2**7) >> 8


def one_over_length(vector):
    squared = sum(w * w for w in vector.values())
    return round(2**28 / math.sqrt(squared)) if squared else 0


def head_likeness(wishes, row, world, formula):
    """The sum of cosines with (title, employer, percent), basis points times percent."""
    theirs = [head_vector(tokens(part), world, formula) for part in (row.title, row.company)]
    points = 0
    for part in theirs:
        summed = 0
        for title, employer, percent in wishes:
            mine = [head_vector(words, world, formula) for words in (title, employer)]
            products = sum(product(vector, part) for vector in mine)
            summed += products * one_over_length(mine[0] + mine[1]) * percent
        points += (((summed + 2**7) >> 8) * 10_000 + 2**11) >> 12
    return (points * one_over_length(theirs[0] + theirs[1]) + 2**27) >> 28


def mean_with_employers(profile, row, world, policy):
    """The mean likeness of title and employer with the person's titles and the jobs seen."""
    p, formula = policy.parameters, policy.parameters.title_formula
    own, seen = profile.own_title_words(), profile.seen_heads()
    wishes = [(words, (), p.employer_share) for words in own]
    wishes += [(title, employer, p.seen_title_percent) for title, employer in seen]
    alone = sum(likeness(words, tokens(row.title), world, p) for words in own)
    whole = 100 * (len(own) + len(seen))
    summed = head_likeness(wishes, row, world, formula) + alone * (100 - p.employer_share)
    return min(10_000, (2 * summed + whole) // (2 * whole))


def text_coverage(words, row, world):
    """The share of a title's terms that the posting has, by rarity."""
    rarity = {
        term: idf(world.term_postings[term], len(world.postings)) - 1_000 for term in terms(words)
    }
    whole = sum(rarity.values())
    found = sum(rarity[term] for term in terms(tokens(row.title) + tokens(row.text[:LEAD]))
                if term in rarity)  # fmt: skip
    return (20_000 * found + whole) // max(1, 2 * whole)


def closeness(profile, row, world, policy):
    """The mean cosine of the person's titles with the job's, on the formula's curve."""
    p, own = policy.parameters, profile.own_title_words()
    words = [(w, 100) for w in own] + [
        (w, p.seen_title_percent) for w in profile.seen_title_words()
    ]
    if not words:
        return -1
    if p.employer_share and world.names_employers:
        words = [(w, 100) for w in own] + [
            (t, p.seen_title_percent) for t, _ in profile.seen_heads()
        ]
        mean = mean_with_employers(profile, row, world, policy)
    else:
        total = sum(likeness(w, tokens(row.title), world, p) * n for w, n in words)
        mean = (2 * total + 100 * len(words)) // (200 * len(words))
    if p.text_share and row.text.strip():
        total = sum(text_coverage(w, row, world) * n for w, n in words)
        named = (2 * total + 100 * len(words)) // (200 * len(words))
        mean = max(mean, (mean * (100 - p.text_share) + named * p.text_share + 50) // 100)
    if p.title_formula == 1:
        return math.isqrt(mean * 10_000)
    return (2 * mean * 13_000 + mean + 3_000) // (2 * (mean + 3_000))


def skill_shares(row, world, policy):
    """Basis points of each asked skill, adding up to 10,000."""
    p = policy.parameters
    weights = {
        skill: max(1, idf(world.skill_jobs[skill], len(world.rows))
                   * (p.required_weight if required else p.nice_weight) * weight // 100)
        for skill, (required, weight) in world.asked[row.id].items()
    }  # fmt: skip
    shares = {s: w * 10_000 // sum(weights.values()) for s, w in weights.items()}
    if shares:
        first = min(weights, key=lambda s: (-weights[s], s))
        shares[first] += 10_000 - sum(shares.values())
    return shares


def skill_credit(profile, asked, world, policy):
    """Percent of an asked skill that the person's skills earn: the best of all."""
    p, best = policy.parameters, 0
    for skill, level in profile.skills.items():
        own = p.level_credit[min(5, max(1, level)) - 1]
        if skill == asked:
            best = max(best, own)
        for link in world.links:
            ends = (link.narrower, link.broader)
            if asked in ends and skill in ends and asked != skill:
                part = p.narrower_credit if skill == link.narrower else p.broader_credit
                best = max(best, own * (p.family_credit if link.family else part) // 100)
    return best


def whole_vector(text, world):
    """Unit weights of the terms of a text: rarity times saturated counts."""
    count, weights = len(world.rows), {}
    for term, n in Counter(all_terms(tokens(text))).items():
        rarity = idf(world.term_wholes[term], count) - 1_000
        whole = 1_200 + 1_000 * n
        weights[term] = (2 * 2_200 * n * rarity + whole) // (2 * whole)
    norm = math.sqrt(sum(w * w for w in weights.values()))
    return {term: round(w * 16_384 / norm) for term, w in weights.items() if w}


def cv_likeness(text, row, world):
    mine, theirs = whole_vector(text, world), whole_vector(f"{row.title}\n{row.body}", world)
    dot = sum(w * theirs[term] for term, w in mine.items() if term in theirs)
    return min(10_000, (dot * 10_000 + 2**27) // 2**28)


def skill_match(profile, row, world, policy):
    covered = -1
    if profile.skills and world.asked[row.id]:
        shares = skill_shares(row, world, policy)
        earned = sum(s * skill_credit(profile, k, world, policy) for k, s in shares.items())
        covered = (earned + 50) // 100
    close = closeness(profile, row, world, policy)
    if close >= 0 and not profile.own_title_words():
        percent = policy.parameters.seen_alone_percent
        close = (close * percent + policy.neutral * (100 - percent) + 50) // 100
    cv_share = policy.parameters.cv_share
    if cv_share and profile.text.strip() and any(other.body for other in world.rows):
        alike = cv_likeness(profile.text, row, world)
        alike = (2 * alike * 13_000 + alike + 3_000) // (2 * (alike + 3_000))
        if close < 0:
            close = alike
        elif len(row.body) >= 200:
            close = (close * (100 - cv_share) + alike * cv_share + 50) // 100
    if close < 0 or covered < 0:
        fit = max(close, covered)
    else:
        share = policy.parameters.title_share
        fit = (covered * (100 - share) + close * share + 50) // 100
    return with_popularity(fit, profile, row, policy)


def with_popularity(fit, profile, row, policy):
    """For a person who looked at no job and named little, people who looked count too."""
    p = policy.parameters
    named = len(profile.wanted_titles + profile.held_titles) + len(profile.skills)
    knows_more = profile.seen_titles or profile.seen_places or named > p.popularity_wishes
    if fit < 0 or knows_more or not p.popularity_share:
        return fit
    viewers = row.viewers if row.viewers >= 5 else 0
    whole = viewers + p.popularity_half
    popular = (20_000 * viewers + whole) // (2 * whole)
    return (fit * (100 - p.popularity_share) + popular * p.popularity_share + 50) // 100


def squared_metres(a, b):
    def xyz(p):
        lat, lon = math.radians(p.lat), math.radians(p.lon)
        x, y, z = math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)
        return [round(v * 6_371_000) for v in (x, y, z)]

    return sum((i - j) ** 2 for i, j in zip(xyz(a), xyz(b), strict=True))


def nearness(points, point, half_km, policy):
    if point.place and point.place in {p.place for p in points}:
        return 10_000
    homes = [p for p in points if p.lat is not None and p.lon is not None]
    if homes and point.lat is not None and point.lon is not None:
        half = (half_km * 1_000) ** 2
        whole = half + min(squared_metres(home, point) for home in homes)
        return (10_000 * half + whole // 2) // whole
    regions = {p.region for p in points if p.region}
    if regions and point.region:
        return policy.parameters.region_points if point.region in regions else 0
    return -1


def location(profile, row, policy):
    p, point = policy.parameters, row.point
    half = max(1, profile.half_distance_km or p.half_distance_km)
    if row.remote == Remote.FULLY and profile.remote != RemoteWish.NO:
        return 10_000
    if profile.remote == RemoteWish.ONLY:
        if row.remote == Remote.PARTLY:
            return p.hybrid_points
        named = point.region or point.place or (point.lat is not None and point.lon is not None)
        return 0 if named or row.remote == Remote.NO else -1
    result = nearness(profile.homes, point, half, policy)
    if profile.seen_places:
        if p.seen_places_averaged:
            seen = [nearness([place], point, half, policy) for place in profile.seen_places[-10:]]
            each = [(n, p.seen_place_percent) for n in seen if n >= 0]
            each += [(result, 100)] if result >= 0 else []
            hundreds = sum(points * percent for points, percent in each)
            count = 100 * len(each)
            result = (2 * hundreds + count) // (2 * count) if each else -1
        else:
            seen = nearness(profile.seen_places, point, half, policy)
            result = max(result, seen * p.seen_place_percent // 100 if seen >= 0 else -1)
    if profile.move_to and point.region:
        result = max(result, p.move_points if point.region in profile.move_to else 0)
    return result


def yearly(amount, period):
    if amount is None or period not in FACTORS:
        return -1
    return min(int(amount * 100) * FACTORS[period], 10**11)


def salary(profile, row, policy):
    wish = yearly(profile.pay_wish, profile.pay_period)
    ends = [yearly(row.pay_min, row.pay_period), yearly(row.pay_max, row.pay_period)]
    known = [end for end in ends if end >= 0]
    if wish <= 0 or not known or not profile.pay_currency:
        return -1
    if row.pay_currency != profile.pay_currency:
        return -1
    zero = policy.parameters.salary_zero_shortfall
    reach = [max(0, 10_000 - max(0, wish - end) * 1_000_000 // (wish * zero)) for end in known]
    return (reach[0] + reach[-1] + 1) // 2


def experience(profile, row, policy):
    if row.no_experience_ok:
        return 10_000
    p, judged = policy.parameters, []
    tenths = None if profile.years is None else round(profile.years * 10)
    level = profile.level
    if tenths is None and level is not None:
        tenths = LEVEL_TENTHS[level]
    if level is None and tenths is not None:
        level = max(n for n, begins in enumerate(LEVEL_TENTHS) if begins <= tenths)
    low, high = row.years_min, row.years_max
    if tenths is not None and (low is not None or high is not None):
        if high is not None and tenths > round(high * 10):
            over = (tenths - round(high * 10)) * p.year_over_loss // 10
            judged.append(max(10_000 - over, p.over_floor))
        else:
            short = max(0, round((low or 0) * 10) - tenths) * p.year_short_loss // 10
            judged.append(max(10_000 - short, 0))
    if level is not None and row.level is not None:
        if level > row.level:
            judged.append(max(10_000 - (level - row.level) * p.level_over_loss, p.over_floor))
        else:
            judged.append([10_000, *p.level_short_points, 0][min(3, row.level - level)])
    return (sum(judged) + len(judged) - 1) // len(judged) if judged else -1


def culture_fit(profile, row, world, policy):
    said = world.said[row.id]
    ticked = [said.get(feature) for feature in profile.features]
    if all(answer is None for answer in ticked):
        return -1
    points = sum({True: 10_000, False: 0, None: policy.neutral}[answer] for answer in ticked)
    return (points + len(ticked) // 2) // len(ticked)


# ---- gates: apart from points ------------------------------------------------------------


def gate_states(answers, conditions, region):
    """How the gates stand, as (gate, state): a licence one of whose kind is enough, once a kind."""
    held = {c for c, met in answers.items() if met}
    known = {f"licence:{code}": licence for code, licence in licences().items()}
    for condition in sorted(held & set(known)):
        held |= {f"licence:{code}" for code in known[condition].covers}
    states = []
    for kind in sorted({known[c].group for c in conditions if c in known}):
        wanted = [c for c in conditions if c in known and known[c].group == kind]
        if any(c in held for c in wanted):
            states.append(("licence", "pass"))
        elif all(answers.get(c) is False for c in wanted):
            states.append(("licence", "fail"))
        else:
            states.append(("licence", "unknown"))
    simple = {
        "work_permit": ["work_permit_required"],
        "age": ["adults_only"],
        "hours": ["nights_required", "overtime_required", "weekends_required"],
    }
    for gate, codes in simple.items():
        wanted = [answers.get(c) for c in codes if c in conditions]
        in_japan = (region or "").startswith("JP-")
        if gate == "age" and not wanted and in_japan and "nights_required" in conditions:
            wanted = [answers.get("adults_only")]
        if wanted:
            state = "fail" if False in wanted else "unknown" if None in wanted else "pass"
            states.append((gate, state))
    return states


def failing(answers, conditions, region):
    """The gates that keep a job from a person."""
    return {gate for gate, state in gate_states(answers, conditions, region) if state == "fail"}

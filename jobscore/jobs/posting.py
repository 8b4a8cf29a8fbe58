"""A posting for search engines and for those who pass its link on: JSON-LD, Open Graph.

Only what the posting states goes in. JobPosting (https://schema.org/JobPosting) follows Google's
rules (https://developers.google.com/search/docs/appearance/structured-data/job-posting): what
these require and the posting does not state leaves the whole JobPosting out, for half of one is an
error there.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from markupsafe import escape

from jobscore.jobs import cards
from jobscore.jobs.drafts import COMPANY_NOT_STATED
from jobscore.jobs.models import Job, PayPeriod, Remote
from jobscore.vocabulary import tables

#: The kinds of employment that Google knows.
_TYPES = frozenset(
    {"FULL_TIME", "PART_TIME", "CONTRACTOR", "TEMPORARY", "INTERN", "VOLUNTEER", "PER_DIEM"}
)
_UNITS = {period: period.value.upper() for period in PayPeriod}
#: Countries where only the language or the currency tells them.
_BY_LANGUAGE = {"ja": "JP"}
_BY_CURRENCY = {"JPY": "JP", "GBP": "GB", "INR": "IN", "CAD": "CA", "AUD": "AU", "SGD": "SG"}
#: Characters of a description in search results and previews.
LONGEST_DESCRIPTION = 155
#: Open Graph's words for our languages.
_OG_LOCALES = {"en": "en_US", "ja": "ja_JP"}


def json_ld(job: Job, url: str) -> dict[str, Any] | None:
    """Return the JobPosting of an open job; ``url`` is the address of its page here.

    None where nothing tells the country: a place or applicants' country is required.
    """
    where = _where(job)
    if not where:
        return None
    text = "\n\n".join(part for part in (job.description, job.requirements) if part)
    is_named = job.company_name != COMPANY_NOT_STATED
    data: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "title": job.title,
        "description": _html(text or job.title),
        "datePosted": job.posted_date.isoformat(),
        "hiringOrganization": {
            "@type": "Organization",
            "name": job.company_name if is_named else "confidential",
        },
        "identifier": {
            "@type": "PropertyValue",
            "name": job.company_name if is_named else job.source,
            "value": job.external_id or str(job.id),
        },
        "url": url,
        # The source takes applications, not this page.
        "directApply": False,
    }
    if job.expires_at:
        data["validThrough"] = job.expires_at.astimezone(UTC).isoformat()
    if job.employment_type:
        known = job.employment_type in _TYPES
        data["employmentType"] = job.employment_type if known else "OTHER"
    if job.industry:
        data["industry"] = job.industry
    data |= where
    if salary := _salary(job):
        data["baseSalary"] = salary
    if experience := _experience(job):
        data["experienceRequirements"] = experience
    if skills := cards.skills(list(job.skills), job.language or "en"):
        data["skills"] = ", ".join(skills)
    return data


def _html(text: str) -> str:
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    return "".join("<p>" + str(escape(p)).replace("\n", "<br>") + "</p>" for p in paragraphs)


def country_of(job: Job) -> str | None:
    """Return the ISO 3166 code of a job's country: of its place, else as its words tell."""
    if job.place:
        return job.place.country
    by_language = _BY_LANGUAGE.get(job.language or "")
    return by_language or _BY_CURRENCY.get(job.salary_currency or "")


def _where(job: Job) -> dict[str, Any]:
    """Return where the work is done, or an empty dictionary where not even the country is known."""
    country = country_of(job)
    if country is None:
        return {}
    found: dict[str, Any] = {}
    if job.remote is Remote.FULL:
        found["jobLocationType"] = "TELECOMMUTE"
        found["applicantLocationRequirements"] = {"@type": "Country", "name": country}
    address = {"@type": "PostalAddress", **_address(job)}
    if len(address) > 1:
        found["jobLocation"] = {
            "@type": "Place",
            "address": {**address, "addressCountry": country},
        }
    return found


def _address(job: Job) -> dict[str, str]:
    """Return locality and region of a job, in the language of its posting."""
    known = tables.places_by_code()
    place = known.get(job.place.code) if job.place else None
    if place is None or place.kind == "country":
        return {"addressLocality": job.location} if job.location else {}
    found = {}
    if place.kind in {"city", "ward"}:
        found["addressLocality"] = _name(place, job)
    if place.region_code and place.region_code in known:
        found["addressRegion"] = _name(known[place.region_code], job)
    return found


def _name(place: tables.Place, job: Job) -> str:
    return (place.name_ja or place.name_en) if job.language == "ja" else place.name_en


def _salary(job: Job) -> dict[str, Any] | None:
    is_stated = job.salary_min is not None or job.salary_max is not None
    if not is_stated or job.salary_currency is None or job.salary_period is None:
        return None
    value: dict[str, Any] = {
        "@type": "QuantitativeValue",
        "unitText": _UNITS[job.salary_period],
    }
    if job.salary_min is not None and job.salary_min == job.salary_max:
        value["value"] = float(job.salary_min)
    else:
        if job.salary_min is not None:
            value["minValue"] = float(job.salary_min)
        if job.salary_max is not None:
            value["maxValue"] = float(job.salary_max)
    return {"@type": "MonetaryAmount", "currency": job.salary_currency, "value": value}


def _experience(job: Job) -> Any:
    if job.experience_level == "none":
        return "no requirements"
    if not job.experience_min_years:
        return None
    return {
        "@type": "OccupationalExperienceRequirements",
        "monthsOfExperience": job.experience_min_years * 12,
    }


def breadcrumb_ld(items: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the way to a page as a BreadcrumbList; ``items`` are (name, full address)."""
    return {
        "@context": "https://schema.org/",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": n, "name": name, "item": address}
            for n, (name, address) in enumerate(items, 1)
        ],
    }


def summary(job: Job) -> str:
    """Return one or two sentences' worth of a job for search results and previews: plain text."""
    facts = [cards.company(job), job.location or "", cards.pay_text(job), cards.employment(job)]
    words = " · ".join(part for part in facts if part)
    text = " ".join((job.description or "").split())
    return shorten(f"{words} – {text}" if text else words)


def shorten(text: str) -> str:
    """Return the text, cut where it is longer than previews show."""
    if len(text) <= LONGEST_DESCRIPTION:
        return text
    return text[: LONGEST_DESCRIPTION - 1].rstrip() + "…"


def og_locale(language: str) -> str:
    """Return a language of ours in the form of Open Graph: ``ja_JP``."""
    return _OG_LOCALES.get(language, "en_US")

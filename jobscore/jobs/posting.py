"""A posting in the words of schema.org, for search engines: JobPosting as JSON-LD.

Only what the posting states goes in; see https://schema.org/JobPosting and Google's guidelines
(a description as HTML, a place or TELECOMMUTE, pay with its unit).
"""

from typing import Any

from markupsafe import escape

from jobscore.jobs.models import Job, PayPeriod, Remote

_PERIODS = {period: period.value.upper() for period in PayPeriod}


def json_ld(job: Job, url: str) -> dict[str, Any]:
    """Return the JobPosting of ``job``; ``url`` is the address of its page here."""
    text = "\n\n".join(part for part in (job.description, job.requirements) if part)
    data: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "title": job.title,
        "description": _html(text or job.title),
        "datePosted": job.posted_date.isoformat(),
        "hiringOrganization": {"@type": "Organization", "name": job.company_name},
        "identifier": {
            "@type": "PropertyValue",
            "name": job.source,
            "value": job.external_id or str(job.id),
        },
        "url": url,
    }
    if job.expires_at:
        data["validThrough"] = job.expires_at.isoformat()
    if job.employment_type:
        data["employmentType"] = job.employment_type
    if job.industry:
        data["industry"] = job.industry
    data |= _where(job)
    if salary := _salary(job):
        data["baseSalary"] = salary
    if skills := [entry.skill.name_ja or entry.skill.name_en for entry in job.skills]:
        data["skills"] = ", ".join(skills)
    return data


def _html(text: str) -> str:
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    return "".join("<p>" + str(escape(p)).replace("\n", "<br>") + "</p>" for p in paragraphs)


def _where(job: Job) -> dict[str, Any]:
    country = job.place.country if job.place else None
    found: dict[str, Any] = {}
    if job.remote is Remote.FULL:
        found["jobLocationType"] = "TELECOMMUTE"
        if country:
            found["applicantLocationRequirements"] = {"@type": "Country", "name": country}
    if job.location or country:
        address = {"@type": "PostalAddress", "addressCountry": country}
        if job.location:
            address["addressLocality"] = job.location
        if job.place and job.place.region_code:
            address["addressRegion"] = job.place.region_code
        found["jobLocation"] = {
            "@type": "Place",
            "address": {name: value for name, value in address.items() if value},
        }
    return found


def _salary(job: Job) -> dict[str, Any] | None:
    if job.salary_currency is None or (job.salary_min is None and job.salary_max is None):
        return None
    value: dict[str, Any] = {"@type": "QuantitativeValue"}
    if job.salary_period:
        value["unitText"] = _PERIODS[job.salary_period]
    if job.salary_min is not None and job.salary_min == job.salary_max:
        value["value"] = float(job.salary_min)
    else:
        if job.salary_min is not None:
            value["minValue"] = float(job.salary_min)
        if job.salary_max is not None:
            value["maxValue"] = float(job.salary_max)
    return {"@type": "MonetaryAmount", "currency": job.salary_currency, "value": value}

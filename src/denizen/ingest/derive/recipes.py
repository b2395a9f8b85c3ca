"""Which attributes can be derived, from what, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.ingest.derive.countries import country_code
from denizen.ingest.derive.domains import ADDRESS, clean_domain
from denizen.ingest.derive.industries import industry_group
from denizen.ingest.derive.mail import company_of_mail_domain, company_of_website, type_of_domain
from denizen.ingest.derive.titles import department_of, seniority_of
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Callable

DOMAIN_OF_EMAIL = f"nullif(regexp_extract({{}}, {text(ADDRESS)}, 1), '')"
"""Many addresses share a domain, so the domain is cut out before distinct values are looked up."""


@dataclass(frozen=True, slots=True)
class Source:
    """An attribute that another can be derived from.

    `key` is an expression on its normalized text, the distinct values of which are looked up. `of_work_address` says
    that an address counts only where the data does not call it anything but work.
    """

    attribute: str
    rule: Callable[[str], str | None]
    key: str = "{}"
    of_work_address: bool = False


RECIPES: dict[str, tuple[Source, ...]] = {
    "email_domain": (Source("email", clean_domain, DOMAIN_OF_EMAIL),),
    "email_type": (
        Source("email_domain", type_of_domain),
        Source("email", type_of_domain, DOMAIN_OF_EMAIL),
    ),
    "company_domain": (
        Source("email_domain", company_of_mail_domain, of_work_address=True),
        Source("email", company_of_mail_domain, DOMAIN_OF_EMAIL, of_work_address=True),
        Source("website", company_of_website),
        Source("domain", company_of_website),
    ),
    "seniority": (Source("title", seniority_of),),
    "department": (Source("title", department_of),),
    "country_code": (Source("country", country_code),),
    "industry_group": (Source("industry", industry_group),),
}
"""Sources in order: the first that yields a value counts."""

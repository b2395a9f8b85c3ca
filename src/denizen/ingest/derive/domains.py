"""Domains of addresses and websites: the host, and the part of it that somebody registered."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import idna

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publicsuffixlist import PublicSuffixList

ADDRESS = r"^(?:[^<>]*<)?\s*(?:mailto:)?[^\s@<>,;]+@([^\s@<>,;]+?)\.?>?\s*$"
"""An address, alone or as `Ana <ana@acme.com>`; the group is its domain."""

_WEB = re.compile(r"^(?:(?:[a-z][a-z0-9+.-]*:)?//)?(?:[^/?#@]*@)?([^/:?#]+)", re.IGNORECASE)
_LABEL = re.compile(r"^(?!-)[a-z0-9_-]{1,63}(?<!-)$")
_LAST_LABEL = re.compile(r"^(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})$")
_LONGEST = 253


def clean_domain(text: str) -> str | None:
    """Return a domain in lower case and in its own script, None if the text is none.

    `XN--MLLER-KVA.de.` and `müller.de` are the same domain, and the second is how it is written here. `straße.de` and
    `strasse.de` are two, as they are to registries (IDNA 2008).
    """
    name = unicodedata.normalize("NFKC", text.strip()).lower().strip(".")
    ascii_name = to_ascii(name)
    if ascii_name is None:
        return None
    try:
        return idna.decode(ascii_name) if "xn--" in ascii_name else ascii_name
    except UnicodeError:
        return None


def to_ascii(domain: str) -> str | None:
    """Return a domain as the name system spells it, None if it is no domain."""
    try:
        name = domain if domain.isascii() else idna.encode(domain).decode("ascii")
    except UnicodeError:
        return None
    labels = name.split(".")
    valid = len(labels) > 1 and all(map(_LABEL.match, labels)) and _LAST_LABEL.match(labels[-1])
    return name if valid and len(name) <= _LONGEST else None


def domain_of_address(address: str) -> str | None:
    """Return the domain of an e-mail address, None if the text is no address."""
    found = re.match(ADDRESS, address.strip())
    return clean_domain(found[1]) if found else None


def domain_of_website(website: str) -> str | None:
    """Return the host of a website without `www.`, however much of the address is given."""
    found = _WEB.match(website.strip())
    host = clean_domain(found[1]) if found else None
    return host.removeprefix("www.") if host else None


@lru_cache(maxsize=1 << 17)
def registrable(domain: str) -> str | None:
    """Return the part of a domain that somebody registered, None for a public suffix.

    The public suffix list counts with its private part: two customers on `github.io` or `co.uk` are two.
    """
    name = to_ascii(domain)
    found = _suffixes().privatesuffix(name) if name else None
    return clean_domain(found) if found else None


def public_suffix(domain: str) -> str:
    """Return the public suffix of a domain, as `co.uk`."""
    return str(_suffixes().publicsuffix(to_ascii(domain) or domain) or "")


def with_parents(domain: str) -> Iterator[str]:
    """Yield a domain and those above it, down to what was registered, as the name system spells them."""
    name, base = to_ascii(domain) or domain, registrable(domain)
    last = (to_ascii(base) if base else None) or name
    while name != last:
        yield name
        name = name.partition(".")[2]
    yield last


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()

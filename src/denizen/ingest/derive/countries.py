"""Countries by their ISO 3166-1 alpha-2 codes, from codes and from names in many languages."""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from denizen.ingest.derive.vocabulary import Term, Vocabulary, fold, read_table

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGES = (
    "de",
    "fr",
    "es",
    "pt",
    "pt_BR",
    "it",
    "nl",
    "pl",
    "sv",
    "da",
    "nb",
    "fi",
    "cs",
    "ru",
    "tr",
    "ja",
    "zh_CN",
    "ko",
)


CODE = 2
"""How many letters a code has."""


@cache
def countries() -> Vocabulary:
    """Return all countries; a name that means two countries in two languages means none."""
    exact = _certain()
    certain = {fold(name) for names in exact.values() for name in names}
    meant: dict[str, set[str]] = {}
    for code, name in _translated():
        meant.setdefault(fold(name), set()).add(code)
    for name, codes in meant.items():
        if len(codes) == 1 and name and name not in certain:
            exact[min(codes)].append(name)
    return _vocabulary(exact)


@cache
def countries_in_english() -> Vocabulary:
    """Return all countries by codes and English names alone, which is quicker to make than all languages.

    What it knows, `countries` knows as the same.
    """
    return _vocabulary(_certain())


def country_in_words_of(named: frozenset[str], text: str) -> str | None:
    """Return a country in the words of a model, None where it stays as it came."""
    if all(_stays(word) for word in (*named, text)):
        return None
    english = countries_in_english()
    if all(english.term(word) for word in (*named, text)):
        return english.in_words_of(named, text)
    return countries().in_words_of(named, text)


def _stays(text: str) -> bool:
    """Return whether a text can mean no country but the one whose code it is, which needs no list of countries."""
    return len(text) == CODE and text.isascii() and text.isalpha() and fold(text) not in _other_spellings()


@cache
def _other_spellings() -> frozenset[str]:
    """Return what is as short as a code and is none, such as UK."""
    spellings = [s for row in read_table("countries.csv") for s in row["spellings"].split("|")]
    return frozenset(fold(s) for s in spellings if len(fold(s)) == CODE)


def country_code(text: str) -> str | None:
    """Return the code of a country, None if the text names none."""
    term = countries().term(text) or countries().term(text.split("(", maxsplit=1)[0])
    return term.name if term else None


def _certain() -> dict[str, list[str]]:
    """Return, by code, the spellings that mean a country in any language."""
    own = {row["code"]: row["spellings"].split("|") for row in read_table("countries.csv")}
    return {code: [*own.get(code, ()), *_english(code)] for code in _codes()}


def _vocabulary(spellings: dict[str, list[str]]) -> Vocabulary:
    return Vocabulary.of((Term(code, code), names) for code, names in spellings.items())


def _codes() -> list[str]:
    import pycountry

    return [country.alpha_2 for country in pycountry.countries]


def _english(code: str) -> Iterator[str]:
    import pycountry

    country = pycountry.countries.get(alpha_2=code)
    for key in ("alpha_3", "name", "official_name", "common_name"):
        if name := getattr(country, key, None):
            yield str(name)


def _translated() -> Iterator[tuple[str, str]]:
    """Yield codes with names in the languages that are known; lists of translations come with pycountry."""
    import pycountry

    folder = Path(pycountry.LOCALES_DIR)
    for language in LANGUAGES:
        said = gettext.translation("iso3166-1", folder, languages=[language], fallback=True).gettext
        for country in pycountry.countries:
            for name in (country.name, getattr(country, "common_name", None), getattr(country, "official_name", None)):
                if name:
                    yield country.alpha_2, said(name)

"""The texts for people: every sentence in the code has its nynorsk and its English."""

import re
import string
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from sakark_api import texts
from sakark_api.texts import BOKMAAL, LANGUAGES, text

PACKAGE = Path(texts.__file__).parent
TRANSLATED = [language for language in LANGUAGES if language != BOKMAAL]
NOARK_NOUNS = {
    "Arkiv",
    "Arkivdel",
    "Arkivnotat",
    "Arkivskaper",
    "Avskrivning",
    "Dokumentbeskrivelse",
    "Dokumentflyt",
    "Dokumentobjekt",
    "Journalpost",
    "Klasse",
    "Klassifikasjonssystem",
    "Korrespondansepart",
    "Mappe",
    "Merknad",
    "Presedens",
    "Registrering",
    "Saksmappe",
}
"""What the standard calls its units; these names are the same in every language."""
SAME_WORDS = {"Element", "Type"}
"""What is spelt alike in both."""


@cache
def sentences_in_source() -> frozenset[str]:
    found = extract_from_dir(PACKAGE, method_map=[("**.py", "python")], keywords={"text": None})
    return frozenset(message for _, _, message, _, _ in found if isinstance(message, str))


@cache
def catalogue(language: str) -> Catalog:
    path = PACKAGE / "locale" / language / "LC_MESSAGES" / "sakark.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def translations(language: str) -> dict[str, str]:
    """Give the sentences of a catalogue; an empty translation is one that is missing."""
    return {str(one.id): str(one.string) for one in catalogue(language) if one.id}


def placeholders(sentence: str) -> Sequence[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_in_the_source_is_translated(language: str) -> None:
    wanted = sentences_in_source()

    translated = {sentence for sentence, given in translations(language).items() if given}

    assert wanted - translated == set(), "run `make texts` and translate what is new"


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_catalogue_keeps_what_the_source_no_longer_says(language: str) -> None:
    kept = set(translations(language)) | {str(one) for one in catalogue(language).obsolete}

    superfluous = kept - sentences_in_source()

    assert superfluous == set(), "run `make texts`"


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_marked_as_a_guess(language: str) -> None:
    fuzzy = [one.id for one in catalogue(language) if one.id and one.fuzzy]

    assert fuzzy == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_takes_the_values_its_sentence_takes(language: str) -> None:
    pairs = translations(language)

    differing = {
        sentence: given
        for sentence, given in pairs.items()
        if placeholders(sentence) != placeholders(given)
    }

    assert differing == {}


def test_only_the_nouns_of_the_standard_are_the_same_in_english() -> None:
    pairs = translations("en")

    same = {sentence for sentence, given in pairs.items() if sentence == given}
    with_words = {one for one in same if re.search(r"[^\W\d_]", re.sub(r"{\w+}", "", one))}

    assert with_words - NOARK_NOUNS - SAME_WORDS == set()


def test_a_sentence_is_given_in_the_language_asked_for() -> None:
    sentence = text("Feltet {felt} mangler.", felt="tittel")

    given = [sentence.to(language) for language in ("nb", "nn", "en")]

    assert given == [
        "Feltet tittel mangler.",
        "Feltet tittel manglar.",
        "The field tittel is missing.",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_without_translation_is_given_in_bokmaal(language: str) -> None:
    unknown = text("Setningen om {hva} står ikke i noen katalog.", hva="arkiv")

    given = unknown.to(language)

    assert given == "Setningen om arkiv står ikke i noen katalog."


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("nb", "ventet et heltall, fant slutten"),
        ("nn", "venta eit heiltal, fann slutten"),
        ("en", "expected an integer, found the end"),
    ],
)
def test_a_text_inside_a_text_is_translated_too(language: str, expected: str) -> None:
    sentence = text(
        "ventet {expected}, fant {found}", expected=text("et heltall"), found=text("slutten")
    )

    given = sentence.to(language)

    assert given == expected


@pytest.mark.parametrize("value", ["{felt}", "{felt.__class__}", "{0}", "{{}}", "}{"])
def test_braces_in_a_value_are_left_alone(value: str) -> None:
    inner = text("Feltet {felt} mangler.", felt=value)

    given = text("Feltet {felt}: {feil}", felt=value, feil=inner).to("nn")

    assert given == f"Feltet {value}: Feltet {value} manglar."

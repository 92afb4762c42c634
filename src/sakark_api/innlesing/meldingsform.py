"""What each type of unit can say in a message: as in a deposit, but that less must be told.

A message has some elements that no deposit has, and leaves to whoever receives it what units are
numbered and when they were made.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from typing import Final

from sakark_api.deponering.element import attributes_of_family
from sakark_api.innlesing.felt import Felt, Form, forms
from sakark_api.innlesing.ordbok import DEL_SKJERMET
from sakark_api.noark.catalog import CATALOG

__all__ = ["EKSTERN", "FORELDER", "forms_of_message"]

FORELDER: Final = "referanseForelderMappe"
EKSTERN: Final = ("fagsystem", "noekkel")
"""What a unit is called in the system that a message is from: which system, and the key there."""
_KEY: Final = "referanseEksternNoekkel"
_DEMANDED: Final = frozenset(
    {
        "tittel",
        "journalposttype",
        "partNavn",
        "korrespondanseparttype",
        "korrespondansepartNavn",
        "tilknyttetRegistreringSom",
        "referanseDokumentfil",
        "merknadstekst",
        "avskrivningsdato",
        "avskrevetAv",
        "avskrivningsmaate",
        "presedensDato",
        "rettskildefaktor",
        "flytTil",
        "flytFra",
        "flytMottattDato",
        "flytSendtDato",
        "flytStatus",
        "moetenummer",
        "utvalg",
        "moetedato",
        "moetedeltakerNavn",
    }
)
"""What must be told in a message too."""
_PLACED: Final = ("arkivdel", "arkivdel/beskrivelse", "klassifikasjon", DEL_SKJERMET)
_KEYS: Final = tuple(f"{_KEY}/{one}" for one in EKSTERN)
_PARTY: Final = ("organisasjonsnummer", "personnummer")
_APART: Final[Mapping[str, Collection[str]]] = {
    "mappe": (*_PLACED, *_KEYS, FORELDER),
    "registrering": (*_PLACED, *_KEYS, FORELDER, "referanseKlasse"),
    "dokumentbeskrivelse": (*_KEYS, DEL_SKJERMET),
    "dokumentobjekt": ("filnavn", "mimeType"),
    "part": _PARTY,
    "korrespondansepart": ("partID", *_PARTY),
}
"""What is read by itself, by the root of what says it."""
_GIVEN: Final = frozenset(
    {
        "mappe_id",
        "sakssekvensnummer",
        "registrerings_id",
        "journalsekvensnummer",
        "journalpostnummer",
        "dokumentnummer",
    }
)
"""Columns that are given when a row is written, where a message has none."""
_DEFAULTS: Final[Mapping[str, str]] = {"dokumentstatus": "F", "moeteregistreringstype": "SF"}
"""What is sent to the archive is finished, unless it says otherwise; a matter is put forward."""
_REGISTRE: Final = ("matrikkel", "bygning", "plan", "posisjon")


@cache
def forms_of_message() -> Mapping[str, Form]:
    """Give what each type of unit can say, by its name in a message."""
    known = {name: _form(form) for name, form in forms().items()}
    return known | {name: _of_register(name) for name in _REGISTRE}


def _form(form: Form) -> Form:
    root = form.resource.root.name
    return replace(
        form,
        felt={
            name: replace(one, needed=one.needed and name in _DEMANDED)
            for name, one in form.felt.items()
        },
        apart={*form.apart, *_APART.get(root, ())},
        gis=_GIVEN,
        utgangsverdi=_DEFAULTS,
    )


def _of_register(name: str) -> Form:
    """Give what a number in a national register can say: all that the entity has."""
    resource = CATALOG.by_name[name]
    fields = {
        one.wire: Felt(
            one.name,
            one.python,
            one.many,
            one.spec.codelist.name if one.spec.codelist else None,
            needed=one.spec.required,
            long=one.long,
        )
        for one in attributes_of_family(resource).values()
        if one in resource.attributes and one.wire != "systemID"
    }
    return Form(resource, fields, {}, set())

"""The whole check of a package: each file is read once, and all controls look at it together."""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from sakark_api.deponering.kontroll.dokumentfiler import Dokumentfiler, Lest, Referanse
from sakark_api.deponering.kontroll.filer import judge_file
from sakark_api.deponering.kontroll.innhold import Innhold
from sakark_api.deponering.kontroll.journaler import JOURNALER, read_journal
from sakark_api.deponering.kontroll.katalog import KONTROLLER
from sakark_api.deponering.kontroll.rapport import Rapport
from sakark_api.deponering.kontroll.referanser import empty_element
from sakark_api.deponering.kontroll.regel import EVERY, Alvor, Funn, Kontroll, Sted, Utfall
from sakark_api.deponering.kontroll.rules import is_expired
from sakark_api.deponering.kontroll.struktur import breaches_of
from sakark_api.deponering.kontroll.validering import Brudd
from sakark_api.deponering.lesing import Enhet, read_units
from sakark_api.deponering.pakke import ARKIVSTRUKTUR, XML_FILER, Pakke, open_pakke
from sakark_api.errors import Invalid, Unreadable
from sakark_api.texts import Text

__all__ = ["check"]

_HOLDERS = ("mappe", "registrering")
"""Where it may turn out that what lies below is Utgår."""
_WITHOUT_CONTENT: Final = (1, 2, 3, 28)
"""The controls that can be done when arkivstruktur.xml cannot be read."""
_THREADS = 2 + (os.cpu_count() or 1)

_KINDS: Final = frozenset(kind for one in KONTROLLER for kind in one.kinds)

Waiting = tuple[Kontroll, str, Sted, Text | None]


def check(folder: Path, schemas: Path | None) -> Rapport:
    """Do all controls of the package in a folder, and report what they found.

    `schemas` is a folder of official schemas, for packages that lack theirs. Raises `Invalid` for
    what is no package, or one whose arkivuttrekk.xml cannot be read. Memory does not grow with the
    package but for eight bytes for each systemID and each reference to a file.
    """
    pakke = open_pakke(folder)
    utfall = {kontroll.number: Utfall() for kontroll in KONTROLLER}
    with ThreadPoolExecutor(_THREADS) as reading, ThreadPoolExecutor(1) as validating:
        innhold = _innhold(pakke, utfall, reading)
        breaches = _start_validation(pakke, validating, schemas)
        is_read = _read_archive(innhold)
        innhold.filer.finish()
        innhold.system_ids.seal()
        _read_journals(innhold)
        _await_validation(innhold, breaches)
        _judge_whole(innhold, is_read=is_read)
    return Rapport(innhold)


def _innhold(pakke: Pakke, utfall: Mapping[int, Utfall], pool: ThreadPoolExecutor) -> Innhold:
    def tell(referanse: Referanse, found: Lest | None) -> None:
        judge_file(innhold, referanse, found)

    innhold = Innhold(pakke, Dokumentfiler(pakke, pool, tell), utfall)
    return innhold


def _read_archive(innhold: Innhold) -> bool:
    """Read arkivstruktur.xml, and tell whether it could be read to its end."""
    path = innhold.pakke.file(ARKIVSTRUKTUR)
    if path is None:
        return False
    try:
        with path.open("rb") as file:
            read_units(
                file,
                _Reading(innhold).on_unit,
                kinds=_KINDS,
                on_empty=partial(_note_empty, innhold),
            )
    except Unreadable as error:
        innhold.fault(3, error.text, Sted(ARKIVSTRUKTUR, error.line))
        return False
    return True


def _note_empty(innhold: Innhold, name: str, line: int, unit: Enhet) -> None:
    innhold.telling(63).add(name)
    innhold.utfall[63].add(empty_element(name, line, unit))


class _Reading:
    """Show each unit to the controls of its kind; what may prove to be Utgår waits."""

    def __init__(self, innhold: Innhold) -> None:
        self._innhold = innhold
        self._at_once = {kind: self._looking_at(kind) for kind in _KINDS}
        self._of_others = self._looking_at(*EVERY)
        self._later = [kontroll for kontroll in KONTROLLER if kontroll.awaits]
        self._waiting: dict[Enhet, list[Waiting]] = {}

    def _looking_at(self, kind: str) -> Sequence[tuple[Kontroll, Utfall]]:
        wanted = {kind, *EVERY}
        return [
            (one, self._innhold.utfall[one.number])
            for one in KONTROLLER
            if not one.awaits and not wanted.isdisjoint(one.kinds)
        ]

    def on_unit(self, unit: Enhet) -> None:
        for kontroll, utfall in self._at_once.get(unit.kind, self._of_others):
            if kontroll.counts and (label := kontroll.counts(unit)) is not None:
                utfall.telling.add(label)
            if kontroll.fault and (fault := kontroll.fault(unit)) is not None:
                utfall.add(Funn(Alvor.FEIL, fault, Sted.of(unit)))
            if kontroll.observe:
                kontroll.observe(unit, self._innhold)
        waiting = [*self._waiting.pop(unit, ()), *self._put_off(unit)]
        if waiting and not is_expired(unit):
            self._pass_on(unit, waiting)

    def _put_off(self, unit: Enhet) -> Iterator[Waiting]:
        """Give what is to be counted, unless the unit or one above it turns out to be Utgår."""
        for kontroll in self._later:
            if unit.kind not in kontroll.kinds or kontroll.counts is None:
                continue
            label = kontroll.counts(unit)
            if label is not None:
                remark = kontroll.remark(unit) if kontroll.remark else None
                yield kontroll, label, Sted.of(unit), remark

    def _pass_on(self, unit: Enhet, waiting: list[Waiting]) -> None:
        """Let what waits wait for the unit above, where that may be Utgår."""
        if unit.parent is not None and unit.parent.kind in _HOLDERS:
            self._waiting.setdefault(unit.parent, []).extend(waiting)
            return
        for kontroll, label, sted, remark in waiting:
            self._innhold.telling(kontroll.number).add(label)
            if remark is not None:
                self._innhold.remark(kontroll.number, remark, sted)


def _read_journals(innhold: Innhold) -> None:
    for name in JOURNALER:
        journal = read_journal(innhold.pakke, name)
        if journal is not None:
            innhold.journaler[name] = journal


def _start_validation(
    pakke: Pakke, pool: ThreadPoolExecutor, schemas: Path | None
) -> Sequence[tuple[str, Future[list[Brudd]]]]:
    return [
        (objekt.file.name, pool.submit(breaches_of, pakke, objekt, schemas))
        for objekt in pakke.uttrekk.dataobjekter
        if objekt.file.name in XML_FILER
    ]


def _await_validation(
    innhold: Innhold, breaches: Sequence[tuple[str, Future[list[Brudd]]]]
) -> None:
    for name, future in breaches:
        try:
            innhold.brudd[name] = future.result()
        except Invalid as error:
            innhold.fault(3, error.text, Sted(name))


def _judge_whole(innhold: Innhold, *, is_read: bool) -> None:
    for kontroll in KONTROLLER:
        utfall = innhold.utfall[kontroll.number]
        if not is_read and kontroll.number not in _WITHOUT_CONTENT:
            utfall.is_done = False
            continue
        for funn in kontroll.whole(innhold):
            utfall.add(funn)

"""The report of a check: as data, for people in a terminal, and as a page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from sakark_api.deponering.kontroll.innhold import Innhold
from sakark_api.deponering.kontroll.katalog import KONTROLLER
from sakark_api.deponering.kontroll.regel import Alvor, Funn, Kontroll, Utfall
from sakark_api.texts import Text, printable, text

__all__ = ["Rapport"]

_MOST_COUNTS = 10
"""Kinds that are shown to people for each control; data has them all."""
_HEADINGS: Final[Mapping[Alvor, Text]] = {
    Alvor.FEIL: text("Feil"),
    Alvor.MERKNAD: text("Merknader"),
}
_STYLE = (
    "body{font:1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "li{overflow-wrap:anywhere}table{border-collapse:collapse}"
    "td,th{padding:.2rem .8rem;text-align:left;vertical-align:top;border-bottom:1px solid #ccc}"
)


@dataclass(frozen=True)
class Rapport:
    """What all controls found, the controls in order of their numbers.

    Names and values of the package are anybody's: all that it is written as is printable.
    """

    innhold: Innhold

    def number(self, alvor: Alvor) -> int:
        return sum(utfall.number.get(alvor, 0) for utfall in self.innhold.utfall.values())

    @property
    def faulty(self) -> Sequence[Kontroll]:
        """The controls that found faults."""
        return [one for one in KONTROLLER if self.innhold.utfall[one.number].faults]

    @property
    def undone(self) -> Sequence[Kontroll]:
        """The controls that could not be done."""
        return [one for one in KONTROLLER if not self.innhold.utfall[one.number].is_done]

    def as_data(self, language: str) -> dict[str, object]:
        """Give everything as JSON takes it; sentences and names in a language."""
        return {
            "pakke": printable(str(self.innhold.pakke.root)),
            "versjon": _printable(self.innhold.pakke.uttrekk.version),
            "feil": self.number(Alvor.FEIL),
            "merknader": self.number(Alvor.MERKNAD),
            "kontroller": [self._kontroll(one, language) for one in KONTROLLER],
        }

    def _kontroll(self, kontroll: Kontroll, language: str) -> dict[str, object]:
        utfall = self.innhold.utfall[kontroll.number]
        return {
            "id": kontroll.id,
            "navn": kontroll.name.to(language),
            "utført": utfall.is_done,
            "feil": utfall.faults,
            "merknader": utfall.number.get(Alvor.MERKNAD, 0),
            "tall": dict(self._counts(kontroll, language)),
            "funn": [_as_data(funn, language) for funn in utfall.funn],
        }

    def _counts(self, kontroll: Kontroll, language: str) -> Iterator[tuple[str, int | str]]:
        telling = self.innhold.telling(kontroll.number)
        for label, count in kontroll.shows(telling, self.innhold):
            shown = label.to(language) if isinstance(label, Text) else label
            yield printable(shown), count

    def as_lines(self, language: str) -> Iterator[str]:
        """Write it for people: faults first, then remarks, then what was counted."""
        return map(printable, self._lines(language))

    def _lines(self, language: str) -> Iterator[str]:
        for alvor, heading in _HEADINGS.items():
            for kontroll in KONTROLLER:
                yield from self._lines_of(kontroll, alvor, heading, language)
        yield _COUNTED.to(language)
        for kontroll in KONTROLLER:
            yield f"  {kontroll.id} {kontroll.name.to(language)}: {self._shown(kontroll, language)}"
        yield self.conclusion.to(language)

    def _lines_of(
        self, kontroll: Kontroll, alvor: Alvor, heading: Text, language: str
    ) -> Iterator[str]:
        utfall = self.innhold.utfall[kontroll.number]
        found = _of(utfall, alvor)
        if not found:
            return
        yield f"{heading.to(language)}: {kontroll.id} {kontroll.name.to(language)}"
        for funn in found:
            yield f"  {_place(funn, language)}: {funn.text.to(language)}"
        if hidden := utfall.number[alvor] - len(found):
            yield f"  {text('… og {antall} til.', antall=hidden).to(language)}"

    def _shown(self, kontroll: Kontroll, language: str) -> str:
        if not self.innhold.utfall[kontroll.number].is_done:
            return _UNDONE.to(language)
        counts = list(self._counts(kontroll, language))
        total = sum(count for _, count in counts if isinstance(count, int))
        if len(counts) > _MOST_COUNTS or not counts:
            return str(total)
        return ", ".join(f"{label} {count}".strip() for label, count in counts)

    @property
    def conclusion(self) -> Text:
        """Say in a sentence how it went, and what to do next."""
        if self.undone:
            return text("arkivstruktur.xml kan ikke leses. Rett den, og kontroller på nytt.")
        if self.faulty:
            return text(
                "{feil} feil i {kontroller}. Rett dem, og kontroller på nytt.",
                feil=self.number(Alvor.FEIL),
                kontroller=", ".join(one.id for one in self.faulty),
            )
        return text(
            "Ingen feil i {antall} kontroller; {merknader} merknader.",
            antall=len(KONTROLLER),
            merknader=self.number(Alvor.MERKNAD),
        )

    def as_page(self, language: str) -> str:
        """Write it as one HTML page that needs nothing else."""
        title = text("Kontroll av arkivuttrekk").to(language)
        page = (
            f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
            f"<title>{title}</title><style>{_STYLE}</style>"
            f"<h1>{title}</h1><p>{escape(str(self.innhold.pakke.root))}</p>"
            f"<p><strong>{escape(self.conclusion.to(language))}</strong></p>"
            f"{''.join(self._sections(language))}{self._table(language)}</html>"
        )
        return f"{printable(page)}\n"

    def _sections(self, language: str) -> Iterator[str]:
        for alvor, heading in _HEADINGS.items():
            if not self.number(alvor):
                continue
            yield f"<h2>{heading.to(language)}</h2>"
            for kontroll in KONTROLLER:
                first, *rest = [*self._lines_of(kontroll, alvor, heading, language), ""]
                if first:
                    lines = "".join(f"<li>{escape(line.strip())}" for line in rest if line)
                    yield f"<h3>{escape(first)}</h3><ul>{lines}</ul>"

    def _table(self, language: str) -> str:
        rows = "".join(
            f"<tr><td>{one.id}<td>{escape(one.name.to(language))}"
            f"<td>{escape(self._shown(one, language))}"
            for one in KONTROLLER
        )
        return f"<h2>{_COUNTED.to(language)}</h2><table>{rows}</table>"


_COUNTED: Final = text("Det som er talt")
_UNDONE: Final = text("ikke utført")


def _of(utfall: Utfall, alvor: Alvor) -> Sequence[Funn]:
    return [funn for funn in utfall.funn if funn.alvor is alvor]


def _place(funn: Funn, language: str) -> str:
    parts = [funn.sted.file]
    if funn.sted.line is not None:
        parts.append(text("linje {linje}", linje=funn.sted.line).to(language))
    if funn.sted.system_id is not None:
        parts.append(funn.sted.system_id)
    return ", ".join(parts)


def _as_data(funn: Funn, language: str) -> dict[str, object]:
    return {
        "alvor": funn.alvor,
        "tekst": printable(funn.text.to(language)),
        "fil": printable(funn.sted.file),
        "linje": funn.sted.line,
        "systemID": _printable(funn.sted.system_id),
    }


def _printable(said: str | None) -> str | None:
    return None if said is None else printable(said)

"""The program that prints a journal: an order comes in on standard input, PDF/A goes out.

A4, one block for each entry, and on each page whose journal it is, of which days, and its number.
"""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec
from fpdf import FPDF
from fpdf.enums import Align, DocumentCompliance, XPos, YPos

from sakark_api.journal.innfoering import Innfoering, Part
from sakark_api.texts import Text, text

__all__ = ["Ordre", "pdf_of"]

_FONT: Final = "SourceSansPro"
_MARGIN: Final = 18
_LABEL: Final = 27
_LINE: Final = 4.6
_TITLE_LINE: Final = 5.2
_PADDING: Final = 3
"""What the library keeps free at both ends of a line, in millimetres, and a little more."""
_SIZE, _TITLE_SIZE = 9.5, 10.5
_GREY, _BLACK = 90, 0
_OUT: Final = frozenset({"EA", "IA", "IS"})
_COPY: Final = frozenset({"EK", "IK"})
_LANGUAGES: Final = {"nb": "nb-NO", "nn": "nn-NO"}


class Ordre(msgspec.Struct):
    """What is to be printed, for whom, and in which language."""

    kommune: str
    maalform: str
    fra: date
    til: date
    offentlig: bool
    poster: list[Innfoering]


def pdf_of(order: Ordre) -> bytes:
    """Print a journal."""
    page = _Page(order)
    page.add_page()
    page.heading()
    for one in order.poster:
        page.entry(one)
    if not order.poster:
        page.sentence(text("Ingen journalposter i perioden."))
    return bytes(page.output())


class _Page(FPDF):
    """A4 with the journal's name above and the page's number below."""

    def __init__(self, order: Ordre) -> None:
        super().__init__(format="A4", enforce_compliance=DocumentCompliance.PDFA_2U)
        self._order = order
        folder = files("font_source_sans_pro") / "files"
        for style, name in (("", "Regular"), ("B", "Bold")):
            self.add_font(_FONT, style, Path(str(folder / f"{_FONT}-{name}.ttf")))
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(auto=True, margin=_MARGIN)
        self.set_title(f"{self._name()} – {order.kommune}")
        self.set_author(order.kommune)
        self.set_lang(_LANGUAGES[order.maalform])
        self.set_creation_date(datetime.combine(order.til, time(), UTC))

    def header(self) -> None:
        if self.page_no() > 1:
            self._small(f"{self._order.kommune} – {self._name()}, {self._period()}", Align.L)
            self.ln(2)

    def footer(self) -> None:
        self.set_y(-_MARGIN + 4)
        number = self._told(text("Side {side} av {sider}", side=self.page_no(), sider="{nb}"))
        self._small(number, Align.R)

    def heading(self) -> None:
        self.set_font(_FONT, "B", 18)
        self._whole(self._name(), 9)
        self.set_font(_FONT, "", 12)
        self._whole(self._order.kommune, 6)
        self._whole(self._period(), 6)
        count = len(self._order.poster)
        self._whole(self._told(text("Journalposter: {antall}", antall=count)), 6)
        if self._order.offentlig:
            stars = text("Stjerner (*****) står for opplysninger som ikke er offentlige.")
            self._small(self._told(stars), Align.L)
        self.ln(3)

    def entry(self, one: Innfoering) -> None:
        """Print an entry on one page: its numbers, its title, and a line for each fact of it."""
        width = self.epw - _LABEL
        self.set_font(_FONT, "", _TITLE_SIZE)
        title = self._lines(one.tittel or one.offentlig_tittel, self.epw)
        self.set_font(_FONT, "", _SIZE)
        facts = [(label, self._lines(told, width)) for label, told in self._facts(one)]
        height = 2 * _TITLE_LINE + _TITLE_LINE * len(title)
        if self.will_page_break(height + _LINE * sum(len(lines) for _, lines in facts)):
            self.add_page()
        self._rule()
        number = one.registrerings_id or f"{one.saksmappe.mappe_id}-{one.journalpostnummer}"
        self.set_font(_FONT, "B", _TITLE_SIZE)
        self._row(_clean(f"{number}  {one.journalposttype.name}"), _TITLE_LINE)
        self.set_font(_FONT, "", _TITLE_SIZE)
        for line in title:
            self._row(line, _TITLE_LINE)
        self.set_font(_FONT, "", _SIZE)
        for label, lines in facts:
            self._fact(label, lines)
        self.ln(2)

    def sentence(self, told: Text) -> None:
        self.set_font(_FONT, "", 11)
        self._whole(self._told(told), 6)

    def _rule(self) -> None:
        y = self.get_y()
        self.line(_MARGIN, y, self.w - _MARGIN, y)
        self.ln(1)

    def _facts(self, one: Innfoering) -> Iterator[tuple[Text, str]]:
        case = one.saksmappe
        number = f"{one.journalsekvensnummer}/{one.journalaar}"
        yield text("Journaldato"), f"{_day(one.journaldato)} ({number})"
        if one.dokumentets_dato is not None:
            yield text("Dokumentdato"), _day(one.dokumentets_dato)
        yield text("Sak"), f"{case.mappe_id}  {case.tittel or case.offentlig_tittel}"
        yield from _correspondents(one.korrespondansepart)
        if one.avskrivning is not None:
            when, how = one.avskrivning.avskrivningsdato, one.avskrivning.avskrivningsmaate
            yield text("Avskrevet"), f"{_day(when)} {how.name}" if when else how.name
        yield text("Saksansvarlig"), f"{case.saksansvarlig}, {case.administrativ_enhet}"
        if one.klasse is not None:
            yield text("Klasse"), f"{one.klasse.klasse_id}  {one.klasse.tittel}"
        grounds = [one.tilgangsrestriksjon, one.grad]
        hidden = [ground.name for ground in grounds if ground is not None]
        yield text("Tilgang"), ", ".join([*hidden, one.skjermingshjemmel])

    def _fact(self, label: Text, lines: Sequence[str]) -> None:
        for place, line in enumerate(lines):
            if place == 0:
                self.set_text_color(_GREY)
                self.cell(_LABEL, _LINE, self._told(label))
                self.set_text_color(_BLACK)
            self.set_x(_MARGIN + _LABEL)
            self._row(line, _LINE)

    def _row(self, line: str, height: float) -> None:
        self.cell(0, height, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _lines(self, told: str, width: float) -> Sequence[str]:
        """Break a text where lines end; the library's own way takes ten times as long."""
        lines: list[str] = []
        room = 0.0
        for word in _clean(told).strip(" ,").split():
            for piece in self._pieces(word, width):
                taken = self.get_string_width(f"{piece} ")
                if not lines or taken > room:
                    lines.append(piece)
                    room = width - _PADDING
                else:
                    lines[-1] += f" {piece}"
                room -= taken
        return lines

    def _pieces(self, word: str, width: float) -> Iterator[str]:
        """Break what is wider than a line by itself."""
        while word:
            most = len(word)
            while most > 1 and self.get_string_width(word[:most]) > width - _PADDING:
                most = most * 3 // 4
            yield word[:most]
            word = word[most:]

    def _whole(self, told: str, height: float) -> None:
        self.multi_cell(0, height, _clean(told), align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _small(self, told: str, align: Align) -> None:
        self.set_font(_FONT, "", 8.5)
        self.set_text_color(_GREY)
        self.multi_cell(0, 4, _clean(told), align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_text_color(_BLACK)

    def _name(self) -> str:
        public = self._order.offentlig
        return self._told(text("Offentlig journal") if public else text("Løpende journal"))

    def _period(self) -> str:
        first, last = _day(self._order.fra), _day(self._order.til)
        if first == last:
            return first
        return self._told(text("{fra} til {til}", fra=first, til=last))

    def _told(self, sentence: Text) -> str:
        return sentence.to(self._order.maalform)


def _correspondents(parts: Sequence[Part]) -> Iterator[tuple[Text, str]]:
    """Give who an entry is from, to, and who has a copy."""
    roles: dict[str, list[str]] = {"from": [], "to": [], "copy": []}
    for one in parts:
        kode = one.korrespondanseparttype.kode
        role = "from" if kode in _OUT else "copy" if kode in _COPY else "to"
        roles[role].append(one.korrespondansepart_navn)
    yield text("Fra"), "; ".join(roles["from"])
    yield text("Til"), "; ".join(roles["to"])
    yield text("Kopi til"), "; ".join(roles["copy"])


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _clean(told: str) -> str:
    """Leave out what cannot be printed, and put what is on several lines on one."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in told).split(" "))


if __name__ == "__main__":
    sys.stdout.buffer.write(pdf_of(msgspec.json.decode(sys.stdin.buffer.read(), type=Ordre)))

"""The page of docs/ that draws the lives of units, written from the rules that keep them."""

from collections.abc import Iterable, Iterator
from typing import Any

from sakark_api.noark.arkivstruktur.arkivdel import TAKES_NOTHING_NEW
from sakark_api.noark.arkivstruktur.dokumentbeskrivelse import FERDIGSTILT, dokumentbeskrivelse
from sakark_api.noark.attribute import Mutability
from sakark_api.noark.bevaring.kassasjonsliste import TRANSITIONS, Listestatus
from sakark_api.noark.catalog import CATALOG
from sakark_api.noark.metadata.kodeliste import JOURNALSTATUS, CodeList
from sakark_api.noark.names import to_wire
from sakark_api.noark.resource import Resource
from sakark_api.noark.rules.avslutning import ClosesWhen
from sakark_api.noark.sakarkiv.journalpost import (
    ANSWERED_FOR,
    DONE_IN,
    DONE_OWN,
    FINAL,
    FINISHED,
    FROZEN_IN,
    FROZEN_OUT,
    NEVER_DELETED,
    PARTS_IN,
    PARTS_OWN,
    takes_back,
)

__all__ = ["life_cycle_page"]

_HEAD = """# Life cycle

What closing, archiving and status do to units, and who may take it back. An arrow that says
`arkivar` is for those who keep the archive (`Change.archivist`); where there is no arrow, nobody
goes that way. A refusal names what stands in the way: `feil.hindringer` has a reason, how many
units are the reason, and links to the first ten. Every rule is tried by every route of the API,
and without it, in `tests/noark/test_rules_by_every_route.py`.

Nothing is deleted while an order to keep it holds, whatever its state ([access](access.md)).

This page is written by `sakark life-cycle` from the rules themselves; change them, not it.
"""
_WORK = "Under_arbeid"


def life_cycle_page() -> str:
    """Give the page, as Markdown."""
    parts = [_HEAD, *_closing(), _entries(), _documents(), _disposal(), _frozen()]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _closing() -> Iterator[str]:
    """Draw each kind of unit that closes, by its status or by the date of closing."""
    yield "## Closing\n"
    by_date = []
    for resource in CATALOG.resources:
        rule = next((one for one in resource.on_change if isinstance(one, ClosesWhen)), None)
        if rule is not None:
            yield _closed_by_status(resource, rule)
        elif resource.locked_by == "avsluttet_dato":
            by_date.append(resource.name)
    yield _diagram(
        f"### {', '.join(by_date)}",
        ["[*] --> Åpen", "Åpen --> Avsluttet: avsluttetDato", "Avsluttet --> [*]"],
    )


def _closed_by_status(resource: Resource[Any], rule: ClosesWhen) -> str:
    spec = next(one.spec for one in resource.attributes if one.name == rule.status)
    assert spec.codelist is not None  # noqa: S101  a status has its list
    others = [kode for kode, _ in spec.codelist.values if kode != rule.kode]
    lines = [*_named(spec.codelist), "state Åpen {", *(f"  {kode}" for kode in others), "}"]
    lines += ["[*] --> Åpen", f"Åpen --> {rule.kode}: når ingenting står i veien"]
    lines += [f"{rule.kode} --> Åpen: arkivar" if rule.reopens else f"{rule.kode} --> [*]"]
    text = _diagram(f"### {resource.name}: {to_wire(rule.status)}", lines)
    if rule.status == "arkivdelstatus":
        text += f"\nIn {_listed(TAKES_NOTHING_NEW)} it takes nothing new.\n"
    return text


def _entries() -> str:
    """Draw the statuses of an entry, and tabulate what each brings with it."""
    codes = [kode for kode, _ in JOURNALSTATUS.values]
    work = [kode for kode in codes if kode not in NEVER_DELETED]
    fixed = [kode for kode in codes if kode in NEVER_DELETED]
    lines = [*_named(JOURNALSTATUS), f"state {_WORK} {{", *(f"  {one}" for one in work), "}"]
    lines += [f"[*] --> {_WORK}", *(f"[*] --> {kode}" for kode in fixed)]
    ends = [(_WORK, work[0]), *((kode, kode) for kode in fixed)]
    for (here, before), (there, after) in ((a, b) for a in ends for b in ends if a != b):
        if before not in FINAL:
            lines.append(f"{here} --> {there}{': arkivar' * takes_back(before, after)}")
    lines += [f"{kode} --> [*]" for kode in codes if kode in FINAL]
    rows = "".join(_entry_row(kode, navn) for kode, navn in JOURNALSTATUS.values)
    return (
        _diagram("## journalpost: journalstatus", lines)
        + "\n| Status | Has from and to | Documents are F | Frozen | Deleted by |\n"
        + "|---|---|---|---|---|\n"
        + rows
    )


def _entry_row(kode: str, navn: str) -> str:
    frozen = {
        "I": [*FROZEN_IN.get(kode, ()), *["korrespondansepart"] * (kode in PARTS_IN)],
        "U, N, X": [*FROZEN_OUT.get(kode, ()), *["korrespondansepart"] * (kode in PARTS_OWN)],
    }
    cells = (
        f"{kode} {navn}",
        "yes" if kode in ANSWERED_FOR else "",
        ", ".join(kinds for kinds, done in (("I", DONE_IN), ("U, N, X", DONE_OWN)) if kode in done),
        "; ".join(
            f"{kinds}: {', '.join(map(to_wire, names))}" for kinds, names in frozen.items() if names
        ),
        "nobody" if kode in NEVER_DELETED else "arkivar" if kode in FINISHED else "saksbehandler",
    )
    return f"| {' | '.join(cells)} |\n"


def _documents() -> str:
    spec = next(one.spec for one in dokumentbeskrivelse.attributes if one.name == "dokumentstatus")
    assert spec.codelist is not None  # noqa: S101  a status has its list
    (draft,) = (kode for kode, _ in spec.codelist.values if kode != FERDIGSTILT)
    lines = [*_named(spec.codelist), "[*] --> " + draft, f"[*] --> {FERDIGSTILT}"]
    lines += [
        f"{draft} --> {FERDIGSTILT}",
        f"{FERDIGSTILT} --> {draft}: arkivar, når ingen post den er i krever F",
    ]
    return _diagram("## dokumentbeskrivelse: dokumentstatus", lines)


def _disposal() -> str:
    """Draw the steps of a list of what is to be disposed of, and who takes them."""
    lines = [f"[*] --> {Listestatus.LAGES}"]
    lines += [f"{here} --> {there}: {by.value}" for (here, there), by in TRANSITIONS.items()]
    ends = [one for one in Listestatus if one not in {here for here, _ in TRANSITIONS}]
    lines += [f"{one} --> [*]" for one in ends]
    return _diagram("## kassasjonsliste: status", lines)


def _frozen() -> str:
    """Tabulate what closing and archiving freeze, attribute by attribute."""
    rows = "".join(
        f"| {resource.name} | {_wires(resource, Mutability.UNTIL_CLOSED)}"
        f" | {_wires(resource, Mutability.UNTIL_ARCHIVED)} |\n"
        for resource in CATALOG.resources
        if _wires(resource, Mutability.UNTIL_CLOSED) or _wires(resource, Mutability.UNTIL_ARCHIVED)
    )
    head = "| Unit | Frozen by avsluttetDato | Frozen by arkivertDato |\n|---|---|---|\n"
    return f"## Frozen attributes\n\n{head}{rows}"


def _wires(resource: Resource[Any], change: Mutability) -> str:
    return ", ".join(one.wire for one in resource.attributes if one.spec.change is change)


def _named(codelist: CodeList) -> list[str]:
    return [f"{kode}: {kode} {navn}" for kode, navn in codelist.values]


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(sorted(codes))


def _diagram(title: str, lines: Iterable[str]) -> str:
    drawn = "".join(f"    {line}\n" for line in lines)
    return f"{title}\n\n```mermaid\nstateDiagram-v2\n{drawn}```\n"

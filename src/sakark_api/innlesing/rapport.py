"""The report of an import as a page that needs nothing beside it, and as JSON."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from sakark_api.deponering.pakke import ARKIVSTRUKTUR
from sakark_api.innlesing.avstemming import Avstemming
from sakark_api.texts import Text, text

__all__ = ["write_report"]

_JSON: Final = "avstemming.json"
_HTML: Final = "avstemming.html"
_RECEIPT: Final = "arkivmelding.opprett.kvittering.xml"
_STYLE: Final = (
    "body{font:16px/1.5 sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}"
    "th,td{border:1px solid #999;padding:.3rem .6rem;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}td.tall{text-align:right}tr.ulik td{background:#fde8e8}"
    "summary{cursor:pointer}@media print{details{display:block}}"
)


def write_report(found: Avstemming, folder: Path) -> list[Path]:
    """Write a report as JSON and HTML into a folder, and the receipt of a message beside them.

    Only their owner may read them.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    data = json.dumps(found.as_data(), ensure_ascii=False, indent=1, default=str)
    contents = {_JSON: f"{data}\n", _HTML: page(found)}
    if found.receipt is not None:
        contents[_RECEIPT] = found.receipt
    for name, content in contents.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
    return [folder / name for name in contents]


def page(found: Avstemming) -> str:
    """Write a report as HTML: everything of others is escaped, and nothing is fetched."""
    data = found.as_data()
    title = escape(str(text("Avstemming av det som er lest inn")))
    parts = [
        f"<h1>{title}</h1>",
        _table((), _head(data)),
        _heading(text("Antall i kilden og her")),
        _table(
            _names(
                text("Slag"),
                text("Type"),
                text("År"),
                text("I kilden"),
                text("Her"),
                text("I eget register"),
            ),
            _numbers(data["antall"]),
        ),
        _heading(text("Nummerserier")),
        _table(
            _names(
                text("Serie"),
                text("År"),
                text("Første"),
                text("Siste"),
                text("Mangler"),
                text("Numre som mangler"),
            ),
            _gaps(data["hull"]),
        ),
        _heading(text("Avvik")),
        *map(_fault, data["avvik"]),
        _heading(text("Stikkprøver")),
        *(_sample(one, data.get("fil", ARKIVSTRUKTUR)) for one in data["proever"]),
        _heading(text("Underskrift")),
        f"<p>{escape(str(text('Sted, dato og navn på den som godkjenner avstemmingen:')))}</p>",
        "<p>______________________________________</p>",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="nb"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _names(*names: Text) -> tuple[str, ...]:
    return tuple(map(str, names))


def _heading(told: object) -> str:
    return f"<h2>{escape(str(told))}</h2>"


def _table(names: Sequence[str], rows: Iterable[str]) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in names)
    body = "".join(rows)
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>"


def _row(*values: object, unlike: bool = False) -> str:
    cells = "".join(
        f"<td{' class=tall' if isinstance(one, int) else ''}>"
        f"{escape('' if one is None else str(one))}</td>"
        for one in values
    )
    return f"<tr{' class=ulik' if unlike else ''}>{cells}</tr>"


def _head(data: Mapping[str, Any]) -> Iterator[str]:
    for name, value in (
        (text("Kommune"), data["kommune"]),
        (text("Pakke"), data["mappe"]),
        (text("Versjon"), data["versjon"]),
        (text("Fingeravtrykk (SHA-256)"), data["fingeravtrykk"]),
        (text("Arkivdelstatus"), data["arkivdelstatus"] or text("som i kilden")),
        (text("Dokumentfiler"), data["filer"]),
        (text("Byte"), data["byte"]),
        (text("Prøvekjøring"), text("ja") if data["dry_run"] else text("nei")),
    ):
        yield f"<tr><th>{escape(str(name))}</th><td>{escape(str(value))}</td></tr>"


def _numbers(numbers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in numbers:
        here = one["her"]
        unlike = here is not None and here + one["beholdt"] < one["kilde"]
        yield _row(
            one["slag"], one["type"], one["aar"], one["kilde"], here, one["beholdt"], unlike=unlike
        )


def _gaps(gaps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in gaps:
        listed = ", ".join(map(str, one["nummer"]))
        yield _row(
            one["serie"],
            str(one["aar"]),
            one["foerste"],
            one["siste"],
            one["mangler"],
            listed,
            unlike=one["mangler"] > 0,
        )


def _fault(one: Mapping[str, Any]) -> str:
    """Write a kind of fault, and the first places it was in."""
    rows = (
        _row(place["fil"], place["linje"], place["sted"], place["verdi"], place["enhet"])
        for place in one["steder"]
    )
    said = f"{one['kode']} ({one['grad']}, {one['antall']}): {one['galt']} {one['gjort']}"
    table = _table(
        _names(text("Fil"), text("Linje"), text("Sted"), text("Sto der"), text("Enhet her")), rows
    )
    return f"<details><summary>{escape(said)}</summary>{table}</details>"


def _sample(one: Mapping[str, Any], fil: str) -> str:
    rows = (_row(name, source, here, unlike=not same) for name, source, here, same in one["felt"])
    said = f"{one['system_id']} ({fil}, linje {one['linje']})"
    table = _table(_names(text("Element"), text("I kilden"), text("Her")), rows)
    return f"<details><summary>{escape(said)}</summary>{table}</details>"

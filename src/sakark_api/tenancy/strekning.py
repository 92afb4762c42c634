"""Stretches of a chain: which seals were made where, by which number of the kommune and its forms.

A kommune that moves to another installation gets another number there, and columns are numbered
anew (`seglform`). What is sealed is never rewritten: the registry remembers how it was written.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, cast, select, true

from sakark_api.db.snapshot import Snapshot
from sakark_api.tenancy.kommune import KommuneRow
from sakark_api.tenancy.segl import Form, seglform

__all__ = ["Strekning", "as_kept", "strekninger"]

_FIRST: Final = 0


@dataclass(frozen=True)
class Strekning:
    """The seals after one number, to and with another (None: as long as there are any)."""

    etter: int
    til_og_med: int | None
    forseglet_som: int
    """The number of the kommune where they were made: it is in every sum."""
    former: Mapping[int, Form]

    def holds(self, nummer: int) -> bool:
        return nummer > self.etter and (self.til_og_med is None or nummer <= self.til_og_med)

    def within(self, nummer: ColumnElement[int]) -> ColumnElement[bool]:
        """Ask whether a seal is of this stretch."""
        return and_(
            nummer > self.etter if self.etter > _FIRST else true(),
            nummer <= self.til_og_med if self.til_og_med is not None else true(),
        )

    def table_of(self, form: int) -> str:
        found = self.former.get(form)
        return found.tabell if found is not None else "?"


async def strekninger(taken: Snapshot, tenant_id: int) -> Sequence[Strekning]:
    """Give the stretches of a kommune's chain in their order; the last is the one made here."""
    kept = select(cast(KommuneRow.seglopphav, Text)).where(KommuneRow.id == tenant_id)
    found: list[Strekning] = []
    for one in json.loads((await taken.all(kept))[0][0]):
        former = (
            Form(form["id"], form["tabell"], tuple(form["kolonner"])) for form in one["former"]
        )
        found.append(
            Strekning(
                found[-1].til_og_med or _FIRST if found else _FIRST,
                one["til_og_med"],
                one["forseglet_som"],
                {form.id: form for form in former},
            )
        )
    last = found[-1].til_og_med or _FIRST if found else _FIRST
    return [*found, Strekning(last, None, tenant_id, await _forms_here(taken))]


async def _forms_here(taken: Snapshot) -> Mapping[int, Form]:
    said = select(seglform.c.id, seglform.c.tabell, seglform.c.kolonner)
    return {
        row["id"]: Form(row["id"], row["tabell"], tuple(row["kolonner"]))
        for row in await taken.all(said)
    }


def as_kept(parts: Sequence[Strekning], last_seal: int) -> list[dict[str, Any]]:
    """Write stretches as `kommune.seglopphav` has them where the kommune is moved to."""
    return [
        {
            "til_og_med": last_seal if one.til_og_med is None else one.til_og_med,
            "forseglet_som": one.forseglet_som,
            "former": [
                {"id": form.id, "tabell": form.tabell, "kolonner": list(form.kolonner)}
                for form in one.former.values()
            ],
        }
        for one in parts
        if one.etter < last_seal
    ]

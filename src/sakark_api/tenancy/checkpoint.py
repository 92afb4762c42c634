"""Checkpoints: where each chain has come to, written down to be kept where nobody here may write.

Whoever owns the database can write a whole new chain that holds together. It is another one than
that of a checkpoint that is kept elsewhere.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from sakark_api.errors import Invalid
from sakark_api.tenancy.segl import segl
from sakark_api.texts import text

__all__ = ["Checkpoint", "Place", "checkpoint_text", "place_of", "read_checkpoint"]

Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Place(BaseModel):
    """The newest seal of a kommune's chain."""

    model_config = ConfigDict(extra="forbid")

    segl: Annotated[int, Field(ge=1)]
    sjekksum: Hash
    tidspunkt: datetime


class Checkpoint(BaseModel):
    """What is exported: the place of every kommune, by its name in addresses."""

    model_config = ConfigDict(extra="forbid")

    laget: datetime
    kommuner: dict[str, Place]


def place_of(session: Session) -> Place | None:
    """Give the newest seal of the session's kommune; None when nothing is sealed."""
    row = session.execute(
        select(segl.c.nummer, segl.c.sjekksum, segl.c.tidspunkt)
        .where(segl.c.tenant_id == session.info["tenant_id"])
        .order_by(segl.c.nummer.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    return Place(segl=row.nummer, sjekksum=row.sjekksum.hex(), tidspunkt=row.tidspunkt)


def checkpoint_text(places: Mapping[str, Place], now: datetime) -> str:
    """Write a checkpoint as JSON."""
    return Checkpoint(laget=now, kommuner=dict(places)).model_dump_json(indent=1) + "\n"


def read_checkpoint(file: Path, known: Iterable[str]) -> Mapping[str, Place]:
    """Read a checkpoint; raise `Invalid` for what is none, or names a kommune there is not."""
    try:
        places = Checkpoint.model_validate_json(file.read_bytes()).kommuner
    except (ValidationError, OSError):
        raise Invalid(
            text(
                "{fil} er ikke et kontrollpunkt. Lag et med: sakark checkpoint --file {fil}",
                fil=file.name,
            )
        ) from None
    missing = sorted(set(places) - set(known))
    if missing:
        raise Invalid(
            text(
                "Kontrollpunktet har kommuner som ikke finnes her: {kommuner}. Finn ut hvor de er"
                " blitt av.",
                kommuner=", ".join(missing),
            )
        )
    return places

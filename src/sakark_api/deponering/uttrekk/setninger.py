"""Sentences and what stands in the way, kept as data: they are read in the reader's language."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from sakark_api.errors import Obstacle, Standing
from sakark_api.texts import Text

__all__ = ["kept", "kept_obstacles", "told", "told_obstacles"]

_NAMES: Final = {"navn": True}
"""Stands in a sentence for the names of units: readers see some of them."""


def kept(sentence: Text) -> dict[str, Any]:
    """Give a sentence as data."""
    values = {name: _kept(value) for name, value in sentence.values.items()}
    return {"msgid": sentence.msgid, "verdier": values}


def _kept(value: object) -> object:
    if isinstance(value, Text):
        return kept(value)
    return value if isinstance(value, int) or value is _NAMES else str(value)


def told(data: Mapping[str, Any], names: object = "") -> Text:
    """Give the sentence that was kept; `names` stand where those of units are to."""
    values = {name: _told(value, names) for name, value in data["verdier"].items()}
    return Text(data["msgid"], values)


def _told(value: object, names: object) -> object:
    if value == _NAMES:
        return names
    return told(value, names) if isinstance(value, Mapping) else value


def kept_obstacles(obstacles: Sequence[Obstacle]) -> list[dict[str, Any]]:
    """Give what stands in the way as data: each reason, and the units that are it."""
    return [
        {
            "grunn": kept(one.says(_NAMES)),
            "antall": one.count,
            "enheter": [[unit.resource, str(unit.system_id), unit.name] for unit in one.units],
        }
        for one in obstacles
    ]


def told_obstacles(data: Sequence[Mapping[str, Any]]) -> list[Obstacle]:
    """Give what stood in the way, as it was."""
    return [
        Obstacle(
            partial(told, one["grunn"]),
            [Standing(name, UUID(unit), called) for name, unit, called in one["enheter"]],
            one["antall"],
        )
        for one in data
    ]

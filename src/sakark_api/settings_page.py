"""The page of docs/ that lists every setting, written from the settings themselves."""

from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from sakark_api.settings import PREFIX, Settings, choices

__all__ = ["settings_page"]

_HEAD = """# Settings

Read once, from the environment, at the start of each process. A name with `SAKARK_` in front that
is not here, a value that is none, and settings that contradict each other stop the start, each
with a sentence. `PORT` (8000) is the port of `sakark dev` and `sakark serve`. Keep the secret
ones, which are marked, in a secret store.

This page is written by `sakark settings`; change the descriptions in `src/sakark_api/settings.py`.

| Name | Default | Values | Meaning |
|---|---|---|---|
"""
_SECRET = ("database_url", "database_owner_url", "database_operator_url", "s3_secret_key")
_SIGNS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


def settings_page() -> str:
    """Give the page, as Markdown."""
    return _HEAD + "".join(_row(name, field) for name, field in Settings.model_fields.items())


def _row(name: str, field: FieldInfo) -> str:
    secret = " Secret." if name in _SECRET else ""
    cells = (
        f"`{PREFIX}{name.upper()}`",
        _default(field),
        _values(field),
        f"{field.description}{secret}",
    )
    return f"| {' | '.join(cells)} |\n"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value == ():
        return ""
    return f"`{','.join(value) if isinstance(value, tuple) else value}`"


def _values(field: FieldInfo) -> str:
    return ", ".join([*(f"`{one}`" for one in choices(field)), *_limits(field)])


def _limits(field: FieldInfo) -> Iterator[str]:
    for rule in field.metadata:
        for name, sign in _SIGNS.items():
            limit: Any = getattr(rule, name, None)
            if limit is not None:
                yield f"{sign} {limit}"

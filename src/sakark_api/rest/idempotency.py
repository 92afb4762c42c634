"""`Idempotency-Key`: a client that got no answer asks again, and nothing is made twice.

The header is that of the IETF's draft (httpapi-idempotency-key-header); ADR 0032 says what is ours.
"""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from sqlalchemy.orm import Session
from starlette.requests import Request

from sakark_api.errors import Invalid
from sakark_api.noark.resource import Change
from sakark_api.rest.dependencies import Context
from sakark_api.tenancy.idempotensnoekkel import Done, Key, do_once, is_known
from sakark_api.texts import text

__all__ = ["has_come_before", "once"]

HEADER: Final = "idempotency-key"
# The draft writes it as a string with quotes; most clients send the bare UUID.
_WRITTEN: Final = re.compile(r'"[!#-\[\]-~]{1,200}"|[!#-\[\]-~]{1,200}')


async def once(
    context: Context, request: Request, content: bytes, command: Callable[[Change], str]
) -> Done:
    """Do in a transaction what makes something and gives its name; by a key that came, only once.

    `content` is what was sent with the address. Raises `Conflict` while the same request is under
    way, and `KeyReused` when the key came with something else.
    """
    name = _name(context, request)

    def act(session: Session) -> Done:
        change = context.change(session)
        if name is None:
            return Done(command(change))
        sent = request.scope["query_string"] + b"\n" + content
        key = Key(name, sha256(sent).digest())
        return do_once(session, key, change.now, lambda: command(change))

    async with context.transaction() as session:
        return await session.run_sync(act)


async def has_come_before(context: Context, request: Request) -> bool:
    """Tell whether a request has a key that something was made by, before its body is read."""
    name = _name(context, request)
    if name is None:
        return False
    async with context.transaction() as session:
        return await session.run_sync(is_known, name)


def _name(context: Context, request: Request) -> bytes | None:
    """Give a key's name, which is one caller's, for one method and address; None without a key."""
    written = request.headers.get(HEADER)
    if written is None:
        return None
    if not _WRITTEN.fullmatch(written):
        raise Invalid(
            text("Idempotency-Key må være 1–200 tegn uten mellomrom, for eksempel en UUID.")
        )
    path = request.scope["path"].rstrip("/")
    scope = (str(context.actor.system_id), request.method, path, written.strip('"'))
    return sha256("\n".join(scope).encode()).digest()

"""E-mail taken apart: its heads, its words, and what is attached."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import message_from_binary_file, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

from sakark_api.formats.heads import shown
from sakark_api.formats.identify import Identification

if TYPE_CHECKING:
    from oxmsg import Message

__all__ = ["MOST_DEPTH", "Attachment", "EMail", "as_page", "is_overfull", "take_apart"]

MOST_DEPTH = 5
"""How many e-mails may be attached inside each other."""
_MOST_ATTACHMENTS = 200
_MOST_BYTES = 256 * 1024 * 1024
_MOST_HEADS = 256 * 1024
"""No e-mail is so large, nor its heads; what is larger is not read into memory to see."""
OUTLOOK = "x-fmt/430"
_DAMAGE = (OSError, ValueError, LookupError, AttributeError, TypeError)
"""What the readers raise at files that are not as they should be."""
_HEADS = ("From", "To", "Cc", "Bcc", "Date", "Subject", "Message-ID", "In-Reply-To", "References")


@dataclass(frozen=True)
class Attachment:
    """A file that came with an e-mail; its name and type are the sender's word for it."""

    filename: str | None
    mime: str | None
    content: bytes


@dataclass(frozen=True)
class EMail:
    """An e-mail: its heads by their names in RFC 5322, its words as text and as HTML."""

    headers: Mapping[str, str]
    body: str
    attachments: tuple[Attachment, ...]
    html: str = ""
    depth: int = 0
    """How many e-mails there are inside each other, attached to it."""


def take_apart(path: Path, identification: Identification) -> EMail:
    """Take a file of RFC 5322 (.eml) or of Outlook (.msg) apart; a bad one gives what it has."""
    if identification.puid == OUTLOOK:
        return _of_outlook(path)
    with path.open("rb") as file:
        message = message_from_binary_file(file, policy=policy.default)
    return EMail(
        {name: value for name in _HEADS if (value := _head(message, name))},
        _content(message, "plain"),
        tuple(_attachments(message)),
        _content(message, "html"),
        _depth(message),
    )


def is_overfull(path: Path, identification: Identification, limit: int) -> bool:
    """Tell whether an e-mail has more attached than anyone sends: in number, depth or bytes."""
    if path.stat().st_size > _MOST_BYTES or _heads_are_long(path, identification):
        return True
    try:
        mail = take_apart(path, identification)
    except (RecursionError, *_DAMAGE):
        return True
    return (
        len(mail.attachments) > _MOST_ATTACHMENTS
        or mail.depth > MOST_DEPTH
        or sum(len(one.content) for one in mail.attachments) > limit
    )


def _heads_are_long(path: Path, identification: Identification) -> bool:
    """Tell whether the heads of a file of RFC 5322 go on for longer than anyone's do."""
    if identification.puid == OUTLOOK:
        return False
    with path.open("rb") as file:
        start = file.read(_MOST_HEADS)
    return len(start) == _MOST_HEADS and b"\n\n" not in start and b"\r\n\r\n" not in start


def _depth(message: EmailMessage) -> int:
    """Count e-mails inside each other, without calling ourselves as often as there are."""
    deepest, left = 0, [(message, 0)]
    while left:
        part, depth = left.pop()
        deepest = max(deepest, depth)
        inner = part.get_payload()
        if isinstance(inner, list):
            below = depth + (part.get_content_maintype() == "message")
            left += [(one, below) for one in inner if isinstance(one, EmailMessage)]
    return deepest


def _head(message: EmailMessage, name: str) -> str:
    try:
        return str(message[name] or "")
    except _DAMAGE:
        return ""


def _content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except _DAMAGE:  # such as a character set that nobody knows
        return bytes(part.get_payload(decode=True) or b"").decode("latin-1")


def _attachments(message: EmailMessage) -> Iterator[Attachment]:
    bodies = [message.get_body((kind,)) for kind in ("plain", "html")]
    for part in _leaves(message):
        if not any(part is body for body in bodies):
            payload = part.get_payload(decode=True)
            content = payload if isinstance(payload, bytes) else _inner(part)
            yield Attachment(_file_name(part), part.get_content_type(), content)


def _leaves(part: EmailMessage) -> Iterator[EmailMessage]:
    """List what an e-mail is put together of, however deep, but for what only serves its words.

    That is other ways to write them, and pictures among them.
    """
    if part.get_content_maintype() != "multipart":
        yield part
        return
    together = part.get_content_subtype()
    for inner in part.iter_parts():
        if not isinstance(inner, EmailMessage) or _serves(inner, together):
            continue
        yield from _leaves(inner)


def _serves(part: EmailMessage, together: str) -> bool:
    if part.get_content_maintype() == "multipart" or part.is_attachment():
        return False
    is_picture = together == "related" and "content-id" in part
    return is_picture or (together == "alternative" and part.get_content_maintype() == "text")


def _file_name(part: EmailMessage) -> str | None:
    """Give the name of an attached file, or of an attached e-mail what it is about."""
    try:
        name = part.get_filename()
    except _DAMAGE:
        name = None
    if name is None and part.get_content_type() == "message/rfc822":
        about = [
            _head(one, "Subject") for one in part.iter_parts() if isinstance(one, EmailMessage)
        ]
        name = f"{''.join(about).replace('/', ' ') or 'E-post'}.eml"
    return _plain_name(name)


def _plain_name(name: str | None) -> str | None:
    """Take the folders off a name; a sender may have written any."""
    return shown(re.split(r"[/\\]", name or "")[-1])


def _inner(part: EmailMessage) -> bytes:
    """Give the bytes of an e-mail that is attached to another."""
    inner = part.get_payload()
    if not isinstance(inner, list):
        return b""
    return b"".join(one.as_bytes() for one in inner if isinstance(one, EmailMessage))


def _of_outlook(path: Path) -> EMail:
    from oxmsg import Message

    try:
        return _from_outlook(Message.load(str(path)))
    except _DAMAGE:
        return EMail({}, "", ())


def _from_outlook(message: "Message") -> EMail:
    heads = {
        "From": message.sender,
        "To": ", ".join(one.email_address or one.name for one in message.recipients),
        "Date": message.sent_date.isoformat() if message.sent_date else None,
        "Subject": message.subject,
    }
    stated = {name: message.message_headers.get(name) for name in _HEADS}
    return EMail(
        {name: value for name in _HEADS if (value := stated.get(name) or heads.get(name))},
        message.body or "",
        tuple(
            Attachment(_plain_name(one.file_name), one.mime_type, one.file_bytes or b"")
            for one in message.attachments
        ),
        message.html_body or "",
    )


def as_page(mail: EMail) -> str:
    """Write an e-mail as a page of HTML: its heads, the names of what is attached, its words."""
    rows = [*mail.headers.items()]
    rows += [("Vedlegg", one.filename or "uten navn") for one in mail.attachments]
    heads = "".join(
        f"<tr><th align='left'>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
        for name, value in rows
    )
    words = mail.html or "".join(f"<p>{html.escape(line)}</p>" for line in mail.body.splitlines())
    return (
        f"<html><head><meta charset='utf-8'><title>{html.escape(mail.headers.get('Subject', ''))}"
        f"</title></head><body><table>{heads}</table><hr>{words}</body></html>"
    )

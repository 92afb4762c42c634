"""E-mails as people send them, with what is attached."""

from collections.abc import Mapping
from email.message import EmailMessage

from tests.conftest import MAIL

EML = "message/rfc822"
PDF = "application/pdf"


def mail(
    attached: Mapping[str, bytes], *inner: bytes, words: str = "Hei, her er søknaden."
) -> bytes:
    """Write an e-mail with files by their names, and with other e-mails as files without a type."""
    message = EmailMessage()
    for name, value in MAIL.items():
        message[name] = value
    message.set_content(words)
    for name, content in attached.items():
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    for number, one in enumerate(inner):
        message.add_attachment(
            one, maintype="application", subtype="octet-stream", filename=f"post{number}.eml"
        )
    return bytes(message)


def nested(levels: int, content: bytes = b"%PDF-1.4 innerst") -> bytes:
    """Write e-mails inside each other, a file in the innermost."""
    innermost = mail({"innerst.pdf": content})
    return innermost if levels == 0 else mail({}, nested(levels - 1, content))


def forwarded(levels: int) -> EmailMessage:
    """Make e-mails attached to each other as e-mail programs forward them."""
    message = EmailMessage()
    for name, value in (MAIL | {"Subject": f"Lag {levels}"}).items():
        message[name] = value
    message.set_content("Se vedlegget.")
    if levels:
        message.add_attachment(forwarded(levels - 1))
    return message


def labyrinth(levels: int) -> bytes:
    """Write an e-mail whose parts are inside each other, deeper than programs call themselves."""
    heads = "".join(f"{name}: {value}\n" for name, value in MAIL.items()) + "MIME-Version: 1.0\n"
    parts = (f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(levels))
    return (heads + "".join(parts)).encode()

"""Texts for people: bokmål in the code, nynorsk and English from one gettext catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from babel.messages.pofile import read_po

BOKMAAL = "nb"
LANGUAGES = (BOKMAAL, "nn", "en")


@dataclass(frozen=True)
class Text:
    """A sentence in bokmål, the key of its translations, with the values to put into it."""

    msgid: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return self.to(BOKMAAL)

    def to(self, language: str) -> str:
        """Give the sentence in `language` ("nb", "nn" or "en"), values filled in."""
        sentence = _catalogue(language).get(self.msgid, self.msgid)
        if not self.values:
            return sentence
        return sentence.format(
            **{
                name: value.to(language) if isinstance(value, Text) else value
                for name, value in self.values.items()
            }
        )


def text(msgid: str, /, **values: object) -> Text:
    """Mark a bokmål sentence for translation; `{name}` in it takes the value of that name."""
    return Text(msgid, values)


def joined(sentences: Sequence[Text], between: str = ", ") -> Text:
    """Put several texts together, in whichever language they are read."""
    names = [f"s{place}" for place in range(len(sentences))]
    return Text(
        between.join(f"{{{name}}}" for name in names), dict(zip(names, sentences, strict=True))
    )


def printable(said: str) -> str:
    """Give a line as it can be shown anywhere: what is not printable in it is escaped.

    Names of files are any bytes, also those by which a terminal is steered.
    """
    return said if said.isprintable() else "".join(map(_escaped, said))


def _escaped(sign: str) -> str:
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")


@cache
def _catalogue(language: str) -> Mapping[str, str]:
    if language == BOKMAAL:
        return {}
    path = resources.files("sakark_api") / "locale" / language / "LC_MESSAGES" / "sakark.po"
    with path.open("rb") as file:
        return {
            message.id: message.string
            for message in read_po(file)
            if isinstance(message.id, str) and isinstance(message.string, str) and message.string
        }

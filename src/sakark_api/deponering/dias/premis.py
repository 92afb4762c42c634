"""dias-premis.xml and log.xml, which say the same here: that the package is one, and what of."""

from typing import Final
from uuid import UUID

from lxml import etree
from lxml.builder import ElementMaker

__all__ = ["premis"]

_NAMESPACE: Final = "http://arkivverket.no/standarder/PREMIS"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_AUTHORITY: Final = "NO/RA"


def premis(package: UUID) -> bytes:
    """Write what is to be preserved: the package as a tar file, and all of it."""
    made = ElementMaker(namespace=_NAMESPACE, nsmap={"premis": _NAMESPACE, "xsi": _XSI})
    identifier = made.objectIdentifier(
        made.objectIdentifierType(_AUTHORITY), made.objectIdentifierValue(str(package))
    )
    format_ = made.format(made.formatDesignation(made.formatName("tar")))
    whole = made.object(
        identifier,
        made.preservationLevel(made.preservationLevelValue("full")),
        made.objectCharacteristics(made.compositionLevel("0"), format_),
        {f"{{{_XSI}}}type": "premis:file"},
    )
    root = made.premis(whole, version="2.0")
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True))

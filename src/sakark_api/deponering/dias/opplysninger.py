"""What a deposit tells of itself in `arkivuttrekk.xml`: whose archive it is, and of which time."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from sakark_api.deponering.pakke import open_pakke
from sakark_api.errors import Invalid
from sakark_api.texts import text

__all__ = ["Opplysninger", "read_opplysninger"]


@dataclass(frozen=True)
class Opplysninger:
    """Whose archive a deposit is of, from which system, and the period; None where not told."""

    root: Path
    arkivskapere: Sequence[str]
    system: str | None
    fra: str | None
    til: str | None
    versjon: str


def read_opplysninger(folder: Path) -> Opplysninger:
    """Read what the description of a deposit tells; raises `Invalid` where there is none."""
    pakke = open_pakke(folder)
    if pakke.addml is None:
        raise Invalid(text("{mappe} mangler arkivuttrekk.xml. Oppgi et uttrekk.", mappe=folder))
    # What is no XML is refused by open_pakke already.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    tree = etree.parse(pakke.root / pakke.addml, parser)
    return Opplysninger(
        pakke.root,
        _all(tree, "additionalElement", "recordCreator"),
        next(iter(_all(tree, "additionalElement", "systemName")), None),
        next(iter(_all(tree, "property", "startDate")), None),
        next(iter(_all(tree, "property", "endDate")), None),
        pakke.version,
    )


def _all(tree: "etree._ElementTree[etree._Element]", tag: str, name: str) -> Sequence[str]:
    found = tree.iterfind(f".//{{*}}{tag}[@name='{name}']/{{*}}value")
    return [one.text for one in found if one.text]

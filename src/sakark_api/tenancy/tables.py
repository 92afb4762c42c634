"""Every table of the service: whoever asks for them here gets all, whatever else is imported."""

import sakark_api.noark.catalog
import sakark_api.noark.logging.endringslogg
import sakark_api.noark.metadata.kodeverdi
import sakark_api.noark.opplasting
import sakark_api.noark.rules.numre
import sakark_api.tenancy.beredskap
import sakark_api.tenancy.bruk
import sakark_api.tenancy.driftslogg
import sakark_api.tenancy.forhaandsvisning
import sakark_api.tenancy.idempotensnoekkel
import sakark_api.tenancy.innlesing
import sakark_api.tenancy.kommune
import sakark_api.tenancy.loesfil
import sakark_api.tenancy.segl
import sakark_api.tenancy.utflyttet
import sakark_api.tenancy.uttrekk  # noqa: F401  they fill the metadata
from sakark_api.noark.model import Base

__all__ = ["METADATA", "own_tables"]

METADATA = Base.metadata


def own_tables() -> list[str]:
    """List the names of the tables."""
    return sorted(METADATA.tables)

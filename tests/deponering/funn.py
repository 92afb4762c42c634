"""What a report comes to, by the numbers of the controls."""

from sakark_api.deponering.kontroll import Alvor, Rapport


def faulty(rapport: Rapport) -> set[int]:
    return {kontroll.number for kontroll in rapport.faulty}


def remarked(rapport: Rapport) -> set[int]:
    found = rapport.innhold.utfall.items()
    return {number for number, utfall in found if Alvor.MERKNAD in utfall.number}

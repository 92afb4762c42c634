"""Who is behind a login: the bruker of an issuer's subject, made the first time."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from sakark_api.noark.admin.administrativenhet import AdministrativEnhet
from sakark_api.noark.admin.bruker import Bruker, bruker_enheter
from sakark_api.noark.resource import Actor

__all__ = ["find_actor"]


def find_actor(session: Session, issuer: str, subject: str, navn: str, now: datetime) -> Actor:
    """Find the bruker who logs in, or make one (GUIDE 16).

    A bruker's name never changes: who comes with a new name is a new bruker, and the old one ends.
    """
    of_subject = select(Bruker).where(Bruker.issuer == issuer, Bruker.subject == subject)
    same = session.scalars(of_subject.where(Bruker.bruker_navn == navn)).one_or_none()
    if same is None:
        # Several first requests may come at once: one of them makes the bruker.
        session.execute(
            insert(Bruker)
            .values(
                tenant_id=session.info["tenant_id"],
                system_id=uuid4(),
                version=1,
                issuer=issuer,
                subject=subject,
                bruker_navn=navn,
                opprettet_dato=now,
                opprettet_av=navn,
            )
            .on_conflict_do_nothing()
        )
        same = session.scalars(of_subject.where(Bruker.bruker_navn == navn)).one()
        for former in session.scalars(of_subject.where(Bruker.bruker_navn != navn)):
            former.avsluttet_dato = former.avsluttet_dato or now
    enhet = session.execute(
        select(AdministrativEnhet.system_id, AdministrativEnhet.administrativ_enhet_navn)
        .join(
            bruker_enheter,
            (bruker_enheter.c.tenant_id == AdministrativEnhet.tenant_id)
            & (bruker_enheter.c.administrativenhet_ref == AdministrativEnhet.system_id),
        )
        .where(bruker_enheter.c.bruker_ref == same.system_id)
        .order_by(AdministrativEnhet.administrativ_enhet_navn)
        .limit(1)
    ).first()
    if enhet is None:
        return Actor(same.system_id, same.bruker_navn)
    return Actor(same.system_id, same.bruker_navn, enhet[1], enhet[0])

"""Who is behind a login: the bruker of an issuer's subject, made the first time."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from sakark_api.noark.admin.administrativenhet import AdministrativEnhet
from sakark_api.noark.admin.bruker import Bruker, bruker_enheter
from sakark_api.noark.logging.endringslogg import log_changed, log_created
from sakark_api.noark.resource import Actor, Change

__all__ = ["find_actor"]


def find_actor(session: Session, issuer: str, subject: str, navn: str, now: datetime) -> Actor:
    """Find the bruker who logs in, or make one (GUIDE 16).

    A bruker's name never changes: who comes with a new name is a new bruker, and the old one ends.
    Both are in the log.
    """
    of_subject = select(Bruker).where(Bruker.issuer == issuer, Bruker.subject == subject)
    same = session.scalars(of_subject.where(Bruker.bruker_navn == navn)).one_or_none()
    if same is None:
        # Several first requests may come at once: one of them makes the bruker.
        made = session.scalar(
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
            .returning(Bruker.system_id)
        )
        same = session.scalars(of_subject.where(Bruker.bruker_navn == navn)).one()
        change = Change(session, Actor(same.system_id, navn), now, session.info["kodeverk"])
        if made is not None:
            log_created(change, [same])
        others = of_subject.where(Bruker.bruker_navn != navn, Bruker.avsluttet_dato.is_(None))
        for former in session.scalars(others).all():
            former.avsluttet_dato = now
            log_changed(change, former)
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

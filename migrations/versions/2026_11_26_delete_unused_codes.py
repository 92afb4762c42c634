"""Let unused codes be deleted, and many postal codes have the same poststed."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_delete_unused_codes"
down_revision = "2026_11_26_add_sakarkiv"
branch_labels = None
depends_on = None

APPLICATION_ROLE = "sakark_app"
NAMES = "uq_kodeverdi_tenant_id_liste_kodenavn"
COLUMNS = ["tenant_id", "liste", "kodenavn"]


def upgrade() -> None:
    op.execute(f"GRANT DELETE ON kodeverdi TO {APPLICATION_ROLE}")
    op.drop_constraint(NAMES, "kodeverdi")
    op.create_index(
        NAMES,
        "kodeverdi",
        COLUMNS,
        unique=True,
        postgresql_where=sa.text("liste <> 'postnummer'"),
    )


def downgrade() -> None:
    op.execute(f"REVOKE DELETE ON kodeverdi FROM {APPLICATION_ROLE}")
    op.drop_index(NAMES, "kodeverdi")
    _tell_names_apart()
    op.create_unique_constraint(NAMES, "kodeverdi", COLUMNS)


def _tell_names_apart() -> None:
    """Put the number behind each poststed: the older schema wants names that are unique."""
    for kommune in op.get_bind().scalars(sa.text("SELECT id FROM kommune")).all():
        op.execute(f"SELECT set_config('app.tenant_id', '{kommune}', true)")
        op.execute(
            "UPDATE kodeverdi SET kodenavn = kodenavn || ' ' || kode"
            f" WHERE tenant_id = {kommune} AND liste = 'postnummer'"
        )

"""Keep what documents say, find the newest by their words, and know words of both languages.

The text of a file is kept beside its row and goes with it. Rows hold when their unit was made, so
that the newest can be found among many; the role that finds words sees that too, and no more.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_29_text_of_documents"
down_revision = "2026_11_29_finished_uploads"
branch_labels = None
depends_on = None

APPLICATION_ROLE, SEARCHER = "sakark_app", "sakark_sok"
THIS_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::int"
TEXT = "dokumenttekst"
DATED = ("mappe", "registrering", "dokumentbeskrivelse")
CUT = 50_000
"""So many characters have room in an index, whatever they are."""
# An index takes a megabyte of different words; a document may hold more than that.
WORDS_OF = f"""
CREATE FUNCTION sakark_words_of(words text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN to_tsvector('norwegian', words);
EXCEPTION WHEN program_limit_exceeded THEN
  RETURN to_tsvector('norwegian', left(words, {CUT}));
END $$
"""
# What official bokmål and nynorsk call one thing, where the stems are not the same; more forms of a
# word where those have other stems.
PAIRS = (
    ("ansatt", "tilsett"),
    ("ansettelse", "tilsetjing"),
    ("avgjørelse", "avgjerd"),
    ("barneskole", "barneskule"),
    ("begrunnelse", "grunngiving"),
    ("bekreftelse", "stadfesting"),
    ("beslutning", "avgjerd"),
    ("bolig", "bustad"),
    ("byggesøknad", "byggjesøknad"),
    ("byggesak", "byggjesak"),
    ("eie", "eige"),
    ("eiendom eiendommen", "eigedom"),
    ("eier eieren eiere eierne", "eigar eigaren eigarar eigarane"),
    ("erstatning", "skadebot"),
    ("fremdrift", "framdrift"),
    ("fritidsbolig", "fritidsbustad"),
    ("henvendelse", "førespurnad"),
    ("hjem hjemmet", "heim"),
    ("hjemmel hjemler", "heimel heimlar"),
    ("hjemmesykepleie", "heimesjukepleie"),
    ("høring", "høyring"),
    ("høringsuttalelse", "høyringsfråsegn"),
    ("kirke", "kyrkje"),
    ("leie leien leier", "leige"),
    ("leieavtale", "leigeavtale"),
    ("lærer læreren lærere lærerne", "lærar læraren lærarar lærarane"),
    ("mulighet", "moglegheit"),
    ("nødvendig", "naudsynt"),
    ("oversikt", "oversyn"),
    (
        "saksbehandler saksbehandleren saksbehandlere saksbehandlerne",
        "saksbehandlar saksbehandlaren saksbehandlarar saksbehandlarane",
    ),
    ("sikkerhet", "tryggleik"),
    ("skole", "skule"),
    ("skolebygg", "skulebygg"),
    ("skoleskyss", "skuleskyss"),
    ("sykdom sykdommen", "sjukdom"),
    ("sykehjem sykehjemmet", "sjukeheim"),
    ("sykehus", "sjukehus"),
    (
        "sykepleier sykepleieren sykepleiere sykepleierne",
        "sjukepleiar sjukepleiaren sjukepleiarar sjukepleiarane",
    ),
    ("søker søkeren søkere søkerne", "søkjar søkjaren søkjarar søkjarane"),
    ("taushetsplikt", "teieplikt"),
    ("tilbakemelding", "attendemelding"),
    ("tillatelse", "løyve"),
    ("tilskudd", "tilskot"),
    ("tjeneste", "teneste"),
    ("ungdomsskole", "ungdomsskule"),
    ("uttalelse", "fråsegn"),
    ("utvalg", "utval"),
    ("valg", "val"),
    ("vann", "vatn"),
    ("vei veien veier veiene", "veg vegen vegar vegane"),
    ("virksomhet", "verksemd"),
    ("årsberetning", "årsmelding"),
)
READ = """
CREATE FUNCTION sakark_read_words(words text) RETURNS tsquery
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  asked tsquery := websearch_to_tsquery('norwegian', words);
  found tsquery := asked;
  these tsquery[] := {these};
  any_of tsquery[] := {any_of};
BEGIN
  FOR place IN 1 .. cardinality(these) LOOP
    IF asked @> these[place] THEN
      found := ts_rewrite(found, these[place], any_of[place]);
    END IF;
  END LOOP;
  RETURN found;
END $$
"""
# Always by the index: to test each row, the words of long texts must be fetched from beside the table,
# which takes a hundred times as long, and PostgreSQL does not reckon with that.
BY_INDEX = "ALTER FUNCTION sakark_find_words {set} enable_seqscan{value}"
# Words of no text, by which those of a time are found: no word that is read begins with a space.
MONTH_OF = """
CREATE FUNCTION sakark_month_of(moment timestamptz) RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT (extract(year FROM moment AT TIME ZONE 'UTC') * 12
    + extract(month FROM moment AT TIME ZONE 'UTC'))::int
$$
"""
TEXT_AND_MONTH = (
    "sakark_words_of(tekst) || array_to_tsvector(ARRAY[' ' || sakark_month_of(opprettet_dato)])"
)
# A word that is in most texts is found in many thousands, and to fetch and sort those costs more than all
# else. So the last month is asked first, and then as many as should be enough, by what was found.
FIND = f"""
CREATE FUNCTION sakark_find_newest(
  held text, words tsquery, since timestamptz, until timestamptz, most int
) RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
  kommune int := nullif(current_setting('app.tenant_id', true), '')::int;
  -- Written into the statement, so that it is planned for this kommune and these words.
  asked text := format(
    'SELECT system_id FROM public.%I WHERE tenant_id = %s AND sok @@ $1'
    ' AND ($2 IS NULL OR opprettet_dato >= $2) AND ($3 IS NULL OR opprettet_dato < $3)'
    ' ORDER BY opprettet_dato DESC, system_id LIMIT $4', held, kommune
  );
  newest int;
  months int := CASE held WHEN '{TEXT}' THEN 1 END;
  then_made tsquery;
  found uuid[];
BEGIN
  IF kommune IS NULL THEN
    RETURN;
  END IF;
  SELECT public.sakark_month_of(least(until, max(opprettet_dato))) INTO newest
    FROM public.{TEXT} WHERE tenant_id = kommune AND months = 1;
  WHILE months <= 24 LOOP
    SELECT string_agg(format(''' %s''', month), '|')::tsquery INTO then_made
      FROM generate_series(newest - months + 1, newest) month;
    EXECUTE 'SELECT array(' || asked || ')' INTO found USING words && then_made, since, until, most;
    IF cardinality(found) >= most OR public.sakark_month_of(since) > newest - months THEN
      RETURN QUERY SELECT unnest(found);
      RETURN;
    END IF;
    months := months * greatest(most * 1.2 / greatest(cardinality(found), 1), 2);
  END LOOP;
  RETURN QUERY EXECUTE asked USING words, since, until, most;
END $$
"""


def upgrade() -> None:
    op.execute("LOCK TABLE dokumentobjekt IN SHARE ROW EXCLUSIVE MODE")
    op.execute(WORDS_OF)
    op.execute(MONTH_OF)
    _add_table()
    _let_find()
    _read_both_languages()


def _add_table() -> None:
    op.create_table(
        TEXT,
        sa.Column("tenant_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("opprettet_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lest_dato", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tekst", sa.Text()),
        sa.Column("sok", postgresql.TSVECTOR(), sa.Computed(TEXT_AND_MONTH, persisted=True)),
        sa.ForeignKeyConstraint(
            ["tenant_id", "system_id"],
            ["dokumentobjekt.tenant_id", "dokumentobjekt.system_id"],
            name=op.f("fk_dokumenttekst_tenant_id_system_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system_id", name=op.f("pk_dokumenttekst")),
        postgresql_partition_by="LIST (tenant_id)",
    )
    op.create_index(op.f("ix_dokumenttekst_sok"), TEXT, ["sok"], postgresql_using="gin")
    op.create_index(op.f("ix_dokumenttekst_opprettet_dato"), TEXT, ["opprettet_dato"])
    op.execute(f"ALTER TABLE {TEXT} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TEXT} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_kommune ON {TEXT} USING (tenant_id = {THIS_TENANT})"
        f" WITH CHECK (tenant_id = {THIS_TENANT})"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TEXT} TO {APPLICATION_ROLE}")
    for kommune in op.get_bind().scalars(sa.text("SELECT id FROM kommune")).all():
        op.execute(f"CREATE TABLE {TEXT}_k{kommune} PARTITION OF {TEXT} FOR VALUES IN ({kommune})")


def _let_find() -> None:
    op.execute(f"GRANT SELECT (tenant_id, system_id, sok, opprettet_dato) ON {TEXT} TO {SEARCHER}")
    op.execute(f"CREATE POLICY words ON {TEXT} FOR SELECT TO {SEARCHER} USING (true)")
    for table in DATED:
        op.execute(f"GRANT SELECT (opprettet_dato) ON {table} TO {SEARCHER}")
    named = "sakark_find_newest"
    op.execute(FIND)
    op.execute(f"REVOKE ALL ON FUNCTION {named} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {named} TO {APPLICATION_ROLE}")
    # To be given a function, a role must be one that could make it.
    op.execute(f"GRANT CREATE ON SCHEMA public TO {SEARCHER}")
    op.execute(f"ALTER FUNCTION {named} OWNER TO {SEARCHER}")
    op.execute(f"REVOKE CREATE ON SCHEMA public FROM {SEARCHER}")
    _alter(BY_INDEX.format(set="SET", value=" = off"))


def _alter(statement: str) -> None:
    """Change a function as the role that owns it."""
    op.execute(f"SET LOCAL ROLE {SEARCHER}")
    op.execute(statement)
    op.execute("RESET ROLE")


def _read_both_languages() -> None:
    """Write the stems of the pairs into the function that reads what is searched for."""
    these, any_of = _stems()
    op.execute(READ.format(these=_array(these), any_of=_array(any_of)))


def _stems() -> tuple[list[str], list[str]]:
    """Give each stem of a pair, and what it is searched for as: any of those that the pair has."""
    stem = sa.text("SELECT plainto_tsquery('norwegian', :word)::text")
    these, any_of = [], []
    for pair in PAIRS:
        words = " ".join(pair).split()
        stems = dict.fromkeys(op.get_bind().scalar(stem, {"word": word}) for word in words)
        for one in stems if len(stems) > 1 else ():
            these.append(one)
            any_of.append(" | ".join(stems))
    return these, any_of


def _array(queries: list[str]) -> str:
    quoted = ", ".join("'" + query.replace("'", "''") + "'" for query in queries)
    return f"ARRAY[{quoted}]::tsquery[]"


def downgrade() -> None:
    op.execute("DROP FUNCTION sakark_read_words")
    op.execute("DROP FUNCTION sakark_find_newest")
    _alter(BY_INDEX.format(set="RESET", value=""))
    for table in DATED:
        op.execute(f"REVOKE SELECT (opprettet_dato) ON {table} FROM {SEARCHER}")
    op.drop_table(TEXT)
    op.execute("DROP FUNCTION sakark_month_of")
    op.execute("DROP FUNCTION sakark_words_of")

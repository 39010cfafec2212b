/* store/postgres/schema.c - the tables, as a list of migrations.
 *
 * A migration is applied once, in a transaction of its own, by whoever owns the tables (aceso
 * init). Nodes of the version before go on serving while it runs and after it: so it adds
 * (tables, columns with defaults, indexes built CONCURRENTLY) and takes nothing away; what is no
 * longer used goes in the migration of a later version. `needs` says which is the oldest
 * program that still works on the tables: by their schema numbers, below. Older ones do not open
 * the store, and those that have are shut out. */
#include "store/postgres/schema.h"

typedef struct {
    int number;
    int needs; /* programs that know this migration or a later one may open the store */
    const char *name;
    const char *sql;
} Migration;

/* resource  current versions, deleted ones included; the body sealed, and so are the facts (who may
 *           see it: access/facts.h)
 * history   old versions
 * change    every version ever made, in the order of commits, without gaps; latest is never
 *           below any `updated` so far
 * posting   all index keys, in the order of their bytes
 * head      one row: the numbers given out last, and the epochs (store.h); rekeys: how many commits
 *           have changed keys without a change (shelf.h)
 * claim     what was decided, and the last change of the commit that did
 * job       what is done later; due: when it needs somebody next (job.c)
 * move      one row: whether the store is being filled (1) or was moved away (2: seal.c); unused:
 *           numbers of changes that no change has, in a store that was filled from another one
 * key_log   while a move follows: the index keys that transactions touched; key_place: those
 *           transactions in the order of their commits
 * piece     parts of what is too large for a row, sealed; place: the order in which they came
 * writer    one row for each thread that writes: the group that it committed last (lane.c), and
 * what its program was written for recovery  the master key under the recovery code, where there is
 * one; the owner's alone reader    the role that the connections of readers take, where there is
 * one
 *
 * Bodies are compressed and sealed: the server need not try to compress them again (EXTERNAL). */
static const Migration migrations[] = {
    {1, 1, "the first tables",
     "CREATE TABLE aceso.key(number int4 PRIMARY KEY, purpose text NOT NULL,"
     "  by_passphrase bool NOT NULL, memory_kib int4 NOT NULL, passes int4 NOT NULL,"
     "  salt bytea NOT NULL, wrapped bytea NOT NULL, made timestamptz NOT NULL DEFAULT now());"
     "CREATE TABLE aceso.resource(rid int8 PRIMARY KEY, updated int8 NOT NULL,"
     "  version int4 NOT NULL, type int2 NOT NULL, method int2 NOT NULL,"
     "  id text COLLATE \"C\" NOT NULL, body bytea NOT NULL);"
     "CREATE UNIQUE INDEX resource_id ON aceso.resource(id, type);"
     "ALTER TABLE aceso.resource ALTER COLUMN body SET STORAGE EXTERNAL;"
     "CREATE TABLE aceso.history(rid int8 NOT NULL, updated int8 NOT NULL, version int4 NOT NULL,"
     "  method int2 NOT NULL, body bytea NOT NULL, PRIMARY KEY (rid, version));"
     "ALTER TABLE aceso.history ALTER COLUMN body SET STORAGE EXTERNAL;"
     "CREATE TABLE aceso.change(seq int8 PRIMARY KEY, rid int8 NOT NULL, updated int8 NOT NULL,"
     "  latest int8 NOT NULL, version int4 NOT NULL, type int2 NOT NULL);"
     "CREATE INDEX change_type ON aceso.change(type, seq);"
     "CREATE INDEX change_row ON aceso.change(rid, version);"
     "CREATE TABLE aceso.posting(key bytea PRIMARY KEY);"
     "ALTER TABLE aceso.posting ALTER COLUMN key SET STORAGE PLAIN;"
     "CREATE TABLE aceso.audit(number int8 PRIMARY KEY, at int8 NOT NULL, entry bytea NOT NULL);"
     "ALTER TABLE aceso.audit ALTER COLUMN entry SET STORAGE EXTERNAL;"
     "CREATE TABLE aceso.item(space text COLLATE \"C\" NOT NULL, key bytea NOT NULL,"
     "  value bytea NOT NULL, PRIMARY KEY (space, key));"
     "ALTER TABLE aceso.item ALTER COLUMN value SET STORAGE EXTERNAL;"
     "CREATE TABLE aceso.dictionary(number int4 PRIMARY KEY, bytes bytea NOT NULL);"
     "CREATE TABLE aceso.head(one int4 PRIMARY KEY CHECK (one = 1), seq int8 NOT NULL,"
     "  resources int8 NOT NULL, audit int8 NOT NULL, latest int8 NOT NULL);"
     "INSERT INTO aceso.head VALUES (1, 0, 0, 0, 0);"
     "CREATE TABLE aceso.writer(node bytea PRIMARY KEY, epoch int8 NOT NULL, last int8 NOT NULL,"
     "  at timestamptz NOT NULL);"
     "CREATE SEQUENCE aceso.rid_block;"},
    {2, 1, "jobs",
     "CREATE TABLE aceso.job(number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
     "  due int8 NOT NULL, added int8 NOT NULL, lease int8 NOT NULL, tries int4 NOT NULL,"
     "  state int2 NOT NULL, kind text COLLATE \"C\" NOT NULL, name bytea NOT NULL,"
     "  worker bytea NOT NULL, error bytea NOT NULL, payload bytea NOT NULL)"
     "  WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02,"
     "   autovacuum_vacuum_threshold = 1000);"
     "ALTER TABLE aceso.job ALTER COLUMN payload SET STORAGE EXTERNAL;"
     "CREATE INDEX job_due ON aceso.job(kind, due, number) WHERE state < 3;"
     "CREATE UNIQUE INDEX job_name ON aceso.job(kind, name) WHERE state = 1 AND name <> '';"
     "CREATE INDEX job_runs ON aceso.job(due) WHERE state = 2;"
     "CREATE INDEX job_dead ON aceso.job(number) WHERE state = 3;"},
    {3, 1, "moving",
     "CREATE TABLE aceso.move(one int4 PRIMARY KEY CHECK (one = 1), state int2 NOT NULL,"
     "  unused int8 NOT NULL, words text NOT NULL, mark bytea NOT NULL);"
     "INSERT INTO aceso.move VALUES (1, 0, 0, '', '');"
     "CREATE TABLE aceso.key_log(xid xid8 NOT NULL, key bytea NOT NULL);"
     "CREATE INDEX key_log_xid ON aceso.key_log(xid);"
     "CREATE TABLE aceso.key_place(place int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
     "  xid xid8 NOT NULL);"
     "CREATE FUNCTION aceso.log_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
     "  SET search_path = pg_catalog AS 'BEGIN INSERT INTO aceso.key_log(xid, key)"
     "  SELECT pg_current_xact_id(), key FROM touched; RETURN NULL; END';"
     "CREATE FUNCTION aceso.log_place() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
     "  SET search_path = pg_catalog AS 'BEGIN INSERT INTO aceso.key_place(xid)"
     "  VALUES (pg_current_xact_id()); RETURN NULL; END';"
     "CREATE FUNCTION aceso.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog"
     "  AS 'BEGIN IF current_setting(''aceso.filling'', true) = ''on'' THEN RETURN NULL; END IF;"
     "  RAISE EXCEPTION ''this store takes no writes'' USING ERRCODE = ''AC001''; END';"
     "CREATE TRIGGER refuse BEFORE UPDATE ON aceso.head FOR EACH STATEMENT"
     "  EXECUTE FUNCTION aceso.refuse();"
     "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE OR DELETE ON aceso.job FOR EACH STATEMENT"
     "  EXECUTE FUNCTION aceso.refuse();"
     "ALTER TABLE aceso.head DISABLE TRIGGER refuse; ALTER TABLE aceso.job DISABLE TRIGGER "
     "refuse;"},
    {4, 4, "epochs and claims",
     "ALTER TABLE aceso.head ADD COLUMN index_epoch int8 NOT NULL DEFAULT 1,"
     " ADD COLUMN auth_epoch int8 NOT NULL DEFAULT 1;"
     "CREATE TABLE aceso.claim(hash int8 PRIMARY KEY, seq int8 NOT NULL);"},
    {5, 5, "facts",
     "ALTER TABLE aceso.resource ADD COLUMN facts bytea NOT NULL DEFAULT '',"
     " ALTER COLUMN facts SET STORAGE EXTERNAL;"
     "ALTER TABLE aceso.history ADD COLUMN facts bytea NOT NULL DEFAULT '',"
     " ALTER COLUMN facts SET STORAGE EXTERNAL;"
     "ALTER TABLE aceso.head ADD COLUMN access_epoch int8 NOT NULL DEFAULT 1;"
     "CREATE FUNCTION aceso.log_facts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
     "  SET search_path = pg_catalog AS 'BEGIN INSERT INTO aceso.key_log(xid, key) VALUES"
     "  (pg_current_xact_id(), ''\\x0f''::bytea || substr(int8send(NEW.rid), 3)"
     "  || int4send(NEW.version)); RETURN NULL; END';"},
    {6, 6, "the chain of the audit log",
     "ALTER TABLE aceso.audit ADD COLUMN link bytea NOT NULL DEFAULT '';"
     "ALTER TABLE aceso.audit ALTER COLUMN link SET STORAGE PLAIN;"
     "ALTER TABLE aceso.head ADD COLUMN chain bytea NOT NULL DEFAULT"
     " decode(repeat('00', 32), 'hex');"},
    {7, 6, "the version of the keys",
     "ALTER TABLE aceso.head ADD COLUMN rekeys int8 NOT NULL DEFAULT 0;"},
    {8, 6, "recovery, and a role that reads",
     "CREATE TABLE aceso.recovery(one int4 PRIMARY KEY CHECK (one = 1), wrapped bytea NOT NULL,"
     "  made timestamptz NOT NULL DEFAULT now());"
     "CREATE TABLE aceso.reader(one int4 PRIMARY KEY CHECK (one = 1), role text NOT NULL);"
     "GRANT SELECT ON aceso.reader TO PUBLIC;"},
    {9, 9, "contents in pieces",
     "CREATE TABLE aceso.piece(content text COLLATE \"C\" NOT NULL, number int4 NOT NULL,"
     "  bytes bytea NOT NULL, place int8 GENERATED ALWAYS AS IDENTITY,"
     "  PRIMARY KEY (content, number));"
     "ALTER TABLE aceso.piece ALTER COLUMN bytes SET STORAGE EXTERNAL;"
     "CREATE UNIQUE INDEX piece_place ON aceso.piece(place);"},
    /* Programs of before do not name it, and take no place among the writers any more. */
    {10, 10, "what a writer was written for",
     "ALTER TABLE aceso.writer ADD COLUMN schema int4 NOT NULL DEFAULT 0;"
     "ALTER TABLE aceso.writer ALTER COLUMN schema DROP DEFAULT;"},
};

/* Whoever is too old for the tables may still be running: his next group finds no row of its epoch
 * (sql.c: FINISH), and when he comes back there is no place for him (FENCE). Nothing about a person
 * leaves without a commit, so he answers nothing either. docs/adr/0177-programs-that-are-too-old.md
 */
static const char fence[] = "UPDATE aceso.writer SET epoch = epoch + 1"
                            " WHERE schema < (SELECT max(needs) FROM aceso.migration)";

/* Whoever may use the tables is named by GRANTs. The policies want to know, besides, on whose
 * behalf each transaction asks (aceso.caller): who does not say it is answered with an error and no
 * row, whatever tool he has and whatever role. FORCE: they hold for the owner too. What each caller
 * may see is decided where facts can be read (access.h): here they are sealed. As a subquery it is
 * asked once for a statement, not for a row. head and migration hold numbers alone: a snapshot
 * reads the one as it names its caller, a program of another version the other; reader holds a name
 * that is wanted before anybody asks. docs/adr/0101-two-walls.md */
static const char policies[] =
    "CREATE OR REPLACE FUNCTION aceso.nobody_asks() RETURNS bool LANGUAGE plpgsql AS $f$ BEGIN"
    " RAISE EXCEPTION 'nobody is named who asks' USING ERRCODE = 'AC002'; END $f$;"
    "DO $$ DECLARE t text; named text := '((SELECT CASE"
    "  WHEN current_setting(''aceso.caller'', true) <> '''' THEN true"
    "  ELSE aceso.nobody_asks() END))'; BEGIN"
    " FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'aceso' LOOP"
    "  EXECUTE format('ALTER TABLE aceso.%I ENABLE ROW LEVEL SECURITY', t);"
    "  EXECUTE format('ALTER TABLE aceso.%I FORCE ROW LEVEL SECURITY', t);"
    "  EXECUTE format('DROP POLICY IF EXISTS allow ON aceso.%I', t);"
    "  EXECUTE format('DROP POLICY IF EXISTS named ON aceso.%I', t);"
    "  IF t IN ('head', 'migration', 'reader') THEN"
    "   EXECUTE format('CREATE POLICY allow ON aceso.%I USING (true) WITH CHECK (true)', t);"
    "  ELSE EXECUTE format('CREATE POLICY named ON aceso.%I USING %s WITH CHECK %s', t, named,"
    "   named);"
    "  END IF; END LOOP; END $$";

/* The audit log and the changes only grow: nobody but the owner can rewrite them. */
static const char grants[] =
    "DO $$ DECLARE r text := current_setting('aceso.role'); BEGIN"
    " EXECUTE format('GRANT USAGE ON SCHEMA aceso TO %I', r);"
    " EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA aceso TO %I', r);"
    " EXECUTE format('GRANT INSERT ON aceso.audit, aceso.change TO %I', r);"
    " EXECUTE format('GRANT INSERT, UPDATE, DELETE ON aceso.resource, aceso.history,"
    "  aceso.posting, aceso.item, aceso.piece, aceso.dictionary, aceso.writer, aceso.job,"
    "  aceso.claim TO %I', "
    "r);"
    " EXECUTE format('GRANT UPDATE ON aceso.head TO %I', r);"
    " EXECUTE format('REVOKE ALL ON aceso.recovery FROM %I', r);"
    " EXECUTE format('GRANT USAGE ON SEQUENCE aceso.rid_block TO %I', r); END $$";

/* A request's thread has connections of this role alone: it sees rows (sealed) and numbers new
 * ones. Of the keys it sees how many there are. docs/adr/0171-two-roles.md */
static const char reader_grants[] =
    "DO $$ DECLARE r text := current_setting('aceso.role'); BEGIN"
    " EXECUTE format('GRANT USAGE ON SCHEMA aceso TO %I', r);"
    " EXECUTE format('GRANT SELECT ON aceso.resource, aceso.history, aceso.change, aceso.posting,"
    "  aceso.audit, aceso.item, aceso.piece, aceso.dictionary, aceso.head, aceso.job,"
    "  aceso.move, aceso.key_log, aceso.key_place TO %I', r);"
    " EXECUTE format('GRANT SELECT (number) ON aceso.key TO %I', r);"
    " EXECUTE format('GRANT USAGE ON SEQUENCE aceso.rid_block TO %I', r);"
    " INSERT INTO aceso.reader VALUES (1, r) ON CONFLICT (one) DO UPDATE SET role = excluded.role;"
    " END $$";

/* ---- which are there ----------------------------------------------------------------------- */

/* 0, 0: none. */
static Status read_numbers(Ctx *cx, Link *link, int *ret_number, int *ret_needs)
{
    PGresult *result =
        PQexec(link->conn,
               "SELECT coalesce(max(number), 0), coalesce(max(needs), 0) FROM aceso.migration");
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK;
    uint64_t number = 0, needs = 0;
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool none = state && (str_eq(str_of(state), STR("42P01")) || /* no such table */
                          str_eq(str_of(state), STR("3F000")));  /* no such schema */
    bool hidden = state && str_eq(str_of(state), STR("42501"));
    if (good)
        good = str_to_u64(str_of(PQgetvalue(result, 0, 0)), &number) &&
               str_to_u64(str_of(PQgetvalue(result, 0, 1)), &needs);
    PQclear(result);
    *ret_number = (int)number;
    *ret_needs = (int)needs;
    if (hidden)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "This role may not use the tables of Aceso: name it when the store is made"
                        " (aceso init --role).");
    return good || none ? STATUS_OK
                        : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                                   "The database does not say which tables it has.");
}

Status schema_probe(Ctx *cx, Link *link)
{
    int number, needs;
    TRY(read_numbers(cx, link, &number, &needs));
    if (!number)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "There is no store in this database; make one with aceso init.");
    if (number < SCHEMA)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The tables have schema %d, this program needs %d: let the owner of the"
                        " tables run aceso init.",
                        number, SCHEMA);
    if (needs > SCHEMA)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The tables have schema %d, which this program (schema %d) is too old for.",
                        number, SCHEMA);
    return STATUS_OK;
}

/* ---- making them ----------------------------------------------------------------------------- */

static Status apply(Ctx *cx, Link *link, const Migration *migration)
{
    Str note = arena_format(
        cx->arena, "INSERT INTO aceso.migration(number, needs, name) VALUES (%d, %d, '%s')",
        migration->number, migration->needs, migration->name);
    if (!note.at)
        return STATUS_MEMORY;
    TRY(link_script(cx, link, migration->sql));
    return link_script(cx, link, note.at);
}

static Status allow_one(Ctx *cx, Link *link, Str role, const char *what)
{
    Str name = arena_str(cx->arena, role);
    if (!name.at)
        return STATUS_MEMORY;
    const char *values[] = {name.at};
    PGresult *result = PQexecParams(link->conn, "SELECT set_config('aceso.role', $1, true)", 1,
                                    NULL, values, NULL, NULL, 0);
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK;
    PQclear(result);
    return good ? link_script(cx, link, what) : STATUS_UNAVAILABLE;
}

static Status allow(Ctx *cx, Link *link, Str role, Str reader)
{
    if (role.len)
        TRY(allow_one(cx, link, role, grants));
    return reader.len ? allow_one(cx, link, reader, reader_grants) : STATUS_OK;
}

static Status make(Ctx *cx, Link *link, Str role, Str reader, bool *ret_new)
{
    int number, needs;
    /* Two at once: the second waits, and finds all done. */
    TRY(link_script(cx, link, "SELECT pg_advisory_xact_lock(4711200311)"));
    TRY(link_script(cx, link,
                    "CREATE SCHEMA IF NOT EXISTS aceso;"
                    "CREATE TABLE IF NOT EXISTS aceso.migration(number int4 PRIMARY KEY,"
                    " needs int4 NOT NULL, name text NOT NULL,"
                    " at timestamptz NOT NULL DEFAULT now())"));
    TRY(read_numbers(cx, link, &number, &needs));
    *ret_new = number == 0;
    if (number >= SCHEMA && (role.len || reader.len))
        return allow(cx, link, role, reader);
    if (number >= SCHEMA)
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY,
                        "There is a store in this database already.");
    for (size_t i = 0; i < COUNT_OF(migrations); i++) {
        if (migrations[i].number > number)
            TRY(apply(cx, link, &migrations[i]));
    }
    TRY(link_script(cx, link, policies));
    TRY(link_script(cx, link, fence));
    return allow(cx, link, role, reader);
}

Status schema_make(Ctx *cx, Link *link, Str role, Str reader, bool *ret_new)
{
    TRY(link_script(cx, link, "BEGIN"));
    return make(cx, link, role, reader, ret_new);
}

Status schema_end(Ctx *cx, Link *link, Status status)
{
    if (status == STATUS_OK)
        return link_script(cx, link, "COMMIT");
    UNUSED(link_script(cx, link, "ROLLBACK") == STATUS_OK);
    return status;
}

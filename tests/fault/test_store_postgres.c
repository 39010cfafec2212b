/* A database that goes away in the middle: restarts, connections cut off, locks that others hold;
 * and two nodes on one database. What was acknowledged is there, once; nothing is skipped. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_node.h"

enum { WRITERS = 6, TYPE = 7, ENOUGH = 20 };

static const TestPostgres *postgres;

/* ---- a scene --------------------------------------------------------------------------------- */

static int fresh(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    check(test_postgres_clean(postgres));
    StoreOptions options = {.address = arena_format(cx.arena, "postgres:%s", postgres->owner),
                            .key_file = str_of(key_path),
                            .role = str_of(postgres->app_role),
                            .reader = str_of(postgres->reader_role)};
    check_int(store_create(&cx, &options), STATUS_OK);
    snprintf(address, sizeof(address), "postgres:%.200s", postgres->app);
    arena_free(cx.arena);
    return 0;
}

/* ---- writers who keep a ledger ------------------------------------------------------------------
 */

typedef struct {
    Node *node;
    unsigned number;
    _Atomic bool *stop;
    _Atomic unsigned created;       /* acknowledged */
    unsigned lost, unread, refused; /* unknown, not asked, conflicts */
} Ledger;

static StoreWrite write_of(Ctx *cx, Node *node, Str id, uint32_t version, uint64_t rid)
{
    Str *key = arena_array_of(cx->arena, Str, 1);
    *key = arena_format(cx->arena, "\x10" STR_FMT "/%u", STR_ARG(id), version);
    return (StoreWrite){.method = version == 1 ? STORE_CREATE : STORE_UPDATE,
                        .type = TYPE,
                        .version = version,
                        .rid = rid ? rid : store_new_rid(node->store),
                        .id = id,
                        .updated = version,
                        .body = STR("{}"),
                        .add = key,
                        .add_count = 1};
}

/* A new resource and the next version of the shared counter, together. */
static void step(Ledger *ledger, Ctx *cx)
{
    Node *node = ledger->node;
    StoreRow row;
    Status status = store_get_now(node->store, cx, node->access, TYPE, STR("counter"), &row);
    if (status != STATUS_OK) {
        ledger->unread++;
        usleep(2000);
        return;
    }
    Str id = arena_format(cx->arena, "w%u-%u", ledger->number, atomic_load(&ledger->created));
    StoreWrite writes[] = {write_of(cx, node, id, 1, 0),
                           write_of(cx, node, STR("counter"), row.version + 1, row.rid)};
    Str audit = id;
    StoreCommit commit = {.writes = writes, .write_count = 2, .audits = &audit, .audit_count = 1};
    status = store_commit(node->store, cx, node->access, &commit);
    ledger->created += status == STATUS_OK;
    ledger->refused += status == STATUS_CONFLICT;
    ledger->lost += status != STATUS_OK && status != STATUS_CONFLICT;
}

static void *keep_ledger(void *argument)
{
    Ledger *ledger = argument;
    Ctx cx = testing_ctx();
    while (!atomic_load(ledger->stop)) {
        arena_clear(cx.arena);
        cx = (Ctx){.arena = cx.arena};
        step(ledger, &cx);
    }
    arena_free(cx.arena);
    return NULL;
}

typedef struct {
    pthread_t threads[WRITERS];
    Ledger ledgers[WRITERS];
    _Atomic bool stop;
} Crew;

static void crew_start(Crew *crew, Node *nodes, unsigned node_count)
{
    StoreWrite write = write_of(&nodes->cx, nodes, STR("counter"), 1, 0);
    StoreCommit commit = {.writes = &write, .write_count = 1};
    check_int(store_commit(nodes->store, &nodes->cx, nodes->access, &commit), STATUS_OK);
    *crew = (Crew){0};
    for (unsigned i = 0; i < WRITERS; i++) {
        crew->ledgers[i] =
            (Ledger){.node = &nodes[i % node_count], .number = i, .stop = &crew->stop};
        check_int(pthread_create(&crew->threads[i], NULL, keep_ledger, &crew->ledgers[i]), 0);
    }
}

/* Before it has written enough for anything to be lost, a busy machine has not tried anything. */
static void crew_stop(Crew *crew)
{
    unsigned created = 0;
    for (unsigned tries = 0; created <= ENOUGH && tries < 6000; tries++) {
        usleep(10000);
        created = 0;
        for (unsigned i = 0; i < WRITERS; i++)
            created += atomic_load(&crew->ledgers[i].created);
    }
    atomic_store(&crew->stop, true);
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(crew->threads[i], NULL);
}

/* Every acknowledged resource is there; the counter has counted each commit once. */
static void check_ledgers(Crew *crew, Node *node)
{
    unsigned created = 0, lost = 0, refused = 0, unread = 0;
    Ctx *cx = &node->cx;
    StoreReader *reader;
    StoreRow row;
    StoreAuditRow *audits;
    size_t count;
    check_int(store_read_begin(node->store, cx, node->access, &reader), STATUS_OK);
    for (unsigned i = 0; i < WRITERS; i++) {
        Ledger *ledger = &crew->ledgers[i];
        created += ledger->created;
        lost += ledger->lost;
        refused += ledger->refused;
        unread += ledger->unread;
        for (unsigned k = 0; k < atomic_load(&ledger->created); k++)
            check_int(store_get(reader, TYPE, arena_format(cx->arena, "w%u-%u", i, k), true, &row),
                      STATUS_OK);
    }
    check(created > ENOUGH);
    check_int(store_get(reader, TYPE, STR("counter"), true, &row), STATUS_OK);
    if (!lost) {
        check_int(row.version, created + 1);
        check_int(store_audit_read(reader, 1, 1000000, &audits, &count), STATUS_OK);
        check_int(count, created);
    } else {
        check(row.version >= created + 1);
    }
    store_read_end(reader);
    ctx_forget(cx);
    if (store_check(node->store, cx, NULL, NULL) != STATUS_OK)
        fail_msg("check: " STR_FMT, STR_ARG(cx->issues->diagnostics));
    print_message("# %u commits, %u conflicts, %u unknown, %u reads refused\n", created, refused,
                  lost, unread);
}

/* ---- the tests
 * ------------------------------------------------------------------------------------ */

static void restarts_lose_no_acknowledged_write(void **state)
{
    UNUSED(state);
    Node node;
    Crew crew;
    node_open(&node);
    crew_start(&crew, &node, 1);
    for (int i = 0; i < 5; i++) {
        usleep(300 * 1000);
        check(test_postgres_order(TEST_POSTGRES_RESTART));
    }
    usleep(300 * 1000);
    crew_stop(&crew);
    check_ledgers(&crew, &node);
    node_close(&node);
}

static void cut_connections_write_nothing_twice(void **state)
{
    UNUSED(state);
    Node nodes[2];
    Crew crew;
    node_open(&nodes[0]);
    node_open(&nodes[1]);
    crew_start(&crew, nodes, 2);
    for (int i = 0; i < 40; i++) {
        /* Now and then long enough for a busy machine to connect anew and write. */
        usleep((i % 10 == 9 ? 500 : 60) * 1000 + (unsigned)i % 7 * 3000);
        check(test_postgres_sql(postgres, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                          " WHERE usename = 'aceso_app'"));
    }
    crew_stop(&crew);
    check_ledgers(&crew, &nodes[1]);
    node_close(&nodes[0]);
    node_close(&nodes[1]);
}

typedef struct {
    Node *node;
    Status status;
    _Atomic bool done;
} Doubt;

static void *commit_in_doubt(void *argument)
{
    Doubt *doubt = argument;
    Ctx cx = testing_ctx();
    StoreWrite write = write_of(&cx, doubt->node, STR("doubt"), 1, 0);
    Str audit = STR("doubt");
    StoreCommit commit = {.writes = &write, .write_count = 1, .audits = &audit, .audit_count = 1};
    doubt->status = store_commit(doubt->node->store, &cx, doubt->node->access, &commit);
    atomic_store(&doubt->done, true);
    arena_free(cx.arena);
    return NULL;
}

/* Waits until the database says that it is so. */
static bool comes_true(const char *condition)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "DO $w$ BEGIN FOR i IN 1..2000 LOOP PERFORM pg_stat_clear_snapshot();"
             " IF (%s) THEN RETURN; END IF; PERFORM pg_sleep(0.01); END LOOP;"
             " RAISE 'it does not come true'; END $w$",
             condition);
    return test_postgres_sql(postgres, sql);
}

/* The database waits for a standby that never comes: the transaction is done, and its connection
 * is cut before it says so. The writer must find out, and not write it again. */
static void a_commit_that_nobody_confirmed_is_found_out(void **state)
{
    UNUSED(state);
    Node node;
    pthread_t thread;
    Doubt doubt = {.node = &node};
    StoreStats stats;
    node_open(&node);
    check(store_new_rid(node.store) > 0);
    check(test_postgres_sql(postgres, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'"));
    check(test_postgres_sql(postgres, "SELECT pg_reload_conf()"));
    usleep(1000 * 1000); /* which processes have read it, is told to nobody */
    check_int(pthread_create(&thread, NULL, commit_in_doubt, &doubt), 0);
    check(comes_true("EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep')"));
    check(!atomic_load(&doubt.done));
    check(test_postgres_sql(postgres,
                            "DO $$ BEGIN IF (SELECT count(pg_terminate_backend(pid)) FROM"
                            " pg_stat_activity WHERE wait_event = 'SyncRep') <> 1 THEN RAISE"
                            " 'nobody waits'; END IF; END $$"));
    usleep(300 * 1000);
    check(!atomic_load(&doubt.done));
    check(test_postgres_sql(postgres, "ALTER SYSTEM RESET synchronous_standby_names"));
    check(test_postgres_sql(postgres, "SELECT pg_reload_conf()"));
    pthread_join(thread, NULL);
    check_int(doubt.status, STATUS_OK);
    store_stats(node.store, &stats);
    check_int(stats.resources, 1);
    check_int(stats.changes, 1);
    check_int(stats.audits, 1);
    check_int(store_check(node.store, &node.cx, NULL, NULL), STATUS_OK);
    node_close(&node);
}

static void a_reader_asks_again_or_says_so(void **state)
{
    UNUSED(state);
    Node node;
    StoreReader *reader;
    StoreRow row;
    node_open(&node);
    StoreWrite write = write_of(&node.cx, &node, STR("a"), 1, 0);
    StoreCommit commit = {.writes = &write, .write_count = 1};
    check_int(store_commit(node.store, &node.cx, node.access, &commit), STATUS_OK);
    check_int(store_read_begin(node.store, &node.cx, node.access, &reader), STATUS_OK);
    check_int(store_get(reader, TYPE, STR("a"), true, &row), STATUS_OK);
    check(test_postgres_order(TEST_POSTGRES_RESTART));
    CASE("a snapshot that was begun is gone, for what has to be asked");
    check_int(store_get(reader, TYPE, STR("b"), true, &row), STATUS_UNAVAILABLE);
    check(node.cx.issue_count > 0);
    store_read_end(reader);
    CASE("a new one is not");
    check_int(store_get_now(node.store, &node.cx, node.access, TYPE, STR("a"), &row), STATUS_OK);
    check(test_postgres_order(TEST_POSTGRES_DOWN));
    CASE("while it is down");
    check_int(store_get_now(node.store, &node.cx, node.access, TYPE, STR("a"), &row),
              STATUS_UNAVAILABLE);
    check(test_postgres_order(TEST_POSTGRES_UP));
    CASE("and up again");
    check_int(store_get_now(node.store, &node.cx, node.access, TYPE, STR("a"), &row), STATUS_OK);
    node_close(&node);
}

/* Until it is ended. */
static void *lock_for_a_while(void *argument)
{
    UNUSED(argument);
    UNUSED(test_postgres_sql(postgres, "BEGIN; LOCK TABLE aceso.resource; SELECT pg_sleep(60);"
                                       " COMMIT"));
    return NULL;
}

static void a_deadline_ends_a_wait(void **state)
{
    UNUSED(state);
    Node node;
    pthread_t thread;
    StoreRow row;
    node_open(&node);
    check_int(pthread_create(&thread, NULL, lock_for_a_while, NULL), 0);
    check(comes_true("EXISTS (SELECT FROM pg_locks WHERE granted AND relation ="
                     " 'aceso.resource'::regclass AND mode = 'AccessExclusiveLock')"));
    Ctx late = testing_ctx();
    Time begun = time_monotonic();
    late.deadline = begun + 200 * TIME_MS;
    check_int(store_get_now(node.store, &late, node.access, TYPE, STR("a"), &row), STATUS_TIMEOUT);
    check(time_monotonic() - begun < 20 * TIME_SECOND);
    check_int(late.issue_count, 1);
    arena_free(late.arena);
    check(test_postgres_sql(postgres,
                            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation"
                            " = 'aceso.resource'::regclass AND mode ="
                            " 'AccessExclusiveLock'"));
    pthread_join(thread, NULL);
    CASE("afterwards");
    check_int(store_get_now(node.store, &node.cx, node.access, TYPE, STR("a"), &row),
              STATUS_NOT_FOUND);
    node_close(&node);
}

/* Whoever follows the audit log or the changes sees every number, in order, while two nodes
 * write. */
static void nobody_who_follows_misses_a_number(void **state)
{
    UNUSED(state);
    Node nodes[2];
    Crew crew;
    uint64_t seen = 0, change = 0;
    node_open(&nodes[0]);
    node_open(&nodes[1]);
    crew_start(&crew, nodes, 2);
    Ctx cx = testing_ctx();
    Time begun = time_monotonic(), end = begun + 2 * TIME_SECOND, last = begun + 60 * TIME_SECOND;
    while (time_monotonic() < end || (seen <= 100 && time_monotonic() < last)) {
        StoreReader *reader;
        StoreAuditRow *rows;
        StoreChange *changes;
        size_t count;
        arena_clear(cx.arena);
        check_int(store_read_begin(nodes[0].store, &cx, nodes[0].access, &reader), STATUS_OK);
        check_int(store_audit_read(reader, seen + 1, 1000, &rows, &count), STATUS_OK);
        for (size_t i = 0; i < count; i++)
            check_int(rows[i].number, ++seen);
        check_int(store_history(reader, &(StoreHistory){.limit = 5}, &changes, &count), STATUS_OK);
        for (size_t i = 1; i < count; i++)
            check_int(changes[i].change, changes[i - 1].change - 1);
        check(count && changes[0].change >= change);
        change = changes[0].change;
        store_read_end(reader);
    }
    arena_free(cx.arena);
    crew_stop(&crew);
    check(seen > 100);
    check_ledgers(&crew, &nodes[0]);
    node_close(&nodes[0]);
    node_close(&nodes[1]);
}

/* What the role that serves may not do, and what the tables show to who looks into them. */
static Status row_without_body(Node *node, Str id)
{
    StoreReader *reader;
    StoreRow row;
    check_int(store_read_begin(node->store, &node->cx, node->access, &reader), STATUS_OK);
    Status status = store_get(reader, TYPE, id, false, &row);
    store_read_end(reader);
    return status;
}

static void the_tables_show_no_body_and_keep_their_log(void **state)
{
    UNUSED(state);
    Node node;
    node_open(&node);
    StoreWrite write = write_of(&node.cx, &node, STR("a"), 1, 0);
    write.body = STR("{\"name\":\"Zyxcanarius\"}");
    write.facts = STR("what Zyxcanarius has");
    Str audit = STR("Zyxcanarius was read");
    StoreItem item = {STR("account"), STR("zyx.canarius"), STR("Zyxcanarius' password")};
    StoreCommit commit = {.writes = &write,
                          .write_count = 1,
                          .audits = &audit,
                          .audit_count = 1,
                          .items = &item,
                          .item_count = 1};
    check_int(store_commit(node.store, &node.cx, node.access, &commit), STATUS_OK);
    static const char *const nothing[] = {
        "DO $$ BEGIN IF EXISTS (SELECT FROM aceso.resource WHERE encode(body, 'escape') ILIKE"
        " '%canarius%') THEN RAISE 'a body in clear'; END IF; END $$",
        "DO $$ BEGIN IF EXISTS (SELECT FROM aceso.resource WHERE encode(facts, 'escape') ILIKE"
        " '%canarius%') THEN RAISE 'facts in clear'; END IF; END $$",
        "DO $$ BEGIN IF EXISTS (SELECT FROM aceso.audit WHERE encode(entry, 'escape') ILIKE"
        " '%canarius%') THEN RAISE 'an audit entry in clear'; END IF; END $$",
        "DO $$ BEGIN IF EXISTS (SELECT FROM aceso.item WHERE encode(value, 'escape') ILIKE"
        " '%canarius%' OR encode(key, 'escape') ILIKE '%canarius%') THEN RAISE 'an item in clear';"
        " END IF; END $$",
        "DO $$ BEGIN SET ROLE aceso_app; BEGIN DELETE FROM aceso.audit; RAISE 'audit deleted';"
        " EXCEPTION WHEN insufficient_privilege THEN NULL; END; RESET ROLE; END $$",
        "DO $$ BEGIN SET ROLE aceso_app; BEGIN UPDATE aceso.audit SET at = 0; RAISE 'audit "
        "changed';"
        " EXCEPTION WHEN insufficient_privilege THEN NULL; END; RESET ROLE; END $$",
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid ="
        " c.relnamespace WHERE n.nspname = 'aceso' AND c.relkind = 'r' AND NOT (c.relrowsecurity"
        " AND c.relforcerowsecurity)) THEN RAISE 'a table without FORCE ROW LEVEL SECURITY'; END "
        "IF;"
        " END $$",
    };
    FOR_CASES(nothing, sql)
    {
        CASE(*sql);
        check(test_postgres_sql(postgres, *sql));
    }
    CASE("a body in another's place does not open");
    StoreWrite other = write_of(&node.cx, &node, STR("b"), 1, 0);
    commit = (StoreCommit){.writes = &other, .write_count = 1};
    check_int(store_commit(node.store, &node.cx, node.access, &commit), STATUS_OK);
    check(test_postgres_sql(postgres, "UPDATE aceso.resource SET body = (SELECT body FROM"
                                      " aceso.resource WHERE id = 'a') WHERE id = 'b'"));
    StoreRow row;
    check_int(store_get_now(node.store, &node.cx, node.access, TYPE, STR("b"), &row),
              STATUS_UNAVAILABLE);
    check_int(store_check(node.store, &node.cx, NULL, NULL), STATUS_INVALID);
    CASE("nor do facts");
    check(test_postgres_sql(postgres, "UPDATE aceso.resource SET facts = (SELECT facts FROM"
                                      " aceso.resource WHERE id = 'a') WHERE id = 'b'"));
    check_int(row_without_body(&node, STR("b")), STATUS_UNAVAILABLE);
    check_int(row_without_body(&node, STR("a")), STATUS_OK);
    node_close(&node);
}

/* The wall in the database: whoever does not say on whose behalf he asks is shown no row and writes
 * none, as the role that works with the tables and as the one that owns them. */
static void who_names_no_caller_is_shown_nothing(void **state)
{
    UNUSED(state);
    Node node;
    node_open(&node);
    StoreWrite write = write_of(&node.cx, &node, STR("a"), 1, 0);
    Str audit = STR("entry");
    StoreItem item = {STR("account"), STR("k"), STR("v")};
    StoreJobAdd job = {.kind = STR("mail")};
    StoreCommit commit = {.writes = &write,
                          .write_count = 1,
                          .audits = &audit,
                          .audit_count = 1,
                          .items = &item,
                          .item_count = 1,
                          .jobs = &job,
                          .job_count = 1};
    check_int(store_commit(node.store, &node.cx, node.access, &commit), STATUS_OK);
    StoreWrite second = write_of(&node.cx, &node, STR("a"), 2, write.rid);
    commit = (StoreCommit){.writes = &second, .write_count = 1};
    check_int(store_commit(node.store, &node.cx, node.access, &commit), STATUS_OK);
    static const char *const roles[] = {"aceso_app", "aceso_owner"};
    static const char *const tables[] = {"resource", "history", "change", "posting", "audit",
                                         "item",     "job",     "key",    "writer",  "move"};
    FOR_CASES(roles, role)
    {
        FOR_CASES(tables, table)
        {
            CASE(*table);
            Str sql = arena_format(node.cx.arena,
                                   "SET ROLE %s; DO $$ BEGIN PERFORM count(*) FROM aceso.%s;"
                                   " RAISE 'shown'; EXCEPTION WHEN SQLSTATE 'AC002' THEN NULL; END"
                                   " $$; SET aceso.caller = 'somebody';"
                                   " SELECT 1 / count(*) FROM aceso.%s",
                                   *role, *table, *table);
            check(test_postgres_sql(postgres, sql.at));
        }
        CASE("a write");
        Str sql =
            arena_format(node.cx.arena,
                         "SET ROLE %s; DO $$ BEGIN INSERT INTO aceso.posting VALUES ('\\x11');"
                         " RAISE 'written'; EXCEPTION WHEN SQLSTATE 'AC002' THEN NULL; END $$",
                         *role);
        check(test_postgres_sql(postgres, sql.at));
        CASE("a caller of an earlier transaction is not one of the next");
        sql = arena_format(node.cx.arena,
                           "SET ROLE %s; BEGIN; SET LOCAL aceso.caller = 'somebody'; COMMIT;"
                           "DO $$ BEGIN PERFORM count(*) FROM aceso.resource; RAISE 'shown';"
                           " EXCEPTION WHEN SQLSTATE 'AC002' THEN NULL; END $$",
                           *role);
        check(test_postgres_sql(postgres, sql.at));
    }
    node_close(&node);
}

/* Two roles (security-model.md 2.3): the connections that a request's thread has may read rows,
 * which are sealed, and number new ones. Whatever else they try the database refuses, also when
 * they say whom they ask for. */
static void a_readers_connection_may_only_read(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *sql;
    } refused[] = {
        {"the audit log changed", "UPDATE aceso.audit SET at = 0"},
        {"an entry added", "INSERT INTO aceso.audit(number, at, entry) VALUES (9, 9, '')"},
        {"entries gone", "DELETE FROM aceso.audit"},
        {"wrapped keys", "SELECT wrapped FROM aceso.key"},
        {"the key under the recovery code", "SELECT wrapped FROM aceso.recovery"},
        {"another key", "UPDATE aceso.key SET wrapped = ''"},
        {"facts", "UPDATE aceso.resource SET facts = ''"},
        {"a body", "UPDATE aceso.resource SET body = ''"},
        {"a row", "INSERT INTO aceso.resource VALUES (9, 9, 1, 7, 1, 'x', '')"},
        {"an account", "UPDATE aceso.item SET value = ''"},
        {"a session", "INSERT INTO aceso.item VALUES ('session', '', '')"},
        {"an index key", "DELETE FROM aceso.posting"},
        {"a piece of a document", "UPDATE aceso.piece SET bytes = ''"},
        {"a number", "UPDATE aceso.head SET access_epoch = 1"},
        {"a job", "UPDATE aceso.job SET state = 3"},
        {"a policy", "DROP POLICY named ON aceso.resource"},
        {"another policy", "CREATE POLICY mine ON aceso.resource USING (true)"},
        {"no policies", "ALTER TABLE aceso.resource DISABLE ROW LEVEL SECURITY"},
        {"a table", "CREATE TABLE aceso.mine(a int4)"},
        {"the role of readers", "UPDATE aceso.reader SET role = 'aceso_app'"},
    };
    Node node;
    node_open(&node);
    FOR_CASES(refused, c)
    {
        CASE(c->why);
        Str sql = arena_format(
            node.cx.arena,
            "SET ROLE aceso_reader; SET aceso.caller = 'somebody'; DO $t$ BEGIN EXECUTE $q$%s$q$;"
            " RAISE 'done'; EXCEPTION WHEN insufficient_privilege THEN NULL; END $t$",
            c->sql);
        check(test_postgres_sql(postgres, sql.at));
    }
    CASE("what the servers' role may do is not refused: else this would prove nothing");
    check(test_postgres_sql(postgres, "SET ROLE aceso_app; SET aceso.caller = 'somebody';"
                                      " UPDATE aceso.item SET value = ''; SELECT wrapped FROM"
                                      " aceso.key"));
    CASE("the node's readers are that role, and its writers are not");
    StoreReader *reader;
    StoreMark mark;
    StoreWrite write = write_of(&node.cx, &node, STR("a"), 1, 0);
    StoreCommit commit = {.writes = &write, .write_count = 1};
    check(test_postgres_sql(postgres, "REVOKE SELECT ON aceso.head FROM aceso_reader"));
    check_int(store_commit(node.store, &node.cx, node.access, &commit), STATUS_OK);
    check_int(store_read_begin(node.store, &node.cx, node.access, &reader), STATUS_OK);
    check_int(store_mark(reader, &mark), STATUS_UNAVAILABLE);
    store_read_end(reader);
    check(test_postgres_sql(postgres, "GRANT SELECT ON aceso.head TO aceso_reader"));
    check_int(row_without_body(&node, STR("a")), STATUS_OK);
    node_close(&node);
}

/* A standby that was behind took over. Whatever a process remembers may come from what is lost now,
 * also what somebody may see: it ends rather than answer. */
static void who_has_seen_what_is_lost_ends(void **state)
{
    UNUSED(state);
    int how;
    pid_t child = fork();
    check(child >= 0);
    if (child == 0) {
        Node node;
        struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        node_open(&node);
        for (uint32_t version = 1; version <= 2; version++) {
            StoreWrite write = write_of(&node.cx, &node, version == 1 ? STR("a") : STR("b"), 1, 0);
            StoreCommit commit = {.writes = &write, .write_count = 1};
            if (store_commit(node.store, &node.cx, node.access, &commit) != STATUS_OK ||
                row_without_body(&node, STR("a")) != STATUS_OK)
                _exit(3);
        }
        if (!test_postgres_sql(postgres, "UPDATE aceso.head SET seq = seq - 1"))
            _exit(4);
        (void)row_without_body(&node, STR("a"));
        _exit(5);
    }
    check_int(waitpid(child, &how, 0), child);
    check(WIFSIGNALED(how));
    check_int(WTERMSIG(how), SIGABRT);
}

#define FAULT_TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const char *why = NULL;
    const struct CMUnitTest tests[] = {
        FAULT_TEST(restarts_lose_no_acknowledged_write),
        FAULT_TEST(cut_connections_write_nothing_twice),
        FAULT_TEST(a_commit_that_nobody_confirmed_is_found_out),
        FAULT_TEST(a_reader_asks_again_or_says_so),
        FAULT_TEST(a_deadline_ends_a_wait),
        FAULT_TEST(nobody_who_follows_misses_a_number),
        FAULT_TEST(the_tables_show_no_body_and_keep_their_log),
        FAULT_TEST(who_has_seen_what_is_lost_ends),
        FAULT_TEST(who_names_no_caller_is_shown_nothing),
        FAULT_TEST(a_readers_connection_may_only_read),
    };
    postgres = test_postgres(true, &why); /* with fsync: it is about what lasts */
    if (!postgres) {
        printf("1..1\n# skipped: faults of a database (%s)\nok 1 - store postgres\n", why);
        return 0;
    }
    make_key();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

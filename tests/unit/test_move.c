/* A move while the source is written, stopped anywhere and begun again; and what a comparison
 * finds in a target that somebody has changed. */
#include "testing.h"

#include <unistd.h>

#include "access/grant.h"
#include "move/move.h"
#include "postgres.h"
#include "store/sqlite/keyfile.h"
#include "store/sqlite/sql.h"

enum { ROWS = 7, TYPES = 3, IDS = 40, CONTENTS = 6, PIECE_BYTES = 20000 };

/* Which of the two is in the database; the other one is a file. */
typedef enum { BOTH_FILES, FROM_DATABASE, TO_DATABASE } Where;
static Where where;
static const TestPostgres *postgres;

typedef struct {
    char folder[64], key_file[96];
    Ctx cx;
    const Access *access;
    Store *from, *to;
    uint64_t dice;
    unsigned tells, stop_at, writes_until, write_at;
    bool ending;
    uint32_t version[IDS];
    uint64_t rid[IDS];
    bool gone[IDS];
    Str key[IDS];
    Str facts[IDS];
    uint32_t pieces[CONTENTS]; /* of each content */
} Scene;

/* ---- stores ------------------------------------------------------------------------------ */

static StoreOptions options_of(Scene *scene, const char *name, StoreUse use)
{
    bool database = (where == FROM_DATABASE && !strcmp(name, "from")) ||
                    (where == TO_DATABASE && !strcmp(name, "to"));
    Str address = database ? arena_format(scene->cx.arena, "postgres:%s", postgres->owner)
                           : arena_format(scene->cx.arena, "%s/%s", scene->folder, name);
    return (StoreOptions){.address = address,
                          .key_file = str_of(scene->key_file),
                          .memory_bytes = 4096, /* merges at once: the log must outlast them */
                          .use = use};
}

static Store *open_store(Scene *scene, const char *name, StoreUse use)
{
    Store *store = NULL;
    StoreOptions options = options_of(scene, name, use);
    Status status = store_open(&scene->cx, &options, &store);
    if (status != STATUS_OK)
        fail_msg("open %s: " STR_FMT, name, STR_ARG(scene->cx.issues_last->diagnostics));
    return store;
}

static int make_scene(void **state)
{
    Scene *scene = calloc(1, sizeof(Scene));
    const char *tmp = getenv("TMPDIR");
    scene->cx = (Ctx){.arena = arena_new((size_t)1 << 30, false)};
    snprintf(scene->folder, sizeof(scene->folder), "%s/aceso-move-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(scene->folder))
        return -1;
    snprintf(scene->key_file, sizeof(scene->key_file), "%s/secret", scene->folder);
    FILE *file = fopen(scene->key_file, "w");
    check(file && fwrite("0123456789abcdef0123456789abcdef", 32, 1, file) == 1);
    fclose(file);
    scene->access = access_grant(scene->cx.arena, &(AccessGrant){.account = STR("test"),
                                                                 .role = STR("operator"),
                                                                 .may_write = true,
                                                                 .everything = true});
    if (where != BOTH_FILES)
        check(test_postgres_clean(postgres));
    StoreOptions from = options_of(scene, "from", STORE_LEAVE);
    StoreOptions to = options_of(scene, "to", STORE_FILL);
    check_int(store_create(&scene->cx, &from), STATUS_OK);
    check_int(store_create(&scene->cx, &to), STATUS_OK);
    scene->from = open_store(scene, "from", STORE_LEAVE);
    scene->to = open_store(scene, "to", STORE_FILL);
    *state = scene;
    return 0;
}

static int begin(void **state)
{
    where = *(const Where *)*state;
    return make_scene(state);
}

static int end(void **state)
{
    Scene *scene = *state;
    char command[128];
    store_close(scene->to);
    store_close(scene->from);
    arena_free(scene->cx.arena);
    snprintf(command, sizeof(command), "rm -rf '%s'", scene->folder);
    free(scene);
    return system(command);
}

/* ---- writers ----------------------------------------------------------------------------- */

static uint64_t roll(Scene *scene, uint64_t below)
{
    scene->dice = scene->dice * 6364136223846793005u + 1442695040888963407u;
    return (scene->dice >> 33) % below;
}

/* One change of one of the ids: made, changed, deleted, made again; with audit and items. */
static Status write_one(Scene *scene)
{
    Arena *arena = arena_new(1 << 20, false);
    Ctx cx = {.arena = arena};
    unsigned i = (unsigned)roll(scene, IDS);
    bool make = !scene->version[i], drop = !make && !scene->gone[i] && roll(scene, 4) == 0;
    Str key = drop ? STR_EMPTY
                   : arena_format(scene->cx.arena, "\x10k%02u.%llu", i,
                                  (unsigned long long)roll(scene, 1000));
    Str facts =
        arena_format(scene->cx.arena, "facts %llu", (unsigned long long)roll(scene, 1 << 30));
    Str audit = arena_format(arena, "audit %llu", (unsigned long long)roll(scene, 1 << 30));
    StoreItem items[] = {
        {STR("session"), arena_format(arena, "%llu", (unsigned long long)roll(scene, 20)),
         STR("s")},
        {STR("session"), arena_format(arena, "%llu", (unsigned long long)roll(scene, 20)),
         STR_EMPTY}};
    StoreWrite write = {.method = drop   ? STORE_DELETE
                                  : make ? STORE_CREATE
                                         : STORE_UPDATE,
                        .type = (uint16_t)(1 + i % TYPES),
                        .version = scene->version[i] + 1,
                        .rid = make ? store_new_rid(scene->from) : scene->rid[i],
                        .id = arena_format(arena, "id%u", i),
                        .updated = time_now(),
                        .facts = drop ? STR_EMPTY : facts,
                        .body = drop ? STR_EMPTY
                                     : arena_format(arena, "{\"version\":%u,\"dice\":%llu}",
                                                    scene->version[i] + 1,
                                                    (unsigned long long)roll(scene, 1 << 30)),
                        .add = &key,
                        .add_count = key.len > 0,
                        .remove = &scene->key[i],
                        .remove_count = scene->key[i].len > 0 && !str_eq(scene->key[i], key)};
    StoreJobAdd job = {.kind = STR("test"), .payload = write.body};
    StoreJobEnd job_end = {.number = 1 + roll(scene, 100), .how = STORE_JOB_DONE};
    StoreCommit commit = {.writes = &write,
                          .write_count = 1,
                          .audits = &audit,
                          .audit_count = 1,
                          .jobs = &job,
                          .job_count = 1,
                          .items = items,
                          .item_count = 2};
    Status status = store_commit(scene->from, &cx, scene->access, &commit);
    StoreCommit ends = {.job_ends = &job_end, .job_end_count = 1};
    Status ended = store_commit(scene->from, &cx, scene->access, &ends);
    UNUSED(ended); /* it may be gone already */
    if (status == STATUS_OK) {
        scene->version[i]++;
        scene->rid[i] = write.rid;
        scene->gone[i] = drop;
        scene->facts[i] = drop ? scene->facts[i] : facts;
        scene->key[i] = key;
    }
    arena_free(arena);
    return status;
}

/* Other keys and other facts for a row as it stands. */
static void rekey_one(Scene *scene)
{
    unsigned i = (unsigned)roll(scene, IDS);
    if (!scene->version[i] || scene->gone[i])
        return;
    Str key =
        arena_format(scene->cx.arena, "\x11r%02u.%llu", i, (unsigned long long)roll(scene, 9));
    StoreRekey rekey = {.rid = scene->rid[i],
                        .version = scene->version[i],
                        .add = &key,
                        .add_count = roll(scene, 2)};
    if (!rekey.add_count) {
        rekey.remove = &key;
        rekey.remove_count = 1;
    }
    if (roll(scene, 2))
        rekey.facts = scene->facts[i] = arena_format(scene->cx.arena, "other facts %llu",
                                                     (unsigned long long)roll(scene, 1 << 30));
    StoreCommit commit = {.rekeys = &rekey, .rekey_count = 1};
    check_int(store_commit(scene->from, &scene->cx, scene->access, &commit), STATUS_OK);
}

static Str content_name(Arena *arena, unsigned i)
{
    return arena_format(arena, "content%u", i);
}

static Str piece_bytes(Arena *arena, unsigned i, uint32_t number)
{
    char *bytes = arena_alloc(arena, PIECE_BYTES);
    memset(bytes, (int)(i + number * CONTENTS), PIECE_BYTES);
    return str_n(bytes, PIECE_BYTES - number);
}

/* The next piece of some content, or its last one goes. */
static void piece_one(Scene *scene)
{
    Ctx cx = {.arena = arena_new(1 << 20, false)};
    unsigned i = (unsigned)roll(scene, CONTENTS);
    bool goes = scene->pieces[i] && roll(scene, 4) == 0;
    StorePiece piece = {.content = content_name(cx.arena, i),
                        .number = goes ? scene->pieces[i] - 1 : scene->pieces[i]};
    StoreCommit commit = {.pieces = &piece, .piece_count = 1};
    if (!goes)
        piece.bytes = piece_bytes(cx.arena, i, piece.number);
    check_int(store_commit(scene->from, &cx, scene->access, &commit), STATUS_OK);
    scene->pieces[i] += goes ? -1u : 1;
    arena_free(cx.arena);
}

static void check_piece(Scene *scene, StoreReader *reader, unsigned i, uint32_t number)
{
    Arena *arena = scene->cx.arena;
    Str bytes;
    Status status = store_piece_get(reader, content_name(arena, i), number, &bytes);
    check_int(status, number < scene->pieces[i] ? STATUS_OK : STATUS_NOT_FOUND);
    if (status == STATUS_OK)
        check(str_eq(bytes, piece_bytes(arena, i, number)));
}

/* Between any two steps of the move others write, for a while. */
static bool write_between(void *to, MovePhase phase, uint64_t done, uint64_t all)
{
    Scene *scene = to;
    check(done <= all);
    scene->tells++;
    for (unsigned i = 0; i < 3 && scene->tells < scene->writes_until; i++) {
        check_int(write_one(scene), STATUS_OK);
        if (roll(scene, 3) == 0)
            rekey_one(scene);
        if (roll(scene, 3) == 0)
            piece_one(scene);
    }
    if (scene->tells == scene->write_at && !scene->ending)
        check_int(write_one(scene), STATUS_OK);
    scene->ending |= phase == MOVE_END;
    if (!scene->write_at && scene->tells % 5 == 0 && phase != MOVE_END)
        check_int(store_settle(scene->from, &scene->cx), STATUS_OK);
    return scene->tells != scene->stop_at;
}

static MoveOptions options_for(Scene *scene)
{
    return (MoveOptions){.from = scene->from,
                         .to = scene->to,
                         .access = scene->access,
                         .words = STR("there"),
                         .tell = write_between,
                         .tell_to = scene,
                         .batch_rows = ROWS};
}

static Status run_move(Scene *scene)
{
    static MoveReport report;
    MoveOptions options = options_for(scene);
    return move_run(&scene->cx, &options, &report);
}

static void reopen(Scene *scene)
{
    store_close(scene->from);
    store_close(scene->to);
    scene->from = open_store(scene, "from", STORE_LEAVE);
    scene->to = open_store(scene, "to", STORE_FILL);
}

static void fill(Scene *scene, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        check_int(write_one(scene), STATUS_OK);
        if (i % 4 == 0)
            rekey_one(scene);
        if (i % 5 == 0)
            piece_one(scene);
    }
}

/* The target opens like any other, is sound, and holds what was acknowledged. */
static void check_moved(Scene *scene)
{
    static MoveReport report;
    store_close(scene->to);
    scene->to = open_store(scene, "to", STORE_SERVE);
    check_int(write_one(scene), STATUS_UNAVAILABLE);
    MoveOptions options = options_for(scene);
    options.tell = NULL;
    Status status = move_verify(&scene->cx, &options, &report);
    if (status != STATUS_OK)
        fail_msg("%s: " STR_FMT, testing_case ? testing_case : "-",
                 STR_ARG(scene->cx.issues->diagnostics));
    check_int(store_check(scene->to, &scene->cx, NULL, NULL), STATUS_OK);
    StoreReader *reader;
    check_int(store_read_begin(scene->to, &scene->cx, scene->access, &reader), STATUS_OK);
    for (unsigned i = 0; i < CONTENTS; i++)
        for (uint32_t number = 0; number <= scene->pieces[i]; number++)
            check_piece(scene, reader, i, number);
    store_read_end(reader);
    for (unsigned i = 0; i < IDS; i++) {
        StoreRow row;
        Str id = arena_format(scene->cx.arena, "id%u", i);
        if (!scene->version[i])
            continue;
        check_int(store_get_now(scene->to, &scene->cx, scene->access, (uint16_t)(1 + i % TYPES), id,
                                &row),
                  STATUS_OK);
        check_int(row.version, scene->version[i]);
        check_int(row.deleted, scene->gone[i]);
        check_str(row.facts, scene->facts[i]);
    }
}

/* ---- the tests ---------------------------------------------------------------------------- */

static void writers_go_on_while_it_is_moved(void **state)
{
    for (unsigned seed = 1; seed <= 5; seed++) {
        Scene *scene = *state;
        scene->dice = seed;
        scene->writes_until = 30 + seed * 10;
        fill(scene, 100);
        check_int(run_move(scene), STATUS_OK);
        check(scene->tells > 20);
        check_moved(scene);
        check_int(end(state), 0);
        check_int(make_scene(state), 0);
    }
}

/* Nobody writes but once, at each step in turn: what a step reads is one moment of the source. */
static void one_write_falls_between_any_two_steps(void **state)
{
    for (unsigned at = 1, last = 1; at <= last; at++) {
        Scene *scene = *state;
        scene->dice = at;
        fill(scene, 12);
        scene->write_at = at;
        Status status = run_move(scene);
        if (status != STATUS_OK)
            fail_msg("a write at step %u: " STR_FMT, at, STR_ARG(scene->cx.issues->diagnostics));
        last = scene->tells;
        check_moved(scene);
        check_int(end(state), 0);
        check_int(make_scene(state), 0);
    }
}

/* At every step once: the next try goes on, others write all the time. */
static void it_goes_on_wherever_it_was_stopped(void **state)
{
    Scene *scene = *state;
    unsigned stops = 0;
    scene->dice = 7;
    scene->writes_until = 60;
    fill(scene, 120);
    Status status = STATUS_TIMEOUT;
    for (; status == STATUS_TIMEOUT && stops < 500; stops++) {
        scene->stop_at = scene->tells + 1 + stops / 8;
        status = run_move(scene);
        if (status == STATUS_TIMEOUT)
            reopen(scene);
    }
    check_int(status, STATUS_OK);
    check(stops > 20);
    check_moved(scene);
}

static void an_empty_store_is_moved_too(void **state)
{
    check_int(run_move(*state), STATUS_OK);
    check_moved(*state);
}

static void another_source_is_refused(void **state)
{
    Scene *scene = *state;
    scene->dice = 3;
    fill(scene, 50);
    scene->stop_at = 3;
    check_int(run_move(scene), STATUS_TIMEOUT);
    store_close(scene->from);
    StoreOptions other = options_of(scene, "other", STORE_LEAVE);
    check_int(store_create(&scene->cx, &other), STATUS_OK);
    scene->from = open_store(scene, "other", STORE_LEAVE);
    memset(scene->version, 0, sizeof(scene->version));
    memset(scene->key, 0, sizeof(scene->key));
    memset(scene->pieces, 0, sizeof(scene->pieces));
    fill(scene, 60);
    check_int(run_move(scene), STATUS_INVALID);
}

static void a_source_that_failed_to_move_is_served(void **state)
{
    Scene *scene = *state;
    scene->dice = 5;
    fill(scene, 50);
    StoreItem item = {STR("alien"), STR("item"), STR("in the target")};
    StoreAuditRow audit = {1000000, 1, STR("an entry that never was"), STR_EMPTY};
    StoreLoad load = {.items = &item, .item_count = 1, .audits = &audit, .audit_count = 1};
    scene->stop_at = 12;
    check_int(run_move(scene), STATUS_TIMEOUT);
    CASE("an audit entry that is only in the target");
    check_int(store_load(scene->to, &scene->cx, &load), STATUS_OK);
    check_int(run_move(scene), STATUS_CONFLICT);
    check_int(write_one(scene), STATUS_OK);
    store_close(scene->from);
    scene->from = open_store(scene, "from", STORE_SERVE);
}

/* ---- tampering ---------------------------------------------------------------------------- */

static void tamper(Scene *scene, const char *sql)
{
    if (where == TO_DATABASE) {
        check(test_postgres_sql(postgres, sql));
        return;
    }
    Connection connection;
    StoreOptions options = options_of(scene, "to", STORE_SERVE);
    ConnectionOptions how = {.path = options.address, .cache_bytes = 1 << 20};
    char *fault = NULL;
    check_int(keyfile_open(&scene->cx, &options, &how.key), STATUS_OK);
    check_int(connection_open(&scene->cx, &how, &connection), STATUS_OK);
    if (sqlite3_exec(connection.db, sql, NULL, NULL, &fault) != SQLITE_OK)
        fail_msg("%s: %s", sql, fault);
    check(sqlite3_changes(connection.db) > 0);
    connection_close(&connection);
}

static void whatever_was_changed_is_found(void **state)
{
    static const struct {
        const char *why, *sql, *words;
    } cases[] = {
        {"one body",
         "UPDATE resource SET body = (SELECT body FROM resource WHERE method <> 3 ORDER BY rid"
         " LIMIT 1) WHERE rid = (SELECT max(rid) FROM resource WHERE method <> 3)",
         "another one in the target"},
        {"when a version was made", "UPDATE resource SET updated = updated + 1 WHERE rid = 3",
         "not the same"},
        {"how it was made", "UPDATE resource SET method = 4 WHERE method = 2", "not the same"},
        {"who may see one", "UPDATE resource SET facts = x'01' WHERE rid = 3",
         "who may see a resource"},
        {"who may see an old version",
         "UPDATE history SET facts = x'' WHERE seq = (SELECT max(seq) FROM history)",
         "who may see a resource"},
        {"one old version",
         "UPDATE history SET body = (SELECT body FROM resource WHERE method <> 3 ORDER BY rid "
         "LIMIT 1)"
         " WHERE seq = (SELECT min(seq) FROM history WHERE method <> 3)",
         "another one in the target"},
        {"two audit entries in each other's place",
         "UPDATE audit SET entry = (SELECT o.entry FROM audit o WHERE o.number = 9 - audit.number)"
         " WHERE number IN (4, 5)",
         "Audit entry 4 is another one"},
        {"when something was done", "UPDATE audit SET at = at - 1 WHERE number = 10",
         "Audit entry 10 is another one"},
        {"an audit entry that is gone", "DELETE FROM audit WHERE number = 6",
         "Audit entry 6 is not in the target"},
        {"the end of the audit log", "DELETE FROM audit WHERE number > 100",
         "is not in the target"},
        {"an audit entry more", "INSERT INTO audit VALUES(100000, 1, x'01', x'')",
         "goes on behind the end"},
        {"a key that is gone",
         "DELETE FROM posting WHERE key = (SELECT min(key) FROM posting WHERE key >= x'10')",
         "1 of the source are not in the target"},
        {"a key more", "INSERT INTO posting VALUES(x'107a7a')",
         "1 of the target not in the source"},
        {"a session", "UPDATE item SET value = 'x' WHERE space = CAST('session' AS BLOB)",
         "sessions and settings"},
        {"an account more",
         "INSERT INTO item VALUES(CAST('account' AS BLOB),"
         " CAST('mallory' AS BLOB), x'01')",
         "sessions and settings"},
        {"a job", "UPDATE job SET tries = tries + 1 WHERE number = (SELECT max(number) FROM job)",
         "Jobs"},
        {"an item that is gone", "DELETE FROM item WHERE space = CAST('session' AS BLOB)",
         "sessions and settings"},
    };
    static MoveReport report;
    Scene *scene = *state;
    scene->dice = 11;
    fill(scene, 150);
    check_int(run_move(scene), STATUS_OK);
    store_close(scene->to);
    char command[256];
    snprintf(command, sizeof(command), "cd '%s' && cp to whole", scene->folder);
    check_int(system(command), 0);
    FOR_CASES(cases, it)
    {
        CASE(it->why);
        scene->to = NULL;
        snprintf(command, sizeof(command), "cd '%s' && rm -f to-* && cp whole to", scene->folder);
        check_int(system(command), 0);
        tamper(scene, it->sql);
        scene->to = open_store(scene, "to", STORE_SERVE);
        ctx_forget(&scene->cx);
        MoveOptions options = options_for(scene);
        options.tell = NULL;
        check_int(move_verify(&scene->cx, &options, &report), STATUS_CONFLICT);
        bool said = false;
        for (const Issue *issue = scene->cx.issues; issue; issue = issue->next)
            said = said || memmem(issue->diagnostics.at, issue->diagnostics.len, it->words,
                                  strlen(it->words));
        if (!said)
            fail_msg("%s: \"" STR_FMT "\" does not speak of it", it->why,
                     STR_ARG(scene->cx.issues->diagnostics));
        store_close(scene->to);
    }
    scene->to = NULL;
}

/* In a database everything is sealed to its place: a body in another's place cannot be read. */
static void whatever_was_changed_in_the_database_is_found(void **state)
{
    static const struct {
        const char *why, *sql, *back, *words;
    } cases[] = {
        {"one body",
         "UPDATE aceso.resource SET body = (SELECT body FROM aceso.resource WHERE method <> 3"
         " ORDER BY rid LIMIT 1) WHERE rid = (SELECT max(rid) FROM aceso.resource"
         " WHERE method <> 3)",
         "", "damaged"},
        {"when a version was made", "UPDATE aceso.change SET updated = updated + 1 WHERE seq = 3",
         "UPDATE aceso.change SET updated = updated - 1 WHERE seq = 3", "not the same"},
        {"when something was done", "UPDATE aceso.audit SET at = at - 1 WHERE number = 10",
         "UPDATE aceso.audit SET at = at + 1 WHERE number = 10", "damaged"},
        {"audit entries in each other's place",
         "UPDATE aceso.audit SET number = -4 WHERE number = 4;"
         "UPDATE aceso.audit SET number = 4 WHERE number = 5;"
         "UPDATE aceso.audit SET number = 5 WHERE number = -4",
         "UPDATE aceso.audit SET number = -4 WHERE number = 4;"
         "UPDATE aceso.audit SET number = 4 WHERE number = 5;"
         "UPDATE aceso.audit SET number = 5 WHERE number = -4",
         "Audit entry 4 is another one"},
        {"a key that is gone",
         "DELETE FROM aceso.posting WHERE key = (SELECT key FROM aceso.posting ORDER BY key LIMIT "
         "1)",
         "", "1 of the source are not in the target"},
        {"an old version that is gone",
         "DELETE FROM aceso.change WHERE seq = (SELECT min(seq) FROM aceso.change)", "",
         "is not in the target"},
        {"an item that is gone", "DELETE FROM aceso.item", "", "sessions and settings"},
    };
    static MoveReport report;
    Scene *scene = *state;
    scene->dice = 11;
    fill(scene, 100);
    check_int(run_move(scene), STATUS_OK);
    FOR_CASES(cases, it)
    {
        CASE(it->why);
        if (!it->back[0] && it != cases) { /* a whole one again */
            check_int(end(state), 0);
            check_int(make_scene(state), 0);
            scene = *state;
            scene->dice = 11;
            fill(scene, 100);
            check_int(run_move(scene), STATUS_OK);
        }
        tamper(scene, it->sql);
        ctx_forget(&scene->cx);
        MoveOptions options = options_for(scene);
        options.tell = NULL;
        check(move_verify(&scene->cx, &options, &report) != STATUS_OK);
        bool said = false;
        for (const Issue *issue = scene->cx.issues; issue; issue = issue->next)
            said = said || memmem(issue->diagnostics.at, issue->diagnostics.len, it->words,
                                  strlen(it->words));
        if (!said)
            fail_msg("%s: \"" STR_FMT "\" does not speak of it", it->why,
                     STR_ARG(scene->cx.issues ? scene->cx.issues->diagnostics : STR("nothing")));
        if (it->back[0])
            tamper(scene, it->back);
        else if (it == cases) {
            check_int(end(state), 0);
            check_int(make_scene(state), 0);
            scene = *state;
            scene->dice = 11;
            fill(scene, 100);
            check_int(run_move(scene), STATUS_OK);
        }
    }
}

#define MOVE_TEST(name, place)                                                                     \
    {                                                                                              \
#name " " #place, name, begin, end, &(Where)                                               \
        {                                                                                          \
            place                                                                                  \
        }                                                                                          \
    }

int main(void)
{
    const struct CMUnitTest all[] = {
        MOVE_TEST(writers_go_on_while_it_is_moved, BOTH_FILES),
        MOVE_TEST(one_write_falls_between_any_two_steps, BOTH_FILES),
        MOVE_TEST(it_goes_on_wherever_it_was_stopped, BOTH_FILES),
        MOVE_TEST(an_empty_store_is_moved_too, BOTH_FILES),
        MOVE_TEST(another_source_is_refused, BOTH_FILES),
        MOVE_TEST(a_source_that_failed_to_move_is_served, BOTH_FILES),
        MOVE_TEST(whatever_was_changed_is_found, BOTH_FILES),
        MOVE_TEST(writers_go_on_while_it_is_moved, TO_DATABASE),
        MOVE_TEST(it_goes_on_wherever_it_was_stopped, TO_DATABASE),
        MOVE_TEST(an_empty_store_is_moved_too, TO_DATABASE),
        MOVE_TEST(a_source_that_failed_to_move_is_served, TO_DATABASE),
        MOVE_TEST(whatever_was_changed_in_the_database_is_found, TO_DATABASE),
        MOVE_TEST(writers_go_on_while_it_is_moved, FROM_DATABASE),
        MOVE_TEST(it_goes_on_wherever_it_was_stopped, FROM_DATABASE),
        MOVE_TEST(an_empty_store_is_moved_too, FROM_DATABASE),
    };
    enum { ON_FILES = 7 };
    const char *why = NULL;
    postgres = test_postgres(false, &why);
    if (!postgres)
        print_message("# skipped: moves from and to a database (%s)\n", why);
    return _cmocka_run_group_tests("move", all, postgres ? COUNT_OF(all) : ON_FILES, NULL, NULL);
}

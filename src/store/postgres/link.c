/* store/postgres/link.c - connects, sends, waits. */
#include "store/postgres/link.h"

#include <poll.h>

enum { LOOK_MS = 50 };

/* ---- opening --------------------------------------------------------------------------- */

/* What every session wants. Plans are made once: all of them walk one index. What was answered is
 * on the disk, whatever the server's own setting; readers write too, when they take jobs. */
static const char settings[] =
    "SET search_path = pg_catalog; SET jit = off; SET plan_cache_mode = force_generic_plan;"
    "SET client_min_messages = error; SET idle_in_transaction_session_timeout = '10min';"
    "SELECT set_config('transaction_timeout', '10min', false)"
    " WHERE current_setting('server_version_num')::int4 >= 170000;"
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') IN ('off', 'local')";
static const char settings_of_plans[] =
    "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off;"
    "SET enable_mergejoin = off; SET enable_sort = off; SET max_parallel_workers_per_gather = 0";
/* What they do is the program's own doing. */
static const char settings_of_writers[] =
    "SET idle_in_transaction_session_timeout = '20s'; SET aceso.caller = 'aceso'";
/* Every transaction is a snapshot that writes nothing, and names its caller, unless it says
 * otherwise (SQL_BEGIN_WRITE); and where there is a role for readers, it may do no more. */
static const char settings_of_readers[] =
    "SET default_transaction_isolation = 'repeatable read'; SET default_transaction_read_only = on;"
    "SELECT set_config('role', role, false) FROM aceso.reader";

static Status refuse(Ctx *cx, PGconn *conn)
{
    Str why = str_trim(str_of(PQerrorMessage(conn)));
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The database cannot be reached: " STR_FMT,
                    STR_ARG(str_cut(&why, '\n')));
}

/* What the server has to say beside its answers; the terminal is not ours. */
static void ignore_notice(void *nobody, const char *message)
{
    UNUSED(nobody);
    UNUSED(message);
}

static Status connect_to(Ctx *cx, const char *conninfo, PGconn **ret_conn)
{
    /* The first ones are defaults: what stands in conninfo has the word. */
    const char *const names[] = {"connect_timeout",      "keepalives_idle",  "keepalives_interval",
                                 "keepalives_count",     "tcp_user_timeout", "application_name",
                                 "target_session_attrs", "dbname",           NULL};
    const char *const values[] = {"5",     "10",         "5",      "3", "15000",
                                  "aceso", "read-write", conninfo, NULL};
    PGconn *conn = PQconnectdbParams(names, values, 1);
    if (!conn)
        return STATUS_MEMORY;
    PQsetNoticeProcessor(conn, ignore_notice, NULL);
    if (PQstatus(conn) == CONNECTION_OK && PQserverVersion(conn) >= 150000) {
        *ret_conn = conn;
        return STATUS_OK;
    }
    Status status = PQstatus(conn) == CONNECTION_OK
                        ? ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                                   "The database is PostgreSQL %d; Aceso needs 15 or newer.",
                                   PQserverVersion(conn) / 10000)
                        : refuse(cx, conn);
    PQfinish(conn);
    return status;
}

static bool run_text(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static const char *statement_name(SqlName name, char room[12])
{
    snprintf(room, 12, "s%d", (int)name);
    return room;
}

void link_close(Link *link)
{
    PQfinish(link->conn);
    link->conn = NULL;
    link->open = false;
    link->owed = 0;
}

bool link_is_open(const Link *link)
{
    return link->conn && PQstatus(link->conn) == CONNECTION_OK;
}

/* ---- faults ---------------------------------------------------------------------------- */

static Fault fault_of(Link *link, const PGresult *result)
{
    static const struct {
        const char *state; /* a class, or all of it */
        Fault fault;
    } table[] = {
        {"40", FAULT_AGAIN},       {"55P03", FAULT_AGAIN},  {"23505", FAULT_TAKEN},
        {"22012", FAULT_FENCED},   {"57014", FAULT_LATE},   {"53100", FAULT_FULL},
        {"53", FAULT_OTHER},       {"57P", FAULT_LOST},     {"08", FAULT_LOST},
        {"25006", FAULT_READONLY}, {"22003", FAULT_PASSED},
    };
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (!link_is_open(link) || !state)
        return FAULT_LOST;
    snprintf(link->state, sizeof(link->state), "%s", state);
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (str_has_prefix(str_of(state), str_of(table[i].state)))
            return table[i].fault;
    }
    return FAULT_OTHER;
}

const char *fault_name(Fault fault)
{
    static const char *const names[] = {
        [FAULT_NONE] = "none",     [FAULT_LOST] = "lost",     [FAULT_AGAIN] = "again",
        [FAULT_TAKEN] = "taken",   [FAULT_PASSED] = "passed", [FAULT_FENCED] = "fenced",
        [FAULT_LATE] = "late",     [FAULT_FULL] = "full",     [FAULT_READONLY] = "read-only",
        [FAULT_MEMORY] = "memory", [FAULT_OTHER] = "other",
    };
    return names[fault];
}

Status fault_status(Fault fault)
{
    switch (fault) {
    case FAULT_NONE: return STATUS_OK;
    case FAULT_FULL: return STATUS_STORAGE;
    case FAULT_AGAIN:
    case FAULT_TAKEN:
    case FAULT_PASSED:
    case FAULT_LATE: return STATUS_TIMEOUT;
    case FAULT_MEMORY: return STATUS_MEMORY;
    default: return STATUS_UNAVAILABLE;
    }
}

Status link_fail(Ctx *cx, const Link *link, Fault fault, const char *doing)
{
    switch (fault) {
    case FAULT_NONE: return STATUS_OK;
    case FAULT_MEMORY: return STATUS_MEMORY;
    case FAULT_LATE:
        return ctx_fail(cx, STATUS_TIMEOUT, STR_EMPTY,
                        "The database did not answer before the deadline while %s.", doing);
    case FAULT_FULL:
        return ctx_fail(cx, STATUS_STORAGE, STR_EMPTY, "The disk of the database is full.");
    case FAULT_LOST:
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The connection to the database was lost while %s.", doing);
    default:
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The database failed while %s (SQLSTATE %s).", doing, link->state);
    }
}

/* ---- sending and waiting ------------------------------------------------------------------ */

static bool send_statements(Link *link, const Call *calls, size_t count)
{
    static const int binary[PARAMS_MAX] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                           1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const Params none;
    char name[12];
    for (size_t i = 0; i < count; i++) {
        const Params *params = calls[i].params ? calls[i].params : &none;
        if (!PQsendQueryPrepared(link->conn, statement_name(calls[i].statement, name),
                                 params->count, params->values, params->lengths, binary, 1))
            return false;
    }
    return true;
}

static bool send_calls(Link *link, const Call *calls, size_t count)
{
    return send_statements(link, calls, count) && PQpipelineSync(link->conn);
}

/* How long one poll may take; 0: the time is up. */
static int patience(Ctx *cx)
{
    if (!cx || !(cx->deadline || cx->gone))
        return -1;
    if (cx->gone && cx->gone(cx->who))
        return 0;
    if (!cx->deadline)
        return LOOK_MS;
    Time left = (cx->deadline - time_monotonic()) / TIME_MS;
    return left <= 0 ? 0 : cx->gone && left > LOOK_MS ? LOOK_MS : left > 60000 ? 60000 : (int)left;
}

/* Until an answer is there. */
static Fault wait_for_answer(Link *link, Ctx *cx)
{
    for (;;) {
        int unsent = PQflush(link->conn);
        if (unsent < 0)
            return FAULT_LOST;
        if (!PQisBusy(link->conn))
            return FAULT_NONE;
        int wait = patience(cx);
        if (wait == 0)
            return FAULT_LATE;
        struct pollfd fd = {PQsocket(link->conn), (short)(POLLIN | (unsent ? POLLOUT : 0)), 0};
        if (poll(&fd, 1, wait) > 0 && !PQconsumeInput(link->conn))
            return FAULT_LOST;
    }
}

static Fault next_result(Link *link, Ctx *cx, PGresult **ret_result)
{
    Fault fault = wait_for_answer(link, cx);
    *ret_result = fault == FAULT_NONE ? PQgetResult(link->conn) : NULL;
    return fault;
}

/* Passes over answers up to the end of a pipeline, which commits when nothing else did: its fault
 * may come this late. *ret_wire: the connection is not to be used any more. */
static Fault pass_pipeline(Link *link, Ctx *cx, bool *ret_wire)
{
    bool empty = false; /* two NULLs in a row: nothing is to come */
    Fault late = FAULT_NONE;
    *ret_wire = true;
    for (;;) {
        PGresult *result;
        Fault fault = next_result(link, cx, &result);
        if (fault != FAULT_NONE)
            return fault;
        ExecStatusType status = PQresultStatus(result);
        bool none = !result;
        if (!none && status == PGRES_FATAL_ERROR && late == FAULT_NONE)
            late = fault_of(link, result);
        PQclear(result);
        if (!none && status == PGRES_PIPELINE_SYNC) {
            *ret_wire = false;
            return late;
        }
        if (none && (empty || !link_is_open(link)))
            return FAULT_LOST;
        empty = none;
    }
}

/* The answer of one statement; a fault of the statement itself does not end the link. */
static Fault take_answer(Link *link, Ctx *cx, PGresult **ret_result, bool *ret_wire)
{
    PGresult *result, *end;
    *ret_wire = true;
    Fault fault = next_result(link, cx, &result);
    if (fault != FAULT_NONE || !result)
        return fault != FAULT_NONE ? fault : FAULT_LOST;
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        fault = status == PGRES_PIPELINE_ABORTED ? FAULT_OTHER : fault_of(link, result);
    Fault ended = fault == FAULT_LOST ? fault : next_result(link, cx, &end);
    if (ended == FAULT_NONE && !end) {
        *ret_wire = false;
        if (fault == FAULT_NONE) {
            *ret_result = result;
            return FAULT_NONE;
        }
    } else if (ended == FAULT_NONE) {
        PQclear(end);
        ended = FAULT_LOST;
    }
    PQclear(result);
    return ended == FAULT_NONE ? fault : ended;
}

/* ---- opening, second half: the statements ------------------------------------------------ */

static Fault prepare(Link *link, Ctx *cx, SqlName first, SqlName end)
{
    char name[12];
    bool sent = PQenterPipelineMode(link->conn);
    Fault fault = FAULT_NONE;
    for (SqlName i = first; i < end && sent; i++)
        sent = PQsendPrepare(link->conn, statement_name(i, name), sql_texts[i], 0, NULL);
    if (!sent || !PQpipelineSync(link->conn))
        return FAULT_LOST;
    for (SqlName i = first; i < end && fault == FAULT_NONE; i++) {
        PGresult *result;
        bool wire;
        fault = take_answer(link, cx, &result, &wire);
        if (fault == FAULT_NONE)
            PQclear(result);
    }
    bool wire;
    return fault == FAULT_NONE ? pass_pipeline(link, cx, &wire) : fault;
}

Status link_open(Ctx *cx, const char *conninfo, SqlList list, Link *ret_link)
{
    PGconn *conn = NULL;
    TRY(connect_to(cx, conninfo, &conn));
    Link link = {.conn = conn};
    bool good =
        run_text(conn, settings) && run_text(conn, settings_of_plans) &&
        run_text(conn, list == SQL_LIST_READER ? settings_of_readers : settings_of_writers) &&
        PQsetnonblocking(conn, list != SQL_LIST_NONE) == 0;
    Status status = good ? STATUS_OK : refuse(cx, conn);
    if (good && list != SQL_LIST_NONE) {
        bool reads = list == SQL_LIST_READER;
        Fault fault =
            prepare(&link, cx, reads ? 0 : SQL_READER_COUNT, reads ? SQL_READER_COUNT : SQL_COUNT);
        status = link_fail(cx, &link, fault, "preparing its statements");
    }
    if (status != STATUS_OK)
        link_close(&link);
    *ret_link = link;
    return status;
}

/* ---- running ------------------------------------------------------------------------------- */

/* Tells the server to stop what it does; the link is not used again. */
static void give_up(Link *link, Fault fault)
{
    char room[256];
    PGcancel *cancel = fault == FAULT_LATE ? PQgetCancel(link->conn) : NULL;
    if (cancel)
        (void)PQcancel(cancel, room, sizeof(room));
    PQfreeCancel(cancel);
    link_close(link);
}

static Fault take_answers(Link *link, Ctx *cx, size_t count, PGresult **results, size_t *ret_taken,
                          bool *ret_wire)
{
    Fault fault = FAULT_NONE;
    *ret_taken = 0;
    *ret_wire = false;
    for (size_t i = 0; i < count && fault == FAULT_NONE; i++) {
        fault = take_answer(link, cx, &results[i], ret_wire);
        *ret_taken += fault == FAULT_NONE;
    }
    return fault;
}

/* Sends so that the transaction goes on (`on`) or ends. */
static bool send_all(Link *link, const Call *calls, size_t count, bool on)
{
    return on ? send_statements(link, calls, count) && PQsendFlushRequest(link->conn)
              : send_calls(link, calls, count);
}

/* Sends, passes over what is owed, takes the answers, passes over the end. */
static Fault exchange(Link *link, Ctx *cx, const Call *calls, size_t count, bool on,
                      PGresult **results)
{
    size_t taken = 0;
    bool wire = true;
    Fault fault = send_all(link, calls, count, on) ? FAULT_NONE : FAULT_LOST;
    while (fault == FAULT_NONE && link->owed) {
        fault = pass_pipeline(link, cx, &wire);
        fault = wire ? fault : FAULT_NONE; /* nobody wanted to know */
        link->owed--;
    }
    link->open = on;
    if (fault == FAULT_NONE)
        fault = take_answers(link, cx, count, results, &taken, &wire);
    if (on && fault != FAULT_NONE && !wire) { /* the server waits for the end of it */
        link->open = false;
        wire = !PQpipelineSync(link->conn);
    }
    if (!link->open && (!wire || fault == FAULT_NONE)) {
        Fault end = pass_pipeline(link, cx, &wire);
        fault = fault == FAULT_NONE ? end : fault;
    }
    for (size_t i = 0; fault != FAULT_NONE && i < taken; i++)
        PQclear(results[i]);
    if (wire || fault == FAULT_LOST)
        give_up(link, fault);
    return fault;
}

static Fault check_calls(const Link *link, const Call *calls, size_t count)
{
    if (!link_is_open(link))
        return FAULT_LOST;
    for (size_t i = 0; i < count; i++) {
        if (calls[i].params && calls[i].params->full)
            return FAULT_MEMORY;
    }
    return FAULT_NONE;
}

Fault link_ask(Link *link, Ctx *cx, const Call *calls, size_t count, PGresult **results)
{
    Fault fault = check_calls(link, calls, count);
    return fault == FAULT_NONE ? exchange(link, cx, calls, count, true, results) : fault;
}

Fault link_run(Link *link, Ctx *cx, const Call *calls, size_t count, PGresult **results)
{
    Fault fault = check_calls(link, calls, count);
    assert(!link->open);
    return fault == FAULT_NONE ? exchange(link, cx, calls, count, false, results) : fault;
}

void link_end(Link *link)
{
    if (link->open)
        link_post(link, NULL, 0);
    link->open = false;
}

void link_post(Link *link, const Call *calls, size_t count)
{
    if (!link_is_open(link))
        return;
    if (!send_calls(link, calls, count) || PQflush(link->conn) < 0)
        link_close(link);
    else
        link->owed++;
}

Status link_script(Ctx *cx, Link *link, const char *sql)
{
    PGresult *result = PQexec(link->conn, sql);
    ExecStatusType status = PQresultStatus(result);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    Str why = str_trim(str_of(PQerrorMessage(link->conn)));
    Status answer = good ? STATUS_OK
                         : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                                    "The database says: " STR_FMT, STR_ARG(str_cut(&why, '\n')));
    PQclear(result);
    return answer;
}

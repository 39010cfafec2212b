/* people/inbox.c - GET [base]/$inbox: what waits for the caller, as one Bundle.
 *
 * Four kinds, told apart by their types: tasks (Task), messages (Communication), results to sign
 * (DiagnosticReport), renewals asked for (MedicationRequest). The first entry counts them. Each has
 * tags of the system urn:aceso:inbox: mine or team, late, unread, renewal (a Task), asked (by the
 * caller: what became of it), sent (by a patient or who acts for him). docs/guide/inbox.md */
#include "people/inner.h"

#include <stdlib.h>

enum { INBOX_KIND_MAX = 200, ASKED_DAYS = 90 };

typedef struct {
    Operation *op;
    const Access *access;
    Team team;
    Buf buf;
    size_t tasks, late, messages, unread, results, renewals;
    bool older; /* messages that were not looked at */
    char today[TIME_INSTANT_LEN];
} Inbox;

/* ---- asking ---------------------------------------------------------------------------------- */

typedef enum { OWN = 1, TEAMS = 2 } Names; /* his own, his teams' */

/* "owner=a,b,c&status=requested" */
static Status query_of(Inbox *in, const char *param, unsigned names, const char *rest,
                       Str *ret_query)
{
    Buf buf;
    size_t first = names & OWN ? 0 : in->team.own,
           end = names & TEAMS ? in->team.count : in->team.own;
    buf_init(&buf, in->op->cx->arena, 256, 32 << 10);
    for (size_t i = first; i < end; i++)
        buf_format(&buf, "%s" STR_FMT, i > first ? "," : param, STR_ARG(in->team.names[i]));
    buf_format(&buf, "&%s", rest);
    *ret_query = buf_str(&buf);
    return buf_done(&buf);
}

static int compare_times(Time left, Time right, uint64_t left_rid, uint64_t right_rid)
{
    if (left != right)
        return left > right ? -1 : 1;
    return left_rid > right_rid ? -1 : left_rid < right_rid;
}

static int newest_first(const void *a, const void *b)
{
    const StoreRow *left = &((const OperationRow *)a)->row,
                   *right = &((const OperationRow *)b)->row;
    return compare_times(left->updated, right->updated, left->rid, right->rid);
}

/* The newest ones. */
static Status ask(Inbox *in, const char *type, const char *param, unsigned names, const char *rest,
                  OperationRows *ret_rows)
{
    Str query;
    TRY(query_of(in, param, names, rest, &query));
    bool before = operation_own(in->op, true);
    Status status = operation_find(in->op, str_of(type), query, OPERATION_FIND_MAX, ret_rows);
    operation_own(in->op, before);
    return status;
}

/* ---- what waits: all of it is counted, however much ---------------------------------------------
 */

typedef struct {
    uint64_t rid;
    Time updated;
    Str due; /* of a Task */
} Waiting;

typedef struct {
    Inbox *in;
    Arena *home; /* of what outlives a page */
    bool (*counts)(Inbox *in, const OperationRow *row);
    Waiting *at;
    size_t count, room;
} Pile;

static Str due_of(const JsonValue *task)
{
    const JsonValue *period = json_get(json_get(task, STR("restriction")), STR("period"));
    return json_get_str(period, STR("end"));
}

/* What is due first; what has no end last, the newest of it first. */
static int first_due(const void *a, const void *b)
{
    const Waiting *left = a, *right = b;
    if (!left->due.len != !right->due.len)
        return left->due.len ? -1 : 1;
    int order = str_cmp(left->due, right->due);
    return order ? order : compare_times(left->updated, right->updated, left->rid, right->rid);
}

static Status put(void *of, const OperationRow *row)
{
    Pile *pile = of;
    if (!pile->counts(pile->in, row))
        return STATUS_OK;
    pile->at = arena_grow(pile->home, pile->at, sizeof(Waiting), pile->count, &pile->room, 64);
    if (!pile->at)
        return STATUS_MEMORY;
    Waiting *waiting = &pile->at[pile->count++];
    *waiting = (Waiting){.rid = row->row.rid, .updated = row->row.updated};
    waiting->due = arena_str(pile->home, due_of(row->resource));
    return waiting->due.at ? STATUS_OK : STATUS_MEMORY;
}

/* Read as the program: `counts` says what is his. */
static Status pile_up(Pile *pile, const char *type, const char *param, unsigned names,
                      const char *rest)
{
    Str query;
    Operation *op = pile->in->op;
    TRY(query_of(pile->in, param, names, rest, &query));
    bool before = operation_own(op, true);
    Status status = operation_each(op, str_of(type), query, put, pile);
    operation_own(op, before);
    TRY(status);
    if (pile->count)
        qsort(pile->at, pile->count, sizeof(Waiting), first_due);
    return STATUS_OK;
}

/* ---- entries ----------------------------------------------------------------------------------
 */

Status inbox_tagged(Operation *op, const OperationRow *row, const char *const *tags, Buf *buf)
{
    Buf patch;
    JsonValue *operations;
    bool has = json_get(json_get(row->resource, STR("meta")), STR("tag")) != NULL;
    buf_init(&patch, op->cx->arena, 256, 4096);
    buf_add_char(&patch, '[');
    for (size_t i = 0; tags[i]; i++, has = true)
        buf_format(&patch,
                   "%s{\"op\":\"add\",\"path\":\"/meta/tag%s\",\"value\":%s{\"system\":"
                   "\"urn:aceso:inbox\",\"code\":\"%s\"}%s}",
                   i ? "," : "", has ? "/-" : "", has ? "" : "[", tags[i], has ? "" : "]");
    buf_add_char(&patch, ']');
    TRY(buf_done(&patch));
    TRY(json_parse(op->cx, buf_str(&patch), &operations));
    return json_patch(op->cx, row->resource, operations, buf);
}

static Status add_entry(Inbox *in, const OperationRow *row, const char *const *tags)
{
    buf_format(&in->buf, ",{\"fullUrl\":\"" STR_FMT "/" STR_FMT "\",\"resource\":",
               STR_ARG(in->op->call->base), STR_ARG(row->name));
    TRY(inbox_tagged(in->op, row, tags, &in->buf));
    buf_add_char(&in->buf, '}');
    return buf_done(&in->buf);
}

static const char *whose(const Inbox *in, const JsonValue *resource)
{
    Team himself = in->team;
    himself.count = himself.own;
    return addressed_to(&himself, resource) ? "mine" : "team";
}

static bool is_late(const Inbox *in, const JsonValue *task)
{
    Str due = due_of(task);
    return due.len && str_cmp(str_head(due, 10), str_n(in->today, 10)) < 0;
}

static bool counts_task(Inbox *in, const OperationRow *row)
{
    bool renewal = task_is_renewal(row->resource);
    if (!addressed_is_his(in->access, &in->team, row))
        return false;
    in->tasks += !renewal;
    in->renewals += renewal;
    in->late += is_late(in, row->resource);
    return true;
}

/* All are counted, those that are due first are shown. */
static Status add_tasks(Inbox *in)
{
    Pile pile = {.in = in, .home = in->op->cx->arena, .counts = counts_task};
    TRY(pile_up(&pile, "Task", "owner=", OWN | TEAMS,
                "status=requested,received,accepted,ready,in-progress,on-hold,draft"));
    for (size_t i = 0; i < pile.count && i < INBOX_KIND_MAX; i++) {
        OperationRow row;
        TRY(operation_row(in->op, pile.at[i].rid, &row));
        const char *tags[4] = {whose(in, row.resource)};
        size_t tag = 1;
        if (task_is_renewal(row.resource))
            tags[tag++] = "renewal";
        if (is_late(in, row.resource))
            tags[tag++] = "late";
        TRY(operation_shows(in->op, &row));
        TRY(add_entry(in, &row, tags));
    }
    return STATUS_OK;
}

/* Of who asked for renewals: what became of them, for as long as he may want to know. */
static Status add_asked(Inbox *in)
{
    static const char *const tags[] = {"asked", NULL};
    OperationRows rows;
    char since[TIME_INSTANT_LEN];
    size_t shown = 0;
    time_format_instant(in->op->now - ASKED_DAYS * TIME_DAY, since);
    Str rest = arena_format(in->op->cx->arena, "code=urn:aceso:task%%7Crenewal&authored-on=ge%.10s",
                            since);
    if (!rest.at)
        return STATUS_MEMORY;
    TRY(ask(in, "Task", "requester=", OWN, rest.at, &rows));
    qsort(rows.rows, rows.count, sizeof(OperationRow), newest_first);
    for (size_t i = 0; i < rows.count && shown < INBOX_KIND_MAX; i++) {
        if (!addressed_may(in->access, rows.rows[i].row.facts, rows.rows[i].resource))
            continue;
        shown++;
        TRY(operation_shows(in->op, &rows.rows[i]));
        TRY(add_entry(in, &rows.rows[i], tags));
    }
    return STATUS_OK;
}

/* Years of messages are not looked at each time; but what was written to him himself gives no way
 * to the many that were written to his places. */
static Status ask_messages(Inbox *in, OperationRows *ret_rows)
{
    static const char to[] = "recipient=", sent[] = "status=completed,in-progress";
    Team himself = in->team;
    OperationRows own, teams = {0};
    himself.count = himself.own;
    TRY(ask(in, "Communication", to, OWN, sent, &own));
    if (in->team.count > in->team.own)
        TRY(ask(in, "Communication", to, TEAMS, sent, &teams));
    in->older = own.count == OPERATION_FIND_MAX || teams.count == OPERATION_FIND_MAX;
    *ret_rows = (OperationRows){
        arena_array_of(in->op->cx->arena, OperationRow, own.count + teams.count + 1), own.count};
    if (!ret_rows->rows)
        return STATUS_MEMORY;
    memcpy(ret_rows->rows, own.rows, own.count * sizeof(OperationRow));
    for (size_t i = 0; i < teams.count; i++)
        if (!addressed_to(&himself, teams.rows[i].resource))
            ret_rows->rows[ret_rows->count++] = teams.rows[i];
    return STATUS_OK;
}

/* Those that are his, the newest first, and which of them he has read. */
static Status find_messages(Inbox *in, OperationRows *rows, bool **ret_read)
{
    size_t kept = 0;
    TRY(ask_messages(in, rows));
    qsort(rows->rows, rows->count, sizeof(OperationRow), newest_first);
    *ret_read = arena_array_of(in->op->cx->arena, bool, rows->count + 1);
    if (!*ret_read)
        return STATUS_MEMORY;
    for (size_t i = 0; i < rows->count; i++) {
        if (!addressed_is_his(in->access, &in->team, &rows->rows[i]))
            continue;
        TRY(message_is_read(in->op, rows->rows[i].id, &(*ret_read)[kept]));
        rows->rows[kept++] = rows->rows[i];
    }
    rows->count = kept;
    return STATUS_OK;
}

/* What was read gives way to what was not: a message that came before many others waits too. */
static Status add_messages(Inbox *in)
{
    OperationRows rows;
    bool *read;
    size_t room;
    TRY(find_messages(in, &rows, &read));
    for (size_t i = 0; i < rows.count; i++)
        in->unread += !read[i];
    room = in->unread < INBOX_KIND_MAX ? INBOX_KIND_MAX - in->unread : 0;
    for (size_t i = 0; i < rows.count && in->messages < INBOX_KIND_MAX; i++) {
        const OperationRow *row = &rows.rows[i];
        if (read[i] && !room)
            continue;
        room -= read[i];
        const char *tags[] = {whose(in, row->resource), read[i] ? NULL : "unread", NULL};
        TRY(operation_shows(in->op, row));
        TRY(add_entry(in, row, tags));
        in->messages++;
    }
    return STATUS_OK;
}

/* Of patients and who acts for them: what they wrote themselves, so that a conversation is whole.
 */
static Status add_sent(Inbox *in)
{
    static const char *const tags[] = {"sent", NULL};
    OperationRows rows;
    size_t shown = 0;
    TRY(ask(in, "Communication", "sender=", OWN, "status=completed,in-progress", &rows));
    qsort(rows.rows, rows.count, sizeof(OperationRow), newest_first);
    for (size_t i = 0; i < rows.count && shown < INBOX_KIND_MAX; i++) {
        if (!addressed_is_his(in->access, &in->team, &rows.rows[i]))
            continue;
        shown++;
        TRY(operation_shows(in->op, &rows.rows[i]));
        TRY(add_entry(in, &rows.rows[i], tags));
    }
    return STATUS_OK;
}

static bool counts_plain(Inbox *in, const OperationRow *row)
{
    return access_sees_packed(in->access, row->row.type, row->row.facts) == SIGHT_FULL;
}

/* What he sees in full, by the matrix: all are counted, the newest are shown. */
static Status add_plain(Inbox *in, const char *type, const char *param, const char *rest,
                        size_t *count)
{
    static const char *const tags[] = {"mine", NULL};
    Pile pile = {.in = in, .home = in->op->cx->arena, .counts = counts_plain};
    OperationRow row;
    TRY(pile_up(&pile, type, param, OWN, rest));
    *count += pile.count;
    for (size_t i = 0; i < pile.count && i < INBOX_KIND_MAX; i++) {
        TRY(operation_row(in->op, pile.at[i].rid, &row));
        TRY(operation_get(in->op, str_of(type), row.id, &row));
        TRY(add_entry(in, &row, tags));
    }
    return STATUS_OK;
}

static Status write_all(Inbox *in, Str *ret_json)
{
    Ctx *cx = in->op->cx;
    Buf all;
    Str entries = buf_str(&in->buf);
    buf_init(&all, cx->arena, entries.len + 1024, INBOX_BYTES_MAX + 4096);
    buf_format(&all,
               "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"fullUrl\":"
               "\"urn:aceso:inbox\",\"resource\":{\"resourceType\":\"Parameters\",\"parameter\":["
               "{\"name\":\"tasks\",\"valueInteger\":%zu},{\"name\":\"late\",\"valueInteger\":%zu},"
               "{\"name\":\"messages\",\"valueInteger\":%zu},{\"name\":\"unread\","
               "\"valueInteger\":%zu},{\"name\":\"results\",\"valueInteger\":%zu},"
               "{\"name\":\"renewals\",\"valueInteger\":%zu}",
               in->tasks, in->late, in->messages, in->unread, in->results, in->renewals);
    if (in->older)
        buf_add_lit(&all, ",{\"name\":\"older-messages\",\"valueBoolean\":true}");
    for (size_t i = 0; i < in->team.count; i++) {
        buf_format(&all, ",{\"name\":\"%s\",\"valueReference\":{\"reference\":",
                   i < in->team.own ? "me" : "team");
        json_write_string(&all, in->team.names[i]);
        buf_add_lit(&all, "}}");
    }
    buf_add_lit(&all, "]}}");
    buf_add_str(&all, entries);
    buf_add_lit(&all, "]}");
    TRY(buf_done(&all));
    *ret_json = buf_str(&all);
    return STATUS_OK;
}

Status run_inbox(Operation *op)
{
    Inbox in = {.op = op};
    Str body;
    TRY(operation_access(op, &in.access));
    TRY(team_of(op, &in.team));
    buf_init(&in.buf, op->cx->arena, 32 << 10, INBOX_BYTES_MAX);
    time_format_instant(op->now, in.today);
    if (in.team.count) {
        TRY(add_tasks(&in));
        TRY(add_messages(&in));
        if (operation_role(op) == ROLE_PATIENT || operation_role(op) == ROLE_PROXY) {
            TRY(add_sent(&in));
            TRY(add_asked(&in));
        }
        TRY(add_plain(&in, "DiagnosticReport",
                      "results-interpreter=", "status=preliminary,registered", &in.results));
        TRY(add_plain(&in, "MedicationRequest",
                      "intended-performer=", "intent=proposal&status=active,draft", &in.renewals));
    }
    TRY(write_all(&in, &body));
    operation_answer(op, 200, body);
    return STATUS_OK;
}

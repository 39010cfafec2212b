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
    char today[TIME_INSTANT_LEN];
} Inbox;

/* ---- asking ---------------------------------------------------------------------------------- */

/* "a,b,c": his own names, or his teams' too. */
static Status join_names(Inbox *in, bool teams, Str *ret_names)
{
    Buf buf;
    size_t count = teams ? in->team.count : in->team.own;
    buf_init(&buf, in->op->cx->arena, 256, 4096);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(&buf, ',');
        buf_add_str(&buf, in->team.names[i]);
    }
    TRY(buf_done(&buf));
    *ret_names = buf_str(&buf);
    return STATUS_OK;
}

static int newest_first(const void *a, const void *b)
{
    const OperationRow *left = a, *right = b;
    if (left->row.updated != right->row.updated)
        return left->row.updated > right->row.updated ? -1 : 1;
    return str_cmp(left->id, right->id);
}

static Str due_of(const JsonValue *task)
{
    const JsonValue *period = json_get(json_get(task, STR("restriction")), STR("period"));
    return json_get_str(period, STR("end"));
}

/* What is due first; what has no end last. */
static int first_due(const void *a, const void *b)
{
    Str left = due_of(((const OperationRow *)a)->resource),
        right = due_of(((const OperationRow *)b)->resource);
    if (!left.len != !right.len)
        return left.len ? -1 : 1;
    int order = str_cmp(left, right);
    return order ? order : newest_first(a, b);
}

/* All that there are: what is found has no order, and which of it is shown is decided by one. */
static Status ask(Inbox *in, const char *type, const char *query, bool teams, OperationRows *ret)
{
    Str names;
    TRY(join_names(in, teams, &names));
    Str text = arena_format(in->op->cx->arena, query, STR_ARG(names));
    if (!text.at)
        return STATUS_MEMORY;
    return operation_find(in->op, str_of(type), text, OPERATION_FIND_MAX, ret);
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

/* All are counted, those that are due first are shown. */
static Status add_tasks(Inbox *in)
{
    OperationRows rows;
    size_t shown = 0;
    bool before = operation_own(in->op, true);
    Status status = ask(in, "Task",
                        "owner=%.*s&status=requested,received,accepted,ready,in-progress,on-hold,"
                        "draft",
                        true, &rows);
    operation_own(in->op, before);
    TRY(status);
    qsort(rows.rows, rows.count, sizeof(OperationRow), first_due);
    for (size_t i = 0; i < rows.count; i++) {
        const OperationRow *row = &rows.rows[i];
        Str due = due_of(row->resource);
        bool late = due.len && str_cmp(str_head(due, 10), str_n(in->today, 10)) < 0;
        bool renewal = task_is_renewal(row->resource);
        const char *tags[4] = {whose(in, row->resource)};
        size_t tag = 1;
        if (renewal)
            tags[tag++] = "renewal";
        if (late)
            tags[tag++] = "late";
        if (!addressed_is_his(in->access, &in->team, row))
            continue;
        in->tasks += !renewal;
        in->renewals += renewal;
        in->late += late;
        if (shown++ >= INBOX_KIND_MAX)
            continue;
        TRY(operation_shows(in->op, row));
        TRY(add_entry(in, row, tags));
    }
    return STATUS_OK;
}

/* Of who asked for renewals: what became of them, for as long as he may want to know. */
static Status add_asked(Inbox *in)
{
    static const char *const tags[] = {"asked", NULL};
    OperationRows rows;
    char since[TIME_INSTANT_LEN];
    Str names, query;
    size_t shown = 0;
    TRY(join_names(in, false, &names));
    time_format_instant(in->op->now - ASKED_DAYS * TIME_DAY, since);
    query = arena_format(in->op->cx->arena,
                         "requester=" STR_FMT "&code=urn:aceso:task%%7Crenewal&authored-on=ge%.10s",
                         STR_ARG(names), since);
    if (!query.at)
        return STATUS_MEMORY;
    bool before = operation_own(in->op, true);
    Status status = operation_find(in->op, STR("Task"), query, OPERATION_FIND_MAX, &rows);
    operation_own(in->op, before);
    TRY(status);
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

/* Those that are his, the newest first, and which of them he has read. */
static Status find_messages(Inbox *in, OperationRows *rows, bool **ret_read)
{
    size_t kept = 0;
    bool before = operation_own(in->op, true);
    Status status =
        ask(in, "Communication", "recipient=%.*s&status=completed,in-progress", true, rows);
    operation_own(in->op, before);
    TRY(status);
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
    bool before = operation_own(in->op, true);
    Status status =
        ask(in, "Communication", "sender=%.*s&status=completed,in-progress", false, &rows);
    operation_own(in->op, before);
    TRY(status);
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

/* What he sees in full, by the matrix: all are counted, the newest are shown. */
static Status add_plain(Inbox *in, const char *type, const char *query, size_t *count)
{
    static const char *const tags[] = {"mine", NULL};
    OperationRows rows;
    OperationRow row;
    size_t shown = 0;
    bool before = operation_own(in->op, true);
    Status status = ask(in, type, query, false, &rows);
    operation_own(in->op, before);
    TRY(status);
    qsort(rows.rows, rows.count, sizeof(OperationRow), newest_first);
    for (size_t i = 0; i < rows.count; i++) {
        if (access_sees_packed(in->access, rows.rows[i].row.type, rows.rows[i].row.facts) !=
            SIGHT_FULL)
            continue;
        (*count)++;
        if (shown++ >= INBOX_KIND_MAX)
            continue;
        TRY(operation_get(in->op, str_of(type), rows.rows[i].id, &row));
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
                      "results-interpreter=%.*s&status=preliminary,registered", &in.results));
        TRY(add_plain(&in, "MedicationRequest",
                      "intended-performer=%.*s&intent=proposal&status=active,draft", &in.renewals));
    }
    TRY(write_all(&in, &body));
    operation_answer(op, 200, body);
    return STATUS_OK;
}

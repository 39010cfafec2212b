/* people/message.c - messages between staff, and between patients and those who care for them.
 *
 * A message is a Communication with the category urn:aceso:message (staff or patient), one sender,
 * recipients, perhaps a subject, inResponseTo what it answers and partOf the first message of its
 * thread. It is sent once and not changed;
 * whether somebody has read it is his own affair: an item of the store, not a version of it.
 * docs/guide/inbox.md */
#include "people/inner.h"

#include <stdlib.h>

enum { TEXT_BYTES_MAX = 20000, TO_MAX = 20, THREAD_MAX = 200 };

static const Str read_space = STR_INIT("message-read");

/* ---- sending -----------------------------------------------------------------------------------
 */

/* Whom a message can be sent to: one who is there. */
static Status check_recipient(Operation *op, Str to)
{
    Str id = to, type = str_cut(&id, '/');
    static const Str types[] = {STR_INIT("Practitioner"), STR_INIT("PractitionerRole"),
                                STR_INIT("Organization"), STR_INIT("CareTeam"),
                                STR_INIT("Patient"),      STR_INIT("RelatedPerson")};
    OperationRow row;
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (str_eq(type, types[i]))
            return operation_get(op, type, id, &row);
    return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                    "A message goes to a Practitioner, PractitionerRole, Organization, CareTeam, "
                    "Patient or RelatedPerson.");
}

static bool is_patient(const Operation *op)
{
    AccessRole role = operation_role(op);
    return role == ROLE_PATIENT || role == ROLE_PROXY;
}

/* A patient writes to those who have a link with him, and to their places; he answers whoever wrote
 * to him. */
static Status check_link(Operation *op, Str patient, Str to)
{
    OperationRows rows;
    Str query =
        arena_format(op->cx->arena, "subject=" STR_FMT "&participant=" STR_FMT "&status=active",
                     STR_ARG(patient), STR_ARG(to));
    if (!query.at)
        return STATUS_MEMORY;
    if (str_has_prefix(to, STR("Organization/")))
        return STATUS_OK;
    bool before = operation_own(op, true);
    Status status = operation_find(op, STR("CareTeam"), query, 1, &rows);
    operation_own(op, before);
    TRY(status);
    if (rows.count)
        return STATUS_OK;
    return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY,
                    "Write to those who care for you, or to their practice.");
}

typedef struct {
    Str text, topic, about, answers, thread;
    Str asker; /* who sent what is answered */
    Str to[TO_MAX];
    size_t to_count;
} Letter;

static Status read_letter(Operation *op, Letter *letter)
{
    TRY(operation_need(op, STR("text"), &letter->text));
    letter->topic = operation_text(op, STR("topic"), 0);
    letter->about = operation_text(op, STR("about"), 0);
    letter->answers = operation_text(op, STR("in-response-to"), 0);
    if (letter->text.len > TEXT_BYTES_MAX)
        return ctx_fail(op->cx, STATUS_TOO_LARGE, STR_EMPTY,
                        "A message has at most %d bytes of text.", TEXT_BYTES_MAX);
    for (Str to; (to = operation_text(op, STR("to"), letter->to_count)).len;) {
        if (letter->to_count + 1 == TO_MAX)
            return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                            "A message goes to fewer than %d recipients.", TO_MAX);
        letter->to[letter->to_count++] = to;
    }
    return STATUS_OK;
}

/* Its first message. */
static Str thread_of(const OperationRow *row)
{
    Str first =
        json_get_str(json_item(json_get(row->resource, STR("partOf")), 0), STR("reference"));
    return str_has_prefix(first, STR("Communication/")) ? first : row->name;
}

/* What it answers, if the caller may read that: about the same patient, and back to its sender when
 * nobody else is named. */
static Status read_answered(Operation *op, const Access *access, const Team *team, Letter *letter)
{
    OperationRow row;
    Str id = letter->answers;
    if (!id.len)
        return STATUS_OK;
    if (str_has_prefix(id, STR("Communication/")))
        id = str_from(id, 14);
    bool before = operation_own(op, true);
    Status status = operation_get(op, STR("Communication"), id, &row);
    operation_own(op, before);
    TRY(status);
    if (!addressed_is_his(access, team, &row))
        return ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such Communication.");
    Str about = json_get_str(json_get(row.resource, STR("subject")), STR("reference"));
    if (letter->about.len && about.len && !str_eq(letter->about, about))
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "An answer is about the same patient as the message.");
    letter->answers = row.name;
    letter->thread = thread_of(&row);
    letter->about = about;
    letter->asker = json_get_str(json_get(row.resource, STR("sender")), STR("reference"));
    if (!letter->to_count)
        letter->to[letter->to_count++] = letter->asker;
    return STATUS_OK;
}

/* A patient writes about himself when he says nothing else, and so does who is one and acts for
 * another; who is none says for whom he writes. */
static Status settle_about(Operation *op, Letter *letter)
{
    if (!is_patient(op) || letter->about.len)
        return STATUS_OK;
    letter->about = operation_who(op);
    if (str_has_prefix(letter->about, STR("Patient/")))
        return STATUS_OK;
    return ctx_fail_code(op->cx, STATUS_INVALID, "required", STR_EMPTY,
                         "The parameter \"about\" is missing: for whom this is written.");
}

static Status check_letter(Operation *op, const Letter *letter)
{
    OperationRow patient;
    Str id = letter->about, type = str_cut(&id, '/');
    if (!letter->to_count || !letter->to[0].len)
        return ctx_fail_code(op->cx, STATUS_INVALID, "required", STR_EMPTY,
                             "The parameter \"to\" is missing.");
    if (letter->about.len) {
        if (!str_eq(type, STR("Patient")))
            return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY, "A message is about a Patient.");
        TRY(operation_get(op, type, id, &patient));
    }
    for (size_t i = 0; i < letter->to_count; i++) {
        TRY(check_recipient(op, letter->to[i]));
        if (is_patient(op) && !str_eq(letter->to[i], letter->asker))
            TRY(check_link(op, letter->about, letter->to[i]));
    }
    return STATUS_OK;
}

static void add_reference(Buf *buf, const char *before, Str reference, const char *after)
{
    buf_format(buf, "%s{\"reference\":", before);
    json_write_string(buf, reference);
    buf_format(buf, "}%s", after);
}

static Status write_letter(Operation *op, const Letter *letter, JsonValue **ret_resource)
{
    Buf buf;
    char now[TIME_INSTANT_LEN];
    time_format_instant(op->now, now);
    buf_init(&buf, op->cx->arena, letter->text.len + 2048, 64 << 10);
    buf_format(&buf,
               "{\"resourceType\":\"Communication\",\"status\":\"completed\",\"category\":[{"
               "\"coding\":[{\"system\":\"urn:aceso:message\",\"code\":\"%s\"}]}],\"sent\":"
               "\"%.*s\"",
               is_patient(op) ? "patient" : "staff", TIME_INSTANT_LEN, now);
    add_reference(&buf, ",\"sender\":", operation_who(op), ",\"recipient\":[");
    for (size_t i = 0; i < letter->to_count; i++)
        add_reference(&buf, i ? "," : "", letter->to[i], "");
    buf_add_lit(&buf, "]");
    if (letter->about.len)
        add_reference(&buf, ",\"subject\":", letter->about, "");
    if (letter->answers.len)
        add_reference(&buf, ",\"inResponseTo\":[", letter->answers, "]");
    if (letter->thread.len)
        add_reference(&buf, ",\"partOf\":[", letter->thread, "]");
    if (letter->topic.len) {
        buf_add_lit(&buf, ",\"topic\":{\"text\":");
        json_write_string(&buf, letter->topic);
        buf_add_char(&buf, '}');
    }
    buf_add_lit(&buf, ",\"payload\":[{\"contentString\":");
    json_write_string(&buf, letter->text);
    buf_add_lit(&buf, "}]}");
    TRY(buf_done(&buf));
    return json_parse(op->cx, buf_str(&buf), ret_resource);
}

Status run_send(Operation *op)
{
    const Access *access;
    JsonValue *resource;
    Letter letter = {.to_count = 0};
    Team team;
    Str body;
    if (!operation_who(op).len)
        return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "Only somebody who is a person of the record sends messages.");
    TRY(operation_access(op, &access));
    TRY(team_of(op, &team));
    TRY(read_letter(op, &letter));
    TRY(read_answered(op, access, &team, &letter));
    TRY(settle_about(op, &letter));
    TRY(check_letter(op, &letter));
    TRY(write_letter(op, &letter, &resource));
    bool before = operation_own(op, true);
    Status status = operation_create(op, STR("Communication"), resource, NULL);
    operation_own(op, before);
    TRY(status);
    TRY(operation_made(op, 0, &body));
    operation_answer(op, 201, body);
    return STATUS_OK;
}

/* Direct writes: what was sent stays as it was; only it can be withdrawn. */
Status people_guard_message(Ctx *cx, const Access *writer, const JsonValue *before,
                            const JsonValue *after)
{
    JsonValue *category;
    bool message = false;
    const JsonValue *of = before ? before : after;
    UNUSED(writer);
    for (JsonIter it = json_iter(json_get(of, STR("category"))); json_next(&it, NULL, &category);)
        message |=
            str_eq(json_get_str(json_item(json_get(category, STR("coding")), 0), STR("system")),
                   STR("urn:aceso:message"));
    if (!message)
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                    "Messages are sent by Communication/$send and stay as they were sent.");
}

/* ---- reading
 * -------------------------------------------------------------------------------------
 */

static Str read_key(Operation *op, Str id)
{
    return arena_format(op->cx->arena, STR_FMT "|" STR_FMT,
                        STR_ARG(access_account(op->call->access)), STR_ARG(id));
}

Status message_is_read(Operation *op, Str id, bool *ret_read)
{
    Str key = read_key(op, id), value;
    if (!key.at)
        return STATUS_MEMORY;
    Status status = operation_item(op, read_space, key, &value);
    *ret_read = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static Status find_message(Operation *op, OperationRow *row)
{
    const Access *access;
    Team team;
    TRY(operation_access(op, &access));
    TRY(team_of(op, &team));
    bool before = operation_own(op, true);
    Status status = operation_get(op, STR("Communication"), op->asked.id, row);
    operation_own(op, before);
    TRY(status);
    if (!addressed_is_his(access, &team, row))
        return ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such Communication.");
    return STATUS_OK;
}

/* `read` false: unread again. */
Status run_read(Operation *op)
{
    OperationRow row;
    char now[TIME_INSTANT_LEN];
    TRY(find_message(op, &row));
    bool unread = str_eq(operation_text(op, STR("read"), 0), STR("false"));
    StoreItem item = {.space = read_space, .key = read_key(op, row.id)};
    item.value = unread ? STR_EMPTY : arena_str(op->cx->arena, time_format_instant(op->now, now));
    if (!item.key.at || !item.value.at)
        return STATUS_MEMORY;
    TRY(operation_shows(op, &row));
    TRY(operation_add_item(op, &item));
    operation_answer(op, 204, STR_EMPTY);
    return STATUS_OK;
}

/* ---- threads
 * -------------------------------------------------------------------------------------
 */

typedef struct {
    Operation *op;
    const Access *access;
    Team team;
    OperationRow rows[1 + OPERATION_FIND_MAX]; /* the first message, and what belongs to it */
    size_t count;
} Thread;

/* Of what answers a query, what he may read. */
static Status gather(Thread *thread, const char *query, Str value, size_t most)
{
    OperationRows rows;
    Str text = arena_format(thread->op->cx->arena, query, STR_ARG(value));
    if (!text.at)
        return STATUS_MEMORY;
    TRY(operation_find(thread->op, STR("Communication"), text, most, &rows));
    for (size_t i = 0; i < rows.count; i++)
        if (addressed_is_his(thread->access, &thread->team, &rows.rows[i]))
            thread->rows[thread->count++] = rows.rows[i];
    return STATUS_OK;
}

static int first_sent(const void *a, const void *b)
{
    Str left = json_get_str(((const OperationRow *)a)->resource, STR("sent")),
        right = json_get_str(((const OperationRow *)b)->resource, STR("sent"));
    return str_cmp(left, right);
}

static void sort_thread(Thread *thread)
{
    qsort(thread->rows, thread->count, sizeof(OperationRow), first_sent);
}

/* A long conversation goes on at its end. */
static void keep_newest(Thread *thread)
{
    sort_thread(thread);
    if (thread->count <= THREAD_MAX)
        return;
    memmove(thread->rows, thread->rows + thread->count - THREAD_MAX,
            THREAD_MAX * sizeof(OperationRow));
    thread->count = THREAD_MAX;
}

static Status write_thread(Thread *thread, Str *ret_json)
{
    Operation *op = thread->op;
    Buf buf;
    buf_init(&buf, op->cx->arena, 16 << 10, INBOX_BYTES_MAX);
    buf_add_lit(&buf, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[");
    for (size_t i = 0; i < thread->count; i++) {
        const OperationRow *row = &thread->rows[i];
        bool read;
        TRY(message_is_read(op, row->id, &read));
        bool own = addressed_by(&thread->team, row->resource);
        const char *const unread[] = {"unread", NULL}, *const none[] = {NULL};
        buf_format(&buf, "%s{\"fullUrl\":\"" STR_FMT "/" STR_FMT "\",\"resource\":", i ? "," : "",
                   STR_ARG(op->call->base), STR_ARG(row->name));
        TRY(inbox_tagged(op, row, read || own ? none : unread, &buf));
        buf_add_char(&buf, '}');
        TRY(operation_shows(op, row));
    }
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

Status run_thread(Operation *op)
{
    Thread *thread = arena_new_of(op->cx->arena, Thread);
    OperationRow asked;
    Str body;
    if (!thread)
        return STATUS_MEMORY;
    thread->op = op;
    TRY(operation_access(op, &thread->access));
    TRY(team_of(op, &thread->team));
    TRY(find_message(op, &asked));
    Str first = thread_of(&asked);
    bool before = operation_own(op, true);
    Status status = gather(thread, "part-of=%.*s", first, OPERATION_FIND_MAX);
    keep_newest(thread);
    if (status == STATUS_OK)
        status = gather(thread, "_id=%.*s", str_from(first, 14), 1);
    operation_own(op, before);
    TRY(status);
    sort_thread(thread);
    TRY(write_thread(thread, &body));
    operation_answer(op, 200, body);
    return STATUS_OK;
}

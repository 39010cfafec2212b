/* consult/notes.c - notes of a consultation: worked on, signed, then never changed again.
 *
 * A note is a Composition. While it is preliminary its author writes it like any resource; $sign
 * locks it; what is said later is a Composition of its own that appends to it, so that what was
 * signed stays as it was signed. docs/adr/0138
 *
 * SPEC R4 composition.html, composition-definitions.html#Composition.relatesTo */
#include "consult/inner.h"

enum { NOTE_BYTES_MAX = 1 << 20 };

/* ---- direct writes ----------------------------------------------------------------------------
 */

static bool is_locked(const JsonValue *note)
{
    Str status = json_get_str(note, STR("status"));
    return note && !str_eq(status, STR("preliminary"));
}

static bool has_author(const JsonValue *note, Str who)
{
    JsonValue *author;
    for (JsonIter it = json_iter(json_get(note, STR("author"))); json_next(&it, NULL, &author);)
        if (who.len && str_eq(bare_reference(json_get_str(author, STR("reference"))), who))
            return true;
    return false;
}

Status consult_guard_note(Ctx *cx, const Access *writer, const JsonValue *before,
                          const JsonValue *after)
{
    if (before && is_locked(before))
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("Composition.status"),
                        "A signed note is not changed: add an addendum to it.");
    if (!after)
        return STATUS_OK;
    if (is_locked(after))
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("Composition.status"),
                        "A note is preliminary until it is signed with $sign.");
    if (json_get(after, STR("attester")))
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("Composition.attester"),
                        "Who attests a note is written by $sign.");
    if (!has_author(after, access_reference(writer)))
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("Composition.author"),
                        "Who writes a note is its author.");
    return STATUS_OK;
}

/* ---- signing ----------------------------------------------------------------------------------
 */

static bool section_says(const JsonValue *section)
{
    JsonValue *inner;
    if (json_get_str(json_get(section, STR("text")), STR("div")).len ||
        json_count(json_get(section, STR("entry"))))
        return true;
    for (JsonIter it = json_iter(json_get(section, STR("section"))); json_next(&it, NULL, &inner);)
        if (section_says(inner))
            return true;
    return false;
}

/* The version that the author saw, if he says: nobody signs what he has not read. */
static Status check_seen(Operation *op, const OperationRow *row)
{
    Str text = operation_text(op, STR("version"), 0);
    uint64_t version;
    if (!text.len)
        return STATUS_OK;
    if (!str_to_u64(text, &version))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY, "The version is not a number.");
    if (version != row->row.version)
        return ctx_fail(op->cx, STATUS_PRECONDITION, STR_EMPTY,
                        "The note was changed after you read it: read it again, then sign.");
    return STATUS_OK;
}

static Status check_says(Operation *op, const JsonValue *note)
{
    return section_says(note) ? STATUS_OK
                              : ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR("Composition.section"),
                                         "There is nothing in this note to sign.");
}

static Status check_signs(Operation *op, const OperationRow *row, Str who)
{
    if (!has_author(row->resource, who))
        return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY, "A note is signed by its author.");
    if (is_locked(row->resource))
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY, "This note is signed already.");
    TRY(check_says(op, row->resource));
    return check_seen(op, row);
}

static void add_attester(Buf *buf, Str who, Str now)
{
    buf_add_lit(buf, "[{\"mode\":\"legal\",\"time\":");
    json_write_string(buf, now);
    buf_add_lit(buf, ",\"party\":{\"reference\":");
    json_write_string(buf, who);
    buf_add_lit(buf, "}}]");
}

static Status signature(Operation *op, Str who, Str *ret_patch)
{
    Buf patch;
    Str now = now_text(op);
    buf_init(&patch, op->cx->arena, 512, 4096);
    buf_add_lit(&patch, "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"final\"},"
                        "{\"op\":\"add\",\"path\":\"/date\",\"value\":");
    json_write_string(&patch, now);
    buf_add_lit(&patch, "},{\"op\":\"add\",\"path\":\"/attester\",\"value\":");
    add_attester(&patch, who, now);
    buf_add_lit(&patch, "}]");
    *ret_patch = buf_str(&patch);
    return buf_done(&patch);
}

static Status sign_stored(Operation *op, Str who)
{
    OperationRow row;
    Str patch;
    TRY(operation_get(op, STR("Composition"), op->asked.id, &row));
    TRY(check_signs(op, &row, who));
    TRY(signature(op, who, &patch));
    return operation_patch(op, &row, patch);
}

/* ---- written and signed at once ---------------------------------------------------------------
 */

/* "urn:uuid:..." by which its author knows it again; empty: it has none. */
static Str uuid_of(const JsonValue *note)
{
    enum { UUID_LEN = 36 };
    const JsonValue *identifier = json_get(note, STR("identifier"));
    Str value = json_get_str(identifier, STR("value")), uuid = value;
    if (!str_eq(json_get_str(identifier, STR("system")), STR("urn:ietf:rfc:3986")) ||
        !str_has_prefix(value, STR("urn:uuid:")))
        return STR_EMPTY;
    uuid = str_from(value, sizeof("urn:uuid:") - 1);
    for (size_t i = 0; i < uuid.len; i++)
        if (!strchr("0123456789abcdef-", uuid.at[i]))
            return STR_EMPTY;
    return uuid.len == UUID_LEN ? value : STR_EMPTY;
}

/* The one that he has signed already, when the answer did not reach him; else rows->count 0. */
static Status find_signed(Operation *op, Str who, Str uuid, OperationRows *ret_rows)
{
    *ret_rows = (OperationRows){0};
    if (!uuid.len)
        return STATUS_OK;
    Str name = arena_format(op->cx->arena, "note " STR_FMT, STR_ARG(uuid));
    Str query =
        arena_format(op->cx->arena, "identifier=urn:ietf:rfc:3986%%7C" STR_FMT, STR_ARG(uuid));
    if (!name.at || !query.at)
        return STATUS_MEMORY;
    TRY(operation_claim(op, &name, 1));
    TRY(operation_find(op, STR("Composition"), query, 1, ret_rows));
    if (!ret_rows->count ||
        (is_locked(ret_rows->rows[0].resource) && has_author(ret_rows->rows[0].resource, who)))
        return STATUS_OK;
    return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR("Composition.identifier"),
                    "There is a note with this identifier already.");
}

static Status answer_with(Operation *op, const JsonValue *note)
{
    Buf body;
    buf_init(&body, op->cx->arena, 4096, NOTE_BYTES_MAX);
    json_write(&body, note, false);
    operation_answer(op, 200, buf_str(&body));
    return buf_done(&body);
}

/* One commit: of what cannot be signed nothing is left behind. */
static Status sign_new(Operation *op, Str who)
{
    JsonValue *patch, *after, *note = operation_value(op, STR("resource"), 0);
    const Access *writer;
    OperationRows rows;
    Str text;
    Buf buf;
    if (!str_eq(json_get_str(note, STR("resourceType")), STR("Composition")))
        return ctx_fail_code(op->cx, STATUS_INVALID, "required", STR_EMPTY,
                             "The parameter \"resource\" is the note, a Composition.");
    TRY(find_signed(op, who, uuid_of(note), &rows));
    if (rows.count)
        return answer_with(op, rows.rows[0].resource);
    TRY(operation_access(op, &writer));
    TRY(consult_guard_note(op->cx, writer, NULL, note));
    TRY(check_says(op, note));
    TRY(signature(op, who, &text));
    TRY(json_parse(op->cx, text, &patch));
    buf_init(&buf, op->cx->arena, 4096, NOTE_BYTES_MAX);
    TRY(json_patch(op->cx, note, patch, &buf));
    TRY(buf_done(&buf));
    TRY(json_parse(op->cx, buf_str(&buf), &after));
    return operation_create(op, STR("Composition"), after, NULL);
}

Status note_sign(Operation *op)
{
    Str who;
    TRY(need_practitioner(op, &who));
    return op->asked.id.len ? sign_stored(op, who) : sign_new(op, who);
}

/* ---- what is said later -----------------------------------------------------------------------
 */

static void copy_member(Buf *buf, const JsonValue *from, Str name)
{
    const JsonValue *value = json_get(from, name);
    if (!value)
        return;
    buf_add_char(buf, ',');
    json_write_string(buf, name);
    buf_add_char(buf, ':');
    json_write(buf, value, false);
}

/* It is at least as confidential as what it is added to, however that came to be. */
static void copy_security(Buf *buf, const JsonValue *note)
{
    JsonValue *coding;
    bool begun = false;
    const JsonValue *security = json_get(json_get(note, STR("meta")), STR("security"));
    for (JsonIter it = json_iter(security); json_next(&it, NULL, &coding);) {
        buf_add_str(buf, begun ? STR(",") : STR(",\"meta\":{\"security\":["));
        buf_add_lit(buf, "{\"system\":");
        json_write_string(buf, json_get_str(coding, STR("system")));
        buf_add_lit(buf, ",\"code\":");
        json_write_string(buf, json_get_str(coding, STR("code")));
        buf_add_char(buf, '}');
        begun = true;
    }
    if (begun)
        buf_add_lit(buf, "]}");
}

static void write_addendum(Buf *buf, const OperationRow *row, Str who, Str now, Str title, Str text)
{
    static const Str kept[] = {
        STR_INIT("type"),      STR_INIT("category"),        STR_INIT("subject"),
        STR_INIT("encounter"), STR_INIT("confidentiality"), STR_INIT("custodian")};
    buf_add_lit(buf, "{\"resourceType\":\"Composition\",\"status\":\"final\"");
    copy_security(buf, row->resource);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        copy_member(buf, row->resource, kept[i]);
    buf_add_lit(buf, ",\"date\":");
    json_write_string(buf, now);
    buf_add_lit(buf, ",\"author\":[{\"reference\":");
    json_write_string(buf, who);
    buf_add_lit(buf, "}],\"title\":");
    json_write_string(buf, title);
    buf_add_lit(buf, ",\"attester\":");
    add_attester(buf, who, now);
    buf_add_lit(buf, ",\"relatesTo\":[{\"code\":\"appends\",\"targetReference\":{\"reference\":");
    json_write_string(buf, row->name);
    buf_add_lit(buf, "}}],\"section\":[{\"title\":");
    json_write_string(buf, title);
    buf_add_lit(buf, ",\"text\":{\"status\":\"additional\",\"div\":");
    Buf div;
    buf_init(&div, buf->arena, text.len + 128, 6 * text.len + 128);
    add_narrative(&div, text);
    json_write_string(buf, buf_str(&div));
    buf_add_lit(buf, "}}]}");
}

Status note_append(Operation *op)
{
    OperationRow row;
    Buf buf;
    JsonValue *addendum;
    Str who, text, title = operation_text(op, STR("title"), 0);
    TRY(need_practitioner(op, &who));
    TRY(operation_need(op, STR("text"), &text));
    TRY(operation_get(op, STR("Composition"), op->asked.id, &row));
    if (!is_locked(row.resource))
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "This note is not signed yet: change it itself.");
    buf_init(&buf, op->cx->arena, 1024 + text.len, NOTE_BYTES_MAX);
    write_addendum(&buf, &row, who, now_text(op), title.len ? title : STR("Addendum"), text);
    TRY(buf_done(&buf));
    TRY(json_parse(op->cx, buf_str(&buf), &addendum));
    return operation_create(op, STR("Composition"), addendum, NULL);
}

/* Written about the wrong person, for instance: it stays to be read with its reason, and counts as
 * an error from now on. */
Status note_retract(Operation *op)
{
    OperationRow row;
    Str who, reason;
    Buf patch, div;
    TRY(need_practitioner(op, &who));
    TRY(operation_need(op, STR("reason"), &reason));
    TRY(operation_get(op, STR("Composition"), op->asked.id, &row));
    if (!has_author(row.resource, who))
        return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY, "A note is retracted by its author.");
    if (!is_locked(row.resource))
        return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "This note is not signed yet: delete it.");
    buf_init(&div, op->cx->arena, reason.len + 128, 6 * reason.len + 128);
    add_narrative(&div, reason);
    buf_init(&patch, op->cx->arena, 512 + div.len, NOTE_BYTES_MAX);
    bool many = json_count(json_get(row.resource, STR("section"))) > 0;
    buf_format(&patch,
               "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"entered-in-error\"},"
               "{\"op\":\"add\",\"path\":\"/section%s\",\"value\":%s{\"title\":\"Retracted\","
               "\"text\":{\"status\":\"additional\",\"div\":",
               many ? "/-" : "", many ? "" : "[");
    json_write_string(&patch, buf_str(&div));
    buf_format(&patch, "}}%s}]", many ? "" : "]");
    TRY(buf_done(&patch));
    return operation_patch(op, &row, buf_str(&patch));
}

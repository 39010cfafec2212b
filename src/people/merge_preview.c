/* people/merge_preview.c - what Patient/$merge would do, before anybody does it: what differs, what
 * moves, and who sees more afterwards. */
#include "people/merge.h"

#include "fhir/fhir.h"

static const Str not_compared[] = {STR_INIT("resourceType"), STR_INIT("id"),   STR_INIT("meta"),
                                   STR_INIT("text"),         STR_INIT("link"), STR_INIT("active")};

bool merge_compares(Str member)
{
    for (size_t i = 0; i < COUNT_OF(not_compared); i++)
        if (str_eq(member, not_compared[i]))
            return false;
    return member.len && member.at[0] != '_';
}

static void add_code(Buf *buf, const char *name, Str value)
{
    buf_format(buf, ",{\"name\":\"%s\",\"valueCode\":", name);
    json_write_string(buf, value);
    buf_add_char(buf, '}');
}

/* What differs, and what the target lacks and gets. */
static void write_fields(const Merge *m, Buf *buf)
{
    JsonValue *value;
    Str member;
    for (JsonIter it = json_iter(m->source.resource); json_next(&it, &member, &value);) {
        const JsonValue *other = json_get(m->target.resource, member);
        if (!merge_compares(member) || (other && json_equal(value, other, false)))
            continue;
        add_code(buf, other ? "conflict" : "fills", member);
    }
}

/* Only what the caller sees is counted. */
static Status count_moves(Operation *op, const Merge *m, Buf *buf)
{
    size_t *counts = arena_array_of(op->cx->arena, size_t, (size_t)fhir_type_count() + 1), count;
    uint64_t *rids;
    TRY(operation_referring(op, m->source.name, &rids, &count));
    if (!counts)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        OperationRow row;
        TRY(operation_apart(op));
        Status status = operation_row(op, rids[i], &row);
        if (status == STATUS_OK && row.row.rid != m->source.row.rid &&
            row.row.type != m->source.row.type &&
            access_sees_packed(m->access, row.row.type, row.row.facts) != SIGHT_NONE)
            counts[row.row.type]++;
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
        operation_together(op);
    }
    for (uint16_t type = 1; type <= fhir_type_count(); type++)
        if (counts[type])
            buf_format(buf,
                       ",{\"name\":\"moves\",\"part\":[{\"name\":\"type\",\"valueCode\":\"" STR_FMT
                       "\"},{\"name\":\"count\",\"valueInteger\":%zu}]}",
                       STR_ARG(fhir_type_name(type)), counts[type]);
    return STATUS_OK;
}

/* Who has a link with one of both, each once. */
typedef struct {
    const Access *access;
    Arena *home; /* of what outlives a page */
    Str *names;
    size_t count, room;
} Members;

static bool is_member(const Members *members, Str name)
{
    for (size_t i = 0; i < members->count; i++)
        if (str_eq(members->names[i], name))
            return true;
    return false;
}

static Status add_member(Members *members, Str name)
{
    if (!name.len || is_member(members, name))
        return STATUS_OK;
    members->names =
        arena_grow(members->home, members->names, sizeof(Str), members->count, &members->room, 32);
    if (!members->names || !(name = arena_str(members->home, name)).at)
        return STATUS_MEMORY;
    members->names[members->count++] = name;
    return STATUS_OK;
}

static Status add_link(void *of, const OperationRow *row)
{
    Members *members = of;
    JsonValue *member;
    if (access_sees_packed(members->access, row->row.type, row->row.facts) != SIGHT_FULL)
        return STATUS_OK;
    for (JsonIter it = json_iter(json_get(row->resource, STR("participant")));
         json_next(&it, NULL, &member);)
        TRY(add_member(members, json_get_str(json_get(member, STR("member")), STR("reference"))));
    return STATUS_OK;
}

static Status members_of(Operation *op, const Access *access, Str patient, Members *ret_members)
{
    Str query = arena_format(op->cx->arena, "subject=" STR_FMT "&status=active", STR_ARG(patient));
    bool before = operation_own(op, true);
    *ret_members = (Members){.access = access, .home = op->cx->arena};
    Status status = query.at ? operation_each(op, STR("CareTeam"), query, add_link, ret_members)
                             : STATUS_MEMORY;
    operation_own(op, before);
    return status;
}

/* Who has a link with one of both only: he sees the other one's record afterwards. Links are shown
 * to who keeps the personal details of the patient anyway. */
static Status write_gains(Operation *op, const Merge *m, Buf *buf)
{
    Members members[2];
    TRY(members_of(op, m->access, m->source.name, &members[0]));
    TRY(members_of(op, m->access, m->target.name, &members[1]));
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < members[side].count; i++) {
            if (is_member(&members[1 - side], members[side].names[i]))
                continue;
            buf_add_lit(buf, ",{\"name\":\"gains\",\"valueReference\":{\"reference\":");
            json_write_string(buf, members[side].names[i]);
            buf_add_lit(buf, "}}");
        }
    return STATUS_OK;
}

const char *merge_consent_word(const Merge *m)
{
    return m->source_permits && m->target_permits   ? "both"
           : m->source_permits || m->target_permits ? "asked-again"
                                                    : "none";
}

Status merge_preview(Operation *op, Merge *m)
{
    Buf buf;
    buf_init(&buf, op->cx->arena, 2048, 1 << 20);
    buf_format(&buf,
               "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"source\","
               "\"valueReference\":{\"reference\":\"" STR_FMT
               "\"}},{\"name\":\"target\",\"valueReference\":{\"reference\":\"" STR_FMT
               "\"}},{\"name\":\"consent\",\"valueCode\":\"%s\"}",
               STR_ARG(m->source.name), STR_ARG(m->target.name), merge_consent_word(m));
    write_fields(m, &buf);
    TRY(write_gains(op, m, &buf));
    TRY(count_moves(op, m, &buf));
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    operation_answer(op, 200, buf_str(&buf));
    return STATUS_OK;
}

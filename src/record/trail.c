/* record/trail.c - reading and searching AuditEvents: who may see which of them. */
#include "record/trail.h"

#include "record/answer.h"

enum { INDEX_LEAVE = 2000 }; /* entries that a search looks at without an index */

/* ---- who sees it ------------------------------------------------------------------------ */

/* The log of one patient (or of nobody: 0) is class D16 about him. */
bool trail_sees(const Scene *s, uint64_t patient)
{
    Facts facts = {.class = D16_AUDIT,
                   .confidentiality = CONF_N,
                   .subject_count = patient != 0,
                   .subjects = {patient}};
    const Access *access = s->access;
    if (access_is_system(access))
        return true;
    return access_rights(access) &&
           access_sees(access, s->record->audit_type, &facts) != SIGHT_NONE;
}

/* What is about patients whose log he may not see is left out; an entry of which nothing is left is
 * not there. */
static bool seen_of(const Scene *s, TrailRow *row)
{
    const AuditEntry *e = &row->entry;
    bool any = false;
    for (size_t i = 0; i < e->part_count; i++) {
        row->erased |= !row->about[i].patient;
        if (!row->about[i].patient)
            continue;
        if (trail_sees(s, row->about[i].patient))
            any = true;
        else
            row->about[i] = (AuditAbout){0};
    }
    bool nobody = trail_sees(s, 0);
    if (nobody)
        return true;
    /* He may see this by a patient alone: what it says of nobody is not for him. */
    row->entry.id = e->part_count ? STR_EMPTY : e->id;
    row->entry.resources = NULL;
    row->entry.resource_count = 0;
    row->entry.query = STR_EMPTY;
    return any;
}

/* One log for all of them. */
static void join_merged(const Scene *s, TrailRow *row)
{
    for (size_t i = 0; i < row->entry.part_count; i++)
        for (size_t k = 0; k < s->merged_count; k++)
            if (row->about[i].patient == s->merged[k])
                row->about[i].patient = s->merged_into;
}

Status trail_row(Scene *s, StoreReader *reader, const StoreAuditRow *from, TrailRow *ret_row,
                 bool *ret_seen)
{
    *ret_row = (TrailRow){.number = from->number, .at = from->at};
    TRY(audit_unpack(s->cx, from->entry, &ret_row->entry));
    TRY(audit_open(s->cx, reader, &ret_row->entry, &ret_row->about));
    join_merged(s, ret_row);
    *ret_seen = seen_of(s, ret_row);
    return STATUS_OK;
}

/* ---- read ------------------------------------------------------------------------------- */

static Status absent(Scene *s)
{
    return ctx_fail(s->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such AuditEvent.");
}

static Status read_row(Scene *s, StoreReader *reader, Str id)
{
    uint64_t number;
    StoreAuditRow *rows;
    size_t count;
    TrailRow row;
    bool seen;
    Buf buf;
    if (!str_to_u64(id, &number) || !number || number > INT64_MAX)
        return absent(s);
    TRY(store_audit_read(reader, number, 1, &rows, &count));
    if (!count || rows[0].number != number || root_is(rows[0].entry))
        return absent(s);
    TRY(trail_row(s, reader, &rows[0], &row, &seen));
    if (!seen)
        return absent(s);
    buf_init(&buf, s->cx->arena, 2048, ANSWER_BYTES_MAX);
    TRY(trail_write(s, reader, &row, &buf));
    s->reply->body = buf_str(&buf);
    s->reply->version = 1;
    s->reply->updated = row.at;
    return buf_done(&buf);
}

Status trail_read(Scene *s, Str id)
{
    StoreReader *reader;
    TRY(scene_read(s, &reader));
    (void)store_read_as(reader, s->record->self); /* trail_row judges what is shown */
    Status status = read_row(s, reader, id);
    store_read_end(reader);
    return status;
}

/* ---- search ----------------------------------------------------------------------------- */

static void add_links(Scene *s, Buf *buf, const TrailQuery *q, uint64_t before)
{
    Ctx *cx = s->cx;
    Str self = arena_format(cx->arena, STR_FMT "/AuditEvent%s" STR_FMT, STR_ARG(s->call->base),
                            q->kept.len ? "?" : "", STR_ARG(q->kept));
    buf_add_lit(buf, ",\"link\":[");
    answer_link(buf, "self", self, true);
    if (before)
        answer_link(buf, "next",
                    arena_format(cx->arena, STR_FMT "%s_before=%llu", STR_ARG(self),
                                 q->kept.len ? "&" : "?", (unsigned long long)before),
                    false);
    buf_add_lit(buf, "]");
}

static Status answer(Scene *s, StoreReader *reader, const TrailQuery *q)
{
    TrailRow *rows;
    size_t count;
    uint64_t before;
    Buf buf;
    TRY(trail_find(s, reader, q, &rows, &count, &before));
    buf_init(&buf, s->cx->arena, 1024 + count * 2048, ANSWER_BYTES_MAX);
    answer_begin(&buf, "searchset");
    add_links(s, &buf, q, before);
    for (size_t i = 0; i < count; i++) {
        buf_add_str(&buf, i ? STR(",{") : STR(",\"entry\":[{"));
        buf_format(&buf, "\"fullUrl\":\"" STR_FMT "/AuditEvent/%llu\",\"resource\":",
                   STR_ARG(s->call->base), (unsigned long long)rows[i].number);
        TRY(trail_write(s, reader, &rows[i], &buf));
        buf_add_lit(&buf, ",\"search\":{\"mode\":\"match\"}}");
    }
    buf_add_str(&buf, count ? STR("]}") : STR("}"));
    s->reply->body = buf_str(&buf);
    return buf_done(&buf);
}

/* Whose log was looked at is on the log, under his key like the rest. */
static Status note_patient(Scene *s, uint64_t patient)
{
    Facts facts = {.class = D16_AUDIT, .subject_count = 1, .subjects = {patient}};
    unsigned char *room = arena_alloc_raw(s->cx->arena, FACTS_BYTES_MAX);
    if (!room)
        return STATUS_MEMORY;
    if (patient)
        s->audit.facts = str_n((const char *)room, facts_pack(&facts, room));
    return STATUS_OK;
}

Status trail_catch_up(Scene *s)
{
    return record_index_audit(s->record, s->cx, INDEX_LEAVE, false);
}

Status trail_of_patient(Scene *s, Str id, TrailQuery *query)
{
    Str name = arena_format(s->cx->arena, "Patient/" STR_FMT, STR_ARG(id));
    if (!name.at)
        return STATUS_MEMORY;
    uint64_t hash = search_hash_text(s->record->search, name);
    if (query->patient && query->patient != hash)
        return ctx_fail(s->cx, STATUS_INVALID, STR_EMPTY, "That is the log of one patient.");
    query->patient = hash;
    return note_patient(s, hash);
}

Status trail_search(Scene *s, Str patient)
{
    StoreReader *reader;
    TrailQuery query;
    TRY(trail_parse(s, s->call->query, &query));
    TRY(note_patient(s, query.patient));
    if (patient.len)
        TRY(trail_of_patient(s, patient, &query));
    TRY(trail_catch_up(s));
    TRY(scene_read(s, &reader));
    (void)store_read_as(reader, s->record->self); /* trail_row judges what is shown */
    Status status = answer(s, reader, &query);
    store_read_end(reader);
    return status;
}

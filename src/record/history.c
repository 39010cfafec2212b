/* record/history.c - history of an instance, a type, the system.
 *
 * Pages run from the newest change backwards; a page link names the change to go on below,
 * so that paging is stable while others write.
 *
 * SPEC R4 http.html#history */
#include "record/answer.h"

#include "access/rights.h"

typedef struct {
    StoreHistory query;
    Time at_lo; /* _at: versions that were current at some time in [at_lo, query.until] */
    bool at;
    Str kept;  /* the parameters to repeat in links */
    Str token; /* of a page link: which change to go on below */
} HistoryQuery;

static Status parse_instant(Ctx *cx, const char *name, Str text, Time *ret_lo, Time *ret_hi)
{
    if (fhir_date_range(text, ret_lo, ret_hi))
        return STATUS_OK;
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "\"%s\" is not a date or instant.", name);
}

static Status parse_pair(Ctx *cx, HistoryQuery *h, Str name, Str value)
{
    Time lo, hi;
    uint64_t number;
    if (str_eq(name, STR("_since"))) {
        TRY(parse_instant(cx, "_since", value, &lo, &hi));
        h->query.since = lo;
    } else if (str_eq(name, STR("_at"))) {
        TRY(parse_instant(cx, "_at", value, &lo, &hi));
        h->at = true;
        h->at_lo = lo;
        h->query.until = hi - 1;
    } else if (str_eq(name, STR("_count"))) {
        if (!str_to_u64(value, &number) || number == 0)
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "\"_count\" is a whole number from 1.");
        h->query.limit = number > HISTORY_COUNT_MAX ? HISTORY_COUNT_MAX : (size_t)number;
    } else if (str_eq(name, STR("_before"))) {
        h->token = arena_str(cx->arena, value);
        return h->token.at ? STATUS_OK : STATUS_MEMORY;
    } else if (!str_eq(name, STR("_format")) && !str_eq(name, STR("_pretty"))) {
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "A history has no parameter \"" STR_FMT "\".", STR_ARG(name));
    }
    return STATUS_OK;
}

static Status parse_query(Ctx *cx, Str text, HistoryQuery *h)
{
    Buf kept;
    buf_init(&kept, cx->arena, text.len + 1, 64 * 1024);
    for (Str name, value; search_next_pair(&text, &name, &value);) {
        Str plain;
        if (!str_eq(name, STR("_before")))
            buf_format(&kept, "%s" STR_FMT "=" STR_FMT, kept.len ? "&" : "", STR_ARG(name),
                       STR_ARG(value));
        TRY(search_decode(cx, name, &name));
        TRY(search_decode(cx, value, &plain));
        TRY(parse_pair(cx, h, name, plain));
    }
    h->kept = buf_str(&kept);
    return buf_done(&kept);
}

/* Whether this version was current at or after at_lo: it was made then, or its successor
 * was made later, or it has none. A successor that the caller does not see is none. */
static Status was_current(const Scene *scene, StoreReader *reader, const HistoryQuery *h,
                          const StoreRow *row, bool *ret_current)
{
    StoreRow next;
    *ret_current = true;
    if (!h->at || row->updated >= h->at_lo)
        return STATUS_OK;
    Status status = store_get_version(reader, row->type, row->id, row->version + 1, &next);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !scene_sees(scene, &next)))
        return STATUS_OK;
    TRY(status);
    *ret_current = next.updated > h->at_lo;
    return STATUS_OK;
}

/* Each version is shown by its own facts and by those that its resource has today; what the latter
 * leave out is gone from the row. */
static Status sees_version(const Scene *scene, StoreReader *reader, StoreRow *row, bool *ret_sees)
{
    StoreRow today;
    *ret_sees = access_is_system(scene->access);
    if (*ret_sees || !scene_sees(scene, row))
        return STATUS_OK;
    Status status = scene_get(scene, reader, row->type, row->id, false, &today);
    *ret_sees = status == STATUS_OK && (scene->type || scene_may(scene, row->type, RIGHTS_SEARCH));
    if (*ret_sees)
        return scene_reduce(scene, scene->cx, row->type, today.facts, row->body, &row->body);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static Status is_wanted(const Scene *scene, StoreReader *reader, const HistoryQuery *h,
                        StoreRow *row, bool *ret_wanted)
{
    TRY(sees_version(scene, reader, row, ret_wanted));
    return *ret_wanted ? was_current(scene, reader, h, row, ret_wanted) : STATUS_OK;
}

/* Reads on until one more than the page is found, so that the page knows of a next. */
static Status collect(const Scene *scene, StoreReader *reader, const HistoryQuery *h,
                      StoreChange *found, size_t *ret_count)
{
    StoreHistory query = h->query;
    size_t wanted = query.limit + 1, count = 0;
    query.limit = wanted;
    for (;;) {
        StoreChange *changes;
        size_t some;
        TRY(ctx_check_deadline(scene->cx));
        TRY(store_history(reader, &query, &changes, &some));
        for (size_t i = 0; i < some && count < wanted; i++) {
            bool is;
            TRY(is_wanted(scene, reader, h, &changes[i].row, &is));
            if (is)
                found[count++] = changes[i];
        }
        if (count == wanted || some < query.limit)
            break;
        query.before = changes[some - 1].change;
    }
    *ret_count = count;
    return STATUS_OK;
}

static Status add_entry(const Scene *scene, Buf *buf, const StoreChange *change)
{
    static const char *methods[] = {[STORE_CREATE] = "POST",
                                    [STORE_UPDATE] = "PUT",
                                    [STORE_DELETE] = "DELETE",
                                    [STORE_PATCH] = "PATCH"};
    const StoreRow *row = &change->row;
    Str body;
    assert(row->method && row->method < COUNT_OF(methods));
    Str type = fhir_type_name(row->type);
    buf_add_lit(buf, "{");
    answer_full_url(buf, scene->call->base, row->type, row->id);
    if (!row->deleted) {
        TRY(scene_show(scene, scene->cx, row->type, row->facts, row->body, &body));
        buf_add_lit(buf, ",\"resource\":");
        buf_add_str(buf, body);
    }
    buf_format(buf, ",\"request\":{\"method\":\"%s\",\"url\":\"" STR_FMT, methods[row->method],
               STR_ARG(type));
    if (row->method != STORE_CREATE)
        buf_format(buf, "/" STR_FMT, STR_ARG(row->id));
    buf_add_lit(buf, "\"},");
    unsigned http = row->deleted ? 204 : row->version == 1 ? 201 : 200;
    answer_response(buf, http, STR_EMPTY, row->version, row->updated);
    buf_add_lit(buf, "}");
    return STATUS_OK;
}

static Status add_links(Scene *scene, Buf *buf, const HistoryQuery *h, uint64_t below)
{
    Ctx *cx = scene->cx;
    Str token;
    Str path = scene->audit.id.len
                   ? arena_format(cx->arena, "/" STR_FMT "/" STR_FMT, STR_ARG(scene->audit.type),
                                  STR_ARG(scene->audit.id))
               : scene->type ? arena_format(cx->arena, "/" STR_FMT, STR_ARG(scene->audit.type))
                             : STR_EMPTY;
    Str self =
        arena_format(cx->arena, STR_FMT STR_FMT "/_history%s" STR_FMT, STR_ARG(scene->call->base),
                     STR_ARG(path), h->kept.len ? "?" : "", STR_ARG(h->kept));
    buf_add_lit(buf, ",\"link\":[");
    answer_link(buf, "self", self, true);
    if (below) {
        TRY(scene_make_link(scene, below, &token));
        answer_link(buf, "next",
                    arena_format(cx->arena, STR_FMT "%s_before=" STR_FMT, STR_ARG(self),
                                 h->kept.len ? "&" : "?", STR_ARG(token)),
                    false);
    }
    buf_add_lit(buf, "]");
    return STATUS_OK;
}

static Status answer(Scene *scene, const HistoryQuery *h, const StoreChange *found, size_t count)
{
    size_t shown = count > h->query.limit ? h->query.limit : count;
    Str *names = arena_array_of(scene->cx->arena, Str, shown + 1);
    Buf buf;
    buf_init(&buf, scene->cx->arena, 1024 + shown * 2048, ANSWER_BYTES_MAX);
    Str *facts_of = arena_array_of(scene->cx->arena, Str, shown + 1);
    if (!names || !facts_of)
        return STATUS_MEMORY;
    answer_begin(&buf, "history");
    TRY(add_links(scene, &buf, h, count > shown ? found[shown - 1].change : 0));
    for (size_t i = 0; i < shown; i++) {
        buf_add_str(&buf, i ? STR(",") : STR(",\"entry\":[")); /* an array is never empty */
        TRY(add_entry(scene, &buf, &found[i]));
        facts_of[i] = found[i].row.facts;
        names[i] =
            arena_format(scene->cx->arena, STR_FMT "/" STR_FMT,
                         STR_ARG(fhir_type_name(found[i].row.type)), STR_ARG(found[i].row.id));
    }
    buf_add_str(&buf, shown ? STR("]}") : STR("}"));
    scene->audit.resources = names;
    scene->audit.facts_of = facts_of;
    scene->audit.resource_count = shown;
    if (shown && scene->audit.id.len)
        scene->audit.facts = facts_of[0];
    scene->reply->body = buf_str(&buf);
    return buf_done(&buf);
}

/* SMART: the history of one resource is read, that of a type is searched. */
static Status look(Scene *scene, StoreReader *reader, HistoryQuery *h, Str id, StoreChange *found,
                   size_t *ret_count)
{
    StoreRow row;
    if (scene->type)
        TRY(scene_need(scene, scene->type, id.len ? RIGHTS_READ : RIGHTS_SEARCH));
    if (h->token.len)
        TRY(scene_open_link(scene, h->token, &h->query.before));
    if (id.len)
        TRY(scene_get(scene, reader, scene->type, id, false, &row));
    return collect(scene, reader, h, found, ret_count);
}

static Status history(Scene *scene, Str type, Str id)
{
    Ctx *cx = scene->cx;
    TRY(access_need_read(cx, scene->call->access));
    TRY(scene_target(scene, type, id));
    HistoryQuery h = {
        .query = {
            .type = scene->type, .id = id, .limit = HISTORY_COUNT_DEFAULT, .with_body = true}};
    TRY(parse_query(cx, scene->call->query, &h));
    StoreChange *found = arena_array_of(cx->arena, StoreChange, h.query.limit + 1);
    StoreReader *reader;
    size_t count = 0;
    if (!found)
        return STATUS_MEMORY;
    TRY(scene_read(scene, &reader));
    Status status = look(scene, reader, &h, id, found, &count);
    store_read_end(reader);
    if (status == STATUS_NOT_FOUND)
        return ctx_fail(cx, status, STR_EMPTY, "There is no such " STR_FMT ".",
                        STR_ARG(fhir_type_name(scene->type)));
    TRY(status);
    return answer(scene, &h, found, count);
}

Status record_history(Record *record, Ctx *cx, const Call *call, Str type, Str id, Reply *reply)
{
    Str interaction = id.len     ? STR("history-instance")
                      : type.len ? STR("history-type")
                                 : STR("history-system");
    Scene scene = scene_begin(record, cx, call, reply, interaction);
    return scene_end(&scene, history(&scene, type, id));
}

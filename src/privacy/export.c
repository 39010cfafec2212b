/* privacy/export.c - all of one person, through the same searches that anybody uses: what the
 * caller may not see is not in it, and what was shown is on the audit log, page by page. */
#include "privacy/inner.h"

enum { PAGE = 500, PAGES_MAX = 100000, BUNDLE_BYTES_MAX = 1 << 30 };

static Status finish(Ctx *cx, Record *record, const Call *call, Reply *reply)
{
    return record_finish(record, cx, call, reply);
}

static Status himself(Ctx *cx, Record *record, const Call *call, Str patient, PrivacyEach each,
                      void *to)
{
    Reply reply;
    JsonValue *resource;
    (void)record_read(record, cx, call, STR("Patient"), patient, &reply);
    TRY(finish(cx, record, call, &reply));
    TRY(json_parse(cx, reply.body, &resource));
    return each(cx, to, resource);
}

/* He is in his own compartment, and comes first already. */
static bool is_himself(const JsonValue *resource, Str patient)
{
    return str_eq(json_get_str(resource, STR("resourceType")), STR("Patient")) &&
           str_eq(json_get_str(resource, STR("id")), patient);
}

static Status take_page(Ctx *cx, const JsonValue *bundle, Str patient, PrivacyEach each, void *to)
{
    JsonValue *entry;
    for (JsonIter it = json_iter(json_get(bundle, STR("entry"))); json_next(&it, NULL, &entry);) {
        const JsonValue *resource = json_get(entry, STR("resource"));
        if (!str_eq(json_get_str(json_get(entry, STR("search")), STR("mode")), STR("outcome")) &&
            !is_himself(resource, patient))
            TRY(each(cx, to, resource));
    }
    return STATUS_OK;
}

/* What stands behind the question mark of the link to the next page; empty: there is none. */
static Str next_query(const JsonValue *bundle)
{
    JsonValue *link;
    for (JsonIter it = json_iter(json_get(bundle, STR("link"))); json_next(&it, NULL, &link);) {
        Str url = json_get_str(link, STR("url"));
        size_t mark = str_index(url, '?');
        if (str_eq(json_get_str(link, STR("relation")), STR("next")) && mark != SIZE_MAX)
            return str_from(url, mark + 1);
    }
    return STR_EMPTY;
}

static Status one_page(Ctx *cx, Record *record, const Call *call, Str patient, PrivacyEach each,
                       void *to, Str *ret_next)
{
    RecordScope scope = {.compartment = STR("Patient"), .id = patient};
    Reply reply;
    JsonValue *bundle;
    (void)record_search(record, cx, call, &scope, &reply);
    TRY(finish(cx, record, call, &reply));
    TRY(json_parse(cx, reply.body, &bundle));
    TRY(take_page(cx, bundle, patient, each, to));
    *ret_next = next_query(bundle);
    return STATUS_OK;
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

/* Pages come and go in an arena of their own; what failed is said in it, so it stays to the end. */
Status privacy_each(Ctx *cx, Record *record, const Call *call, Str patient, PrivacyEach each,
                    void *to)
{
    Call own = *call;
    Ctx page = *cx;
    Status status = STATUS_OK;
    void **hook = arena_defer(cx->arena, free_arena, NULL);
    if (!hook || !(page.arena = arena_new(arena_bytes_max(cx->arena), true)))
        return STATUS_MEMORY;
    *hook = page.arena;
    own.query = STR_EMPTY;
    TRY(himself(cx, record, &own, patient, each, to));
    own.query = STR("_count=500");
    for (size_t n = 0; status == STATUS_OK && own.query.len && n < PAGES_MAX; n++) {
        Str next;
        status = one_page(&page, record, &own, patient, each, to, &next);
        if (status != STATUS_OK)
            break;
        own.query = arena_str(cx->arena, next);
        if (next.len && !own.query.at)
            return STATUS_MEMORY;
        arena_clear(page.arena);
    }
    ctx_take_issues(cx, &page);
    return status;
}

Str privacy_date_of(const JsonValue *resource)
{
    static const Str names[] = {STR_INIT("effectiveDateTime"),
                                STR_INIT("onsetDateTime"),
                                STR_INIT("performedDateTime"),
                                STR_INIT("occurrenceDateTime"),
                                STR_INIT("authoredOn"),
                                STR_INIT("start"),
                                STR_INIT("date"),
                                STR_INIT("recordedDate"),
                                STR_INIT("issued"),
                                STR_INIT("created"),
                                STR_INIT("recorded")};
    static const Str periods[] = {STR_INIT("period"), STR_INIT("effectivePeriod"),
                                  STR_INIT("performedPeriod")};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        Str text = json_get_str(resource, names[i]);
        if (text.len >= 4)
            return str_head(text, text.len < 10 ? text.len : 10);
    }
    for (size_t i = 0; i < COUNT_OF(periods); i++) {
        Str text = json_get_str(json_get(resource, periods[i]), STR("start"));
        if (text.len >= 4)
            return str_head(text, text.len < 10 ? text.len : 10);
    }
    return STR_EMPTY;
}

/* ---- the bundle --------------------------------------------------------------------------- */

typedef struct {
    Buf buf;
    size_t count;
} Export;

static Status add(Ctx *cx, void *to, const JsonValue *resource)
{
    Export *export = to;
    UNUSED(cx);
    buf_add_str(&export->buf, export->count++ ? STR(",{\"resource\":") : STR("{\"resource\":"));
    json_write(&export->buf, resource, false);
    buf_add_lit(&export->buf, "}");
    return STATUS_OK;
}

Status privacy_export(Ctx *cx, Record *record, const Call *call, Str patient, Str *ret_bundle)
{
    Export export = {.count = 0};
    char at[TIME_INSTANT_LEN];
    buf_init(&export.buf, cx->arena, 1 << 20, BUNDLE_BYTES_MAX);
    buf_format(&export.buf,
               "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"timestamp\":\"%.*s\","
               "\"entry\":[",
               TIME_INSTANT_LEN, time_format_instant(time_now(), at).at);
    TRY(privacy_each(cx, record, call, patient, add, &export));
    buf_add_lit(&export.buf, "]}");
    *ret_bundle = buf_str(&export.buf);
    return buf_done(&export.buf);
}

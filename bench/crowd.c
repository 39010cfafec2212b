/* bench/crowd.c - see crowd.h: the people of the demo network, their Patient alone, in batches. */
#include "crowd.h"

#include "demo/demo.h"

enum { BATCH = 500 };

static Status demo_bundle(Ctx *cx, const Crowd *crowd, unsigned index, Str *ret_text)
{
    DemoOptions demo = {.seed = 1, .patients = crowd->patients, .today = time_now()};
    return demo_patient(cx, &demo, index, ret_text);
}

Status crowd_patient(Ctx *cx, const Crowd *crowd, unsigned index, JsonValue **ret_patient)
{
    JsonValue *bundle, *entry;
    Str text;
    TRY(demo_bundle(cx, crowd, index, &text));
    TRY(json_parse(cx, text, &bundle));
    for (JsonIter it = json_iter(json_get(bundle, STR("entry"))); json_next(&it, NULL, &entry);) {
        *ret_patient = json_get(entry, STR("resource"));
        if (str_eq(json_get_str(*ret_patient, STR("resourceType")), STR("Patient")))
            return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}

static Status send(Ctx *cx, const Crowd *crowd, Str bundle)
{
    Reply reply;
    const Call who = {
        .access = crowd->access, .base = STR("http://bench/fhir"), .address = STR("local")};
    char *body = arena_alloc(cx->arena, bundle.len + JSON_PADDING);
    if (!body)
        return STATUS_MEMORY;
    memcpy(body, bundle.at, bundle.len);
    (void)!record_bundle(crowd->record, cx, &who, (Body){body, bundle.len}, &reply);
    return record_finish(crowd->record, cx, &who, &reply);
}

static Status add_one(Buf *bundle, Ctx *cx, const Crowd *crowd, unsigned index)
{
    JsonValue *patient;
    TRY(crowd_patient(cx, crowd, index, &patient));
    buf_format(bundle, "%s{\"request\":{\"method\":\"PUT\",\"url\":\"Patient/" STR_FMT "\"},",
               index % BATCH ? "," : "", STR_ARG(json_get_str(patient, STR("id"))));
    buf_add_lit(bundle, "\"resource\":");
    json_write(bundle, patient, false);
    buf_add_char(bundle, '}');
    return STATUS_OK;
}

static Status write_batch(Ctx *cx, const Crowd *crowd, unsigned from)
{
    Buf bundle;
    Status status = STATUS_OK;
    Ctx one = {.arena = arena_new((size_t)64 << 20, false)};
    buf_init(&bundle, cx->arena, 1 << 20, 64 << 20);
    buf_add_lit(&bundle, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
    for (unsigned i = from; i < from + BATCH && i < crowd->patients && status == STATUS_OK; i++) {
        status = add_one(&bundle, &one, crowd, i);
        arena_clear(one.arena);
        one = (Ctx){.arena = one.arena};
    }
    arena_free(one.arena);
    TRY(status);
    buf_add_lit(&bundle, "]}");
    TRY(buf_done(&bundle));
    return send(cx, crowd, buf_str(&bundle));
}

static void clear(Ctx *cx)
{
    arena_clear(cx->arena);
    *cx = (Ctx){.arena = cx->arena};
}

Status crowd_fill(Ctx *cx, const Crowd *crowd, Store *store)
{
    StoreStats stats;
    Str text;
    store_stats(store, &stats);
    unsigned from = (unsigned)stats.resources / BATCH * BATCH;
    for (unsigned i = from; i < crowd->patients; i += BATCH) {
        TRY(write_batch(cx, crowd, i));
        clear(cx);
    }
    for (unsigned i = 0; i < crowd->charts && from < crowd->patients; i++) {
        TRY(demo_bundle(cx, crowd, i, &text));
        TRY(send(cx, crowd, text));
        clear(cx);
    }
    return store_settle(store, cx);
}

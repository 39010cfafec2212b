/* tests/record_fixture.h - a record on a fresh encrypted store in a temporary folder. */
#ifndef ACESO_RECORD_FIXTURE_H
#define ACESO_RECORD_FIXTURE_H

#include <unistd.h>

#include "access/grant.h"
#include "crypto/crypto.h"
#include "json/json.h"
#include "record/record.h"
#include "store_place.h"
#include "testing.h"

typedef struct {
    Arena *forever;
    char folder[64];
    Store *store;
    Record *record;
    const Access *access; /* reads and writes */
    const Access *reader; /* reads only */
    Ctx cx;               /* of the request in hand: fixture_clear() begins a new one */
    Reply reply;
} Fixture;

static inline Call fixture_call(const Fixture *f)
{
    return (Call){.access = f->access,
                  .base = STR("http://test/fhir"),
                  .if_match = STR_EMPTY,
                  .if_none_match = STR_EMPTY,
                  .if_modified_since = STR_EMPTY,
                  .if_none_exist = STR_EMPTY,
                  .prefer = STR_EMPTY,
                  .query = STR_EMPTY,
                  .address = STR("127.0.0.1")};
}

static inline void fixture_clear(Fixture *f)
{
    arena_clear(f->cx.arena);
    f->cx = (Ctx){.arena = f->cx.arena};
}

static inline void fixture_open(Fixture *f, bool client_ids)
{
    *f = (Fixture){.forever = arena_new(1 << 20, false)};
    f->cx.arena = arena_new((size_t)512 << 20, false);
    snprintf(f->folder, sizeof(f->folder), "/tmp/aceso-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    AccessGrant grant = {
        .account = STR("tester"), .role = STR("gp"), .may_write = true, .everything = true};
    f->access = access_grant(f->forever, &grant);
    grant.may_write = false;
    f->reader = access_grant(f->forever, &grant);
    StoreOptions options = store_place_make(&f->cx, f->forever, f->folder);
    assert_int_equal(store_open(&f->cx, &options, &f->store), STATUS_OK);
    RecordOptions how = {.client_ids = client_ids, .base = STR("http://test/fhir"), .words = true};
    assert_int_equal(record_new(&f->cx, f->store, f->access, &how, &f->record), STATUS_OK);
    fixture_clear(f);
}

static inline void fixture_close(Fixture *f)
{
    fixture_clear(f); /* rights go before the record that they are of */
    record_free(f->record);
    store_close(f->store);
    arena_free(f->cx.arena);
    arena_free(f->forever);
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", f->folder);
    assert_int_equal(system(command), 0);
}

/* A body with the padding that parsing in place wants. */
static inline Body fixture_body(Fixture *f, Str text)
{
    char *at = arena_alloc(f->cx.arena, text.len + JSON_PADDING);
    assert_non_null(at);
    memcpy(at, text.at, text.len);
    return (Body){at, text.len};
}

static inline Status fixture_finish(Fixture *f, const Call *call)
{
    return record_finish(f->record, &f->cx, call, &f->reply);
}

/* An epoch has passed meanwhile: whoever calls the record prepares again, as http does. */
static inline bool fixture_again(const Fixture *f, Status status)
{
    return status == STATUS_CONFLICT && f->reply.retry && f->reply.commit.stale;
}

static inline Status fixture_create(Fixture *f, Str type, Str text)
{
    Status status;
    do {
        Call call = fixture_call(f);
        (void)record_create(f->record, &f->cx, &call, type, fixture_body(f, text), &f->reply);
        status = fixture_finish(f, &call);
    } while (fixture_again(f, status));
    return status;
}

static inline Status fixture_put(Fixture *f, Str type, Str id, Str text, Str if_match)
{
    Status status;
    do {
        Call call = fixture_call(f);
        call.if_match = if_match;
        (void)record_update(f->record, &f->cx, &call, type, id, fixture_body(f, text), &f->reply);
        status = fixture_finish(f, &call);
    } while (fixture_again(f, status));
    return status;
}

static inline Status fixture_read(Fixture *f, Str type, Str id, Str query)
{
    Call call = fixture_call(f);
    call.query = query;
    (void)record_read(f->record, &f->cx, &call, type, id, &f->reply);
    return fixture_finish(f, &call);
}

static inline Status fixture_delete(Fixture *f, Str type, Str id)
{
    Status status;
    do {
        Call call = fixture_call(f);
        (void)record_delete(f->record, &f->cx, &call, type, id, &f->reply);
        status = fixture_finish(f, &call);
    } while (fixture_again(f, status));
    return status;
}

static inline Status fixture_search(Fixture *f, Str type, Str query)
{
    Call call = fixture_call(f);
    RecordScope scope = {.type = type};
    call.query = query;
    (void)record_search(f->record, &f->cx, &call, &scope, &f->reply);
    return fixture_finish(f, &call);
}

static inline Status fixture_bundle(Fixture *f, Str text)
{
    Call call = fixture_call(f);
    (void)record_bundle(f->record, &f->cx, &call, fixture_body(f, text), &f->reply);
    return fixture_finish(f, &call);
}

/* So many resources more. text: members without the type, "#" in it is the number of each. */
static inline void fixture_put_many(Fixture *f, const char *type, size_t count, const char *text)
{
    enum { AT_ONCE = 250 };
    for (size_t i = 0; i < count;) {
        Buf buf;
        fixture_clear(f);
        buf_init(&buf, f->cx.arena, 1 << 16, 4 << 20);
        buf_add_lit(&buf, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
        for (size_t end = i + AT_ONCE, first = i; i < end && i < count; i++) {
            buf_format(&buf,
                       "%s{\"request\":{\"method\":\"POST\",\"url\":\"%s\"},\"resource\":{"
                       "\"resourceType\":\"%s\",",
                       i > first ? "," : "", type, type);
            for (const char *at = text; *at; at++)
                *at == '#' ? buf_format(&buf, "%zu", i) : buf_add_char(&buf, *at);
            buf_add_lit(&buf, "}}");
        }
        buf_add_lit(&buf, "]}");
        assert_int_equal(fixture_bundle(f, buf_str(&buf)), STATUS_OK);
    }
}

static inline Status fixture_history(Fixture *f, Str type, Str id, Str query)
{
    Call call = fixture_call(f);
    call.query = query;
    (void)record_history(f->record, &f->cx, &call, type, id, &f->reply);
    return fixture_finish(f, &call);
}

/* The reply's body as JSON. */
static inline JsonValue *fixture_json(Fixture *f)
{
    JsonValue *root = NULL;
    assert_int_equal(json_parse(&f->cx, f->reply.body, &root), STATUS_OK);
    return root;
}

static inline bool str_contains(Str s, const char *part)
{
    return memmem(s.at, s.len, part, strlen(part)) != NULL;
}

#endif

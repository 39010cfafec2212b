/* move/differ.c - where two stores differ: only looked for when their sums do. */
#include "move/inner.h"

#include "fhir/fhir.h"

enum { DIFFERENCES_MAX = 10, LOCKSTEP_BYTES = 4 << 20 };

typedef struct {
    Store *store;
    Arena *reading, *batch;
    StoreReader *reader;
    Ctx cx, batch_cx;
    StoreChange *changes;
    StoreAuditRow *audits;
    size_t count, at;
    uint64_t after;
} Stream;

static void stream_end(Stream *s)
{
    arena_free(s->reading);
    arena_free(s->batch);
}

static Status stream_begin(Stream *s, Store *store, const Access *access)
{
    *s = (Stream){.store = store,
                  .reading = arena_new(1 << 24, false),
                  .batch = arena_new(BATCH_ARENA_BYTES, true)};
    s->cx.arena = s->reading;
    s->batch_cx.arena = s->batch;
    if (!s->reading || !s->batch)
        return STATUS_MEMORY;
    return store_read_begin(store, &s->cx, access, &s->reader);
}

static Status fill(Stream *s, bool audits)
{
    arena_clear(s->batch);
    s->batch_cx = (Ctx){.arena = s->batch};
    s->at = 0;
    store_read_into(s->reader, &s->batch_cx);
    return audits ? store_audit_read(s->reader, s->after + 1, BATCH_ROWS, &s->audits, &s->count)
                  : store_scan_changes(s->reader, s->after, (StoreSome){BATCH_ROWS, LOCKSTEP_BYTES},
                                       &s->changes, &s->count);
}

/* The number of the next record and its hash; number 0: the end. */
static Status peek(Stream *s, bool audits, uint64_t *ret_number,
                   uint8_t ret_hash[CRYPTO_SHA256_BYTES])
{
    Buf room;
    *ret_number = 0;
    if (s->at == s->count)
        TRY(fill(s, audits));
    if (!s->count)
        return STATUS_OK;
    buf_init(&room, s->batch, 4096, BATCH_ARENA_BYTES);
    if (audits) {
        *ret_number = s->audits[s->at].number;
        digest_audit(&s->audits[s->at], &room, ret_hash);
    } else {
        *ret_number = s->changes[s->at].change;
        uint8_t facts[CRYPTO_SHA256_BYTES];
        digest_change(&s->changes[s->at], &room, ret_hash);
        digest_facts(&s->changes[s->at], &room, facts);
        for (size_t i = 0; i < sizeof(facts); i++)
            ret_hash[i] ^= facts[i];
    }
    return buf_done(&room);
}

static void pass(Stream *s, uint64_t number)
{
    s->after = number;
    s->at++;
}

static void say(Ctx *cx, const Stream *s, bool audits, uint64_t number, const char *how)
{
    if (audits)
        (void)ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY, "Audit entry %llu %s.",
                       (unsigned long long)number, how);
    else
        (void)ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY,
                       "Change %llu, version %u of a resource of type " STR_FMT ", %s.",
                       (unsigned long long)number, s->changes[s->at].row.version,
                       STR_ARG(fhir_type_name(s->changes[s->at].row.type)), how);
}

static Status lockstep(Ctx *cx, Stream *from, Stream *to, bool audits)
{
    for (unsigned found = 0; found < DIFFERENCES_MAX;) {
        uint64_t a, b;
        uint8_t a_hash[CRYPTO_SHA256_BYTES], b_hash[CRYPTO_SHA256_BYTES];
        TRY(peek(from, audits, &a, a_hash));
        TRY(peek(to, audits, &b, b_hash));
        if (!a && !b)
            return STATUS_OK;
        bool missing = a && (!b || a < b), extra = b && (!a || b < a);
        bool other = !missing && !extra && memcmp(a_hash, b_hash, sizeof(a_hash)) != 0;
        if (missing)
            say(cx, from, audits, a, "is not in the target");
        else if (extra)
            say(cx, to, audits, b, "is in the target alone");
        else if (other)
            say(cx, from, audits, a, "is another one in the target");
        found += missing || extra || other;
        if (!extra)
            pass(from, a);
        if (!missing)
            pass(to, b);
    }
    return STATUS_OK;
}

Status find_differences(Ctx *cx, const MoveOptions *options, bool audits)
{
    Stream from, to = {0};
    Status status = stream_begin(&from, options->from, options->access);
    if (status == STATUS_OK)
        status = stream_begin(&to, options->to, options->access);
    if (status == STATUS_OK)
        status = lockstep(cx, &from, &to, audits);
    stream_end(&from);
    stream_end(&to);
    return status;
}

/* move/digest.c - what a store holds, as counts and sums: the same sums, the same content. */
#include "move/inner.h"

enum { RECORD_BYTES_MAX = 1 << 30 };

/* ---- records ------------------------------------------------------------------------------- */

static void put(Buf *buf, uint64_t number)
{
    char bytes[8];
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (char)(number >> (8 * i) & 0xff);
    buf_add(buf, bytes, 8);
}

static void put_str(Buf *buf, Str s)
{
    put(buf, s.len);
    buf_add_str(buf, s);
}

void digest_change(const StoreChange *change, Buf *room, uint8_t ret_hash[CRYPTO_SHA256_BYTES])
{
    const StoreRow *row = &change->row;
    const uint64_t numbers[] = {change->change,         row->rid,    row->type,   row->version,
                                (uint64_t)row->updated, row->method, row->deleted};
    room->len = 0;
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        put(room, numbers[i]);
    put_str(room, row->id);
    put_str(room, row->body);
    crypto_sha256(buf_str(room), ret_hash);
}

void digest_facts(const StoreChange *change, Buf *room, uint8_t ret_hash[CRYPTO_SHA256_BYTES])
{
    room->len = 0;
    put(room, change->change);
    put_str(room, change->row.facts);
    crypto_sha256(buf_str(room), ret_hash);
}

void digest_audit(const StoreAuditRow *row, Buf *room, uint8_t ret_hash[CRYPTO_SHA256_BYTES])
{
    room->len = 0;
    put(room, row->number);
    put(room, (uint64_t)row->at);
    put_str(room, row->entry);
    put_str(room, row->link);
    crypto_sha256(buf_str(room), ret_hash);
}

/* ---- sums ---------------------------------------------------------------------------------- */

static void add_words(uint64_t sum[MOVE_SUM_WORDS], const uint64_t more[MOVE_SUM_WORDS])
{
    unsigned carry = 0;
    for (unsigned i = 0; i < MOVE_SUM_WORDS; i++) {
        uint64_t part = sum[i] + more[i];
        unsigned over = part < more[i];
        sum[i] = part + carry;
        carry = over | (sum[i] < part);
    }
}

static void add_hash(MoveDigest *to, const uint8_t hash[CRYPTO_SHA256_BYTES])
{
    uint64_t words[MOVE_SUM_WORDS];
    static_assert(sizeof(words) == CRYPTO_SHA256_BYTES, "a sum has the size of a hash");
    memcpy(words, hash, sizeof(words));
    add_words(to->sum, words);
    to->count++;
}

void digest_add(MoveDigest *to, const MoveDigest *more)
{
    add_words(to->sum, more->sum);
    to->count += more->count;
}

bool digest_same(const MoveDigest *a, const MoveDigest *b)
{
    return a->count == b->count && memcmp(a->sum, b->sum, sizeof(a->sum)) == 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

typedef struct {
    Digesting *to;
    Arena *arena; /* of a batch */
    StoreReader *reader;
    Time until;
} Reading;

static Status digest_changes(Reading *at, Ctx *batch, bool *ret_more)
{
    Digesting *to = at->to;
    StoreChange *changes;
    size_t count;
    Buf room;
    TRY(store_scan_changes(at->reader, to->after_change, (StoreSome){BATCH_ROWS, BATCH_BYTES},
                           &changes, &count));
    buf_init(&room, batch->arena, 64 * 1024, RECORD_BYTES_MAX);
    *ret_more = count > 0;
    for (size_t i = 0; i < count && *ret_more; i++) {
        uint8_t hash[CRYPTO_SHA256_BYTES];
        *ret_more = changes[i].change <= to->until_change;
        if (!*ret_more)
            break;
        uint16_t type = changes[i].row.type;
        digest_change(&changes[i], &room, hash);
        add_hash(&to->sums.types[type < MOVE_TYPES_MAX ? type : MOVE_TYPES_MAX - 1], hash);
        digest_facts(&changes[i], &room, hash);
        add_hash(&to->sums.facts, hash);
        to->after_change = changes[i].change;
        to->done++;
    }
    return buf_done(&room);
}

static Status digest_audits(Reading *at, Ctx *batch, bool *ret_more)
{
    Digesting *to = at->to;
    StoreAuditRow *rows;
    size_t count;
    Buf room;
    TRY(store_audit_read(at->reader, to->after_audit + 1, BATCH_ROWS, &rows, &count));
    buf_init(&room, batch->arena, 4096, RECORD_BYTES_MAX);
    *ret_more = count > 0;
    for (size_t i = 0; i < count && *ret_more; i++) {
        uint8_t hash[CRYPTO_SHA256_BYTES];
        *ret_more = rows[i].number <= to->until_audit;
        if (!*ret_more)
            break;
        digest_audit(&rows[i], &room, hash);
        add_hash(&to->sums.audit, hash);
        to->after_audit = rows[i].number;
        to->done++;
    }
    return buf_done(&room);
}

typedef Status (*DigestStep)(Reading *at, Ctx *batch, bool *ret_more);

static Status digest_stream(Reading *at, DigestStep step, bool *ret_end)
{
    bool more = true;
    Status status = STATUS_OK;
    while (more && status == STATUS_OK && time_monotonic() < at->until) {
        arena_clear(at->arena);
        Ctx batch = {.arena = at->arena};
        store_read_into(at->reader, &batch);
        status = at->to->stop ? STATUS_TIMEOUT : step(at, &batch, &more);
        if (status != STATUS_OK && batch.issues)
            (void)ctx_fail(&at->to->cx, status, STR_EMPTY, STR_FMT,
                           STR_ARG(batch.issues->diagnostics));
    }
    *ret_end = !more;
    return status;
}

/* One snapshot's time; a new one goes on. */
static Status digest_some(Digesting *to, Arena *arena, bool *ret_end)
{
    Arena *reading = arena_new(1 << 20, false);
    Ctx cx = {.arena = reading};
    Reading at = {.to = to, .arena = arena, .until = time_monotonic() + READER_S * TIME_SECOND};
    if (!reading)
        return STATUS_MEMORY;
    Status status = store_read_begin(to->store, &cx, to->access, &at.reader);
    *ret_end = false;
    if (status == STATUS_OK)
        status = digest_stream(&at, digest_changes, ret_end);
    if (status == STATUS_OK && *ret_end)
        status = digest_stream(&at, digest_audits, ret_end);
    arena_free(reading);
    return status;
}

void digest_run(Digesting *digesting)
{
    Arena *arena = arena_new(BATCH_ARENA_BYTES, true);
    bool end = false;
    digesting->status = arena ? STATUS_OK : STATUS_MEMORY;
    while (digesting->status == STATUS_OK && !end)
        digesting->status = digest_some(digesting, arena, &end);
    arena_free(arena);
    digesting->ended = true;
}

Status digest_items(StoreReader *reader, Ctx *cx, MoveDigest *ret_digest)
{
    Str space = STR_EMPTY, key = STR_EMPTY;
    *ret_digest = (MoveDigest){0};
    for (;;) {
        StoreItem *items;
        size_t count;
        Buf room;
        TRY(store_scan_items(reader, space, key, (StoreSome){BATCH_ROWS, BATCH_BYTES}, &items,
                             &count));
        if (!count)
            return STATUS_OK;
        buf_init(&room, cx->arena, 4096, RECORD_BYTES_MAX);
        for (size_t i = 0; i < count; i++) {
            uint8_t hash[CRYPTO_SHA256_BYTES];
            room.len = 0;
            put_str(&room, items[i].space);
            put_str(&room, items[i].key);
            put_str(&room, items[i].value);
            crypto_sha256(buf_str(&room), hash);
            add_hash(ret_digest, hash);
        }
        TRY(buf_done(&room));
        space = items[count - 1].space;
        key = items[count - 1].key;
    }
}

static void digest_job(const StoreJob *job, Buf *room, MoveDigest *to)
{
    const uint64_t numbers[] = {job->number, job->lease,           job->state,
                                job->tries,  (uint64_t)job->added, (uint64_t)job->due};
    const Str texts[] = {job->kind, job->key, job->payload, job->worker, job->error};
    uint8_t hash[CRYPTO_SHA256_BYTES];
    room->len = 0;
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        put(room, numbers[i]);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        put_str(room, texts[i]);
    crypto_sha256(buf_str(room), hash);
    add_hash(to, hash);
}

Status digest_jobs(StoreReader *reader, Ctx *cx, MoveDigest *ret_digest)
{
    Buf room;
    uint64_t after = 0;
    *ret_digest = (MoveDigest){0};
    buf_init(&room, cx->arena, 4096, RECORD_BYTES_MAX);
    for (;;) {
        StoreJob *jobs;
        size_t count;
        TRY(store_job_list(reader, &(StoreJobQuery){.after = after, .limit = JOBS_AT_ONCE}, &jobs,
                           &count));
        if (!count)
            return buf_done(&room);
        for (size_t i = 0; i < count; i++)
            digest_job(&jobs[i], &room, ret_digest);
        after = jobs[count - 1].number;
    }
}

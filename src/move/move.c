/* move/move.c - the phases of a move. */
#include "move/inner.h"

enum {
    ROUND_SMALL = 2000, /* changes, entries and keys that a pause may hold */
    VERIFY_MAX = 20,    /* while facts are replaced all the time */
    ROUNDS_MAX = 60,    /* a source that is written faster than it can be followed */
};

/* ---- the source ---------------------------------------------------------------------------- */

static Status source_log_keys(Mover *m, bool on)
{
    const MoveOptions *options = m->options;
    return options->source ? options->source->log_keys(options->source->who, m->cx, on)
                           : store_log_keys(options->from, m->cx, options->access, on);
}

static Status source_seal(Mover *m, StoreSeal seal, Str words)
{
    const MoveOptions *options = m->options;
    return options->source ? options->source->seal(options->source->who, m->cx, seal, words)
                           : store_seal(options->from, m->cx, options->access, seal, words);
}

/* A snapshot of the source, for some seconds: its arena ends it. */
typedef struct {
    Ctx cx;
    StoreReader *reader;
    StoreTip tip;
    Time until;
} Look;

static Status look_begin(Mover *m, Look *look)
{
    *look = (Look){.cx.arena = arena_new((size_t)1 << 24, false),
                   .until = time_monotonic() + READER_S * TIME_SECOND};
    if (!look->cx.arena)
        return STATUS_MEMORY;
    Status status =
        store_read_begin(m->options->from, &look->cx, m->options->access, &look->reader);
    if (status == STATUS_OK) /* at once: behind it the snapshot is one moment of the log too */
        status = store_tip(look->reader, &look->tip);
    return batch_end(m, &look->cx, status);
}

static Status look_end(Mover *m, Look *look, Status status)
{
    status = batch_end(m, &look->cx, status);
    arena_free(look->cx.arena);
    return status;
}

/* Whatever comes or goes behind this place is in the log. */
static Status begin_log(Mover *m)
{
    Look look;
    TRY(source_log_keys(m, true));
    Status status = look_begin(m, &look);
    TRY(look_end(m, &look, status));
    m->mark.keys = look.tip.keys;
    return STATUS_OK;
}

/* ---- is it the same source ------------------------------------------------------------------ */

/* A print of its first change and first audit entry, which never change. */
static Status take_print(Mover *m, StoreReader *reader, uint8_t ret_print[CRYPTO_SHA256_BYTES])
{
    Ctx batch = batch_begin(m);
    Ctx *before = store_read_into(reader, &batch);
    StoreChange *changes;
    StoreAuditRow *audits;
    size_t count, audit_count;
    uint8_t hashes[2 * CRYPTO_SHA256_BYTES] = {0};
    Buf room;
    buf_init(&room, batch.arena, 4096, BATCH_ARENA_BYTES);
    Status status = store_scan_changes(reader, 0, (StoreSome){1, SIZE_MAX}, &changes, &count);
    if (status == STATUS_OK)
        status = store_audit_read(reader, 1, 1, &audits, &audit_count);
    if (status == STATUS_OK && count)
        digest_change(&changes[0], &room, hashes);
    if (status == STATUS_OK && audit_count)
        digest_audit(&audits[0], &room, hashes + CRYPTO_SHA256_BYTES);
    crypto_sha256(str_n((char *)hashes, sizeof(hashes)), ret_print);
    store_read_into(reader, before);
    return batch_end(m, &batch, status);
}

static Status check_source(Mover *m, const Look *look)
{
    uint8_t print[CRYPTO_SHA256_BYTES];
    bool begun = m->mark.change || m->mark.audit;
    TRY(take_print(m, look->reader, print));
    m->all = look->tip.change;
    if (!begun)
        memcpy(m->mark.print, print, sizeof(print));
    if (memcmp(print, m->mark.print, sizeof(print)) != 0)
        return ctx_fail(m->cx, STATUS_INVALID, STR_EMPTY,
                        "The target was begun to be filled from another store.");
    if (look->tip.change < m->mark.change || look->tip.audit < m->mark.audit)
        return ctx_fail(m->cx, STATUS_INVALID, STR_EMPTY,
                        "The target has more than the source: the source is an older copy of the "
                        "one that it was filled from.");
    return STATUS_OK;
}

static Status begin(Mover *m)
{
    Str text;
    Look look;
    TRY(store_load_mark(m->options->to, m->cx, &text));
    if (!mark_unpack(text, &m->mark))
        return ctx_fail(m->cx, STATUS_INVALID, STR_EMPTY,
                        "The target was begun to be filled by another version of this program: "
                        "make it anew.");
    if (!text.len)
        TRY(begin_log(m));
    Status status = look_begin(m, &look);
    if (status == STATUS_OK)
        status = check_source(m, &look);
    return look_end(m, &look, status);
}

/* ---- copying ------------------------------------------------------------------------------- */

static Status copy_all_rows(Mover *m)
{
    bool end = false;
    Status status = STATUS_OK;
    while (status == STATUS_OK && !end) {
        Look look;
        bool all = false;
        status = look_begin(m, &look);
        if (status == STATUS_OK) {
            m->all = look.tip.change;
            status = copy_changes(m, look.reader, MOVE_CHANGES, look.until, &all);
        }
        if (status == STATUS_OK && all) {
            m->all = look.tip.audit;
            status = copy_audits(m, look.reader, MOVE_AUDIT, look.until, &end);
        }
        status = look_end(m, &look, status);
    }
    return status;
}

static Status copy_all_pieces(Mover *m)
{
    bool end = false;
    Status status = STATUS_OK;
    while (status == STATUS_OK && !end) {
        Look look;
        status = look_begin(m, &look);
        if (status == STATUS_OK)
            status = copy_pieces(m, look.reader, look.until, &end);
        status = look_end(m, &look, status);
    }
    return status;
}

/* The log stands before the rows: facts that are replaced in one that was copied are in it. It is
 * begun again when somebody has cut it off. */
static Status begin_walk(Mover *m)
{
    if (!m->mark.keys)
        TRY(begin_log(m));
    m->mark.walk = WALK_UNDER_WAY;
    m->mark.key = STR_EMPTY;
    return STATUS_OK;
}

static Status copy_all_keys(Mover *m)
{
    bool end = m->mark.walk == WALK_DONE;
    Status status = m->mark.walk == WALK_NOT_BEGUN ? begin_walk(m) : STATUS_OK;
    m->all = 0;
    while (status == STATUS_OK && !end) {
        Look look;
        status = look_begin(m, &look);
        if (status == STATUS_OK)
            status = copy_keys(m, look.reader, look.until, &end);
        status = look_end(m, &look, status);
    }
    return status;
}

/* ---- following ------------------------------------------------------------------------------ */

/* To the end of the snapshot: the target is then where it is. */
static Status follow(Mover *m, StoreReader *reader)
{
    bool end;
    m->changes = m->audits = m->logged = m->pieces = m->all = 0;
    TRY(copy_changes(m, reader, MOVE_FOLLOW, INT64_MAX, &end));
    TRY(copy_audits(m, reader, MOVE_FOLLOW, INT64_MAX, &end));
    TRY(copy_pieces(m, reader, INT64_MAX, &end));
    Status status = follow_keys(m, reader);
    if (status != STATUS_NOT_FOUND)
        return status;
    /* The log was cut off, by another move or by hand: the keys once more. */
    m->mark.walk = WALK_NOT_BEGUN;
    m->mark.keys = 0;
    return STATUS_OK;
}

/* The same, with all keys. */
static Status follow_whole(Mover *m, StoreReader *reader)
{
    TRY(follow(m, reader));
    return m->mark.walk == WALK_DONE
               ? STATUS_OK
               : ctx_fail(m->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                          "The source's log of index keys was cut off; try again.");
}

static Status follow_round(Mover *m, uint64_t *ret_gap)
{
    Look look;
    Status status = look_begin(m, &look);
    if (status == STATUS_OK)
        status = follow(m, look.reader);
    TRY(look_end(m, &look, status));
    *ret_gap = m->changes + m->audits + m->logged + m->pieces;
    return STATUS_OK;
}

/* Until what a pause would have to copy is little. */
static Status catch_up(Mover *m)
{
    uint64_t gap = UINT64_MAX;
    for (unsigned i = 0; i < ROUNDS_MAX && gap > ROUND_SMALL; i++) {
        TRY(copy_all_keys(m));
        TRY(follow_round(m, &gap));
        if (m->mark.walk != WALK_DONE)
            gap = UINT64_MAX;
    }
    if (m->mark.walk == WALK_DONE)
        return STATUS_OK;
    return ctx_fail(m->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                    "The source keeps no log of its index keys; try again.");
}

static Status verify_once(Mover *m, Verified *ret_verified, bool *ret_again)
{
    Look look;
    Status status = look_begin(m, &look);
    if (status == STATUS_OK)
        status = follow_whole(m, look.reader);
    if (status == STATUS_OK)
        status = verify_all(m, look.reader, ret_verified, ret_again);
    return look_end(m, &look, status);
}

static Status verify_now(Mover *m, Verified *ret_verified)
{
    bool again = true;
    for (unsigned i = 0; i < VERIFY_MAX && again; i++)
        TRY(verify_once(m, ret_verified, &again));
    return again
               ? ctx_fail(m->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                          "What resources are about is being labelled anew in the source: move it "
                          "when that is done.")
               : STATUS_OK;
}

/* ---- the end ------------------------------------------------------------------------------- */

/* Nothing is written to the source any more. */
static Status move_rest(Mover *m, const Verified *verified, StoreTip *ret_tip)
{
    Look look;
    Status status = look_begin(m, &look);
    if (status == STATUS_OK)
        status = follow_whole(m, look.reader);
    if (status == STATUS_OK)
        status = copy_items(m, look.reader);
    if (status == STATUS_OK)
        status = copy_jobs(m, look.reader);
    if (status == STATUS_OK)
        status = verify_rest(m, look.reader, verified);
    *ret_tip = look.tip;
    return look_end(m, &look, status);
}

/* First the source is marked, then the target is complete: there are never two that can be
 * served. Between the two this may end and go on. */
static Status end(Mover *m, const Verified *verified)
{
    StoreTip tip;
    Time begun = time_monotonic();
    TRY(source_seal(m, STORE_SEALED, STR_EMPTY));
    Status status = move_rest(m, verified, &tip);
    if (status == STATUS_OK)
        status = source_seal(m, STORE_MOVED, m->options->words);
    if (status != STATUS_OK) {
        UNUSED(source_seal(m, STORE_UNSEALED, STR_EMPTY) == STATUS_OK);
        return status;
    }
    TRY(store_load_end(m->options->to, m->cx, &tip));
    m->report->paused = time_monotonic() - begun;
    return STATUS_OK;
}

static Status run(Mover *m)
{
    Verified verified;
    TRY(begin(m));
    TRY(copy_all_rows(m));
    TRY(copy_all_pieces(m));
    TRY(catch_up(m));
    TRY(verify_now(m, &verified));
    TRY(store_settle(m->options->to, m->cx)); /* what can be done before the end */
    TRY(catch_up(m));
    TRY(tell(m, MOVE_END, 0));
    return end(m, &verified);
}

static void mover_init(Mover *m, Ctx *cx, const MoveOptions *options, MoveReport *report)
{
    *report = (MoveReport){0};
    *m = (Mover){.options = options,
                 .cx = cx,
                 .report = report,
                 .rows = options->batch_rows ? options->batch_rows : BATCH_ROWS,
                 .keys_at_once = options->batch_rows ? options->batch_rows : KEYS_AT_ONCE,
                 .arena = arena_new(BATCH_ARENA_BYTES, true)};
}

static Status with_mover(Ctx *cx, const MoveOptions *options, MoveReport *report,
                         Status (*work)(Mover *m))
{
    Mover *m = arena_new_of(cx->arena, Mover);
    if (!m)
        return STATUS_MEMORY;
    mover_init(m, cx, options, report);
    Status status = m->arena ? work(m) : STATUS_MEMORY;
    arena_free(m->arena);
    return status;
}

Status move_run(Ctx *cx, const MoveOptions *options, MoveReport *ret_report)
{
    return with_mover(cx, options, ret_report, run);
}

/* ---- comparing alone ------------------------------------------------------------------------ */

static Status compare(Mover *m)
{
    Look look;
    Verified verified;
    bool again = false;
    Status status = look_begin(m, &look);
    if (status == STATUS_OK)
        status = verify_all(m, look.reader, &verified, &again);
    if (status == STATUS_OK && again)
        status = ctx_fail(m->cx, STATUS_CONFLICT, STR_EMPTY,
                          "One of the stores is written while they are compared.");
    if (status == STATUS_OK)
        status = verify_rest(m, look.reader, &verified);
    return look_end(m, &look, status);
}

Status move_verify(Ctx *cx, const MoveOptions *options, MoveReport *ret_report)
{
    return with_mover(cx, options, ret_report, compare);
}

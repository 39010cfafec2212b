/* store/engine.h - what an engine is: the functions of store.h as a table.
 *
 * store.c answers store.h with it. A Store, StoreReader and StoreCursor of an engine begin
 * with the structs below and are made by it; what each function must do stands in store.h.
 * StoreOptions reach an engine with the part of the address that is its own. */
#ifndef ACESO_STORE_ENGINE_H
#define ACESO_STORE_ENGINE_H

#include "store/moving.h"

/* Prints one line and ends the process: what it holds in memory, or would acknowledge, is not true
 * any more. Whoever supervises it starts another one. */
_Noreturn void store_die(const char *why);

typedef struct {
    Str scheme;  /* of its addresses */
    bool shared; /* between processes that write */
    Status (*create)(Ctx *cx, const StoreOptions *options);
    Status (*open)(Ctx *cx, const StoreOptions *options, Store **ret_store);
    void (*close)(Store *store);

    Status (*read_begin)(Store *store, Ctx *cx, const Access *access, StoreReader **ret_reader);
    void (*read_end)(StoreReader *reader);
    Status (*get)(StoreReader *reader, uint16_t type, Str id, bool with_body, StoreRow *ret_row);
    Status (*get_now)(Store *store, Ctx *cx, const Access *access, uint16_t type, Str id,
                      StoreRow *ret_row);
    /* All NULL: nothing is answered unasked. get_seen: STATUS_NOT_FOUND when memory has it not. */
    Status (*get_seen)(Store *store, Ctx *cx, uint16_t type, Str id, StoreSeen *ret_seen,
                       StoreRow *ret_row);
    uint64_t (*access_seen)(Store *store);
    bool (*lacks)(Store *store, uint16_t type, Str id);
    void (*wish)(Store *store, StoreWish *wish);
    void (*read_unasked)(StoreReader *reader);
    void (*read_seen)(StoreReader *reader, StoreSeen *ret_seen);
    Status (*get_rid)(StoreReader *reader, uint64_t rid, bool with_body, StoreRow *ret_row);
    Status (*get_rids)(StoreReader *reader, const uint64_t *rids, size_t count, bool with_body,
                       StoreRow *ret_rows);
    Status (*get_version)(StoreReader *reader, uint16_t type, Str id, uint32_t version,
                          StoreRow *ret_row);
    Status (*history)(StoreReader *reader, const StoreHistory *query, StoreChange **ret_changes,
                      size_t *ret_count);
    Status (*changes)(StoreReader *reader, uint16_t type, uint64_t after, size_t limit,
                      StoreTouch **ret_touches, size_t *ret_count);
    Status (*get_rid_version)(StoreReader *reader, uint64_t rid, uint32_t version,
                              StoreRow *ret_row);

    Status (*mark)(StoreReader *reader, StoreMark *ret_mark);
    Status (*last_rid)(StoreReader *reader, uint64_t *ret_rid);

    Status (*expect)(StoreReader *, const Str *, size_t); /* NULL: a hint that is not needed */
    Status (*cursor)(StoreReader *reader, Str prefix, StoreCursor **ret_cursor);
    Status (*cursor_again)(StoreCursor *cursor, Str prefix);
    Status (*cursor_seek)(StoreCursor *cursor, Str key);
    Status (*cursor_next)(StoreCursor *cursor, Str *ret_key);
    Status (*cursor_prev)(StoreCursor *cursor, Str *ret_key);
    Status (*cursor_tails)(StoreCursor *cursor, size_t bytes, size_t max, void *ret_tails,
                           size_t *ret_count);
    Status (*count_keys)(StoreReader *reader, Str first, Str last, uint64_t *ret_count);

    uint64_t (*new_rid)(Store *store);
    Status (*prepare)(Store *store, Arena *arena, StoreWrite *write);
    void (*submit)(Store *store, Ctx *cx, const Access *access, StoreCommit *commit);

    Status (*item_get)(StoreReader *reader, Str space, Str key, Str *ret_value);
    Status (*item_list)(StoreReader *reader, Str space, StoreItem **ret_items, size_t *ret_count);
    Status (*piece_get)(StoreReader *reader, Str content, uint32_t number, Str *ret_bytes);
    Status (*audit_read)(StoreReader *reader, uint64_t from, size_t limit, StoreAuditRow **ret_rows,
                         size_t *ret_count);

    Status (*job_take)(Store *store, Ctx *cx, const Access *access, const StoreJobTake *take,
                       StoreJobs *ret_jobs);
    Status (*job_list)(StoreReader *reader, const StoreJobQuery *query, StoreJob *jobs,
                       size_t *ret_count); /* room for query->limit */
    Status (*job_get)(StoreReader *reader, uint64_t number, StoreJob *ret_job);
    Status (*job_stats)(StoreReader *reader, StoreJobStats *ret_stats);

    void (*stats)(Store *store, StoreStats *ret_stats);
    Status (*settle)(Store *store, Ctx *cx);
    Status (*backup)(Store *store, Ctx *cx, Str to_path, StoreProgress progress, void *to);
    Status (*restore)(Ctx *cx, Str from_path, const StoreOptions *options);
    Status (*check)(Store *store, Ctx *cx, StoreProgress progress, void *to);

    const struct Unlocked *(*unlocked)(Store *store); /* what opens it */
    Status (*rewrap)(Store *store, Ctx *cx, const StoreOptions *secret);
    Status (*set_recovery)(Store *store, Ctx *cx, Str code);
    Status (*reseal)(Store *store, Ctx *cx, StoreProgress progress, void *to);

    Status (*tip)(StoreReader *reader, StoreTip *ret_tip);
    Status (*scan_changes)(StoreReader *reader, uint64_t after, StoreSome some,
                           StoreChange **ret_changes, size_t *ret_count);
    Status (*scan_items)(StoreReader *reader, Str space, Str key, StoreSome some,
                         StoreItem **ret_items, size_t *ret_count);
    Status (*scan_pieces)(StoreReader *reader, const StorePiecesAfter *after, StorePiece *pieces,
                          size_t *ret_count);
    Status (*log_keys)(Store *store, Ctx *cx, const Access *access, bool on);
    Status (*scan_keys)(StoreReader *reader, uint64_t after, StoreSome some,
                        StoreKeyChange **ret_keys, size_t *ret_count, uint64_t *ret_at);
    Status (*seal)(Store *store, Ctx *cx, const Access *access, StoreSeal seal, Str words);
    Status (*moved_to)(StoreReader *reader, Str *ret_words);
    Status (*load)(Store *store, Ctx *cx, const StoreLoad *load);
    Status (*load_mark)(Store *store, Ctx *cx, Str *ret_mark);
    Status (*load_end)(Store *store, Ctx *cx, const StoreTip *tip);
} StoreEngine;

struct Store {
    const StoreEngine *engine;
    void (*watch)(void *to); /* store_job_watch; job.c's own */
    void *watch_to;
};

/* job.c. What has become durable, before `done` of it is called: tells the watcher when a commit
 * that succeeded left a job to be taken. The commits are those from `group` on along `next`. */
void store_jobs_tell(Store *store, const StoreCommit *group);
/* What is due: not before `due`, nor before `after` has passed. */
static inline Time store_job_due(Time due, Time now, Time after)
{
    return due > now + after ? due : now + after;
}
/* Whether the job in this state may be ended so. */
bool store_job_end_fits(const StoreJobEnd *end, StoreJobState state, uint64_t lease);

/* pieces.c. For a check: how many contents have gaps, and how many pieces cannot be read (`open`:
 * that is tried). */
Status pieces_check(StoreReader *reader, bool open, uint64_t *ret_gaps, uint64_t *ret_bad) MUST_USE;

struct StoreReader {
    const StoreEngine *engine;
    Ctx *cx;              /* where what is read lives */
    const Access *access; /* whom rows are for: store.c's own */
};

struct StoreCursor {
    const StoreEngine *engine;
};

extern const StoreEngine sqlite_engine, postgres_engine;

/* The key of an entry that says so; at = NULL at the arena's limit. */
Str store_facts_key(Arena *arena, uint64_t rid, uint32_t version, Str facts);

/* Submits and waits. */
typedef void (*StoreSubmit)(Store *store, Ctx *cx, const Access *access, StoreCommit *commit);
Status store_commit_by(StoreSubmit submit, Store *store, Ctx *cx, const Access *access,
                       StoreCommit *commit) MUST_USE;

#endif

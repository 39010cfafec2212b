/* store/postgres/lane.c - a thread that writes: takes what has queued, commits it in one
 * transaction, tells each. Several lanes and several nodes write side by side.
 *
 * When the connection is lost after COMMIT was sent, nobody knows whether it was done. Each
 * transaction writes its group's number into this thread's row of `writer`, under the epoch of the
 * connection; the next connection raises the epoch, which waits for what is still under way and
 * shuts out what has not begun, and reads the number: committed, or never. */
#include "store/postgres/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "store/bytes.h"
#include "store/postgres/schema.h"

/* A group ends at any of these; a larger commit goes alone. */
enum { GROUP_COMMITS_MAX = 512, GROUP_WRITES_MAX = 1024, GROUP_BYTES_MAX = 4 << 20 };
enum {
    TRIES_MAX = 12,
    PASSED_MAX = 3,
    PAUSE_MAX_MS = 20,
    REACH_S = 15,
    REACH_DOUBT_S = 60,
    REACH_PAUSE_MS = 100
};
enum { TOUCHED_SLOTS = 8192 };
/* A group costs as much as thirty entries: where so many came together the last time, others are on
 * their way. */
enum { CROWD = 3, GATHER_US = 250 };
#define LANE_ARENA_BYTES ((size_t)2 << 30)

/* ---- which commits go together ------------------------------------------------------------ */

/* What the commits of a group touch, as hashes; two that collide only part two commits. */
typedef struct {
    uint64_t slots[TOUCHED_SLOTS]; /* 0: free */
    size_t count;
} Touched;

static uint64_t mix(uint64_t a)
{
    a ^= a >> 33;
    a *= 0xff51afd7ed558ccdu;
    a ^= a >> 33;
    a *= 0xc4ceb9fe1a85ec53u;
    return (a ^ a >> 33) | 1;
}

static uint64_t hash_of_id(uint16_t type, Str id)
{
    uint64_t hash = type;
    for (size_t i = 0; i < id.len; i++)
        hash = (hash ^ (unsigned char)id.at[i]) * 0x100000001b3u;
    return mix(hash);
}

/* Whether it was there; puts it there when `add`. */
static bool touch(Touched *touched, uint64_t hash, bool add)
{
    size_t at = hash / 2 % TOUCHED_SLOTS;
    while (touched->slots[at] && touched->slots[at] != hash)
        at = (at + 1) % TOUCHED_SLOTS;
    bool was = touched->slots[at] != 0;
    if (add && !was) {
        touched->slots[at] = hash;
        touched->count++;
    }
    return was;
}

static bool touch_commit(Touched *touched, const StoreCommit *commit, bool add)
{
    const Prepared *prepared = commit->prepared;
    bool was = touched->count + 2 * (commit->write_count + commit->rekey_count) +
                   commit->item_count + commit->job_end_count + commit->job_count +
                   commit->claim_count + 1 + STORE_EPOCHS >
               TOUCHED_SLOTS / 2;
    if (was)
        return true;
    for (size_t i = 0; i < commit->write_count; i++) {
        const StoreWrite *write = &commit->writes[i];
        was |= touch(touched, mix(write->rid), add);
        was |= touch(touched, hash_of_id(write->type, write->id), add);
    }
    for (size_t i = 0; i < commit->rekey_count; i++) {
        if (commit->rekeys[i].rid)
            was |= touch(touched, mix(commit->rekeys[i].rid), add);
    }
    for (size_t i = 0; i < commit->item_count; i++)
        was |= touch(touched, mix(get_uint(prepared->items[i].name, 8)), add);
    for (size_t i = 0; i < commit->job_end_count; i++)
        was |= touch(touched, mix(~commit->job_ends[i].number), add);
    for (size_t i = 0; i < commit->job_count; i++) {
        if (prepared->jobs[i].named)
            was |= touch(touched, mix(get_uint(prepared->jobs[i].name, 8)), add);
    }
    if (commit->guard)
        was |= touch(touched, mix(get_uint(prepared->guard.name, 8)), add);
    for (size_t i = 0; i < commit->claim_count; i++)
        was |= touch(touched, mix(commit->claims[i]), add);
    for (unsigned i = 0; i < STORE_EPOCHS; i++) {
        if (commit->raises >> i & 1)
            was |= touch(touched, mix(UINT64_MAX - i), add);
    }
    return was;
}

/* Cuts a group off the front of the queue; NULL when it is empty. Under the lock. */
static StoreCommit *cut_group(Lane *lane)
{
    static _Thread_local Touched touched;
    StoreCommit *group = lane->first, *end = NULL;
    size_t commits = 0, writes = 0, bytes = 0;
    if (!group)
        return NULL;
    memset(&touched, 0, sizeof(touched));
    for (StoreCommit *commit = group; commit; commit = commit->next) {
        commits++;
        writes += commit->write_count + commit->rekey_count;
        bytes += ((const Prepared *)commit->prepared)->bytes;
        if (end && (commits > GROUP_COMMITS_MAX || writes > GROUP_WRITES_MAX ||
                    bytes > GROUP_BYTES_MAX || touch_commit(&touched, commit, false)))
            break;
        UNUSED(touch_commit(&touched, commit, true));
        end = commit;
    }
    lane->first = end->next;
    if (!lane->first)
        lane->last = &lane->first;
    end->next = NULL;
    return group;
}

static StoreCommit *next_group(Lane *lane)
{
    if (lane->crowd >= CROWD)
        usleep(GATHER_US);
    pthread_mutex_lock(&lane->lock);
    while (!lane->first && !lane->stopping) {
        lane->sleeping = true;
        pthread_cond_wait(&lane->work, &lane->lock);
        lane->sleeping = false;
    }
    StoreCommit *group = cut_group(lane);
    pthread_mutex_unlock(&lane->lock);
    lane->crowd = 0;
    for (const StoreCommit *c = group; c; c = c->next)
        lane->crowd++;
    return group;
}

bool lane_queue(Lane *lane, StoreCommit *commit)
{
    pthread_mutex_lock(&lane->lock);
    bool open = lane->started && !lane->stopping;
    if (open) {
        *lane->last = commit;
        lane->last = &commit->next;
        if (lane->sleeping)
            pthread_cond_signal(&lane->work);
    }
    pthread_mutex_unlock(&lane->lock);
    return open;
}

/* ---- the connection ------------------------------------------------------------------------ */

Status refuse_outdated(Ctx *cx)
{
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                    "The tables were changed by a program that this one (schema %d) is too old for:"
                    " start the new one.",
                    SCHEMA);
}

/* Opens it and shuts out what an earlier one of this thread may still do. *ret_last: the last group
 * that was committed. */
static Status reach_once(Ctx *cx, Lane *lane, int64_t *ret_last)
{
    PGresult *result;
    Params params = params_in(cx->arena);
    if (lane->link.conn) {
        kept_forget(&lane->store->kept);
        shelf_forget(lane->store->shelf);
    }
    link_close(&lane->link);
    TRY(link_open(cx, lane->store->conninfo, SQL_LIST_WRITER, &lane->link));
    params_bytes(&params, str_n(lane->node, sizeof(lane->node)));
    params_int(&params, 4, SCHEMA);
    const Call call = {SQL_FENCE, &params};
    Fault fault = link_run(&lane->link, NULL, &call, 1, &result);
    if (fault != FAULT_NONE)
        return link_fail(cx, &lane->link, fault, "taking its place among the writers");
    if (!PQntuples(result)) {
        PQclear(result);
        link_close(&lane->link);
        atomic_store(&lane->store->outdated, true);
        return refuse_outdated(cx);
    }
    lane->epoch = answer_int(result, 0, 0);
    *ret_last = answer_int(result, 0, 1);
    PQclear(result);
    return STATUS_OK;
}

/* Tries for so long; once when it was away before, or when there is no place for it. */
static bool reach(Lane *lane, unsigned seconds, int64_t *ret_last)
{
    Time until = lane->down ? 0 : time_monotonic() + seconds * TIME_SECOND;
    for (;;) {
        Ctx cx = {.arena = arena_new(64 * 1024, false)};
        Status status = cx.arena ? reach_once(&cx, lane, ret_last) : STATUS_MEMORY;
        arena_free(cx.arena);
        lane->down = status != STATUS_OK;
        if (status == STATUS_OK)
            return true;
        if (atomic_load(&lane->store->outdated) || time_monotonic() >= until)
            return false;
        usleep(REACH_PAUSE_MS * 1000);
    }
}

/* ---- a group ----------------------------------------------------------------------------------
 */

static void pause_a_little(unsigned tries)
{
    unsigned most = tries < 5 ? 1u << tries : PAUSE_MAX_MS;
    uint32_t dice;
    crypto_random(&dice, sizeof(dice));
    usleep(dice % (most * 1000 + 1));
}

/* What to do after a fault: FAULT_NONE it was done after all; FAULT_AGAIN try it once more. */
static Fault after(Lane *lane, Fault fault, bool doubt, unsigned tries)
{
    int64_t last;
    switch (fault) {
    case FAULT_PASSED: return tries < TRIES_MAX ? FAULT_AGAIN : fault;
    case FAULT_AGAIN:
    case FAULT_TAKEN:
        if (tries >= TRIES_MAX)
            return fault;
        pause_a_little(tries);
        return FAULT_AGAIN;
    case FAULT_LOST:
    case FAULT_FENCED:
    case FAULT_READONLY:
        if (tries >= TRIES_MAX || !reach(lane, doubt ? REACH_DOUBT_S : REACH_S, &last))
            return fault;
        return doubt && last == lane->group ? FAULT_NONE : FAULT_AGAIN;
    default: return fault;
    }
}

static void log_unwritten(const Lane *lane, const StoreCommit *group, Fault fault, unsigned tries)
{
    uint64_t count = 0;
    for (; group; group = group->next)
        count++;
    log_event(LOG_UNWRITTEN,
              (LogField[]){log_word(LOG_OUTCOME, fault_name(fault)),
                           log_word(LOG_KIND, lane->link.state), log_number(LOG_TRIES, tries),
                           log_number(LOG_COUNT, count)},
              4);
}

static Fault commit_group(Lane *lane, StoreCommit *group)
{
    Fault fault = link_is_open(&lane->link) ? FAULT_AGAIN : FAULT_LOST;
    GroupCare care = {.wary = false};
    bool doubt = false;
    unsigned tries = 0, passed = 0;
    if (fault == FAULT_LOST)
        fault = after(lane, fault, false, 0);
    for (; fault == FAULT_AGAIN; tries++) {
        fault = group_run(lane, group, care, &doubt);
        care.wary |= fault == FAULT_TAKEN;
        passed += fault == FAULT_PASSED;
        care.outrun = passed >= PASSED_MAX;
        if (fault != FAULT_NONE)
            fault = after(lane, fault, doubt, tries);
    }
    if (fault != FAULT_NONE)
        log_unwritten(lane, group, fault, tries);
    return fault;
}

static void tell(Lane *lane, StoreCommit *group, Fault fault)
{
    PostgresStore *store = lane->store;
    atomic_fetch_add_explicit(&store->stats.groups, 1, memory_order_relaxed);
    if (fault == FAULT_NONE)
        store_jobs_tell(&store->base, group);
    while (group) {
        StoreCommit *commit = group;
        group = commit->next; /* done() may free it */
        if (fault != FAULT_NONE)
            commit->status = fault_status(fault);
        atomic_fetch_add_explicit(&store->stats.commits, 1, memory_order_relaxed);
        commit->done(commit);
    }
}

static void *lane_main(void *argument)
{
    Lane *lane = argument;
    StoreCommit *group;
    while ((group = next_group(lane)))
        tell(lane, group, commit_group(lane, group));
    return NULL;
}

/* ---- life
 * ---------------------------------------------------------------------------------------- */

Status lane_init(Ctx *cx, PostgresStore *store, Lane *lane)
{
    int64_t last;
    lane->store = store;
    lane->last = &lane->first;
    pthread_mutex_init(&lane->lock, NULL);
    pthread_cond_init(&lane->work, NULL);
    crypto_random(lane->node, sizeof(lane->node));
    lane->arena = arena_new(LANE_ARENA_BYTES, true);
    if (!lane->arena)
        return STATUS_MEMORY;
    if (store->read_only)
        return STATUS_OK;
    TRY(reach_once(cx, lane, &last));
    lane->started = pthread_create(&lane->thread, NULL, lane_main, lane) == 0;
    if (lane->started)
        (void)pthread_setname_np(lane->thread, "store-writer");
    return lane->started ? STATUS_OK
                         : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                                    "The store could not start a writer thread.");
}

void lane_stop(Lane *lane)
{
    if (!lane->store)
        return;
    pthread_mutex_lock(&lane->lock);
    bool started = lane->started;
    lane->stopping = true;
    pthread_cond_broadcast(&lane->work);
    pthread_mutex_unlock(&lane->lock);
    if (started)
        pthread_join(lane->thread, NULL);
    lane->started = false;
}

void lane_clear(Lane *lane)
{
    if (!lane->store)
        return;
    link_close(&lane->link);
    arena_free(lane->arena);
    pthread_cond_destroy(&lane->work);
    pthread_mutex_destroy(&lane->lock);
}

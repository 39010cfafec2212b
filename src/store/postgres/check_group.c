/* store/postgres/check_group.c - whether the commits of a group fit: versions, ids, guards, claims,
 * epochs.
 *
 * Rows and items are locked first, items in the order of their hashes, rows in the order of rids,
 * so that two writers never wait for each other in a circle. No two commits of a group touch the
 * same thing (lane.c), so each is judged by itself. */
#include "store/postgres/job.h"

#include <stdlib.h>

#include "store/bytes.h"

typedef struct {
    uint64_t rid;
    int at;
} Locked;

typedef struct {
    const StoreCommit *commit;
    size_t write;
} Place;

typedef struct {
    Group *group;
    Array rids, types, ids, spaces, names, locks, jobs, claims;
    Place *creates;        /* one for each of ids */
    StoreCommit **guarded; /* one for each of names */
    const PGresult *rows;
    Locked *locked;
} Check;

static int compare_locked(const void *left, const void *right)
{
    uint64_t a = ((const Locked *)left)->rid, b = ((const Locked *)right)->rid;
    return a < b ? -1 : a > b;
}

static int compare_hashes(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

/* ---- what to ask ----------------------------------------------------------------------------- */

static void ask_writes(Check *check, const StoreCommit *commit)
{
    for (size_t i = 0; i < commit->write_count; i++) {
        const StoreWrite *write = &commit->writes[i];
        if (write->version > 1) {
            array_int(&check->rids, 8, (int64_t)write->rid);
        } else if (!write->id_is_fresh || check->group->care.wary) {
            check->creates[check->ids.count] = (Place){commit, i};
            array_int(&check->types, 2, write->type);
            array_bytes(&check->ids, write->id);
        }
    }
    for (size_t i = 0; i < commit->rekey_count; i++) {
        if (commit->rekeys[i].rid)
            array_int(&check->rids, 8, (int64_t)commit->rekeys[i].rid);
    }
}

static void ask_guard(Check *check, StoreCommit *commit)
{
    const SealedItem *guard = &((const Prepared *)commit->prepared)->guard;
    check->guarded[check->names.count] = commit;
    array_bytes(&check->spaces, guard->item->space);
    array_bytes(&check->names, str_n(guard->name, sizeof(guard->name)));
}

/* Locks on items, sorted. */
static bool ask_locks(Check *check)
{
    size_t count = 0, room = 0;
    for (const StoreCommit *c = check->group->first; c; c = c->next)
        room += c->item_count + c->job_count + c->claim_count + (c->guard != NULL);
    int64_t *hashes = arena_array_of(check->group->arena, int64_t, room + 1);
    if (!hashes)
        return false;
    for (const StoreCommit *c = check->group->first; c; c = c->next) {
        const Prepared *prepared = c->prepared;
        for (size_t i = 0; i < c->item_count; i++)
            hashes[count++] = (int64_t)get_uint(prepared->items[i].name, 8);
        for (size_t i = 0; i < c->job_count; i++) {
            if (prepared->jobs[i].named)
                hashes[count++] = (int64_t)get_uint(prepared->jobs[i].name, 8);
        }
        if (c->guard)
            hashes[count++] = (int64_t)get_uint(prepared->guard.name, 8);
        for (size_t i = 0; i < c->claim_count; i++) {
            hashes[count++] = (int64_t)c->claims[i];
            array_int(&check->claims, 8, (int64_t)c->claims[i]);
        }
    }
    qsort(hashes, count, sizeof(*hashes), compare_hashes);
    for (size_t i = 0; i < count; i++)
        array_int(&check->locks, 8, hashes[i]);
    return true;
}

static bool ask_all(Check *check)
{
    Group *group = check->group;
    size_t commits = 0, writes = 0;
    for (const StoreCommit *c = group->first; c; c = c->next) {
        commits++;
        writes += c->write_count;
    }
    array_init(&check->rids, group->arena, TYPE_INT8, 64);
    array_init(&check->types, group->arena, TYPE_INT2, 64);
    array_init(&check->ids, group->arena, TYPE_TEXT, 64);
    array_init(&check->spaces, group->arena, TYPE_TEXT, 64);
    array_init(&check->names, group->arena, TYPE_BYTEA, 64);
    array_init(&check->locks, group->arena, TYPE_INT8, 64);
    array_init(&check->jobs, group->arena, TYPE_INT8, 64);
    array_init(&check->claims, group->arena, TYPE_INT8, 64);
    check->creates = arena_array_of(group->arena, Place, writes + 1);
    check->guarded = arena_array_of(group->arena, StoreCommit *, commits + 1);
    if (!check->creates || !check->guarded)
        return false;
    for (StoreCommit *c = group->first; c; c = c->next) {
        if (c->status != STATUS_OK)
            continue;
        ask_writes(check, c);
        jobs_ask(&check->jobs, c);
        if (c->guard)
            ask_guard(check, c);
    }
    return ask_locks(check);
}

/* ---- what it answers ---------------------------------------------------------------------------
 */

static void conflict(StoreCommit *commit, size_t write)
{
    if (commit->status == STATUS_CONFLICT && commit->conflict <= write)
        return;
    commit->status = STATUS_CONFLICT;
    commit->conflict = write;
}

/* The row of the locked ones; -1: there is none. */
static int find_row(const Check *check, uint64_t rid)
{
    size_t count = check->rows ? (size_t)PQntuples(check->rows) : 0;
    if (!count)
        return -1;
    const Locked *found =
        bsearch(&(Locked){rid, 0}, check->locked, count, sizeof(Locked), compare_locked);
    return found ? found->at : -1;
}

static bool write_fits(const Check *check, const StoreWrite *write)
{
    int row = find_row(check, write->rid);
    return row >= 0 && answer_int(check->rows, row, 1) == write->type &&
           answer_int(check->rows, row, 3) == (int64_t)write->version - 1 &&
           str_eq(answer_bytes(check->rows, row, 2), write->id);
}

static void judge_rows(const Check *check, StoreCommit *commit)
{
    Prepared *prepared = commit->prepared;
    for (size_t i = 0; i < commit->write_count; i++) {
        if (commit->writes[i].version > 1 && !write_fits(check, &commit->writes[i]))
            conflict(commit, i);
    }
    for (size_t i = 0; i < commit->rekey_count; i++) {
        const StoreRekey *rekey = &commit->rekeys[i];
        int row = rekey->rid ? find_row(check, rekey->rid) : -1;
        prepared->rekey_fits[i] =
            !rekey->rid || (row >= 0 && answer_int(check->rows, row, 3) == rekey->version &&
                            answer_int(check->rows, row, 4) != STORE_DELETE);
    }
}

static bool sort_rows(Check *check)
{
    size_t count = (size_t)PQntuples(check->rows);
    check->locked = arena_array_of(check->group->arena, Locked, count + 1);
    if (!check->locked)
        return false;
    for (size_t i = 0; i < count; i++)
        check->locked[i] = (Locked){(uint64_t)answer_int(check->rows, (int)i, 0), (int)i};
    qsort(check->locked, count, sizeof(Locked), compare_locked);
    return true;
}

static void judge_ids(Check *check, const PGresult *taken)
{
    for (int i = 0; i < PQntuples(taken); i++) {
        Place place = check->creates[answer_int(taken, i, 0) - 1];
        conflict((StoreCommit *)(uintptr_t)place.commit, place.write);
    }
}

static bool guard_holds(Check *check, const StoreCommit *commit, const PGresult *values, int row)
{
    const SealedItem *guard = &((const Prepared *)commit->prepared)->guard;
    Str value = STR_EMPTY;
    Ctx cx = {.arena = check->group->arena};
    if (row >= 0 &&
        sealed_open(check->group->lane->store, &cx, about_item(guard->item->space, guard->name),
                    answer_bytes(values, row, 1), &value) != STATUS_OK)
        return false;
    if (row >= 0)
        value = str_from(value, 2 + guard->item->key.len);
    return str_eq(value, guard->item->value);
}

static void judge_guards(Check *check, const PGresult *values)
{
    for (uint32_t i = 0; i < check->names.count; i++) {
        int row = -1;
        for (int at = 0; at < PQntuples(values); at++) {
            if (answer_int(values, at, 0) == i + 1)
                row = at;
        }
        if (!guard_holds(check, check->guarded[i], values, row))
            conflict(check->guarded[i], 0);
    }
}

static void judge_claims(Check *check, const PGresult *made)
{
    for (StoreCommit *c = check->group->first; c; c = c->next) {
        for (size_t i = 0; i < c->claim_count; i++) {
            for (int row = 0; row < PQntuples(made); row++) {
                if ((uint64_t)answer_int(made, row, 0) == c->claims[i] &&
                    (uint64_t)answer_int(made, row, 1) > c->claims_since)
                    conflict(c, 0);
            }
        }
    }
}

/* Whether all that the group names can be compared with what is known; FINISH compares again. */
static bool epochs_are_known(const Group *group)
{
    for (const StoreCommit *c = group->first; c; c = c->next) {
        for (size_t i = 0; i < STORE_EPOCHS; i++) {
            if (c->epochs[i] && c->epochs[i] > group->lane->epochs[i])
                return false;
        }
    }
    return true;
}

static StoreTouch *touches_of(Arena *arena, const PGresult *result, size_t count)
{
    StoreTouch *touches = arena_array_of(arena, StoreTouch, count + 1);
    for (size_t i = 0; touches && i < count; i++)
        touches[i] = (StoreTouch){(uint64_t)answer_int(result, (int)i, 0),
                                  (uint64_t)answer_int(result, (int)i, 1),
                                  (uint32_t)answer_int(result, (int)i, 2)};
    return touches;
}

/* Looks at what others have written. */
static Fault catch_up(Group *group)
{
    Lane *lane = group->lane;
    PostgresStore *store = lane->store;
    Params from = params_in(group->arena);
    uint64_t seen = kept_seen(&store->kept), since, known, epoch;
    PGresult *results[2];
    Heard heard;
    UNUSED(kept_expects(&store->kept, &since, &epoch));
    params_int8(&from, (int64_t)since);
    params_int8(&from, KEPT_CHANGES_MAX);
    const Call calls[] = {{SQL_HEAD, NULL}, {SQL_CHANGED, &from}};
    Fault fault = link_run(&lane->link, NULL, calls, COUNT_OF(calls), results);
    if (fault != FAULT_NONE)
        return fault;
    heard_take(results[0], &heard);
    size_t count = (size_t)PQntuples(results[1]);
    StoreTouch *touches = touches_of(group->arena, results[1], count);
    RowSnapshot at = kept_begin(&store->kept, seen, &heard.mark);
    if (touches && kept_use(&store->kept, at, &known) == KEPT_LATER)
        kept_note(&store->kept, &at, since, touches, count);
    belief_hear(&store->belief, &heard);
    memcpy(lane->epochs, heard.mark.epochs, sizeof(lane->epochs));
    PQclear(results[0]);
    PQclear(results[1]);
    lane->behind = !touches;
    return touches ? FAULT_NONE : FAULT_MEMORY;
}

/* Whether memory has looked at all that was heard of. Read before rows are looked at. */
static bool is_abreast(Group *group)
{
    PostgresStore *store = group->lane->store;
    uint64_t change, epoch;
    return belief_get(&store->belief, &group->heard) &&
           kept_expects(&store->kept, &change, &epoch) && change == group->heard.mark.change &&
           epoch == group->heard.mark.epochs[STORE_EPOCH_ACCESS];
}

static bool is_same(const Group *group, const StoreSeen *seen)
{
    const Kept *kept = &group->lane->store->kept;
    return seen->rid ? rowcache_is(kept->rows, seen->rid, seen->turn, seen->version)
                     : seen->index == heard_version(&group->heard) &&
                           seen->turn == atomic_load(&kept->turn);
}

/* Whether what the commits of the group name is what was heard: FINISH compares one set of epochs
 * for all of them. */
static bool names_heard(const Group *group)
{
    static const StoreEpoch compared[] = {STORE_EPOCH_INDEX, STORE_EPOCH_ACCESS};
    for (const StoreCommit *c = group->first; c; c = c->next) {
        for (size_t i = 0; i < COUNT_OF(compared) && c->status == STATUS_OK; i++) {
            uint64_t named = c->epochs[compared[i]];
            if (named && named != group->heard.mark.epochs[compared[i]])
                return false;
        }
    }
    return true;
}

/* What was taken from memory must still be there; FINISH sees to it that the database is what was
 * heard of it. Where another node writes all the time it never is, and who asks again asks the
 * database (kept_surprised). */
static void judge_seen(Group *group)
{
    bool abreast = !group->care.outrun && is_abreast(group) && names_heard(group), any = false;
    for (StoreCommit *c = group->first; c; c = c->next) {
        if (!store_saw(&c->seen) || c->status != STATUS_OK)
            continue;
        bool same = abreast && is_same(group, &c->seen);
        any |= same;
        c->stale = !same;
        c->status = same ? STATUS_OK : STATUS_CONFLICT;
        c->conflict = 0;
    }
    group->expects = any ? heard_version(&group->heard) : 0;
}

static bool names_seen(const Group *group)
{
    for (const StoreCommit *c = group->first; c; c = c->next) {
        if (store_saw(&c->seen))
            return true;
    }
    return false;
}

static void judge_epochs(const Group *group)
{
    for (StoreCommit *c = group->first; c; c = c->next) {
        for (size_t i = 0; i < STORE_EPOCHS; i++)
            c->stale |= c->epochs[i] && c->epochs[i] != group->lane->epochs[i];
        if (!c->stale)
            continue;
        c->status = STATUS_CONFLICT;
        c->conflict = 0;
    }
}

/* ---- both
 * ---------------------------------------------------------------------------------------- */

static Fault run(Check *check)
{
    Arena *arena = check->group->arena;
    enum { BEGIN, LOCKS, ROWS, IDS, GUARDS, JOBS, CLAIMS, EPOCHS, COUNT };
    Params params[COUNT];
    PGresult *results[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        params[i] = params_in(arena);
    params_array(&params[LOCKS], &check->locks);
    params_array(&params[ROWS], &check->rids);
    params_array(&params[IDS], &check->types);
    params_array(&params[IDS], &check->ids);
    params_array(&params[GUARDS], &check->spaces);
    params_array(&params[GUARDS], &check->names);
    params_array(&params[JOBS], &check->jobs);
    params_array(&params[CLAIMS], &check->claims);
    const Call calls[COUNT] = {{SQL_BEGIN, &params[BEGIN]},    {SQL_LOCK_ITEMS, &params[LOCKS]},
                               {SQL_LOCK_ROWS, &params[ROWS]}, {SQL_TAKEN_IDS, &params[IDS]},
                               {SQL_GUARDS, &params[GUARDS]},  {SQL_LOCK_JOBS, &params[JOBS]},
                               {SQL_CLAIMS, &params[CLAIMS]},  {SQL_EPOCHS, &params[EPOCHS]}};
    Fault fault = link_run(&check->group->lane->link, NULL, calls, COUNT, results);
    if (fault != FAULT_NONE)
        return fault;
    check->group->begun = true;
    check->rows = results[ROWS];
    bool good = sort_rows(check);
    if (good) {
        judge_ids(check, results[IDS]);
        for (StoreCommit *c = check->group->first; c; c = c->next) {
            if (((const Prepared *)c->prepared)->status == STATUS_OK)
                judge_rows(check, c);
        }
        judge_guards(check, results[GUARDS]);
        for (StoreCommit *c = check->group->first; c; c = c->next)
            jobs_judge(c, results[JOBS]);
        judge_claims(check, results[CLAIMS]);
        for (int i = 0; i < STORE_EPOCHS; i++)
            check->group->lane->epochs[i] = (uint64_t)answer_int(results[EPOCHS], 0, i);
    }
    for (size_t i = 0; i < COUNT; i++)
        PQclear(results[i]);
    return good ? FAULT_NONE : FAULT_MEMORY;
}

Fault group_check(Group *group)
{
    Check check = {.group = group};
    for (StoreCommit *c = group->first; c; c = c->next) {
        const Prepared *prepared = c->prepared;
        c->stale = false;
        c->status = prepared->status;
        c->conflict = prepared->conflict;
        for (size_t i = 0; i < c->rekey_count; i++)
            prepared->rekey_fits[i] = true;
    }
    if (names_seen(group) && !group->care.outrun && (group->lane->behind || !is_abreast(group))) {
        Fault behind = catch_up(group);
        if (behind != FAULT_NONE)
            return behind;
    }
    if (!ask_all(&check))
        return FAULT_MEMORY;
    /* A commit of nothing but new rows and audit entries needs no answer. */
    Fault fault = FAULT_NONE;
    if (check.rids.count + check.ids.count + check.names.count + check.locks.count +
                check.jobs.count >
            0 ||
        !epochs_are_known(group))
        fault = run(&check);
    if (fault != FAULT_NONE)
        return fault;
    judge_epochs(group);
    if (names_seen(group))
        judge_seen(group);
    return FAULT_NONE;
}

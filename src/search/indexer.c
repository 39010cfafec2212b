/* search/indexer.c - takes the index from one state to the next, in the background.
 *
 * A step (step.c) takes one state to the next. A pass then walks all resources and gives them the
 * keys that are being made, a slice and a commit at a time; where it is stands in the same commit,
 * so that whoever comes after a process that dies goes on there. What is complete is searched by
 * from the next step on, and keys that nobody knows any more are swept out.
 *
 * Every process that serves a store runs this thread. Where they are several, one has the lease
 * (lease.c) and does the work; the others look every second whether the epoch has passed. */
#include "search/indexer.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { RETRY_S = 2, LOOK_S = 1, NICENESS = 10 };

bool indexer_is_stopping(Indexer *ix)
{
    pthread_mutex_lock(&ix->lock);
    bool stopping = ix->stopping;
    pthread_mutex_unlock(&ix->lock);
    return stopping;
}

bool indexer_has_changed(Indexer *ix)
{
    pthread_mutex_lock(&ix->lock);
    bool changed = ix->asked != ix->answered;
    pthread_mutex_unlock(&ix->lock);
    return changed;
}

void indexer_tell(Indexer *ix, SearchNews news, uint64_t resources)
{
    if (ix->tell)
        ix->tell(ix->to, news, resources);
}

/* ---- the thread ---------------------------------------------------------------------------------
 */

static Status remake_taken(Step *step)
{
    const bool *taken = step->ix->taken;
    step->changed = true;
    if (taken[0] && step->ix->labels.len)
        state_relabel(&step->state, step->ix->labels);
    if (taken[0])
        return state_remake(&step->state, 0, false);
    for (uint16_t type = 1; type <= TYPES_MAX; type++) {
        if (taken[type])
            TRY(state_remake(&step->state, type, false));
    }
    return STATUS_OK;
}

/* What is wanted is wanted until it is begun. */
static Status remake_wanted(Indexer *ix)
{
    pthread_mutex_lock(&ix->lock);
    memcpy(ix->taken, ix->wanted, sizeof(ix->taken));
    bool any = ix->wanted_any;
    pthread_mutex_unlock(&ix->lock);
    if (!any)
        return STATUS_OK;
    TRY(indexer_step(ix, remake_taken, false));
    pthread_mutex_lock(&ix->lock);
    ix->wanted_any = false;
    for (size_t i = 0; i <= TYPES_MAX; i++) {
        ix->wanted[i] &= !ix->taken[i];
        ix->wanted_any |= ix->wanted[i];
    }
    pthread_mutex_unlock(&ix->lock);
    return STATUS_OK;
}

/* Under the lock. */
static bool has_work(const Indexer *ix)
{
    const State *state = &ix->table->state;
    return ix->asked != ix->answered || ix->wanted_any || state->sweep || state_is_making(state);
}

uint64_t indexer_end(Indexer *ix)
{
    pthread_mutex_lock(&ix->lock);
    uint64_t end = ix->table->state.end;
    pthread_mutex_unlock(&ix->lock);
    return end;
}

bool indexer_relabels(Indexer *ix)
{
    pthread_mutex_lock(&ix->lock);
    bool relabels = ix->table->state.relabels;
    pthread_mutex_unlock(&ix->lock);
    return relabels;
}

static void look_at_table(Indexer *ix, bool *ret_making, bool *ret_sweep)
{
    pthread_mutex_lock(&ix->lock);
    *ret_making = state_is_making(&ix->table->state);
    *ret_sweep = ix->table->state.sweep;
    pthread_mutex_unlock(&ix->lock);
}

/* What was begun is ended before something else is begun. */
static Status work(Indexer *ix)
{
    bool making, sweep;
    if (indexer_has_changed(ix))
        TRY(indexer_step(ix, NULL, false));
    if (!lease_take(ix))
        return STATUS_CONFLICT; /* somebody else is at it */
    look_at_table(ix, &making, &sweep);
    if (making)
        TRY(indexer_pass(ix));
    look_at_table(ix, &making, &sweep);
    if (sweep)
        TRY(indexer_sweep(ix));
    return remake_wanted(ix);
}

static void wait_a_little(Indexer *ix, unsigned seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    if (!ix->stopping)
        pthread_cond_timedwait(&ix->wake, &ix->lock, &until);
}

/* Under the lock, which is let go meanwhile: what others who share the store have changed. */
static void look_around(Indexer *ix)
{
    Ctx cx = {.arena = arena_new((size_t)1 << 20, true)};
    pthread_mutex_unlock(&ix->lock);
    if (cx.arena) /* if the store cannot be read now: in a second again */
        UNUSED(search_catch_up(ix->search, &cx) == STATUS_OK);
    arena_free(cx.arena);
    pthread_mutex_lock(&ix->lock);
}

/* Under the lock, which is let go meanwhile. */
static void work_unlocked(Indexer *ix)
{
    ix->working = true;
    pthread_mutex_unlock(&ix->lock);
    Status status = work(ix);
    pthread_mutex_lock(&ix->lock);
    ix->working = false;
    bool others = status == STATUS_CONFLICT;
    ix->stuck = status != STATUS_OK && !others && !ix->stopping;
    if (ix->stuck)
        indexer_tell(ix, SEARCH_TELLS_FAILURE, 0);
    if (ix->stuck || others)
        wait_a_little(ix, others ? LOOK_S : RETRY_S);
}

static void *indexer_main(void *of)
{
    Indexer *ix = of;
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS); /* people come first */
    pthread_mutex_lock(&ix->lock);
    while (!ix->stopping) {
        if (ix->lease)
            look_around(ix);
        if (ix->stopping)
            break;
        if (has_work(ix)) {
            work_unlocked(ix);
            continue;
        }
        if (ix->lease) {
            pthread_mutex_unlock(&ix->lock);
            lease_give_back(ix);
            pthread_mutex_lock(&ix->lock);
            wait_a_little(ix, LOOK_S);
        } else {
            pthread_cond_wait(&ix->wake, &ix->lock);
        }
    }
    pthread_mutex_unlock(&ix->lock);
    lease_give_back(ix);
    return NULL;
}

/* ---- from outside
 * --------------------------------------------------------------------------------- */

static bool is_for(const Custom *custom, uint16_t type, Str code)
{
    for (size_t i = 0; i < custom->base_count; i++) {
        if (custom->bases[i] == type)
            return str_eq(custom->code, code);
    }
    return false;
}

bool indexer_has_other(const Search *search, Str id, uint16_t type, Str code)
{
    Indexer *ix = search->indexer;
    bool found = false;
    pthread_mutex_lock(&ix->lock);
    for (size_t i = 0; i < ix->table->state.custom_count && !found; i++) {
        const Custom *custom = &ix->table->customs[i];
        found = !str_eq(custom->id, id) && is_for(custom, type, code);
    }
    pthread_mutex_unlock(&ix->lock);
    return found;
}

Status search_remake(Search *search, Ctx *cx, uint16_t type)
{
    Indexer *ix = search->indexer;
    pthread_mutex_lock(&ix->lock);
    bool started = ix->started;
    if (ix->table->state.making[type] == SLOT_NONE) {
        ix->wanted_any = ix->wanted[type] = true;
        if (!ix->working)
            ix->done = ix->all = 0;
    }
    pthread_cond_signal(&ix->wake);
    pthread_mutex_unlock(&ix->lock);
    return started ? STATUS_OK
                   : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "Nothing indexes here.");
}

void search_params_changed(Search *search)
{
    Indexer *ix = search->indexer;
    pthread_mutex_lock(&ix->lock);
    ix->asked++;
    if (!ix->working)
        ix->done = ix->all = 0;
    pthread_cond_signal(&ix->wake);
    pthread_mutex_unlock(&ix->lock);
}

uint64_t search_offers_number(const Search *search)
{
    return atomic_load(&search->indexer->number);
}

bool search_indexer_runs(const Search *search)
{
    Indexer *ix = search->indexer;
    pthread_mutex_lock(&ix->lock);
    bool started = ix->started;
    pthread_mutex_unlock(&ix->lock);
    return started;
}

bool indexer_is_behind(const Search *search)
{
    return search_indexer_runs(search) &&
           (indexer_has_changed(search->indexer) || !search_is_current(search));
}

void search_progress(const Search *search, SearchProgress *ret_progress)
{
    Indexer *ix = search->indexer;
    pthread_mutex_lock(&ix->lock);
    *ret_progress = (SearchProgress){.open = search->open,
                                     .busy = ix->working || has_work(ix),
                                     .done = atomic_load(&ix->done),
                                     .all = atomic_load(&ix->all),
                                     .failed = atomic_load(&ix->failed),
                                     .stuck = ix->stuck};
    pthread_mutex_unlock(&ix->lock);
}

/* ---- life
 * ------------------------------------------------------------------------------------------- */

/* Other rules have labelled the rows, or none; or their references were those of another address.
 */
static void want_labels(Step *step, bool empty, bool moved)
{
    State *state = &step->state;
    Str labels = step->ix->labels;
    bool same = str_eq(state->labels, labels) && !state->relabel.len;
    if (!labels.len || (empty ? same : !moved && (same || state->relabels)))
        return;
    step->changed = true;
    if (!empty) {
        state_relabel(state, labels);
        return;
    }
    state->labels = labels;
    state->relabel = STR_EMPTY;
    state->relabels = false;
}

/* What a store without a state that this program knows is: new, or made by another program. */
static Status first_state(Step *step)
{
    State *state = &step->state;
    const Search *search = step->ix->search;
    bool moved = !str_eq(state->address, search->address);
    bool empty = !step->last_rid;
    if (empty && !step->found)
        state_begin(state);
    state->address = search->address;
    step->changed |= !step->found || moved;
    want_labels(step, empty, moved);
    if (empty || (step->found && !moved))
        return STATUS_OK;
    return state_remake(state, 0, !step->found);
}

static Status first_step(Indexer *ix)
{
    Ctx cx = {.arena = ix->search->forever};
    TRY(params_digest(&cx, ix->search->words, ix->search->country, &ix->digest));
    if (ix->search->labels)
        ix->labels = labels_digest(ix->search->labels);
    if (store_is_shared(ix->search->store))
        TRY(lease_new(&cx, ix));
    return indexer_step(ix, first_state, true);
}

/* Without a store: what the definitions have. */
static Status first_table(Indexer *ix)
{
    State state;
    ParamTable *table;
    Ctx cx = {.arena = arena_new(STEP_BYTES, true)};
    if (!cx.arena)
        return STATUS_MEMORY;
    state_begin(&state);
    TRY(table_new(&cx, ix->search, cx.arena, &state, NULL, &table));
    step_first_table(ix, table);
    return STATUS_OK;
}

Status indexer_new(Ctx *cx, Search *search, const Access *access)
{
    Indexer *ix = arena_new_of(search->forever, Indexer);
    if (!ix)
        return STATUS_MEMORY;
    ix->search = search;
    ix->labels = STR_EMPTY;
    ix->access = access;
    pthread_mutex_init(&ix->stepping, NULL);
    pthread_mutex_init(&ix->holding, NULL);
    pthread_mutex_init(&ix->lock, NULL);
    pthread_cond_init(&ix->wake, NULL);
    search->indexer = ix;
    Status status = search->store ? first_step(ix) : first_table(ix);
    return status == STATUS_OK
               ? STATUS_OK
               : ctx_fail(cx, status, STR_EMPTY, "The search index cannot be prepared.");
}

void indexer_free(Search *search)
{
    Indexer *ix = search->indexer;
    if (!ix)
        return;
    search_indexer_stop(search);
    step_free_tables(ix);
    pthread_cond_destroy(&ix->wake);
    pthread_mutex_destroy(&ix->lock);
    pthread_mutex_destroy(&ix->holding);
    pthread_mutex_destroy(&ix->stepping);
}

Status search_indexer_start(Search *search, Ctx *cx, SearchTell tell_, void *to)
{
    Indexer *ix = search->indexer;
    assert(!ix->started);
    ix->tell = tell_;
    ix->to = to;
    ix->stopping = false;
    ix->started = pthread_create(&ix->thread, NULL, indexer_main, ix) == 0;
    if (!ix->started)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The indexer could not start.");
    (void)pthread_setname_np(ix->thread, "indexer");
    return STATUS_OK;
}

void search_indexer_stop(Search *search)
{
    Indexer *ix = search->indexer;
    pthread_mutex_lock(&ix->lock);
    bool started = ix->started;
    ix->stopping = true;
    pthread_cond_signal(&ix->wake);
    pthread_mutex_unlock(&ix->lock);
    if (started)
        pthread_join(ix->thread, NULL);
    ix->started = false;
}

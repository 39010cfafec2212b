/* search/indexer.c - takes the index from one state to the next, in the background.
 *
 * A step reads the state and the SearchParameters of the store, decides, commits the new state
 * and publishes its table. A pass then walks all resources and gives them the keys that are being
 * made, a slice and a commit at a time; where it is stands in the same commit, so a process that
 * dies goes on there. What is complete is searched by from the next step on, and keys that nobody
 * knows any more are swept out.
 *
 * A write that was planned with an older table may lack keys, and a search that began with one
 * may ask for keys that are no longer kept up. So after publishing a table the indexer waits until
 * nobody holds the older one: a writer or searcher takes a hold before it looks at the
 * table, and the count of holds changes sides with each wait. */
#include "search/indexer.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { RETRY_S = 2, WAIT_MS = 1, NICENESS = 10 };

/* ---- holds ------------------------------------------------------------------------------- */

unsigned search_hold(const Search *search)
{
    Indexer *ix = search->indexer;
    for (;;) {
        unsigned epoch = atomic_load(&ix->epoch);
        atomic_fetch_add(&ix->holds[epoch & 1], 1);
        if (atomic_load(&ix->epoch) == epoch)
            return 1 + (epoch & 1);
        atomic_fetch_sub(&ix->holds[epoch & 1], 1);
    }
}

void search_let_go(const Search *search, unsigned hold)
{
    assert(hold == 1 || hold == 2);
    unsigned before = atomic_fetch_sub(&search->indexer->holds[hold - 1], 1);
    assert(before > 0);
    UNUSED(before);
}

bool indexer_is_stopping(Indexer *ix)
{
    pthread_mutex_lock(&ix->lock);
    bool stopping = ix->stopping;
    pthread_mutex_unlock(&ix->lock);
    return stopping;
}

static void free_old(Indexer *ix)
{
    if (ix->old)
        arena_free(ix->old->arena);
    ix->old = NULL;
}

/* Until everybody who may know the older table has let go. STATUS_UNAVAILABLE: stopping. */
static Status wait_for_holds(Indexer *ix)
{
    struct timespec pause = {0, WAIT_MS * 1000000L};
    unsigned side = atomic_load(&ix->epoch) & 1;
    atomic_fetch_add(&ix->epoch, 1);
    while (atomic_load(&ix->holds[side])) {
        if (indexer_is_stopping(ix))
            return STATUS_UNAVAILABLE;
        nanosleep(&pause, NULL);
    }
    free_old(ix);
    return STATUS_OK;
}

/* ---- steps -------------------------------------------------------------------------------- */

static bool overlaps(const Custom *a, const Custom *b)
{
    for (size_t i = 0; i < a->base_count; i++) {
        for (size_t j = 0; j < b->base_count; j++) {
            if (a->bases[i] == b->bases[j])
                return str_eq(a->code, b->code);
        }
    }
    return false;
}

/* What the definitions have, or an older SearchParameter, stays as it is. */
static bool is_free(const Step *step, const Custom *custom)
{
    for (size_t i = 0; i < custom->base_count; i++) {
        if (fhir_param_find(custom->bases[i], custom->code))
            return false;
    }
    for (size_t i = 0; i < step->state.custom_count; i++) {
        if (overlaps(custom, &step->customs[i]))
            return false;
    }
    return custom->base_count > 0;
}

bool indexer_find_custom(const State *state, const Custom *custom, CustomState *ret_found)
{
    for (size_t i = 0; i < state->custom_count; i++) {
        if (str_eq(state->customs[i].id, custom->id) &&
            str_eq(state->customs[i].digest, custom->digest)) {
            *ret_found = state->customs[i];
            return true;
        }
    }
    return false;
}

static bool begin_custom(State *state, const Custom *custom, CustomState *ret_new)
{
    bool composite = custom->kind == FHIR_PARAM_COMPOSITE; /* its parts are indexed already */
    *ret_new = (CustomState){.id = custom->id,
                             .digest = custom->digest,
                             .count = (uint32_t)custom->base_count,
                             .waits = state->end && !composite};
    return state_number(state, ret_new->count, composite ? &ret_new->first : &ret_new->making);
}

/* The parameters of the state are those of the store. */
static Status reconcile(Step *step, const Custom *customs, size_t count)
{
    const State before = step->state;
    State *state = &step->state;
    Arena *arena = step->cx.arena;
    CustomState *states = arena_array_of(arena, CustomState, before.custom_count + count + 1);
    step->customs = arena_array_of(arena, Custom, count + 1);
    if (!states || !step->customs)
        return STATUS_MEMORY;
    if (before.custom_count)
        memcpy(states, before.customs, before.custom_count * sizeof(*states));
    size_t kept = 0;
    state->customs = states + before.custom_count;
    state->custom_count = 0;
    for (size_t i = 0; i < count; i++) {
        CustomState *now = &state->customs[state->custom_count];
        State all = *state; /* numbers of what is there count as used */
        all.customs = states;
        all.custom_count = before.custom_count + state->custom_count;
        if (!is_free(step, &customs[i]))
            continue;
        bool known = indexer_find_custom(&before, &customs[i], now);
        if (!known && !begin_custom(&all, &customs[i], now))
            continue;
        kept += known;
        state->next = all.next;
        step->customs[state->custom_count++] = customs[i];
    }
    step->dropped = kept < before.custom_count;
    state->sweep |= step->dropped;
    return STATUS_OK;
}

static Status read_all(Step *step, StoreReader *reader)
{
    Custom *customs;
    size_t count;
    Status found = state_read(&step->cx, reader, step->ix->digest, &step->state);
    if (found != STATUS_OK && found != STATUS_NOT_FOUND)
        return found;
    step->found = found == STATUS_OK;
    TRY(state_read_at(&step->cx, reader, &step->at));
    TRY(custom_list(&step->cx, reader, &customs, &count));
    return reconcile(step, customs, count);
}

static Status step_begin(Indexer *ix, Step *step)
{
    StoreReader *reader;
    pthread_mutex_lock(&ix->lock);
    uint64_t asked = ix->asked;
    pthread_mutex_unlock(&ix->lock);
    *step = (Step){.ix = ix, .cx = {.arena = arena_new(STEP_BYTES, true)}, .asked = asked};
    if (!step->cx.arena)
        return STATUS_MEMORY;
    Status status = store_read_begin(ix->search->store, &step->cx, ix->access, &reader);
    if (status == STATUS_OK) {
        status = read_all(step, reader);
        store_read_end(reader);
    }
    return status;
}

static void take_table(Indexer *ix, ParamTable *table, uint64_t asked)
{
    table_publish(ix->search, table);
    pthread_mutex_lock(&ix->lock);
    assert(!ix->old);
    ix->old = ix->table;
    ix->table = table;
    ix->answered = asked;
    pthread_mutex_unlock(&ix->lock);
    atomic_fetch_add(&ix->number, 1);
}

/* `before`: whose numbers are kept up as well, or NULL. */
static Status step_end(Step *step, const State *before)
{
    Indexer *ix = step->ix;
    char digits[24];
    StoreItem items[2] = {[1] = state_item_at(step->at, digits)};
    ParamTable *table;
    TRY(table_new(&step->cx, ix->search, step->cx.arena, &step->state, step->customs, before,
                  &table));
    TRY(state_item(&step->cx, &step->state, ix->digest, &items[0]));
    StoreCommit commit = {.items = items, .item_count = COUNT_OF(items)};
    TRY(store_commit(ix->search->store, &step->cx, ix->access, &commit));
    take_table(ix, table, step->asked);
    step->cx.arena = NULL; /* the table's */
    return STATUS_OK;
}

static void step_give_up(Step *step)
{
    arena_free(step->cx.arena);
    step->cx.arena = NULL;
}

Status indexer_no_change(Step *step)
{
    UNUSED(step);
    return STATUS_OK;
}

Status indexer_step(Indexer *ix, Change change, bool keep_numbers)
{
    Step step;
    Status status = step_begin(ix, &step);
    if (status == STATUS_OK && !step.found)
        status = STATUS_UNAVAILABLE; /* another program was here */
    if (status == STATUS_OK)
        status = change(&step);
    if (status == STATUS_OK)
        status = step_end(&step, keep_numbers ? &ix->table->state : NULL);
    step_give_up(&step);
    return status == STATUS_OK ? wait_for_holds(ix) : status;
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

static bool has_work(const Indexer *ix)
{
    const State *state = &ix->table->state;
    return ix->asked != ix->answered || ix->wanted_any || state->sweep || state_is_making(state);
}

/* What was begun is ended before something else is begun. */
static Status work(Indexer *ix)
{
    if (indexer_has_changed(ix))
        TRY(indexer_step(ix, indexer_no_change, false));
    if (state_is_making(&ix->table->state))
        TRY(indexer_pass(ix));
    if (ix->table->state.sweep)
        TRY(indexer_sweep(ix));
    return remake_wanted(ix);
}

static void wait_a_little(Indexer *ix)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += RETRY_S;
    if (!ix->stopping)
        pthread_cond_timedwait(&ix->wake, &ix->lock, &until);
}

static void *indexer_main(void *of)
{
    Indexer *ix = of;
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS); /* people come first */
    pthread_mutex_lock(&ix->lock);
    while (!ix->stopping) {
        if (!has_work(ix)) {
            pthread_cond_wait(&ix->wake, &ix->lock);
            continue;
        }
        ix->working = true;
        pthread_mutex_unlock(&ix->lock);
        Status status = work(ix);
        pthread_mutex_lock(&ix->lock);
        ix->working = false;
        ix->stuck = status != STATUS_OK && !ix->stopping;
        if (ix->stuck) {
            indexer_tell(ix, SEARCH_TELLS_FAILURE, 0);
            wait_a_little(ix);
        }
    }
    pthread_mutex_unlock(&ix->lock);
    return NULL;
}

/* ---- from outside
 * --------------------------------------------------------------------------------- */

bool indexer_has_other(const Search *search, Str id, uint16_t type, Str code)
{
    Indexer *ix = search->indexer;
    bool found = false;
    pthread_mutex_lock(&ix->lock);
    for (size_t i = 0; i < ix->table->state.custom_count && !found; i++) {
        const Custom *custom = &ix->table->customs[i];
        Custom asked = {.code = code, .bases = &type, .base_count = 1};
        found = !str_eq(custom->id, id) && overlaps(custom, &asked);
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
    Indexer *ix = search->indexer;
    return search_indexer_runs(search) && indexer_has_changed(ix);
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

/* What a store without a state that this program knows is: new, or made by another program. */
static Status first_state(Step *step)
{
    StoreStats stats;
    State *state = &step->state;
    const Search *search = step->ix->search;
    bool moved = !str_eq(state->address, search->address);
    store_stats(search->store, &stats);
    if (!stats.resources && !step->found)
        state_begin(state);
    state->address = search->address;
    if (!stats.resources || (step->found && !moved))
        return STATUS_OK;
    return state_remake(state, 0, !step->found);
}

static Status first_step(Indexer *ix)
{
    Step step;
    TRY(params_digest(&(Ctx){.arena = ix->search->forever}, ix->search->words, &ix->digest));
    Status status = step_begin(ix, &step);
    if (status == STATUS_OK)
        status = first_state(&step);
    if (status == STATUS_OK)
        status = step_end(&step, NULL);
    if (status == STATUS_OK && step.state.end) {
        ix->all = step.state.end - 1;
        ix->done = step.at;
    }
    step_give_up(&step);
    return status;
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
    TRY(table_new(&cx, ix->search, cx.arena, &state, NULL, NULL, &table));
    take_table(ix, table, 0);
    return STATUS_OK;
}

Status indexer_new(Ctx *cx, Search *search, const Access *access)
{
    Indexer *ix = arena_new_of(search->forever, Indexer);
    if (!ix)
        return STATUS_MEMORY;
    ix->search = search;
    ix->access = access;
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
    free_old(ix);
    if (ix->table)
        arena_free(ix->table->arena);
    pthread_cond_destroy(&ix->wake);
    pthread_mutex_destroy(&ix->lock);
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

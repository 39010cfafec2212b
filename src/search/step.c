/* search/step.c - from one state of the index to the next, and the table of each for all threads.
 *
 * A step reads the state and the SearchParameters of the store on one snapshot, decides, commits
 * the new state with the next epoch, and publishes its table. Somebody else of those who share the
 * store may have taken a step meanwhile: then the epoch has passed, and it is taken again. So
 * states follow each other in one line, whoever takes the steps. A step that finds what its process
 * has published already leaves it as it is.
 *
 * Nobody waits for anybody: a write that was planned with an older table is refused by the store
 * (StoreCommit.epochs), and a search compares the epoch of its snapshot with its table's. Holds
 * are for memory alone: a table goes when nobody is left who may look at it. */
#include "search/indexer.h"

#include <sched.h>
#include <time.h>

enum { STEP_TRIES = 50 };

/* ---- holds ------------------------------------------------------------------------------- */

/* A holder may look at the table that was there when it came, and at all later ones. */
unsigned search_hold(const Search *search)
{
    Indexer *ix = search->indexer;
    pthread_mutex_lock(&ix->holding);
    unsigned place = (unsigned)(ix->newest % TABLES_MAX);
    ix->holds[place]++;
    pthread_mutex_unlock(&ix->holding);
    return 1 + place;
}

/* Under `holding`: the oldest table when nobody can look at it any more, or NULL. */
static ParamTable *take_forgotten(Indexer *ix)
{
    if (ix->oldest == ix->newest || ix->holds[ix->oldest % TABLES_MAX])
        return NULL;
    return ix->tables[ix->oldest++ % TABLES_MAX];
}

static void free_forgotten(Indexer *ix)
{
    for (;;) {
        pthread_mutex_lock(&ix->holding);
        ParamTable *table = take_forgotten(ix);
        pthread_mutex_unlock(&ix->holding);
        if (!table)
            return;
        arena_free(table->arena);
    }
}

void search_let_go(const Search *search, unsigned hold)
{
    Indexer *ix = search->indexer;
    assert(hold >= 1 && hold <= TABLES_MAX);
    pthread_mutex_lock(&ix->holding);
    assert(ix->holds[hold - 1] > 0);
    bool last = --ix->holds[hold - 1] == 0 && ix->oldest != ix->newest;
    pthread_mutex_unlock(&ix->holding);
    if (last)
        free_forgotten(ix);
}

/* Room for one more table: somebody may hold one for as long as a request lasts. */
static void wait_for_room(Indexer *ix)
{
    const struct timespec pause = {0, 1000000};
    for (;;) {
        free_forgotten(ix);
        pthread_mutex_lock(&ix->holding);
        bool room = ix->newest - ix->oldest + 1 < TABLES_MAX;
        pthread_mutex_unlock(&ix->holding);
        if (room)
            return;
        nanosleep(&pause, NULL);
    }
}

void step_free_tables(Indexer *ix)
{
    for (; ix->table && ix->oldest <= ix->newest; ix->oldest++)
        arena_free(ix->tables[ix->oldest % TABLES_MAX]->arena);
}

uint64_t search_epoch(const Search *search)
{
    uint64_t epoch;
    while (!(epoch = atomic_load(&search->epoch)))
        sched_yield(); /* between two tables */
    return epoch;
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
    step->changed = step->dropped || kept < state->custom_count;
    state->sweep |= step->dropped;
    return STATUS_OK;
}

static Status read_all(Step *step, StoreReader *reader)
{
    Custom *customs;
    size_t count;
    StoreMark mark;
    TRY(store_mark(reader, &mark));
    TRY(store_last_rid(reader, &step->last_rid));
    step->epoch = mark.epochs[STORE_EPOCH_INDEX];
    Status found = state_read(&step->cx, reader, step->ix->digest, &step->state);
    if (found != STATUS_OK && found != STATUS_NOT_FOUND)
        return found;
    step->found = found == STATUS_OK;
    step->state.relabels = step->state.relabel.len && str_eq(step->state.relabel, step->ix->labels);
    step->stored = step->state;
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

/* Whoever reads the epoch first, then the table, then the same epoch, has read one table. */
static void publish(Indexer *ix, ParamTable *table)
{
    Search *search = ix->search;
    wait_for_room(ix);
    pthread_mutex_lock(&ix->lock);
    pthread_mutex_lock(&ix->holding);
    atomic_store(&search->epoch, 0);
    table_publish(search, table);
    atomic_store(&search->epoch, table->epoch);
    ix->newest += ix->table != NULL; /* who comes from now on can see no older one */
    ix->tables[ix->newest % TABLES_MAX] = ix->table = table;
    pthread_mutex_unlock(&ix->holding);
    pthread_mutex_unlock(&ix->lock);
    atomic_fetch_add(&ix->number, 1);
    free_forgotten(ix);
}

void step_first_table(Indexer *ix, ParamTable *table)
{
    table->epoch = 1;
    publish(ix, table);
}

static Status write_state(Step *step)
{
    Indexer *ix = step->ix;
    char digits[24];
    StoreItem items[2] = {[1] = state_item_at(step->at, digits)};
    TRY(state_item(&step->cx, &step->state, ix->digest, &items[0]));
    StoreCommit commit = {.items = items,
                          .item_count = COUNT_OF(items),
                          .epochs = {[STORE_EPOCH_INDEX] = step->epoch},
                          .raises = 1u << STORE_EPOCH_INDEX};
    TRY(store_commit(ix->search->store, &step->cx, ix->access, &commit));
    step->epoch++;
    return STATUS_OK;
}

/* Whether the table that is published is the one that this step would make. What it is made of,
 * the state and the SearchParameters, changes with the epoch alone. */
static bool is_published(const Step *step)
{
    const ParamTable *table = step->ix->table;
    return !step->changed && table && table->epoch == step->epoch;
}

static Status publish_step(Step *step)
{
    ParamTable *table;
    TRY(table_new(&step->cx, step->ix->search, step->cx.arena, &step->state, step->customs,
                  &table));
    if (step->changed)
        TRY(write_state(step));
    table->epoch = step->epoch;
    publish(step->ix, table);
    step->cx.arena = NULL; /* the table's */
    return STATUS_OK;
}

static Status step_end(Step *step)
{
    Indexer *ix = step->ix;
    if (!is_published(step))
        TRY(publish_step(step));
    pthread_mutex_lock(&ix->lock);
    ix->answered = step->asked;
    pthread_mutex_unlock(&ix->lock);
    return STATUS_OK;
}

/* The state is another program's, or of nodes that know this server under another address. */
static bool is_foreign(const Step *step)
{
    return !step->found || !str_eq(step->state.address, step->ix->search->address);
}

static Status step_once(Indexer *ix, Change change, bool first)
{
    Step step;
    Status status = step_begin(ix, &step);
    if (status == STATUS_OK && !first && is_foreign(&step))
        status = STATUS_UNAVAILABLE;
    if (status == STATUS_OK && change)
        status = change(&step);
    if (status == STATUS_OK)
        status = step_end(&step);
    if (status == STATUS_OK && first && step.state.end) {
        ix->all = step.state.end - 1;
        ix->done = step.at;
    }
    arena_free(step.cx.arena);
    return status;
}

Status indexer_step(Indexer *ix, Change change, bool first)
{
    Status status = STATUS_CONFLICT;
    pthread_mutex_lock(&ix->stepping);
    for (int tries = 0; status == STATUS_CONFLICT && tries < STEP_TRIES; tries++)
        status = step_once(ix, change, first);
    pthread_mutex_unlock(&ix->stepping);
    return status == STATUS_CONFLICT ? STATUS_UNAVAILABLE : status;
}

/* ---- keeping up ----------------------------------------------------------------------------- */

static Status read_epoch(const Indexer *ix, uint64_t *ret_epoch)
{
    StoreReader *reader;
    StoreMark mark = {.change = 0};
    Ctx cx = {.arena = arena_new((size_t)1 << 20, true)};
    Status status =
        cx.arena ? store_read_begin(ix->search->store, &cx, ix->access, &reader) : STATUS_MEMORY;
    if (status == STATUS_OK) {
        status = store_mark(reader, &mark);
        store_read_end(reader);
    }
    arena_free(cx.arena);
    *ret_epoch = mark.epochs[STORE_EPOCH_INDEX];
    return status;
}

bool search_is_current(const Search *search)
{
    uint64_t epoch;
    return read_epoch(search->indexer, &epoch) != STATUS_OK || epoch == search_epoch(search);
}

void search_outdated(Search *search)
{
    atomic_store(&search->indexer->outdated, true);
}

Status search_refresh(Search *search, Ctx *cx)
{
    Indexer *ix = search->indexer;
    if (!atomic_load(&ix->outdated) || !atomic_exchange(&ix->outdated, false))
        return STATUS_OK;
    Status status = search_catch_up(search, cx);
    if (status != STATUS_OK)
        search_outdated(search);
    return status;
}

Status search_catch_up(Search *search, Ctx *cx)
{
    uint64_t epoch = 0;
    Status status = search->store ? read_epoch(search->indexer, &epoch) : STATUS_OK;
    if (status == STATUS_OK && search->store && epoch != search_epoch(search))
        status = indexer_step(search->indexer, NULL, false);
    return status == STATUS_OK
               ? STATUS_OK
               : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                          "What this server knows of the search index is out of date, and cannot "
                          "be read again: another node may run another version, or under another "
                          "base_url.");
}

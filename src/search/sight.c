/* search/sight.c - the facts of rows, kept for all searches, and what one run makes of them.
 *
 * One place for each rid, found by its last bits (rids are given out in order, so that neighbours
 * share pages). When are facts that one search has read right for another one, which may look at
 * an older or a newer snapshot?
 *
 *   known     all changes of the store up to this number have been looked at
 *   floor     changes up to this number are not told apart: facts were forgotten all at once
 *   touched   of a place: the largest change above `floor` that was made to a row of this place
 *
 * A search whose snapshot S is newer than `known` first asks the store for the changes in between,
 * and each of them empties its place and raises `touched`. So, with S <= known from then on:
 *
 *   facts of snapshot S are put into a place only when     S >= touched and S >= floor
 *   facts in a place are taken for snapshot S only when    S >= touched and S >= floor
 *
 * Facts that are there were read on some snapshot T that obeyed the same rule. A change to the row
 * between S and T (either may be the older one) would be above floor and not above known, hence
 * have raised `touched` above the older of both: then the rule had refused one of them. Whoever
 * fills late, from an old snapshot, is refused by `touched` in the same way. Which node or thread
 * commits, and in which order searches begin, does not matter.
 *
 * Labels that are made anew in the background (StoreRekey.facts) have no change number; they raise
 * STORE_EPOCH_ACCESS. A snapshot with a newer epoch forgets everything: `floor` rises to it, and
 * `turn`, which every filled place names, makes what is there invalid at once. The same when there
 * are more changes than are worth looking at. A snapshot older than `floor` reads for itself.
 *
 * A place is eight words that are read without a lock: whoever writes makes the first one odd,
 * whoever reads compares it before and after. */
#include "search/sight.h"

#include <pthread.h>
#include <sched.h>

#include "access/rights.h"
#include "search/verdicts.h"

enum {
    PLACE_WORDS = 8,
    PLACES_A_CHUNK = 4096, /* 256 KB, made when the first of its rows is read */
    CHUNKS_MAX = 1024,
    TOUCHES_MAX = 4096, /* more changes than that are not looked at one by one */
    SUBJECTS_KEPT = 2,  /* rows about more people are few: they are read each time */
};

enum { WORD_LOCK, WORD_ROW, WORD_TOUCHED, WORD_FACTS, WORD_AUTHOR, WORD_ORGANISATION, WORD_WHO };

typedef struct {
    _Alignas(64) _Atomic uint64_t word[PLACE_WORDS];
} FactsPlace;

struct Sights {
    Verdicts *verdicts;
    pthread_mutex_t lock; /* of whoever looks at changes, or makes a chunk */
    size_t rows;          /* a power of two */
    _Atomic uint64_t known, floor, epoch;
    _Atomic uint32_t turn;
    FactsPlace *_Atomic chunks[CHUNKS_MAX];
    Arena *homes[CHUNKS_MAX];
};

/* What one run remembers: rid << 2 | known 2 | sees 1, by the last bits of a hash. */
enum { VERDICTS = 512 };
enum { VERDICT_KNOWN = 2, VERDICT_SEES = 1 };

typedef struct Judge {
    Sights *sights;
    uint64_t change, epoch; /* of the snapshot */
    uint32_t turn;
    bool current; /* the snapshot is not older than floor */
    Sheet *sheet; /* of who asks; NULL: none is kept */
    uint64_t verdicts[VERDICTS];
} Judge;

Status sights_new(Arena *forever, size_t rows, Sights **ret_sights)
{
    Sights *sights = arena_new_of(forever, Sights);
    if (!sights || pthread_mutex_init(&sights->lock, NULL) != 0)
        return STATUS_MEMORY;
    for (sights->rows = PLACES_A_CHUNK;
         sights->rows < rows && sights->rows < (size_t)PLACES_A_CHUNK * CHUNKS_MAX;)
        sights->rows *= 2;
    *ret_sights = sights;
    return verdicts_new(forever, &sights->verdicts);
}

void sights_free(Sights *sights)
{
    if (!sights)
        return;
    verdicts_free(sights->verdicts);
    for (size_t i = 0; i < CHUNKS_MAX; i++)
        arena_free(sights->homes[i]);
    pthread_mutex_destroy(&sights->lock);
}

/* ---- places ------------------------------------------------------------------------------ */

/* NULL: nothing of its chunk has been read yet. */
static FactsPlace *place_of_row(Sights *sights, uint64_t rid)
{
    size_t at = rid & (sights->rows - 1);
    FactsPlace *chunk =
        atomic_load_explicit(&sights->chunks[at / PLACES_A_CHUNK], memory_order_acquire);
    return chunk ? &chunk[at % PLACES_A_CHUNK] : NULL;
}

static uint64_t get(FactsPlace *place, size_t word)
{
    return atomic_load_explicit(&place->word[word], memory_order_acquire);
}

static void set(FactsPlace *place, size_t word, uint64_t value)
{
    atomic_store_explicit(&place->word[word], value, memory_order_release);
}

/* Changes that were made before the chunk was there have not been noted in it. */
static FactsPlace *make_chunk(Sights *sights, uint64_t rid)
{
    size_t at = (rid & (sights->rows - 1)) / PLACES_A_CHUNK;
    pthread_mutex_lock(&sights->lock);
    if (!sights->homes[at]) {
        size_t bytes = sizeof(FactsPlace) * (PLACES_A_CHUNK + 1);
        Arena *home = arena_new(bytes + 4096, false);
        char *raw = home ? arena_alloc(home, bytes) : NULL;
        if (raw) {
            FactsPlace *chunk = (FactsPlace *)(raw + (-(uintptr_t)raw & 63));
            for (size_t i = 0; i < PLACES_A_CHUNK; i++)
                set(&chunk[i], WORD_TOUCHED, atomic_load(&sights->known));
            sights->homes[at] = home;
            atomic_store_explicit(&sights->chunks[at], chunk, memory_order_release);
        } else {
            arena_free(home);
        }
    }
    pthread_mutex_unlock(&sights->lock);
    return place_of_row(sights, rid);
}

static void place_lock(FactsPlace *place)
{
    for (;;) {
        uint64_t even = get(place, WORD_LOCK) & ~(uint64_t)1;
        if (atomic_compare_exchange_weak(&place->word[WORD_LOCK], &even, even + 1))
            return;
        sched_yield();
    }
}

static void place_unlock(FactsPlace *place)
{
    set(place, WORD_LOCK, get(place, WORD_LOCK) + 1);
}

/* The row of a place with its type: rids have 48 bits. */
static uint64_t row_word(uint64_t rid, uint16_t type)
{
    return rid << 16 | type;
}

/* turn 32 | sensitivity 16 | class 5, confidentiality 3 | profession 4, subjects 4 */
static uint64_t facts_word(uint32_t turn, const Facts *facts)
{
    unsigned kinds = (unsigned)facts->class << 3 | (facts->confidentiality & 7u);
    unsigned people = (facts->profession & 15u) << 4 | (facts->subject_count & 15u);
    return (uint64_t)turn << 32 | (uint64_t)facts->sensitivity << 16 | (kinds & 255u) << 8 | people;
}

/* Rows without facts are kept as being of no class. */
static void fill_place(Judge *judge, const StoreRow *row, const Facts *facts)
{
    FactsPlace *place = place_of_row(judge->sights, row->rid);
    if (!judge->current || facts->subject_count > SUBJECTS_KEPT)
        return;
    if (!place && !(place = make_chunk(judge->sights, row->rid)))
        return;
    place_lock(place);
    if (judge->change >= get(place, WORD_TOUCHED)) {
        set(place, WORD_ROW, row_word(row->rid, row->type));
        set(place, WORD_FACTS, facts_word(judge->turn, facts));
        set(place, WORD_AUTHOR, facts->author);
        set(place, WORD_ORGANISATION, facts->organisation);
        for (size_t i = 0; i < SUBJECTS_KEPT; i++)
            set(place, WORD_WHO + i, facts->subjects[i]);
    }
    place_unlock(place);
}

static void touch_place(Sights *sights, uint64_t rid, uint64_t change)
{
    FactsPlace *place = place_of_row(sights, rid);
    verdicts_touch(sights->verdicts, rid, change);
    if (!place)
        return;
    place_lock(place);
    if (change > get(place, WORD_TOUCHED)) {
        set(place, WORD_TOUCHED, change);
        set(place, WORD_ROW, 0);
    }
    place_unlock(place);
}

static bool take_place(const Judge *judge, uint64_t rid, uint16_t *ret_type, Facts *ret_facts)
{
    FactsPlace *place = place_of_row(judge->sights, rid);
    if (!place || !judge->current)
        return false;
    uint64_t before = get(place, WORD_LOCK), row = get(place, WORD_ROW);
    uint64_t touched = get(place, WORD_TOUCHED), bits = get(place, WORD_FACTS);
    *ret_facts = (Facts){.class = bits >> 11 & 31,
                         .confidentiality = bits >> 8 & 7,
                         .sensitivity = (uint16_t)(bits >> 16),
                         .profession = bits >> 4 & 15,
                         .subject_count = bits & 15,
                         .author = get(place, WORD_AUTHOR),
                         .organisation = get(place, WORD_ORGANISATION)};
    for (size_t i = 0; i < SUBJECTS_KEPT; i++)
        ret_facts->subjects[i] = get(place, WORD_WHO + i);
    *ret_type = (uint16_t)row;
    return !(before & 1) && get(place, WORD_LOCK) == before && row >> 16 == rid &&
           judge->change >= touched && bits >> 32 == judge->turn;
}

/* ---- what changes ------------------------------------------------------------------------ */

/* Under the lock. Who sees the new turn sees the new floor. */
static void forget_all(Sights *sights, uint64_t change)
{
    if (atomic_load(&sights->floor) < change)
        atomic_store(&sights->floor, change);
    atomic_fetch_add(&sights->turn, 1);
}

static void note_touches(Sights *sights, const StoreTouch *touches, size_t count, uint64_t change)
{
    pthread_mutex_lock(&sights->lock);
    uint64_t known = atomic_load(&sights->known);
    for (size_t i = 0; i < count && touches[i].change > known; i++)
        touch_place(sights, touches[i].rid, touches[i].change);
    if (known < change)
        atomic_store(&sights->known, change);
    pthread_mutex_unlock(&sights->lock);
}

static void note_many(Sights *sights, uint64_t change)
{
    pthread_mutex_lock(&sights->lock);
    if (atomic_load(&sights->known) < change) {
        forget_all(sights, change);
        atomic_store(&sights->known, change);
    }
    pthread_mutex_unlock(&sights->lock);
}

static Status catch_up(Run *run, Sights *sights, uint64_t change)
{
    uint64_t known = atomic_load(&sights->known);
    StoreTouch *touches;
    size_t count;
    if (known >= change)
        return STATUS_OK;
    if (!known) { /* the first one */
        note_many(sights, change);
        return STATUS_OK;
    }
    TRY(store_changes(run->reader, 0, known, TOUCHES_MAX, &touches, &count));
    if (count == TOUCHES_MAX)
        note_many(sights, change);
    else
        note_touches(sights, touches, count, change);
    return STATUS_OK;
}

static void note_epoch(Sights *sights, uint64_t epoch, uint64_t change)
{
    if (atomic_load(&sights->epoch) >= epoch)
        return;
    pthread_mutex_lock(&sights->lock);
    if (atomic_load(&sights->epoch) < epoch) {
        forget_all(sights, change);
        atomic_store(&sights->epoch, epoch);
    }
    pthread_mutex_unlock(&sights->lock);
}

Status sight_open(Run *run)
{
    StoreMark mark;
    if (access_is_system(run->access))
        return STATUS_OK;
    Sights *sights = run->search->sights;
    Judge *judge = run->judge = arena_new_of(run->cx->arena, Judge);
    if (!judge)
        return STATUS_MEMORY;
    TRY(store_mark(run->reader, &mark));
    uint64_t epoch = mark.epochs[STORE_EPOCH_ACCESS];
    TRY(catch_up(run, sights, mark.change));
    note_epoch(sights, epoch, mark.change);
    judge->sights = sights;
    judge->change = mark.change;
    judge->epoch = epoch;
    judge->turn = atomic_load(&sights->turn);
    judge->current =
        mark.change >= atomic_load(&sights->floor) && epoch == atomic_load(&sights->epoch);
    const Rights *rights = access_rights(run->access);
    if (judge->current && rights)
        judge->sheet = verdicts_sheet(sights->verdicts, run->cx->arena, rights, judge->turn);
    return STATUS_OK;
}

/* ---- judging ----------------------------------------------------------------------------- */

static size_t verdict_slot(uint64_t rid)
{
    return rid * 0x9e3779b97f4a7c15u >> 55;
}

/* For this run alone. */
static bool hold_verdict(Judge *judge, uint64_t rid, bool sees)
{
    judge->verdicts[verdict_slot(rid)] = rid << 2 | VERDICT_KNOWN | (sees ? VERDICT_SEES : 0);
    return sees;
}

/* And for the caller's next ones: the row is there, and these are its facts on the snapshot. */
static bool keep_verdict(Judge *judge, uint64_t rid, bool sees)
{
    if (judge->sheet)
        sheet_note(judge->sheet, rid, judge->change, sees);
    return hold_verdict(judge, rid, sees);
}

static bool is_seen(const Run *run, uint16_t type, const Facts *facts)
{
    return facts->class < ACCESS_CLASSES && access_sees(run->access, type, facts) != SIGHT_NONE;
}

bool run_knows(Run *run, uint64_t rid, bool *ret_sees)
{
    Judge *judge = run->judge;
    Facts facts;
    uint16_t type;
    *ret_sees = !judge;
    if (!judge)
        return true;
    if (judge->sheet && sheet_knows(judge->sheet, rid, judge->change, ret_sees))
        return true;
    uint64_t verdict = judge->verdicts[verdict_slot(rid)];
    if (verdict >> 2 == rid && verdict) {
        *ret_sees = verdict & VERDICT_SEES;
        return true;
    }
    if (!take_place(judge, rid, &type, &facts))
        return false;
    *ret_sees = keep_verdict(judge, rid, is_seen(run, type, &facts));
    return true;
}

/* Of the rows that are not known; what cannot be unpacked is of no class. */
static Status read_facts(Run *run, const uint64_t *rids, size_t count, StoreRow *rows)
{
    const Access *before = store_read_as(run->reader, run->search->access);
    Status status = store_get_rids(run->reader, rids, count, false, rows);
    (void)store_read_as(run->reader, before);
    return status;
}

static void take_facts(Run *run, uint64_t rid, const StoreRow *row)
{
    Facts facts;
    if (!row->version || !facts_unpack(row->facts, &facts))
        facts = (Facts){.class = ACCESS_CLASSES};
    bool sees = is_seen(run, row->type, &facts);
    if (!row->version) {
        (void)hold_verdict(run->judge, rid, sees);
        return;
    }
    fill_place(run->judge, row, &facts);
    (void)keep_verdict(run->judge, rid, sees);
}

Status run_look(Run *run, const uint64_t *rids, size_t count)
{
    uint64_t unknown[SIGHT_LOOK_MAX];
    StoreRow rows[SIGHT_LOOK_MAX];
    size_t some = 0;
    bool sees;
    assert(count <= SIGHT_LOOK_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!run_knows(run, rids[i], &sees))
            unknown[some++] = rids[i];
    }
    if (!some)
        return STATUS_OK;
    TRY(read_facts(run, unknown, some, rows));
    for (size_t i = 0; i < some; i++)
        take_facts(run, unknown[i], &rows[i]);
    return STATUS_OK;
}

Status run_sees(Run *run, uint64_t rid, bool *ret_sees)
{
    if (run_knows(run, rid, ret_sees))
        return STATUS_OK;
    TRY(run_look(run, &rid, 1));
    *ret_sees = run->judge->verdicts[verdict_slot(rid)] & VERDICT_SEES;
    return STATUS_OK;
}

/* Of some rows, those that this run has to find out about together. */
static Status see_unknown(Run *run, const uint64_t *rids, const uint16_t *at, size_t count,
                          bool *ret_sees)
{
    uint64_t unknown[SIGHT_LOOK_MAX];
    size_t some = 0;
    for (size_t i = 0; i < count; i++)
        __builtin_prefetch(place_of_row(run->judge->sights, rids[at[i]]));
    for (size_t i = 0; i < count; i++) {
        if (!run_knows(run, rids[at[i]], &ret_sees[at[i]]))
            unknown[some++] = rids[at[i]];
    }
    TRY(run_look(run, unknown, some));
    for (size_t i = 0; some && i < count; i++)
        TRY(run_sees(run, rids[at[i]], &ret_sees[at[i]]));
    return STATUS_OK;
}

Status run_sees_all(Run *run, const uint64_t *rids, size_t count, bool *ret_sees)
{
    const Judge *judge = run->judge;
    uint16_t at[SIGHT_LOOK_MAX];
    size_t some = 0;
    assert(count <= SIGHT_LOOK_MAX);
    for (size_t i = 0; i < count; i++) {
        ret_sees[i] = !judge;
        if (judge &&
            !(judge->sheet && sheet_knows(judge->sheet, rids[i], judge->change, &ret_sees[i])))
            at[some++] = (uint16_t)i;
    }
    return some ? see_unknown(run, rids, at, some, ret_sees) : STATUS_OK;
}

uint64_t sight_who(const Run *run)
{
    const Rights *rights = access_rights(run->access);
    if (!run->judge)
        return 0;
    return rights ? sight_name(run->search, rights, run->judge->epoch << 1) : 1;
}

bool run_sees_facts(const Run *run, uint16_t type, Str facts)
{
    return access_sees_packed(run->access, type, facts) != SIGHT_NONE;
}

Status run_sees_whole(Run *run, uint64_t rid, bool *ret_whole)
{
    Facts facts;
    StoreRow row;
    *ret_whole = !run->judge;
    if (!run->judge)
        return STATUS_OK;
    TRY(read_facts(run, &rid, 1, &row));
    if (!row.version || !facts_unpack(row.facts, &facts))
        return STATUS_OK;
    Sight sight = access_sees(run->access, row.type, &facts);
    *ret_whole =
        sight == SIGHT_FULL && reduced_is_whole(reduced_of(run->access, row.type, &facts, sight));
    return STATUS_OK;
}

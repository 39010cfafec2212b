/* rights/recall.c - what is remembered, as of somebody's snapshot.
 *
 * A person with 2,000 links has thousands of teams and patients, and most of those never change:
 * what a snapshot has more than the last one is found by the numbers of the changes between them,
 * and only that is read again. A snapshot that is older than what is remembered reads for
 * itself. */
#include "rights/inner.h"

enum { CHUNK = 250, CONSENTS_READ_MAX = 100, SCRATCH_BYTES = 64 << 20 };

/* ---- in which state -------------------------------------------------------------------------- */

/* Whom a changed consent is about now: it has to be read. */
static Status doubt_new(Gathering *g, Gists *gists, const StoreTouch *touches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        StoreRow row;
        Gist *gist = NULL;
        Status status = store_get_rid(g->reader, touches[i].rid, true, &row);
        if (status == STATUS_OK)
            status = gist_read(g->book->search, g->cx, &row, g->rules, &gist);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
        gists_doubt(gists, gist);
        gists_note_refusal(gists, gist);
    }
    return STATUS_OK;
}

static Status follow_type(Gathering *g, Gists *gists, uint16_t type, bool consents)
{
    StoreTouch *touches;
    size_t count;
    TRY(store_changes(g->reader, type, gists->change, CHANGES_MAX, &touches, &count));
    if (count == CHANGES_MAX) {
        gists_forget(gists);
        return STATUS_OK;
    }
    for (size_t i = 0; i < count; i++)
        gists_touch(gists, touches[i].rid, consents);
    if (!consents)
        return STATUS_OK;
    if (count <= CONSENTS_READ_MAX)
        return doubt_new(g, gists, touches, count);
    gists_doubt_all(gists);
    gists->refused = false;
    return STATUS_OK;
}

Status gists_follow(Gathering *g, Gists *gists, bool *ret_same)
{
    static const Str types[] = {STR_INIT("CareTeam"), STR_INIT("Consent"),
                                STR_INIT("PractitionerRole"), STR_INIT("RelatedPerson")};
    *ret_same = g->change >= gists->change && g->rules->digest == gists->rules;
    if (!*ret_same || g->change == gists->change)
        return STATUS_OK;
    Status status = STATUS_OK;
    bool any = gists->used || gists->patient_used || gists->refused || gists->whole;
    for (size_t i = 0; i < COUNT_OF(types) && any && status == STATUS_OK; i++)
        status = follow_type(g, gists, fhir_type_find(types[i]), i == 1);
    if (status != STATUS_OK)
        gists_forget(gists); /* half followed is not followed */
    gists->change = g->change;
    return status;
}

/* With the lock held. What was whole and is not any more is to be read again. */
static Status follow(Gathering *g, bool *ret_same)
{
    Gists *gists = &g->book->gists;
    bool whole = gists->whole;
    Status status = gists_follow(g, gists, ret_same);
    if (whole && !gists->whole)
        fill_again(g->book);
    return status;
}

/* There is no room for what is to be remembered: it begins anew. */
static void run_full(RightsBook *book)
{
    bool whole = book->gists.whole;
    gists_forget_rows(&book->gists);
    if (whole)
        fill_again(book);
}

/* ---- the consents of patients ---------------------------------------------------------------- */

/* Copies all that he is known to have; *ret_known false when that is not known. */
static Status recall_patient(Gathering *g, uint64_t patient, bool *ret_known)
{
    const Gists *gists = &g->book->gists;
    const PatientSlot *slot = gists_find_patient(gists, patient);
    *ret_known = slot ? slot->known : gists->whole;
    for (const ConsentOf *one = slot ? slot->consents : NULL; one && *ret_known; one = one->next)
        *ret_known = gists_find(gists, one->rid) != NULL;
    for (const ConsentOf *one = slot && *ret_known ? slot->consents : NULL; one; one = one->next) {
        const Gist *kept = gists_find(gists, one->rid)->gist;
        Gist *gist = gist_copy(g->cx->arena, kept);
        if (kept && !gist)
            return STATUS_MEMORY;
        for (; gist; gist = gist->next)
            if (gist->patient == patient)
                TRY(gather_keep(g, gist));
    }
    return STATUS_OK;
}

Status consents_recall(Gathering *g, const uint64_t *patients, size_t count, bool *ret_known)
{
    bool same = false;
    pthread_mutex_lock(&g->book->gists_lock);
    Status status = follow(g, &same);
    for (size_t i = 0; status == STATUS_OK && same && i < count; i++)
        status = recall_patient(g, patients[i], &ret_known[i]);
    pthread_mutex_unlock(&g->book->gists_lock);
    return status;
}

static bool is_same(const Gathering *g)
{
    const Gists *gists = &g->book->gists;
    return gists->change == g->change && gists->rules == g->rules->digest;
}

static bool remember_consents(Gathering *g, const uint64_t *patients, const bool *known,
                              size_t count, size_t from)
{
    Gists *gists = &g->book->gists;
    for (size_t i = 0; i < count; i++)
        if (!known[i] && !gists_begin_patient(gists, patients[i]))
            return false;
    for (size_t i = from; i < g->gist_count; i++) {
        Gist alone = *g->gists[i];
        alone.next = NULL;
        if (!gists_add_consent(gists, &alone, false))
            return false;
    }
    return true;
}

void consents_remember(Gathering *g, const uint64_t *patients, const bool *known, size_t count,
                       size_t from)
{
    pthread_mutex_lock(&g->book->gists_lock);
    if (is_same(g) && !remember_consents(g, patients, known, count, from))
        run_full(g->book);
    pthread_mutex_unlock(&g->book->gists_lock);
}

/* ---- who refuses a whole profession ---------------------------------------------------------- */

Status refusals_recall(Gathering *g, uint64_t **ret_rids, size_t *ret_count, bool *ret_known)
{
    Gists *gists = &g->book->gists;
    bool same = false;
    pthread_mutex_lock(&g->book->gists_lock);
    Status status = follow(g, &same);
    *ret_known = status == STATUS_OK && same && gists->refused;
    *ret_count = gists->refusal_count;
    if (*ret_known) {
        *ret_rids = arena_array_of(g->cx->arena, uint64_t, *ret_count + 1);
        if (!*ret_rids)
            status = STATUS_MEMORY;
        else if (*ret_count)
            memcpy(*ret_rids, gists->refusals, *ret_count * sizeof(uint64_t));
    }
    pthread_mutex_unlock(&g->book->gists_lock);
    return status;
}

void refusals_remember(Gathering *g, const uint64_t *rids, size_t count)
{
    Gists *gists = &g->book->gists;
    pthread_mutex_lock(&g->book->gists_lock);
    if (is_same(g)) {
        gists->refused = true;
        for (size_t i = 0; i < count; i++)
            gists_add_refusal(gists, rids[i]);
    }
    pthread_mutex_unlock(&g->book->gists_lock);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static Status recall(Gathering *g, const uint64_t *rids, size_t count, Gist **ret_gists,
                     bool *ret_known, bool *ret_same)
{
    pthread_mutex_lock(&g->book->gists_lock);
    Status status = follow(g, ret_same);
    for (size_t i = 0; status == STATUS_OK && *ret_same && i < count; i++) {
        const GistSlot *slot = gists_find(&g->book->gists, rids[i]);
        ret_known[i] = slot != NULL;
        ret_gists[i] = slot ? gist_copy(g->cx->arena, slot->gist) : NULL;
        if (slot && slot->gist && !ret_gists[i])
            status = STATUS_MEMORY;
    }
    pthread_mutex_unlock(&g->book->gists_lock);
    return status;
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

Status gists_read(Gathering *g, Ctx *scratch, const uint64_t *rids, size_t count, Gist **ret_gists)
{
    StoreRow *rows = arena_array_of(scratch->arena, StoreRow, count + 1);
    if (!rows)
        return STATUS_MEMORY;
    Ctx *before = store_read_into(g->reader, scratch);
    Status status = store_get_rids(g->reader, rids, count, true, rows);
    (void)store_read_into(g->reader, before);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        ret_gists[i] = NULL;
        if (rows[i].version)
            status = gist_read(g->book->search, scratch, &rows[i], g->rules, &ret_gists[i]);
    }
    return status;
}

/* Reads rows [0, count) of rids, which `where` has the places of. */
static Status read_chunk(Gathering *g, Ctx *scratch, const uint64_t *rids, const size_t *where,
                         size_t count, Gist **ret_gists)
{
    Gist *gists[CHUNK];
    arena_clear(scratch->arena);
    TRY(gists_read(g, scratch, rids, count, gists));
    for (size_t i = 0; i < count; i++) {
        ret_gists[where[i]] = gist_copy(g->cx->arena, gists[i]);
        if (gists[i] && !ret_gists[where[i]])
            return STATUS_MEMORY;
    }
    return STATUS_OK;
}

static Status read_missing(Gathering *g, const uint64_t *rids, size_t count, Gist **ret_gists,
                           const bool *known)
{
    void **hook = arena_defer(g->cx->arena, free_arena, NULL);
    Ctx scratch = {.arena = hook ? arena_new(SCRATCH_BYTES, true) : NULL,
                   .deadline = g->cx->deadline};
    uint64_t wanted[CHUNK];
    size_t where[CHUNK], n = 0;
    if (!scratch.arena)
        return STATUS_MEMORY;
    *hook = scratch.arena;
    for (size_t i = 0; i < count; i++) {
        if (!known[i]) {
            wanted[n] = rids[i];
            where[n++] = i;
        }
        if (n == CHUNK || (n && i + 1 == count)) {
            TRY(ctx_check_deadline(g->cx));
            TRY(read_chunk(g, &scratch, wanted, where, n, ret_gists));
            n = 0;
        }
    }
    return STATUS_OK;
}

Status gists_of(Gathering *g, const uint64_t *rids, size_t count, Gist **ret_gists)
{
    bool same = false, room = true;
    bool *known = arena_array_of(g->cx->arena, bool, count + 1);
    if (!known)
        return STATUS_MEMORY;
    TRY(recall(g, rids, count, ret_gists, known, &same));
    TRY(read_missing(g, rids, count, ret_gists, known));
    pthread_mutex_lock(&g->book->gists_lock);
    for (size_t i = 0; i < count && room && is_same(g); i++)
        room = known[i] || gists_put(&g->book->gists, rids[i], ret_gists[i]);
    if (!room)
        run_full(g->book);
    pthread_mutex_unlock(&g->book->gists_lock);
    return STATUS_OK;
}

/* rights/gists.c - gists remembered by the number of their resource, in one state of the store.
 *
 * Thousands of callers are linked by the same teams and patients, and most of those never change:
 * what a snapshot has more than the last one is found by the numbers of the changes between them,
 * and only that is read again. A snapshot that is older than what is remembered reads for
 * itself. */
#include "rights/inner.h"

enum {
    SLOTS_FIRST = 1024,
    CHUNK = 250,
    CONSENTS_READ_MAX = 100,
    REFUSALS_MAX = 1 << 17,
    SCRATCH_BYTES = 64 << 20
};

struct GistSlot {
    uint64_t rid; /* 0: free */
    Gist *gist;
    bool gone; /* to be read again */
};

struct ConsentSlot {
    uint64_t patient; /* 0: free */
    Gist *gists;
    bool known;
};

Status gists_init(Gists *gists)
{
    *gists = (Gists){.arena = arena_new(GIST_BYTES_MAX, true)};
    pthread_mutex_init(&gists->lock, NULL);
    return gists->arena ? STATUS_OK : STATUS_MEMORY;
}

void gists_clear(Gists *gists)
{
    arena_free(gists->arena);
    pthread_mutex_destroy(&gists->lock);
}

static void forget(Gists *gists)
{
    arena_clear(gists->arena);
    gists->slots = NULL;
    gists->size = gists->used = 0;
    gists->patients = NULL;
    gists->patient_size = gists->patient_used = 0;
    gists->refusals = NULL;
    gists->refusal_count = gists->refusal_room = 0;
    gists->refused = false;
}

void gists_forget(Gists *gists)
{
    pthread_mutex_lock(&gists->lock);
    forget(gists);
    pthread_mutex_unlock(&gists->lock);
}

static struct GistSlot *slot_of(const Gists *gists, uint64_t rid)
{
    if (!gists->size)
        return NULL;
    size_t i = (size_t)((rid * 0x9E3779B97F4A7C15u) >> 20) & (gists->size - 1);
    while (gists->slots[i].rid && gists->slots[i].rid != rid)
        i = (i + 1) & (gists->size - 1);
    return &gists->slots[i];
}

static bool grow(Gists *gists)
{
    Gists larger = *gists;
    larger.size = gists->size ? gists->size * 2 : SLOTS_FIRST;
    larger.slots = arena_array_of(gists->arena, struct GistSlot, larger.size);
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < gists->size; i++)
        if (gists->slots[i].rid)
            *slot_of(&larger, gists->slots[i].rid) = gists->slots[i];
    *gists = larger;
    return true;
}

/* ---- copies ------------------------------------------------------------------------------ */

static Gist *copy(Arena *arena, const Gist *gist)
{
    Gist *first = NULL, **end = &first;
    for (; gist; gist = gist->next) {
        Gist *to = arena_new_of(arena, Gist);
        GistWho *who = arena_array_of(arena, GistWho, gist->who_count + 1);
        Str name = arena_str(arena, gist->name);
        Str about = arena_str(arena, gist->about);
        if (!to || !who || !name.at || !about.at)
            return NULL;
        if (gist->who_count)
            memcpy(who, gist->who, gist->who_count * sizeof(*who));
        *to = *gist;
        to->next = NULL;
        to->who = who;
        to->name = name;
        to->about = about;
        *end = to;
        end = &to->next;
    }
    return first;
}

static void remember(Gists *gists, uint64_t rid, const Gist *gist)
{
    if ((gists->used + 1) * 2 > gists->size && !grow(gists)) {
        forget(gists);
        if (!grow(gists))
            return;
    }
    Gist *kept = copy(gists->arena, gist);
    if (gist && !kept) { /* full: begin again */
        forget(gists);
        return;
    }
    struct GistSlot *slot = slot_of(gists, rid);
    gists->used += slot->rid == 0;
    *slot = (struct GistSlot){.rid = rid, .gist = kept};
}

/* ---- the consents of a patient ------------------------------------------------------------- */

static struct ConsentSlot *patient_slot(const Gists *gists, uint64_t patient)
{
    if (!gists->patient_size)
        return NULL;
    size_t i = (size_t)(patient >> 20) & (gists->patient_size - 1); /* a keyed hash already */
    while (gists->patients[i].patient && gists->patients[i].patient != patient)
        i = (i + 1) & (gists->patient_size - 1);
    return &gists->patients[i];
}

static bool grow_patients(Gists *gists)
{
    Gists larger = *gists;
    larger.patient_size = gists->patient_size ? gists->patient_size * 2 : SLOTS_FIRST;
    larger.patients = arena_array_of(gists->arena, struct ConsentSlot, larger.patient_size);
    if (!larger.patients)
        return false;
    for (size_t i = 0; i < gists->patient_size; i++)
        if (gists->patients[i].patient)
            *patient_slot(&larger, gists->patients[i].patient) = gists->patients[i];
    *gists = larger;
    return true;
}

/* The slot of a patient, made when there is none; NULL without memory. */
static struct ConsentSlot *make_patient(Gists *gists, uint64_t patient)
{
    if ((gists->patient_used + 1) * 2 > gists->patient_size && !grow_patients(gists))
        return NULL;
    struct ConsentSlot *slot = patient_slot(gists, patient);
    if (!slot->patient) {
        slot->patient = patient;
        gists->patient_used++;
    }
    return slot;
}

static void doubt_patients(Gists *gists, const Gist *gist)
{
    for (; gist; gist = gist->next) {
        struct ConsentSlot *slot = patient_slot(gists, gist->patient);
        if (slot && slot->patient)
            slot->known = false;
    }
}

static void doubt_all(Gists *gists)
{
    for (size_t i = 0; i < gists->patient_size; i++)
        gists->patients[i].known = false;
}

/* ---- who refuses a whole profession ---------------------------------------------------------- */

/* What cannot be kept is not known. */
static void add_refusal(Gists *gists, uint64_t rid)
{
    if (gists->refusal_count == gists->refusal_room) {
        size_t room = gists->refusal_room ? gists->refusal_room * 2 : 64;
        uint64_t *larger =
            arena_realloc(gists->arena, gists->refusals, gists->refusal_room * sizeof(*larger),
                          room * sizeof(*larger));
        if (!larger || room > REFUSALS_MAX) {
            gists->refused = false;
            return;
        }
        gists->refusals = larger;
        gists->refusal_room = room;
    }
    gists->refusals[gists->refusal_count++] = rid;
}

static void note_refusal(Gists *gists, const Gist *gist)
{
    for (; gist; gist = gist->next)
        if (gist->professions) {
            add_refusal(gists, gist->rid);
            return;
        }
}

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
        doubt_patients(gists, gist);
        note_refusal(gists, gist);
    }
    return STATUS_OK;
}

static Status drop_touched(Gathering *g, Gists *gists, uint16_t type, bool consents)
{
    StoreTouch *touches;
    size_t count;
    TRY(store_changes(g->reader, type, gists->change, CHANGES_MAX, &touches, &count));
    if (count == CHANGES_MAX)
        forget(gists);
    for (size_t i = 0; i < count; i++) {
        struct GistSlot *slot = slot_of(gists, touches[i].rid);
        if (!slot || !slot->rid)
            continue;
        slot->gone = true;
        if (consents)
            doubt_patients(gists, slot->gist);
    }
    if (consents && count > CONSENTS_READ_MAX) {
        doubt_all(gists);
        gists->refused = false;
    } else if (consents && (gists->patient_used || gists->refused))
        TRY(doubt_new(g, gists, touches, count));
    return STATUS_OK;
}

/* To the state of the snapshot; false when it is an older one. */
static Status move_to(Gathering *g, Gists *gists, bool *ret_same)
{
    static const Str types[] = {STR_INIT("CareTeam"), STR_INIT("Consent"),
                                STR_INIT("PractitionerRole"), STR_INIT("RelatedPerson")};
    *ret_same = g->change >= gists->change;
    if (g->change <= gists->change)
        return STATUS_OK;
    Status status = STATUS_OK;
    bool any = gists->used || gists->patient_used || gists->refused;
    for (size_t i = 0; i < COUNT_OF(types) && any && status == STATUS_OK; i++)
        status = drop_touched(g, gists, fhir_type_find(types[i]), i == 1);
    if (status != STATUS_OK)
        forget(gists); /* half moved is not moved */
    gists->change = g->change;
    return status;
}

/* ---- the question ---------------------------------------------------------------------------- */

Status consents_recall(Gathering *g, const uint64_t *patients, size_t count, bool *ret_known)
{
    Gists *gists = &g->book->gists;
    bool same = false;
    pthread_mutex_lock(&gists->lock);
    Status status = move_to(g, gists, &same);
    for (size_t i = 0; status == STATUS_OK && same && i < count; i++) {
        const struct ConsentSlot *slot = patient_slot(gists, patients[i]);
        ret_known[i] = slot && slot->patient && slot->known;
        Gist *gist = ret_known[i] ? copy(g->cx->arena, slot->gists) : NULL;
        if (ret_known[i] && slot->gists && !gist)
            status = STATUS_MEMORY;
        for (; gist && status == STATUS_OK; gist = gist->next)
            status = gather_keep(g, gist);
    }
    pthread_mutex_unlock(&gists->lock);
    return status;
}

/* Puts a copy of one gist, without those behind it, before the others of the slot. */
static bool add_gist(Gists *gists, struct ConsentSlot *slot, const Gist *gist)
{
    Gist alone = *gist;
    alone.next = NULL;
    Gist *kept = copy(gists->arena, &alone);
    if (!kept)
        return false;
    kept->next = slot->gists;
    slot->gists = kept;
    return true;
}

static bool remember_consents(Gathering *g, Gists *gists, const uint64_t *patients,
                              const bool *known, size_t count, size_t from)
{
    for (size_t i = 0; i < count; i++) {
        struct ConsentSlot *slot = known[i] ? NULL : make_patient(gists, patients[i]);
        if (!known[i] && !slot)
            return false;
        if (slot) {
            slot->gists = NULL;
            slot->known = true;
        }
    }
    for (size_t i = from; i < g->gist_count; i++) {
        struct ConsentSlot *slot = patient_slot(gists, g->gists[i]->patient);
        if (slot && slot->patient && !add_gist(gists, slot, g->gists[i]))
            return false;
    }
    return true;
}

void consents_remember(Gathering *g, const uint64_t *patients, const bool *known, size_t count,
                       size_t from)
{
    Gists *gists = &g->book->gists;
    pthread_mutex_lock(&gists->lock);
    if (gists->change == g->change && !remember_consents(g, gists, patients, known, count, from))
        forget(gists);
    pthread_mutex_unlock(&gists->lock);
}

Status refusals_recall(Gathering *g, uint64_t **ret_rids, size_t *ret_count, bool *ret_known)
{
    Gists *gists = &g->book->gists;
    bool same = false;
    pthread_mutex_lock(&gists->lock);
    Status status = move_to(g, gists, &same);
    *ret_known = status == STATUS_OK && same && gists->refused;
    *ret_count = gists->refusal_count;
    if (*ret_known) {
        *ret_rids = arena_array_of(g->cx->arena, uint64_t, *ret_count + 1);
        if (!*ret_rids)
            status = STATUS_MEMORY;
        else if (*ret_count)
            memcpy(*ret_rids, gists->refusals, *ret_count * sizeof(uint64_t));
    }
    pthread_mutex_unlock(&gists->lock);
    return status;
}

void refusals_remember(Gathering *g, const uint64_t *rids, size_t count)
{
    Gists *gists = &g->book->gists;
    pthread_mutex_lock(&gists->lock);
    if (gists->change == g->change) {
        gists->refused = true;
        for (size_t i = 0; i < count; i++)
            add_refusal(gists, rids[i]);
    }
    pthread_mutex_unlock(&gists->lock);
}

static Status recall(Gathering *g, const uint64_t *rids, size_t count, Gist **ret_gists,
                     bool *ret_known, bool *ret_same)
{
    Gists *gists = &g->book->gists;
    pthread_mutex_lock(&gists->lock);
    Status status = move_to(g, gists, ret_same);
    for (size_t i = 0; status == STATUS_OK && *ret_same && i < count; i++) {
        const struct GistSlot *slot = slot_of(gists, rids[i]);
        ret_known[i] = slot && slot->rid && !slot->gone;
        ret_gists[i] = ret_known[i] ? copy(g->cx->arena, slot->gist) : NULL;
        if (ret_known[i] && slot->gist && !ret_gists[i])
            status = STATUS_MEMORY;
    }
    pthread_mutex_unlock(&gists->lock);
    return status;
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

/* Reads rows [0, count) of rids, which `where` has the places of. */
static Status read_chunk(Gathering *g, Ctx *scratch, const uint64_t *rids, const size_t *where,
                         size_t count, Gist **ret_gists)
{
    StoreRow rows[CHUNK];
    arena_clear(scratch->arena);
    Ctx *before = store_read_into(g->reader, scratch);
    Status status = store_get_rids(g->reader, rids, count, true, rows);
    (void)store_read_into(g->reader, before);
    TRY(status);
    for (size_t i = 0; i < count; i++) {
        Gist *gist = NULL;
        if (rows[i].version)
            TRY(gist_read(g->book->search, scratch, &rows[i], g->rules, &gist));
        ret_gists[where[i]] = copy(g->cx->arena, gist);
        if (gist && !ret_gists[where[i]])
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
    Gists *gists = &g->book->gists;
    bool same = false;
    bool *known = arena_array_of(g->cx->arena, bool, count + 1);
    if (!known)
        return STATUS_MEMORY;
    TRY(recall(g, rids, count, ret_gists, known, &same));
    TRY(read_missing(g, rids, count, ret_gists, known));
    if (!same)
        return STATUS_OK;
    pthread_mutex_lock(&gists->lock);
    for (size_t i = 0; i < count && gists->change == g->change; i++)
        if (!known[i])
            remember(gists, rids[i], ret_gists[i]);
    pthread_mutex_unlock(&gists->lock);
    return STATUS_OK;
}

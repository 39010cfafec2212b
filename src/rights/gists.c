/* rights/gists.c - gists that are remembered, in two tables and a list. */
#include "rights/gists.h"

enum {
    BYTES_MAX = 96 << 20,
    LASTING_BYTES = 4 << 20,
    SLOTS_FIRST = 1024,
    REFUSALS_MAX = 1 << 17,
};

Status gists_init(Gists *gists, size_t bytes_max, uint64_t rules)
{
    *gists = (Gists){.arena = arena_new(bytes_max ? bytes_max : BYTES_MAX, true),
                     .lasting = arena_new(LASTING_BYTES, true),
                     .rules = rules};
    if (gists->arena && gists->lasting)
        return STATUS_OK;
    gists_clear(gists);
    return STATUS_MEMORY;
}

void gists_clear(Gists *gists)
{
    arena_free(gists->arena);
    arena_free(gists->lasting);
}

void gists_forget_rows(Gists *gists)
{
    arena_clear(gists->arena);
    gists->slots = NULL;
    gists->size = gists->used = 0;
    gists->patients = NULL;
    gists->patient_size = gists->patient_used = 0;
    gists->whole = false;
}

void gists_forget(Gists *gists)
{
    gists_forget_rows(gists);
    arena_clear(gists->lasting);
    gists->refusals = NULL;
    gists->refusal_count = gists->refusal_room = 0;
    gists->refused = false;
}

/* In one piece with its names, because there are many. */
static Gist *copy_one(Arena *arena, const Gist *gist)
{
    size_t who = gist->who_count * sizeof(GistWho);
    char *piece = arena_alloc_raw(arena, sizeof(Gist) + who + gist->name.len + gist->about.len);
    if (!piece)
        return NULL;
    Gist *to = (Gist *)piece;
    *to = *gist;
    to->next = NULL;
    piece += sizeof(Gist);
    if (who)
        memcpy(piece, gist->who, who);
    to->who = (const GistWho *)piece;
    piece += who;
    memcpy(piece, gist->name.at, gist->name.len);
    to->name.at = piece;
    piece += gist->name.len;
    if (gist->about.len)
        memcpy(piece, gist->about.at, gist->about.len);
    to->about.at = piece;
    return to;
}

Gist *gist_copy(Arena *arena, const Gist *gist)
{
    Gist *first = NULL, **end = &first;
    for (; gist; gist = gist->next) {
        *end = copy_one(arena, gist);
        if (!*end)
            return NULL;
        end = &(*end)->next;
    }
    return first;
}

/* ---- resources ------------------------------------------------------------------------------- */

static GistSlot *slot_of(const Gists *gists, uint64_t rid)
{
    size_t i = (size_t)((rid * 0x9E3779B97F4A7C15u) >> 20) & (gists->size - 1);
    while (gists->slots[i].rid && gists->slots[i].rid != rid)
        i = (i + 1) & (gists->size - 1);
    return &gists->slots[i];
}

static bool grow(Gists *gists)
{
    Gists larger = *gists;
    larger.size = gists->size ? gists->size * 2 : SLOTS_FIRST;
    larger.slots = arena_array_of(gists->arena, GistSlot, larger.size);
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < gists->size; i++)
        if (gists->slots[i].rid)
            *slot_of(&larger, gists->slots[i].rid) = gists->slots[i];
    if (gists->slots)
        arena_drop(gists->arena, gists->slots);
    gists->slots = larger.slots;
    gists->size = larger.size;
    return true;
}

const GistSlot *gists_find(const Gists *gists, uint64_t rid)
{
    const GistSlot *slot = gists->size ? slot_of(gists, rid) : NULL;
    return slot && slot->rid && !slot->gone ? slot : NULL;
}

bool gists_put(Gists *gists, uint64_t rid, const Gist *gist)
{
    if ((gists->used + 1) * 3 > gists->size * 2 && !grow(gists))
        return false;
    Gist *kept = gist_copy(gists->arena, gist);
    if (gist && !kept)
        return false;
    GistSlot *slot = slot_of(gists, rid);
    gists->used += slot->rid == 0;
    *slot = (GistSlot){.rid = rid, .gist = kept};
    return true;
}

void gists_touch(Gists *gists, uint64_t rid, bool consent)
{
    GistSlot *slot = gists->size ? slot_of(gists, rid) : NULL;
    if (!slot || !slot->rid)
        return;
    slot->gone = true;
    if (consent)
        gists_doubt(gists, slot->gist);
}

/* ---- patients -------------------------------------------------------------------------------- */

static PatientSlot *patient_slot(const Gists *gists, uint64_t patient)
{
    size_t i = (size_t)(patient >> 20) & (gists->patient_size - 1); /* a keyed hash already */
    while (gists->patients[i].patient && gists->patients[i].patient != patient)
        i = (i + 1) & (gists->patient_size - 1);
    return &gists->patients[i];
}

static bool grow_patients(Gists *gists)
{
    Gists larger = *gists;
    larger.patient_size = gists->patient_size ? gists->patient_size * 2 : SLOTS_FIRST;
    larger.patients = arena_array_of(gists->arena, PatientSlot, larger.patient_size);
    if (!larger.patients)
        return false;
    for (size_t i = 0; i < gists->patient_size; i++)
        if (gists->patients[i].patient)
            *patient_slot(&larger, gists->patients[i].patient) = gists->patients[i];
    if (gists->patients)
        arena_drop(gists->arena, gists->patients);
    gists->patients = larger.patients;
    gists->patient_size = larger.patient_size;
    return true;
}

/* The slot of a patient, made when there is none; NULL without memory. */
static PatientSlot *make_patient(Gists *gists, uint64_t patient, bool known)
{
    if ((gists->patient_used + 1) * 3 > gists->patient_size * 2 && !grow_patients(gists))
        return NULL;
    PatientSlot *slot = patient_slot(gists, patient);
    if (!slot->patient) {
        *slot = (PatientSlot){.patient = patient, .known = known};
        gists->patient_used++;
    }
    return slot;
}

const PatientSlot *gists_find_patient(const Gists *gists, uint64_t patient)
{
    const PatientSlot *slot = gists->patient_size ? patient_slot(gists, patient) : NULL;
    return slot && slot->patient ? slot : NULL;
}

bool gists_begin_patient(Gists *gists, uint64_t patient)
{
    PatientSlot *slot = make_patient(gists, patient, true);
    if (!slot)
        return false;
    slot->consents = NULL;
    slot->known = true;
    return true;
}

static bool has_consent(const PatientSlot *slot, uint64_t rid)
{
    for (const ConsentOf *one = slot->consents; one; one = one->next)
        if (one->rid == rid)
            return true;
    return false;
}

bool gists_add_consent(Gists *gists, const Gist *gist, bool fills)
{
    for (; gist; gist = gist->next) {
        if (!gist->patient)
            continue;
        PatientSlot *slot = fills ? make_patient(gists, gist->patient, true)
                                  : (PatientSlot *)gists_find_patient(gists, gist->patient);
        if (!slot && fills)
            return false;
        if (!slot || has_consent(slot, gist->rid))
            continue;
        ConsentOf *one = arena_new_of(gists->arena, ConsentOf);
        if (!one)
            return false;
        *one = (ConsentOf){slot->consents, gist->rid};
        slot->consents = one;
    }
    return true;
}

/* Also who has no slot: where all consents are here, that would mean that he has none. */
void gists_doubt(Gists *gists, const Gist *gist)
{
    for (; gist; gist = gist->next) {
        PatientSlot *slot = gist->patient ? make_patient(gists, gist->patient, false) : NULL;
        if (slot) {
            slot->known = false;
        } else if (gist->patient) {
            gists_forget_rows(gists); /* and the gist with them, where it stood there */
            return;
        }
    }
}

void gists_doubt_all(Gists *gists)
{
    gists->whole = false;
    for (size_t i = 0; i < gists->patient_size; i++)
        gists->patients[i].known = false;
}

/* ---- who refuses a whole profession ---------------------------------------------------------- */

/* What cannot be kept is not known. */
void gists_add_refusal(Gists *gists, uint64_t rid)
{
    if (gists->refusal_count == gists->refusal_room) {
        size_t room = gists->refusal_room ? gists->refusal_room * 2 : 64;
        uint64_t *larger =
            room > REFUSALS_MAX
                ? NULL
                : arena_realloc(gists->lasting, gists->refusals,
                                gists->refusal_room * sizeof(*larger), room * sizeof(*larger));
        if (!larger) {
            gists->refused = false;
            return;
        }
        gists->refusals = larger;
        gists->refusal_room = room;
    }
    gists->refusals[gists->refusal_count++] = rid;
}

void gists_note_refusal(Gists *gists, const Gist *gist)
{
    for (; gist; gist = gist->next)
        if (gist->professions) {
            gists_add_refusal(gists, gist->rid);
            return;
        }
}

/* booking/agenda_load.c - the rules of the whole network, read once and kept by the process until
 * somebody changes one of them (operation_changed), on whatever node.
 *
 * A Book is never changed: who asks holds it until his request is over, whoever has replaced it
 * meanwhile. Zones know days of their own and are opened for each question. */
#include "booking/internal.h"

#include <pthread.h>
#include <stdatomic.h>

/* A condition needs a criterion; this one holds for every resource. */
#define ALL            STR("_lastUpdated=ge1970-01-01")
#define BOOK_BYTES_MAX ((size_t)256 << 20)
enum { ROOM_FIRST = 64 };

typedef struct {
    atomic_uint holders;
    Arena *arena; /* it lives there itself */
    Agenda agenda;
    const Str *words; /* the zone of each place; empty: the usual one */
} Book;

typedef struct {
    Arena *home;
    pthread_mutex_t lock;
    Book *book; /* NULL: to be read */
    uint64_t change;
} Memory;

static void let_go(void *thing)
{
    Book *book = thing;
    if (atomic_fetch_sub(&book->holders, 1) == 1)
        arena_free(book->arena);
}

static void forget(Memory *memory)
{
    if (memory->book)
        let_go(memory->book);
    memory->book = NULL;
}

static void release(void *thing)
{
    Memory *memory = thing;
    forget(memory);
    pthread_mutex_destroy(&memory->lock);
    arena_free(memory->home);
}

static void *make(void)
{
    Arena *home = arena_new(4 << 10, false);
    Memory *memory = home ? arena_new_of(home, Memory) : NULL;
    if (!memory) {
        if (home)
            arena_free(home);
        return NULL;
    }
    memory->home = home;
    pthread_mutex_init(&memory->lock, NULL);
    return memory;
}

static const OperationMemory kind = {make, release};

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct {
    Operation *op;
    Ctx cx; /* of the book */
    Agenda *agenda;
    Service *services;
    Member *members;
    Place *places;
    size_t service_room, member_room, place_room;
    Str *words;
} Loading;

/* A copy that lives as long as the book. */
static Status keep(Loading *l, const JsonValue *resource, JsonValue **ret_kept)
{
    Buf buf;
    buf_init(&buf, l->cx.arena, 4096, BOOKING_BODY_MAX);
    json_write(&buf, resource, false);
    TRY(buf_done(&buf));
    return json_parse(&l->cx, buf_str(&buf), ret_kept);
}

static Status take_service(void *of, const OperationRow *row)
{
    Loading *l = of;
    JsonValue *kept;
    size_t *count = &l->agenda->service_count;
    l->services =
        arena_grow(l->cx.arena, l->services, sizeof(Service), *count, &l->service_room, ROOM_FIRST);
    l->agenda->services = l->services;
    if (!l->services)
        return STATUS_MEMORY;
    TRY(keep(l, row->resource, &kept));
    TRY(rules_read_service(&l->cx, kept, &l->services[*count]));
    *count += l->services[*count].active;
    return STATUS_OK;
}

static Status take_member(void *of, const OperationRow *row)
{
    Loading *l = of;
    JsonValue *kept;
    size_t *count = &l->agenda->member_count;
    l->members =
        arena_grow(l->cx.arena, l->members, sizeof(Member), *count, &l->member_room, ROOM_FIRST);
    l->agenda->members = l->members;
    if (!l->members)
        return STATUS_MEMORY;
    TRY(keep(l, row->resource, &kept));
    TRY(rules_read_member(&l->cx, kept, &l->members[*count]));
    *count += l->members[*count].active && l->members[*count].window_count;
    return STATUS_OK;
}

static Status take_place(void *of, const OperationRow *row)
{
    Loading *l = of;
    JsonValue *kept;
    size_t *count = &l->agenda->place_count;
    l->places =
        arena_grow(l->cx.arena, l->places, sizeof(Place), *count, &l->place_room, ROOM_FIRST);
    l->agenda->places = l->places;
    if (!l->places)
        return STATUS_MEMORY;
    TRY(keep(l, row->resource, &kept));
    TRY(rules_read_place(&l->cx, kept, &l->places[*count]));
    *count += l->places[*count].active;
    return STATUS_OK;
}

static Status zone_of_organization(Loading *l, Str name, Str *ret_zone)
{
    OperationRows rows;
    Str id = name, type = str_cut(&id, '/');
    *ret_zone = STR_EMPTY;
    if (!str_eq(type, STR("Organization")) || !id.at || !fhir_id_is(id))
        return STATUS_OK;
    TRY(operation_apart(l->op));
    Str query = arena_format(l->op->cx->arena, "_id=" STR_FMT, STR_ARG(id));
    TRY(operation_find(l->op, STR("Organization"), query, 1, &rows));
    if (rows.count)
        *ret_zone = json_str(rules_extension(rows.rows[0].resource, STR("urn:aceso:zone"), 0));
    *ret_zone = arena_str(l->cx.arena, *ret_zone);
    operation_together(l->op);
    return ret_zone->at ? STATUS_OK : STATUS_MEMORY;
}

/* Its own, of what it is part of, of its organisation. */
static Status zone_word(Loading *l, const Place *place, Str *ret_zone)
{
    enum { UP_MAX = 8 };
    Str organization = STR_EMPTY;
    for (unsigned up = 0; place && up < UP_MAX; up++) {
        *ret_zone = place->zone;
        if (place->zone.len)
            return STATUS_OK;
        organization = place->organization.len ? place->organization : organization;
        place = agenda_place(l->agenda, place->part_of);
    }
    return zone_of_organization(l, organization, ret_zone);
}

static int compare_names(const void *a, const void *b)
{
    return str_cmp(((const Named *)a)->name, ((const Named *)b)->name);
}

static Status sort_names(Loading *l)
{
    Agenda *agenda = l->agenda;
    Named *services = arena_array_of(l->cx.arena, Named, agenda->service_count + 1),
          *places = arena_array_of(l->cx.arena, Named, agenda->place_count + 1);
    if (!services || !places)
        return STATUS_MEMORY;
    for (size_t i = 0; i < agenda->service_count; i++)
        services[i] = (Named){agenda->services[i].name, i};
    for (size_t i = 0; i < agenda->place_count; i++)
        places[i] = (Named){agenda->places[i].name, i};
    qsort(services, agenda->service_count, sizeof(Named), compare_names);
    qsort(places, agenda->place_count, sizeof(Named), compare_names);
    agenda->service_names = services;
    agenda->place_names = places;
    return STATUS_OK;
}

static Status load(Loading *l)
{
    TRY(operation_each(l->op, STR("HealthcareService"), ALL, take_service, l));
    TRY(operation_each(l->op, STR("PractitionerRole"), ALL, take_member, l));
    TRY(operation_each(l->op, STR("Location"), ALL, take_place, l));
    TRY(sort_names(l));
    l->words = arena_array_of(l->cx.arena, Str, l->agenda->place_count + 1);
    if (!l->words)
        return STATUS_MEMORY;
    for (size_t i = 0; i < l->agenda->place_count; i++)
        TRY(zone_word(l, &l->agenda->places[i], &l->words[i]));
    return STATUS_OK;
}

/* ---- remembering ----------------------------------------------------------------------------- */

static Status read_book(Memory *memory, Operation *op)
{
    OperationRows rows;
    bool many;
    uint64_t change = UINT64_MAX; /* the number of this snapshot alone */
    TRY(operation_changed(op, STR("PractitionerRole"), &change, &rows, &many));
    Arena *arena = arena_new(BOOK_BYTES_MAX, false);
    Book *book = arena ? arena_new_of(arena, Book) : NULL;
    if (!book) {
        if (arena)
            arena_free(arena);
        return STATUS_MEMORY;
    }
    book->arena = arena;
    atomic_init(&book->holders, 1);
    Loading loading = {.op = op, .cx = {.arena = arena}, .agenda = &book->agenda};
    Status status = load(&loading);
    book->words = loading.words;
    if (status != STATUS_OK) {
        let_go(book);
        return status;
    }
    memory->book = book;
    memory->change = change;
    return STATUS_OK;
}

/* Forgets what is old. A snapshot that is older than the book is served by it too: rules that are
 * a moment newer do no harm. */
static Status check_book(Memory *memory, Operation *op)
{
    static const Str types[] = {STR_INIT("PractitionerRole"), STR_INIT("HealthcareService"),
                                STR_INIT("Location"), STR_INIT("Organization")};
    uint64_t latest = memory->change;
    for (size_t i = 0; i < COUNT_OF(types) && memory->book; i++) {
        OperationRows rows;
        bool many;
        uint64_t since = memory->change;
        TRY(operation_changed(op, types[i], &since, &rows, &many));
        latest = since > latest ? since : latest;
        if (many || rows.count)
            forget(memory);
    }
    memory->change = latest;
    return STATUS_OK;
}

/* The zone of that name, once for all its places. */
static Status open_zone(Ctx *cx, const Agenda *agenda, Str word, size_t before,
                        const Zone **ret_zone)
{
    *ret_zone = agenda->usual;
    if (!word.len || str_eq(word, zone_name(agenda->usual)))
        return STATUS_OK;
    for (size_t i = 0; i < before; i++)
        if (str_eq(zone_name(agenda->zones[i]), word)) {
            *ret_zone = agenda->zones[i];
            return STATUS_OK;
        }
    return zone_open(cx, word, ret_zone);
}

static Status open_zones(Ctx *cx, const Book *book, Agenda *agenda)
{
    agenda->zones = arena_array_of(cx->arena, const Zone *, agenda->place_count + 1);
    if (!agenda->zones)
        return STATUS_MEMORY;
    TRY(zone_open(cx, ZONE_DEFAULT, &agenda->usual));
    for (size_t i = 0; i < agenda->place_count; i++)
        TRY(open_zone(cx, agenda, book->words[i], i, &agenda->zones[i]));
    return STATUS_OK;
}

Status agenda_load(Operation *op, Agenda *ret_agenda)
{
    Memory *memory = operation_memory(op, &kind);
    void **hold = arena_defer(op->cx->arena, let_go, NULL);
    if (!memory || !hold)
        return STATUS_MEMORY;
    bool before = operation_own(op, true);
    pthread_mutex_lock(&memory->lock);
    Status status = check_book(memory, op);
    if (status == STATUS_OK && !memory->book)
        status = read_book(memory, op);
    Book *book = status == STATUS_OK ? memory->book : NULL;
    if (book) {
        atomic_fetch_add(&book->holders, 1);
        *hold = book;
    }
    pthread_mutex_unlock(&memory->lock);
    operation_own(op, before);
    TRY(status);
    *ret_agenda = book->agenda;
    return open_zones(op->cx, book, ret_agenda);
}

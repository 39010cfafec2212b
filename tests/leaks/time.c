/* How long hidden and absent take: docs/internals/leaks.md, "Time".
 *
 *   leaks_time [--asks N]
 *
 * One interaction after the other is asked about a resource that its caller may not see and about
 * one that never was, by turns, each time another one, and prepared in this process without a
 * socket and without a commit: what a stopwatch at the end of a wire sees is this and much noise.
 * Prints the medians and how often a hidden one took longer than the absent one beside it. */
#include <time.h>

#include "sight_fixture.h"

enum { PEOPLE = 500, ROUNDS_MAX = 100000 };

typedef enum {
    READ,
    SEARCH,
    SEARCH_IDENTIFIER,
    CREATE,
    UPDATE,
    PATCH,
    REMOVE,
    VREAD,
    HISTORY
} Kind;

static const struct {
    const char *what;
    Kind kind;
} interactions[] = {
    {"read by id", READ},
    {"search by id", SEARCH},
    {"search by identifier", SEARCH_IDENTIFIER},
    {"conditional create", CREATE},
    {"PUT to an id", UPDATE},
    {"PATCH of an id", PATCH},
    {"DELETE of an id", REMOVE},
    {"version", VREAD},
    {"history", HISTORY},
};

static Fixture f;
static const Access *gp;
static unsigned asks = 2000;

static Str patient_text(Arena *arena, const char *id)
{
    return arena_format(arena,
                        "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"name\":[{\"family\":\"Van "
                        "den Berghe\",\"given\":[\"Marie\",\"Louise\"]}],\"identifier\":[{"
                        "\"system\":\"urn:n\",\"value\":\"%s\"}],\"gender\":\"female\","
                        "\"birthDate\":\"1961-04-05\",\"address\":[{\"line\":[\"Kerkstraat 17\"],"
                        "\"city\":\"Leuven\",\"postalCode\":\"3000\"}]}",
                        id, id);
}

static void name_of(char id[16], bool hidden, unsigned number)
{
    snprintf(id, 16, "%s%05u", hidden ? "hid" : "not", number % PEOPLE);
}

/* As after a start: what is in the store is in its file, and not in what was just written. */
static void start_again(void)
{
    RecordOptions how = {.client_ids = true, .base = STR("http://test/fhir"), .words = true};
    record_free(f.record);
    store_close(f.store);
    StoreOptions options = store_place(f.forever, f.folder);
    check_int(store_open(&f.cx, &options, &f.store), STATUS_OK);
    check_int(record_new(&f.cx, f.store, f.access, &how, &f.record), STATUS_OK);
    fixture_clear(&f);
}

static void fill(void)
{
    static const char *const patients[] = {"Patient/seen", NULL};
    fixture_open(&f, true);
    for (unsigned i = 0; i < PEOPLE; i++) {
        char id[16];
        name_of(id, true, i);
        check_int(
            fixture_put(&f, STR("Patient"), str_of(id), patient_text(f.cx.arena, id), STR_EMPTY),
            STATUS_OK);
        fixture_clear(&f);
    }
    start_again();
    gp = person_of(&f, "Practitioner/gp", rights_of(&f, ROLE_GP, patients, mask_of_all()));
}

static void prepare(Kind kind, const char *id, const Call *call)
{
    Str type = STR("Patient"), by = str_of(id);
    RecordScope scope = {.type = type};
    Reply *reply = &f.reply;
    switch (kind) {
    case READ: (void)record_read(f.record, &f.cx, call, type, by, reply); break;
    case SEARCH:
    case SEARCH_IDENTIFIER: (void)record_search(f.record, &f.cx, call, &scope, reply); break;
    case CREATE:
        (void)record_create(f.record, &f.cx, call, type,
                            fixture_body(&f, patient_text(f.cx.arena, "x")), reply);
        break;
    case UPDATE:
        (void)record_update(f.record, &f.cx, call, type, by,
                            fixture_body(&f, patient_text(f.cx.arena, id)), reply);
        break;
    case PATCH:
        (void)record_patch(
            f.record, &f.cx, call, type, by,
            fixture_body(&f, STR("[{\"op\":\"add\",\"path\":\"/active\",\"value\":true}]")), reply);
        break;
    case REMOVE: (void)record_delete(f.record, &f.cx, call, type, by, reply); break;
    case VREAD: (void)record_vread(f.record, &f.cx, call, type, by, STR("1"), reply); break;
    case HISTORY: (void)record_history(f.record, &f.cx, call, type, by, reply); break;
    }
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double once(Kind kind, bool hidden, unsigned number)
{
    char id[16];
    name_of(id, hidden, number);
    Call call = fixture_call(&f);
    call.access = gp;
    if (kind == SEARCH)
        call.query = arena_format(f.cx.arena, "_id=%s", id);
    if (kind == SEARCH_IDENTIFIER)
        call.query = arena_format(f.cx.arena, "identifier=urn:n|%s", id);
    if (kind == CREATE)
        call.if_none_exist = arena_format(f.cx.arena, "identifier=urn:n|%s", id);
    double begin = now_ns();
    prepare(kind, id, &call);
    double end = now_ns();
    record_settled(&f.reply);
    fixture_clear(&f);
    return end - begin;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void measure(const char *what, Kind kind)
{
    static double hidden[ROUNDS_MAX], absent[ROUNDS_MAX];
    unsigned longer = 0, warm = asks / 10;
    for (unsigned i = 0; i < asks + warm; i++) {
        unsigned at = i < warm ? 0 : i - warm;
        bool first = i % 2; /* by turns who comes first */
        double one = once(kind, first, i), other = once(kind, !first, i);
        hidden[at] = first ? one : other;
        absent[at] = first ? other : one;
        longer += i >= warm && hidden[at] > absent[at];
    }
    qsort(hidden, asks, sizeof(double), by_size);
    qsort(absent, asks, sizeof(double), by_size);
    printf("| %s | %.2f | %.2f | %+.2f | %u %% |\n", what, hidden[asks / 2] / 1000,
           absent[asks / 2] / 1000, (hidden[asks / 2] - absent[asks / 2]) / 1000,
           100 * longer / asks);
}

int main(int argc, char **argv)
{
    uint64_t number;
    if (argc == 3 && !strcmp(argv[1], "--asks") && str_to_u64(str_of(argv[2]), &number) && number &&
        number <= ROUNDS_MAX)
        asks = (unsigned)number;
    fill();
    printf(
        "| interaction | hidden, us | absent, us | difference | longer |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < COUNT_OF(interactions); i++)
        measure(interactions[i].what, interactions[i].kind);
    fixture_close(&f);
    return 0;
}

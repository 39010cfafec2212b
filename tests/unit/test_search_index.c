/* The index made anew, and SearchParameters: whatever happens meanwhile, in the end the keys in
 * the store are exactly those that its resources have. */
#include "record_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "fhir/fhir.h"
#include "search/search.h"

enum { PATIENTS = 600, WAIT_S = 100, KILLS_MAX = 50 };

static void pause_ms(long ms)
{
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&pause, NULL);
}

/* ---- what is there ----------------------------------------------------------------------------
 */

static Search *index_of(Fixture *f)
{
    return record_index(f->record);
}

static Str patient(Fixture *f, unsigned number, unsigned round)
{
    return arena_format(f->cx.arena,
                        "{\"resourceType\":\"Patient\",\"id\":\"p%u\",\"active\":true,"
                        "\"name\":[{\"family\":\"Name%u\",\"given\":[\"Round%u\"]}],"
                        "\"birthDate\":\"19%02u-03-01\",\"maritalStatus\":{\"text\":\"m%u\"},"
                        "\"multipleBirthInteger\":%u}",
                        number, number, round, 10 + number % 80, number % 7, number % 5);
}

static void put_patient(Fixture *f, unsigned number, unsigned round)
{
    Str id = arena_format(f->cx.arena, "p%u", number);
    check_int(fixture_put(f, STR("Patient"), id, patient(f, number, round), STR_EMPTY), STATUS_OK);
    fixture_clear(f);
}

static void fill(Fixture *f)
{
    for (unsigned i = 0; i < PATIENTS; i++)
        put_patient(f, i, 0);
}

static size_t count_of(Fixture *f, const char *query)
{
    Str text = arena_format(f->cx.arena, "%s&_summary=count", query);
    check_int(fixture_search(f, STR("Patient"), text), STATUS_OK);
    uint64_t total = 0;
    check(str_to_u64(json_str(json_get(fixture_json(f), STR("total"))), &total));
    fixture_clear(f);
    return (size_t)total;
}

static int compare(const void *a, const void *b)
{
    return str_cmp(*(const Str *)a, *(const Str *)b);
}

typedef struct {
    Str *keys;
    size_t count, room;
} List;

static void append(Fixture *f, List *list, Str key)
{
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 4096;
        list->keys =
            arena_realloc(f->cx.arena, list->keys, list->room * sizeof(Str), room * sizeof(Str));
        list->room = room;
    }
    list->keys[list->count++] = arena_str(f->cx.arena, key);
}

static List keys_of_resources(Fixture *f, StoreReader *reader)
{
    List list = {0};
    uint64_t end = store_new_rid(f->store);
    for (uint64_t rid = 1; rid < end; rid++) {
        StoreRow row;
        JsonValue *resource;
        SearchKeys keys;
        if (store_get_rid(reader, rid, true, &row) != STATUS_OK || row.deleted)
            continue;
        check_int(json_parse(&f->cx, row.body, &resource), STATUS_OK);
        SearchSource source = {row.type, resource, rid, row.updated};
        check_int(search_keys(index_of(f), &f->cx, &source, &keys), STATUS_OK);
        for (size_t i = 0; i < keys.count; i++)
            append(f, &list, keys.keys[i]);
    }
    if (list.count)
        qsort(list.keys, list.count, sizeof(Str), compare);
    return list;
}

static List keys_of_store(Fixture *f, StoreReader *reader)
{
    List list = {0};
    StoreCursor *cursor;
    const char first = STORE_KIND_FIRST;
    check_int(store_cursor(reader, STR_EMPTY, &cursor), STATUS_OK);
    check_int(store_cursor_seek(cursor, str_n(&first, 1)), STATUS_OK);
    for (Str key;;) {
        check_int(store_cursor_next(cursor, &key), STATUS_OK);
        if (!key.at)
            return list;
        append(f, &list, key);
    }
}

static void check_exact(Fixture *f)
{
    StoreReader *reader;
    fixture_clear(f);
    check_int(store_read_begin(f->store, &f->cx, f->access, &reader), STATUS_OK);
    List wanted = keys_of_resources(f, reader), there = keys_of_store(f, reader);
    store_read_end(reader);
    check(wanted.count > 0);
    for (size_t i = 0; i < wanted.count && i < there.count; i++) {
        if (!str_eq(wanted.keys[i], there.keys[i]))
            fail_msg("key %zu of %zu is another one: kind %02x, number %02x%02x, expected %02x, "
                     "%02x%02x",
                     i, wanted.count, there.keys[i].at[0] & 255, there.keys[i].at[1] & 255,
                     there.keys[i].at[2] & 255, wanted.keys[i].at[0] & 255,
                     wanted.keys[i].at[1] & 255, wanted.keys[i].at[2] & 255);
    }
    check_int(there.count, wanted.count);
    fixture_clear(f);
}

/* ---- the indexer
 * ---------------------------------------------------------------------------------- */

static void start(Fixture *f)
{
    check_int(search_indexer_start(index_of(f), &f->cx, NULL, NULL), STATUS_OK);
}

static void wait_until_done(Fixture *f)
{
    SearchProgress progress;
    Time end = time_monotonic() + WAIT_S * TIME_SECOND;
    for (;;) {
        search_progress(index_of(f), &progress);
        if (!progress.busy)
            break;
        check(!progress.stuck);
        if (time_monotonic() > end)
            fail_msg("the index is not complete after %d s (%llu of %llu)", WAIT_S,
                     (unsigned long long)progress.done, (unsigned long long)progress.all);
        pause_ms(2);
    }
    check(progress.open);
    check_int(progress.failed, 0);
}

static void open_at(Fixture *f, Str base)
{
    StoreOptions options = store_place(f->forever, f->folder);
    RecordOptions how = {.client_ids = true, .words = true, .base = base};
    check_int(store_open(&f->cx, &options, &f->store), STATUS_OK);
    check_int(record_new(&f->cx, f->store, f->access, &how, &f->record), STATUS_OK);
    fixture_clear(f);
}

static void open_again(Fixture *f)
{
    open_at(f, STR_EMPTY);
}

static void close_it(Fixture *f)
{
    record_free(f->record);
    store_close(f->store);
}

static void drop_state(Fixture *f, const char *state)
{
    StoreItem item = {STR("index"), STR("state"), str_of(state)};
    StoreCommit commit = {.items = &item, .item_count = 1};
    check_int(store_commit(f->store, &f->cx, f->access, &commit), STATUS_OK);
}

/* ---- another version of the keys
 * ---------------------------------------------------------------------- */

static void keys_of_another_version_answer_nothing(void **state)
{
    static const struct {
        const char *why, *state;
    } cases[] = {
        {"a store of before there were versions", ""},
        {"another format", "{\"format\":1,\"digest\":\"0\",\"open\":true,\"slots\":\"aaa\"}"},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        Fixture f;
        fixture_open(&f, true);
        fill(&f);
        drop_state(&f, c->state);
        close_it(&f);
        open_again(&f);
        check_int(fixture_search(&f, STR("Patient"), STR("name=Name1")), STATUS_UNAVAILABLE);
        fixture_clear(&f);
        Call call = fixture_call(&f);
        call.if_none_exist = STR("name=Name1");
        (void)record_create(f.record, &f.cx, &call, STR("Patient"),
                            fixture_body(&f, patient(&f, 1, 0)), &f.reply);
        check_int(fixture_finish(&f, &call), STATUS_UNAVAILABLE);
        fixture_clear(&f);
        check_int(fixture_read(&f, STR("Patient"), STR("p1"), STR_EMPTY), STATUS_OK);
        fixture_clear(&f);
        put_patient(&f, 1, 7); /* writing goes on */
        check_int(fixture_delete(&f, STR("Patient"), STR("p2")), STATUS_OK);
        put_patient(&f, PATIENTS, 7);
        start(&f);
        wait_until_done(&f);
        check_int(count_of(&f, "given=Round0"), PATIENTS - 2);
        check_int(count_of(&f, "given=Round7"), 2);
        check_exact(&f);
        fixture_close(&f);
    }
}

/* A reference to this server's own address is one to the resource here. */
static void another_address_makes_references_anew(void **state)
{
    Fixture f;
    SearchProgress progress;
    UNUSED(state);
    fixture_open(&f, true);
    fill(&f);
    check_int(fixture_put(&f, STR("Patient"), STR("linked"),
                          STR("{\"resourceType\":\"Patient\",\"id\":\"linked\",\"link\":[{\"type\":"
                              "\"seealso\",\"other\":{\"reference\":"
                              "\"https://new/fhir/Patient/p1\"}}]}"),
                          STR_EMPTY),
              STATUS_OK);
    check_int(count_of(&f, "link=Patient/p1"), 0);
    close_it(&f);
    open_at(&f, STR("https://new/fhir"));
    search_progress(index_of(&f), &progress);
    check(progress.open && progress.busy);
    check_int(count_of(&f, "name=name1"), 111); /* 1, 10-19, 100-199 */
    start(&f);
    wait_until_done(&f);
    check_int(count_of(&f, "link=Patient/p1"), 1);
    check_exact(&f);
    close_it(&f);
    open_at(&f, STR("https://new/fhir"));
    search_progress(index_of(&f), &progress);
    check(progress.open && !progress.busy); /* the same address: nothing to do */
    fixture_close(&f);
}

/* ---- while others write and search
 * ---------------------------------------------------------------------- */

typedef struct {
    Fixture *f;
    atomic_bool stop;
    unsigned seed, writes;
    bool failed;
} Worker;

static Status write_something(Worker *w, Fixture *mine)
{
    unsigned number = (unsigned)rand_r(&w->seed) % PATIENTS;
    Str id = arena_format(mine->cx.arena, "p%u", number);
    Status status =
        rand_r(&w->seed) % 8
            ? fixture_put(mine, STR("Patient"), id, patient(mine, number, 1 + w->writes), STR_EMPTY)
            : fixture_delete(mine, STR("Patient"), id);
    w->writes++;
    return status == STATUS_CONFLICT ? STATUS_OK : status;
}

static void *write_on(void *of)
{
    Worker *w = of;
    Fixture mine = *w->f;
    mine.cx = (Ctx){.arena = arena_new((size_t)64 << 20, false)};
    while (!w->stop) {
        w->failed |= write_something(w, &mine) != STATUS_OK;
        fixture_clear(&mine);
    }
    arena_free(mine.cx.arena);
    return NULL;
}

static void *search_on(void *of)
{
    Worker *w = of;
    Fixture mine = *w->f;
    mine.cx = (Ctx){.arena = arena_new((size_t)64 << 20, false)};
    while (!w->stop) { /* "steady" is never written again */
        w->failed |= fixture_search(&mine, STR("Patient"), STR("name=Steady")) != STATUS_OK ||
                     !str_contains(mine.reply.body, "\"id\":\"steady\"");
        fixture_clear(&mine);
        w->writes++;
    }
    arena_free(mine.cx.arena);
    return NULL;
}

static void others_read_and_write_meanwhile(void **state)
{
    Fixture f;
    pthread_t threads[3];
    Worker workers[3] = {{.f = &f, .seed = 1}, {.f = &f, .seed = 2}, {.f = &f, .seed = 3}};
    UNUSED(state);
    fixture_open(&f, true);
    fill(&f);
    check_int(fixture_put(&f, STR("Patient"), STR("steady"),
                          STR("{\"resourceType\":\"Patient\",\"id\":\"steady\","
                              "\"name\":[{\"family\":\"Steady\"}]}"),
                          STR_EMPTY),
              STATUS_OK);
    fixture_clear(&f);
    start(&f);
    for (unsigned i = 0; i < COUNT_OF(threads); i++)
        check_int(pthread_create(&threads[i], NULL, i ? write_on : search_on, &workers[i]), 0);
    for (unsigned round = 0; round < 4; round++) {
        uint16_t type = round % 2 ? fhir_type_find(STR("Patient")) : 0;
        check_int(search_remake(index_of(&f), &f.cx, type), STATUS_OK);
        wait_until_done(&f);
    }
    for (unsigned i = 0; i < COUNT_OF(threads); i++) {
        workers[i].stop = true;
        check_int(pthread_join(threads[i], NULL), 0);
        check(!workers[i].failed);
        check(workers[i].writes > 0);
    }
    check_exact(&f);
    fixture_close(&f);
}

/* ---- killed in the middle
 * -------------------------------------------------------------------------------- */

/* In a shared store the lease of who was killed runs out in seconds; nobody waits for that here. */
static void forget_lease(Fixture *f)
{
    StoreItem item = {STR("index"), STR("lease"), STR_EMPTY};
    StoreCommit commit = {.items = &item, .item_count = 1};
    check_int(store_commit(f->store, &f->cx, f->access, &commit), STATUS_OK);
}

static _Noreturn void index_in_a_child(Fixture *f)
{
    open_again(f);
    forget_lease(f);
    start(f);
    for (;;)
        pause_ms(100);
}

static void it_goes_on_after_kill(void **state)
{
    Fixture f;
    unsigned middles = 0;
    UNUSED(state);
    fixture_open(&f, true);
    fill(&f);
    drop_state(&f, "");
    close_it(&f);
    long after_ms = 10; /* where the middle is, depends on the machine */
    for (unsigned i = 0; i < KILLS_MAX && middles < 2; i++, after_ms += 1 + after_ms / 8) {
        pid_t child = fork();
        if (child == 0)
            index_in_a_child(&f);
        pause_ms(after_ms);
        check_int(kill(child, SIGKILL), 0);
        check_int(waitpid(child, NULL, 0), child);
        SearchProgress progress;
        open_again(&f);
        search_progress(index_of(&f), &progress);
        check(progress.open ||
              fixture_search(&f, STR("Patient"), STR("name=Name1")) == STATUS_UNAVAILABLE);
        fixture_clear(&f);
        middles += progress.busy && progress.done > 0;
        if (!progress.busy)
            drop_state(&f, ""); /* it was too quick: again */
        close_it(&f);
    }
    check(middles > 0); /* else nothing was tested */
    open_again(&f);
    start(&f);
    wait_until_done(&f);
    check_int(count_of(&f, "given=Round0"), PATIENTS);
    check_exact(&f);
    check_int(store_check(f.store, &f.cx, NULL, NULL), STATUS_OK);
    fixture_close(&f);
}

/* ---- SearchParameters
 * --------------------------------------------------------------------------------------- */

#define PARAM(code, type, base, expression)                                                        \
    "{\"resourceType\":\"SearchParameter\",\"id\":\"" code "\",\"url\":\"http://x/" code           \
    "\",\"name\":\"n\",\"status\":\"active\",\"description\":\"d\",\"code\":\"" code               \
    "\",\"base\":[\"" base "\"],\"type\":\"" type "\",\"expression\":\"" expression "\"}"

static Status put_param(Fixture *f, const char *id, const char *text)
{
    Status status = fixture_put(f, STR("SearchParameter"), str_of(id), str_of(text), STR_EMPTY);
    return status;
}

/* It is written, and what follows from it is done. */
static void param_comes(Fixture *f, const char *id, const char *text)
{
    check_int(put_param(f, id, text), STATUS_OK);
    fixture_clear(f);
    wait_until_done(f);
}

static void a_parameter_comes_changes_and_goes(void **state)
{
    Fixture f;
    UNUSED(state);
    fixture_open(&f, true);
    fill(&f);
    check_int(fixture_search(&f, STR("Patient"), STR("births=3")), STATUS_INVALID);
    fixture_clear(&f);
    check_int(put_param(&f, "births",
                        PARAM("births", "number", "Patient", "Patient.multipleBirth as integer")),
              STATUS_OK);
    fixture_clear(&f);
    start(&f);
    wait_until_done(&f);
    check_int(count_of(&f, "births=3"), PATIENTS / 5);
    put_patient(&f, PATIENTS + 3, 0); /* 603 % 5 == 3 */
    check_int(count_of(&f, "births=3"), PATIENTS / 5 + 1);
    check_exact(&f);
    Call call = fixture_call(&f);
    check_int(record_metadata(f.record, &f.cx, &call, &f.reply), STATUS_OK);
    check(str_contains(f.reply.body, "{\"name\":\"births\",\"definition\":\"http://x/births\""));
    fixture_clear(&f);
    /* Another expression under the same code: what it found before is gone. */
    param_comes(&f, "births", PARAM("births", "string", "Patient", "Patient.maritalStatus.text"));
    check_int(count_of(&f, "births=m3"), (PATIENTS - 4) / 7 + 1);
    check_exact(&f);
    close_it(&f); /* it is still there after a start, without an indexer */
    open_again(&f);
    check_int(count_of(&f, "births=m3"), (PATIENTS - 4) / 7 + 1);
    start(&f);
    check_int(fixture_delete(&f, STR("SearchParameter"), STR("births")), STATUS_OK);
    fixture_clear(&f);
    wait_until_done(&f);
    check_int(fixture_search(&f, STR("Patient"), STR("births=m3")), STATUS_INVALID);
    check_exact(&f);
    fixture_close(&f);
}

/* Whoever remembers what is offered has not to read it again. */
static void who_asks_for_nothing_new_gets_the_same_table(void **state)
{
    Fixture f;
    UNUSED(state);
    fixture_open(&f, true);
    start(&f);
    param_comes(&f, "births",
                PARAM("births", "number", "Patient", "Patient.multipleBirth as integer"));
    uint64_t number = search_offers_number(index_of(&f)), epoch = search_epoch(index_of(&f));
    CASE("it was read before it was asked for");
    search_params_changed(index_of(&f));
    wait_until_done(&f);
    check_int(search_offers_number(index_of(&f)), number);
    check_int(search_epoch(index_of(&f)), epoch);
    CASE("what changes nothing that is searched by is of another epoch all the same");
    param_comes(&f, "draft",
                "{\"resourceType\":\"SearchParameter\",\"id\":\"draft\",\"url\":\"http://x/d\","
                "\"name\":\"n\",\"status\":\"draft\",\"description\":\"d\",\"code\":\"d\","
                "\"base\":[\"Patient\"],\"type\":\"string\"}");
    check_int(search_epoch(index_of(&f)), epoch + 1);
    check_int(count_of(&f, "births=3"), 0);
    fixture_close(&f);
}

/* The query of the next page, forever; counts the rows of this one. */
static Str follow(Fixture *f, Str query, size_t *count)
{
    JsonValue *link;
    Str next = STR_EMPTY;
    check_int(fixture_search(f, STR("Patient"), query), STATUS_OK);
    JsonValue *page = fixture_json(f);
    *count += json_count(json_get(page, STR("entry")));
    for (JsonIter it = json_iter(json_get(page, STR("link"))); json_next(&it, NULL, &link);) {
        Str url = json_get_str(link, STR("url"));
        if (str_eq(json_get_str(link, STR("relation")), STR("next")))
            next = arena_str(f->forever, str_from(url, str_index(url, '?') + 1));
    }
    fixture_clear(f);
    return next;
}

/* SPEC R4 http.html#paging: a link is used hours later. */
static void page_links_outlive_the_index(void **state)
{
    static const char births[] =
        PARAM("births", "number", "Patient", "Patient.multipleBirth as integer");
    static const char others[] = PARAM("births", "string", "Patient", "Patient.maritalStatus.text");
    Fixture f;
    size_t placed = 0, sorted = 0, rest = 0;
    UNUSED(state);
    fixture_open(&f, true);
    fill(&f);
    check_int(put_param(&f, "births", births), STATUS_OK);
    fixture_clear(&f);
    start(&f);
    wait_until_done(&f);
    Str by_place = follow(&f, STR("_count=250"), &placed);
    Str by_births = follow(&f, STR("_sort=births&_count=250"), &sorted), later = by_births;
    check(by_place.len && by_births.len);
    close_it(&f);
    open_again(&f);
    start(&f);
    check_int(search_remake(index_of(&f), &f.cx, 0), STATUS_OK);
    wait_until_done(&f);
    while (by_place.len)
        by_place = follow(&f, by_place, &placed);
    while (by_births.len)
        by_births = follow(&f, by_births, &sorted);
    check_int(placed, PATIENTS);
    check_int(sorted, PATIENTS);
    param_comes(&f, "births", others);
    check_int(fixture_search(&f, STR("Patient"), later), STATUS_INVALID);
    check(f.cx.issues && str_contains(f.cx.issues->diagnostics, "redefined"));
    fixture_clear(&f);
    check(follow(&f, STR("_sort=births&_count=250"), &rest).len > 0);
    param_comes(&f, "births", births); /* what it was: the link is good again */
    for (sorted = 250; later.len;)
        later = follow(&f, later, &sorted);
    check_int(sorted, PATIENTS);
    check_int(fixture_delete(&f, STR("SearchParameter"), STR("births")), STATUS_OK);
    fixture_clear(&f);
    wait_until_done(&f);
    fixture_close(&f);
}

static void a_parameter_is_not_searchable_before_it_is_complete(void **state)
{
    Fixture f;
    UNUSED(state);
    fixture_open(&f, true);
    fill(&f);
    check_int(put_param(&f, "births",
                        PARAM("births", "number", "Patient", "Patient.multipleBirth as integer")),
              STATUS_OK);
    close_it(&f); /* nothing indexes, but it is known */
    open_again(&f);
    check_int(fixture_search(&f, STR("Patient"), STR("births=3")), STATUS_UNAVAILABLE);
    check(f.cx.issues && str_contains(f.cx.issues->diagnostics, "is being indexed"));
    fixture_clear(&f);
    put_patient(&f, 1, 1); /* written before the pass */
    start(&f);
    wait_until_done(&f);
    check_int(count_of(&f, "births=3"), PATIENTS / 5);
    check_int(count_of(&f, "births=1"), PATIENTS / 5);
    check_exact(&f);
    fixture_close(&f);
}

static void a_failing_expression_refuses_no_write(void **state)
{
    Fixture f;
    UNUSED(state);
    fixture_open(&f, true);
    start(&f);
    check_int(
        put_param(&f, "one", PARAM("one", "string", "Patient", "Patient.name.single().family")),
        STATUS_OK);
    fixture_clear(&f);
    Status at_once = fixture_search(&f, STR("Patient"), STR("one=Un"));
    check(at_once == STATUS_OK || at_once == STATUS_UNAVAILABLE); /* never unknown */
    fixture_clear(&f);
    wait_until_done(&f);
    check_int(fixture_put(&f, STR("Patient"), STR("two"),
                          STR("{\"resourceType\":\"Patient\",\"id\":\"two\",\"name\":["
                              "{\"family\":\"Un\"},{\"family\":\"Deux\"}]}"),
                          STR_EMPTY),
              STATUS_OK);
    fixture_clear(&f);
    check_int(fixture_put(&f, STR("Patient"), STR("one"),
                          STR("{\"resourceType\":\"Patient\",\"id\":\"one\",\"name\":["
                              "{\"family\":\"Un\"}]}"),
                          STR_EMPTY),
              STATUS_OK);
    fixture_clear(&f);
    check_int(count_of(&f, "one=Un"), 1);
    check_int(count_of(&f, "name=Un"), 2);
    check_exact(&f);
    fixture_close(&f);
}

static void what_cannot_be_indexed_is_refused(void **state)
{
    static const struct {
        const char *why, *id, *text;
        Status status;
        const char *says;
    } cases[] = {
        {"the code is taken by FHIR", "a", PARAM("name", "string", "Patient", "Patient.name"),
         STATUS_UNPROCESSABLE, "already"},
        {"the code is taken by another", "births2",
         PARAM("births", "number", "Patient", "Patient.multipleBirth as integer"),
         STATUS_UNPROCESSABLE, "already"},
        {"a code that queries could not name", "a",
         PARAM("a:b", "string", "Patient", "Patient.name"), STATUS_UNPROCESSABLE, "code"},
        {"a name of FHIR's own", "a", PARAM("_x", "string", "Patient", "Patient.name"),
         STATUS_UNPROCESSABLE, "code"},
        {"no FHIRPath", "a", PARAM("a", "string", "Patient", "Patient.name..family"),
         STATUS_UNPROCESSABLE, "FHIRPath"},
        {"no such element", "a", PARAM("a", "string", "Patient", "Patient.nmae"),
         STATUS_UNPROCESSABLE, "FHIRPath"},
        {"no such type", "a", PARAM("a", "string", "Patiens", "Patient.name"), STATUS_UNPROCESSABLE,
         ""},
        {"it depends on the day", "a",
         PARAM("a", "string", "Patient", "Patient.where(birthDate < today()).name.family"),
         STATUS_UNPROCESSABLE, "today()"},
        {"special means nothing here", "a", PARAM("a", "special", "Patient", "Patient.name"),
         STATUS_UNPROCESSABLE, "type"},
        {"a composite without components", "a", PARAM("a", "composite", "Patient", "Patient"),
         STATUS_UNPROCESSABLE, "component"},
        {"an expression is needed", "a",
         "{\"resourceType\":\"SearchParameter\",\"id\":\"a\",\"url\":\"http://x\",\"name\":\"n\","
         "\"status\":\"active\",\"description\":\"d\",\"code\":\"a\",\"base\":[\"Patient\"],"
         "\"type\":\"string\"}",
         STATUS_UNPROCESSABLE, "expression"},
        {"a component that is none", "a",
         "{\"resourceType\":\"SearchParameter\",\"id\":\"a\",\"url\":\"http://x\",\"name\":\"n\","
         "\"status\":\"active\",\"description\":\"d\",\"code\":\"a\",\"base\":[\"Patient\"],"
         "\"type\":\"composite\",\"expression\":\"Patient\",\"component\":[{\"definition\":"
         "\"http://nowhere\",\"expression\":\"name\"}]}",
         STATUS_UNPROCESSABLE, "component"},
        {"a draft is kept, whatever it says", "a",
         "{\"resourceType\":\"SearchParameter\",\"id\":\"a\",\"url\":\"http://x\",\"name\":\"n\","
         "\"status\":\"draft\",\"description\":\"d\",\"code\":\"name\",\"base\":[\"Patient\"],"
         "\"type\":\"string\"}",
         STATUS_OK, ""},
        {"the definition that is built in", "a",
         "{\"resourceType\":\"SearchParameter\",\"id\":\"a\","
         "\"url\":\"http://hl7.org/fhir/SearchParameter/Patient-name\",\"name\":\"name\","
         "\"status\":\"active\",\"description\":\"d\",\"code\":\"name\",\"base\":[\"Patient\"],"
         "\"type\":\"string\",\"expression\":\"Patient.name\"}",
         STATUS_OK, ""},
        {"its own code is free for it", "births",
         PARAM("births", "string", "Patient", "Patient.maritalStatus.text"), STATUS_OK, ""},
        {"today as a word is no call", "b",
         PARAM("b", "string", "Patient", "Patient.name.where(text != 'today()').family"), STATUS_OK,
         ""},
        {"of every type", "c", PARAM("c", "token", "Resource", "Resource.meta.tag"), STATUS_OK, ""},
    };
    Fixture f;
    UNUSED(state);
    fixture_open(&f, true);
    start(&f);
    check_int(put_param(&f, "births",
                        PARAM("births", "number", "Patient", "Patient.multipleBirth as integer")),
              STATUS_OK);
    wait_until_done(&f);
    FOR_CASES(cases, c)
    {
        fixture_clear(&f);
        /* The id in the text is the code's; here it is the case's. */
        Str text = str_of(c->text), id = arena_format(f.cx.arena, "\"id\":\"%s\"", c->id);
        const char *at = memmem(text.at, text.len, "\"id\":\"", 6);
        const char *end = memchr(at + 6, '"', text.len);
        text = arena_format(f.cx.arena, STR_FMT STR_FMT "%s",
                            STR_ARG(str_n(text.at, (size_t)(at - text.at))), STR_ARG(id), end + 1);
        Status status = fixture_put(&f, STR("SearchParameter"), str_of(c->id), text, STR_EMPTY);
        if (status != c->status)
            fail_msg("%s: %s, " STR_FMT, c->why, status_name(status),
                     STR_ARG(f.cx.issues ? f.cx.issues->diagnostics : STR_EMPTY));
        bool said = !c->says[0];
        for (const Issue *issue = f.cx.issues; issue && !said; issue = issue->next)
            said = str_contains(issue->diagnostics, c->says) ||
                   str_contains(issue->expression, c->says);
        check(said);
        wait_until_done(&f);
    }
    fixture_close(&f);
}

static void a_composite_of_a_new_parameter_finds(void **state)
{
    Fixture f;
    UNUSED(state);
    fixture_open(&f, true);
    fill(&f);
    start(&f);
    param_comes(&f, "births",
                PARAM("births", "number", "Patient", "Patient.multipleBirth as integer"));
    param_comes(&f, "both",
                "{\"resourceType\":\"SearchParameter\",\"id\":\"both\",\"url\":\"http://x/both\","
                "\"name\":\"n\",\"status\":\"active\",\"description\":\"d\",\"code\":\"both\","
                "\"base\":[\"Patient\"],\"type\":\"composite\",\"expression\":\"Patient\","
                "\"component\":[{\"definition\":\"http://x/births\",\"expression\":"
                "\"multipleBirth as integer\"},{\"definition\":"
                "\"http://hl7.org/fhir/SearchParameter/individual-birthdate\","
                "\"expression\":\"birthDate\"}]}");
    /* number % 5 == 3 and number % 80 == 3: 3, 83, 163 ... */
    check_int(count_of(&f, "both=3$1913"), (PATIENTS - 4) / 80 + 1);
    check_exact(&f);
    fixture_close(&f);
}

/* ---- the bytes of keys
 * -------------------------------------------------------------------------------------- */

/* Stores keep these keys. When this fails because keys are made in another way, raise SEARCH_FORMAT
 * and put the new hash here: stores that are there are then indexed anew when they are opened. */
static void keys_are_those_of_their_version(void **state)
{
    static const char *const resources[] = {
        "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"http://s\",\"value\":\"1\"}],"
        "\"active\":true,\"name\":[{\"family\":\"D\u00fcpont-\u0152uvre\",\"given\":[\"Marie\"]}],"
        "\"telecom\":[{\"system\":\"phone\",\"value\":\"+32 2 1\"}],\"birthDate\":\"1970-02\","
        "\"address\":[{\"city\":\"Li\u00e8ge\"}],\"managingOrganization\":{\"reference\":"
        "\"Organization/o\"},\"contained\":[{\"resourceType\":\"Practitioner\",\"id\":\"x\"}],"
        "\"text\":{\"status\":\"generated\",\"div\":\"<div>Marie is here</div>\"}}",
        "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"coding\":[{\"system\":"
        "\"http://loinc.org\",\"code\":\"4548-4\"}]},\"subject\":{\"reference\":\"Patient/p\"},"
        "\"effectivePeriod\":{\"start\":\"2024-05-01\"},\"valueQuantity\":{\"value\":7.10,"
        "\"comparator\":\"<\",\"unit\":\"mg/dl\",\"system\":\"http://unitsofmeasure.org\",\"code\":"
        "\"mg/dL\"}}",
        "{\"resourceType\":\"RiskAssessment\",\"status\":\"final\",\"subject\":{\"reference\":"
        "\"Patient/p\"},\"prediction\":[{\"probabilityDecimal\":0.25}]}",
        "{\"resourceType\":\"Location\",\"position\":{\"longitude\":4.3,\"latitude\":50.8}}",
        "{\"resourceType\":\"ValueSet\",\"url\":\"http://v|2\",\"status\":\"active\"}",
        "{\"resourceType\":\"Binary\",\"id\":\"b\",\"contentType\":\"text/plain\","
        "\"securityContext\":{\"reference\":\"Condition/c\"}}",
    };
    static const struct {
        int format;
        const char *hash;
    } known = {8, "5c36ab9bfc7a68d4"};
    Fixture f;
    Buf all;
    UNUSED(state);
    fixture_open(&f, true);
    StoreItem item = {STR("setting"), STR("search-hash-key"), STR("0123456789abcdef")};
    StoreCommit commit = {.items = &item, .item_count = 1};
    check_int(store_commit(f.store, &f.cx, f.access, &commit), STATUS_OK);
    close_it(&f);
    open_again(&f);
    buf_init(&all, f.cx.arena, 4096, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(resources); i++) {
        JsonValue *resource;
        SearchKeys keys;
        check_int(json_parse(&f.cx, str_of(resources[i]), &resource), STATUS_OK);
        uint16_t type = fhir_type_find(json_get_str(resource, STR("resourceType")));
        SearchSource source = {type, resource, 77, 1700000000 * TIME_SECOND};
        check_int(search_keys(index_of(&f), &f.cx, &source, &keys), STATUS_OK);
        for (size_t k = 0; k < keys.count; k++) {
            buf_add_str(&all, keys.keys[k]);
            buf_add_char(&all, '\n');
        }
    }
    uint8_t hash[CRYPTO_SHA256_BYTES];
    char hex[17];
    crypto_sha256(buf_str(&all), hash);
    for (size_t i = 0; i < 8; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    if (SEARCH_FORMAT != known.format || strcmp(hex, known.hash) != 0)
        fail_msg("the keys of format %d have hash %s", SEARCH_FORMAT, hex);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_those_of_their_version),
        cmocka_unit_test(keys_of_another_version_answer_nothing),
        cmocka_unit_test(another_address_makes_references_anew),
        cmocka_unit_test(others_read_and_write_meanwhile),
        cmocka_unit_test(it_goes_on_after_kill),
        cmocka_unit_test(a_parameter_comes_changes_and_goes),
        cmocka_unit_test(who_asks_for_nothing_new_gets_the_same_table),
        cmocka_unit_test(page_links_outlive_the_index),
        cmocka_unit_test(a_parameter_is_not_searchable_before_it_is_complete),
        cmocka_unit_test(a_failing_expression_refuses_no_write),
        cmocka_unit_test(what_cannot_be_indexed_is_refused),
        cmocka_unit_test(a_composite_of_a_new_parameter_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Search against the oracle: random resources, random queries, every page, while resources change
 * and go.
 *
 *   test_oracle --definitions FOLDER [--seed N] [--queries N] [--shown N]
 *
 * A difference prints the seed, the query, what is missing and what is too much, and the one
 * condition of the query that is enough for it. SPEC R4 search.html */
#include "data.h"
#include "oracle.h"
#include "query.h"
#include "record_fixture.h"

enum { IDS_MAX = 4000, LABELS_MAX = 400, PAGES_MAX = 5000 };

static const char *definitions = "build/definitions";
static uint64_t seed = 42;
static unsigned query_count = 3000;
static unsigned shown = 25; /* differences that are told in full */

typedef struct {
    Str label;
    unsigned count;
} Tally;

typedef struct {
    Fixture f;
    Oracle *oracle;
    OracleDice dice;
    Arena *scratch; /* of the query in hand */
    Arena *forever;
    Tally unsupported[LABELS_MAX];
    size_t label_count;
    unsigned asked, hits, unsure, refused, differences;
    unsigned number;              /* of the query in hand */
    const OracleDoc *culprits[2]; /* what is missing or too much; two that are out of order */
} Run;

/* ---- what the server answers ---- */

typedef struct {
    Status status;
    Str why; /* when it refused */
    OracleDoc *matches[IDS_MAX];
    size_t match_count;
    Str fault; /* what is wrong with the pages themselves; empty: nothing */
    uint64_t total;
    bool has_total;
} Served;

static OracleDoc *doc_of(Run *run, const JsonValue *entry)
{
    const JsonValue *resource = json_get(entry, STR("resource"));
    return oracle_find(run->oracle, json_get_str(resource, STR("resourceType")),
                       json_get_str(resource, STR("id")));
}

static Str link_of(Run *run, const JsonValue *page, Str relation)
{
    JsonValue *link;
    for (JsonIter it = json_iter(json_get(page, STR("link"))); json_next(&it, NULL, &link);) {
        Str url = json_get_str(link, STR("url"));
        if (str_eq(json_get_str(link, STR("relation")), relation))
            return arena_str(run->scratch, str_from(url, str_index(url, '?') + 1));
    }
    return STR_EMPTY;
}

static bool holds_doc(OracleDoc *const *docs, size_t count, const OracleDoc *doc)
{
    for (size_t i = 0; i < count; i++) {
        if (docs[i] == doc)
            return true;
    }
    return false;
}

static Str name_of(Run *run, const OracleDoc *doc)
{
    return arena_format(run->scratch, STR_FMT "/" STR_FMT, STR_ARG(doc->type), STR_ARG(doc->id));
}

/* The included resources of one page are those of the matches of that page. */
static void check_includes(Run *run, Str query, Served *served, size_t first, OracleDoc **included,
                           size_t count)
{
    OracleAnswer page = {&served->matches[first], served->match_count - first, true};
    OracleAnswer wanted = oracle_includes(run->oracle, run->scratch, query, &page);
    for (size_t i = 0; i < wanted.count && !served->fault.len; i++) {
        if (!holds_doc(included, count, wanted.docs[i]))
            served->fault = arena_format(run->scratch, "not included: " STR_FMT,
                                         STR_ARG(name_of(run, wanted.docs[i])));
    }
    for (size_t i = 0; i < count && !served->fault.len; i++) {
        if (!holds_doc(wanted.docs, wanted.count, included[i]))
            served->fault = arena_format(run->scratch, "included: " STR_FMT,
                                         STR_ARG(name_of(run, included[i])));
        if (holds_doc(included, i, included[i]))
            served->fault = arena_format(run->scratch, "included twice: " STR_FMT,
                                         STR_ARG(name_of(run, included[i])));
    }
}

static void take_page(Run *run, Str query, const JsonValue *page, Served *served)
{
    OracleDoc *included[IDS_MAX];
    size_t include_count = 0, first = served->match_count;
    JsonValue *entry;
    for (JsonIter it = json_iter(json_get(page, STR("entry"))); json_next(&it, NULL, &entry);) {
        Str mode = json_get_str(json_get(entry, STR("search")), STR("mode"));
        OracleDoc *doc = doc_of(run, entry);
        if (str_eq(mode, STR("outcome")))
            continue;
        if (!doc)
            served->fault = STR("a resource that is not there");
        else if (str_eq(mode, STR("include")) && include_count < IDS_MAX)
            included[include_count++] = doc;
        else if (holds_doc(served->matches, served->match_count, doc))
            served->fault =
                arena_format(run->scratch, "twice: " STR_FMT, STR_ARG(name_of(run, doc)));
        else if (served->match_count < IDS_MAX)
            served->matches[served->match_count++] = doc;
    }
    if (!served->fault.len)
        check_includes(run, query, served, first, included, include_count);
}

/* How a query reaches record: a type, a compartment, the whole system. The audit entry of an
 * answer that nobody gets is not waited for: thousands of them would be most of the time. */
static Status search(Run *run, const OracleQuery *query, Str text)
{
    Fixture *f = &run->f;
    fixture_clear(f);
    Call call = fixture_call(f);
    call.query = text;
    Str center = query->compartment;
    size_t slash = str_index(center, '/');
    RecordScope scope = {.type = query->type,
                         .compartment = str_head(center, slash),
                         .id = center.len ? str_from(center, slash + 1) : STR_EMPTY};
    return record_search(f->record, &f->cx, &call, &scope, &f->reply);
}

static void serve(Run *run, const OracleQuery *query, Str text, unsigned count, Served *served)
{
    *served = (Served){.status = STATUS_OK, .why = STR_EMPTY, .fault = STR_EMPTY};
    Str next = text;
    if (count)
        next = arena_format(run->scratch, STR_FMT "%s_count=%u&_total=accurate", STR_ARG(text),
                            text.len ? "&" : "", count);
    for (int pages = 0; next.len || pages == 0; pages++) {
        served->status = search(run, query, next);
        if (served->status != STATUS_OK) {
            const Issue *issue = run->f.cx.issues;
            served->why = issue ? arena_str(run->scratch, issue->diagnostics) : STR_EMPTY;
            return;
        }
        JsonValue *page = fixture_json(&run->f);
        Str total = json_str(json_get(page, STR("total")));
        served->has_total = str_to_u64(total, &served->total);
        size_t before = served->match_count;
        take_page(run, text, page, served);
        if (count && served->match_count - before > count)
            served->fault = STR("more on a page than asked for");
        next = link_of(run, page, STR("next"));
        if (pages > PAGES_MAX)
            served->fault = STR("pages without end");
        if (served->fault.len)
            return;
    }
}

/* ---- comparing ---- */

static Str list_of(Run *run, const char *word, OracleDoc *const *of, size_t of_count,
                   OracleDoc *const *not_in, size_t not_in_count)
{
    Buf buf;
    size_t found = 0;
    buf_init(&buf, run->scratch, 128, 4096);
    for (size_t i = 0; i < of_count; i++) {
        if (holds_doc(not_in, not_in_count, of[i]) || found++ >= 5)
            continue;
        run->culprits[0] = of[i];
        buf_format(&buf, "%s" STR_FMT, found == 1 ? word : ", ", STR_ARG(name_of(run, of[i])));
    }
    if (found > 5)
        buf_format(&buf, " and %zu more", found - 5);
    return buf_str(&buf);
}

/* What is wrong with the answer; empty: nothing. */
static Str fault_of(Run *run, Str text, const Served *served, const OracleAnswer *wanted)
{
    if (served->status != STATUS_OK)
        return arena_format(run->scratch, "refused (%s): " STR_FMT, status_name(served->status),
                            STR_ARG(served->why));
    if (served->fault.len)
        return served->fault;
    Str missing = list_of(run, "missing: ", wanted->docs, wanted->count, served->matches,
                          served->match_count);
    Str extra = list_of(run, "too much: ", served->matches, served->match_count, wanted->docs,
                        wanted->count);
    if (missing.len || extra.len)
        return arena_format(run->scratch, STR_FMT "%s" STR_FMT, STR_ARG(missing),
                            missing.len && extra.len ? "; " : "", STR_ARG(extra));
    if (served->has_total && served->total != wanted->count)
        return arena_format(run->scratch, "total is %u, not %zu", (unsigned)served->total,
                            wanted->count);
    for (size_t i = 1; i < served->match_count; i++) {
        if (oracle_compare(run->oracle, text, served->matches[i - 1], served->matches[i]) <= 0)
            continue;
        run->culprits[0] = served->matches[i - 1];
        run->culprits[1] = served->matches[i];
        return arena_format(run->scratch, "order: " STR_FMT " before " STR_FMT,
                            STR_ARG(name_of(run, served->matches[i - 1])),
                            STR_ARG(name_of(run, served->matches[i])));
    }
    return STR_EMPTY;
}

static Str fault_in(Run *run, const OracleQuery *query, unsigned count, Served *served)
{
    Str text = query_text(run->scratch, query);
    OracleAnswer wanted =
        oracle_matches(run->oracle, run->scratch, query->type, query->compartment, text);
    if (!wanted.sure) {
        run->unsure++;
        return STR_EMPTY;
    }
    run->hits += wanted.count > 0;
    serve(run, query, text, count, served);
    if (served->status == STATUS_UNSUPPORTED)
        return STR_EMPTY;
    return fault_of(run, text, served, &wanted);
}

/* ---- reporting ---- */

static void tally(Run *run, Str label)
{
    for (size_t i = 0; i < run->label_count; i++) {
        if (str_eq(run->unsupported[i].label, label)) {
            run->unsupported[i].count++;
            return;
        }
    }
    if (run->label_count < LABELS_MAX)
        run->unsupported[run->label_count++] = (Tally){arena_str(run->forever, label), 1};
}

static OracleQuery part_of(const OracleQuery *query, size_t part)
{
    OracleQuery one = *query;
    one.parts[0] = query->parts[part];
    one.count = 1;
    return one;
}

/* Which of its conditions is not offered. */
static void blame(Run *run, const OracleQuery *query, Served *served)
{
    bool found = false;
    run->refused++;
    for (size_t i = 0; i < query->count; i++) {
        OracleQuery one = part_of(query, i);
        serve(run, &one, one.parts[0].text, 1, served);
        if (served->status == STATUS_UNSUPPORTED) {
            tally(run, one.parts[0].label);
            found = true;
        }
    }
    if (!found)
        tally(run, STR("together"));
}

static void print_culprits(Run *run)
{
    for (size_t i = 0; i < COUNT_OF(run->culprits) && run->culprits[i]; i++) {
        Buf buf;
        buf_init(&buf, run->scratch, 1024, 1 << 16);
        json_write(&buf, run->culprits[i]->json, false);
        printf("#   " STR_FMT "\n", STR_ARG(buf_str(&buf))); /* print_message() cuts */
    }
}

static void report(Run *run, const OracleQuery *query, unsigned count, Str fault, Served *served)
{
    static const Str none = STR_INIT("");
    if (run->differences++ >= shown)
        return;
    Str where = query->compartment.len
                    ? arena_format(run->scratch, STR_FMT "/", STR_ARG(query->compartment))
                    : none;
    print_message("# seed %llu query %u: " STR_FMT STR_FMT "?" STR_FMT " _count=%u\n#   " STR_FMT
                  "\n",
                  (unsigned long long)seed, run->number, STR_ARG(where), STR_ARG(query->type),
                  STR_ARG(query_text(run->scratch, query)), count, STR_ARG(fault));
    print_culprits(run);
    for (size_t i = 0; query->count > 1 && i < query->count; i++) {
        OracleQuery one = part_of(query, i);
        Str alone = fault_in(run, &one, count, served);
        if (alone.len)
            print_message("#   enough: " STR_FMT "\n#     " STR_FMT "\n",
                          STR_ARG(one.parts[0].text), STR_ARG(alone));
    }
}

static void ask(Run *run)
{
    static Served served;
    arena_clear(run->scratch);
    run->number++;
    OracleQuery query = query_make(&run->dice, run->scratch, run->oracle);
    unsigned count = 1 + dice(&run->dice, 30);
    run->culprits[0] = run->culprits[1] = NULL;
    Str fault = fault_in(run, &query, count, &served);
    run->asked++;
    if (fault.len)
        report(run, &query, count, fault, &served);
    else if (served.status == STATUS_UNSUPPORTED)
        blame(run, &query, &served);
}

/* ---- the data ---- */

static void put(Run *run, const DataType *type, unsigned number)
{
    arena_clear(run->scratch);
    fixture_clear(&run->f);
    Str text = data_resource(&run->dice, run->scratch, type, number);
    Str id = data_id(run->scratch, type, number);
    CASE(arena_str(run->forever, text).at);
    check_int(fixture_put(&run->f, str_of(type->type), id, text, STR_EMPTY), STATUS_OK);
    oracle_put(run->oracle, run->f.reply.body);
}

static void fill(Run *run)
{
    for (size_t t = 0; t < data_type_count; t++) {
        for (unsigned i = 0; i < data_types[t].count; i++)
            put(run, &data_types[t], i);
    }
}

/* Some get another version, some go; terminology stays, as what is asked of it is fixed. */
static void change(Run *run)
{
    for (size_t t = 0; t < data_type_count; t++) {
        bool fixed = strstr("CodeSystem ValueSet", data_types[t].type) != NULL;
        for (unsigned i = 0; !fixed && i < data_types[t].count; i++) {
            unsigned way = dice(&run->dice, 100);
            if (way < 20) {
                put(run, &data_types[t], i);
            } else if (way < 25) {
                Str type = str_of(data_types[t].type);
                Str id = data_id(run->scratch, &data_types[t], i);
                fixture_clear(&run->f);
                if (oracle_find(run->oracle, type, id))
                    check_int(fixture_delete(&run->f, type, id), STATUS_OK);
                oracle_remove(run->oracle, type, id);
            }
        }
    }
}

static void search_answers_what_the_oracle_answers(void **state)
{
    UNUSED(state);
    static Run run;
    run = (Run){.dice = {seed}};
    fixture_open(&run.f, true);
    run.oracle = oracle_new(definitions, STR(DATA_BASE));
    run.scratch = arena_new((size_t)64 << 20, false);
    run.forever = arena_new((size_t)64 << 20, false);
    fill(&run);
    for (unsigned i = 0; i < query_count; i++) {
        if (i && i % (query_count / 4 + 1) == 0)
            change(&run);
        if (i == query_count / 8)
            check_int(store_settle(run.f.store, &run.f.cx), STATUS_OK);
        ask(&run);
    }
    print_message("# seed %llu: %u queries, %u find something, %u too near to tell, %u differ\n",
                  (unsigned long long)seed, run.asked, run.hits, run.unsure, run.differences);
    if (run.refused)
        print_message("# %u were refused as not supported:\n", run.refused);
    for (size_t i = 0; i < run.label_count; i++)
        print_message("#   %4u " STR_FMT "\n", run.unsupported[i].count,
                      STR_ARG(run.unsupported[i].label));
    CASE("answers that differ from the oracle's");
    check_int(run.differences, 0);
    oracle_free(run.oracle);
    fixture_close(&run.f);
    arena_free(run.scratch);
    arena_free(run.forever);
}

int main(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t number = 0;
        if (!strcmp(argv[i], "--definitions"))
            definitions = argv[i + 1];
        else if (!str_to_u64(str_of(argv[i + 1]), &number))
            return 2;
        else if (!strcmp(argv[i], "--seed"))
            seed = number;
        else if (!strcmp(argv[i], "--queries"))
            query_count = (unsigned)number;
        else if (!strcmp(argv[i], "--shown"))
            shown = (unsigned)number;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(search_answers_what_the_oracle_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

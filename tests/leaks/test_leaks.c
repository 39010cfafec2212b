/* Non-interference: what a caller may not see has no say in what he is answered.
 *
 *   test_leaks --definitions FOLDER [--seed N] [--seconds N] [--asks N] [--role gp] [--stop 1]
 *
 * A world at random is written once. Then, for one caller after the other: what he may see is
 * decided by judge.c; every read and one search of each type must say the same (that is the first
 * test); a store is filled with that and nothing else, and every request must be answered by it as
 * by the whole one (that is the second). docs/internals/leaks.md */
#include "leaks/ask.h"
#include "leaks/callers.h"
#include "access/rights.h"
#include "access/subjects.h"
#include "leaks/world.h"
#include "search/search.h"

enum { SHOWN = 8, WORLDS = 2 };

static const char *definitions = "build/definitions";
static uint64_t seed = 1;
static unsigned asks_each = 150;
static unsigned seconds;
static bool stop; /* at the first difference: for mutants */
static AccessRole only_role;

typedef struct {
    OracleDice dice;
    Twin master, whole, part;
    Arena *forever; /* of the world */
    Arena *of_caller;
    Arena *scratch; /* of the request in hand */
    StoreChange *changes;
    TwinRow *rows;
    Sees *sees;    /* of each change; of its row as it is now, and of itself */
    bool *last;    /* it is the current version */
    bool *decides; /* it has a say in what the caller may see */
    size_t count;
    Oracle *oracle;
    Compare compare;
    Caller caller;
    const Access *access;
    unsigned callers, reads, asked, refused, found, wrote, pages, differences;
    unsigned written, forbidden;
    uint64_t seen;
} Run;

/* ---- the world
 * ------------------------------------------------------------------------------------- */

static void tell_oracle(Run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        const StoreRow *row = &run->changes[i].row;
        if (row->deleted)
            oracle_remove(run->oracle, fhir_type_name(row->type), row->id);
        else
            oracle_put(run->oracle, row->body);
    }
}

/* In one world of two every version has facts of its own, which its content does not explain: all
 * classes of all types. In the others they are what the record made of the content. */
static void throw_facts(Run *run, StoreRow *row)
{
    Facts facts =
        facts_random(&run->dice, run->forever, record_index(run->master.record), row->type);
    unsigned char *packed = arena_alloc(run->forever, FACTS_BYTES_MAX);
    row->facts = str_n((char *)packed, facts_pack(&facts, packed));
}

/* Which versions are the last ones; a deletion keeps the facts of the version before it. */
static void look_through(Run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        StoreRow *row = &run->changes[i].row;
        if (seed % 2)
            throw_facts(run, row);
        run->last[i] = true;
        for (size_t k = 0; k < i; k++) {
            if (run->changes[k].row.rid != row->rid)
                continue;
            run->last[k] = false;
            if (row->deleted)
                row->facts = run->changes[k].row.facts;
        }
        run->rows[i] = (TwinRow){TWIN_ROW, row->body};
    }
}

static void begin(Run *run)
{
    *run = (Run){.dice = {seed}};
    run->forever = arena_new((size_t)256 << 20, false);
    run->of_caller = arena_new((size_t)256 << 20, false);
    run->scratch = arena_new((size_t)512 << 20, false);
    twin_open(&run->master, TWIN_MASTER);
    world_make(&run->dice, &run->master);
    run->changes = twin_changes(&run->master, run->forever, &run->count);
    run->rows = arena_array_of(run->forever, TwinRow, run->count);
    run->sees = arena_array_of(run->forever, Sees, run->count);
    run->last = arena_array_of(run->forever, bool, run->count);
    run->decides = arena_array_of(run->forever, bool, run->count);
    look_through(run);
    run->oracle = oracle_new(definitions, STR("http://test/fhir"));
    tell_oracle(run);
}

static void end(Run *run)
{
    twin_close(&run->master);
    oracle_free(run->oracle);
    arena_free(run->scratch);
    arena_free(run->of_caller);
    arena_free(run->forever);
}

/* ---- what he may see
 * ----------------------------------------------------------------------------------- */

static Sees sees_version(const Run *run, size_t i)
{
    Facts facts;
    const StoreRow *row = &run->changes[i].row;
    return facts_unpack(row->facts, &facts) ? judge_sees(&run->caller, row->type, &facts)
                                            : SEES_NOTHING;
}

/* Each version is judged by its own facts and by those of today. */
static void judge_all(Run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        run->sees[i] = sees_version(run, i);
        for (size_t k = i + 1; k < run->count; k++) {
            if (run->changes[k].row.rid == run->changes[i].row.rid && run->last[k] &&
                sees_version(run, k) < run->sees[i])
                run->sees[i] = sees_version(run, k);
        }
    }
}

static void tell(Run *run, const char *what, const char *detail, Str text)
{
    if (run->differences++ < SHOWN)
        printf("# seed %llu, %s: %s\n#   %s: " STR_FMT "\n", (unsigned long long)seed,
               run->caller.name, what, detail, STR_ARG(str_head(text, 3000)));
}

/* The body of an answer without the tag that it is a part. */
static Str whole_of(Arena *arena, Str body)
{
    static const Str tag =
        STR_INIT("{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ObservationValue\","
                 "\"code\":\"SUBSETTED\"}");
    const char *at = memmem(body.at, body.len, tag.at, tag.len);
    if (!at)
        return arena_str(arena, body);
    size_t from = (size_t)(at - body.at), to = from + tag.len;
    if (body.at[from - 1] == ',') { /* behind other tags */
        from--;
    } else { /* the only one, and tag the last of meta */
        from -= sizeof(",\"tag\":[") - 1;
        to++;
    }
    return arena_format(arena, STR_FMT STR_FMT, STR_ARG(str_head(body, from)),
                        STR_ARG(str_from(body, to)));
}

static bool is_hidden(const Answer *answer)
{
    return answer->status == STATUS_NOT_FOUND || answer->status == STATUS_FORBIDDEN;
}

/* One version, read: what he gets is what the twin will have. */
static void read_version(Run *run, size_t i)
{
    const StoreRow *row = &run->changes[i].row;
    Ask ask = {.kind = ASK_VREAD,
               .type = fhir_type_name(row->type),
               .id = row->id,
               .version = arena_format(run->scratch, "%u", row->version)};
    Answer answer = ask_run(&run->whole, run->scratch, run->access, &ask);
    size_t head = str_index(answer.text, '{');
    Str body = head == SIZE_MAX ? STR_EMPTY : str_from(answer.text, head);
    bool part = memmem(body.at, body.len, "\"SUBSETTED\"", 11) != NULL;
    const char *fault = NULL;
    run->reads++;
    run->seen += run->sees[i] != SEES_NOTHING;
    if (run->sees[i] == SEES_NOTHING)
        fault = is_hidden(&answer) ? NULL : "is hidden, and was shown";
    else if (row->deleted)
        fault = answer.status == STATUS_GONE ? NULL : "is deleted, and not gone";
    else if (answer.status != STATUS_OK)
        fault = "may be seen, and was not shown";
    else if (run->sees[i] == SEES_PART && !part)
        fault = "was shown whole in place of a part";
    else if (!part && !str_eq(body, row->body))
        fault = "was shown otherwise";
    if (fault)
        tell(run, fault, ask_text(run->scratch, &ask).at, answer.text);
    if (run->sees[i] == SEES_NOTHING)
        run->rows[i] = (TwinRow){TWIN_EMPTY, STR_EMPTY};
    else
        run->rows[i] =
            (TwinRow){TWIN_ROW, row->deleted || fault ? row->body : whole_of(run->of_caller, body)};
}

/* Hidden today is hidden: the twin has none of it, but for the papers that say so. */
static void drop_hidden(Run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        for (size_t k = i; k < run->count; k++) {
            if (run->changes[k].row.rid != run->changes[i].row.rid || !run->last[k])
                continue;
            if (run->sees[k] == SEES_NOTHING && !run->decides[k])
                run->rows[i].what = TWIN_NOTHING;
            if (run->decides[k] && i == k)
                run->rows[i] = (TwinRow){TWIN_ROW, run->changes[i].row.body};
        }
    }
}

/* A search of the type finds what may be read, and nothing else. */
static void search_type(Run *run, uint16_t type)
{
    Ask ask = {.kind = ASK_SEARCH, .type = fhir_type_name(type), .query = STR("_count=1000")};
    Answer answer = ask_run(&run->whole, run->scratch, run->access, &ask);
    for (size_t i = 0; i < run->count; i++) {
        const StoreRow *row = &run->changes[i].row;
        if (row->type != type || !run->last[i] || row->deleted)
            continue;
        Str url = arena_format(run->scratch, "\"http://test/fhir/" STR_FMT "/" STR_FMT "\"",
                               STR_ARG(ask.type), STR_ARG(row->id));
        bool found = memmem(answer.text.at, answer.text.len, url.at, url.len) != NULL;
        bool may = run->sees[i] != SEES_NOTHING &&
                   (!run->caller.scoped || run->caller.letters[type] & RIGHTS_SEARCH);
        if (found != may)
            tell(run, found ? "found, and not to be read" : "to be read, and not found", url.at,
                 answer.text);
    }
}

static void look_at_all(Run *run)
{
    judge_all(run);
    for (size_t i = 0; i < run->count; i++) {
        arena_clear(run->scratch);
        read_version(run, i);
    }
    for (uint16_t type = 1; type <= fhir_type_count(); type++) {
        arena_clear(run->scratch);
        search_type(run, type);
    }
    drop_hidden(run);
}

/* ---- what he asks
 * ---------------------------------------------------------------------------------------- */

static void report(Run *run, const char *what, const Ask *ask, Str whole, Str part)
{
    if (run->differences++ >= SHOWN)
        return;
    printf("# seed %llu, %s, %s: " STR_FMT "\n", (unsigned long long)seed, run->caller.name, what,
           STR_ARG(str_head(ask_text(run->scratch, ask), 4000)));
    compare_print(whole, part);
}

/* What a part has left of a contained resource is a reference to nothing: written over itself in
 * the store that has only the part, it is no resource any more. Both refuse. */
static bool is_of_the_part(const Answer *whole, const Answer *part)
{
    static const Str fault = STR_INIT("A reference is to a contained resource that is not there.");
    return whole->status == STATUS_FORBIDDEN && part->status == STATUS_UNPROCESSABLE &&
           memmem(part->text.at, part->text.len, fault.at, fault.len);
}

/* One request to both; false when they differ. `other`: as the second one is asked. */
static bool same(Run *run, const char *what, const Ask *ask, const Ask *other, Answer *ret_whole,
                 Answer *ret_part)
{
    Answer a = ask_run(&run->whole, run->scratch, run->access, ask);
    Answer b = ask_run(&run->part, run->scratch, run->access, other);
    if (a.wrote || b.wrote) {
        compare_note(&run->compare, 0, a.text);
        compare_note(&run->compare, 1, b.text);
        run->compare.wrote = true;
        run->wrote++;
    }
    run->refused += a.status != STATUS_OK;
    run->found += memmem(a.text.at, a.text.len, "\"entry\"", 7) != NULL;
    *ret_whole = a;
    *ret_part = b;
    Str left = compare_normal(&run->compare, run->scratch, 0, a.text);
    Str right = compare_normal(&run->compare, run->scratch, 1, b.text);
    if (str_eq(left, right) || is_of_the_part(&a, &b))
        return true;
    report(run, what, ask, left, right);
    return false;
}

/* Pages forward, then back. */
static void follow(Run *run, Ask ask, Answer a, Answer b)
{
    enum { FORWARD = 6, STEPS = 9 };
    for (int step = 0; step < STEPS; step++) {
        bool forward = step < FORWARD && a.next.len && b.next.len;
        Str left = forward ? a.next : a.previous, right = forward ? b.next : b.previous;
        Ask other = ask;
        if (!left.len || !right.len)
            return;
        ask.query = left;
        other.query = right;
        run->pages++;
        if (!same(run, forward ? "next page" : "page before", &ask, &other, &a, &b))
            return;
    }
}

/* Enough is known. */
static bool is_over(const Run *run)
{
    return stop && run->differences;
}

static void ask_some(Run *run)
{
    Asker asker = {.dice = &run->dice,
                   .arena = run->scratch,
                   .oracle = run->oracle,
                   .changes = run->changes,
                   .change_count = run->count,
                   .patient = run->caller.link_count ? run->caller.links[0].patient : STR_EMPTY};
    for (unsigned i = 0; i < asks_each && !is_over(run); i++) {
        Answer a, b;
        arena_clear(run->scratch);
        Ask ask = asker_make(&asker, i > asks_each / 2);
        run->asked++;
        if (same(run, "request", &ask, &ask, &a, &b) && (a.next.len || a.previous.len))
            follow(run, ask, a, b);
    }
}

/* ---- what he writes
 * -------------------------------------------------------------------------------------- */

/* Writing these is decided by more than the matrix. */
static bool is_paper(Str type)
{
    static const Str types[] = {STR_INIT("CareTeam"),         STR_INIT("Consent"),
                                STR_INIT("PractitionerRole"), STR_INIT("RelatedPerson"),
                                STR_INIT("EpisodeOfCare"),    STR_INIT("SearchParameter")};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (str_eq(type, types[i]))
            return true;
    }
    /* About whom another resource is about, as far as the writer sees that one. */
    for (size_t i = 0; i < subject_row_count; i++) {
        if (str_eq(type, str_of(subject_rows[i].type)))
            return strpbrk(subject_rows[i].subjects, "+=") != NULL;
    }
    return false;
}

/* A reference in it, however deep, to what is no Patient: an array counts as one. */
static bool names_a_thing(const JsonValue *value)
{
    JsonValue *child;
    Str member;
    for (JsonIter it = json_iter(value); json_next(&it, &member, &child);) {
        bool is_reference = json_is(child, JSON_STRING) && str_eq(member, STR("reference"));
        if (is_reference ? !str_has_prefix(json_str(child), STR("Patient/")) : names_a_thing(child))
            return true;
    }
    return false;
}

/* The same: about a resource that is no person, by the paths of its row. */
static bool is_about_a_thing(Run *run, Str type, Str body)
{
    Ctx cx = {.arena = run->scratch};
    JsonValue *root;
    if (json_parse(&cx, body, &root) != STATUS_OK)
        return true;
    for (size_t i = 0; i < subject_row_count; i++) {
        Str paths = str_of(subject_rows[i].subjects);
        while (str_eq(str_of(subject_rows[i].type), type) && paths.len) {
            Str path = str_cut(&paths, ' '), step = str_cut(&path, '.');
            step = str_cut(&step, ':');
            if (names_a_thing(json_get(root, step)))
                return true;
        }
    }
    return json_is(json_get(root, STR("subject")), JSON_ARRAY);
}

/* A row that he is shown whole, put over itself: accepted when the matrix says so, else refused. */
static void write_back(Run *run, size_t i)
{
    const StoreRow *row = &run->changes[i].row;
    Facts facts;
    Ask ask = {.kind = ASK_READ, .type = fhir_type_name(row->type), .id = row->id};
    if (!run->last[i] || row->deleted || is_paper(ask.type) || !facts_unpack(row->facts, &facts))
        return;
    Answer read = ask_run(&run->whole, run->scratch, run->access, &ask);
    size_t head = str_index(read.text, '{');
    if (read.status != STATUS_OK || !str_eq(str_from(read.text, head), row->body))
        return; /* hidden, shown in part, or changed meanwhile */
    if (is_about_a_thing(run, ask.type, row->body))
        return;
    ask.kind = ASK_UPDATE;
    ask.body = row->body;
    bool may = judge_may_write(&run->caller, row->type, &facts);
    Answer answer = ask_run(&run->whole, run->scratch, run->access, &ask);
    run->written += answer.status == STATUS_OK;
    run->forbidden += answer.status == STATUS_FORBIDDEN;
    if (answer.status != (may ? STATUS_OK : STATUS_FORBIDDEN))
        tell(run, may ? "may be written, and was refused" : "may not be written, and was",
             ask_text(run->scratch, &ask).at, answer.text);
}

static void write_some(Run *run)
{
    enum { TRIED = 150 };
    for (unsigned n = 0; n < TRIED && seed % 2 == 0; n++) {
        arena_clear(run->scratch);
        write_back(run, dice(&run->dice, (unsigned)run->count));
    }
}

static void be_somebody(Run *run, AccessRole role)
{
    arena_clear(run->of_caller);
    run->callers++;
    Papers papers = {.changes = run->changes,
                     .last = run->last,
                     .count = run->count,
                     .search = record_index(run->master.record),
                     .arena = run->of_caller,
                     .now = time_now()};
    run->caller = caller_random(&run->dice, &papers, role, run->decides);
    run->access = run->caller.scoped || run->caller.only_patient
                      ? caller_access(&run->caller, run->of_caller)
                      : caller_bare(&run->caller, run->of_caller);
    Rights *by_hand = (Rights *)access_rights(run->access);
    assert_true(!by_hand || search_name_links(papers.search, run->of_caller, by_hand));
    for (size_t i = 0; i < run->count; i++)
        run->rows[i] = (TwinRow){TWIN_ROW, run->changes[i].row.body};
    twin_fill(&run->whole, TWIN_WHOLE, &run->master, run->changes, run->rows, run->count);
    look_at_all(run);
    twin_fill(&run->part, TWIN_PART, &run->master, run->changes, run->rows, run->count);
    run->compare = (Compare){.arena = run->of_caller, .since = time_now()};
    ask_some(run);
    write_some(run);
    twin_close(&run->whole);
    twin_close(&run->part);
}

static void one_world(Run *run)
{
    begin(run);
    for (AccessRole role = ROLE_NOBODY + 1; role < ACCESS_ROLES; role++) {
        if ((!only_role || role == only_role) && !is_over(run))
            be_somebody(run, role);
    }
    print_message("# seed %llu: %zu versions, %u callers who see %u in a hundred; %u requests, %u "
                  "refused, %u find something, %u write; %u pages; %u rows put back, %u not; %u "
                  "differ\n",
                  (unsigned long long)seed, run->count, run->callers,
                  (unsigned)(100 * run->seen / run->reads), run->asked, run->refused, run->found,
                  run->wrote, run->pages, run->written, run->forbidden, run->differences);
    end(run);
}

static void what_is_hidden_has_no_say(void **state)
{
    UNUSED(state);
    static Run run;
    Time until = time_monotonic() + (Time)seconds * TIME_SECOND;
    unsigned differences = 0, worlds = 0;
    do { /* a world of its own for each seed: what is found is found again by it alone */
        one_world(&run);
        differences += run.differences;
        seed++;
    } while (!is_over(&run) && (++worlds < WORLDS || time_monotonic() < until));
    CASE("answers in which something hidden has a say");
    check_int(differences, 0);
}

int main(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t number = 0;
        if (!strcmp(argv[i], "--definitions"))
            definitions = argv[i + 1];
        else if (!strcmp(argv[i], "--role"))
            only_role = access_role_of(str_of(argv[i + 1]));
        else if (!str_to_u64(str_of(argv[i + 1]), &number))
            return 2;
        else if (!strcmp(argv[i], "--seed"))
            seed = number;
        else if (!strcmp(argv[i], "--seconds"))
            seconds = (unsigned)number;
        else if (!strcmp(argv[i], "--stop"))
            stop = number;
        else if (!strcmp(argv[i], "--asks"))
            asks_each = (unsigned)number;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_hidden_has_no_say)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

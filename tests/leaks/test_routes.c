/* Every address of the server, asked about what its caller may not see and about what never was:
 * same status, same headers, same body. What search and record answer is proven by the twins
 * (test_leaks.c); this is about what stands above them: http, operations of all modules, streams.
 *
 * A row of the table of routes that is asked about nothing here must say why (`others`). */
#include "served_fixture.h"

#include "cli/care.h"
#include "fhir/fhir.h"
#include "http/routes.h"

/* Of the same length, so that not even Content-Length differs. */
#define HIDDEN "hidden01"
#define ABSENT "absent01"

enum { PEOPLE = 4, TEXT_MAX = 1 << 20 };

static struct {
    const char *user, *role, *reference;
    Str cookie;
} people[PEOPLE] = {
    {"dr.dupont", "gp", "Practitioner/dupont", {0}},
    {"p.hysio", "physio", "Practitioner/hysio", {0}},
    {"d.esk", "secretary", "Practitioner/esk", {0}},
    {"p.atient", "patient", "Patient/p1", {0}},
};

/* A resource of each type about a patient whom nobody of them may see: %s its id, of the patient.
 */
static const struct {
    const char *type, *more;
} kinds[] = {
    {"Patient", ",\"name\":[{\"family\":\"Zyxcanarius\"}],\"birthDate\":\"1980-01-01\""},
    {"Observation", ",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":"
                    "@"},
    {"Condition", ",\"code\":{\"text\":\"x\"},\"subject\":"
                  "@"},
    {"AllergyIntolerance", ",\"code\":{\"text\":\"x\"},\"patient\":"
                           "@"},
    {"Encounter", ",\"status\":\"finished\",\"class\":{\"code\":\"AMB\"},\"subject\":"
                  "@"},
    {"MedicationRequest",
     ",\"status\":\"active\",\"intent\":\"order\",\"medicationCodeableConcept\":{"
     "\"text\":\"x\"},\"subject\":"
     "@"},
    {"Composition", ",\"status\":\"preliminary\",\"type\":{\"text\":\"x\"},\"date\":\"2026-11-01\","
                    "\"title\":\"x\",\"author\":[{\"display\":\"x\"}],\"subject\":"
                    "@"},
    {"Appointment", ",\"status\":\"booked\",\"start\":\"2027-01-04T09:00:00Z\",\"end\":"
                    "\"2027-01-04T09:20:00Z\",\"participant\":[{\"status\":\"accepted\",\"actor\":"
                    "@"
                    "}]"},
    {"Task", ",\"status\":\"requested\",\"intent\":\"order\",\"for\":"
             "@"},
    {"Communication", ",\"status\":\"completed\",\"subject\":"
                      "@"},
    {"DocumentReference",
     ",\"status\":\"current\",\"content\":[{\"attachment\":{\"title\":\"x\"}}],"
     "\"subject\":"
     "@"},
    {"QuestionnaireResponse", ",\"status\":\"completed\",\"subject\":"
                              "@"},
    {"CareTeam", ",\"status\":\"active\",\"subject\":"
                 "@"},
    {"RelatedPerson", ",\"patient\":"
                      "@"},
    {"Binary", ",\"contentType\":\"text/plain\",\"data\":\"eA==\",\"securityContext\":"
               "@"},
    {"Provenance",
     ",\"recorded\":\"2026-11-01T09:00:00Z\",\"agent\":[{\"who\":{\"display\":\"x\"}}],"
     "\"target\":["
     "@"
     "]"},
};

/* Words that operations take, with %s where an id stands. */
static const struct {
    const char *name, *value;
} words[] = {
    {"patient", "Patient/%s"},
    {"source", "Patient/%s"},
    {"target", "Patient/p1"},
    {"about", "Patient/%s"},
    {"link", "CareTeam/%s"},
    {"encounter", "Encounter/%s"},
    {"request", "MedicationRequest/%s"},
    {"in-response-to", "Communication/%s"},
    {"task", "Task/%s"},
    {"composition", "Composition/%s"},
    {"questionnaire", "Questionnaire/%s"},
    {"resource", "Condition/%s"},
    {"appointment", "Appointment/%s"},
    {"document", "DocumentReference/%s"},
    {"identifier", "%s"},
    {"hold", "%s"},
    {"key", "key-%s"},
    {"practitioner", "Practitioner/dupont"},
    {"member", "Practitioner/dupont"},
    {"to", "Practitioner/dupont"},
    {"actor", "Practitioner/dupont"},
    {"start", "2027-01-04T09:00:00Z"},
    {"end", "2027-01-05"},
    {"from", "2027-01-04"},
    {"until", "2027-01-05"},
    {"since", "2026-01-01"},
    {"reason", "other"},
    {"text", "words"},
    {"title", "words"},
    {"topic", "words"},
    {"kind", "own-gp"},
    {"on", "true"},
    {"language", "en"},
    {"count", "3"},
};

/* Routes without an id in their pattern: how a row is named to them; NULL: none is, for this
 * reason.
 */
static const struct {
    const char *method, *pattern, *query, *body, *why;
} others[] = {
    {"POST", "/fhir", NULL, "bundle", NULL},
    {"POST", "/fhir/", NULL, "bundle", NULL},
    {"GET", "/fhir", "_type=Patient,Observation&_id=%s", NULL, NULL},
    {"GET", "/fhir/", "_type=Patient,Condition&_id=%s", NULL, NULL},
    {"POST", "/fhir/_search", NULL, "_type=Patient,Task&_id=%s", NULL},
    {"GET", "/fhir/_history", "_count=50", NULL, NULL},
    {"GET", "/fhir/$explain-access", "user=p.hysio&patient=Patient/%s", NULL, NULL},
    {"GET", "/fhir/Slot/$find", "service=HealthcareService/%s&practitioner=Practitioner/%s", NULL,
     NULL},
    {"GET", "/fhir/*", "a/b/%s/c/d/e/f", NULL, NULL},
    {"GET", "/calendar/{file}", "%s.ics", NULL, NULL},
    {"GET", "/live", "watch=Patient/%s", NULL, NULL},
    {"POST", "/auth/launches", NULL, "{\"client\":\"x\",\"patient\":\"Patient/%s\"}", NULL},
    {"GET", "/oauth/authorize", "launch=%s", NULL, NULL},
    {"GET", "/fhir/metadata", NULL, NULL, "says what the server does"},
    {"GET", "/fhir/.well-known/smart-configuration", NULL, NULL, "says what the server does"},
    {"GET", "/.well-known/", NULL, NULL, "says what the server does"},
    {"GET", "/healthz", NULL, NULL, "says how the server is"},
    {"GET", "/metrics", NULL, NULL, "counts; nobody's rows"},
    {"GET", "/*", NULL, NULL, "the app's own files"},
    {"*", "/auth/", NULL, NULL, "accounts, which are no rows"},
    {"*", "/oauth/", NULL, NULL, "programs and their tokens, which are no rows"},
};

/* ---- the scene --------------------------------------------------------------------------------
 */

static Str filled(const char *format, const char *id)
{
    Buf buf;
    buf_init(&buf, f.cx.arena, 256, TEXT_MAX);
    for (const char *at = format; *at; at++) {
        if (at[0] == '%' && at[1] == 's') {
            buf_add_str(&buf, str_of(id));
            at++;
        } else {
            buf_add(&buf, at, 1);
        }
    }
    return buf_str(&buf);
}

static Str resource_of(size_t kind, const char *id)
{
    Buf buf;
    buf_init(&buf, f.cx.arena, 512, TEXT_MAX);
    buf_format(&buf, "{\"resourceType\":\"%s\",\"id\":\"%s\"", kinds[kind].type, id);
    for (const char *at = kinds[kind].more; *at; at++) {
        if (*at == '@')
            buf_format(&buf, "{\"reference\":\"Patient/%s\"}", id);
        else
            buf_add(&buf, at, 1);
    }
    buf_add_char(&buf, '}');
    return buf_str(&buf);
}

static void sign_in(size_t who)
{
    AuthAccount account = {.user = str_of(people[who].user),
                           .role = str_of(people[who].role),
                           .reference = str_of(people[who].reference)};
    AuthAttempt attempt = {.user = account.user, .password = STR("trois chats sur un mur")};
    AuthWelcome welcome;
    assert_int_equal(auth_account_create(auth, &f.cx, operator, & account, attempt.password),
                     STATUS_OK);
    assert_int_equal(auth_sign_in(auth, &f.cx, &attempt, &welcome), STATUS_OK);
    people[who].cookie = arena_format(
        f.forever, "Cookie: __Host-aceso=" STR_FMT "\r\n" OWN "Accept: application/fhir+json\r\n",
        STR_ARG(welcome.cookie));
    fixture_clear(&f);
}

/* With what `aceso serve` offers: the operations and guards of all modules. */
static void open_record(void)
{
    RecordOptions how = {.client_ids = true,
                         .base = STR("http://test/fhir"),
                         .words = true,
                         .guards = care_guards,
                         .guard_count = care_guard_count,
                         .operations = care_operations,
                         .operation_count = care_operation_count};
    record_free(f.record);
    assert_int_equal(record_new(&f.cx, f.store, f.access, &how, &f.record), STATUS_OK);
    fixture_clear(&f);
}

static int begin(void **state)
{
    UNUSED(state);
    fixture_open(&f, true);
    open_record();
    operator= auth_operator(f.forever);
    assert_int_equal(auth_new(&f.cx, f.store, NULL, &auth), STATUS_OK);
    for (size_t i = 0; i < PEOPLE; i++)
        sign_in(i);
    HttpOptions options = {.address = STR("127.0.0.1"),
                           .threads = 2,
                           .operations = care_operations,
                           .operation_count = care_operation_count};
    assert_int_equal(http_start(&f.cx, &options, f.record, auth, &server), STATUS_OK);
    fixture_clear(&f);
    assert_int_equal(fixture_put(&f, STR("Patient"), STR("p1"), STR(PATIENT), STR_EMPTY),
                     STATUS_OK);
    link_patient("p1");
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        fixture_clear(&f);
        CASE(kinds[i].type);
        check_int(
            fixture_put(&f, str_of(kinds[i].type), STR(HIDDEN), resource_of(i, HIDDEN), STR_EMPTY),
            STATUS_OK);
    }
    fixture_clear(&f);
    return 0;
}

/* ---- what an answer says ----------------------------------------------------------------------
 */

static bool is_of_id(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

/* "2026-11-22T00:12:13.123Z" */
static size_t instant_at(Str text, size_t at)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd";
    size_t i = 0;
    if (text.len - at < sizeof(shape))
        return 0;
    for (; shape[i]; i++) {
        char c = text.at[at + i];
        if (shape[i] == 'd' ? c < '0' || c > '9' : c != shape[i])
            return 0;
    }
    while (at + i < text.len && (text.at[at + i] == '.' || is_of_id(text.at[at + i])))
        i++;
    return i;
}

/* Ids of both kinds, fresh ids and instants are words. */
static void add_normal(Buf *buf, Str text)
{
    for (size_t at = 0; at < text.len;) {
        Str rest = str_from(text, at);
        size_t word = 0, instant = instant_at(text, at);
        while (word < rest.len && is_of_id(rest.at[word]))
            word++;
        if (str_has_prefix(rest, STR(HIDDEN)) || str_has_prefix(rest, STR(ABSENT))) {
            buf_add_lit(buf, "<id>");
            at += sizeof(HIDDEN) - 1;
        } else if (instant) {
            buf_add_lit(buf, "<instant>");
            at += instant;
        } else if (word >= 26) {
            buf_add_lit(buf, "<fresh>");
            at += word;
        } else {
            size_t len = word ? word : 1;
            buf_add_str(buf, str_head(rest, len));
            at += len;
        }
    }
}

static Str told(const Answer *answer)
{
    static const Str wanted[] = {STR_INIT("Content-Type"),    STR_INIT("ETag"),
                                 STR_INIT("Last-Modified"),   STR_INIT("Location"),
                                 STR_INIT("Cache-Control"),   STR_INIT("Allow"),
                                 STR_INIT("WWW-Authenticate")};
    Buf buf;
    buf_init(&buf, f.cx.arena, 4096, TEXT_MAX);
    buf_format(&buf, "%u\n", answer->status);
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        Str value = answer_header(answer, wanted[i]);
        bool instant = str_eq(wanted[i], STR("Last-Modified")) && value.len; /* of what is new */
        buf_format(&buf, STR_FMT ": ", STR_ARG(wanted[i]));
        add_normal(&buf, instant ? STR("<instant>") : value.len ? value : STR_EMPTY);
        buf_add_char(&buf, '\n');
    }
    add_normal(&buf, answer->body);
    assert_int_equal(buf_done(&buf), STATUS_OK);
    return buf_str(&buf);
}

static unsigned asked, found;

typedef struct {
    Str method, target, type, body; /* of the body: a header line */
} Wanted;
typedef Wanted (*Make)(const void *of, const char *id);

/* Both answers from a little before the place on where they part. */
static void part_at(Str hidden, Str absent)
{
    enum { BEFORE = 100, SHOWN = 400 };
    size_t at = 0;
    while (at < hidden.len && at < absent.len && hidden.at[at] == absent.at[at])
        at++;
    at = at > BEFORE ? at - BEFORE : 0;
    Str one = str_head(str_from(hidden, at), SHOWN), other = str_head(str_from(absent, at), SHOWN);
    fail_msg("%.600s\nhidden: " STR_FMT "\nabsent: " STR_FMT, testing_case, STR_ARG(one),
             STR_ARG(other));
}

/* One request, about the one and about the other. */
static void compare(size_t who, Make make, const void *of)
{
    Str texts[2];
    static const char *const ids[] = {HIDDEN, ABSENT};
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        Wanted request = make(of, ids[i]);
        Str headers = arena_format(f.cx.arena, STR_FMT STR_FMT, STR_ARG(people[who].cookie),
                                   STR_ARG(request.type));
        testing_case =
            arena_format(f.cx.arena, "%s: " STR_FMT " " STR_FMT " " STR_FMT, people[who].role,
                         STR_ARG(request.method), STR_ARG(request.target), STR_ARG(request.body))
                .at;
        Answer answer = ask(request.method, request.target, headers, request.body);
        check(answer.status != 0);
        check(answer.status < 500);
        check(!memmem(answer.body.at, answer.body.len, "Zyxcanarius01", 13));
        texts[i] = told(&answer);
        asked++;
        found += answer.status < 300;
    }
    if (!str_eq(texts[0], texts[1]))
        part_at(texts[0], texts[1]);
    fixture_clear(&f);
}

/* ---- requests ---------------------------------------------------------------------------------
 */

#define FORM  "Content-Type: application/x-www-form-urlencoded\r\n"
#define PATCH "Content-Type: application/json-patch+json\r\n"
#define JSON  "Content-Type: application/json\r\n"

typedef struct {
    const Route *route;
    const char *type; /* for {type} */
    size_t kind;      /* of kinds */
    const char *operation;
    bool with_words;
    const char *query;
} Asking;

static Str parameters(const char *id)
{
    Buf buf;
    buf_init(&buf, f.cx.arena, 4096, TEXT_MAX);
    buf_add_lit(&buf, "{\"resourceType\":\"Parameters\",\"parameter\":[");
    for (size_t i = 0; i < COUNT_OF(words); i++)
        buf_format(&buf, "%s{\"name\":\"%s\",\"valueString\":\"" STR_FMT "\"}", i ? "," : "",
                   words[i].name, STR_ARG(filled(words[i].value, id)));
    buf_add_lit(&buf, "]}");
    return buf_str(&buf);
}

static Str query_of_words(const char *id)
{
    Buf buf;
    buf_init(&buf, f.cx.arena, 4096, TEXT_MAX);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        buf_format(&buf, "%s%s=" STR_FMT, i ? "&" : "?", words[i].name,
                   STR_ARG(filled(words[i].value, id)));
    return buf_str(&buf);
}

static Str target_of(const Asking *a, const char *id)
{
    Str pattern = str_of(a->route->pattern);
    Buf target;
    buf_init(&target, f.cx.arena, 128, 8192);
    for (Str segment = str_cut(&pattern, '/'); pattern.at;) {
        segment = str_cut(&pattern, '/');
        buf_add_char(&target, '/');
        if (str_eq(segment, STR("{type}")))
            buf_add_str(&target, str_of(a->type));
        else if (str_eq(segment, STR("{types}")))
            buf_add_lit(&target, "Observation");
        else if (str_eq(segment, STR("{id}")))
            buf_add_str(&target, str_of(id));
        else if (str_eq(segment, STR("{n}")))
            buf_add_lit(&target, "1");
        else if (str_eq(segment, STR("{$operation}")))
            buf_add_str(&target, str_of(a->operation));
        else
            buf_add_str(&target, segment);
    }
    bool reads = strcmp(a->route->method, "GET") == 0;
    if (a->with_words && reads)
        buf_add_str(&target, query_of_words(id));
    if (a->query)
        buf_format(&target, "?" STR_FMT, STR_ARG(filled(a->query, id)));
    return buf_str(&target);
}

static Wanted from_pattern(const void *of, const char *id)
{
    const Asking *a = of;
    Wanted request = {str_of(a->route->method), target_of(a, id), STR_EMPTY, STR_EMPTY};
    Str pattern = str_of(a->route->pattern);
    if (str_has_suffix(pattern, STR("/_search"))) {
        request.type = STR(FORM);
        request.body = filled("_id=%s", id);
    } else if (a->operation && !str_eq(request.method, STR("GET"))) {
        request.type = STR(TYPE);
        request.body = a->with_words ? parameters(id) : STR("{\"resourceType\":\"Parameters\"}");
    } else if (str_eq(request.method, STR("PATCH"))) {
        request.type = STR(PATCH);
        request.body = STR("[{\"op\":\"add\",\"path\":\"/language\",\"value\":\"en\"}]");
    } else if (str_eq(request.method, STR("PUT")) || str_eq(request.method, STR("POST"))) {
        request.type = STR(TYPE);
        request.body = resource_of(a->kind, id);
    }
    return request;
}

static bool has(const Route *route, const char *part)
{
    return strstr(route->pattern, part) != NULL;
}

/* By a patient's id, and by its own. */
static void ask_of_types(size_t who, const Route *route)
{
    for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
        bool reads = strcmp(route->method, "GET") == 0 && !has(route, "{id}");
        Asking a = {.route = route, .type = kinds[kind].type, .kind = kind};
        if (has(route, "{type}/_history") ||
            !(reads || strcmp(route->method, "POST") == 0 || has(route, "{id}")))
            a.query = has(route, "_history") ? NULL : "_id=%s"; /* conditional writes */
        else if (reads)
            a.query = "_id=%s";
        compare(who, from_pattern, &a);
        if (!reads || has(route, "_history"))
            continue;
        a.query = kind ? "patient=Patient/%s&_total=accurate" : "_has:Observation:subject:_id=%s";
        compare(who, from_pattern, &a);
    }
}

static void ask_operation(size_t who, const Route *route, const OperationKind *kind)
{
    bool on_type = has(route, "{type}"), on_one = has(route, "{id}");
    OperationPlace place = on_one    ? OPERATION_ON_INSTANCE
                           : on_type ? OPERATION_ON_TYPE
                                     : OPERATION_ON_SYSTEM;
    char name[64], type[64];
    if (!(kind->places & place))
        return;
    snprintf(name, sizeof(name), STR_FMT, STR_ARG(kind->name));
    snprintf(type, sizeof(type), STR_FMT, STR_ARG(kind->type));
    for (int with = 0; with < 2; with++) {
        Asking a = {.route = route, .type = type, .operation = name, .with_words = with};
        compare(who, from_pattern, &a);
    }
}

static void ask_operations(size_t who, const Route *route)
{
    for (size_t i = 0; i < care_operation_count; i++)
        for (size_t k = 0; k < care_operations[i].count; k++)
            ask_operation(who, route, &care_operations[i].kinds[k]);
}

/* ---- those without an id in their pattern
 * -------------------------------------------------------- */

static bool begins(const char *text, const char *with)
{
    size_t len = strlen(with);
    bool folder = len > 1 && with[len - 1] == '/' && strcmp(with, "/fhir/") != 0;
    return folder ? strncmp(text, with, len) == 0 : strcmp(text, with) == 0;
}

static size_t row_of(const Route *route)
{
    size_t i = 0;
    while (i < COUNT_OF(others) &&
           !((others[i].method[0] == '*' || strcmp(others[i].method, route->method) == 0) &&
             begins(route->pattern, others[i].pattern)))
        i++;
    return i;
}

static Str bundle_about(const char *id)
{
    Buf buf;
    buf_init(&buf, f.cx.arena, 4096, TEXT_MAX);
    buf_add_lit(&buf, "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[");
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        buf_format(
            &buf,
            "%s{\"request\":{\"method\":\"GET\",\"url\":\"%s/%s\"}},{\"request\":{\"method\":"
            "\"PUT\",\"url\":\"%s/%s\"},\"resource\":" STR_FMT "},{\"request\":{\"method\":"
            "\"DELETE\",\"url\":\"%s?_id=%s\"}}",
            i ? "," : "", kinds[i].type, id, kinds[i].type, id, STR_ARG(resource_of(i, id)),
            kinds[i].type, id);
    buf_add_lit(&buf, "]}");
    return buf_str(&buf);
}

static Wanted from_row(const void *of, const char *id)
{
    const Route *route = of;
    size_t row = row_of(route);
    const char *query = others[row].query, *body = others[row].body;
    Str path = str_of(route->pattern);
    Wanted request = {str_of(route->method), path, STR_EMPTY, STR_EMPTY};
    if (str_has_suffix(path, STR("*")) || str_has_suffix(path, STR("{file}")))
        request.target = arena_format(
            f.cx.arena, STR_FMT STR_FMT,
            STR_ARG(str_head(path, str_index(path, path.at[path.len - 1] == '*' ? '*' : '{'))),
            STR_ARG(filled(query, id)));
    else if (query)
        request.target = arena_format(f.cx.arena, STR_FMT "?" STR_FMT, STR_ARG(path),
                                      STR_ARG(filled(query, id)));
    if (body) {
        bool bundle = strcmp(body, "bundle") == 0;
        request.body = bundle ? bundle_about(id) : filled(body, id);
        request.type = bundle ? STR(TYPE) : body[0] == '{' ? STR(JSON) : STR(FORM);
    }
    return request;
}

/* A stream does not end: what it says in the beginning. */
static Str heard(size_t who, const char *id)
{
    Client client;
    char text[4096];
    size_t len = 0;
    assert_true(client_open(&client, f.cx.arena, http_port(server)));
    assert_true(client_send(&client, arena_format(f.cx.arena,
                                                  "GET /live?watch=Patient/%s HTTP/1.1\r\nHost: "
                                                  "localhost\r\n" STR_FMT "\r\n",
                                                  id, STR_ARG(people[who].cookie))));
    const char *ready = NULL; /* and its id behind it */
    while (len < sizeof(text) - 1 &&
           !((ready = memmem(text, len, "event: ready", 12)) &&
             memmem(ready, (size_t)(text + len - ready), "\n\n\r\n", 4))) {
        ssize_t got = read(client.fd, text + len, sizeof(text) - 1 - len);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    client_close(&client);
    const char *from = memmem(text, len, "event: ", 7);
    Str said = from ? str_n(from, (size_t)(text + len - from)) : STR("no event");
    const char *id_at = memmem(said.at, said.len, "id: ", 4); /* sealed: its length is all */
    return arena_format(f.cx.arena, STR_FMT " %zu",
                        STR_ARG(id_at ? str_head(said, (size_t)(id_at - said.at)) : said),
                        said.len);
}

static void ask_other(size_t who, const Route *route)
{
    size_t row = row_of(route);
    testing_case = route->pattern;
    check(row < COUNT_OF(others)); /* a new route: how is a row named to it? */
    if (others[row].why)
        return;
    if (strcmp(route->pattern, "/live") != 0) {
        compare(who, from_row, route);
        return;
    }
    check_str(heard(who, HIDDEN), heard(who, ABSENT));
    fixture_clear(&f);
}

/* ---- the test
 * ------------------------------------------------------------------------------------ */

static void hidden_and_absent_are_answered_alike(void **state)
{
    UNUSED(state);
    for (size_t who = 0; who < PEOPLE; who++)
        for (size_t i = 0; i < route_count; i++) {
            const Route *route = &routes[i];
            if (has(route, "{$operation}"))
                ask_operations(who, route);
            else if (has(route, "{type}") || has(route, "{id}"))
                ask_of_types(who, route);
            else if (has(route, "/fhir/Binary"))
                compare(who, from_pattern,
                        &(Asking){.route = route, .type = "Binary", .kind = COUNT_OF(kinds) - 2});
            else
                ask_other(who, route);
        }
    print_message("# %u requests, %u of them found or did something\n", asked, found);
    CASE("not everything was refused before anything was looked at");
    check(found * 10 > asked);
}

/* Without this, all of it would pass on a server that shows nothing to anybody. */
static void the_hidden_ones_are_there(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        CASE(kinds[i].type);
        fixture_clear(&f);
        check_int(fixture_read(&f, str_of(kinds[i].type), STR(HIDDEN), STR_EMPTY), STATUS_OK);
        check_int(f.reply.version, 1); /* nobody has changed it */
        check_int(fixture_read(&f, str_of(kinds[i].type), STR(ABSENT), STR_EMPTY),
                  STATUS_NOT_FOUND);
    }
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hidden_and_absent_are_answered_alike),
        cmocka_unit_test(the_hidden_ones_are_there),
    };
    return cmocka_run_group_tests(tests, begin, stop);
}

/* leaks/world.c - what there is, and how often it changed. */
#include "leaks/world.h"

#include "access/facts.h"

enum { ENTRIES_MAX = 250 };

/* ---- how many of what --------------------------------------------------------------------------
 */

static Pool table[200] = {
    {"Patient", "p", 8},
    {"Practitioner", "r", 14},
    {"PractitionerRole", "q", 14},
    {"Organization", "g", 3},
    {"RelatedPerson", "w", 3},
    {"Location", "l", 3},
    {"Encounter", "e", 12},
    {"Observation", "o", 48},
    {"Condition", "c", 20},
    {"List", "i", 6},
    {"MedicationRequest", "m", 12},
    {"AllergyIntolerance", "y", 8},
    {"DocumentReference", "d", 14},
    {"Appointment", "t", 10},
    {"Invoice", "v", 6},
    {"CarePlan", "k", 8},
    {"DiagnosticReport", "x", 14},
    {"Composition", "n", 10},
    {"ServiceRequest", "s", 8},
    {"Coverage", "z", 5},
    {"Binary", "b", 6},
    {"ValueSet", "u", 6},
};
const Pool *pools = table;
enum { NAMED = 22 };
size_t pool_count = NAMED;

/* Their content decides what the server itself does, or they are not made by a walk. */
static const char *const left_out[] = {
    "Bundle",   "Parameters", "SearchParameter",     "OperationOutcome",
    "CareTeam", "Consent",    "StructureDefinition", "AuditEvent"};

static bool is_left_out(Str type)
{
    for (size_t i = 0; i < COUNT_OF(left_out); i++) {
        if (str_eq(type, str_of(left_out[i])))
            return true;
    }
    return false;
}

/* Two of each type that the table does not name. */
static void add_other_types(void)
{
    if (pool_count > NAMED)
        return;
    for (uint16_t type = 1; type <= fhir_type_count(); type++) {
        Str name = fhir_type_name(type);
        bool known = is_left_out(name);
        for (size_t i = 0; i < NAMED && !known; i++)
            known = str_eq(str_of(table[i].type), name);
        if (!known) {
            char *copy = strndup(name.at, name.len);
            table[pool_count++] = (Pool){copy, "a", 2};
        }
    }
}

/* ---- labels and kinds
 * ---------------------------------------------------------------------------- */

#define CONFIDENTIALITY "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
#define ACT_CODE        "http://terminology.hl7.org/CodeSystem/v3-ActCode"

static Str some_meta(OracleDice *d, Arena *arena)
{
    static const char *const levels[] = {"U", "L", "M", "N", "R", "V"};
    static const char *const kinds[] = {"HIV", "STD", "SEX", "GDIS", "ETH",    "SUD",
                                        "PSY", "MH",  "SDV", "DV",   "PSYTHPN"};
    Buf buf;
    unsigned way = dice(d, 100);
    buf_init(&buf, arena, 256, 4096);
    buf_format(&buf, "\"tag\":[{\"system\":\"http://acme.org/tags\",\"code\":\"%s\"}]",
               maker_word(d));
    if (way < 22)
        buf_format(&buf, ",\"security\":[{\"system\":\"" CONFIDENTIALITY "\",\"code\":\"%s\"}",
                   PICK(d, levels));
    else if (way < 40)
        buf_format(&buf, ",\"security\":[{\"system\":\"" ACT_CODE "\",\"code\":\"%s\"}",
                   PICK(d, kinds));
    if (way < 40)
        buf_format(&buf, "%s]",
                   dice_percent(d, 30) ? ",{\"system\":\"" ACT_CODE "\",\"code\":\"MH\"}" : "");
    return buf_str(&buf);
}

typedef struct {
    const char *type, *beside;
} Kind;
#define CATEGORY(system, code)                                                                     \
    ",\"category\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/" system      \
    "\",\"code\":\"" code "\"}]}]"
static const Kind kinds[] = {
    {"Observation", CATEGORY("observation-category", "laboratory")},
    {"Observation", CATEGORY("observation-category", "vital-signs")},
    {"Observation", CATEGORY("observation-category", "imaging")},
    {"Observation", CATEGORY("observation-category", "exam")},
    {"Observation", CATEGORY("observation-category", "therapy")},
    {"Observation", CATEGORY("observation-category", "social-history")},
    {"Observation", CATEGORY("observation-category", "survey")},
    {"Condition", CATEGORY("condition-category", "problem-list-item")},
    {"Condition", CATEGORY("condition-category", "encounter-diagnosis")},
    {"ValueSet",
     ",\"url\":\"http://acme.org/uri/1\",\"compose\":{\"include\":[{\"system\":\"http://"
     "acme.org/codes\",\"concept\":[{\"code\":\"c1\"},{\"code\":\"c2\"}]}]}"},
    {"ValueSet",
     ",\"url\":\"http://acme.org/uri/2\",\"compose\":{\"include\":[{\"system\":\"http://"
     "acme.org/codes\",\"concept\":[{\"code\":\"c3\"}]},{\"valueSet\":[\"http://acme.org/"
     "uri/1\"]}]}"},
    {"DiagnosticReport", CATEGORY("v2-0074", "LAB")},
    {"DiagnosticReport", CATEGORY("v2-0074", "RAD")},
};

static Str beside_of(OracleDice *d, Str type)
{
    Str chosen = STR_EMPTY;
    unsigned seen = 0;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (str_eq(str_of(kinds[i].type), type) && dice(d, ++seen) == 0)
            chosen = str_of(kinds[i].beside);
    }
    return chosen;
}

/* ---- writing
 * -------------------------------------------------------------------------------------- */

typedef struct {
    Twin *master;
    OracleDice *dice;
    Arena *arena;
    Buf buf;
    unsigned entries;
} Writer;

static void writer_end(Writer *w)
{
    if (!w->entries)
        return;
    buf_add_lit(&w->buf, "]}");
    Twin *t = w->master;
    twin_clear(t);
    Call call = {.access = t->system,
                 .base = STR("http://test/fhir"),
                 .address = STR("127.0.0.1"),
                 .if_match = STR_EMPTY,
                 .if_none_match = STR_EMPTY,
                 .if_modified_since = STR_EMPTY,
                 .if_none_exist = STR_EMPTY,
                 .prefer = STR("return=minimal"),
                 .query = STR_EMPTY};
    char *text = arena_alloc(t->cx.arena, w->buf.len + JSON_PADDING);
    memcpy(text, w->buf.at, w->buf.len);
    (void)record_bundle(t->record, &t->cx, &call, (Body){text, w->buf.len}, &t->reply);
    Status status = record_finish(t->record, &t->cx, &call, &t->reply);
    for (const Issue *issue = t->cx.issues; issue && status != STATUS_OK; issue = issue->next)
        printf("# " STR_FMT ": " STR_FMT "\n", STR_ARG(issue->expression),
               STR_ARG(issue->diagnostics));
    CASE("writing the world");
    check_int(status, STATUS_OK);
    twin_clear(t);
    arena_clear(w->arena);
    w->entries = 0;
}

/* Before anything of an entry is made: the arena may be cleared. */
static void writer_room(Writer *w)
{
    if (w->entries == ENTRIES_MAX)
        writer_end(w);
}

static void writer_begin(Writer *w)
{
    if (!w->entries) {
        buf_init(&w->buf, w->arena, 1 << 16, 64 << 20);
        buf_add_lit(&w->buf, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
    }
    buf_format(&w->buf, "%s", w->entries++ ? "," : "");
}

static void put(Writer *w, Str type, Str id, Str text)
{
    writer_begin(w);
    buf_format(&w->buf,
               "{\"resource\":" STR_FMT ",\"request\":{\"method\":\"PUT\",\"url\":\"" STR_FMT
               "/" STR_FMT "\"}}",
               STR_ARG(text), STR_ARG(type), STR_ARG(id));
}

static void drop(Writer *w, Str type, Str id)
{
    writer_begin(w);
    buf_format(&w->buf, "{\"request\":{\"method\":\"DELETE\",\"url\":\"" STR_FMT "/" STR_FMT "\"}}",
               STR_ARG(type), STR_ARG(id));
}

static Str some_patient(Writer *w)
{
    return arena_format(w->arena, "Patient/p%u", dice(w->dice, table[0].count));
}

/* ---- who is what to whom
 * ------------------------------------------------------------------------- */

/* A period by days from now; `end` 0: none. */
static Str period(Writer *w, int from_hours, int to_hours)
{
    char start[TIME_INSTANT_LEN], end[TIME_INSTANT_LEN];
    Time now = time_now(), hour = 3600 * TIME_SECOND;
    (void)time_format_instant(now + from_hours * hour, start);
    (void)time_format_instant(now + to_hours * hour, end);
    return arena_format(w->arena, "\"period\":{\"start\":\"%.24s\"%s%.*s%s}", start,
                        to_hours ? ",\"end\":\"" : "", to_hours ? TIME_INSTANT_LEN : 0, end,
                        to_hours ? "\"" : "");
}

/* Holds, has ended, has not begun, holds without an end. */
static Str some_period(Writer *w)
{
    unsigned way = dice(w->dice, 100);
    return way < 55   ? period(w, -240, 240)
           : way < 65 ? period(w, -2400, -24)
           : way < 70 ? period(w, 24, 2400)
           : way < 90 ? period(w, -240, 0)
                      : period(w, -24 * 500, 0);
}

static Str function_of(Writer *w, unsigned number)
{
    Str when = dice_percent(w->dice, 85) ? period(w, -9000, 0) : some_period(w);
    return arena_format(w->arena,
                        ",\"practitioner\":{\"reference\":\"Practitioner/r%u\"},\"active\":%s,"
                        "\"organization\":{\"reference\":\"Organization/g%u\"}," STR_FMT,
                        number, dice_percent(w->dice, 90) ? "true" : "false", dice(w->dice, 3),
                        STR_ARG(when));
}

static Str kin_of(Writer *w, unsigned number)
{
    Str when = period(w, -9000, 0);
    return arena_format(
        w->arena,
        ",\"active\":true,\"patient\":{\"reference\":\"Patient/p%u\"},\"relationship\":[{"
        "\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-RoleCode\",\"code\":"
        "\"%s\"}]}]," STR_FMT,
        7 - number, dice_percent(w->dice, 80) ? "MTH" : "FRND", STR_ARG(when));
}

static Str somebody(Writer *w)
{
    unsigned way = dice(w->dice, 100);
    return way < 75   ? arena_format(w->arena, "Practitioner/r%u", dice(w->dice, 14))
           : way < 88 ? arena_format(w->arena, "PractitionerRole/q%u", dice(w->dice, 14))
                      : arena_format(w->arena, "Organization/g%u", dice(w->dice, 3));
}

static void put_team(Writer *w, unsigned number)
{
    static const char *const links[] = {"own-gp", "own-pharmacist", "contact", "emergency"};
    writer_room(w);
    Str id = arena_format(w->arena, "team%u", number), who = somebody(w), when = some_period(w);
    Str patient = some_patient(w), own = some_period(w);
    bool broken = dice_percent(w->dice, 15);
    if (broken)
        when = dice_percent(w->dice, 70) ? period(w, -1, 0) : period(w, -6, 0);
    Str text = arena_format(
        w->arena,
        "{\"resourceType\":\"CareTeam\",\"id\":\"" STR_FMT "\",\"status\":\"%s\",\"category\":[{"
        "\"coding\":[{\"system\":\"urn:aceso:link\",\"code\":\"%s\"}]}],\"subject\":{"
        "\"reference\":\"" STR_FMT "\"}," STR_FMT ",\"participant\":[{\"member\":{\"reference\":"
        "\"" STR_FMT "\"}},{\"member\":{\"reference\":\"Practitioner/r%u\"}%s" STR_FMT "}]}",
        STR_ARG(id), dice_percent(w->dice, 92) ? "active" : "inactive",
        broken ? "break-glass" : PICK(w->dice, links), STR_ARG(patient), STR_ARG(when),
        STR_ARG(who), dice(w->dice, 14), ",", STR_ARG(own));
    put(w, STR("CareTeam"), id, text);
}

/* What a refusal is about: everything, some classes, some kinds, a level. */
static Str extent(Writer *w)
{
    switch (dice(w->dice, 5)) {
    case 0:
        return arena_format(w->arena,
                            ",\"class\":[{\"system\":\"urn:aceso:class\",\"code\":\"D%u\"}]",
                            dice(w->dice, ACCESS_CLASSES));
    case 1: return STR(",\"securityLabel\":[{\"system\":\"" ACT_CODE "\",\"code\":\"MH\"}]");
    case 2: return STR(",\"securityLabel\":[{\"system\":\"" CONFIDENTIALITY "\",\"code\":\"R\"}]");
    default: return STR_EMPTY;
    }
}

static Str actor(Writer *w, Str reference)
{
    return arena_format(
        w->arena,
        ",\"actor\":[{\"role\":{\"text\":\"x\"},\"reference\":{\"reference\":\"" STR_FMT "\"}}]",
        STR_ARG(reference));
}

static Str profession_actor(Writer *w)
{
    Str word = access_role_word((AccessRole)(1 + dice(w->dice, ROLE_LAB)));
    return arena_format(w->arena,
                        ",\"actor\":[{\"role\":{\"text\":\"x\"},\"reference\":{\"identifier\":{"
                        "\"system\":\"urn:aceso:profession\",\"value\":\"" STR_FMT "\"}}}]",
                        STR_ARG(word));
}

static Str refusal(Writer *w)
{
    unsigned way = dice(w->dice, 100);
    Str whom = way < 60 ? actor(w, somebody(w)) : way < 85 ? profession_actor(w) : STR_EMPTY;
    Str what = extent(w);
    const char *unless = dice_percent(w->dice, 40)
                             ? ",\"provision\":[{\"type\":\"permit\",\"purpose\":[{\"system\":"
                               "\"http://terminology.hl7.org/CodeSystem/v3-ActReason\",\"code\":"
                               "\"ETREAT\"}]}]"
                             : "";
    return arena_format(w->arena, "\"type\":\"deny\"" STR_FMT STR_FMT "%s", STR_ARG(whom),
                        STR_ARG(what), unless);
}

static void put_consent(Writer *w, const char *name, unsigned number, const char *category,
                        Str patient, Str provision, Str when)
{
    Str id = arena_format(w->arena, "%s%u", name, number);
    Str text = arena_format(
        w->arena,
        "{\"resourceType\":\"Consent\",\"id\":\"" STR_FMT "\",\"status\":\"%s\",\"scope\":{"
        "\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":"
        "\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":\"urn:aceso:consent\","
        "\"code\":\"%s\"}]}],\"patient\":{\"reference\":\"" STR_FMT "\"},\"policyRule\":{"
        "\"text\":\"x\"},\"provision\":{" STR_FMT "," STR_FMT "}}",
        STR_ARG(id), dice_percent(w->dice, 94) ? "active" : "inactive", category, STR_ARG(patient),
        STR_ARG(provision), STR_ARG(when));
    put(w, STR("Consent"), id, text);
}

static void put_papers(Writer *w)
{
    enum { TEAMS = 100, REFUSALS = 10, MANDATES = 4 };
    for (unsigned i = 0; i < TEAMS; i++)
        put_team(w, i);
    for (unsigned i = 0; i < table[0].count; i++) {
        writer_room(w);
        Str when = dice_percent(w->dice, 85) ? period(w, -9000, 0) : some_period(w);
        put_consent(w, "network", i, "network", arena_format(w->arena, "Patient/p%u", i),
                    STR("\"type\":\"permit\""), when);
    }
    for (unsigned i = 0; i < REFUSALS; i++) {
        writer_room(w);
        put_consent(w, "refusal", i, "block", some_patient(w), refusal(w), some_period(w));
    }
    for (unsigned i = 0; i < MANDATES; i++) {
        writer_room(w);
        Str whom = dice_percent(w->dice, 70)
                       ? arena_format(w->arena, "RelatedPerson/w%u", dice(w->dice, 3))
                       : somebody(w);
        Str who = actor(w, whom);
        Str provision = arena_format(w->arena, "\"type\":\"permit\"" STR_FMT, STR_ARG(who));
        put_consent(w, "mandate", i, "mandate", some_patient(w), provision, some_period(w));
    }
}

static void put_any(Writer *w, const Pool *pool, unsigned number)
{
    writer_room(w);
    Str type = str_of(pool->type);
    MakerTask task = {.type = type,
                      .id = arena_format(w->arena, "%s%u", pool->letter, number),
                      .patient = some_patient(w),
                      .meta = some_meta(w->dice, w->arena),
                      .beside = beside_of(w->dice, type),
                      .without = STR_EMPTY,
                      .contain = dice_percent(w->dice, 15)};
    if (str_eq(type, STR("PractitionerRole")))
        task.beside = function_of(w, number);
    if (str_eq(type, STR("RelatedPerson")))
        task.beside = kin_of(w, number);
    if (str_eq(type, STR("Patient")))
        task.beside = arena_format(w->arena, ",\"birthDate\":\"%u-03-04\"",
                                   number < 5 ? 1950 + number * 9 : 2011 + number);
    if (task.beside.len)
        task.contain = false;
    put(w, type, task.id, maker_resource(w->dice, w->arena, &task));
}

/* Some get another version with other labels, about somebody else; some go, some come back. */
static void change(Writer *w)
{
    for (size_t i = 0; i < pool_count; i++) {
        for (unsigned n = 0; n < pools[i].count; n++) {
            writer_room(w);
            Str id = arena_format(w->arena, "%s%u", pools[i].letter, n);
            unsigned way = dice(w->dice, 100);
            if (way < 22)
                put_any(w, &pools[i], n);
            else if (way < 27 && i > 3)
                drop(w, str_of(pools[i].type), id);
        }
    }
    writer_end(w);
}

void world_make(OracleDice *d, Twin *master)
{
    Writer w = {.master = master, .dice = d, .arena = arena_new((size_t)256 << 20, false)};
    add_other_types();
    for (size_t i = 0; i < pool_count; i++) {
        for (unsigned n = 0; n < pools[i].count; n++)
            put_any(&w, &pools[i], n);
    }
    put_papers(&w);
    writer_end(&w);
    change(&w);
    change(&w);
    arena_free(w.arena);
}

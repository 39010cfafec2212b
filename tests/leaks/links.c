/* leaks/links.c - papers on a table: each is picked up and read. */
#include "leaks/links.h"

#include "fhir/fhir.h"
#include "search/search.h"

enum { NAMES_MAX = 32 };

typedef struct {
    const Papers *papers;
    Caller *caller;
    bool *decides;
    Str names[NAMES_MAX]; /* himself, his functions, his organisations */
    size_t name_count;
} Reading;

/* ---- parts of a resource ------------------------------------------------------------------------
 */

static bool has_code(const JsonValue *concepts, const char *system, const char *code)
{
    JsonValue *concept, *coding;
    for (JsonIter it = json_iter(concepts); json_next(&it, NULL, &concept);) {
        for (JsonIter of = json_iter(json_get(concept, STR("coding")));
             json_next(&of, NULL, &coding);) {
            if (str_eq(json_get_str(coding, STR("system")), str_of(system)) &&
                str_eq(json_get_str(coding, STR("code")), str_of(code)))
                return true;
        }
    }
    return false;
}

static Str reference_of(const JsonValue *object, const char *member)
{
    return json_get_str(json_get(object, str_of(member)), STR("reference"));
}

static bool is_now(const Reading *r, const JsonValue *period)
{
    Time lo, hi;
    Str start = json_get_str(period, STR("start")), end = json_get_str(period, STR("end"));
    if (start.len && (!fhir_date_range(start, &lo, &hi) || r->papers->now < lo))
        return false;
    return !end.len || (fhir_date_range(end, &lo, &hi) && r->papers->now < hi);
}

static bool is_active(const JsonValue *resource)
{
    return str_eq(json_get_str(resource, STR("status")), STR("active"));
}

static bool is_he(const Reading *r, Str reference)
{
    for (size_t i = 0; i < r->name_count; i++) {
        if (str_eq(r->names[i], reference))
            return true;
    }
    return false;
}

static JudgeLink *link_with(Reading *r, Str patient)
{
    Caller *caller = r->caller;
    for (size_t i = 0; i < caller->link_count; i++) {
        if (str_eq(caller->links[i].patient, patient))
            return &caller->links[i];
    }
    JudgeLink *one = &caller->links[caller->link_count++];
    assert_true(caller->link_count < JUDGE_LINKS_MAX);
    *one = (JudgeLink){.patient = arena_str(r->papers->arena, patient)};
    one->hash = search_hash_text(r->papers->search, patient);
    return one;
}

/* ---- each kind of paper
 * ---------------------------------------------------------------------------- */

static void add_name(Reading *r, Str name)
{
    if (name.len && r->name_count < NAMES_MAX)
        r->names[r->name_count++] = arena_str(r->papers->arena, name);
}

/* His functions, and where he has them. */
static bool read_function(Reading *r, const JsonValue *resource, Str name)
{
    const JsonValue *active = json_get(resource, STR("active"));
    if (!str_eq(reference_of(resource, "practitioner"), r->caller->self))
        return false;
    if ((active && !json_bool(active)) || !is_now(r, json_get(resource, STR("period"))))
        return true;
    add_name(r, name);
    add_name(r, reference_of(resource, "organization"));
    return true;
}

/* How long a link holds that does not say. In days, with none of this test's near the verge. */
static const struct {
    const char *kind;
    int64_t days;
} usual[] = {{"own-gp", 456},
             {"own-pharmacist", 456},
             {"contact", 91},
             {"emergency", 30},
             {"break-glass", 0}};

static bool team_holds(const Reading *r, const JsonValue *team, bool *ret_broken)
{
    const JsonValue *period = json_get(team, STR("period")), *category;
    Str start = json_get_str(period, STR("start"));
    Time lo, hi;
    category = json_get(team, STR("category"));
    if (!is_active(team) || !start.len || !fhir_date_range(start, &lo, &hi) || !is_now(r, period))
        return false;
    for (size_t i = 0; i < COUNT_OF(usual); i++) {
        if (!has_code(category, "urn:aceso:link", usual[i].kind))
            continue;
        *ret_broken = !usual[i].days;
        Time length = usual[i].days ? usual[i].days * TIME_DAY : 4 * 3600 * TIME_SECOND;
        bool says = json_get(period, STR("end")) && usual[i].days;
        return says || r->papers->now < lo + length;
    }
    return false;
}

static bool read_team(Reading *r, const JsonValue *team)
{
    JsonValue *one;
    bool broken = false, member = false, names = false;
    Str patient = reference_of(team, "subject");
    for (JsonIter it = json_iter(json_get(team, STR("participant"))); json_next(&it, NULL, &one);) {
        bool he = is_he(r, reference_of(one, "member"));
        names |= he;
        member |= he && is_now(r, json_get(one, STR("period")));
    }
    if (!member || !str_has_prefix(patient, STR("Patient/")) || !team_holds(r, team, &broken))
        return names;
    JudgeLink *link = link_with(r, patient);
    link->linked = true;
    link->broken |= broken;
    return true;
}

static bool provision_names(const Reading *r, const JsonValue *provision, bool *ret_everybody)
{
    JsonValue *one;
    bool named = false;
    *ret_everybody = json_count(json_get(provision, STR("actor"))) == 0;
    for (JsonIter it = json_iter(json_get(provision, STR("actor"))); json_next(&it, NULL, &one);) {
        const JsonValue *reference = json_get(one, STR("reference"));
        Str profession = json_get_str(json_get(reference, STR("identifier")), STR("value"));
        named |= is_he(r, json_get_str(reference, STR("reference")));
        named |= profession.len && access_role_of(profession) == r->caller->role;
    }
    return named || *ret_everybody;
}

static bool yields(const JsonValue *provision)
{
    JsonValue *inner, *purpose;
    for (JsonIter it = json_iter(json_get(provision, STR("provision")));
         json_next(&it, NULL, &inner);) {
        for (JsonIter of = json_iter(json_get(inner, STR("purpose")));
             json_next(&of, NULL, &purpose);) {
            if (str_eq(json_get_str(purpose, STR("code")), STR("ETREAT")))
                return true;
        }
    }
    return false;
}

/* Levels and kinds that a refusal names; without any, and without classes, it is of everything. */
static void read_refusal(Reading *r, JudgeLink *link, const JsonValue *provision, bool everybody)
{
    JsonValue *one;
    bool whole = true;
    if (link->broken && judge_may_break(r->caller->role) && yields(provision))
        return;
    for (JsonIter it = json_iter(json_get(provision, STR("class"))); json_next(&it, NULL, &one);) {
        uint64_t class = 0;
        if (str_to_u64(str_from(json_get_str(one, STR("code")), 1), &class))
            link->without |= 1u << class;
        whole = false;
    }
    for (JsonIter it = json_iter(json_get(provision, STR("securityLabel")));
         json_next(&it, NULL, &one);) {
        Str code = json_get_str(one, STR("code"));
        unsigned level = str_eq(code, STR("R")) ? CONF_R : str_eq(code, STR("V")) ? CONF_V : 0;
        link->without_kinds |= judge_kind(code);
        if (level && (!link->below || level < link->below))
            link->below = level;
        whole = false;
    }
    if (whole && !everybody)
        link->blocked = true;
    if (whole && everybody)
        link->consent = false;
}

typedef enum { PASS_GIVE, PASS_TAKE } Pass;

/* First what gives, then what takes: a refusal stands whatever was written after it. */
static bool read_consent(Reading *r, const JsonValue *consent, Pass pass)
{
    const JsonValue *provision = json_get(consent, STR("provision")), *category;
    Str patient = reference_of(consent, "patient"), type = json_get_str(provision, STR("type"));
    bool everybody, permit = str_eq(type, STR("permit"));
    bool names = provision_names(r, provision, &everybody);
    bool now = is_active(consent) && is_now(r, json_get(provision, STR("period")));
    category = json_get(consent, STR("category"));
    if (pass == PASS_GIVE && now && permit && has_code(category, "urn:aceso:consent", "network"))
        link_with(r, patient)->consent = true;
    if (pass == PASS_GIVE && now && permit && !everybody && names &&
        json_get(json_get(provision, STR("period")), STR("end")) &&
        has_code(category, "urn:aceso:consent", "mandate"))
        link_with(r, patient)->linked = link_with(r, patient)->proxy = true;
    if (pass == PASS_TAKE && now && names && str_eq(type, STR("deny")))
        read_refusal(r, link_with(r, patient), provision, everybody);
    return true;
}

/* ---- all of them
 * ----------------------------------------------------------------------------------- */

static const JsonValue *current(const Reading *r, size_t i, const char *type, Str *ret_name)
{
    const StoreRow *row = &r->papers->changes[i].row;
    Ctx cx = {.arena = r->papers->arena};
    JsonValue *root;
    if (!r->papers->last[i] || row->deleted || !str_eq(fhir_type_name(row->type), str_of(type)) ||
        json_parse(&cx, row->body, &root) != STATUS_OK)
        return NULL;
    *ret_name = arena_format(r->papers->arena, "%s/" STR_FMT, type, STR_ARG(row->id));
    return root;
}

/* A parent acts for a child until it is 16. */
static bool is_child(const Reading *r, Str patient, bool *decides)
{
    Str name;
    Time lo, hi;
    for (size_t i = 0; i < r->papers->count; i++) {
        const JsonValue *resource = current(r, i, "Patient", &name);
        if (!resource || !str_eq(name, patient))
            continue;
        decides[i] = true;
        Str born = json_get_str(resource, STR("birthDate"));
        return born.len == 10 && fhir_date_range(born, &lo, &hi) &&
               r->papers->now - lo < (int64_t)(16 * 365.25) * TIME_DAY;
    }
    return false;
}

static bool read_kin(Reading *r, const JsonValue *kin, Str name)
{
    const JsonValue *active = json_get(kin, STR("active"));
    Str patient = reference_of(kin, "patient");
    if (!str_eq(name, r->caller->self))
        return false;
    bool parent = has_code(json_get(kin, STR("relationship")),
                           "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "MTH");
    if (parent && (!active || json_bool(active)) && is_now(r, json_get(kin, STR("period"))) &&
        is_child(r, patient, r->decides))
        link_with(r, patient)->linked = link_with(r, patient)->proxy = true;
    return true;
}

static void each(Reading *r, const char *type, bool (*read)(Reading *r, const JsonValue *, Str))
{
    Str name;
    for (size_t i = 0; i < r->papers->count; i++) {
        const JsonValue *resource = current(r, i, type, &name);
        if (resource && read(r, resource, name))
            r->decides[i] = true;
    }
}

static bool on_team(Reading *r, const JsonValue *resource, Str name)
{
    UNUSED(name);
    return read_team(r, resource);
}

static bool on_giving(Reading *r, const JsonValue *resource, Str name)
{
    UNUSED(name);
    return read_consent(r, resource, PASS_GIVE);
}

static bool on_taking(Reading *r, const JsonValue *resource, Str name)
{
    UNUSED(name);
    return read_consent(r, resource, PASS_TAKE);
}

void links_read(const Papers *papers, Caller *caller, bool *ret_decides)
{
    Reading r = {.papers = papers, .caller = caller, .decides = ret_decides};
    memset(ret_decides, 0, papers->count);
    caller->link_count = 0;
    if (!caller->self.len)
        return;
    add_name(&r, caller->self);
    bool staff = str_has_prefix(caller->self, STR("Practitioner/"));
    if (staff)
        each(&r, "PractitionerRole", read_function);
    if (staff)
        each(&r, "CareTeam", on_team);
    each(&r, "RelatedPerson", read_kin);
    each(&r, "Consent", on_giving);
    each(&r, "Consent", on_taking);
    if (caller->role == ROLE_PATIENT) {
        JudgeLink *link = link_with(&r, caller->self);
        *link = (JudgeLink){.patient = link->patient,
                            .hash = link->hash,
                            .linked = true,
                            .self = true,
                            .consent = true};
    }
}

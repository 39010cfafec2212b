/* rights/gist.c - from a resource to what of it matters here.
 *
 * SPEC R4 careteam.html, consent.html, practitionerrole.html, relatedperson.html
 *
 * Codes of Aceso's own; docs/guide/access.md shows each of them in a resource:
 *   urn:aceso:link        CareTeam.category: own-gp, own-pharmacist, contact, emergency,
 * break-glass urn:aceso:consent     Consent.category: network, block, mandate urn:aceso:profession
 * identifier of an actor who is a whole profession: gp, nurse, ... urn:aceso:class
 * Consent.provision.class: D0 ... D17 */
#include "rights/gist.h"

#include "fhir/fhir.h"
#include "json/json.h"

#define SYSTEM_LINK       STR("urn:aceso:link")
#define SYSTEM_CONSENT    STR("urn:aceso:consent")
#define SYSTEM_PROFESSION STR("urn:aceso:profession")
#define SYSTEM_CLASS      STR("urn:aceso:class")
#define SYSTEM_SCOPE      STR("http://terminology.hl7.org/CodeSystem/consentscope")
#define SYSTEM_ACT_CODE   STR("http://terminology.hl7.org/CodeSystem/v3-ActCode")
#define SYSTEM_REASON     STR("http://terminology.hl7.org/CodeSystem/v3-ActReason")
#define SYSTEM_ROLE       STR("http://terminology.hl7.org/CodeSystem/v3-RoleCode")
#define SYSTEM_SECRET     STR("http://terminology.hl7.org/CodeSystem/v3-Confidentiality")

typedef struct {
    const Search *search;
    Ctx *cx;
    const StoreRow *row;
    const Rules *rules;
    const JsonValue *resource;
    Gist *first;
} Reading;

/* ---- small parts ------------------------------------------------------------------------ */

/* The first code of the system among the codings of one CodeableConcept. */
static Str code_of(const JsonValue *concept, Str system)
{
    JsonValue *coding;
    for (JsonIter it = json_iter(json_get(concept, STR("coding"))); json_next(&it, NULL, &coding);)
        if (str_eq(json_get_str(coding, STR("system")), system))
            return json_get_str(coding, STR("code"));
    return STR_EMPTY;
}

/* The same among several CodeableConcepts. */
static Str code_among(const JsonValue *concepts, Str system)
{
    JsonValue *concept;
    for (JsonIter it = json_iter(concepts); json_next(&it, NULL, &concept);) {
        Str code = code_of(concept, system);
        if (code.len)
            return code;
    }
    return STR_EMPTY;
}

/* "Patient/1" of a Reference, also of "https://host/fhir/Patient/1/_history/2"; empty: of none. */
static Str name_of(const JsonValue *reference)
{
    Str text = json_get_str(reference, STR("reference"));
    const char *history = text.len ? memmem(text.at, text.len, "/_history/", 10) : NULL;
    if (history)
        text.len = (size_t)(history - text.at);
    size_t slash = text.len, start;
    while (slash && text.at[slash - 1] != '/')
        slash--;
    if (slash < 2)
        return STR_EMPTY;
    for (start = slash - 1; start && text.at[start - 1] != '/'; start--)
        ;
    Str type = str_n(text.at + start, slash - 1 - start);
    return fhir_type_find(type) && fhir_id_is(str_from(text, slash)) ? str_from(text, start)
                                                                     : STR_EMPTY;
}

/* A reference to another server's resource names none of ours; but a deny that might be about
 * ours is. */
static bool is_elsewhere(const JsonValue *reference, GistKind kind)
{
    Str text = json_get_str(reference, STR("reference"));
    return kind != GIST_DENY && text.len && memmem(text.at, text.len, "://", 3) != NULL;
}

/* 0: of nothing that is stored here. */
static uint64_t hash_of(const Reading *r, const JsonValue *reference, Str type)
{
    Str name = name_of(reference);
    if (!name.len || (type.len && !(str_has_prefix(name, type) && name.at[type.len] == '/')))
        return 0;
    return search_hash_text(r->search, name);
}

/* False when a date of it cannot be read. */
static bool period_of(const JsonValue *period, Time *from, Time *until)
{
    Time lo, hi;
    Str start = json_get_str(period, STR("start")), end = json_get_str(period, STR("end"));
    if (start.len) {
        if (!fhir_date_range(start, &lo, &hi))
            return false;
        *from = lo > *from ? lo : *from;
    }
    if (end.len) {
        if (!fhir_date_range(end, &lo, &hi))
            return false;
        *until = hi < *until ? hi : *until;
    }
    return true;
}

/* `about`: the reference to the patient, or to a member's organisation. */
static Status new_gist(Reading *r, GistKind kind, const JsonValue *about, Gist **ret_gist)
{
    Gist *gist = arena_new_of(r->cx->arena, Gist);
    Str name = arena_format(r->cx->arena, STR_FMT "/" STR_FMT,
                            STR_ARG(fhir_type_name(r->row->type)), STR_ARG(r->row->id));
    if (!gist || !name.at)
        return STATUS_MEMORY;
    *gist = (Gist){.next = r->first,
                   .rid = r->row->rid,
                   .name = name,
                   .kind = (uint8_t)kind,
                   .about = name_of(about),
                   .patient = is_elsewhere(about, kind) ? 0 : hash_of(r, about, STR_EMPTY),
                   .from = INT64_MIN,
                   .until = FOR_EVER};
    r->first = gist;
    *ret_gist = gist;
    return STATUS_OK;
}

static GistWho *new_who(Reading *r, const JsonValue *items)
{
    size_t count = json_count(items);
    return arena_array_of(r->cx->arena, GistWho, count < WHO_MAX ? count + 1 : WHO_MAX);
}

static Status one_who(Reading *r, Gist *gist, uint64_t hash)
{
    GistWho *who = arena_new_of(r->cx->arena, GistWho);
    if (!who)
        return STATUS_MEMORY;
    *who = (GistWho){hash, INT64_MIN, FOR_EVER};
    gist->who = who;
    gist->who_count = 1;
    return STATUS_OK;
}

/* ---- links ------------------------------------------------------------------------------- */

/* Months later, by the calendar; the 31st becomes the 1st after a short month. */
static Time months_after(Time at, unsigned months)
{
    int64_t year;
    unsigned month, day;
    int64_t days = at / TIME_DAY - (at % TIME_DAY < 0);
    civil_from_days(days, &year, &month, &day);
    month += months;
    year += (month - 1) / 12;
    month = (month - 1) % 12 + 1;
    return days_from_civil(year, month, 1) * TIME_DAY + (int64_t)(day - 1) * TIME_DAY +
           (at - days * TIME_DAY);
}

/* Until when a link of this kind holds that says nothing itself; a broken glass at most so long. */
static Time usual_end(const Rules *rules, LinkKind kind, Time from)
{
    if (kind == LINK_BREAK_GLASS)
        return from + rules->break_hours * 3600 * TIME_SECOND;
    return months_after(from, rules->link_months[kind]);
}

static Status read_members(Reading *r, Gist *gist)
{
    JsonValue *participants = json_get(r->resource, STR("participant")), *item;
    GistWho *who = new_who(r, participants);
    size_t count = 0;
    if (!who)
        return STATUS_MEMORY;
    for (JsonIter it = json_iter(participants); count < WHO_MAX && json_next(&it, NULL, &item);) {
        GistWho one = {hash_of(r, json_get(item, STR("member")), STR_EMPTY), INT64_MIN, FOR_EVER};
        if (one.hash && period_of(json_get(item, STR("period")), &one.from, &one.until))
            who[count++] = one;
    }
    gist->who = who;
    gist->who_count = count;
    return STATUS_OK;
}

static Status read_team(Reading *r)
{
    Gist *gist;
    LinkKind kind = rules_link_of(code_among(json_get(r->resource, STR("category")), SYSTEM_LINK));
    uint64_t patient = hash_of(r, json_get(r->resource, STR("subject")), STR("Patient"));
    const JsonValue *period = json_get(r->resource, STR("period"));
    Time from = INT64_MIN, until = FOR_EVER;
    if (kind == LINK_NONE || !patient || !period_of(period, &from, &until) || from == INT64_MIN)
        return STATUS_OK;
    if (!str_eq(json_get_str(r->resource, STR("status")), STR("active")))
        return STATUS_OK;
    if (kind != LINK_BREAK_GLASS && !r->rules->link_months[kind])
        return STATUS_OK;
    Time usual = usual_end(r->rules, kind, from);
    if (until == FOR_EVER || (kind == LINK_BREAK_GLASS && until > usual))
        until = usual;
    TRY(new_gist(r, GIST_LINK, json_get(r->resource, STR("subject")), &gist));
    gist->link = (uint8_t)kind;
    gist->from = from;
    gist->until = until;
    return read_members(r, gist);
}

/* ---- consents ------------------------------------------------------------------------------ */

/* Whom a deny names. An actor who cannot be made out might be anybody. */
static Status read_actors(Reading *r, const JsonValue *provision, Gist *gist)
{
    JsonValue *item, *actors = json_get(provision, STR("actor"));
    GistWho *who = new_who(r, actors);
    size_t count = 0, unknown = 0;
    if (!who)
        return STATUS_MEMORY;
    for (JsonIter it = json_iter(actors); json_next(&it, NULL, &item);) {
        const JsonValue *reference = json_get(item, STR("reference"));
        const JsonValue *identifier = json_get(reference, STR("identifier"));
        uint64_t hash = hash_of(r, reference, STR_EMPTY);
        AccessRole role = ROLE_NOBODY;
        if (str_eq(json_get_str(identifier, STR("system")), SYSTEM_PROFESSION))
            role = access_role_of(json_get_str(identifier, STR("value")));
        if (hash && count < WHO_MAX)
            who[count++] = (GistWho){hash, INT64_MIN, FOR_EVER};
        else if (role != ROLE_NOBODY)
            gist->professions |= (uint16_t)(1u << role);
        else
            unknown++;
    }
    gist->who = who;
    gist->who_count = count;
    gist->everybody = unknown || json_count(actors) == 0;
    return STATUS_OK;
}

/* What a deny takes. A limit that is not understood is none: the deny takes all. */
static void read_extent(const JsonValue *provision, Gist *gist)
{
    JsonValue *item;
    uint32_t classes = 0;
    bool all = false;
    for (JsonIter it = json_iter(json_get(provision, STR("class"))); json_next(&it, NULL, &item);) {
        bool ours = str_eq(json_get_str(item, STR("system")), SYSTEM_CLASS);
        unsigned class = ours ? rules_class_of(json_get_str(item, STR("code"))) : ACCESS_CLASSES;
        all = all || class == ACCESS_CLASSES;
        classes |= class < ACCESS_CLASSES ? 1u << class : 0;
    }
    JsonValue *labels = json_get(provision, STR("securityLabel"));
    for (JsonIter it = json_iter(labels); json_next(&it, NULL, &item);) {
        Str system = json_get_str(item, STR("system")), code = json_get_str(item, STR("code"));
        uint16_t bit = str_eq(system, SYSTEM_ACT_CODE) ? rules_sensitivity_of(code) : 0;
        bool secret = str_eq(system, SYSTEM_SECRET) && code.len == 1;
        uint8_t level = secret && code.at[0] == 'R'   ? CONF_R
                        : secret && code.at[0] == 'V' ? CONF_V
                                                      : 0;
        gist->sensitivity |= bit;
        if (level && (!gist->clearance || level < gist->clearance))
            gist->clearance = level;
        all = all || (!bit && !level);
    }
    gist->classes = classes;
    if (all) {
        gist->classes = gist->sensitivity = 0;
        gist->clearance = 0;
    }
}

/* SPEC v3 ActReason ETREAT, BTG: "except in an emergency". */
static bool yields_to_emergency(const JsonValue *provision)
{
    JsonValue *inner, *purpose;
    for (JsonIter it = json_iter(json_get(provision, STR("provision")));
         json_next(&it, NULL, &inner);) {
        if (!str_eq(json_get_str(inner, STR("type")), STR("permit")))
            continue;
        for (JsonIter of = json_iter(json_get(inner, STR("purpose")));
             json_next(&of, NULL, &purpose);) {
            Str code = json_get_str(purpose, STR("code"));
            if (str_eq(json_get_str(purpose, STR("system")), SYSTEM_REASON) &&
                (str_eq(code, STR("ETREAT")) || str_eq(code, STR("BTG"))))
                return true;
        }
    }
    return false;
}

static Status read_deny(Reading *r, const JsonValue *provision)
{
    Gist *gist;
    TRY(new_gist(r, GIST_DENY, json_get(r->resource, STR("patient")), &gist));
    if (!period_of(json_get(provision, STR("period")), &gist->from, &gist->until)) {
        gist->from = INT64_MIN;
        gist->until = FOR_EVER;
    }
    read_extent(provision, gist);
    gist->yields = yields_to_emergency(provision);
    return read_actors(r, provision, gist);
}

/* Whether it says nothing but yes: for whom, for what and to which data it holds are limits that
 * a link to a whole network does not know. */
static bool is_plain(const JsonValue *provision)
{
    static const Str limits[] = {
        STR_INIT("actor"), STR_INIT("action"), STR_INIT("securityLabel"), STR_INIT("purpose"),
        STR_INIT("class"), STR_INIT("code"),   STR_INIT("data"),          STR_INIT("dataPeriod")};
    for (size_t i = 0; i < COUNT_OF(limits); i++)
        if (json_get(provision, limits[i]))
            return false;
    return true;
}

static Status read_permit(Reading *r, const JsonValue *provision)
{
    JsonValue *inner;
    Gist *gist;
    Time from = INT64_MIN, until = FOR_EVER;
    bool plain =
        is_plain(provision) && period_of(json_get(provision, STR("period")), &from, &until);
    for (JsonIter it = json_iter(json_get(provision, STR("provision")));
         json_next(&it, NULL, &inner);) {
        if (str_eq(json_get_str(inner, STR("type")), STR("deny")))
            TRY(read_deny(r, inner));
        else
            plain = false;
    }
    if (!plain)
        return STATUS_OK;
    TRY(new_gist(r, GIST_PERMIT, json_get(r->resource, STR("patient")), &gist));
    gist->from = from;
    gist->until = until;
    return STATUS_OK;
}

/* A mandate names whoever acts for the patient, and when it ends. */
static Status read_mandate(Reading *r, const JsonValue *provision)
{
    Gist *gist;
    Time from = INT64_MIN, until = FOR_EVER;
    if (!period_of(json_get(provision, STR("period")), &from, &until) || until == FOR_EVER)
        return STATUS_OK;
    TRY(new_gist(r, GIST_PROXY, json_get(r->resource, STR("patient")), &gist));
    TRY(read_actors(r, provision, gist));
    gist->everybody = false;
    gist->professions = 0;
    gist->from = from;
    gist->until = until;
    return STATUS_OK;
}

static Status read_consent(Reading *r)
{
    const JsonValue *provision = json_get(r->resource, STR("provision"));
    Str type = json_get_str(provision, STR("type"));
    Str ours = code_among(json_get(r->resource, STR("category")), SYSTEM_CONSENT);
    Str scope = code_of(json_get(r->resource, STR("scope")), SYSTEM_SCOPE);
    uint64_t patient = hash_of(r, json_get(r->resource, STR("patient")), STR("Patient"));
    if (!patient || !str_eq(json_get_str(r->resource, STR("status")), STR("active")))
        return STATUS_OK;
    if (str_eq(type, STR("deny")) && (ours.len || str_eq(scope, STR("patient-privacy"))))
        return read_deny(r, provision);
    if (str_eq(type, STR("permit")) && str_eq(ours, STR("network")))
        return read_permit(r, provision);
    if (str_eq(type, STR("permit")) && str_eq(ours, STR("mandate")))
        return read_mandate(r, provision);
    return STATUS_OK;
}

/* ---- memberships, kin ------------------------------------------------------------------------ */

static bool is_active(const JsonValue *resource)
{
    const JsonValue *active = json_get(resource, STR("active"));
    return !active || json_bool(active);
}

static Status read_role(Reading *r)
{
    Gist *gist;
    uint64_t person = hash_of(r, json_get(r->resource, STR("practitioner")), STR("Practitioner"));
    Time from = INT64_MIN, until = FOR_EVER;
    if (!person || !is_active(r->resource) ||
        !period_of(json_get(r->resource, STR("period")), &from, &until))
        return STATUS_OK;
    TRY(new_gist(r, GIST_MEMBER, json_get(r->resource, STR("organization")), &gist));
    gist->from = from;
    gist->until = until;
    return one_who(r, gist, person);
}

static bool is_parent(const JsonValue *relationships)
{
    static const Str codes[] = {STR_INIT("PRN"),    STR_INIT("FTH"),    STR_INIT("MTH"),
                                STR_INIT("NPRN"),   STR_INIT("NFTH"),   STR_INIT("NMTH"),
                                STR_INIT("ADOPTP"), STR_INIT("ADOPTF"), STR_INIT("ADOPTM")};
    Str code = code_among(relationships, SYSTEM_ROLE);
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (str_eq(code, codes[i]))
            return true;
    return false;
}

static Status read_related(Reading *r)
{
    Gist *gist;
    uint64_t patient = hash_of(r, json_get(r->resource, STR("patient")), STR("Patient"));
    Time from = INT64_MIN, until = FOR_EVER;
    if (!patient || !is_active(r->resource) ||
        !period_of(json_get(r->resource, STR("period")), &from, &until))
        return STATUS_OK;
    TRY(new_gist(r, GIST_KIN, json_get(r->resource, STR("patient")), &gist));
    gist->parent = is_parent(json_get(r->resource, STR("relationship")));
    gist->from = from;
    gist->until = until;
    return one_who(r, gist, search_hash_text(r->search, gist->name));
}

/* ---- one for each type -------------------------------------------------------------------------
 */

static const struct {
    Str type;
    Status (*read)(Reading *r);
} readers[] = {
    {STR_INIT("CareTeam"), read_team},
    {STR_INIT("Consent"), read_consent},
    {STR_INIT("PractitionerRole"), read_role},
    {STR_INIT("RelatedPerson"), read_related},
};

bool rights_depend_on(uint16_t type)
{
    Str name = fhir_type_name(type);
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        if (str_eq(name, readers[i].type))
            return true;
    return false;
}

Status gist_read(const Search *search, Ctx *cx, const StoreRow *row, const Rules *rules,
                 Gist **ret_gist)
{
    JsonValue *resource = NULL;
    *ret_gist = NULL;
    if (row->deleted || !row->body.len)
        return STATUS_OK;
    TRY(json_parse(cx, row->body, &resource));
    Reading r = {.search = search, .cx = cx, .row = row, .rules = rules, .resource = resource};
    Str name = fhir_type_name(row->type);
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        if (str_eq(name, readers[i].type))
            TRY(readers[i].read(&r));
    *ret_gist = r.first;
    return STATUS_OK;
}

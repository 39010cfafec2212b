/* record/trail_event.c - one entry of the audit log as an AuditEvent.
 *
 * SPEC R4 auditevent.html, https://profiles.ihe.net/ITI/BALP: an entry about patients has them as
 * entities (role 1), what was touched as role 4, the names of search parameters as role 24. */
#include "record/trail.h"

#define DCM   "http://dicom.nema.org/resources/ontology/DCM"
#define BALP  "https://profiles.ihe.net/ITI/BALP/"
#define TERMS "http://terminology.hl7.org/CodeSystem/"

/* ---- what an interaction is ------------------------------------------------------------- */

/* The first row that the interaction begins with. */
static const struct {
    Str name;
    char action;
    const char *type, *profile; /* of BALP: one about patients has "Patient" before it */
} kinds[] = {
    {STR_INIT("create"), 'C', "rest", "Create"},
    {STR_INIT("read"), 'R', "rest", "Read"},
    {STR_INIT("vread"), 'R', "rest", "Read"},
    {STR_INIT("update"), 'U', "rest", "Update"},
    {STR_INIT("patch"), 'U', "rest", "Update"},
    {STR_INIT("delete"), 'D', "rest", "Delete"},
    {STR_INIT("search"), 'E', "rest", "Query"},
    {STR_INIT("history"), 'E', "rest", NULL},
    {STR_INIT("transaction"), 'E', "rest", NULL},
    {STR_INIT("batch"), 'E', "rest", NULL},
    {STR_INIT("operation"), 'E', "rest", NULL},
    {STR_INIT("sign-"), 'E', "110114", NULL},
    {STR_INIT("session"), 'E', "110114", NULL},
    {STR_INIT("lock"), 'E', "110114", NULL},
    {STR_INIT("unlock"), 'E', "110114", NULL},
    {STR_INIT("step-up"), 'E', "110114", NULL},
    {STR_INIT("export"), 'R', "110106", NULL},
    {STR_INIT("privacy-export"), 'R', "110106", NULL},
    {STR_INIT("privacy-erase"), 'D', "110110", NULL},
    {STR_INIT("break-glass"), 'E', "110113", NULL},
    {STR_INIT("account"), 'E', "110113", NULL},
    {STR_INIT("token"), 'E', "110113", NULL},
    {STR_INIT("invite"), 'E', "110113", NULL},
    {STR_INIT("password"), 'E', "110113", NULL},
    {STR_INIT("factors"), 'E', "110113", NULL},
    {STR_INIT("totp"), 'E', "110113", NULL},
    {STR_INIT("card-"), 'E', "110113", NULL},
    {STR_INIT("card"), 'E', "110114", NULL},
    {STR_INIT("passkey"), 'E', "110113", NULL},
    {STR_INIT("recovery"), 'E', "110113", NULL},
    {STR_INIT(""), 'E', "object", NULL},
};

static size_t kind_of(Str interaction)
{
    size_t i = 0;
    while (!str_has_prefix(interaction, kinds[i].name))
        i++;
    return i;
}

char trail_action(Str interaction)
{
    return kinds[kind_of(interaction)].action;
}

const char *trail_type(Str interaction)
{
    return kinds[kind_of(interaction)].type;
}

const char *trail_outcome(Status outcome)
{
    if (outcome == STATUS_OK)
        return "0";
    return outcome == STATUS_INTERNAL || outcome == STATUS_STORAGE || outcome == STATUS_MEMORY ||
                   outcome == STATUS_UNAVAILABLE
               ? "8"
               : "4";
}

/* ---- the parts -------------------------------------------------------------------------- */

static void text_member(Buf *buf, const char *name, Str value)
{
    buf_add_str(buf, str_of(name));
    json_write_string(buf, value);
}

static void add_type(Buf *buf, Str interaction)
{
    const char *type = trail_type(interaction);
    bool dicom = type[0] == '1';
    buf_format(buf, ",\"type\":{\"system\":\"%s\",\"code\":\"%s\"}",
               dicom ? DCM : TERMS "audit-event-type", type);
    buf_add_str(buf, STR(",\"subtype\":[{\"system\":"));
    buf_add_str(buf, str_eq(str_of(type), STR("rest"))
                         ? STR("\"http://hl7.org/fhir/restful-interaction\"")
                         : STR("\"urn:aceso:interaction\""));
    text_member(buf, ",\"code\":", interaction);
    buf_add_lit(buf, "}]");
}

static bool has_patient(const TrailRow *row)
{
    for (size_t i = 0; i < row->entry.part_count; i++) {
        if (row->about[i].patient)
            return true;
    }
    return false;
}

static void add_head(Buf *buf, const TrailRow *row)
{
    const AuditEntry *e = &row->entry;
    char at[TIME_INSTANT_LEN];
    const char *profile = kinds[kind_of(e->interaction)].profile;
    buf_format(buf,
               "{\"resourceType\":\"AuditEvent\",\"id\":\"%llu\",\"meta\":{\"versionId\":\"1\"",
               (unsigned long long)row->number);
    if (profile)
        buf_format(buf, ",\"profile\":[\"" BALP "StructureDefinition/IHE.BasicAudit.%s%s\"]",
                   has_patient(row) ? "Patient" : "", profile);
    buf_add_lit(buf, "}");
    add_type(buf, e->interaction);
    buf_format(buf, ",\"action\":\"%c\",\"recorded\":\"%.*s\",\"outcome\":\"%s\"",
               trail_action(e->interaction), TIME_INSTANT_LEN, time_format_instant(row->at, at).at,
               trail_outcome(e->outcome));
    if (e->outcome != STATUS_OK)
        text_member(buf, ",\"outcomeDesc\":", str_of(status_name(e->outcome)));
    if (e->broken)
        buf_add_lit(buf, ",\"purposeOfEvent\":[{\"coding\":[{\"system\":\"" TERMS
                         "v3-ActReason\",\"code\":\"BTG\",\"display\":\"break the glass\"}]}]");
}

static void add_coding(Buf *buf, const char *name, const char *system, Str code)
{
    buf_format(buf, "\"%s\":[{\"coding\":[{\"system\":\"%s\"", name, system);
    text_member(buf, ",\"code\":", code);
    buf_add_lit(buf, "}]}]");
}

/* By what he had proved who he is. The vocabulary of the extension is the site's.
 * SPEC https://profiles.ihe.net/ITI/BALP/StructureDefinition-ihe-assuranceLevel.html */
static void add_factors(Buf *buf, uint8_t factors)
{
    static const struct {
        uint8_t factor;
        const char *code, *display;
    } words[] = {
        {ACCESS_BY_PASSWORD, "password", "password"},
        {ACCESS_BY_TOTP, "totp", "one-time code"},
        {ACCESS_BY_PASSKEY, "passkey", "passkey"},
        {ACCESS_BY_RECOVERY, "recovery", "recovery code"},
        {ACCESS_BY_CARD, "card", "identity card"},
        {ACCESS_BY_PROVIDER, "provider", "identity provider"},
        {ACCESS_STEPPED_UP, "step-up", "proved again within five minutes"},
    };
    bool begun = false;
    if (!factors)
        return;
    buf_add_lit(buf, "\"extension\":[");
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (!(factors & words[i].factor))
            continue;
        buf_format(buf,
                   "%s{\"url\":\"" BALP "StructureDefinition/ihe-assuranceLevel\","
                   "\"valueCodeableConcept\":{\"coding\":[{\"system\":\"urn:aceso:factor\","
                   "\"code\":\"%s\",\"display\":\"%s\"}]}}",
                   begun ? "," : "", words[i].code, words[i].display);
        begun = true;
    }
    buf_add_lit(buf, "],");
}

/* Who, and the program that he used; BALP wants client and server too. */
static void add_agents(Buf *buf, const TrailRow *row)
{
    const AuditEntry *e = &row->entry;
    buf_add_lit(buf, ",\"agent\":[{\"type\":{\"coding\":[{\"system\":\"" DCM
                     "\",\"code\":\"110153\",\"display\":\"Source Role ID\"}]},\"who\":{");
    text_member(buf, "\"display\":", e->client.len ? e->client : STR("Aceso client"));
    buf_add_lit(buf, "},\"requestor\":false");
    if (e->address.len) {
        text_member(buf, ",\"network\":{\"address\":", e->address);
        buf_add_lit(buf, ",\"type\":\"2\"}");
    }
    buf_add_lit(buf, "},{\"type\":{\"coding\":[{\"system\":\"" DCM
                     "\",\"code\":\"110152\",\"display\":\"Destination Role ID\"}]},"
                     "\"who\":{\"display\":\"Aceso\"},\"requestor\":false},{");
    add_factors(buf, e->factors);
    buf_add_lit(buf, "\"type\":{\"coding\":[{\"system\":\"" TERMS
                     "v3-ParticipationType\",\"code\":\"IRCP\"}]},");
    if (e->role.len) {
        add_coding(buf, "role", "urn:aceso:role", e->role);
        buf_add_lit(buf, ",");
    }
    buf_add_lit(buf, "\"who\":{");
    if (e->who.len) {
        text_member(buf, "\"reference\":", e->who);
        buf_add_lit(buf, ",");
    }
    text_member(buf, "\"identifier\":{\"system\":\"urn:aceso:account\",\"value\":",
                e->account.len ? e->account : STR("nobody"));
    buf_add_lit(buf, "}}");
    if (e->account.len)
        text_member(buf, ",\"altId\":", e->account);
    buf_add_lit(buf, ",\"requestor\":true");
    if (e->broken || e->purpose.len) {
        buf_add_lit(buf, ",");
        add_coding(buf, "purposeOfUse", TERMS "v3-ActReason", e->broken ? STR("BTG") : e->purpose);
    }
    buf_add_lit(buf, "}]");
}

typedef struct {
    Buf *buf;
    bool begun;
} Entities;

static void begin_entity(Entities *to, const char *role)
{
    buf_add_str(to->buf, to->begun ? STR(",{") : STR(",\"entity\":[{"));
    to->begun = true;
    buf_format(to->buf,
               "\"type\":{\"system\":\"" TERMS "audit-entity-type\",\"code\":\"%s\"},"
               "\"role\":{\"system\":\"" TERMS "object-role\",\"code\":\"%s\"}",
               str_eq(str_of(role), STR("1")) ? "1" : "2", role);
}

static void add_what(Entities *to, const char *role, Str reference)
{
    begin_entity(to, role);
    text_member(to->buf, ",\"what\":{\"reference\":", reference);
    buf_add_lit(to->buf, "}}");
}

static void add_target(Entities *to, const AuditEntry *e, Str id)
{
    if (!id.len)
        return;
    begin_entity(to, "4");
    if (!e->type.len) { /* an account, a token, a job */
        text_member(to->buf, ",\"name\":", id);
        buf_add_lit(to->buf, "}");
        return;
    }
    buf_add_lit(to->buf, ",\"what\":{\"reference\":\"");
    buf_add_str(to->buf, e->type);
    buf_add_lit(to->buf, "/");
    buf_add_str(to->buf, id);
    if (e->version)
        buf_format(to->buf, "/_history/%u", e->version);
    buf_add_lit(to->buf, "\"}}");
}

/* "Patient/1": named by the entry itself, or by what is stored of him. */
static Status trail_patient(Scene *s, StoreReader *reader, const AuditEntry *e,
                            const AuditAbout *about, Str *ret_reference)
{
    const Search *search = s->record->search;
    Str name =
        arena_format(s->cx->arena, STR_FMT "/" STR_FMT, STR_ARG(e->type), STR_ARG(about->id));
    if (!name.at)
        return STATUS_MEMORY;
    *ret_reference = name;
    if (about->id.len && search_hash_text(search, name) == about->patient)
        return STATUS_OK;
    for (size_t i = 0; i < about->resource_count; i++) {
        *ret_reference = about->resources[i];
        if (search_hash_text(search, about->resources[i]) == about->patient)
            return STATUS_OK;
    }
    return search_patient_of(search, s->cx, reader, about->patient, ret_reference);
}

static Status add_about(Scene *s, StoreReader *reader, Entities *to, const AuditEntry *e,
                        const AuditAbout *about)
{
    Str patient;
    Status status = trail_patient(s, reader, e, about, &patient);
    if (status == STATUS_OK)
        add_what(to, "1", patient);
    else if (status != STATUS_NOT_FOUND)
        return status;
    add_target(to, e, about->id);
    for (size_t i = 0; i < about->resource_count; i++) {
        if (status != STATUS_OK || !str_eq(patient, about->resources[i]))
            add_what(to, "4", about->resources[i]);
    }
    if (about->reason.len) {
        begin_entity(to, "12");
        text_member(to->buf, ",\"description\":", about->reason);
        buf_add_lit(to->buf, "}");
    }
    return STATUS_OK;
}

/* SPEC RFC 4648 4: what base64Binary takes. */
static void add_base64(Buf *buf, Str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.len; i += 3) {
        uint32_t word = 0;
        char out[4];
        size_t left = bytes.len - i < 3 ? bytes.len - i : 3;
        for (size_t j = 0; j < 3; j++)
            word = word << 8 | (j < left ? (uint8_t)bytes.at[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            out[j] = j <= left ? digits[word >> (18 - 6 * j) & 63] : '=';
        buf_add(buf, out, 4);
    }
}

static Status add_entities(Scene *s, StoreReader *reader, Buf *buf, const TrailRow *row)
{
    const AuditEntry *e = &row->entry;
    Entities to = {.buf = buf};
    add_target(&to, e, e->id);
    for (size_t i = 0; i < e->resource_count; i++)
        add_what(&to, "4", e->resources[i]);
    for (size_t i = 0; i < e->part_count; i++) {
        if (row->about[i].patient)
            TRY(add_about(s, reader, &to, e, &row->about[i]));
    }
    if (e->query.len) {
        begin_entity(&to, "24");
        buf_add_lit(buf, ",\"query\":\"");
        add_base64(buf, e->query);
        buf_add_lit(buf, "\"}");
    }
    if (e->request_id.len) {
        buf_add_str(buf, to.begun ? STR(",{") : STR(",\"entity\":[{"));
        to.begun = true;
        buf_add_lit(buf, "\"type\":{\"system\":\"" BALP
                         "CodeSystem/BasicAuditEntityType\",\"code\":\"XrequestId\"},");
        text_member(buf, "\"what\":{\"identifier\":{\"value\":", e->request_id);
        buf_add_lit(buf, "}}}");
    }
    if (to.begun)
        buf_add_lit(buf, "]");
    return STATUS_OK;
}

Status trail_write(Scene *s, StoreReader *reader, const TrailRow *row, Buf *buf)
{
    add_head(buf, row);
    add_agents(buf, row);
    buf_add_lit(buf,
                ",\"source\":{\"observer\":{\"display\":\"Aceso\"},\"type\":[{\"system\":\"" TERMS
                "security-source-type\",\"code\":\"4\"}]}");
    TRY(add_entities(s, reader, buf, row));
    buf_add_lit(buf, "}");
    return STATUS_OK;
}

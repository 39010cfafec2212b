/* record/entitle.c - operations on who may see a patient: $link, $unlink, $consent, $block,
 * $unblock, $break-glass.
 *
 * Links and consents are resources, and other systems read and write them as such; a person changes
 * them only here, where each change has a rule of its own. What is stored is written by the
 * program on the caller's behalf, with the caller in the audit entry and in the resource.
 *
 * A patient whom the caller cannot see is named by an identifier, or by exact name, birth date and
 * sex; "nobody" and "several" are answered alike. docs/guide/access.md */
#include "record/criteria.h"

enum { WRITES_MAX = 64 };

typedef struct {
    Scene *scene;
    StoreReader *reader;
    const RecordEntitle *asked;
    JsonValue *parameters;
    Rules rules;
    StoreRow patient;
    Str patient_name; /* "Patient/1" */
    const Rights *rights;
    StoreWrite *writes;
    size_t write_count;
    Time now;
} Entitling;

/* ---- what was asked ----------------------------------------------------------------------------
 */

/* The value of parameter i of that name, whatever its type; empty: there is none.
 * SPEC R4 parameters.html */
static Str parameter_at(const Entitling *e, Str name, size_t i)
{
    JsonValue *item, *value;
    Str member;
    for (JsonIter it = json_iter(json_get(e->parameters, STR("parameter")));
         json_next(&it, NULL, &item);) {
        if (!str_eq(json_get_str(item, STR("name")), name) || i-- > 0)
            continue;
        for (JsonIter of = json_iter(item); json_next(&of, &member, &value);)
            if (str_has_prefix(member, STR("value")))
                return json_is(value, JSON_OBJECT) ? json_get_str(value, STR("reference"))
                                                   : json_str(value);
    }
    return STR_EMPTY;
}

static Str parameter(const Entitling *e, Str name)
{
    return parameter_at(e, name, 0);
}

static Status need_parameter(const Entitling *e, Str name, Str *ret_value)
{
    *ret_value = parameter(e, name);
    if (ret_value->len && ret_value->len <= 1000)
        return STATUS_OK;
    return ctx_fail(e->scene->cx, STATUS_INVALID, STR_EMPTY,
                    "The parameter \"" STR_FMT "\" is missing, or longer than 1000 bytes.",
                    STR_ARG(name));
}

static Status read_parameters(Entitling *e)
{
    Str text = str_n(e->asked->body.at, e->asked->body.len);
    if (!str_trim(text).len)
        return STATUS_OK;
    TRY(json_parse(e->scene->cx, text, &e->parameters));
    if (str_eq(json_get_str(e->parameters, STR("resourceType")), STR("Parameters")))
        return STATUS_OK;
    return ctx_fail(e->scene->cx, STATUS_INVALID, STR_EMPTY,
                    "The body of an operation is a Parameters resource.");
}

/* ---- which patient
 * ------------------------------------------------------------------------------- */

static void add_encoded(Buf *buf, Str text)
{
    for (size_t i = 0; i < text.len; i++)
        buf_format(buf, "%%%02X", (unsigned char)text.at[i]);
}

/* "a\,b": what separates values does not, in one value. SPEC R4 search.html#escaping */
static void add_value(Buf *buf, Str text, bool keep_bar)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == ',' || c == '$' || c == '\\' || (c == '|' && !keep_bar))
            add_encoded(buf, STR("\\"));
        add_encoded(buf, str_n(&text.at[i], 1));
    }
}

static Status query_of(const Entitling *e, Str *ret_query)
{
    static const struct {
        Str parameter;
        const char *search;
    } parts[] = {{STR_INIT("family"), "family:exact="},
                 {STR_INIT("given"), "&given:exact="},
                 {STR_INIT("birthdate"), "&birthdate="},
                 {STR_INIT("gender"), "&gender="}};
    Buf buf;
    Str value, identifier = parameter(e, STR("identifier"));
    buf_init(&buf, e->scene->cx->arena, 256, 16 << 10);
    if (identifier.len) {
        buf_add_lit(&buf, "identifier=");
        add_value(&buf, identifier, true);
    }
    for (size_t i = 0; !identifier.len && i < COUNT_OF(parts); i++) {
        TRY(need_parameter(e, parts[i].parameter, &value));
        buf_format(&buf, "%s", parts[i].search);
        add_value(&buf, value, false);
    }
    *ret_query = buf_str(&buf);
    return buf_done(&buf);
}

static Status nobody(const Entitling *e)
{
    return ctx_fail(e->scene->cx, STATUS_NOT_FOUND, STR_EMPTY,
                    "This does not name one patient: there is none, or there are several.");
}

/* As the program: whom the caller does not see yet. */
static Status find_by_words(Entitling *e)
{
    Scene own = *e->scene;
    Criteria criteria;
    Found found;
    Str query;
    own.access = own.record->self;
    TRY(query_of(e, &query));
    TRY(criteria_parse(own.cx, own.type, query, CRITERIA_UNIQUE, &criteria));
    TRY(criteria_find(&own, own.cx, NULL, e->reader, &criteria, false, &found));
    if (found.count != 1)
        return nobody(e);
    e->patient = found.rows[0];
    return STATUS_OK;
}

static Status find_patient(Entitling *e)
{
    Scene *scene = e->scene;
    bool unseen = str_eq(e->asked->operation, STR("$break-glass"));
    if (!e->asked->id.len) {
        TRY(find_by_words(e));
    } else {
        Status status = store_get(e->reader, scene->type, e->asked->id, false, &e->patient);
        bool there = status == STATUS_OK && !e->patient.deleted;
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
        if (!there || !(unseen || scene_sees(scene, &e->patient)))
            return nobody(e);
    }
    e->patient_name = arena_format(scene->cx->arena, "Patient/" STR_FMT, STR_ARG(e->patient.id));
    scene->audit.id = e->patient.id;
    scene->audit.facts = e->patient.facts;
    return e->patient_name.at ? STATUS_OK : STATUS_MEMORY;
}

/* ---- who asks
 * -------------------------------------------------------------------------------------- */

static Str reference_of(const Entitling *e)
{
    return access_reference(e->scene->call->access);
}

static Status refuse(const Entitling *e, const char *why)
{
    return ctx_fail(e->scene->cx, STATUS_FORBIDDEN, STR_EMPTY, "%s", why);
}

/* A practitioner who may have links at all. */
static Status need_practitioner(const Entitling *e)
{
    AccessRole role = e->rights->role;
    bool cares = role >= ROLE_GP && role <= ROLE_LAB;
    if (cares && str_has_prefix(reference_of(e), STR("Practitioner/")))
        return STATUS_OK;
    return refuse(e, "Only somebody who takes part in care can have a link with a patient.");
}

static const RightsLink *link_of(const Entitling *e)
{
    return rights_find(e->rights, search_hash_text(e->scene->record->search, e->patient_name));
}

/* The patient himself, or who acts for him. */
static bool acts_for_patient(const Entitling *e)
{
    bool person = e->rights->role == ROLE_PATIENT || e->rights->role == ROLE_PROXY;
    const RightsLink *link = person ? link_of(e) : NULL;
    return link && (link->mask.read & 1u << D1_DEMOGRAPHICS) != 0;
}

/* Somebody who keeps this patient's file, and writes down what the patient has decided. */
static bool keeps_file(const Entitling *e)
{
    const RightsLink *link = link_of(e);
    return link && (link->mask.write & 1u << D1_DEMOGRAPHICS) != 0;
}

static Status need_patients_will(const Entitling *e)
{
    Str evidence;
    if (acts_for_patient(e))
        return STATUS_OK;
    if (!keeps_file(e))
        return refuse(e, "Only the patient, who acts for him, or who keeps his file may do this.");
    return need_parameter(e, STR("evidence"), &evidence);
}

/* ---- writing
 * ----------------------------------------------------------------------------------------- */

static Status add_write(Entitling *e, const char *type, JsonValue *resource, const StoreRow *before)
{
    Scene *scene = e->scene;
    FhirChecked checked;
    Change change = {.writer = scene->record->self,
                     .method = before ? STORE_UPDATE : STORE_CREATE,
                     .type = fhir_type_find(str_of(type)),
                     .id = before ? before->id : new_id(scene->cx),
                     .id_is_fresh = !before,
                     .resource = resource,
                     .before = before};
    if (!change.id.len || e->write_count == WRITES_MAX)
        return STATUS_MEMORY;
    TRY(check_resource(scene->cx, change.type, resource, &checked));
    TRY(plan_write(scene->record, scene->cx, &change, &e->writes[e->write_count]));
    e->write_count++;
    return STATUS_OK;
}

static Status create(Entitling *e, const char *type, const Buf *text)
{
    JsonValue *resource;
    TRY(buf_done(text));
    TRY(json_parse(e->scene->cx, buf_str(text), &resource));
    return add_write(e, type, resource, NULL);
}

static void add_instant(Buf *buf, const char *before, Time at)
{
    char text[TIME_INSTANT_LEN];
    buf_format(buf, "%s\"" STR_FMT "\"", before, STR_ARG(time_format_instant(at, text)));
}

static void add_string(Buf *buf, const char *before, Str text)
{
    buf_format(buf, "%s", before);
    json_write_string(buf, text);
}

static void begin(const Entitling *e, Buf *buf)
{
    buf_init(buf, e->scene->cx->arena, 1024, 64 << 10);
}

/* An end of 0: the kind's own. */
static Status write_team(Entitling *e, LinkKind kind, Time end, Str evidence)
{
    Buf buf;
    begin(e, &buf);
    add_string(&buf,
               "{\"resourceType\":\"CareTeam\",\"status\":\"active\",\"category\":[{\"coding\":[{"
               "\"system\":\"urn:aceso:link\",\"code\":",
               rules_link_word(kind));
    add_string(&buf, "}]}],\"subject\":{\"reference\":", e->patient_name);
    add_instant(&buf, "},\"period\":{\"start\":", e->now);
    if (end)
        add_instant(&buf, ",\"end\":", end);
    add_string(&buf, "},\"participant\":[{\"member\":{\"reference\":", reference_of(e));
    add_string(&buf, "}}],\"note\":[{\"text\":", evidence);
    buf_add_lit(&buf, "}]}");
    return create(e, "CareTeam", &buf);
}

/* All rows of a search, as the program. */
static Status find_rows(Entitling *e, const char *type, Str query, Found *ret_found)
{
    Scene own = *e->scene;
    Criteria criteria;
    own.access = own.record->self;
    own.type = fhir_type_find(str_of(type));
    TRY(criteria_parse(own.cx, own.type, query, WRITES_MAX, &criteria));
    return criteria_find(&own, own.cx, NULL, e->reader, &criteria, true, ret_found);
}

static bool has_code(const JsonValue *resource, Str system, Str code)
{
    JsonValue *concept, *coding;
    for (JsonIter it = json_iter(json_get(resource, STR("category")));
         json_next(&it, NULL, &concept);)
        for (JsonIter of = json_iter(json_get(concept, STR("coding")));
             json_next(&of, NULL, &coding);)
            if (str_eq(json_get_str(coding, STR("system")), system) &&
                (!code.len || str_eq(json_get_str(coding, STR("code")), code)))
                return true;
    return false;
}

/* The row with status inactive, when it is one of ours. */
static Status end_row(Entitling *e, const char *type, const StoreRow *row, Str system, Str code)
{
    JsonValue *before, *patch, *after;
    Buf buf;
    Ctx *cx = e->scene->cx;
    TRY(json_parse(cx, row->body, &before));
    if (!has_code(before, system, code))
        return STATUS_OK;
    begin(e, &buf);
    buf.max = row->body.len + 1024;
    TRY(json_parse(cx, STR("[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"inactive\"}]"),
                   &patch));
    TRY(json_patch(cx, before, patch, &buf));
    TRY(buf_done(&buf));
    TRY(json_parse(cx, buf_str(&buf), &after));
    return add_write(e, type, after, row);
}

/* ---- $link
 * ------------------------------------------------------------------------------------------- */

static bool may_claim(AccessRole role, LinkKind kind)
{
    switch (kind) {
    case LINK_OWN_GP: return role == ROLE_GP;
    case LINK_OWN_PHARMACIST: return role == ROLE_PHARMACIST;
    case LINK_CONTACT: return true;
    case LINK_EMERGENCY: return role == ROLE_GP || role == ROLE_SPECIALIST || role == ROLE_NURSE;
    default: return false;
    }
}

static Status do_link(Entitling *e)
{
    Str word, evidence;
    TRY(need_practitioner(e));
    TRY(need_parameter(e, STR("kind"), &word));
    TRY(need_parameter(e, STR("evidence"), &evidence));
    LinkKind kind = rules_link_of(word);
    if (!may_claim(e->rights->role, kind) || !e->rules.link_months[kind])
        return refuse(e, "Your role has no link of this kind.");
    return write_team(e, kind, 0, evidence);
}

/* ---- $unlink
 * ------------------------------------------------------------------------------------------ */

static Status do_unlink(Entitling *e)
{
    Found found;
    bool patients = acts_for_patient(e);
    Str member = patients ? parameter(e, STR("member")) : reference_of(e);
    Str link = patients ? parameter(e, STR("link")) : STR_EMPTY;
    if (!patients)
        TRY(need_practitioner(e));
    if (!member.len && !link.len)
        return ctx_fail(e->scene->cx, STATUS_INVALID, STR_EMPTY,
                        "Which link ends is named by \"member\" or by \"link\".");
    Buf query;
    begin(e, &query);
    buf_format(&query, "status=active&subject=" STR_FMT, STR_ARG(e->patient_name));
    if (member.len) {
        buf_add_lit(&query, "&participant=");
        add_value(&query, member, false);
    }
    if (link.len) {
        (void)str_cut(&link, '/');
        buf_add_lit(&query, "&_id=");
        add_value(&query, link, false);
    }
    TRY(buf_done(&query));
    TRY(find_rows(e, "CareTeam", buf_str(&query), &found));
    for (size_t i = 0; i < found.count; i++)
        TRY(end_row(e, "CareTeam", &found.rows[i], STR("urn:aceso:link"), STR_EMPTY));
    return e->write_count ? STATUS_OK
                          : ctx_fail(e->scene->cx, STATUS_NOT_FOUND, STR_EMPTY,
                                     "There is no such link that could end.");
}

/* ---- $consent, $block, $unblock
 * ------------------------------------------------------------------------ */

static void begin_consent(Entitling *e, Buf *buf, const char *code)
{
    begin(e, buf);
    buf_format(buf,
               "{\"resourceType\":\"Consent\",\"status\":\"active\",\"scope\":{\"coding\":[{"
               "\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":"
               "\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":"
               "\"urn:aceso:consent\",\"code\":\"%s\"}]}]",
               code);
    add_string(buf, ",\"patient\":{\"reference\":", e->patient_name);
    add_instant(buf, "},\"dateTime\":", e->now);
    if (acts_for_patient(e))
        add_string(buf, ",\"performer\":[{\"reference\":", reference_of(e));
    else
        add_string(buf, ",\"performer\":[{\"display\":", parameter(e, STR("evidence")));
    buf_add_lit(buf, "}],\"policyRule\":{\"text\":\"Aceso\"}");
}

static Status do_consent(Entitling *e)
{
    Found found;
    Buf buf;
    Str decision;
    TRY(need_patients_will(e));
    TRY(need_parameter(e, STR("decision"), &decision));
    if (!str_eq(decision, STR("permit")) && !str_eq(decision, STR("deny")))
        return ctx_fail(e->scene->cx, STATUS_INVALID, STR_EMPTY,
                        "The decision is \"permit\" or \"deny\".");
    Str query = arena_format(e->scene->cx->arena, "status=active&patient=" STR_FMT,
                             STR_ARG(e->patient_name));
    TRY(find_rows(e, "Consent", query, &found));
    for (size_t i = 0; i < found.count; i++)
        TRY(end_row(e, "Consent", &found.rows[i], STR("urn:aceso:consent"), STR("network")));
    begin_consent(e, &buf, "network");
    buf_format(&buf, ",\"provision\":{\"type\":\"" STR_FMT "\"}}", STR_ARG(decision));
    return create(e, "Consent", &buf);
}

/* Whom, as Consent.provision.actor: somebody, an organisation, or a whole profession. */
static Status add_actor(Entitling *e, Buf *buf)
{
    Str actor = parameter(e, STR("actor")), profession = parameter(e, STR("profession"));
    buf_add_lit(buf, ",\"actor\":[{\"role\":{\"text\":\"blocked\"},\"reference\":");
    if (actor.len) {
        add_string(buf, "{\"reference\":", actor);
        buf_add_lit(buf, "}}]");
        return STATUS_OK;
    }
    if (access_role_of(profession) == ROLE_NOBODY)
        return ctx_fail(e->scene->cx, STATUS_INVALID, STR_EMPTY,
                        "Who is blocked is named by \"actor\", or by \"profession\".");
    add_string(buf, "{\"identifier\":{\"system\":\"urn:aceso:profession\",\"value\":", profession);
    buf_add_lit(buf, "}}}]");
    return STATUS_OK;
}

static Status add_classes(Entitling *e, Buf *buf)
{
    Str word;
    size_t i = 0;
    for (; (word = parameter_at(e, STR("class"), i)).len; i++) {
        unsigned class = rules_class_of(word);
        if (class == ACCESS_CLASSES)
            return ctx_fail(e->scene->cx, STATUS_INVALID, STR_EMPTY,
                            "There is no such class of data; they are D0 to D17.");
        buf_format(buf, "%s{\"system\":\"urn:aceso:class\",\"code\":\"" STR_FMT "\"}",
                   i ? "," : ",\"class\":[", STR_ARG(rules_class_word(class)));
    }
    if (i)
        buf_add_char(buf, ']');
    return STATUS_OK;
}

static Status do_block(Entitling *e)
{
    Buf buf;
    Str until = parameter(e, STR("until"));
    TRY(need_patients_will(e));
    begin_consent(e, &buf, "block");
    buf_add_lit(&buf, ",\"provision\":{\"type\":\"deny\"");
    if (until.len) {
        add_string(&buf, ",\"period\":{\"end\":", until);
        buf_add_char(&buf, '}');
    }
    TRY(add_actor(e, &buf));
    TRY(add_classes(e, &buf));
    if (str_eq(parameter(e, STR("emergency")), STR("yes")))
        buf_add_lit(&buf, ",\"provision\":[{\"type\":\"permit\",\"purpose\":[{\"system\":"
                          "\"http://terminology.hl7.org/CodeSystem/v3-ActReason\",\"code\":"
                          "\"ETREAT\"}]}]");
    buf_add_lit(&buf, "}}");
    return create(e, "Consent", &buf);
}

/* A block is lifted by the patient alone. */
static Status do_unblock(Entitling *e)
{
    Found found;
    Str id;
    if (!acts_for_patient(e))
        return refuse(e, "Only the patient, or who acts for him, lifts a block.");
    TRY(need_parameter(e, STR("block"), &id));
    (void)str_cut(&id, '/');
    if (!id.at || !fhir_id_is(id))
        return ctx_fail(e->scene->cx, STATUS_INVALID, STR_EMPTY, "A block is like Consent/12.");
    Str query = arena_format(e->scene->cx->arena, "status=active&patient=" STR_FMT "&_id=" STR_FMT,
                             STR_ARG(e->patient_name), STR_ARG(id));
    TRY(find_rows(e, "Consent", query, &found));
    for (size_t i = 0; i < found.count; i++)
        TRY(end_row(e, "Consent", &found.rows[i], STR("urn:aceso:consent"), STR("block")));
    return e->write_count ? STATUS_OK : nobody(e);
}

/* ---- $break-glass
 * ---------------------------------------------------------------------------------------- */

/* What somebody looks over afterwards. */
static Status write_review(Entitling *e, Str code, Str reason)
{
    Buf buf;
    begin(e, &buf);
    buf_add_lit(&buf, "{\"resourceType\":\"Task\",\"status\":\"requested\",\"intent\":\"order\","
                      "\"priority\":\"urgent\",\"code\":{\"coding\":[{\"system\":"
                      "\"urn:aceso:review\",\"code\":\"break-glass\"}]}");
    add_string(&buf, ",\"for\":{\"reference\":", e->patient_name);
    add_string(&buf, "},\"requester\":{\"reference\":", reference_of(e));
    add_instant(&buf, "},\"authoredOn\":", e->now);
    add_string(
        &buf, ",\"reasonCode\":{\"coding\":[{\"system\":\"urn:aceso:break-glass\",\"code\":", code);
    add_string(&buf, "}],\"text\":", reason);
    buf_add_lit(&buf, "}}");
    return create(e, "Task", &buf);
}

static Status do_break(Entitling *e)
{
    static const Str codes[] = {STR_INIT("unconscious"), STR_INIT("life-threatening"),
                                STR_INIT("patient-asks"), STR_INIT("other")};
    Str code, reason;
    bool known = false;
    TRY(need_practitioner(e));
    if (!e->rules.roles[e->rights->role].may_break)
        return refuse(e, "Your role cannot break the glass.");
    TRY(need_parameter(e, STR("code"), &code));
    TRY(need_parameter(e, STR("reason"), &reason));
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        known |= str_eq(code, codes[i]);
    if (!known)
        return ctx_fail(e->scene->cx, STATUS_INVALID, STR_EMPTY,
                        "The code is unconscious, life-threatening, patient-asks or other.");
    e->scene->audit.reason = reason;
    if (!e->asked->stepped_up)
        return refuse(e, "Prove again who you are: breaking the glass needs a second factor "
                         "within the last five minutes.");
    Time end = e->now + e->rules.break_hours * 3600 * TIME_SECOND;
    TRY(write_team(e, LINK_BREAK_GLASS, end, reason));
    return write_review(e, code, reason);
}

/* ---- all of them
 * ------------------------------------------------------------------------------------------ */

static const struct {
    Str operation, interaction;
    Status (*run)(Entitling *e);
} operations[] = {
    {STR_INIT("$link"), STR_INIT("link"), do_link},
    {STR_INIT("$unlink"), STR_INIT("unlink"), do_unlink},
    {STR_INIT("$consent"), STR_INIT("consent"), do_consent},
    {STR_INIT("$block"), STR_INIT("block"), do_block},
    {STR_INIT("$unblock"), STR_INIT("unblock"), do_unblock},
    {STR_INIT("$break-glass"), STR_INIT("break-glass"), do_break},
};

bool record_entitles(Str operation)
{
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        if (str_eq(operation, operations[i].operation))
            return true;
    return false;
}

static Status run(Entitling *e, Status (*operation)(Entitling *e))
{
    Scene *scene = e->scene;
    TRY(access_need_write(scene->cx, scene->call->access));
    TRY(scene_target(scene, STR("Patient"), e->asked->id));
    TRY(scene_read(scene, &e->reader));
    e->rights = access_rights(scene->access);
    if (!e->rights)
        return refuse(e, "Programs write links and consents as resources.");
    (void)store_read_as(e->reader, scene->record->self);
    rights_rules(scene->record->rights, &e->rules);
    TRY(read_parameters(e));
    TRY(find_patient(e));
    return operation(e);
}

/* What was made new is the answer, before what has ended. */
static Status answer(Entitling *e)
{
    Reply *reply = e->scene->reply;
    const StoreWrite *first = &e->writes[0];
    for (size_t i = e->write_count; i-- > 0;)
        if (e->writes[i].version == 1)
            first = &e->writes[i];
    reply->http = first->version == 1 ? 201 : 200;
    reply->body = first->body;
    reply->version = first->version;
    reply->updated = first->updated;
    reply->commit.writes = e->writes;
    reply->commit.write_count = e->write_count;
    return STATUS_OK;
}

Status record_entitle(Record *record, Ctx *cx, const Call *call, const RecordEntitle *asked,
                      Reply *reply)
{
    size_t i = 0;
    while (i < COUNT_OF(operations) && !str_eq(asked->operation, operations[i].operation))
        i++;
    assert(i < COUNT_OF(operations));
    Scene scene = scene_begin(record, cx, call, reply, operations[i].interaction);
    Entitling e = {.scene = &scene,
                   .asked = asked,
                   .now = time_now(),
                   .writes = arena_array_of(cx->arena, StoreWrite, WRITES_MAX)};
    Status status = e.writes ? run(&e, operations[i].run) : STATUS_MEMORY;
    if (e.reader)
        store_read_end(e.reader);
    if (status == STATUS_OK)
        status = answer(&e);
    return scene_end(&scene, status);
}

/* ---- $review
 * ---------------------------------------------------------------------------------- */

/* A broken glass was looked over: the Task is done, in the auditor's name. */
static Status review(Entitling *e)
{
    Scene *scene = e->scene;
    Ctx *cx = scene->cx;
    JsonValue *before, *patch, *after;
    Buf buf;
    TRY(access_need_write(cx, scene->call->access));
    if (access_role_of(access_role(scene->call->access)) != ROLE_AUDITOR)
        return refuse(e, "Only an auditor looks over a broken glass.");
    TRY(scene_target(scene, STR("Task"), e->asked->id));
    TRY(scene_read(scene, &e->reader));
    Status status = scene_get(scene, e->reader, scene->type, e->asked->id, true, &e->patient);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && e->patient.deleted))
        return ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY, "There is nothing to look over.");
    TRY(status);
    TRY(json_parse(cx, e->patient.body, &before));
    JsonValue *coding = json_item(json_get(json_get(before, STR("code")), STR("coding")), 0);
    if (!str_eq(json_get_str(coding, STR("system")), STR("urn:aceso:review")))
        return refuse(e, "This Task is no review.");
    begin(e, &buf);
    buf.max = e->patient.body.len + 1024;
    TRY(json_parse(cx, STR("[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"completed\"}]"),
                   &patch));
    TRY(json_patch(cx, before, patch, &buf));
    TRY(buf_done(&buf));
    TRY(json_parse(cx, buf_str(&buf), &after));
    return add_write(e, "Task", after, &e->patient);
}

Status record_review(Record *record, Ctx *cx, const Call *call, Str id, Reply *reply)
{
    Scene scene = scene_begin(record, cx, call, reply, STR("review"));
    RecordEntitle asked = {.id = id};
    Entitling e = {.scene = &scene,
                   .asked = &asked,
                   .writes = arena_array_of(cx->arena, StoreWrite, WRITES_MAX)};
    Status status = e.writes ? review(&e) : STATUS_MEMORY;
    if (e.reader)
        store_read_end(e.reader);
    if (status == STATUS_OK)
        status = answer(&e);
    return scene_end(&scene, status);
}

/* ---- why
 * -------------------------------------------------------------------------------------------------
 */

static Status explain(Scene *scene, Str role, Str reference, Str patient)
{
    StoreReader *reader;
    RightsWhy why;
    Str id = patient;
    Ctx *cx = scene->cx;
    (void)str_cut(&id, '/');
    TRY(access_need_read(cx, scene->call->access));
    TRY(scene_target(scene, STR("Patient"), id));
    TRY(scene_read(scene, &reader));
    Status status =
        rights_explain(scene->record->rights, cx, reader, role, reference, patient, &why);
    store_read_end(reader);
    TRY(status);
    return rights_why_json(cx, &why, &scene->reply->body);
}

Status record_explain(Record *record, Ctx *cx, const Call *call, Str role, Str reference,
                      Str patient, Reply *reply)
{
    Scene scene = scene_begin(record, cx, call, reply, STR("explain-access"));
    return scene_end(&scene, explain(&scene, role, reference, patient));
}

void record_rules(Record *record, Rules *ret_rules)
{
    rights_rules(record->rights, ret_rules);
}

/* ?user=...&patient=Patient/1 */
Status record_explain_asked(Ctx *cx, Str query, Str *ret_user, Str *ret_patient)
{
    *ret_user = *ret_patient = STR_EMPTY;
    for (Str name, value; search_next_pair(&query, &name, &value);) {
        Str *to = str_eq(name, STR("user"))      ? ret_user
                  : str_eq(name, STR("patient")) ? ret_patient
                                                 : NULL;
        if (!to)
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                            "The parameters are \"user\" and \"patient\".");
        TRY(search_decode(cx, value, to));
    }
    Str id = *ret_patient;
    if (!ret_user->len || !str_eq(str_cut(&id, '/'), STR("Patient")) || !id.at || !fhir_id_is(id))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "Ask with user=NAME and patient=Patient/ID.");
    return STATUS_OK;
}

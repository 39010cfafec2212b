/* What of a resource a caller does not get who may see only a part of it, and that it cannot be
 * found by asking for it either. security-model.md 1 and 3 */
#include "access/reduced.h"

#include "access/grant.h"
#include "access/rights.h"
#include "fhir/fhir.h"
#include "testing.h"

enum { ALICE = 7, BOB = 8, ALL = (1 << ACCESS_CLASSES) - 1 };
#define CLASS(class) (1u << (class))

static Ctx cx;
static RightsLink link;
static Rights rights;

static int begin(void **state)
{
    UNUSED(state);
    cx = testing_ctx();
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    arena_free(cx.arena);
    return 0;
}

/* A caller who has a link with Alice: this may he see of her. */
static const Access *caller(AccessRole role, uint32_t read, uint32_t reduced)
{
    AccessGrant grant = {.account = STR("a"), .role = access_role_word(role), .reference = STR("")};
    link = (RightsLink){.patient = ALICE,
                        .mask = {.read = read, .reduced = reduced, .clearance = CONF_N}};
    rights = (Rights){.role = role, .links = &link, .link_count = 1, .until = INT64_MAX};
    return access_with_rights(cx.arena, access_grant(cx.arena, &grant), &rights);
}

#define TAG                                                                                        \
    "'tag':[{'system':'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',"                \
    "'code':'SUBSETTED'}]"

static const struct {
    const char *why;
    AccessRole role;
    uint32_t read, reduced;
    AccessClass class;
    const char *type, *body, *part; /* NULL: whole */
} views[] = {
    {"who sees contact details gets the whole patient", ROLE_GP,
     CLASS(D1_DEMOGRAPHICS) | CLASS(D2_CONTACT), 0, D1_DEMOGRAPHICS, "Patient",
     "{'resourceType':'Patient','id':'1','telecom':[{'value':'1'}]}", NULL},
    {"a reduced view of D2 leaves out address, telephone, numbers, next of kin, narrative",
     ROLE_PHYSIO, CLASS(D1_DEMOGRAPHICS), CLASS(D2_CONTACT), D1_DEMOGRAPHICS, "Patient",
     "{'resourceType':'Patient','id':'1','text':{'div':'x'},'identifier':[{'value':'85'}],"
     "'extension':[{'url':'u','valueAddress':{'city':'x'}}],'name':[{'family':'Dupont'}],"
     "'telecom':[{'value':'1'}],'birthDate':'1985',"
     "'_birthDate':{'id':'b'},'address':[{'city':'Li'}],'contact':[{'gender':'male'}]}",
     "{'resourceType':'Patient','id':'1','meta':{" TAG "},'name':[{'family':'Dupont'}],"
     "'birthDate':'1985','_birthDate':{'id':'b'}}"},
    {"a reduced view of D1 leaves out more: no photograph, no languages", ROLE_PHARMACIST, 0,
     CLASS(D1_DEMOGRAPHICS) | CLASS(D2_CONTACT), D1_DEMOGRAPHICS, "Patient",
     "{'resourceType':'Patient','id':'1','name':[{'family':'Dupont'}],'photo':[{'url':'x'}],"
     "'telecom':[{'value':'1'}],'communication':[{'preferred':true}]}",
     "{'resourceType':'Patient','id':'1','meta':{" TAG "},'name':[{'family':'Dupont'}]}"},
    {"of a document neither its bytes nor where they are kept", ROLE_PHARMACIST,
     CLASS(D1_DEMOGRAPHICS), CLASS(D9_IMAGING), D9_IMAGING, "Binary",
     "{'resourceType':'Binary','id':'1','contentType':'application/pdf','data':'JVBERi0x',"
     "'_data':{'extension':[{'url':'urn:aceso:content','valueString':'x 1 y'}]}}",
     "{'resourceType':'Binary','id':'1','meta':{" TAG "},'contentType':'application/pdf'}"},
    {"a secretary sees the encounter, not its reason", ROLE_SECRETARY,
     CLASS(D3_SCHEDULING) | CLASS(D1_DEMOGRAPHICS), 0, D3_SCHEDULING, "Encounter",
     "{'resourceType':'Encounter','id':'1','text':{'div':'x'},'contained':[{'id':'c'}],"
     "'status':'planned','class':{'code':'AMB'},'reasonCode':[{'text':'HIV'}],"
     "'_reasonCode':[{'id':'r'}],'reasonReference':[{'reference':'Condition/1'}],"
     "'diagnosis':[{'rank':1}],'length':{'value':1}}",
     "{'resourceType':'Encounter','id':'1','meta':{" TAG "},'status':'planned',"
     "'class':{'code':'AMB'},'length':{'value':1}}"},
    {"nor why an appointment was made, nor what was noted of it", ROLE_SECRETARY,
     CLASS(D3_SCHEDULING), 0, D3_SCHEDULING, "Appointment",
     "{'resourceType':'Appointment','id':'1','status':'booked','reasonCode':[{'text':'x'}],"
     "'description':'x','comment':'x','patientInstruction':'x','start':'2026-01-01T09:00:00Z'}",
     "{'resourceType':'Appointment','id':'1','meta':{" TAG "},'status':'booked',"
     "'start':'2026-01-01T09:00:00Z'}"},
    {"a secretary gets no narrative of anything", ROLE_SECRETARY, ALL, 0, D4_INVOICES, "Coverage",
     "{'resourceType':'Coverage','id':'1','text':{'div':'x'},'status':'active'}",
     "{'resourceType':'Coverage','id':'1','meta':{" TAG "},'status':'active'}"},
    {"a physiotherapist with a reduced view of problems sees the reason", ROLE_PHYSIO,
     CLASS(D3_SCHEDULING), CLASS(D7_PROBLEMS), D3_SCHEDULING, "Encounter",
     "{'resourceType':'Encounter','id':'1','reasonCode':[{'text':'knee'}]}", NULL},
    {"a note in part: that there is one, of what kind, by whom, not what it says", ROLE_SPECIALIST,
     0, CLASS(D10_NOTES), D10_NOTES, "DocumentReference",
     "{'resourceType':'DocumentReference','id':'1','meta':{'versionId':'3'},'status':'current',"
     "'description':'Depressed','author':[{'reference':'Practitioner/1'}],"
     "'content':[{'attachment':{'contentType':'text/plain','data':'AA==','title':'x'}},"
     "{'attachment':{'data':'AA=='}}]}",
     "{'resourceType':'DocumentReference','id':'1','meta':{'versionId':'3'," TAG "},"
     "'status':'current','author':[{'reference':'Practitioner/1'}],"
     "'content':[{'attachment':{'contentType':'text/plain'}}]}"},
    {"a problem in part: what and since when, without remarks", ROLE_PHYSIO, 0, CLASS(D7_PROBLEMS),
     D7_PROBLEMS, "Condition",
     "{'resourceType':'Condition','id':'1','code':{'text':'Knee'},'onsetDateTime':'2020',"
     "'note':[{'text':'private'}],'extension':[{'url':'u','valueString':'x'}],"
     "'meta':{'tag':[{'code':'t'},{'code':'SUBSETTED'}]}}",
     "{'resourceType':'Condition','id':'1','meta':{'tag':[{'code':'t'},"
     "{'system':'http://terminology.hl7.org/CodeSystem/v3-ObservationValue','code':'SUBSETTED'}]},"
     "'code':{'text':'Knee'},'onsetDateTime':'2020'}"},
    {"a value in part: with its range and kind, without notes", ROLE_PHARMACIST, 0,
     CLASS(D8_LABORATORY), D8_LABORATORY, "Observation",
     "{'resourceType':'Observation','id':'1','status':'final','valueQuantity':{'value':1.50},"
     "'referenceRange':[{'text':'1-2'}],'method':{'text':'m'},'note':[{'text':'x'}]}",
     "{'resourceType':'Observation','id':'1','meta':{" TAG "},'status':'final',"
     "'valueQuantity':{'value':1.50},'referenceRange':[{'text':'1-2'}]}"},
};

static Facts about_alice(AccessClass class)
{
    return (Facts){.class = (uint8_t) class,
                   .confidentiality = CONF_N,
                   .subject_count = 1,
                   .subjects = {ALICE}};
}

static void a_view_leaves_out_what_its_table_names(void **state)
{
    UNUSED(state);
    FOR_CASES(views, c)
    {
        CASE(c->why);
        const Access *access = caller(c->role, c->read, c->reduced);
        uint16_t type = fhir_type_find(str_of(c->type));
        Facts facts = about_alice(c->class);
        Sight sight = access_sees(access, type, &facts);
        check(sight != SIGHT_NONE);
        Reduced lack = reduced_of(access, type, &facts, sight);
        check_int(reduced_is_whole(lack), c->part == NULL);
        Buf out;
        buf_init(&out, cx.arena, 100, 10000);
        Str body = testing_quoted(cx.arena, c->body);
        check_int(reduced_write(&cx, type, lack, body, &out), STATUS_OK);
        check_str(buf_str(&out), c->part ? testing_quoted(cx.arena, c->part) : body);
        /* What may lack of any row holds what lacks of this one. */
        Reduced worst = reduced_at_worst(access, type);
        check_int(lack.classes & ~worst.classes, 0);
        check_int(lack.facets & ~worst.facets, 0);
        if (c->part) {
            JsonValue *part;
            check_int(json_parse(&cx, buf_str(&out), &part), STATUS_OK);
            check(reduced_is_part(part));
        }
    }
}

static const struct {
    const char *why;
    AccessRole role;
    uint32_t read, reduced;
    const char *type, *expression;
    bool hides;
} parameters[] = {
    {"a telephone number is not searched by who does not see it", ROLE_PHYSIO,
     CLASS(D1_DEMOGRAPHICS), CLASS(D2_CONTACT), "Patient", "Patient.telecom.where(system='phone')",
     true},
    {"nor an address", ROLE_PHYSIO, CLASS(D1_DEMOGRAPHICS), CLASS(D2_CONTACT), "Patient",
     "Patient.address.city | Person.address.city", true},
    {"nor a national number", ROLE_NURSE, CLASS(D1_DEMOGRAPHICS), CLASS(D2_CONTACT), "Patient",
     "Patient.identifier", true},
    {"a name is", ROLE_PHYSIO, CLASS(D1_DEMOGRAPHICS), CLASS(D2_CONTACT), "Patient",
     "Patient.name.family | Practitioner.name.family", false},
    {"a date of birth is", ROLE_PHYSIO, CLASS(D1_DEMOGRAPHICS), CLASS(D2_CONTACT), "Patient",
     "Patient.birthDate | Person.birthDate", false},
    {"death is", ROLE_PHYSIO, CLASS(D1_DEMOGRAPHICS), CLASS(D2_CONTACT), "Patient",
     "Patient.deceased.exists() and Patient.deceased != false", false},
    {"_id is", ROLE_PHYSIO, CLASS(D1_DEMOGRAPHICS), CLASS(D2_CONTACT), "Patient", "Resource.id",
     false},
    {"_lastUpdated is", ROLE_PHYSIO, CLASS(D1_DEMOGRAPHICS), 0, "Patient",
     "Resource.meta.lastUpdated", false},
    {"text is not, when any of it is hidden", ROLE_PHYSIO, CLASS(D1_DEMOGRAPHICS), 0, "Patient", "",
     true},
    {"what leads anywhere is not", ROLE_PHYSIO, CLASS(D1_DEMOGRAPHICS), 0, "Patient",
     "Patient.name.where(%resource.telecom.exists())", true},
    {"what begins at everything is not", ROLE_PHYSIO, CLASS(D1_DEMOGRAPHICS), 0, "Patient",
     "Patient.descendants()", true},
    {"what has no path of the type is not", ROLE_PHYSIO, CLASS(D1_DEMOGRAPHICS), 0, "Patient",
     "telecom.value", true},
    {"a word in a literal is no path", ROLE_PHYSIO, CLASS(D1_DEMOGRAPHICS), 0, "Patient",
     "Patient.name.where(use = 'Patient.telecom')", false},
    {"a secretary does not search by the reason of an encounter", ROLE_SECRETARY,
     CLASS(D3_SCHEDULING), 0, "Encounter", "Encounter.reasonCode", true},
    {"nor by what it refers to", ROLE_SECRETARY, CLASS(D3_SCHEDULING), 0, "Encounter",
     "Encounter.diagnosis.condition | Encounter.reasonReference", true},
    {"but by its date", ROLE_SECRETARY, CLASS(D3_SCHEDULING), 0, "Encounter", "Encounter.period",
     false},
    {"who sees everything searches by everything", ROLE_GP, ALL, 0, "Encounter",
     "Encounter.reasonCode", false},
    {"who sees everything of one class and less of another one searches by what both have",
     ROLE_SPECIALIST, ALL & ~CLASS(D10_NOTES), CLASS(D10_NOTES), "DocumentReference",
     "DocumentReference.description", true},
    {"attachments of a reduced note are not searched", ROLE_SPECIALIST, ALL & ~CLASS(D10_NOTES),
     CLASS(D10_NOTES), "DocumentReference", "DocumentReference.content.attachment.url", true},
    {"their kind is", ROLE_SPECIALIST, ALL & ~CLASS(D10_NOTES), CLASS(D10_NOTES),
     "DocumentReference", "DocumentReference.content.attachment.contentType", false},
    {"values of laboratory are, in part too", ROLE_PHARMACIST, 0, CLASS(D8_LABORATORY),
     "Observation", "(Observation.value as Quantity) | (Observation.value as SampledData)", false},
};

static void a_parameter_over_what_is_hidden_is_known(void **state)
{
    UNUSED(state);
    FOR_CASES(parameters, c)
    {
        CASE(c->why);
        const Access *access = caller(c->role, c->read, c->reduced);
        uint16_t type = fhir_type_find(str_of(c->type));
        Reduced worst = reduced_at_worst(access, type);
        check_int(reduced_hides(worst, type, str_of(c->expression)), c->hides);
    }
}

/* Nobody who has no rights learns anything by a question. */
static void without_rights_everything_is_hidden(void **state)
{
    UNUSED(state);
    AccessGrant grant = {.account = STR("a"), .role = STR("gp"), .reference = STR("")};
    const Access *access = access_grant(cx.arena, &grant);
    for (uint16_t type = 1; type <= fhir_type_count(); type++)
        check(!reduced_is_whole(reduced_at_worst(access, type)));
    grant.everything = true;
    access = access_grant(cx.arena, &grant);
    for (uint16_t type = 1; type <= fhir_type_count(); type++)
        check(reduced_is_whole(reduced_at_worst(access, type)));
}

/* The answer of a reduced view may be searched by exactly what stands in it: for every parameter of
 * every type that is not hidden, its first element is in the view. */
static void most_parameters_stay_when_a_view_is_reduced(void **state)
{
    UNUSED(state);
    size_t all = 0, hidden = 0;
    Reduced lack = {.classes = 1};
    for (uint16_t type = 1; type <= fhir_type_count(); type++) {
        size_t count;
        const FhirParam *params = fhir_params_of(type, &count);
        for (size_t i = 0; i < count; i++) {
            all++;
            hidden += reduced_hides(lack, type, params[i].expression);
        }
    }
    check(all > 1000);
    check(hidden > all / 20 && hidden < all / 2);
}

static const struct {
    const char *why, *before, *sent, *stored; /* stored NULL: refused */
} writes[] = {
    {"what a secretary does not see stays as it was",
     "{'resourceType':'Appointment','id':'1','meta':{'versionId':'1'},'text':{'div':'old'},"
     "'status':'booked','reasonCode':[{'text':'x'}],'comment':'c'}",
     "{'resourceType':'Appointment','id':'1','meta':{" TAG "},'status':'cancelled'}",
     "{'resourceType':'Appointment','id':'1','meta':{},'status':'cancelled',"
     "'reasonCode':[{'text':'x'}],'comment':'c'}"},
    {"what he does not see he does not write",
     "{'resourceType':'Appointment','id':'1','status':'booked','comment':'c'}",
     "{'resourceType':'Appointment','id':'1','status':'booked','comment':'d'}", NULL},
    {"nor by its shadow", "{'resourceType':'Appointment','id':'1','status':'booked'}",
     "{'resourceType':'Appointment','id':'1','status':'booked','_comment':{'id':'d'}}", NULL},
    {"a new one he may write whole", "",
     "{'resourceType':'Appointment','status':'booked','comment':'d'}",
     "{'resourceType':'Appointment','status':'booked','comment':'d'}"},
    {"tags of others stay", "{'resourceType':'Appointment','id':'1','status':'booked'}",
     "{'resourceType':'Appointment','id':'1','meta':{'tag':[{'code':'SUBSETTED'},{'code':'t'}]},"
     "'status':'booked'}",
     "{'resourceType':'Appointment','id':'1','meta':{'tag':[{'code':'t'}]},'status':'booked'}"},
};

static void what_is_not_seen_is_not_overwritten(void **state)
{
    UNUSED(state);
    uint16_t type = fhir_type_find(STR("Appointment"));
    Facts facts = about_alice(D3_SCHEDULING);
    FOR_CASES(writes, c)
    {
        CASE(c->why);
        const Access *access = caller(ROLE_SECRETARY, CLASS(D3_SCHEDULING), 0);
        Reduced lack = reduced_of(access, type, &facts, SIGHT_FULL);
        JsonValue *sent;
        Buf out;
        buf_init(&out, cx.arena, 100, 10000);
        check_int(json_parse(&cx, testing_quoted(cx.arena, c->sent), &sent), STATUS_OK);
        check_int(reduced_restore(&cx, type, lack, testing_quoted(cx.arena, c->before), sent, &out),
                  c->stored ? STATUS_OK : STATUS_FORBIDDEN);
        if (c->stored)
            check_str(buf_str(&out), testing_quoted(cx.arena, c->stored));
    }
    JsonValue *sent;
    Buf out;
    buf_init(&out, cx.arena, 100, 10000);
    check_int(json_parse(&cx, STR("{}"), &sent), STATUS_OK);
    check_int(reduced_restore(&cx, type, (Reduced){.classes = 1}, STR("{}"), sent, &out),
              STATUS_FORBIDDEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_view_leaves_out_what_its_table_names),
        cmocka_unit_test(a_parameter_over_what_is_hidden_is_known),
        cmocka_unit_test(without_rights_everything_is_hidden),
        cmocka_unit_test(most_parameters_stay_when_a_view_is_reduced),
        cmocka_unit_test(what_is_not_seen_is_not_overwritten),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

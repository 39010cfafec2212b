/* Wrong resources, each with the element that must be named and the words that help.
 *
 * SPEC R4 json.html, SPEC R4 validation.html, SPEC R4 references.html#contained,
 * SPEC R4 extensibility.html, SPEC R4 narrative.html */
#include "testing.h"

#include <time.h>

#include "fhir/fhir.h"

typedef struct {
    const char *why, *resource;
    Status status;
    const char *expression, *words;
} Case;

static const Case cases[] = {
    /* ---- what is right --------------------------------------------------------------------- */
    {"a small patient", "{'resourceType':'Patient','id':'a','gender':'female'}", STATUS_OK, 0, 0},
    {"nothing but its type", "{'resourceType':'Patient'}", STATUS_OK, 0, 0},
    {"an extension in place of a value",
     "{'resourceType':'Patient','_birthDate':{'extension':[{'url':'http://x/y',"
     "'valueCode':'unknown'}]}}",
     STATUS_OK, 0, 0},
    {"a value beside its extension",
     "{'resourceType':'Patient','birthDate':'1970','_birthDate':{'id':'b'},'_gender':"
     "{'extension':[{'url':'http://x/y','valueBoolean':true}]}}",
     STATUS_INVALID, "Patient.birthDate", "not just an id"},
    {"padded arrays",
     "{'resourceType':'Patient','name':[{'given':['A',null],'_given':[null,{'extension':[{'url':"
     "'http://x/y','valueString':'z'}]}]}]}",
     STATUS_OK, 0, 0},
    {"a mandatory element only by its extension",
     "{'resourceType':'Observation','_status':{'extension':[{'url':'http://x/y','valueCode':'u'}]},"
     "'code':{'text':'x'}}",
     STATUS_OK, 0, 0},
    {"a contained resource, referred to",
     "{'resourceType':'Patient','contained':[{'resourceType':'Organization','id':'o','name':'x'}],"
     "'managingOrganization':{'reference':'#o'}}",
     STATUS_OK, 0, 0},
    {"a contained resource that refers to its container",
     "{'resourceType':'Patient','contained':[{'resourceType':'Observation','id':'o','status':'"
     "final'"
     ",'code':{'text':'x'},'subject':{'reference':'#'}}]}",
     STATUS_OK, 0, 0},
    {"references of every form",
     "{'resourceType':'Observation','status':'final','code':{'text':'x'},'subject':{'reference':"
     "'http://h/fhir/Patient/1/_history/2'},'performer':[{'reference':'Practitioner/"
     "1'},{'reference'"
     ":'urn:uuid:87e11d66-c137-458a-9754-fe6c4e445a6d'},{'display':'x'},{'reference':"
     "'Practitioner?identifier=a|1'},{'reference':'http://somewhere/else'}]}",
     STATUS_OK, 0, 0},
    {"recursive content",
     "{'resourceType':'Questionnaire','status':'draft','item':[{'linkId':'1','type':'group','item':"
     "[{'linkId':'2','type':'string'}]}]}",
     STATUS_OK, 0, 0},
    {"any resource in a Bundle",
     "{'resourceType':'Bundle','type':'collection','entry':[{'resource':{'resourceType':'Basic',"
     "'code':{'text':'x'}}}]}",
     STATUS_OK, 0, 0},
    /* ---- the resource itself --------------------------------------------------------------- */
    {"not an object", "[]", STATUS_INVALID, "", "JSON object"},
    {"no type", "{'id':'a'}", STATUS_INVALID, "", "resourceType"},
    {"an unknown type", "{'resourceType':'Patients'}", STATUS_INVALID, ".resourceType",
     "no resource type"},
    {"a data type is none", "{'resourceType':'HumanName'}", STATUS_INVALID, ".resourceType",
     "no resource type"},
    {"the type twice", "{'resourceType':'Patient','resourceType':'Patient'}", STATUS_INVALID,
     "Patient.resourceType", "second time"},
    /* ---- names ----------------------------------------------------------------------------- */
    {"an unknown element", "{'resourceType':'Patient','nickname':'x'}", STATUS_INVALID,
     "Patient.nickname", "Patient has no element nickname"},
    {"an unknown element deeper down", "{'resourceType':'Patient','name':[{},{'famly':'x'}]}",
     STATUS_INVALID, "Patient.name[0]", "children"},
    {"the bare name of a choice",
     "{'resourceType':'Observation','status':'final','code':{'text':'x'},'value':1}",
     STATUS_INVALID, "Observation.value", "no element value"},
    {"a wrong alternative of a choice",
     "{'resourceType':'Observation','status':'final','code':{'text':'x'},'valueUri':'x'}",
     STATUS_INVALID, "Observation.valueUri", "no element valueUri"},
    {"two alternatives of a choice",
     "{'resourceType':'Patient','deceasedBoolean':true,'deceasedDateTime':'2020'}", STATUS_INVALID,
     "Patient.deceased", "Only one of the alternatives of deceased[x]"},
    {"two alternatives, one by its extension",
     "{'resourceType':'Patient','deceasedBoolean':true,'_deceasedDateTime':{'extension':[{'url':"
     "'http://x/y','valueCode':'x'}]}}",
     STATUS_INVALID, "Patient.deceased", "Only one"},
    {"a name twice", "{'resourceType':'Patient','gender':'male','gender':'male'}", STATUS_INVALID,
     "Patient.gender", "gender occurs twice"},
    {"an element with an underscore that is no primitive",
     "{'resourceType':'Patient','_name':[{'id':'x'}]}", STATUS_INVALID, "Patient._name",
     "primitive type"},
    {"a resourceType where none may be",
     "{'resourceType':'Patient','name':[{'resourceType':'HumanName','text':'x'}]}", STATUS_INVALID,
     "Patient.name[0].resourceType", "no element resourceType"},
    /* ---- shape ----------------------------------------------------------------------------- */
    {"one where many are", "{'resourceType':'Patient','name':{'text':'x'}}", STATUS_INVALID,
     "Patient.name", "An array is expected here, not an object"},
    {"many where one is", "{'resourceType':'Patient','birthDate':['1970']}", STATUS_INVALID,
     "Patient.birthDate", "not an array"},
    {"an empty array", "{'resourceType':'Patient','name':[]}", STATUS_INVALID, "Patient.name",
     "must not be empty"},
    {"an empty object", "{'resourceType':'Patient','maritalStatus':{}}", STATUS_INVALID,
     "Patient.maritalStatus", "a value or children"},
    {"null as a value", "{'resourceType':'Patient','gender':null}", STATUS_INVALID,
     "Patient.gender", "not null"},
    {"null in an array of objects", "{'resourceType':'Patient','name':[null]}", STATUS_INVALID,
     "Patient.name[0]", "null may stand only"},
    {"null without its extension", "{'resourceType':'Patient','name':[{'given':['A',null]}]}",
     STATUS_INVALID, "Patient.name[0].given[1]", "_given"},
    {"arrays of different length",
     "{'resourceType':'Patient','name':[{'given':['A'],'_given':[null,{'extension':[{'url':'u',"
     "'valueCode':'x'}]}]}]}",
     STATUS_INVALID, "Patient.name[0].given", "same length"},
    {"a required element is missing", "{'resourceType':'Observation','code':{'text':'x'}}",
     STATUS_INVALID, "Observation.status", "status is required and missing"},
    {"a required element deeper down", "{'resourceType':'Patient','link':[{'type':'refer'}]}",
     STATUS_INVALID, "Patient.link[0].other", "other is required"},
    {"a required choice",
     "{'resourceType':'MedicationRequest','status':'active','intent':'order','subject':{'display':"
     "'x'}}",
     STATUS_INVALID, "MedicationRequest.medication", "medication[x] is required"},
    {"an object in place of a value", "{'resourceType':'Patient','gender':{'value':'male'}}",
     STATUS_INVALID, "Patient.gender", "a JSON string"},
    /* ---- values ---------------------------------------------------------------------------- */
    {"a boolean as text", "{'resourceType':'Patient','active':'true'}", STATUS_INVALID,
     "Patient.active", "JSON true or false"},
    {"a number as text",
     "{'resourceType':'Observation','status':'final','code':{'text':'x'},'valueQuantity':{'value':"
     "'1'}}",
     STATUS_INVALID, "Observation.value.value", "a JSON number"},
    {"the 30th of February", "{'resourceType':'Patient','birthDate':'2020-02-30'}",
     STATUS_UNPROCESSABLE, "Patient.birthDate", "YYYY-MM-DD"},
    {"an id too long",
     "{'resourceType':'Patient','id':"
     "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}",
     STATUS_UNPROCESSABLE, "Patient.id", "1 to 64"},
    {"an empty string", "{'resourceType':'Patient','name':[{'family':''}]}", STATUS_UNPROCESSABLE,
     "Patient.name[0].family", "not empty"},
    {"a NUL in a string", "{'resourceType':'Patient','name':[{'family':'a\\u0000b'}]}",
     STATUS_UNPROCESSABLE, "Patient.name[0].family", "control characters"},
    {"a NUL in a URI", "{'resourceType':'Patient','implicitRules':'a\\u0000b'}",
     STATUS_UNPROCESSABLE, "Patient.implicitRules", "URI"},
    {"an integer out of range", "{'resourceType':'Patient','multipleBirthInteger':2147483648}",
     STATUS_UNPROCESSABLE, "Patient.multipleBirth", "32 bits"},
    {"a code that is not of the set", "{'resourceType':'Patient','gender':'lady'}",
     STATUS_UNPROCESSABLE, "Patient.gender",
     "one of male, female, other, unknown (value set http://hl7.org/fhir/ValueSet/"
     "administrative-gender)"},
    {"a concept that is not of the required set",
     "{'resourceType':'Condition','subject':{'reference':'Patient/1'},'clinicalStatus':{'coding':"
     "[{'system':'http://x','code':'active'}]}}",
     STATUS_UNPROCESSABLE, "Condition.clinicalStatus", "one of active"},
    {"script in a narrative",
     "{'resourceType':'Patient','text':{'status':'generated','div':'<div><script>x</script></"
     "div>'}}",
     STATUS_UNPROCESSABLE, "Patient.text.div", "must not have"},
    /* ---- references and extensions --------------------------------------------------------- */
    {"a reference to the wrong type",
     "{'resourceType':'Observation','status':'final','code':{'text':'x'},'encounter':{'reference':"
     "'Patient/1'}}",
     STATUS_UNPROCESSABLE, "Observation.encounter.reference", "one of these types: Encounter"},
    {"an absolute one",
     "{'resourceType':'Observation','status':'final','code':{'text':'x'},'encounter':{'reference':"
     "'https://h/fhir/Patient/1/_history/4'}}",
     STATUS_UNPROCESSABLE, "Observation.encounter.reference", "Encounter"},
    {"a contained one of the wrong type",
     "{'resourceType':'Observation','contained':[{'resourceType':'Patient','id':'p','active':true}]"
     ","
     "'status':'final','code':{'text':'x'},'encounter':{'reference':'#p'}}",
     STATUS_UNPROCESSABLE, "Observation.encounter.reference", "Encounter"},
    {"a contained resource that is not there",
     "{'resourceType':'Patient','managingOrganization':{'reference':'#o'}}", STATUS_UNPROCESSABLE,
     "Patient", "not there"},
    {"a contained resource that nobody needs",
     "{'resourceType':'Patient','contained':[{'resourceType':'Organization','id':'o','name':'x'}]}",
     STATUS_UNPROCESSABLE, "Patient.contained[0]", "Nothing in the resource refers"},
    {"a contained resource without id",
     "{'resourceType':'Patient','contained':[{'resourceType':'Organization','name':'x'}]}",
     STATUS_UNPROCESSABLE, "Patient.contained[0].id", "must have an id"},
    {"two of the same id",
     "{'resourceType':'Patient','contained':[{'resourceType':'Organization','id':'o','name':'x'},"
     "{'resourceType':'Organization','id':'o','name':'y'}],'managingOrganization':{'reference':"
     "'#o'}}",
     STATUS_UNPROCESSABLE, "Patient.contained[1].id", "same id"},
    {"contained in contained",
     "{'resourceType':'Patient','contained':[{'resourceType':'Organization','id':'o','name':'x',"
     "'contained':[{'resourceType':'Basic','id':'b','code':{'text':'x'}}]}],"
     "'managingOrganization':{'reference':'#o'}}",
     STATUS_INVALID, "Patient.contained[0].contained", "must not contain others"},
    {"an extension without url", "{'resourceType':'Patient','extension':[{'valueCode':'x'}]}",
     STATUS_INVALID, "Patient.extension[0].url", "url is required"},
    {"an extension without content", "{'resourceType':'Patient','extension':[{'url':'http://x'}]}",
     STATUS_UNPROCESSABLE, "Patient.extension[0]", "must have a value or extensions"},
    {"an extension with both",
     "{'resourceType':'Patient','extension':[{'url':'http://x','valueCode':'a','extension':[{'url':"
     "'y','valueCode':'b'}]}]}",
     STATUS_UNPROCESSABLE, "Patient.extension[0]", "not both"},
    {"a fault within a Bundle",
     "{'resourceType':'Bundle','type':'batch','entry':[{'request':{'method':'GET','url':'x'}},"
     "{'resource':{'resourceType':'Patient','gender':'x'},'request':{'method':'POST','url':"
     "'Patient'}}]}",
     STATUS_UNPROCESSABLE, "Bundle.entry[1].resource.gender", "one of male"},
    {"the shape outweighs the value", "{'resourceType':'Patient','gender':'x','active':1}",
     STATUS_INVALID, "Patient.gender", "one of male"},
};

static void names_the_element_and_what_was_expected(void **state)
{
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx = testing_ctx();
        JsonValue *resource;
        FhirChecked checked;
        check_int(json_parse(&cx, testing_quoted(cx.arena, c->resource), &resource), STATUS_OK);
        Status status = fhir_validate(&cx, resource, NULL, &checked);
        if (cx.issues && status != c->status)
            print_message("# " STR_FMT ": " STR_FMT "\n", STR_ARG(cx.issues->expression),
                          STR_ARG(cx.issues->diagnostics));
        check_int(status, c->status);
        check_int(cx.issue_count > 0, c->status != STATUS_OK);
        if (c->expression) {
            check_str(cx.issues->expression, str_of(c->expression));
            if (!strstr(cx.issues->diagnostics.at, c->words))
                fail_msg("%s: " STR_FMT, c->why, STR_ARG(cx.issues->diagnostics));
        }
        arena_free(cx.arena);
    }
}

static void tells_type_and_id_and_links(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    JsonValue *resource;
    FhirChecked checked;
    check_int(
        json_parse(&cx,
                   testing_quoted(
                       cx.arena,
                       "{'resourceType':'DocumentReference','id':'d','status':'current','text':"
                       "{'status':'generated','div':'<div><img src=\\'a\\'/></div>'},'subject':"
                       "{'reference':'Patient/1'},'type':{'coding':[{'system':'http://loinc.org'"
                       ",'code':'1'}]},'content':[{'attachment':{'url':'urn:x'}}]}"),
                   &resource),
        STATUS_OK);
    check_int(fhir_validate(&cx, resource, NULL, &checked), STATUS_OK);
    check_int(checked.type, fhir_type_find(STR("DocumentReference")));
    check_str(checked.id, STR("d"));
    static const struct {
        FhirLinkKind kind;
        const char *text;
    } wanted[] = {{FHIR_LINK_XHTML, "<div><img src=\"a\"/></div>"},
                  {FHIR_LINK_REFERENCE, "Patient/1"},
                  {FHIR_LINK_URI, "urn:x"}};
    const FhirLink *link = checked.links;
    for (size_t i = 0; i < COUNT_OF(wanted); i++, link = link->next) {
        CASE(wanted[i].text);
        check(link != NULL);
        check_int(link->kind, wanted[i].kind);
        check_str(json_str(link->value), str_of(wanted[i].text));
    }
    check(link == NULL);
    arena_free(cx.arena);
}

static void leaves_entries_to_others_when_asked(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    JsonValue *bundle;
    FhirChecked checked;
    check_int(
        json_parse(&cx,
                   testing_quoted(cx.arena,
                                  "{'resourceType':'Bundle','type':'batch','entry':[{'resource':"
                                  "{'resourceType':'Nonsense'}}]}"),
                   &bundle),
        STATUS_OK);
    check_int(fhir_validate(&cx, bundle, &(FhirCheck){.skip_entries = true}, &checked), STATUS_OK);
    check_int(fhir_validate(&cx, bundle, NULL, &checked), STATUS_INVALID);
    arena_free(cx.arena);
}

/* A broken bundle must not answer with a broken novel, nor take for ever. */
static void stops_after_enough_issues(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    Buf buf;
    JsonValue *resource;
    FhirChecked checked;
    buf_init(&buf, cx.arena, 0, (size_t)8 << 20);
    buf_add_lit(&buf, "{\"resourceType\":\"Patient\",\"name\":[{}");
    for (int i = 0; i < 200000; i++)
        buf_add_lit(&buf, ",{}");
    buf_add_lit(&buf, "]}");
    check_int(json_parse(&cx, buf_str(&buf), &resource), STATUS_OK);
    check_int(fhir_validate(&cx, resource, NULL, &checked), STATUS_INVALID);
    check_int(cx.issue_count, CTX_ISSUES_MAX);
    arena_free(cx.arena);
}

/* The arena ends at every possible place: an answer each time, never a crash. */
static void runs_out_of_memory_anywhere(void **state)
{
    UNUSED(state);
    size_t refused = 0, accepted = 0;
    for (size_t limit = 64; limit < 16384; limit += 16) {
        Ctx cx = {.arena = arena_new(limit, false)};
        JsonValue *resource;
        FhirChecked checked;
        char text[] = "{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":"
                      "\"Organization\",\"id\":\"o\",\"name\":\"x\"}],"
                      "\"managingOrganization\":{\"reference\":\"#o\"},\"photo\":[{\"url\":"
                      "\"http://x/y\"},{\"url\":\"http://x/z\"}]}        ";
        Status status = json_parse_in_place(&cx, text, sizeof(text) - 1 - JSON_PADDING, &resource);
        if (status == STATUS_OK)
            status = fhir_validate(&cx, resource, NULL, &checked);
        check(status == STATUS_OK || status == STATUS_MEMORY);
        accepted += status == STATUS_OK;
        refused += status != STATUS_OK;
        arena_free(cx.arena);
    }
    CASE("both answers were seen");
    check(accepted > 0 && refused > 0);
}

static double cpu_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* What is built to cost the square of its length: about 1 MB each. */
static void stays_linear(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *head, *item, *middle, *other, *tail;
        size_t times;
        Status status;
    } costly[] = {
        {"nulls with extensions", "{'resourceType':'Patient','name':[{'given':[null", ",null",
         "],'_given':[{'extension':[{'url':'u','valueCode':'x'}]}",
         ",{'extension':[{'url':'u','valueCode':'x'}]}", "]}]}", 20000, STATUS_OK},
        {"contained resources and references",
         "{'resourceType':'Patient','contained':[{'resourceType':'Basic','id':'b','code':{'text':'"
         "x'"
         "}}",
         ",{'resourceType':'Basic','id':'b','code':{'text':'x'}}",
         "],'generalPractitioner':[{'reference':'#b'}", ",{'reference':'#c'}", "]}", 15000,
         STATUS_UNPROCESSABLE},
        {"styles", "{'resourceType':'Patient','text':{'status':'generated','div':'<div style=\\'",
         "url(", "                       ", "                       ", "\\'>x</div>'}}", 40000,
         STATUS_UNPROCESSABLE},
        {"codes in a concept",
         "{'resourceType':'Condition','subject':{'display':'x'},'clinicalStatus':{'coding':[{'code'"
         ":"
         "'a'}",
         ",{'code':'a'}", ",{'code':'b'}", ",{'code':'b'}", "]}}", 40000, STATUS_UNPROCESSABLE},
    };
    FOR_CASES(costly, c)
    {
        CASE(c->why);
        Ctx cx = testing_ctx();
        JsonValue *resource;
        FhirChecked checked;
        Buf buf;
        buf_init(&buf, cx.arena, 0, (size_t)8 << 20);
        buf_add_str(&buf, testing_quoted(cx.arena, c->head));
        for (size_t i = 0; i < c->times; i++)
            buf_add_str(&buf, testing_quoted(cx.arena, c->item));
        buf_add_str(&buf, testing_quoted(cx.arena, c->middle));
        for (size_t i = 0; i < c->times; i++)
            buf_add_str(&buf, testing_quoted(cx.arena, c->other));
        buf_add_str(&buf, testing_quoted(cx.arena, c->tail));
        check_int(json_parse(&cx, buf_str(&buf), &resource), STATUS_OK);
        double from = cpu_ms();
        check_int(fhir_validate(&cx, resource, NULL, &checked), c->status);
        double took = cpu_ms() - from;
        print_message("# %s: %zu bytes, %.1f ms\n", c->why, buf.len, took);
        check(took < 1000); /* the square would take minutes */
        arena_free(cx.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_element_and_what_was_expected),
        cmocka_unit_test(tells_type_and_id_and_links),
        cmocka_unit_test(leaves_entries_to_others_when_asked),
        cmocka_unit_test(stops_after_enough_issues),
        cmocka_unit_test(runs_out_of_memory_anywhere),
        cmocka_unit_test(stays_linear),
    };
    return cmocka_run_group_tests_name("fhir validate", tests, NULL, NULL);
}

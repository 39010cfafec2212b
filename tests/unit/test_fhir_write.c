/* The stored form of a resource and the views of it. */
#include "testing.h"

#include "fhir/fhir.h"

static JsonValue *parse(Ctx *cx, Str text)
{
    JsonValue *root = NULL;
    check_int(json_parse(cx, text, &root), STATUS_OK);
    return root;
}

#define META "'meta':{'versionId':'3','lastUpdated':'2020-01-01T00:00:00.000Z'"

/* SPEC R4 resource.html#Meta */
static void writes_type_id_and_meta_first(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *in, *out;
    } cases[] = {
        {"no meta yet", "{'resourceType':'Patient','active':true}",
         "{'resourceType':'Patient','id':'x'," META "},'active':true}"},
        {"a foreign id and an old meta",
         "{'active':true,'id':'y','meta':{'versionId':'9','profile':['p'],'lastUpdated':'1970'},"
         "'resourceType':'Patient'}",
         "{'resourceType':'Patient','id':'x'," META ",'profile':['p']},'active':true}"},
        {"decimals and extensions as they came",
         "{'resourceType':'Basic','extension':[{'url':'u','valueDecimal':1.500}],'_language':{'id':"
         "'l'}}",
         "{'resourceType':'Basic','id':'x'," META
         "},'extension':[{'url':'u','valueDecimal':1.500}],'_language':{'id':'l'}}"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx = testing_ctx();
        Buf buf;
        buf_init(&buf, cx.arena, 16, 4096);
        fhir_write(&buf, parse(&cx, testing_quoted(cx.arena, c->in)), STR("x"), 3,
                   1577836800 * TIME_SECOND);
        check_str(buf_str(&buf), testing_quoted(cx.arena, c->out));
        arena_free(cx.arena);
    }
}

#define TAG                                                                                        \
    "{'system':'http://terminology.hl7.org/CodeSystem/v3-ObservationValue','code':'SUBSETTED'}"
#define BODY                                                                                       \
    "{'resourceType':'Observation','id':'o','meta':{'versionId':'1','tag':[{'code':'t'}]},"        \
    "'text':{'status':'generated','div':'<div>x</div>'},'status':'final','_status':{'id':'s'},"    \
    "'code':{'text':'c','extension':[{'url':'u','valueCode':'v'}]},'valueQuantity':{'value':1.0}," \
    "'note':[{'text':'n'}],'component':[{'code':{'text':'d'},'interpretation':[{'text':'i'}]}]}"
#define HEAD                                                                                       \
    "{'resourceType':'Observation','id':'o','meta':{'versionId':'1','tag':[{'code':'t'}," TAG "]}"

/* SPEC R4 search.html#summary, #elements */
static void shows_parts(void **state)
{
    UNUSED(state);
    static const Str elements[] = {STR_INIT("note"), STR_INIT("Observation.value"),
                                   STR_INIT("Patient.text")};
    static const struct {
        const char *why;
        FhirView view;
        const char *out;
    } cases[] = {
        {"all of it", {.kind = FHIR_VIEW_FULL}, BODY},
        {"marked elements, at every level",
         {.kind = FHIR_VIEW_TRUE},
         HEAD ",'status':'final','_status':{'id':'s'},'code':{'text':'c'},'valueQuantity':"
              "{'value':1.0},'component':[{'code':{'text':'d'}}]}"},
        {"text and what must be there",
         {.kind = FHIR_VIEW_TEXT},
         HEAD
         ",'text':{'status':'generated','div':'<div>x</div>'},'status':'final','_status':{'id':"
         "'s'},'code':{'text':'c','extension':[{'url':'u','valueCode':'v'}]}}"},
        {"all but text",
         {.kind = FHIR_VIEW_DATA},
         HEAD ",'status':'final','_status':{'id':'s'},'code':{'text':'c','extension':[{'url':'u',"
              "'valueCode':'v'}]},'valueQuantity':{'value':1.0},'note':[{'text':'n'}],'component':"
              "[{'code':{'text':'d'},'interpretation':[{'text':'i'}]}]}"},
        {"named elements",
         {.kind = FHIR_VIEW_ELEMENTS, .elements = elements, .element_count = COUNT_OF(elements)},
         HEAD ",'status':'final','_status':{'id':'s'},'code':{'text':'c','extension':[{'url':'u',"
              "'valueCode':'v'}]},'valueQuantity':{'value':1.0},'note':[{'text':'n'}]}"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx = testing_ctx();
        Buf buf;
        buf_init(&buf, cx.arena, 16, 4096);
        check_int(fhir_view(&cx, &c->view, testing_quoted(cx.arena, BODY), &buf), STATUS_OK);
        check_str(buf_str(&buf), testing_quoted(cx.arena, c->out));
        arena_free(cx.arena);
    }
}

static void tags_once_and_indents(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    Buf once, twice;
    buf_init(&once, cx.arena, 16, 4096);
    buf_init(&twice, cx.arena, 16, 4096);
    FhirView text = {.kind = FHIR_VIEW_TEXT};
    check_int(fhir_view(&cx, &text, testing_quoted(cx.arena, "{'resourceType':'Basic'}"), &once),
              STATUS_OK);
    check_str(buf_str(&once),
              testing_quoted(cx.arena, "{'resourceType':'Basic','meta':{'tag':[" TAG "]}}"));
    text.pretty = true;
    check_int(fhir_view(&cx, &text, buf_str(&once), &twice), STATUS_OK);
    check(json_equal(parse(&cx, buf_str(&once)), parse(&cx, buf_str(&twice)), false));
    check(strstr(arena_str(cx.arena, buf_str(&twice)).at, "\n  \"meta\": {") != NULL);
    FhirView count = {.kind = FHIR_VIEW_COUNT};
    check_int(fhir_view(&cx, &count, buf_str(&once), &twice), STATUS_INVALID);
    arena_free(cx.arena);
}

static void knows_names_that_may_be_asked_for(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str name;
        bool has;
    } cases[] = {
        {"an element", STR_INIT("note"), true},
        {"with its type", STR_INIT("Observation.note"), true},
        {"a choice", STR_INIT("value"), true},
        {"of another type", STR_INIT("birthDate"), false},
        {"another type", STR_INIT("Patient.note"), false},
        {"misspelt", STR_INIT("notes"), false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(fhir_has_element(fhir_type_find(STR("Observation")), c->name), c->has);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_type_id_and_meta_first),
        cmocka_unit_test(shows_parts),
        cmocka_unit_test(tags_once_and_indents),
        cmocka_unit_test(knows_names_that_may_be_asked_for),
    };
    return cmocka_run_group_tests_name("fhir write", tests, NULL, NULL);
}

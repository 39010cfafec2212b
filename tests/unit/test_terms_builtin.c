/* Value sets and code systems as R4 publishes them. SPEC R4 terminologies-valuesets.html,
 * terminologies-v3.html. SPEC R4 valueset.html#composition. SPEC R4 valueset.html#expansion */
#include "testing.h"

#include <time.h>

#include "fhir/codes.h"
#include "fhir/tables.h"
#include "terms/terms.h"

#define VS(name)    "http://hl7.org/fhir/ValueSet/" name
#define V3VS(name)  "http://terminology.hl7.org/ValueSet/v3-" name
#define THO(name)   "http://terminology.hl7.org/CodeSystem/" name
#define GENDER      "http://hl7.org/fhir/administrative-gender"
#define SNOMED      "http://snomed.info/sct"
#define LOINC       "http://loinc.org"
#define UNSUPPORTED STATUS_UNSUPPORTED
#define INVALID     STATUS_INVALID

static Terms *fresh(Ctx *cx)
{
    Terms *terms = NULL;
    *cx = testing_ctx();
    check_int(terms_new(cx, NULL, &terms), STATUS_OK);
    return terms;
}

static bool issue_names(const Ctx *cx, const char *text)
{
    return cx->issues && memmem(cx->issues->diagnostics.at, cx->issues->diagnostics.len, text,
                                strlen(text)) != NULL;
}

static void tells_members(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *set, *system, *code;
        int status;
        bool has;
    } cases[] = {
        {"all codes of a system", VS("administrative-gender"), GENDER, "other", 0, true},
        {"in the version that is here", VS("administrative-gender|4.0.1"), GENDER, "male", 0, true},
        {"codes have a case", VS("administrative-gender"), GENDER, "Male", 0, false},
        {"the same code of another system", VS("administrative-gender"), THO("v3-NullFlavor"),
         "other", 0, false},
        {"the system worked out", VS("administrative-gender"), "", "female", 0, true},
        {"no system has it", VS("administrative-gender"), "", "m", 0, false},
        {"an empty code", VS("administrative-gender"), GENDER, "", 0, false},
        {"a status", VS("observation-status"), "http://hl7.org/fhir/observation-status",
         "preliminary", 0, true},
        {"a nested concept", VS("condition-clinical"), THO("condition-clinical"), "relapse", 0,
         true},
        {"two systems, the one", VS("marital-status"), THO("v3-MaritalStatus"), "M", 0, true},
        {"two systems, one code of the other", VS("marital-status"), THO("v3-NullFlavor"), "UNK", 0,
         true},
        {"two systems, another code", VS("marital-status"), THO("v3-NullFlavor"), "OTH", 0, false},
        {"an exclude of the concept itself", V3VS("ActEncounterCode"), THO("v3-ActCode"),
         "_ActEncounterCode", 0, false},
        {"is-a: the concept itself", V3VS("PurposeOfUse"), THO("v3-ActReason"), "PurposeOfUse", 0,
         true},
        {"is-a: a child", V3VS("ActEncounterCode"), THO("v3-ActCode"), "AMB", 0, true},
        {"is-a: a grandchild", V3VS("ActEncounterCode"), THO("v3-ActCode"), "ACUTE", 0, true},
        {"is-a: of another branch", V3VS("ActEncounterCode"), THO("v3-ActCode"), "_ActCode", 0,
         false},
        {"is-a: no such code", V3VS("ActEncounterCode"), THO("v3-ActCode"), "XX", 0, false},
        {"descendent-of: a child", VS("inactive"), THO("v3-ActMood"), "CRT", 0, true},
        {"descendent-of: not the concept", VS("inactive"), THO("v3-ActMood"), "_ActMoodPredicate",
         0, false},
        {"is-not-a: another", VS("patient-contactrelationship"), THO("v2-0131"), "C", 0, true},
        {"is-not-a: the concept", VS("patient-contactrelationship"), THO("v2-0131"), "O", 0, false},
        {"a list of a system that is not here", VS("ucum-common"), "http://unitsofmeasure.org",
         "mg/dL", 0, true},
        {"not in that list", VS("ucum-common"), "http://unitsofmeasure.org", "furlong", 0, false},
        {"a list of 6,401", VS("c80-doc-typecodes"), LOINC, "34133-9", 0, true},
        {"a v2 table", "http://terminology.hl7.org/ValueSet/v2-0203", THO("v2-0203"), "MR", 0,
         true},
        {"all of a system that is not here", VS("observation-codes"), LOINC, "8867-4", UNSUPPORTED,
         false},
        {"of that set, but another system", VS("observation-codes"), SNOMED, "1", 0, false},
        {"is-a in a system that is not here: itself", VS("body-site"), SNOMED, "442083009", 0,
         true},
        {"is-a in a system that is not here: any", VS("body-site"), SNOMED, "368209003",
         UNSUPPORTED, false},
        {"a sibling", VS("sibling-relationship-codes"), THO("v3-RoleCode"), "NBRO", 0, true},
        {"an import", VS("security-labels"), THO("v3-Confidentiality"), "R", 0, true},
        {"only an example of a system is here", VS("service-type"), THO("service-type"), "999999",
         UNSUPPORTED, false},
        {"the example has it", VS("service-type"), THO("service-type"), "57", 0, true},
        {"a regular expression", VS("iso3166-1-3"), "urn:iso:std:iso:3166", "BEL", UNSUPPORTED,
         false},
        {"no such set", VS("nonsense"), GENDER, "male", INVALID, false},
        {"no such version", VS("administrative-gender|5.0.0"), GENDER, "male", INVALID, false},
        {"no url", "", GENDER, "male", INVALID, false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx;
        Terms *terms = fresh(&cx);
        bool has = false;
        check_int(
            terms_member_of(terms, &cx, str_of(c->set), str_of(c->system), str_of(c->code), &has),
            c->status);
        check_int(has, c->has);
        check(!c->status || issue_names(&cx, c->set)); /* the value set is named */
        arena_free(cx.arena);
    }
}

static Str joined(Ctx *cx, const TermsCodes *codes)
{
    Buf buf;
    buf_init(&buf, cx->arena, 64, 1 << 20);
    for (size_t i = 0; i < codes->count; i++) {
        buf_add_str(&buf, i ? STR(" ") : STR_EMPTY);
        buf_add_str(&buf, codes->items[i].code);
    }
    return buf_str(&buf);
}

static void lists_codes(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *set, *codes; /* codes NULL: cannot be listed */
        size_t max;
        const char *reason;
    } cases[] = {
        {"a system, in its order", VS("administrative-gender"), "male female other unknown", 5000,
         NULL},
        {"exactly as many as allowed", VS("administrative-gender"), "male female other unknown", 4,
         NULL},
        {"one more than allowed", VS("administrative-gender"), NULL, 3, "more than 3 codes"},
        {"a status", VS("observation-status"),
         "registered preliminary final amended corrected cancelled entered-in-error unknown", 5000,
         NULL},
        {"a tree, parents first", VS("condition-clinical"),
         "active recurrence relapse inactive remission resolved", 5000, NULL},
        {"several systems", VS("marital-status"), "A D I L M P S T U W UNK", 5000, NULL},
        {"is-not-a", VS("patient-contactrelationship"), "BP C CP E EP F I N PR S U", 5000, NULL},
        {"all of LOINC", VS("observation-codes"), NULL, 5000, "http://loinc.org"},
        {"a part of SNOMED CT", VS("body-site"), NULL, 5000, "http://snomed.info/sct"},
        {"a list of 6,401", VS("c80-doc-typecodes"), NULL, 5000, "more than 5000 codes"},
        {"an example of a system", VS("service-type"), NULL, 5000, "only a part"},
        {"a filter that its system defines", VS("example-filter"), NULL, 5000, "acme-plasma"},
        {"an import that is not here", VS("media-modality"), NULL, 5000, "dicom-cid29"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx;
        Terms *terms = fresh(&cx);
        const TermsSet *set = NULL;
        TermsCodes codes = {0};
        check_int(terms_set(terms, &cx, str_of(c->set), &set), STATUS_OK);
        check_int(terms_expand(terms, &cx, set, c->max, &codes),
                  c->codes ? STATUS_OK : STATUS_UNSUPPORTED);
        check_str(joined(&cx, &codes), str_of(c->codes ? c->codes : ""));
        check(!c->reason || (issue_names(&cx, c->reason) && issue_names(&cx, c->set)));
        arena_free(cx.arena);
    }
}

/* Every set either says why it cannot be listed, or has every code that it lists, once. */
static void lists_what_it_has(void **state)
{
    UNUSED(state);
    size_t listed = 0, all_codes = 0;
    for (uint16_t i = 1; i <= fhir_set_count; i++) {
        Ctx cx;
        Terms *terms = fresh(&cx);
        const TermsSet *set = NULL;
        TermsCodes codes = {0};
        Str url = fhir_pool_str(fhir_sets[i].url);
        CASE(arena_str(cx.arena, url).at);
        check_int(terms_set(terms, &cx, url, &set), STATUS_OK);
        Status status = terms_expand(terms, &cx, set, 50000, &codes);
        check(status == STATUS_OK || (status == STATUS_UNSUPPORTED && cx.issue_count == 1));
        for (size_t c = 0; c < codes.count; c++) {
            bool has = false;
            const TermsCode *item = &codes.items[c];
            check(item->code.len && item->system.len);
            check_int(terms_has(terms, &cx, set, item->system, item->code, &has), STATUS_OK);
            check(has);
        }
        listed += status == STATUS_OK;
        all_codes += codes.count;
        arena_free(cx.arena);
    }
    print_message("# %zu of %u value sets can be listed, %zu codes\n", listed, fhir_set_count,
                  all_codes);
    check(listed > 1150); /* of 1,317: the others stand on LOINC, SNOMED CT and their kin */
}

static void knows_above_and_below(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *system, *code, *below, *above;
    } cases[] = {
        {"an active condition", THO("condition-clinical"), "active", "active recurrence relapse",
         "active"},
        {"an inactive one", THO("condition-clinical"), "inactive", "inactive remission resolved",
         "inactive"},
        {"a leaf", THO("condition-clinical"), "relapse", "relapse", "active relapse"},
        {"no hierarchy", GENDER, "male", "male", "male"},
        {"an inpatient encounter", THO("v3-ActCode"), "IMP", "IMP ACUTE NONAC",
         "_ActCareProvisionCode _ActEncounterCode IMP"},
        {"a parent by a property of the parent", THO("v3-RoleCode"), "STPCHLD",
         "STPDAU STPSON STPCHLD", /* in the order of definition */
         "_PersonalRelationshipRoleType FAMMEMB CHILD STPCHLD"},
        {"two parents", THO("v3-RoleCode"), "STPDAU", "STPDAU",
         "_PersonalRelationshipRoleType FAMMEMB CHILD DAUC STPDAU STPCHLD"},
        {"a version of the system", THO("condition-clinical|4.0.1"), "active",
         "active recurrence relapse", "active"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx;
        Terms *terms = fresh(&cx);
        TermsCodes below = {0}, above = {0};
        Str system = str_of(c->system), code = str_of(c->code);
        check_int(terms_below(terms, &cx, system, code, 100, &below), STATUS_OK);
        check_str(joined(&cx, &below), str_of(c->below));
        check_int(terms_above(terms, &cx, system, code, 100, &above), STATUS_OK);
        check_str(joined(&cx, &above), str_of(c->above));
        for (size_t i = 0; i < below.count; i++) {
            bool subsumes = false;
            check_int(terms_subsumes(terms, &cx, system, code, below.items[i].code, &subsumes),
                      STATUS_OK);
            check(subsumes);
        }
        arena_free(cx.arena);
    }
}

/* As FHIRPath asks. */
static void concepts_subsume_by_one_coding(void **state)
{
#define CODING(system, code) "{'system':'" system "','code':'" code "'}"
#define CONCEPT(codings)     "{'coding':[" codings "]}"
#define ACT(code)            CODING(THO("v3-ActCode"), code)
    static const struct {
        const char *why, *outer, *inner;
        Status status;
        bool is;
    } cases[] = {
        {"above", ACT("_ActEncounterCode"), ACT("AMB"), STATUS_OK, true},
        {"itself", ACT("AMB"), ACT("AMB"), STATUS_OK, true},
        {"below", ACT("AMB"), ACT("_ActEncounterCode"), STATUS_OK, false},
        {"a concept by its second coding",
         CONCEPT(CODING("urn:x", "y") "," ACT("_ActEncounterCode")), ACT("AMB"), STATUS_OK, true},
        {"of different systems", CODING("urn:x", "AMB"), ACT("AMB"), STATUS_OK, false},
        {"of no code", CONCEPT(""), ACT("AMB"), STATUS_OK, false},
        {"a system that is not here", CODING("http://snomed.info/sct", "1"),
         CODING("http://snomed.info/sct", "2"), STATUS_UNSUPPORTED, false},
        {"a plain code", "'AMB'", ACT("AMB"), STATUS_UNPROCESSABLE, false},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx;
        Terms *terms = fresh(&cx);
        bool is = true;
        PathItem outer = {.kind = PATH_ELEMENT}, inner = outer;
        check_int(json_parse(&cx, testing_quoted(cx.arena, c->outer), &outer.json), STATUS_OK);
        check_int(json_parse(&cx, testing_quoted(cx.arena, c->inner), &inner.json), STATUS_OK);
        check_int(terms_concept_subsumes(terms, &cx, &outer, &inner, &is), c->status);
        check_int(is, c->is);
        arena_free(cx.arena);
    }
}

static void says_why_it_knows_no_hierarchy(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *system, *code;
        size_t max;
        Status status;
        const char *reason;
    } cases[] = {
        {"a system that is not here", SNOMED, "73211009", 100, UNSUPPORTED, SNOMED},
        {"a system nobody knows", "urn:x", "1", 100, UNSUPPORTED, "urn:x"},
        {"another version", THO("condition-clinical|9"), "active", 100, UNSUPPORTED,
         "condition-clinical"},
        {"an example of a system", THO("service-type"), "57", 100, UNSUPPORTED, "only a part"},
        {"no system", "", "active", 100, INVALID, "system|code"},
        {"no such code", THO("condition-clinical"), "asleep", 100, INVALID, "no such code"},
        {"too many", THO("v3-ActCode"), "_ActEncounterCode", 5, UNSUPPORTED, "more than 5 codes"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx;
        Terms *terms = fresh(&cx);
        TermsCodes codes = {0};
        check_int(terms_below(terms, &cx, str_of(c->system), str_of(c->code), c->max, &codes),
                  c->status);
        check(issue_names(&cx, c->reason));
        check_int(codes.count, 0);
        arena_free(cx.arena);
    }
}

static void finds_displays(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *system, *code, *display;
        bool found, sure, abstract;
    } cases[] = {
        {"a status", "http://hl7.org/fhir/observation-status", "entered-in-error",
         "Entered in Error", true, true, false},
        {"v3", THO("v3-ActCode"), "AMB", "ambulatory", true, true, false},
        {"v3, a group", THO("v3-ActCode"), "_ActEncounterCode", "ActEncounterCode", true, true,
         true},
        {"v2", THO("v2-0203"), "MR", "Medical record number", true, true, false},
        {"no such code", GENDER, "m", "", false, true, false},
        {"a code that a value set lists", LOINC, "34133-9", "", false, false, false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx;
        Terms *terms = fresh(&cx);
        TermsCode code = {.display = STR_EMPTY};
        bool found = !c->found, sure = !c->sure;
        check_int(terms_find(terms, &cx, str_of(c->system), str_of(c->code), &code, &found, &sure),
                  STATUS_OK);
        check_int(found, c->found);
        check_int(sure, c->sure);
        check_int(code.abstract, c->abstract);
        check_str(code.display, str_of(c->display));
        arena_free(cx.arena);
    }
}

/* A question that is asked for each of many resources must not fill the request's memory. */
static void asks_again_without_memory(void **state)
{
    UNUSED(state);
    Ctx cx;
    Terms *terms = fresh(&cx);
    bool has = false;
    size_t before = 0;
    for (int i = 0; i < 1000; i++) {
        check_int(terms_member_of(terms, &cx, STR(V3VS("ActEncounterCode")), STR(THO("v3-ActCode")),
                                  STR("ACUTE"), &has),
                  STATUS_OK);
        check_int(terms_member_of(terms, &cx, STR(VS("marital-status")), STR_EMPTY, STR("M"), &has),
                  STATUS_OK);
        before = i ? before : arena_bytes(cx.arena);
    }
    check_int(arena_bytes(cx.arena), before);
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_members),
        cmocka_unit_test(lists_codes),
        cmocka_unit_test(lists_what_it_has),
        cmocka_unit_test(knows_above_and_below),
        cmocka_unit_test(concepts_subsume_by_one_coding),
        cmocka_unit_test(says_why_it_knows_no_hierarchy),
        cmocka_unit_test(finds_displays),
        cmocka_unit_test(asks_again_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

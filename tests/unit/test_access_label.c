/* Whom a resource is about, who made it, of what class it is: what a reviewer would say, by hand.
 * security-model.md 1; SPEC R4 security-labels.html */
#include "access/label.h"

#include "access/subjects.h"

#include <ctype.h>

#include "fhir/fhir.h"
#include "label_cases.h"
#include "testing.h"

static Ctx cx;
static Labels *labels;

static const char base[] = "https://here/fhir/";

/* Not keyed: a test wants the same each time. */
static uint64_t hash_text(const void *of, Str text)
{
    uint64_t hash = 0xCBF29CE484222325u;
    UNUSED(of);
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * 0x100000001B3u;
    return hash;
}

static Str bare(const void *of, Str reference)
{
    UNUSED(of);
    if (str_has_prefix(reference, str_of(base)))
        reference = str_from(reference, strlen(base));
    for (size_t i = 0; i < reference.len; i++) {
        if (str_has_prefix(str_from(reference, i), STR("/_history/")))
            return str_head(reference, i);
    }
    return reference;
}

/* The store of these tests: what others belong to. */
static bool facts_of(const void *of, uint16_t type, Str id, Facts *ret_facts)
{
    Str name = fhir_type_name(type);
    bool of_two = str_eq(id, STR("of-1"));
    if (!of_two && !str_eq(id, STR("of-nobody")))
        return false;
    *ret_facts =
        (Facts){.class = D8_LABORATORY, .confidentiality = CONF_R, .sensitivity = SENSITIVE_HIV};
    if (str_eq(name, STR("Encounter")))
        *ret_facts = (Facts){.class = D3_SCHEDULING, .confidentiality = CONF_N};
    if (of_two) {
        ret_facts->subject_count = 1;
        ret_facts->subjects[0] = hash_text(of, STR("Patient/1"));
    }
    return true;
}

/* A drug for HIV. */
static const JsonValue *resource_of(const void *of, uint16_t type, Str id)
{
    UNUSED(of);
    if (!str_eq(id, STR("antiviral")) || !str_eq(fhir_type_name(type), STR("Medication")))
        return NULL;
    JsonValue *value;
    assert_int_equal(
        json_parse(&cx,
                   STR("{\"resourceType\":\"Medication\",\"code\":{\"coding\":[{\"system\":"
                       "\"http://www.whocc.no/atc\",\"code\":\"J05AR10\"}]}}"),
                   &value),
        STATUS_OK);
    return value;
}

static int begin(void **state)
{
    UNUSED(state);
    cx = (Ctx){.arena = arena_new((size_t)256 << 20, false)};
    Status status = labels_new(&cx, STR_EMPTY, &labels);
    for (const Issue *issue = cx.issues; issue; issue = issue->next)
        fprintf(stderr, STR_FMT ": " STR_FMT "\n", STR_ARG(issue->expression),
                STR_ARG(issue->diagnostics));
    return status == STATUS_OK ? 0 : -1;
}

static int end(void **state)
{
    UNUSED(state);
    labels_free(labels);
    arena_free(cx.arena);
    return 0;
}

static Labeller labeller_of_tests(void)
{
    return (Labeller){labels, NULL, hash_text, bare, facts_of, resource_of};
}

static JsonValue *parsed(Str text)
{
    JsonValue *value;
    assert_int_equal(json_parse(&cx, text, &value), STATUS_OK);
    return value;
}

static Facts label(const char *json, Str writer, AccessRole role, const Facts *before)
{
    Facts facts;
    JsonValue *resource = parsed(testing_quoted(cx.arena, json));
    Labeller labeller = labeller_of_tests();
    uint16_t type = fhir_type_find(json_get_str(resource, STR("resourceType")));
    if (!type)
        fail_msg("%s: no such type", testing_case);
    LabelSource source = {.type = type,
                          .id = json_get_str(resource, STR("id")),
                          .resource = resource,
                          .writer = writer,
                          .role = role,
                          .before = before};
    label_resource(&labeller, &source, &facts);
    unsigned char packed[FACTS_BYTES_MAX];
    Facts again;
    check(facts_unpack(str_n((char *)packed, facts_pack(&facts, packed)), &again));
    check(memcmp(&facts, &again, sizeof(facts)) == 0);
    return facts;
}

/* "D8 R HIV Patient/1,Patient/2": as the expectations are written. */
static Str words(const Facts *facts, const char *expected)
{
    static const char *const levels = "ULMNRV";
    static const struct {
        unsigned bit;
        const char *word;
    } bits[] = {{SENSITIVE_HIV, "HIV"},
                {SENSITIVE_SEXUAL, "SEX"},
                {SENSITIVE_GENETIC, "GDIS"},
                {SENSITIVE_SUBSTANCE, "SUD"},
                {SENSITIVE_MENTAL, "MH"},
                {SENSITIVE_VIOLENCE, "SDV"},
                {SENSITIVE_PSYCHOTHERAPY, "PSYTHPN"}};
    Buf buf;
    buf_init(&buf, cx.arena, 200, 1000);
    buf_format(&buf, "D%u %c ", facts->class, levels[facts->confidentiality]);
    size_t from = buf.len;
    for (size_t i = 0; i < COUNT_OF(bits); i++) {
        if (facts->sensitivity & bits[i].bit)
            buf_format(&buf, "%s%s", buf.len > from ? "+" : "", bits[i].word);
    }
    buf_format(&buf, "%s ", buf.len > from ? "" : "-");
    /* The names that were expected, as far as they are there; then how many others are. */
    Str names = str_of(strrchr(expected, ' ') + 1);
    size_t found = 0;
    if (!facts->subject_count)
        buf_add_char(&buf, '-');
    while (names.at && names.len && facts->subject_count) {
        Str name = str_cut(&names, ',');
        uint64_t hash = str_eq(name, STR("?")) ? LABEL_UNKNOWN : hash_text(NULL, name);
        for (size_t i = 0; i < facts->subject_count; i++) {
            if (facts->subjects[i] == hash)
                buf_format(&buf, "%s" STR_FMT, found++ ? "," : "", STR_ARG(name));
        }
    }
    if (facts->subject_count > found)
        buf_format(&buf, "(%zu others)", facts->subject_count - found);
    return buf_str(&buf);
}

static void a_resource_has_the_facts_that_a_reviewer_gives_it(void **state)
{
    UNUSED(state);
    FOR_CASES(label_cases, c)
    {
        CASE(c->why);
        Facts facts = label(c->json, STR("Practitioner/me"), ROLE_GP, NULL);
        check_str(words(&facts, c->facts), str_of(c->facts));
    }
}

/* ---- who made it ----------------------------------------------------------------------- */

static const struct {
    const char *why, *json, *writer;
    AccessRole role;
    const char *author; /* empty: nobody known */
    AccessRole profession;
    const char *organisation;
} authors[] = {
    {"who writes is the author", "{'resourceType':'Condition','subject':{'reference':'Patient/1'}}",
     "Practitioner/me", ROLE_NURSE, "Practitioner/me", ROLE_NURSE, ""},
    {"a program is nobody", "{'resourceType':'Condition'}", "", ROLE_NOBODY, "", ROLE_NOBODY, ""},
    {"what a program brings names its author",
     "{'resourceType':'Condition',"
     "'recorder':{'reference':'Practitioner/x'}}",
     "", ROLE_NOBODY, "Practitioner/x", ROLE_NOBODY, ""},
    {"the author in the resource stands before who writes it: of his profession nothing is known",
     "{'resourceType':'DocumentReference','author':[{'reference':'Practitioner/x'}]}",
     "Practitioner/me", ROLE_SECRETARY, "Practitioner/x", ROLE_NOBODY, ""},
    {"who writes is one of several authors",
     "{'resourceType':'DocumentReference',"
     "'author':[{'reference':'Practitioner/x'},{'reference':'Practitioner/me'}]}",
     "Practitioner/me", ROLE_PHYSIO, "Practitioner/me", ROLE_PHYSIO, ""},
    {"the first of several authors, when he is none of them",
     "{'resourceType':'DocumentReference',"
     "'author':[{'reference':'Organization/o'},{'reference':'Practitioner/x'},"
     "{'reference':'Practitioner/y'}]}",
     "Practitioner/me", ROLE_PHYSIO, "Practitioner/x", ROLE_NOBODY, ""},
    {"an organisation makes nobody an author",
     "{'resourceType':'DocumentReference',"
     "'author':[{'reference':'Organization/o'}]}",
     "Practitioner/me", ROLE_PHYSIO, "Practitioner/me", ROLE_PHYSIO, ""},
    {"nor does a machine", "{'resourceType':'Communication','sender':{'reference':'Device/d'}}",
     "Practitioner/me", ROLE_GP, "Practitioner/me", ROLE_GP, ""},
    {"nor a name in words", "{'resourceType':'DocumentReference','author':[{'display':'Dr X'}]}",
     "Practitioner/me", ROLE_PHYSIO, "Practitioner/me", ROLE_PHYSIO, ""},
    {"a patient's own",
     "{'resourceType':'QuestionnaireResponse',"
     "'author':{'reference':'Patient/1'}}",
     "Practitioner/me", ROLE_NURSE, "Patient/1", ROLE_PATIENT, ""},
    {"a relative's",
     "{'resourceType':'QuestionnaireResponse',"
     "'author':{'reference':'RelatedPerson/1'}}",
     "", ROLE_NOBODY, "RelatedPerson/1", ROLE_PROXY, ""},
    {"the kind of note says of which profession it is, when who types has none",
     "{'resourceType':'DocumentReference','subject':{'reference':'Patient/1'},"
     "'type':{'coding':[{'system':'http://loinc.org','code':'11508-9'}]}}",
     "Practitioner/me", ROLE_SECRETARY, "Practitioner/me", ROLE_PHYSIO, ""},
    {"but not against who has one",
     "{'resourceType':'DocumentReference','subject':{'reference':'Patient/1'},"
     "'type':{'coding':[{'system':'http://loinc.org','code':'11508-9'}]}}",
     "Practitioner/me", ROLE_GP, "Practitioner/me", ROLE_GP, ""},
    {"the organisation that it was made for",
     "{'resourceType':'Encounter',"
     "'serviceProvider':{'reference':'Organization/o'}}",
     "Practitioner/me", ROLE_GP, "Practitioner/me", ROLE_GP, "Organization/o"},
    {"an organisation among the authors",
     "{'resourceType':'Observation',"
     "'performer':[{'reference':'Practitioner/x'},{'reference':'Organization/o'}]}",
     "Practitioner/me", ROLE_GP, "Practitioner/x", ROLE_NOBODY, "Organization/o"},
};

static uint64_t hash_or_none(const char *name)
{
    return *name ? hash_text(NULL, str_of(name)) : 0;
}

static void who_made_it_is_who_it_says_or_who_writes(void **state)
{
    UNUSED(state);
    FOR_CASES(authors, c)
    {
        CASE(c->why);
        Facts facts = label(c->json, str_of(c->writer), c->role, NULL);
        check(facts.author == hash_or_none(c->author));
        check_int(facts.profession, c->profession);
        check(facts.organisation == hash_or_none(c->organisation));
    }
}

/* An update by somebody else makes nobody else its author: what is a nurse's own stays hers. */
static void the_first_author_stays(void **state)
{
    UNUSED(state);
    const char *json = "{'resourceType':'ClinicalImpression','subject':{'reference':'Patient/1'}}";
    const char *named = "{'resourceType':'ClinicalImpression','subject':{'reference':'Patient/1'},"
                        "'assessor':{'reference':'Practitioner/first'}}";
    const char *other = "{'resourceType':'ClinicalImpression','subject':{'reference':'Patient/1'},"
                        "'assessor':{'reference':'Practitioner/other'}}";
    Facts first = label(json, STR("Practitioner/first"), ROLE_NURSE, NULL);
    first.organisation = 77;
    CASE("somebody else updates it");
    Facts second = label(json, STR("Practitioner/second"), ROLE_GP, &first);
    check(second.author == first.author);
    check_int(second.profession, ROLE_NURSE);
    check(second.organisation == 77);
    CASE("he names who was the author before: his profession is still known");
    second = label(named, STR("Practitioner/second"), ROLE_GP, &first);
    check(second.author == first.author);
    check_int(second.profession, ROLE_NURSE);
    CASE("he names another author: of that one nothing is known");
    second = label(other, STR("Practitioner/second"), ROLE_GP, &first);
    check(second.author == hash_text(NULL, STR("Practitioner/other")));
    check_int(second.profession, ROLE_NOBODY);
    CASE("what others brought, which names nobody, is not the next writer's");
    Facts nobody = {.confidentiality = CONF_N};
    second = label(json, STR("Practitioner/second"), ROLE_GP, &nobody);
    check(second.author == 0);
    check_int(second.profession, ROLE_NOBODY);
}

/* ---- meta.security ----------------------------------------------------------------------- */

#define COMPUTED(system, code)                                                                     \
    "{'extension':[{'url':'urn:aceso:computed-label','valueBoolean':true}],"                       \
    "'system':'http://terminology.hl7.org/CodeSystem/v3-" system "','code':'" code "'}"
#define BY_HAND(code)                                                                              \
    "{'system':'http://terminology.hl7.org/CodeSystem/v3-Confidentiality','code':'" code "'}"

static const struct {
    const char *why, *meta, *security; /* NULL: as it is */
    Facts facts;
} securities[] = {
    {"nothing is written of what is usual", "{}", NULL, {.confidentiality = CONF_N}},
    {"what stands there stays",
     "{'security':[" BY_HAND("N") "]}",
     NULL,
     {.confidentiality = CONF_N}},
    {"a level and a category",
     "{}",
     "[" COMPUTED("Confidentiality", "R") "," COMPUTED("ActCode", "HIV") "]",
     {.confidentiality = CONF_R, .sensitivity = SENSITIVE_HIV}},
    {"behind what stands there",
     "{'security':[{'system':'x','code':'y','display':'z'}]}",
     "[{'system':'x','code':'y','display':'z'}," COMPUTED("Confidentiality", "R") "]",
     {.confidentiality = CONF_R}},
    {"what was set by hand is not said twice",
     "{'security':[" BY_HAND("R") "]}",
     "[" BY_HAND("R") "]",
     {.confidentiality = CONF_R}},
    {"what was computed once goes with its reason",
     "{'security':[" COMPUTED("Confidentiality", "R") "," BY_HAND("V") "]}",
     "[" BY_HAND("V") "]",
     {.confidentiality = CONF_N}},
    {"until nothing is left",
     "{'security':[" COMPUTED("Confidentiality", "R") "]}",
     "",
     {.confidentiality = CONF_N}},
    {"and comes again with it",
     "{'security':[" COMPUTED("Confidentiality", "R") "]}",
     "[" COMPUTED("Confidentiality", "R") "]",
     {.confidentiality = CONF_R}},
};

static void computed_labels_are_written_for_others(void **state)
{
    UNUSED(state);
    FOR_CASES(securities, c)
    {
        CASE(c->why);
        Str array;
        check_int(label_security(&cx, parsed(testing_quoted(cx.arena, c->meta)), &c->facts, &array),
                  STATUS_OK);
        check_int(array.at != NULL, c->security != NULL);
        if (c->security)
            check_str(array, testing_quoted(cx.arena, c->security));
    }
}

/* What this program has computed counts for nothing when it comes back: only its reason does. */
static void a_computed_label_does_not_outlive_its_reason(void **state)
{
    UNUSED(state);
    CASE("it comes back without its reason");
    Facts facts = label("{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
                        "'meta':{'security':[" COMPUTED("Confidentiality",
                                                        "R") "," COMPUTED("ActCode", "HIV") "]}}",
                        STR(""), ROLE_NOBODY, NULL);
    check_str(words(&facts, "D7 N - Patient/1"), STR("D7 N - Patient/1"));
}

/* ---- the tables ---------------------------------------------------------------------------- */

static void every_type_has_a_row_and_a_class(void **state)
{
    UNUSED(state);
    for (uint16_t type = 1; type <= fhir_type_count(); type++) {
        Str name = fhir_type_name(type);
        testing_case = arena_str(cx.arena, name).at;
        /* A resource of nothing but its type can be labelled. */
        Str json = arena_format(cx.arena, "{'resourceType':'" STR_FMT "'}", STR_ARG(name));
        Facts facts = label(json.at, STR("Practitioner/me"), ROLE_GP, NULL);
        check(facts.class < ACCESS_CLASSES);
    }
}

/* SPEC R4 compartmentdefinition-patient.html: what can be in a patient's compartment can be about
 * a patient, so it must not be something that is about nobody by its type alone. */
static void what_a_compartment_has_can_be_about_somebody(void **state)
{
    UNUSED(state);
    static const char *const no_subject[] = {"PractitionerRole"}; /* none today */
    for (uint16_t type = 1; type <= fhir_type_count(); type++) {
        size_t count;
        Str name = fhir_type_name(type);
        (void)fhir_compartment_params(STR("Patient"), type, &count);
        if (!count || str_eq(name, str_of(no_subject[0])))
            continue;
        testing_case = arena_str(cx.arena, name).at;
        bool maybe = false;
        for (size_t i = 0; i < subject_row_count; i++)
            maybe |=
                str_eq(str_of(subject_rows[i].type), name) && subject_rows[i].about != ABOUT_NOBODY;
        check(maybe);
    }
}

static const struct {
    const char *why, *json;
    bool good;
} sites[] = {
    {"a code of the site's own system",
     "{'format':1,'version':'1','systems':{'own':['http://own']},"
     "'rules':[{'why':'x','where':'anywhere','system':'own','codes':['1'],'class':'D13'}]}",
     true},
    {"another class of a type", "{'format':1,'version':'1','types':{'Task':'D7'}}", true},
    {"a profile",
     "{'format':1,'version':'1','rules':[{'why':'x','where':'profile',"
     "'codes':['http://p'],'class':'D11'}]}",
     true},
    {"another URL of a system", "{'format':1,'version':'1','systems':{'icd-10':['urn:x:icd']}}",
     true},
    {"nothing at all", "{'format':1,'version':'1'}", true},
    {"no JSON", "{", false},
    {"a list", "[]", false},
    {"no format", "{'version':'1'}", false},
    {"a later format", "{'format':2,'version':'1'}", false},
    {"a format in words", "{'format':'1','version':'1'}", false},
    {"no version", "{'format':1}", false},
    {"a word that nobody knows", "{'format':1,'version':'1','rule':[]}", false},
    {"a type that is none", "{'format':1,'version':'1','types':{'Tusk':'D7'}}", false},
    {"a class that is none", "{'format':1,'version':'1','types':{'Task':'D18'}}", false},
    {"a class with a zero before it", "{'format':1,'version':'1','types':{'Task':'D07'}}", false},
    {"people in the directory", "{'format':1,'version':'1','types':{'Condition':'D0'}}", false},
    {"a rule without a reason",
     "{'format':1,'version':'1','rules':[{'where':'anywhere',"
     "'system':'loinc','codes':['1'],'class':'D13'}]}",
     false},
    {"a rule for nowhere",
     "{'format':1,'version':'1','rules':[{'why':'x','where':'there',"
     "'system':'loinc','codes':['1'],'class':'D13'}]}",
     false},
    {"a rule that says nothing",
     "{'format':1,'version':'1','rules':[{'why':'x',"
     "'where':'anywhere','system':'loinc','codes':['1']}]}",
     false},
    {"a rule without codes",
     "{'format':1,'version':'1','rules':[{'why':'x','where':'anywhere',"
     "'system':'loinc','class':'D13'}]}",
     false},
    {"an empty list of codes",
     "{'format':1,'version':'1','rules':[{'why':'x','where':'anywhere',"
     "'system':'loinc','codes':[],'class':'D13'}]}",
     false},
    {"a system that nobody has named",
     "{'format':1,'version':'1','rules':[{'why':'x',"
     "'where':'anywhere','system':'own','codes':['1'],'class':'D13'}]}",
     false},
    {"a misspelt member of a rule",
     "{'format':1,'version':'1','rules':[{'why':'x',"
     "'where':'anywhere','system':'loinc','code':['1'],'class':'D13'}]}",
     false},
    {"a rule that lowers",
     "{'format':1,'version':'1','rules':[{'why':'x','where':'anywhere',"
     "'system':'loinc','codes':['1'],'confidentiality':'L'}]}",
     false},
    {"a category that is none",
     "{'format':1,'version':'1','rules':[{'why':'x',"
     "'where':'anywhere','system':'loinc','codes':['1'],'sensitivity':['XYZ']}]}",
     false},
    {"a profession that is none",
     "{'format':1,'version':'1','rules':[{'why':'x',"
     "'where':'anywhere','system':'loinc','codes':['1'],'profession':'wizard'}]}",
     false},
    {"a range with ends of two lengths",
     "{'format':1,'version':'1','rules':[{'why':'x',"
     "'where':'anywhere','system':'icd-10','ranges':['A1-A22'],'class':'D13'}]}",
     false},
    {"a range that ends before it begins",
     "{'format':1,'version':'1','rules':[{'why':'x',"
     "'where':'anywhere','system':'icd-10','ranges':['B2-B1'],'class':'D13'}]}",
     false},
    {"a URL of two systems", "{'format':1,'version':'1','systems':{'own':['http://loinc.org']}}",
     false},
    {"an order that leaves a class out", "{'format':1,'version':'1','order':['D0','D1']}", false},
    {"an order with a class twice", "{'format':1,'version':'1','order':['D0','D0']}", false},
};

static void rules_of_a_site_are_checked_as_a_whole(void **state)
{
    UNUSED(state);
    FOR_CASES(sites, c)
    {
        CASE(c->why);
        Labels *made = NULL;
        Ctx mine = {.arena = cx.arena};
        check_int(labels_new(&mine, testing_quoted(cx.arena, c->json), &made),
                  c->good ? STATUS_OK : STATUS_INVALID);
        check_int(mine.issue_count > 0, !c->good);
        if (c->good && strcmp(c->why, "nothing at all") != 0)
            check(!str_eq(labels_digest(made), labels_digest(labels)));
        labels_free(made);
    }
}

static void rules_of_a_site_come_on_top(void **state)
{
    UNUSED(state);
    Labels *usual = labels;
    CASE("a rule of its own");
    check_int(labels_new(
                  &cx,
                  testing_quoted(cx.arena,
                                 "{'format':1,'version':'1','systems':{'own':['http://own']},"
                                 "'types':{'Task':'D7'},'rules':[{'why':'x','where':'anywhere',"
                                 "'system':'own','codes':['1'],'class':'D15','confidentiality':'V',"
                                 "'sensitivity':['GDIS']},{'why':'y','where':'profile',"
                                 "'codes':['http://p'],'class':'D11'}]}"),
                  &labels),
              STATUS_OK);
    static const struct {
        const char *why, *json, *facts;
    } cases[] = {
        {"its code",
         "{'resourceType':'Condition','subject':{'reference':'Patient/1'},"
         "'code':{'coding':[{'system':'http://own','code':'1'}]}}",
         "D15 V GDIS Patient/1"},
        {"its type", "{'resourceType':'Task','for':{'reference':'Patient/1'}}", "D7 N - Patient/1"},
        {"its profile, of any version",
         "{'resourceType':'CarePlan',"
         "'subject':{'reference':'Patient/1'},'meta':{'profile':['http://p|1.2']}}",
         "D11 N - Patient/1"},
        {"what the program knows it knows still",
         "{'resourceType':'Condition',"
         "'subject':{'reference':'Patient/1'},'code':{'coding':[{'system':"
         "'http://hl7.org/fhir/sid/icd-10','code':'B24'}]}}",
         "D15 R HIV Patient/1"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Facts facts = label(c->json, STR("Practitioner/me"), ROLE_GP, NULL);
        check_str(words(&facts, c->facts), str_of(c->facts));
    }
    labels_free(labels);
    labels = usual;
}

/* ---- in the store ---------------------------------------------------------------------------- */

static void what_was_not_packed_is_refused(void **state)
{
    UNUSED(state);
    unsigned char packed[FACTS_BYTES_MAX], broken[FACTS_BYTES_MAX + 1];
    Facts facts = {.class = D15_SENSITIVE,
                   .confidentiality = CONF_V,
                   .sensitivity = SENSITIVE_HIV,
                   .profession = ROLE_LAB,
                   .author = 1,
                   .organisation = 2,
                   .subject_count = 2,
                   .subjects = {3, UINT64_MAX}};
    Facts again;
    size_t len = facts_pack(&facts, packed);
    check(facts_unpack(str_n((char *)packed, len), &again));
    check(memcmp(&facts, &again, sizeof(facts)) == 0);
    static const struct {
        const char *why;
        size_t at;
        unsigned char byte;
    } cases[] = {
        {"another layout", 0, 2},
        {"no layout", 0, 0},
        {"a class that is none", 1, 18},
        {"a level that is none", 2, 6},
        {"a category that is none", 3, 0x80},
        {"another one", 4, 1},
        {"a profession that is none", 5, 14},
        {"more subjects than there are", 6, 3},
        {"fewer", 6, 1},
        {"more than may be", 6, 9},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        memcpy(broken, packed, len);
        broken[c->at] = c->byte;
        check(!facts_unpack(str_n((char *)broken, len), &again));
    }
    CASE("cut off, or too long");
    for (size_t i = 0; i < len; i++)
        check(!facts_unpack(str_n((char *)packed, i), &again));
    memcpy(broken, packed, len);
    check(!facts_unpack(str_n((char *)broken, len + 1), &again));
    CASE("subjects out of order, twice, or none");
    memcpy(broken, packed, len);
    memcpy(broken + 23, packed + 31, 8);
    check(!facts_unpack(str_n((char *)broken, len), &again));
    memcpy(broken + 31, packed + 23, 8);
    check(!facts_unpack(str_n((char *)broken, len), &again));
    memcpy(broken, packed, len);
    memset(broken + 23, 0, 8);
    check(!facts_unpack(str_n((char *)broken, len), &again));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_resource_has_the_facts_that_a_reviewer_gives_it),
        cmocka_unit_test(who_made_it_is_who_it_says_or_who_writes),
        cmocka_unit_test(the_first_author_stays),
        cmocka_unit_test(computed_labels_are_written_for_others),
        cmocka_unit_test(a_computed_label_does_not_outlive_its_reason),
        cmocka_unit_test(every_type_has_a_row_and_a_class),
        cmocka_unit_test(what_a_compartment_has_can_be_about_somebody),
        cmocka_unit_test(rules_of_a_site_are_checked_as_a_whole),
        cmocka_unit_test(rules_of_a_site_come_on_top),
        cmocka_unit_test(what_was_not_packed_is_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

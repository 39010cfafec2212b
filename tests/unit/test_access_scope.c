/* Scopes: what is one, what it allows, which is wider. SPEC SMART 2.2 scopes-and-launch-context */
#include "testing.h"

#include "access/grant.h"
#include "access/scope.h"
#include "fhir/fhir.h"

static Ctx cx;

static void what_is_a_scope(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str text;
        ScopeLevel level; /* 0: none */
        Str type, letters, query;
    } cases[] = {
        {"v2", STR_INIT("patient/Observation.rs"), SCOPE_PATIENT, STR_INIT("Observation"),
         STR_INIT("rs"), STR_INIT("")},
        {"all letters", STR_INIT("user/Patient.cruds"), SCOPE_USER, STR_INIT("Patient"),
         STR_INIT("cruds"), STR_INIT("")},
        {"one letter", STR_INIT("system/Patient.d"), SCOPE_SYSTEM, STR_INIT("Patient"),
         STR_INIT("d"), STR_INIT("")},
        {"every type", STR_INIT("patient/*.rs"), SCOPE_PATIENT, STR_INIT("*"), STR_INIT("rs"),
         STR_INIT("")},
        {"v1 read is read and search", STR_INIT("patient/*.read"), SCOPE_PATIENT, STR_INIT("*"),
         STR_INIT("rs"), STR_INIT("")},
        {"v1 write is create, update, delete", STR_INIT("user/Observation.write"), SCOPE_USER,
         STR_INIT("Observation"), STR_INIT("cud"), STR_INIT("")},
        {"v1 all", STR_INIT("system/*.*"), SCOPE_SYSTEM, STR_INIT("*"), STR_INIT("cruds"),
         STR_INIT("")},
        {"with conditions", STR_INIT("patient/Observation.rs?category=laboratory"), SCOPE_PATIENT,
         STR_INIT("Observation"), STR_INIT("rs"), STR_INIT("category=laboratory")},
        {"a condition with a system", STR_INIT("user/Observation.s?code=http://loinc.org|8480-6"),
         SCOPE_USER, STR_INIT("Observation"), STR_INIT("s"),
         STR_INIT("code=http://loinc.org|8480-6")},
        {"a word", STR_INIT("launch/patient"), SCOPE_WORD, STR_INIT(""), STR_INIT(""),
         STR_INIT("")},
        {"another", STR_INIT("openid"), SCOPE_WORD, STR_INIT(""), STR_INIT(""), STR_INIT("")},
        {"letters out of order", STR_INIT("patient/Observation.sr"), 0, STR_INIT(""), STR_INIT(""),
         STR_INIT("")},
        {"a letter twice", STR_INIT("patient/Observation.rrs"), 0, STR_INIT(""), STR_INIT(""),
         STR_INIT("")},
        {"a letter that is none", STR_INIT("patient/Observation.rx"), 0, STR_INIT(""), STR_INIT(""),
         STR_INIT("")},
        {"no letters", STR_INIT("patient/Observation."), 0, STR_INIT(""), STR_INIT(""),
         STR_INIT("")},
        {"no point", STR_INIT("patient/Observation"), 0, STR_INIT(""), STR_INIT(""), STR_INIT("")},
        {"capitals", STR_INIT("Patient/Observation.rs"), 0, STR_INIT(""), STR_INIT(""),
         STR_INIT("")},
        {"no such type", STR_INIT("patient/Blood.rs"), 0, STR_INIT(""), STR_INIT(""), STR_INIT("")},
        {"no type", STR_INIT("patient/.rs"), 0, STR_INIT(""), STR_INIT(""), STR_INIT("")},
        {"no such level", STR_INIT("admin/Patient.rs"), 0, STR_INIT(""), STR_INIT(""),
         STR_INIT("")},
        {"a condition without a value", STR_INIT("patient/Observation.rs?category"), 0,
         STR_INIT(""), STR_INIT(""), STR_INIT("")},
        {"an empty condition", STR_INIT("patient/Observation.rs?"), 0, STR_INIT(""), STR_INIT(""),
         STR_INIT("")},
        {"a context that is not offered", STR_INIT("launch/imagingstudy"), 0, STR_INIT(""),
         STR_INIT(""), STR_INIT("")},
        {"nothing", STR_INIT(""), 0, STR_INIT(""), STR_INIT(""), STR_INIT("")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Scope scope;
        char letters[5];
        bool is_one = scope_read(c->text, &scope);
        check_int(is_one ? scope.level : 0, c->level);
        if (!is_one || c->level == SCOPE_WORD)
            continue;
        check_str(scope.type ? fhir_type_name(scope.type) : STR("*"), c->type);
        check_str(scope_letters_text(scope.letters, letters), c->letters);
        check_str(scope.query, c->query);
    }
}

/* docs/adr/0130 */
static void conditions_that_can_be_held_to(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        bool offered;
    } cases[] = {
        {"patient/Observation.rs?category=http://x.example/c|laboratory", true},
        {"user/Condition.r?code=1", true},
        {"system/MedicationRequest.s?status=active", true},
        {"patient/Observation.rs?category=a&status=final", false},
        {"patient/Observation.rs?category=a,b", false},
        {"patient/Observation.rs?category:not=a", false},
        {"patient/Observation.rs?category=a%26_include=*", false},
        {"patient/Observation.rs?_include=*", false},
        {"patient/Observation.rs?subject.name=x", false},
        {"patient/Observation.rs?value-quantity=1", false},
        {"patient/Observation.cruds?category=a", true},
        {"patient/Observation.d?status=entered-in-error", true},
        {"patient/*.rs?category=a", false},
        {"patient/Observation.rs", false},
        {"openid", false},
    };
    FOR_CASES(cases, c)
    {
        Scope scope;
        CASE(c->text);
        check(scope_read(str_of(c->text), &scope));
        check_int(scope_condition_is_offered(&scope), c->offered);
    }
}

static void lists_of_scopes(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str text, kept;
    } cases[] = {
        {"in their order", STR_INIT("openid patient/*.rs"), STR_INIT("openid patient/*.rs")},
        {"each once", STR_INIT("openid openid fhirUser openid"), STR_INIT("openid fhirUser")},
        {"what is not offered is passed over", STR_INIT("email openid patient/Blood.rs"),
         STR_INIT("openid")},
        {"blanks too many", STR_INIT("  openid   profile "), STR_INIT("openid profile")},
        {"none", STR_INIT(""), STR_INIT("")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Scope *scopes;
        size_t count = 0;
        Str text = STR_EMPTY;
        check(scopes_read(&cx, c->text, &scopes, &count) == STATUS_OK);
        check(scopes_write(&cx, scopes, count, &text) == STATUS_OK);
        check_str(text, c->kept);
    }
    static const Str refused[] = {STR_INIT("openid\tprofile"), STR_INIT("openid \"profile\""),
                                  STR_INIT("openid \xc3\xa9"), STR_INIT("a\\b")};
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        Scope *scopes;
        size_t count;
        Ctx own = {.arena = cx.arena};
        check_int(scopes_read(&own, refused[i], &scopes, &count), STATUS_INVALID);
    }
}

static void which_is_wider(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str wide, narrow;
        bool covers;
    } cases[] = {
        {"the same", STR_INIT("patient/Patient.rs"), STR_INIT("patient/Patient.rs"), true},
        {"v1 and v2 that mean the same", STR_INIT("patient/Patient.read"),
         STR_INIT("patient/Patient.rs"), true},
        {"a letter less", STR_INIT("patient/Patient.rs"), STR_INIT("patient/Patient.r"), true},
        {"a letter more", STR_INIT("patient/Patient.r"), STR_INIT("patient/Patient.rs"), false},
        {"one type of all", STR_INIT("patient/*.rs"), STR_INIT("patient/Patient.s"), true},
        {"all for one", STR_INIT("patient/Patient.rs"), STR_INIT("patient/*.rs"), false},
        {"another type", STR_INIT("patient/Patient.rs"), STR_INIT("patient/Flag.rs"), false},
        {"user/ for patient/", STR_INIT("patient/Patient.rs"), STR_INIT("user/Patient.rs"), false},
        {"patient/ for user/", STR_INIT("user/Patient.rs"), STR_INIT("patient/Patient.rs"), false},
        {"system/ for user/", STR_INIT("user/*.cruds"), STR_INIT("system/Patient.r"), false},
        {"conditions are narrower than none", STR_INIT("patient/Flag.rs"),
         STR_INIT("patient/Flag.rs?category=x"), true},
        {"none is wider than conditions", STR_INIT("patient/Flag.rs?category=x"),
         STR_INIT("patient/Flag.rs"), false},
        {"other conditions", STR_INIT("patient/Flag.rs?category=x"),
         STR_INIT("patient/Flag.rs?category=y"), false},
        {"words", STR_INIT("openid"), STR_INIT("openid"), true},
        {"another word", STR_INIT("openid"), STR_INIT("offline_access"), false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Scope wide, narrow;
        check(scope_read(c->wide, &wide) && scope_read(c->narrow, &narrow));
        check_int(scope_covers(&wide, &narrow), c->covers);
    }
}

static void letters_of_each_type(void **state)
{
    UNUSED(state);
    Scope *scopes;
    size_t count = 0, rows = fhir_type_count() + 1u;
    uint8_t *letters = arena_alloc(cx.arena, rows);
    CASE("together");
    Str text = STR("openid patient/*.r user/Patient.s system/Flag.d "
                   "patient/Observation.cruds?category=laboratory");
    check(scopes_read(&cx, text, &scopes, &count) == STATUS_OK);
    scopes_letters(scopes, count, letters, rows);
    check_int(letters[fhir_type_find(STR("Patient"))], RIGHTS_READ | RIGHTS_SEARCH);
    check_int(letters[fhir_type_find(STR("Flag"))], RIGHTS_READ | RIGHTS_DELETE);
    check_int(letters[fhir_type_find(STR("Observation"))], RIGHTS_READ);
}

/* One row, one caller who may see all, and what his token leaves of it. */
static void rights_within_a_token(void **state)
{
    UNUSED(state);
    enum { P1 = 11, P2 = 22 };
    static const struct {
        const char *why;
        Str scopes, patient, type;
        uint64_t subject; /* 0: about nobody */
        bool service, sees, writes;
    } cases[] = {
        {"no token", STR_INIT(""), STR_INIT(""), STR_INIT("Patient"), P2, false, true, true},
        {"read", STR_INIT("user/Patient.r"), STR_INIT(""), STR_INIT("Patient"), P2, false, true,
         false},
        {"write", STR_INIT("user/Patient.cru"), STR_INIT(""), STR_INIT("Patient"), P2, false, true,
         true},
        {"another type", STR_INIT("user/Flag.cruds"), STR_INIT(""), STR_INIT("Patient"), P2, false,
         false, false},
        {"its patient", STR_INIT("patient/*.rs"), STR_INIT("Patient/1"), STR_INIT("Patient"), P1,
         false, true, false},
        {"another patient", STR_INIT("patient/*.rs"), STR_INIT("Patient/1"), STR_INIT("Patient"),
         P2, false, false, false},
        {"about nobody", STR_INIT("patient/*.rs"), STR_INIT("Patient/1"), STR_INIT("Organization"),
         0, false, true, false},
        {"a patient/ scope without its patient", STR_INIT("patient/*.rs"), STR_INIT(""),
         STR_INIT("Patient"), P1, false, false, false},
        {"a user/ scope beside it stays with the patient",
         STR_INIT("patient/Flag.rs user/Patient.rs"), STR_INIT("Patient/1"), STR_INIT("Patient"),
         P2, false, false, false},
        {"conditions that nobody holds it to", STR_INIT("user/Patient.rs?name=x"), STR_INIT(""),
         STR_INIT("Patient"), P1, false, false, false},
        {"words", STR_INIT("openid"), STR_INIT(""), STR_INIT("Patient"), P1, false, false, false},
        {"damaged text", STR_INIT("user/Patient"), STR_INIT(""), STR_INIT("Patient"), P1, false,
         false, false},
        {"a service", STR_INIT("system/Patient.rs"), STR_INIT(""), STR_INIT("Patient"), P2, true,
         true, false},
        {"a service, another type", STR_INIT("system/Patient.rs"), STR_INIT(""), STR_INIT("Flag"),
         P2, true, false, false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        AccessGrant grant = {.account = STR("a"),
                             .role = c->service ? STR("program") : STR("gp"),
                             .scopes = c->scopes,
                             .patient = c->patient,
                             .may_write = true};
        const Access *access = access_grant(cx.arena, &grant);
        const uint32_t all = (1u << ACCESS_CLASSES) - 1;
        const RightsMask mask = {.read = all, .write = all, .clearance = CONF_V};
        Rights rights = {.role = ROLE_GP, .nobody = mask, .stranger = mask, .digest = 7};
        Facts facts = {.class = D1_DEMOGRAPHICS, .subject_count = c->subject ? 1 : 0};
        facts.subjects[0] = c->subject;
        check_int(access_is_service(access), c->service);
        if (c->service)
            rights_of_service(&rights);
        check(rights_limit(&cx, access, c->patient.len ? P1 : 0, &rights) == STATUS_OK);
        const Access *with = access_with_rights(cx.arena, access, &rights);
        uint16_t type = fhir_type_find(c->type);
        check_int(access_sees(with, type, &facts) == SIGHT_FULL, c->sees);
        check_int(access_may_write(with, type, &facts, &facts), c->writes);
        check_int(rights.digest == 7, !c->scopes.len);
    }
}

int main(void)
{
    cx = testing_ctx();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_a_scope),      cmocka_unit_test(conditions_that_can_be_held_to),
        cmocka_unit_test(lists_of_scopes),      cmocka_unit_test(which_is_wider),
        cmocka_unit_test(letters_of_each_type), cmocka_unit_test(rights_within_a_token),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(cx.arena);
    return failed;
}

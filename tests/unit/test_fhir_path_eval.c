/* FHIRPath: what the official cases leave open - functions, variables, callbacks, limits. */
#include "path_case.h"

static const char patient[] =
    "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"active\":true,\"name\":[{\"use\":\"official\","
    "\"family\":\"Example\",\"given\":[\"Ann\",\"Eve\"]},{\"use\":\"nickname\",\"given\":[\"A\"]}],"
    "\"birthDate\":\"1980-01\",\"_birthDate\":{\"extension\":[{\"url\":\"http://x/time\","
    "\"valueDateTime\":\"1980-01-02T03:04:05Z\"}]},\"multipleBirthInteger\":2,\"contained\":[{"
    "\"resourceType\":\"Organization\",\"id\":\"o1\",\"name\":\"Clinic\"}],"
    "\"managingOrganization\":{\"reference\":\"#o1\"},\"generalPractitioner\":[{\"reference\":"
    "\"Practitioner/9\"},{\"reference\":\"Practitioner/404\"}],\"maritalStatus\":{\"coding\":[{"
    "\"system\":\"http://m\",\"code\":\"M\"}]},\"gender\":\"female\",\"text\":{\"status\":"
    "\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">A</div>\"}}";
static const char practitioner[] = "{\"resourceType\":\"Practitioner\",\"id\":\"9\",\"name\":[{"
                                   "\"family\":\"Healer\"}]}";
static JsonValue *practitioner_json;

static Status resolve(void *to, Ctx *cx, Str reference, JsonValue **ret_found, uint16_t *ret_type)
{
    UNUSED(to);
    UNUSED(cx);
    if (str_eq(reference, STR("Practitioner/9")))
        *ret_found = practitioner_json;
    else
        *ret_type = fhir_type_find(STR("Practitioner"));
    return STATUS_OK;
}

static Status member_of(void *to, Ctx *cx, Str value_set, Str system, Str code, bool *ret_is)
{
    UNUSED(to);
    UNUSED(cx);
    *ret_is = str_eq(value_set, STR("http://vs")) &&
              ((str_eq(system, STR("http://m")) && str_eq(code, STR("M"))) ||
               (system.len == 0 && str_eq(code, STR("female"))));
    return STATUS_OK;
}

static size_t traced;
static void trace(void *to, Str name, const PathItems *items)
{
    UNUSED(to);
    check_str(name, STR("names"));
    traced += items->count;
}

static const PathCase cases[] = {
    /* variables */
    {"a variable is seen behind it", "defineVariable('a', 1 + 1).select(%a * 2)", "Integer 4"},
    {"its preset is the input", "name.defineVariable('n').count() = 2", "Boolean true"},
    {"the expression is asked of the input", "name.defineVariable('n', first()).select(%n.family)",
     "string Example, string Example"},
    {"an alternative has its own",
     "(defineVariable('a', 1).select(%a)) | "
     "(defineVariable('a', 2).select(%a))",
     "Integer 1, Integer 2"},
    {"no variable leaves its part", "(defineVariable('a', 1) | 2).select(%a)",
     "! there is no variable %a"},
    {"no name twice", "defineVariable('a', 1).defineVariable('a', 2)",
     "! there is a variable %a already"},
    {"no name of the language's", "defineVariable('resource', 1)", "! already"},
    {"one of the caller's", "%when + 1 day", "Date @2020-03-01"},
    {"an unknown one", "%nothing", "! there is no variable %nothing"},
    {"the resource inside a criterion", "name.where(%resource.active).count()", "Integer 2"},
    {"a standard value set", "%`vs-x` & %'ext-y'",
     "String http://hl7.org/fhir/ValueSet/xhttp://hl7.org/fhir/StructureDefinition/y"},
    /* R4 */
    {"contained", "managingOrganization.resolve().name", "string Clinic"},
    {"by the caller", "generalPractitioner.resolve().name.family", "string Healer"},
    {"a type without the resource is enough to ask",
     "generalPractitioner.where(resolve() is Practitioner).count()", "Integer 2"},
    {"nowhere", "'Patient/x'.resolve()", ""},
    {"a concept is a member by a coding", "maritalStatus.memberOf('http://vs')", "Boolean true"},
    {"a code", "gender.memberOf('http://vs')", "Boolean true"},
    {"of no such set", "gender.memberOf('http://other')", "Boolean false"},
    {"no code systems", "gender.subsumes('x')", "! no code systems are at hand"},
    {"no profiles", "elementDefinition()", "! no structure definitions are at hand"},
    {"an extension of a primitive", "birthDate.extension('http://x/time').value",
     "dateTime @1980-01-02T03:04:05Z"},
    {"its value", "birthDate.getValue()", "Date @1980-01"},
    {"narrative", "text.div.htmlChecks()", "Boolean true"},
    {"modifiers that nobody named", "checkModifiers().id", "id p1"},
    {"a valid resource conforms to its type",
     "conformsTo('http://hl7.org/fhir/StructureDefinition/Person')", "Boolean false"},
    /* types */
    {"derived from", "(gender is string) & (id is id)", "! this operator has no meaning"},
    {"a base type", "$this is DomainResource and $this is Resource", "Boolean true"},
    {"an abstract data type", "name.first() is Element", "Boolean true"},
    {"a backbone", "%resource.contact.type()", ""},
    {"System is not FHIR", "active is System.Boolean or active is Boolean", "Boolean false"},
    {"the value is", "active.getValue() is Boolean", "Boolean true"},
    {"is asks one item", "name is HumanName", "! one item was expected, and there are 2"},
    /* collections */
    {"aggregate", "(1 | 2 | 3).aggregate($total + $this, 0)", "Integer 6"},
    {"indexes", "name.select($index)", "Integer 0, Integer 1"},
    {"repeat stops at what it has seen", "name.first().repeat($this)",
     "HumanName {\"use\":"
     "\"official\",\"family\":\"Example\",\"given\":[\"Ann\",\"Eve\"]}"},
    {"repeatAll does not", "name.repeatAll($this)", "! needs more memory"},
    {"coalesce", "coalesce({}, name.period, 3, 4)", "Integer 3"},
    {"sort is stable, empty first", "name.sort(family).use", "code nickname, code official"},
    {"what does not compare is not sorted", "name.sort($this)", "! does not compare"},
    {"distinct of many", "('abcdefghijklmnopqrstuvwxyzabc').toChars().distinct().count()",
     "Integer 26"},
    {"an index is an Integer", "name['a']", "! an index is an Integer"},
    /* strings */
    {"characters, not bytes", "'h\xC3\xA9llo'.length()", "Integer 5"},
    {"", "'h\xC3\xA9llo'.substring(1, 2)", "String \xC3\xA9l"},
    {"", "'h\xC3\xA9llo'.indexOf('l')", "Integer 2"},
    {"", "'hello'.lastIndexOf('l')", "Integer 3"},
    {"", "'\xC3\xA9'.upper() & '\xC3\x89'.lower()", "String \xC3\x89\xC3\xA9"},
    {"groups", "'11/30/1972'.replaceMatches('(\\\\d+)/(\\\\d+)/(\\\\d+)', '$3-$1-$2')",
     "String 1972-11-30"},
    {"a catastrophic pattern is an error", "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('^(a+)+$')",
     "! needs more than 100000 steps"},
    {"one of the resource too", "'a'.matches(name.first().given.first() & '(')",
     "! regular expression is wrong"},
    {"base64 that is none", "'?'.decode('base64')", ""},
    {"bytes that are no text", "'ff'.decode('hex')", ""},
    {"a control character", "'\\t'.escape('json')", "String \\t"},
    /* numbers */
    {"overflow is empty", "2147483647 + 1", ""},
    {"also by power", "2.power(40)", ""},
    {"decimals stay exact", "0.1 + 0.2 = 0.3", "Boolean true"},
    {"digits are kept", "1.10 + 2", "Decimal 3.10"},
    {"div cuts", "(-7) div 2", "Integer -3"},
    {"mod has the sign of the dividend", "(-7) mod 2", "Integer -1"},
    {"by zero", "1 / 0 | 1 div 0 | 1 mod 0", ""},
    {"no number", "'a'.abs()", "! abs() is asked of a number"},
    {"a logarithm of nothing", "0.ln()", ""},
    {"a million digits", "2.exp().power(100000)", ""},
    /* quantities */
    {"another unit", "1 'g' + 5 'mg'", "Quantity 1.005 'g'"},
    {"other kinds do not add", "1 'g' + 1 'm'", ""},
    {"nor compare", "1 'g' > 1 'm'", ""},
    {"a number has the unit 1", "2 * 3 'mg'", "Quantity 6 'mg'"},
    {"converted", "'1000 \\'mg\\''.toQuantity('g')", "Quantity 1.000 'g'"},
    {"calendar years and months", "1 year = 12 months", "Boolean true"},
    {"no unit", "1 'nonsense' = 1 'g'", ""},
    /* dates */
    {"the end of a month", "@2020-01-31 + 1 month", "Date @2020-02-29"},
    {"a leap day and a year", "@2020-02-29 + 1 year", "Date @2021-02-28"},
    {"finer than the date: whole days of it", "@2020-01-01 + 36 hours", "Date @2020-01-02"},
    {"a year and months", "@2020 + 25 months", "Date @2022"},
    {"a year and days", "@2020 + 366 days", "Date @2021"},
    {"back over a year", "@2020-01-01 - 1 day", "Date @2019-12-31"},
    {"around the clock", "@T23:30 + 45 minutes", "Time @T00:15"},
    {"a time has no days", "@T10 + 1 day", "! a time is shifted by hours"},
    {"beyond year 9999", "@9999-12-31 + 1 day", ""},
    {"before year 1", "@0001-01-01 - 1 day", ""},
    {"a partial date may be either", "birthDate < @1980-01-15", ""},
    {"but not later", "birthDate < @1980-02-01", "Boolean true"},
    {"zones far apart decide", "@2020-01-01T00:00:00Z < @2020-01-03T00:00:00", "Boolean true"},
    {"parts", "@2020-02-03T04:05:06.789+01:00.minuteOf()", "Integer 5"},
    {"a part that is not there", "@2020.monthOf()", ""},
    {"the caller's clock", "now() | today() | timeOfDay()",
     "DateTime @2001-09-09T01:46:40.000Z, Date @2001-09-09, Time @T01:46:40.000"},
    {"boundaries of February", "@2020-02.highBoundary() | @2019-02.highBoundary(8)",
     "Date @2020-02-29, Date @2019-02-28"},
    {"no such precision", "@2020.lowBoundary(5)", ""},
    {"no such day", "'2021-02-29'.toDate()", ""},
    {"a date of a moment", "'2021-02-28T10:00:00Z'.toDate()", "Date @2021-02-28"},
};

static void evaluates(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    practitioner_json = path_case_json(&cx, practitioner);
    static const Str names[] = {STR_INIT("when")};
    PathItem when = {.kind = PATH_DATE, .text = STR("2020-02-29")};
    PathItems values[] = {{&when, 1}};
    PathCompile how = {.context = STR("Patient")};
    PathEnv env = {.resource = path_case_json(&cx, patient),
                   .now = 1000000000 * TIME_SECOND,
                   .resolve = resolve,
                   .member_of = member_of,
                   .names = names,
                   .values = values,
                   .name_count = 1};
    FOR_CASES(cases, c) path_case_run(c, &how, &env);
    arena_free(cx.arena);
}

static void tells_the_caller_of_traces(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    PathCompile how = {.context = STR("Patient")};
    PathEnv env = {.resource = path_case_json(&cx, patient), .trace = trace};
    path_case_run(
        &(PathCase){"trace", "name.trace('names').trace('names', given).count()", "Integer 2"},
        &how, &env);
    check_int(traced, 2 + 3);
    arena_free(cx.arena);
}

static void starts_from_a_focus(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    PathCompile how = {.context = STR("HumanName"), .strict = true};
    PathEnv env = {.resource = path_case_json(&cx, patient)};
    PathItem name = {.json = json_item(json_get(env.resource, STR("name")), 0)};
    const PathProgram *program;
    PathItems items;
    check(path_compile(&cx, cx.arena, STR("Patient.name"),
                       &(PathCompile){.context = STR("Patient")}, &program) == STATUS_OK);
    check(path_evaluate(program, &cx, &env, &items) == STATUS_OK);
    name = items.items[0];
    env.focus = name;
    path_case_run(&(PathCase){"an element", "family | %resource.id | %context.use",
                              "string Example, id p1, code official"},
                  &how, &env);
    path_case_run(&(PathCase){"by a plain route", "given", "string Ann, string Eve"}, &how, &env);
    env.focus.type = 0;
    path_case_run(&(PathCase){"of the compiled type", "$this",
                              "HumanName {\"use\":\"official\","
                              "\"family\":\"Example\",\"given\":[\"Ann\",\"Eve\"]}"},
                  &how, &env);
    env.focus = (PathItem){.kind = PATH_INTEGER, .integer = 1, .decimal = {1, 0}};
    path_case_run(&(PathCase){"no element", "family | $this", "Integer 1"}, &how, &env);
    arena_free(cx.arena);
}

static void tells_the_type_that_it_gives(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *expression, *type;
    } programs[] = {
        {"a data type", "Patient.name", "HumanName"},
        {"a part of the resource", "Patient.contact", "Patient.contact"},
        {"a filter keeps it", "name.where(use = 'official').first()", "HumanName"},
        {"a choice that was made", "deceased.ofType(boolean)", "boolean"},
        {"a choice that was not", "deceased", ""},
        {"two types", "name | contact", ""},
        {"one type twice", "name | contact.name", "HumanName"},
        {"any resource", "contained", ""},
    };
    Ctx cx = testing_ctx();
    PathCompile how = {.context = STR("Patient")};
    const PathProgram *program;
    FOR_CASES(programs, c)
    {
        CASE(c->why);
        check(path_compile(&cx, cx.arena, str_of(c->expression), &how, &program) == STATUS_OK);
        check_str(path_program_type(program), str_of(c->type));
    }
    arena_free(cx.arena);
}

static void a_truth_is_one_boolean(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *expression;
        bool holds;
    } truths[] = {
        {"empty is false", "contact", false},
        {"a boolean is itself", "active", true},
        {"a System boolean too", "name.empty()", false},
        {"one item that is no boolean is true", "birthDate", true},
    };
    Ctx cx = testing_ctx();
    PathCompile how = {.context = STR("Patient")};
    PathEnv env = {.resource = path_case_json(&cx, patient)};
    const PathProgram *program;
    bool holds;
    FOR_CASES(truths, c)
    {
        CASE(c->why);
        check(path_compile(&cx, cx.arena, str_of(c->expression), &how, &program) == STATUS_OK);
        check(path_evaluate_boolean(program, &cx, &env, &holds) == STATUS_OK);
        check_int(holds, c->holds);
    }
    check(path_compile(&cx, cx.arena, STR("name"), &how, &program) == STATUS_OK);
    check_int(path_evaluate_boolean(program, &cx, &env, &holds), STATUS_UNPROCESSABLE);
    arena_free(cx.arena);
}

/* Work that doubles with each step is stopped by the count of steps, not by patience. */
static void stops_work_without_end(void **state)
{
    UNUSED(state);
    static const PathCase endless[] = {
        {"a product of collections",
         "(1|2|3|4|5|6|7|8|9|10).select((1|2|3|4|5|6|7|8|9|10).select((1|2|3|4|5|6|7|8|9|10)."
         "select((1|2|3|4|5|6|7|8|9|10).select((1|2|3|4|5|6|7|8|9|10).select((1|2|3|4|5|6|7|8|9|10)"
         "."
         "count())))))",
         "! visited more than 5000000 items"},
        {"a counter without end", "1.repeat($this + 1).count()", "! FHIRPath expression"},
    };
    static const PathCompile how = {.context = STR_INIT("Patient")};
    PathEnv env = {0};
    FOR_CASES(endless, c) path_case_run(c, &how, &env);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evaluates),
        cmocka_unit_test(tells_the_caller_of_traces),
        cmocka_unit_test(starts_from_a_focus),
        cmocka_unit_test(tells_the_type_that_it_gives),
        cmocka_unit_test(a_truth_is_one_boolean),
        cmocka_unit_test(stops_work_without_end),
    };
    return cmocka_run_group_tests_name("fhirpath eval", tests, NULL, NULL);
}

/* Who may be the same person: pairs as a reception desk has them, with the grade that they deserve;
 * and that who is hidden is nobody's double. */
#include "people/score.h"
#include "people_scene.h"

static int begin(void **state)
{
    UNUSED(state);
    scene_open(&s);
    scene_put(&s, "Organization/north", "{\"resourceType\":\"Organization\",\"id\":\"north\"}");
    practitioner("gp", "north");
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    scene_close(&s);
    return 0;
}

#define SSIN          "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin"
#define NUMBER(value) ",\"identifier\":[{\"system\":\"" SSIN "\",\"value\":\"" value "\"}]"
#define PHONE(value)  ",\"telecom\":[{\"system\":\"phone\",\"value\":\"" value "\"}]"
#define ADDRESS(line) ",\"address\":[{\"line\":[\"" line "\"],\"postalCode\":\"5000\"}]"
#define WHO(family, given, birth, sex)                                                             \
    "\"resourceType\":\"Patient\",\"name\":[{\"family\":\"" family "\",\"given\":[\"" given        \
    "\"]}],\"birthDate\":\"" birth "\",\"gender\":\"" sex "\""

static PersonKey *key(const char *text)
{
    JsonValue *root;
    PersonKey *made;
    Str json = arena_format(s.f.cx.arena, "{%s}", text);
    check(json_parse(&s.f.cx, json, &root) == STATUS_OK);
    check(person_key(&s.f.cx, STR("32"), root, &made) == STATUS_OK);
    return made;
}

static void pairs_get_the_grade_that_they_deserve(void **state)
{
    UNUSED(state);
    static const char claire[] = WHO("Dubois", "Claire", "1984-03-07", "female")
        NUMBER("84030712493") PHONE("+32 461 11 22 33") ADDRESS("Rue Haute 1");
    static const struct {
        const char *why, *other;
        ScoreGrade least, most;
    } cases[] = {
        {"the same", claire, GRADE_CERTAIN, GRADE_CERTAIN},
        {"the number and the name",
         WHO("DUBOIS", "claire", "1984-03-07", "female") NUMBER("84.03.07-124.93"), GRADE_PROBABLE,
         GRADE_CERTAIN},
        {"name, date and sex: there are two of them in a country",
         WHO("Dubois", "Claire", "1984-03-07", "female"), GRADE_PROBABLE, GRADE_PROBABLE},
        {"with the telephone too",
         WHO("Dubois", "Claire", "1984-03-07", "female") PHONE("0461/11.22.33")
             ADDRESS("Rue Haute 1"),
         GRADE_CERTAIN, GRADE_CERTAIN},
        {"day and month changed places",
         WHO("Dubois", "Claire", "1984-07-03", "female") PHONE("0461/11.22.33"), GRADE_PROBABLE,
         GRADE_PROBABLE},
        {"one digit of the date",
         WHO("Dubois", "Claire", "1984-03-01", "female") PHONE("0461/11.22.33"), GRADE_PROBABLE,
         GRADE_PROBABLE},
        {"a name as it sounds", WHO("Duboys", "Clair", "1984-03-07", "female"), GRADE_POSSIBLE,
         GRADE_PROBABLE},
        {"family name and given name changed places",
         WHO("Claire", "Dubois", "1984-03-07", "female") PHONE("0461112233"), GRADE_PROBABLE,
         GRADE_PROBABLE},
        {"married: another family name, the same telephone",
         WHO("Lambert", "Claire", "1984-03-07", "female") PHONE("0461112233"), GRADE_POSSIBLE,
         GRADE_PROBABLE},
        {"a twin: all but the given name",
         WHO("Dubois", "Sophie", "1984-03-07", "female") NUMBER("84030711208")
             PHONE("+32 461 11 22 33") ADDRESS("Rue Haute 1"),
         GRADE_NOT, GRADE_POSSIBLE},
        {"a twin brother without a number",
         WHO("Dubois", "Luc", "1984-03-07", "male") PHONE("+32 461 11 22 33")
             ADDRESS("Rue Haute 1"),
         GRADE_NOT, GRADE_POSSIBLE},
        {"a daughter of the same name",
         WHO("Dubois", "Claire", "2010-05-21", "female") PHONE("+32 461 11 22 33")
             ADDRESS("Rue Haute 1"),
         GRADE_NOT, GRADE_POSSIBLE},
        {"the same name, another valid number",
         WHO("Dubois", "Claire", "1984-03-07", "female") NUMBER("84030711208"), GRADE_NOT,
         GRADE_POSSIBLE},
        {"somebody else born that day", WHO("Peeters", "Jan", "1984-03-07", "male"), GRADE_NOT,
         GRADE_NOT},
        {"somebody else of that name", WHO("Dubois", "Marie", "1951-12-30", "female"), GRADE_NOT,
         GRADE_NOT},
        {"nothing is known", "\"resourceType\":\"Patient\"", GRADE_NOT, GRADE_NOT},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        fixture_clear(&s.f);
        PersonKey *a = key(claire), *b = key(c->other);
        Score one = score_pair(a, b), other = score_pair(b, a);
        if (getenv("SAY"))
            print_message("# %s: %.1f %.3f %s\n", c->why, one.weight, one.score,
                          score_grade_word(one.grade));
        check(one.grade >= c->least && one.grade <= c->most);
        CASE("and it does not matter who stands first");
        check(one.weight == other.weight && one.grade == other.grade);
    }
}

static void check_digits_of_national_numbers(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"84030712493", true}, {"84.03.07-124.93", true}, {"84030712494", false},
        {"8403071249", false}, {"840307124931", false},   {"", false},
        {"00012556777", true}, /* born in 2000: a 2 is thought in front */
    };
    FOR_CASES(cases, c)
    {
        CASE(c->text);
        check_int(number_is_valid(str_of(c->text)), c->valid);
    }
}

#define ASK(who, more)                                                                             \
    "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"resource\",\"resource\":{" who    \
    "}}" more "]}"

static void who_is_hidden_is_nobodys_double(void **state)
{
    UNUSED(state);
    scene_put(&s, "Patient/seen",
              "{\"id\":\"seen\"," WHO("Dubois", "Claire", "1984-03-07", "female")
                  PHONE("0461112233") "}");
    scene_put(&s, "Patient/hidden",
              "{\"id\":\"hidden\"," WHO("Dubois", "Claire", "1984-03-07", "female")
                  PHONE("0461112233") "}");
    linked("seen", "north");
    static const char who[] =
        ASK(WHO("Dubois", "Claire", "1984-03-07", "female") PHONE("0461112233"), "");
    check_int(asks("gp", "Practitioner/gp", "Patient/$match", who), 200);
    check(says("\"Patient/seen\"") || says("Patient/seen"));
    check(!says("hidden") && says("\"total\":1"));
    check(says("\"field\",\"valueCode\":\"family\"") && says("\"valueCode\":\"exact\""));
    CASE("who sees both is shown both");
    check_int(asks(NULL, NULL, "Patient/$match", who), 200);
    check(says("Patient/seen") && says("Patient/hidden"));
    CASE("several certain ones are none");
    check_int(asks(NULL, NULL, "Patient/$match",
                   ASK(WHO("Dubois", "Claire", "1984-03-07", "female") PHONE("0461112233"),
                       ",{\"name\":\"onlyCertainMatches\",\"valueBoolean\":true}")),
              200);
    check(says("\"total\":0"));
    CASE("one alone is shown");
    check_int(asks("gp", "Practitioner/gp", "Patient/$match",
                   ASK(WHO("Dubois", "Claire", "1984-03-07", "female") PHONE("0461112233")
                           ADDRESS("Rue Haute 1"),
                       ",{\"name\":\"onlyCertainMatches\",\"valueBoolean\":true}")),
              200);
    check(says("\"total\":1") && says("\"valueCode\":\"certain\""));
    CASE("doubles of one patient");
    check_int(asks(NULL, NULL, "Patient/seen/$duplicates", NULL), 200);
    check(says("Patient/hidden") && !says("Patient/seen"));
    check_int(asks("gp", "Practitioner/gp", "Patient/seen/$duplicates", NULL), 200);
    check(says("\"total\":0"));
    check_int(asks("gp", "Practitioner/gp", "Patient/hidden/$duplicates", NULL), 404);
    CASE("a patient looks for nobody");
    check_int(asks("patient", "Patient/seen", "Patient/$match", who), 403);
}

static void what_is_no_question_is_refused(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *body;
        unsigned status;
    } cases[] = {
        {"nothing", "{\"resourceType\":\"Parameters\"}", 400},
        {"not a patient",
         "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"resource\",\"resource\":{"
         "\"resourceType\":\"Device\"}}]}",
         400},
        {"a count that is none",
         ASK(WHO("A", "B", "1984-03-07", "male"), ",{\"name\":\"count\",\"valueInteger\":0}"), 400},
        {"signs in a name", ASK(WHO("a,b|c$d\\\\e&f=g%", "+#", "1984-13-45", "male"), ""), 200},
        {"half a date", ASK(WHO("Dubois", "C", "1984", "x"), ""), 200},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(asks(NULL, NULL, "Patient/$match", c->body), c->status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_get_the_grade_that_they_deserve),
        cmocka_unit_test(check_digits_of_national_numbers),
        cmocka_unit_test(who_is_hidden_is_nobodys_double),
        cmocka_unit_test(what_is_no_question_is_refused),
    };
    return cmocka_run_group_tests_name("matching", tests, begin, end);
}

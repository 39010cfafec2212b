/* Whom a resource is about, who made it, of what class it is: what a reviewer would say, by hand.
 * SECURITY.md 1; SPEC R4 security-labels.html */
#include "access/label.h"

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

/* Single quotes are easier to read in C. */
static Str quoted(const char *text)
{
    Str copy = arena_str(cx.arena, str_of(text));
    for (size_t i = 0; i < copy.len; i++) {
        if (copy.at[i] == '\'')
            ((char *)copy.at)[i] = '"';
    }
    return copy;
}

static Labeller labeller_of_tests(void)
{
    return (Labeller){labels, NULL, hash_text, bare, facts_of};
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
    JsonValue *resource = parsed(quoted(json));
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
        uint64_t hash = hash_text(NULL, str_eq(name, STR("?")) ? STR("Patient/?") : name);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_resource_has_the_facts_that_a_reviewer_gives_it),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

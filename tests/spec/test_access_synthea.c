/* Synthetic patients, bundle by bundle: whom each of their resources is about is known, and it is
 * their one patient. security-model.md 1 */
#include "suite_tar.h"

#include "access/label.h"
#include "fhir/fhir.h"

typedef struct {
    Ctx *cx;
    JsonValue *entries;
    Str patient; /* fullUrl */
    Labeller labeller;
    unsigned depth;
} Person;

static uint64_t hash_text(const void *of, Str text)
{
    uint64_t hash = 0xCBF29CE484222325u;
    UNUSED(of);
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * 0x100000001B3u;
    return hash;
}

static JsonValue *find_entry(const Person *person, Str url)
{
    JsonValue *entry;
    for (JsonIter it = json_iter(person->entries); json_next(&it, NULL, &entry);) {
        if (str_eq(json_get_str(entry, STR("fullUrl")), url))
            return json_get(entry, STR("resource"));
    }
    return NULL;
}

/* As a transaction will point it: "urn:uuid:1" is "Patient/1". */
static Str bare(const void *of, Str reference)
{
    const Person *person = of;
    JsonValue *target = find_entry(person, reference);
    if (!target)
        return reference;
    return arena_format(person->cx->arena, STR_FMT "/" STR_FMT,
                        STR_ARG(json_get_str(target, STR("resourceType"))),
                        STR_ARG(str_from(reference, strlen("urn:uuid:"))));
}

static bool facts_of(const void *of, uint16_t type, Str id, Facts *ret_facts)
{
    Person person = *(const Person *)of;
    JsonValue *resource =
        find_entry(&person, arena_format(person.cx->arena, "urn:uuid:" STR_FMT, STR_ARG(id)));
    LabelSource source = {.type = type, .id = id, .resource = resource};
    if (!resource || ++person.depth > 4)
        return false;
    person.labeller.of = &person;
    label_resource(&person.labeller, &source, ret_facts);
    return true;
}

typedef struct {
    size_t files, resources, about, classes[ACCESS_CLASSES], sensitive;
} Totals;

static void one_bundle(Ctx *cx, const Labels *labels, JsonValue *bundle, Totals *totals)
{
    JsonValue *entry;
    Person person = {.cx = cx, .entries = json_get(bundle, STR("entry"))};
    person.labeller = (Labeller){labels, &person, hash_text, bare, facts_of, NULL};
    uint64_t patient = 0;
    for (JsonIter it = json_iter(person.entries); json_next(&it, NULL, &entry);) {
        JsonValue *resource = json_get(entry, STR("resource"));
        Str name = json_get_str(resource, STR("resourceType"));
        Str id = str_from(json_get_str(entry, STR("fullUrl")), strlen("urn:uuid:"));
        LabelSource source = {
            .type = fhir_type_find(name), .id = id, .resource = resource, .role = ROLE_NOBODY};
        Facts facts;
        label_resource(&person.labeller, &source, &facts);
        if (str_eq(name, STR("Patient")))
            patient = facts.subjects[0];
        CASE(arena_str(cx->arena, name).at);
        check(!facts.subject_count || facts.subjects[0] != LABEL_UNKNOWN);
        check(!facts.subject_count || (facts.subject_count == 1 && facts.subjects[0] == patient));
        check(facts.subject_count || facts.class == D0_DIRECTORY);
        totals->resources++;
        totals->about += facts.subject_count;
        totals->classes[facts.class]++;
        totals->sensitive += facts.sensitivity != 0;
    }
}

static void archive(const char *name, const Labels *labels, Totals *totals)
{
    Arena *forever = arena_new((size_t)64 << 20, false);
    Arena *arena = arena_new((size_t)512 << 20, false);
    SuiteTar tar = suite_tar_open(forever, name);
    char *text;
    size_t len;
    while (suite_tar_next(&tar, arena, &text, &len)) {
        Ctx cx = {.arena = arena};
        JsonValue *root;
        if (str_has_suffix(str_of(tar.name), STR(".json"))) {
            check_int(json_parse_in_place(&cx, text, len, &root), STATUS_OK);
            if (str_eq(json_get_str(root, STR("resourceType")), STR("Bundle"))) {
                one_bundle(&cx, labels, root, totals);
                totals->files++;
            }
        }
        arena_clear(arena);
    }
    suite_tar_close(&tar);
    arena_free(arena);
    arena_free(forever);
}

static void each_resource_is_about_its_patient(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_SHARED("Synthea");
    Totals totals = {0};
    Labels *labels;
    Ctx cx = testing_ctx();
    check_int(labels_new(&cx, STR_EMPTY, &labels), STATUS_OK);
    archive("data/synthea-a.tar.zst", labels, &totals);
    print_message("# %zu bundles, %zu resources, %zu about somebody, %zu sensitive\n", totals.files,
                  totals.resources, totals.about, totals.sensitive);
    for (size_t i = 0; i < ACCESS_CLASSES; i++)
        print_message("# D%zu: %zu\n", i, totals.classes[i]);
    CASE("totals");
    check(totals.files > 90 && totals.about > totals.resources / 2);
    check(totals.classes[D8_LABORATORY] && totals.classes[D12_NURSING] &&
          totals.classes[D6_MEDICATION] && totals.classes[D7_PROBLEMS]);
    labels_free(labels);
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_resource_is_about_its_patient),
    };
    return cmocka_run_group_tests_name("access synthea", tests, NULL, NULL);
}

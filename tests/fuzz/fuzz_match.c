/* fuzz_match.c - a resource against a search: its keys are made, and every value is asked.
 *
 * Bytes up to the first line end are the query of an Observation, the rest is its JSON. What the
 * index would say cannot be seen here; that nothing breaks can. SPEC R4 search.html */
#include "search/test.h"

#include "fuzz.h"
#include "fuzz_access.h"
#include "search/query.h"

static Status ask(const Subject *subject, const Node *node)
{
    bool holds;
    if (node->kind == NODE_TEST && node->condition.modifier != MODIFIER_IN)
        TRY(test_resource(subject, &node->condition, &holds));
    for (const Node *child = node->children; child; child = child->next) {
        if (child->type == subject->type)
            TRY(ask(subject, child));
    }
    return STATUS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Search *search;
    Ctx cx = fuzz_ctx();
    if (!search &&
        search_new(&cx, NULL, NULL, &(SearchOptions){.words = true}, &search) != STATUS_OK)
        abort();
    Str json = fuzz_str(data, size), text = str_cut(&json, '\n');
    SearchScope scope = {.type = fhir_type_find(STR("Observation")), .access = fuzz_program()};
    const SearchQuery *query;
    JsonValue *resource;
    SearchKeys keys;
    if (!json.at || search_parse(search, &cx, &scope, text, &query) != STATUS_OK ||
        json_parse(&cx, json, &resource) != STATUS_OK)
        return 0;
    SearchSource source = {scope.type, resource, 77, 0};
    Status status = search_keys(search, &cx, &source, &keys);
    for (size_t i = 1; status == STATUS_OK && i < keys.count; i++)
        assert(str_cmp(keys.keys[i - 1], keys.keys[i]) < 0);
    Subject subject = {.search = search, .cx = &cx, .type = scope.type, .resource = resource};
    (void)ask(&subject, query->branches[0].root);
    return 0;
}

/* terms/concepts.c - what FHIRPath asks of codes, Codings and CodeableConcepts. */
#include "terms/terms.h"

/* A coding of a concept, or the one that the item is: JSON with system and code. */
static bool next_coding(const PathItem *item, size_t at, const JsonValue **ret_coding)
{
    const JsonValue *list = json_get(item->json, STR("coding"));
    *ret_coding = list ? json_item(list, at) : at == 0 ? item->json : NULL;
    return *ret_coding != NULL;
}

static Status compare(Terms *terms, Ctx *cx, const JsonValue *outer, const JsonValue *inner,
                      bool *ret_is)
{
    Str system = json_get_str(outer, STR("system"));
    Str upper = json_get_str(outer, STR("code")), lower = json_get_str(inner, STR("code"));
    *ret_is = false;
    if (!upper.len || !lower.len || !str_eq(system, json_get_str(inner, STR("system"))))
        return STATUS_OK;
    return terms_subsumes(terms, cx, system, upper, lower, ret_is);
}

Status terms_concept_subsumes(void *to, Ctx *cx, const PathItem *outer, const PathItem *inner,
                              bool *ret_is)
{
    const JsonValue *above, *below;
    *ret_is = false;
    if (outer->kind != PATH_ELEMENT || inner->kind != PATH_ELEMENT ||
        !json_is(outer->json, JSON_OBJECT) || !json_is(inner->json, JSON_OBJECT))
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "Only a Coding or a CodeableConcept says which code system it is of.");
    for (size_t i = 0; !*ret_is && next_coding(outer, i, &above); i++)
        for (size_t k = 0; !*ret_is && next_coding(inner, k, &below); k++)
            TRY(compare(to, cx, above, below, ret_is));
    return STATUS_OK;
}

/* rights/change.c - who may write what gives or takes rights.
 *
 * The class of a link or a consent (D1) lets a practice write them by the matrix; but whoever
 * writes them decides what others see. So a person writes none of them as a resource: the
 * operations
 * ($link, $unlink, $consent, $block, $break-glass) do, each with a rule of its own. Programs of the
 * network write them as what they are. */
#include "rights/rights.h"

#include "fhir/fhir.h"

static bool has_system(const JsonValue *concepts, Str system)
{
    JsonValue *concept, *coding;
    for (JsonIter it = json_iter(concepts); json_next(&it, NULL, &concept);)
        for (JsonIter of = json_iter(json_get(concept, STR("coding")));
             json_next(&of, NULL, &coding);)
            if (str_eq(json_get_str(coding, STR("system")), system))
                return true;
    return false;
}

static bool gives_or_takes(Str type, const JsonValue *resource)
{
    if (str_eq(type, STR("CareTeam")))
        return has_system(json_get(resource, STR("category")), STR("urn:aceso:link"));
    if (!str_eq(type, STR("Consent")))
        return false;
    const JsonValue *scope = json_get(resource, STR("scope"));
    JsonValue *coding;
    for (JsonIter it = json_iter(json_get(scope, STR("coding"))); json_next(&it, NULL, &coding);)
        if (str_eq(json_get_str(coding, STR("code")), STR("patient-privacy")))
            return true;
    return has_system(json_get(resource, STR("category")), STR("urn:aceso:consent"));
}

Status rights_may_change(Ctx *cx, const Access *access, uint16_t type, const JsonValue *before,
                         const JsonValue *after)
{
    Str name = fhir_type_name(type);
    if (access_is_system(access) || !rights_depend_on(type))
        return STATUS_OK;
    if (!(before && gives_or_takes(name, before)) && !(after && gives_or_takes(name, after)))
        return STATUS_OK;
    return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY,
                    "Links and consents decide what others see: they are changed by $link, "
                    "$unlink, $consent and $block, not by writing them.");
}

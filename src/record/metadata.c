/* record/metadata.c - what this server does, as a CapabilityStatement: made from the same
 * tables that do it, so that it tells the truth.
 *
 * SPEC R4 capabilitystatement.html */
#include "record/metadata.h"

#include "fhir/fhir.h"
#include "search/search.h"

static void add_codes(Buf *buf, const char *name, const char *const *codes, size_t count)
{
    buf_format(buf, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++)
        buf_format(buf, "%s{\"code\":\"%s\"}", i ? "," : "", codes[i]);
    buf_add_lit(buf, "]");
}

static const char *param_kind_name(FhirParamKind kind)
{
    static const char *names[] = {
        [FHIR_PARAM_NUMBER] = "number",       [FHIR_PARAM_DATE] = "date",
        [FHIR_PARAM_STRING] = "string",       [FHIR_PARAM_TOKEN] = "token",
        [FHIR_PARAM_REFERENCE] = "reference", [FHIR_PARAM_COMPOSITE] = "composite",
        [FHIR_PARAM_QUANTITY] = "quantity",   [FHIR_PARAM_URI] = "uri",
        [FHIR_PARAM_SPECIAL] = "special",
    };
    assert(kind < COUNT_OF(names));
    return names[kind];
}

static void add_params(Buf *buf, uint16_t type)
{
    size_t count;
    const FhirParam *params = fhir_params_of(type, &count);
    buf_add_lit(buf, ",\"searchParam\":[{\"name\":\"_id\",\"type\":\"token\"}");
    for (size_t i = 0; i < count; i++) {
        if (!search_param_offered(&params[i]))
            continue;
        buf_format(
            buf, ",{\"name\":\"" STR_FMT "\",\"definition\":\"" STR_FMT "\",\"type\":\"%s\"}",
            STR_ARG(params[i].code), STR_ARG(params[i].url), param_kind_name(params[i].kind));
    }
    buf_add_lit(buf, "]");
}

static void add_type(Buf *buf, uint16_t type, const RecordOptions *options)
{
    static const char *const interactions[] = {
        "read",         "vread",       "update", "patch", "delete", "create", "history-instance",
        "history-type", "search-type",
    };
    buf_format(buf, "{\"type\":\"" STR_FMT "\"", STR_ARG(fhir_type_name(type)));
    add_codes(buf, "interaction", interactions, COUNT_OF(interactions));
    buf_format(buf,
               ",\"versioning\":\"versioned-update\",\"readHistory\":true,"
               "\"updateCreate\":%s,\"conditionalCreate\":true,"
               "\"conditionalRead\":\"full-support\",\"conditionalUpdate\":true,"
               "\"conditionalDelete\":\"%s\"",
               options->client_ids ? "true" : "false",
               options->conditional_deletes > 1 ? "multiple" : "single");
    add_params(buf, type);
    buf_add_lit(buf, "}");
}

Status metadata_write(Arena *arena, const RecordOptions *options, Str *ret_json)
{
    static const char *const interactions[] = {"transaction", "batch", "history-system"};
    char instant[TIME_INSTANT_LEN];
    Buf buf;
    buf_init(&buf, arena, 64 * 1024, 8 << 20);
    buf_format(&buf,
               "{\"resourceType\":\"CapabilityStatement\",\"status\":\"active\","
               "\"date\":\"" STR_FMT "\",\"kind\":\"instance\","
               "\"software\":{\"name\":\"Aceso\",\"version\":\"" ACESO_VERSION "\"},"
               "\"implementation\":{\"description\":\"Aceso patient record\"},"
               "\"fhirVersion\":\"" FHIR_VERSION "\",\"format\":[\"json\","
               "\"application/fhir+json\"],"
               "\"patchFormat\":[\"application/json-patch+json\"],"
               "\"rest\":[{\"mode\":\"server\",\"security\":{\"description\":"
               "\"A session of the browser app or a bearer token.\"},\"resource\":[",
               STR_ARG(time_format_instant(time_now(), instant)));
    for (uint16_t type = 1; type <= fhir_type_count(); type++) {
        if (type > 1)
            buf_add_lit(&buf, ",");
        add_type(&buf, type, options);
    }
    buf_add_lit(&buf, "]");
    add_codes(&buf, "interaction", interactions, COUNT_OF(interactions));
    buf_add_lit(&buf, "}]}");
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

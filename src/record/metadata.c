/* record/metadata.c - what this server does, as a CapabilityStatement: made from the same
 * tables that do it, so that it tells the truth.
 *
 * SPEC R4 capabilitystatement.html */
#include "record/metadata.h"

#include "fhir/fhir.h"
#include "record/operation.h"

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

static void add_param(Buf *buf, const SearchOffer *offer, bool first)
{
    buf_format(buf, "%s{\"name\":\"" STR_FMT "\"", first ? "" : ",", STR_ARG(offer->code));
    if (offer->url.len) {
        buf_add_lit(buf, ",\"definition\":");
        json_write_string(buf, offer->url);
    }
    buf_format(buf, ",\"type\":\"%s\"}", param_kind_name(offer->kind));
}

static void add_params(Buf *buf, const Search *search, uint16_t type)
{
    SearchOffer offer;
    buf_add_lit(buf, ",\"searchParam\":[");
    for (size_t i = 0; search_offer(search, type, i, &offer); i++)
        add_param(buf, &offer, i == 0);
    buf_add_lit(buf, "]");
}

/* ---- includes ------------------------------------------------------------------------ */

static bool points_to(const SearchOffer *offer, uint16_t type)
{
    if (offer->kind != FHIR_PARAM_REFERENCE)
        return false;
    for (size_t i = 0; type && i < offer->target_count; i++) {
        if (offer->targets[i] == type)
            return true;
    }
    return !type;
}

/* References of `from` that may point to `type`; 0 = to anything. */
static void add_references(Buf *buf, const Search *search, uint16_t from, uint16_t type)
{
    SearchOffer offer;
    for (size_t i = 0; search_offer(search, from, i, &offer); i++) {
        if (points_to(&offer, type))
            buf_format(buf, ",\"" STR_FMT ":" STR_FMT "\"", STR_ARG(fhir_type_name(from)),
                       STR_ARG(offer.code));
    }
}

static void add_includes(Buf *buf, const Search *search, uint16_t type)
{
    buf_add_lit(buf, ",\"searchInclude\":[\"*\"");
    add_references(buf, search, type, 0);
    buf_add_lit(buf, "],\"searchRevInclude\":[\"*\"");
    for (uint16_t from = 1; from <= fhir_type_count(); from++)
        add_references(buf, search, from, type);
    buf_add_lit(buf, "]");
}

/* ---- operations ---------------------------------------------------------------------------------
 */

/* Those that HL7 has defined have its address; ours a name of their own. */
static void add_operation(Buf *buf, Str type, Str name, bool *begun)
{
    bool standard = str_eq(type, STR("Patient")) && str_eq(name, STR("$match"));
    Str word = str_from(name, 1); /* $ */
    buf_format(buf, "%s{\"name\":\"" STR_FMT "\",\"definition\":\"%s" STR_FMT "%s" STR_FMT "\"}",
               *begun ? "," : ",\"operation\":[", STR_ARG(word),
               standard ? "http://hl7.org/fhir/OperationDefinition/" : "urn:aceso:operation:",
               STR_ARG(type), type.len ? "-" : "", STR_ARG(word));
    *begun = true;
}

/* Of a type; an empty one: of the system. http finds them in the same tables. */
static void add_operations(Buf *buf, const RecordOptions *options, Str type)
{
    bool begun = false;
    for (size_t i = 0; i < options->operation_count; i++)
        for (size_t k = 0; k < options->operations[i].count; k++) {
            const OperationKind *kind = &options->operations[i].kinds[k];
            if (str_eq(kind->type, type))
                add_operation(buf, type, kind->name, &begun);
        }
    if (begun)
        buf_add_char(buf, ']');
}

/* ---- types and all --------------------------------------------------------------------- */

static void add_type(Buf *buf, const Search *search, uint16_t type, const RecordOptions *options)
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
    add_includes(buf, search, type);
    add_params(buf, search, type);
    add_operations(buf, options, fhir_type_name(type));
    buf_add_lit(buf, "}");
}

/* What a search of all types understands: the parameters that every type has, and those that
 * no SearchParameter defines. */
static void add_common_params(Buf *buf, const Search *search)
{
    static const struct {
        const char *name, *kind;
    } others[] = {
        {"_type", "token"}, {"_list", "string"}, {"_has", "string"}, {"_filter", "string"}};
    SearchOffer offer;
    buf_add_lit(buf, ",\"searchParam\":[");
    for (size_t i = 0; i < COUNT_OF(others); i++)
        buf_format(buf, "%s{\"name\":\"%s\",\"type\":\"%s\"}", i ? "," : "", others[i].name,
                   others[i].kind);
    for (size_t i = 0; search_offer(search, 1, i, &offer); i++) {
        if (offer.code.at[0] == '_')
            add_param(buf, &offer, false);
    }
    buf_add_lit(buf, "]");
}

static bool is_compartment(uint16_t type)
{
    for (uint16_t of = 1; of <= fhir_type_count(); of++) {
        size_t count;
        (void)fhir_compartment_params(fhir_type_name(type), of, &count);
        if (count)
            return true;
    }
    return false;
}

static void add_compartments(Buf *buf)
{
    bool first = true;
    buf_add_lit(buf, ",\"compartment\":[");
    for (uint16_t type = 1; type <= fhir_type_count(); type++) {
        if (!is_compartment(type))
            continue;
        buf_format(buf, "%s\"http://hl7.org/fhir/CompartmentDefinition/", first ? "" : ",");
        Str name = fhir_type_name(type);
        for (size_t i = 0; i < name.len; i++)
            buf_add_char(buf, (char)(name.at[i] | 0x20));
        buf_add_lit(buf, "\"");
        first = false;
    }
    buf_add_lit(buf, "]");
}

static Status write_all(Arena *arena, const Search *search, const RecordOptions *options,
                        Str *ret_json, size_t *ret_security_at)
{
    static const char *const interactions[] = {"transaction", "batch", "search-system",
                                               "history-system"};
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
               "\"rest\":[{\"mode\":\"server\",\"security\":",
               STR_ARG(time_format_instant(time_now(), instant)));
    *ret_security_at = buf.len;
    buf_add_lit(&buf, ",\"resource\":[");
    for (uint16_t type = 1; type <= fhir_type_count(); type++) {
        if (type > 1)
            buf_add_lit(&buf, ",");
        add_type(&buf, search, type, options);
    }
    buf_add_lit(&buf, "]");
    add_codes(&buf, "interaction", interactions, COUNT_OF(interactions));
    add_common_params(&buf, search);
    add_operations(&buf, options, STR_EMPTY);
    add_compartments(&buf);
    buf_add_lit(&buf, "}]}");
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

/* ---- the newest ------------------------------------------------------------------------- */

void metadata_init(Metadata *metadata)
{
    *metadata = (Metadata){.arena = NULL};
    pthread_mutex_init(&metadata->lock, NULL);
}

void metadata_clear(Metadata *metadata)
{
    arena_free(metadata->arena);
    pthread_mutex_destroy(&metadata->lock);
}

static Status renew(Metadata *metadata, const Search *search, const RecordOptions *options)
{
    uint64_t number = search_offers_number(search);
    if (metadata->arena && metadata->number == number)
        return STATUS_OK;
    Arena *arena = arena_new((size_t)16 << 20, false);
    Str json;
    if (!arena)
        return STATUS_MEMORY;
    Status status = write_all(arena, search, options, &json, &metadata->security_at);
    if (status != STATUS_OK) {
        arena_free(arena);
        return status;
    }
    arena_free(metadata->arena);
    metadata->arena = arena;
    metadata->number = number;
    metadata->json = json;
    return STATUS_OK;
}

/* Where programs are let in, by the address under which this client knows us.
 * SPEC SMART 2.2 conformance.html#declaring-support-for-oauth2-endpoints */
static void add_security(Buf *buf, const RecordOptions *options, Str base)
{
    static const struct {
        const char *name, *path;
    } addresses[] = {
        {"authorize", "/oauth/authorize"},
        {"token", "/oauth/token"},
        {"introspect", "/oauth/introspect"},
        {"revoke", "/oauth/revoke"},
        {"manage", "/apps"},
    };
    Str origin = str_head(base, base.len >= 5 ? base.len - 5 : 0); /* without /fhir */
    buf_add_lit(buf, "{\"cors\":true,");
    if (options->programs) {
        buf_add_lit(buf, "\"extension\":[{\"url\":\"http://fhir-registry"
                         ".smarthealthit.org/"
                         "StructureDefinition/oauth-uris\",\"extension\":[");
        for (size_t i = 0; i < COUNT_OF(addresses); i++)
            buf_format(buf, "%s{\"url\":\"%s\",\"valueUri\":\"" STR_FMT "%s\"}", i ? "," : "",
                       addresses[i].name, STR_ARG(origin), addresses[i].path);
        buf_add_lit(buf, "]}],\"service\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/"
                         "CodeSystem/restful-security-service\",\"code\":\"SMART-on-FHIR\"}]}],");
    }
    buf_add_lit(buf, "\"description\":\"A session of the browser app or a bearer token.\"}");
}

static Status splice(const Metadata *metadata, Ctx *cx, const RecordOptions *options, Str base,
                     Str *ret_json)
{
    Buf buf;
    buf_init(&buf, cx->arena, metadata->json.len + 2048, 9 << 20);
    buf_add_str(&buf, str_head(metadata->json, metadata->security_at));
    add_security(&buf, options, base);
    buf_add_str(&buf, str_from(metadata->json, metadata->security_at));
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

Status metadata_get(Metadata *metadata, Ctx *cx, const Search *search, const RecordOptions *options,
                    Str base, Str *ret_json)
{
    pthread_mutex_lock(&metadata->lock);
    Status status = renew(metadata, search, options);
    if (status == STATUS_OK)
        status = splice(metadata, cx, options, base, ret_json);
    pthread_mutex_unlock(&metadata->lock);
    return status;
}

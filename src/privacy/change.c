/* privacy/change.c - restriction, amendment and erasure. */
#include "privacy/inner.h"

static const Time year = 365 * TIME_DAY + TIME_DAY / 4;

/* ---- restriction -------------------------------------------------------------------------- */

Body privacy_body(Ctx *cx, Str text)
{
    char *at = arena_alloc(cx->arena, text.len + JSON_PADDING);
    if (at)
        memcpy(at, text.at, text.len);
    return (Body){at, at ? text.len : 0};
}

Status privacy_restriction(Ctx *cx, Str patient, Str *ret_text)
{
    char at[TIME_INSTANT_LEN];
    *ret_text = arena_format(
        cx->arena,
        "{\"resourceType\":\"Consent\",\"status\":\"active\","
        "\"scope\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\","
        "\"code\":\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":"
        "\"http://terminology.hl7.org/CodeSystem/consentcategorycodes\",\"code\":\"npp\"}]}],"
        "\"patient\":{\"reference\":\"Patient/" STR_FMT "\"},\"dateTime\":\"%.*s\","
        "\"policyRule\":{\"text\":\"GDPR 18\"},\"provision\":{\"type\":\"deny\"}}",
        STR_ARG(patient), TIME_INSTANT_LEN, time_format_instant(time_now(), at).at);
    return ret_text->at ? STATUS_OK : STATUS_MEMORY;
}

/* ---- amendment ---------------------------------------------------------------------------- */

static void add_provenance(Buf *buf, const Call *call, Str type, Str id, uint32_t version,
                           Str reason)
{
    char at[TIME_INSTANT_LEN];
    Str who = access_reference(call->access);
    buf_format(buf,
               "{\"resourceType\":\"Provenance\",\"target\":[{\"reference\":\"" STR_FMT "/" STR_FMT
               "\"}],\"recorded\":\"%.*s\",\"activity\":{\"coding\":[{\"system\":"
               "\"http://terminology.hl7.org/CodeSystem/v3-DataOperation\",\"code\":\"UPDATE\"}]},"
               "\"reason\":[{\"text\":",
               STR_ARG(type), STR_ARG(id), TIME_INSTANT_LEN,
               time_format_instant(time_now(), at).at);
    json_write_string(buf, reason);
    buf_add_lit(buf, "}],\"agent\":[{\"who\":{");
    if (who.len) {
        buf_add_lit(buf, "\"reference\":");
        json_write_string(buf, who);
    } else {
        buf_add_lit(buf, "\"identifier\":{\"system\":\"urn:aceso:account\",\"value\":");
        json_write_string(buf, access_account(call->access));
        buf_add_lit(buf, "}");
    }
    buf_format(buf,
               "}}],\"entity\":[{\"role\":\"revision\",\"what\":{\"reference\":\"" STR_FMT
               "/" STR_FMT "/_history/%u\"}}]}",
               STR_ARG(type), STR_ARG(id), version);
}

Status privacy_provenance(Ctx *cx, const Call *call, Str type, Str id, uint32_t version, Str reason,
                          Str *ret_text)
{
    Buf buf;
    buf_init(&buf, cx->arena, 2048, 65536);
    add_provenance(&buf, call, type, id, version, reason);
    *ret_text = buf_str(&buf);
    return buf_done(&buf);
}

static Status current_version(Ctx *cx, Record *record, const Call *call, Str type, Str id,
                              uint32_t *ret_version)
{
    Reply reply;
    (void)record_read(record, cx, call, type, id, &reply);
    TRY(record_finish(record, cx, call, &reply));
    *ret_version = reply.version;
    return STATUS_OK;
}

Status privacy_amend(Ctx *cx, Record *record, const Call *call, Str type, Str id, Str resource,
                     Str reason)
{
    Reply reply;
    Buf buf;
    uint32_t version;
    if (!reason.len)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "An amendment needs a reason.");
    TRY(current_version(cx, record, call, type, id, &version));
    buf_init(&buf, cx->arena, resource.len + 2048, resource.len + 65536);
    buf_format(&buf,
               "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"request\":{"
               "\"method\":\"PUT\",\"url\":\"" STR_FMT "/" STR_FMT
               "\",\"ifMatch\":\"W/\\\"%u\\\"\"},"
               "\"resource\":",
               STR_ARG(type), STR_ARG(id), version);
    buf_add_str(&buf, resource);
    buf_add_lit(&buf, "},{\"request\":{\"method\":\"POST\",\"url\":\"Provenance\"},\"resource\":");
    add_provenance(&buf, call, type, id, version, reason);
    buf_add_lit(&buf, "}]}");
    TRY(buf_done(&buf));
    Body body = privacy_body(cx, buf_str(&buf));
    if (!body.at)
        return STATUS_MEMORY;
    (void)record_bundle(record, cx, call, body, &reply);
    return record_finish(record, cx, call, &reply);
}

/* ---- erasure ------------------------------------------------------------------------------ */

/* The latest day that anything of him speaks of, or was written. */
static Status latest(Ctx *cx, void *to, const JsonValue *resource)
{
    Time *last = to, lo, hi;
    UNUSED(cx);
    Str written = json_get_str(json_get(resource, STR("meta")), STR("lastUpdated")),
        day = privacy_date_of(resource);
    if (day.len && fhir_date_range(day, &lo, &hi) && lo < time_now()) {
        *last = lo > *last ? lo : *last;
        return STATUS_OK;
    }
    if (!day.len && written.len && fhir_date_range(written, &lo, &hi) &&
        !str_eq(json_get_str(resource, STR("resourceType")), STR("Patient")))
        *last = lo > *last ? lo : *last;
    return STATUS_OK;
}

static Status is_over(Ctx *cx, Record *record, const Call *call, Str patient,
                      const PrivacyErase *how)
{
    const Retention *row = privacy_retention(how->country);
    Time last = INT64_MIN;
    if (how->ground)
        return STATUS_OK;
    if (!row)
        return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "How long a record must be kept in this country is not in the table.");
    TRY(privacy_each(cx, record, call, patient, latest, &last));
    if (last > time_now() - (Time)row->years_min * year)
        return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "The record must be kept for %u years after the last contact (" STR_FMT
                        ").",
                        row->years_min, STR_ARG(row->source));
    return STATUS_OK;
}

Status privacy_may_erase(Ctx *cx, Record *record, const Call *call, Str patient,
                         const PrivacyErase *how)
{
    bool held;
    if (!fhir_id_is(patient))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "That is no id of a patient.");
    if (!how->reason.len)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "An erasure needs a reason.");
    TRY(privacy_is_held(cx, record, call->access, patient, &held));
    if (held)
        return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "There is a legal hold on this record: nothing of it is erased.");
    return is_over(cx, record, call, patient, how);
}

/* What was merged into it is the same person's. He comes last: he says who they are. */
Status privacy_erase_all(Ctx *cx, Record *record, const Call *call, Str patient, Str reason,
                         RecordErased *ret_done)
{
    MergedIds ids;
    RecordErased sum = {0};
    TRY(privacy_sources(cx, record, call, patient, &ids));
    for (size_t i = ids.count; i-- > 0;) {
        TRY(record_erase(record, cx, ids.at[i], reason, ret_done));
        sum.resources += ret_done->resources;
        sum.versions += ret_done->versions;
        sum.shared += ret_done->shared;
    }
    ret_done->resources = sum.resources;
    ret_done->versions = sum.versions;
    ret_done->shared = sum.shared;
    return STATUS_OK;
}

Status privacy_erase(Ctx *cx, Record *record, const Call *call, Str patient,
                     const PrivacyErase *how, RecordErased *ret_done)
{
    if (!access_is_system(call->access))
        return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "A record is erased by who operates the system.");
    TRY(privacy_may_erase(cx, record, call, patient, how));
    return privacy_erase_all(cx, record, call, patient, how->reason, ret_done);
}

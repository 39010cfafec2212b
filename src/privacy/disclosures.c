/* privacy/disclosures.c - the accounting of disclosures, out of AuditEvents.
 *
 * SPEC HIPAA 164.528: what was disclosed for treatment, payment and operations, and to the person
 * himself, is not in it, unless everything is asked for. */
#include "privacy/inner.h"

enum { CSV_BYTES_MAX = 256 << 20 };

static const Str inside[] = {STR_INIT("gp"),      STR_INIT("specialist"),   STR_INIT("physio"),
                             STR_INIT("nurse"),   STR_INIT("psychologist"), STR_INIT("secretary"),
                             STR_INIT("billing"), STR_INIT("pharmacist"),   STR_INIT("lab"),
                             STR_INIT("patient"), STR_INIT("operator"),     STR_INIT("admin"),
                             STR_INIT("auditor")};

/* Words in quotes, quotes twice. SPEC RFC 4180 */
static void add_field(Buf *buf, Str text, bool last)
{
    buf_add_lit(buf, "\"");
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '"')
            buf_add_lit(buf, "\"");
        /* what a spreadsheet would take for a formula */
        if (i == 0 && (c == '=' || c == '+' || c == '-' || c == '@'))
            buf_add_lit(buf, "'");
        buf_add(buf, &c, 1);
    }
    buf_add_str(buf, last ? STR("\"\r\n") : STR("\","));
}

static const JsonValue *requestor(const JsonValue *event)
{
    JsonValue *agent;
    for (JsonIter it = json_iter(json_get(event, STR("agent"))); json_next(&it, NULL, &agent);) {
        if (json_bool(json_get(agent, STR("requestor"))))
            return agent;
    }
    return NULL;
}

static Str code_of(const JsonValue *concepts)
{
    return json_get_str(json_item(json_get(json_item(concepts, 0), STR("coding")), 0), STR("code"));
}

static bool is_inside(Str role, Str interaction)
{
    if (str_has_prefix(interaction, STR("privacy-")) || str_has_prefix(interaction, STR("export")))
        return false;
    for (size_t i = 0; i < COUNT_OF(inside); i++) {
        if (str_eq(role, inside[i]))
            return true;
    }
    return false;
}

static void add_event(Buf *buf, const JsonValue *event, bool all)
{
    const JsonValue *agent = requestor(event);
    Str role = code_of(json_get(agent, STR("role"))),
        interaction = json_get_str(json_item(json_get(event, STR("subtype")), 0), STR("code")),
        purpose = code_of(json_get(agent, STR("purposeOfUse")));
    if (!all && is_inside(role, interaction))
        return;
    add_field(buf, json_get_str(event, STR("recorded")), false);
    add_field(buf, json_get_str(agent, STR("altId")), false);
    add_field(buf, role, false);
    add_field(buf, interaction, false);
    bool begun = false;
    buf_add_lit(buf, "\"");
    JsonValue *entity;
    for (JsonIter it = json_iter(json_get(event, STR("entity"))); json_next(&it, NULL, &entity);) {
        Str reference = json_get_str(json_get(entity, STR("what")), STR("reference"));
        if (!reference.len)
            continue;
        buf_add_str(buf, begun ? STR(" ") : STR_EMPTY);
        buf_add_str(buf, reference); /* a type and an id: no quotes in it */
        begun = true;
    }
    buf_add_lit(buf, "\",");
    add_field(buf, purpose, true);
}

Status privacy_disclosures(Ctx *cx, Record *record, const Call *call, Str patient, Time since,
                           bool all, Str *ret_csv)
{
    RecordScope scope = {.type = STR("AuditEvent")};
    Call own = *call;
    Buf csv;
    char at[TIME_INSTANT_LEN];
    buf_init(&csv, cx->arena, 65536, CSV_BYTES_MAX);
    buf_add_lit(&csv, "when,account,role,what was done,of what,purpose\r\n");
    own.query = arena_format(cx->arena, "patient=" STR_FMT "&date=ge%.*s&_count=500",
                             STR_ARG(patient), TIME_INSTANT_LEN, time_format_instant(since, at).at);
    while (own.query.len) {
        Reply reply;
        JsonValue *bundle, *entry, *link;
        (void)record_search(record, cx, &own, &scope, &reply);
        TRY(record_finish(record, cx, &own, &reply));
        TRY(json_parse(cx, reply.body, &bundle));
        for (JsonIter it = json_iter(json_get(bundle, STR("entry"))); json_next(&it, NULL, &entry);)
            add_event(&csv, json_get(entry, STR("resource")), all);
        link = json_item(json_get(bundle, STR("link")), 1);
        Str url = json_get_str(link, STR("url"));
        size_t mark = str_index(url, '?');
        own.query = url.len && mark != SIZE_MAX ? str_from(url, mark + 1) : STR_EMPTY;
    }
    *ret_csv = buf_str(&csv);
    return buf_done(&csv);
}

/* leaks/asker.c - a request at random: of every interaction, with every parameter of the tables,
 * with values out of all that there is, hidden or not. */
#include "leaks/ask.h"
#include "leaks/maker.h"

#define FORMAT(a, ...) arena_format((a)->arena, __VA_ARGS__)

/* ---- choices
 * ------------------------------------------------------------------------------------- */

static const StoreRow *any_row(Asker *a)
{
    return &a->changes[dice(a->dice, (unsigned)a->change_count)].row;
}

static Str type_of(const StoreRow *row)
{
    return fhir_type_name(row->type);
}

static const FhirParam *any_param(Asker *a, Str type)
{
    size_t count;
    const FhirParam *all = fhir_params_of(fhir_type_find(type), &count);
    return &all[dice(a->dice, (unsigned)count)];
}

static Str any_type(Asker *a)
{
    return type_of(any_row(a));
}

static Str encoded(Asker *a, Str text)
{
    Buf buf;
    buf_init(&buf, a->arena, text.len + 16, 1 << 16);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c && strchr("-._~:/,*", c));
        if (plain)
            buf_add_char(&buf, c);
        else
            buf_format(&buf, "%%%02X", (unsigned char)c);
    }
    return buf_str(&buf);
}

/* Names of members at the top of a resource: what _elements and a search by the element ask. */
static Str any_member(Asker *a, const StoreRow *row)
{
    Ctx cx = {.arena = a->arena};
    JsonValue *root, *value;
    Str name, chosen = STR("id");
    unsigned seen = 0;
    if (!row->body.len || json_parse(&cx, row->body, &root) != STATUS_OK)
        return chosen;
    for (JsonIter it = json_iter(root); json_next(&it, &name, &value);) {
        if (name.at[0] != '_' && !str_eq(name, STR("resourceType")) && dice(a->dice, ++seen) == 0)
            chosen = name;
    }
    return chosen;
}

/* ---- about the answer
 * ------------------------------------------------------------------------------ */

static Str some_sort(Asker *a, Str type)
{
    static const char *const always[] = {"_id", "_lastUpdated"};
    Str sort = STR_EMPTY;
    for (unsigned i = 0, count = 1 + dice(a->dice, 2); i < count; i++) {
        Str code =
            dice_percent(a->dice, 15) ? str_of(PICK(a->dice, always)) : any_param(a, type)->code;
        sort = FORMAT(a, STR_FMT "%s%s" STR_FMT, STR_ARG(sort), i ? "," : "",
                      dice_percent(a->dice, 50) ? "-" : "", STR_ARG(code));
    }
    return sort;
}

/* (STR_ARG looks at its argument twice: no throws in it.) */
static void add_pair(Buf *q, const char *name, Str value)
{
    buf_format(q, "&%s=" STR_FMT, name, STR_ARG(value));
}

static void add_controls(Asker *a, Buf *q, Str type)
{
    static const char *const summaries[] = {"true", "text", "data", "count", "false"};
    static const char *const totals[] = {"accurate", "estimate", "none"};
    unsigned way = dice(a->dice, 100);
    if (dice_percent(a->dice, 55))
        buf_format(q, "&_count=%u", dice_percent(a->dice, 10) ? 0 : 1 + dice(a->dice, 9));
    if (dice_percent(a->dice, 40))
        buf_format(q, "&_total=%s", PICK(a->dice, totals));
    if (way < 12)
        buf_format(q, "&_summary=%s", PICK(a->dice, summaries));
    else if (way < 24 && type.len)
        add_pair(q, "_elements", any_member(a, any_row(a)));
    if (type.len && dice_percent(a->dice, 25))
        add_pair(q, "_sort", some_sort(a, type));
    if (dice_percent(a->dice, 3))
        buf_add_lit(q, "&_contained=both");
    if (dice_percent(a->dice, 2))
        buf_add_lit(q, "&_explain=true");
}

static void add_include(Asker *a, Buf *q, Str type)
{
    const FhirParam *param = any_param(a, type);
    Str other = any_type(a);
    const char *iterate = dice_percent(a->dice, 30) ? ":iterate" : "";
    for (int tries = 0; param->kind != FHIR_PARAM_REFERENCE && tries < 30; tries++)
        param = any_param(a, type);
    switch (dice(a->dice, 5)) {
    case 0: buf_format(q, "&_include%s=" STR_FMT ":*", iterate, STR_ARG(type)); return;
    case 1: buf_format(q, "&_include%s=*", iterate); return;
    case 2: buf_format(q, "&_revinclude%s=*", iterate); return;
    case 3:
        param = any_param(a, other);
        for (int tries = 0; param->kind != FHIR_PARAM_REFERENCE && tries < 30; tries++)
            param = any_param(a, other);
        buf_format(q, "&_revinclude%s=" STR_FMT ":" STR_FMT, iterate, STR_ARG(other),
                   STR_ARG(param->code));
        return;
    default:
        buf_format(q, "&_include%s=" STR_FMT ":" STR_FMT, iterate, STR_ARG(type),
                   STR_ARG(param->code));
    }
}

/* ---- searches
 * ---------------------------------------------------------------------------------------- */

/* A parameter of the tables with a plain value: finds little, tells much when it does. */
static void add_plain(Asker *a, Buf *q, Str type)
{
    static const char *const values[] = {"amber", "c1", "2023-05", "5.4", "true", "final"};
    const FhirParam *param = any_param(a, type);
    Str code = param->code;
    switch (dice(a->dice, 6)) {
    case 0:
        buf_format(q, "&" STR_FMT ":missing=%s", STR_ARG(code),
                   dice_percent(a->dice, 50) ? "true" : "false");
        return;
    case 1: buf_format(q, "&" STR_FMT ":not=%s", STR_ARG(code), PICK(a->dice, values)); return;
    case 2: buf_format(q, "&_text=%s", maker_word(a->dice)); return;
    case 3: buf_format(q, "&_content=%s", maker_word(a->dice)); return;
    case 4:
        buf_format(q, "&_lastUpdated=%s", dice_percent(a->dice, 80) ? "ge2020" : "lt2021");
        return;
    default: break;
    }
    if (param->kind == FHIR_PARAM_TOKEN && dice_percent(a->dice, 40)) {
        buf_format(q, "&" STR_FMT ":%s=http://acme.org/uri/%u", STR_ARG(code),
                   dice_percent(a->dice, 70) ? "in" : "not-in", 1 + dice(a->dice, 2));
        return;
    }
    if (param->kind == FHIR_PARAM_REFERENCE && param->target_count) {
        Str target = fhir_type_name(param->targets[dice(a->dice, (unsigned)param->target_count)]);
        Str to = pool_reference(a->dice, a->arena, target);
        if (to.len) {
            buf_format(q, "&" STR_FMT "=" STR_FMT, STR_ARG(code), STR_ARG(to));
            return;
        }
    }
    buf_format(q, "&" STR_FMT "=%s", STR_ARG(code), PICK(a->dice, values));
}

static Str about_patient(Asker *a)
{
    if (a->patient.len && dice_percent(a->dice, 60))
        return a->patient;
    return pool_reference(a->dice, a->arena, STR("Patient"));
}

static Ask search_of_compartment(Asker *a)
{
    static const char *const others[] = {"Practitioner", "Encounter", "RelatedPerson", "Device"};
    Str center = dice_percent(a->dice, 75)
                     ? about_patient(a)
                     : pool_reference(a->dice, a->arena, str_of(PICK(a->dice, others)));
    if (!center.len)
        center = STR("Patient/p0");
    Buf q;
    buf_init(&q, a->arena, 128, 4096);
    Str type = dice_percent(a->dice, 30) ? STR_EMPTY : any_type(a);
    if (type.len && dice_percent(a->dice, 40))
        add_plain(a, &q, type);
    add_controls(a, &q, type);
    Str rest = center;
    Str compartment = str_cut(&rest, '/');
    return (Ask){.kind = ASK_SEARCH,
                 .type = type,
                 .compartment = compartment,
                 .center = rest,
                 .query = str_from(buf_str(&q), q.len ? 1 : 0)};
}

static Ask search_of_tables(Asker *a)
{
    Buf q;
    buf_init(&q, a->arena, 256, 1 << 14);
    Str type = any_type(a);
    if (dice_percent(a->dice, 12)) { /* of the whole system */
        Str other = any_type(a);
        buf_format(&q, "&_type=" STR_FMT "," STR_FMT, STR_ARG(type), STR_ARG(other));
        add_controls(a, &q, STR_EMPTY);
        return (Ask){.kind = ASK_SEARCH, .type = STR_EMPTY, .query = str_from(buf_str(&q), 1)};
    }
    for (unsigned i = dice(a->dice, 3); i > 0; i--)
        add_plain(a, &q, type);
    if (dice_percent(a->dice, 25)) {
        Str patient = about_patient(a);
        if (fhir_param_find(fhir_type_find(type), STR("patient")))
            buf_format(&q, "&patient=" STR_FMT, STR_ARG(patient));
    }
    if (dice_percent(a->dice, 35))
        add_include(a, &q, type);
    add_controls(a, &q, type);
    return (Ask){.kind = ASK_SEARCH, .type = type, .query = str_from(buf_str(&q), q.len ? 1 : 0)};
}

static Ask search_of_oracle(Asker *a)
{
    OracleQuery query = query_make(a->dice, a->arena, a->oracle);
    Buf q;
    buf_init(&q, a->arena, 256, 1 << 16);
    buf_add_char(&q, '&');
    buf_add_str(&q, query_text(a->arena, &query));
    bool sorted = memmem(q.at, q.len, "_sort=", 6) != NULL;
    if (!sorted)
        add_controls(a, &q, query.type);
    Str center = query.compartment, rest = center;
    Str compartment = center.len ? str_cut(&rest, '/') : STR_EMPTY;
    return (Ask){.kind = ASK_SEARCH,
                 .type = query.type,
                 .compartment = compartment,
                 .center = center.len ? rest : STR_EMPTY,
                 .query = str_from(buf_str(&q), 1)};
}

static Ask any_search(Asker *a)
{
    unsigned way = dice(a->dice, 100);
    Ask ask = way < 45   ? search_of_oracle(a)
              : way < 85 ? search_of_tables(a)
                         : search_of_compartment(a);
    if (dice_percent(a->dice, 5))
        ask.prefer = STR("handling=lenient");
    return ask;
}

/* ---- reads
 * --------------------------------------------------------------------------------------------- */

static Ask any_read(Asker *a)
{
    const StoreRow *row = any_row(a);
    Ask ask = {.kind = ASK_READ, .type = type_of(row), .id = row->id};
    unsigned way = dice(a->dice, 100);
    Str member = any_member(a, row);
    if (way < 5)
        ask.id = STR("nobody");
    else if (way < 12)
        ask.if_none_match = FORMAT(a, "W/\"%u\"", row->version);
    else if (way < 15)
        ask.if_modified_since = STR("Sat, 21 Nov 2099 12:00:00 GMT");
    else if (way < 25)
        ask.query = FORMAT(a, "_elements=" STR_FMT, STR_ARG(member));
    else if (way < 32)
        ask.query = STR("_summary=true");
    return ask;
}

static Ask any_vread(Asker *a)
{
    const StoreRow *row = any_row(a);
    unsigned version = dice_percent(a->dice, 90) ? row->version : row->version + 1;
    return (Ask){.kind = ASK_VREAD,
                 .type = type_of(row),
                 .id = row->id,
                 .version = FORMAT(a, "%u", version)};
}

static Ask any_history(Asker *a)
{
    const StoreRow *row = any_row(a);
    Ask ask = {.kind = ASK_HISTORY, .type = type_of(row), .id = row->id};
    Buf q;
    buf_init(&q, a->arena, 64, 512);
    unsigned way = dice(a->dice, 100);
    if (way < 40)
        ask.id = STR_EMPTY;
    if (way < 20)
        ask.type = STR_EMPTY;
    if (dice_percent(a->dice, 60))
        buf_format(&q, "&_count=%u", 1 + dice(a->dice, 12));
    if (dice_percent(a->dice, 40)) { /* the moment of some version, of this resource or another */
        char instant[TIME_INSTANT_LEN];
        add_pair(&q, dice_percent(a->dice, 50) ? "_since" : "_at",
                 encoded(a, time_format_instant(any_row(a)->updated, instant)));
    }
    ask.query = str_from(buf_str(&q), q.len ? 1 : 0);
    return ask;
}

/* ---- writes
 * ---------------------------------------------------------------------------------------------- */

/* Writing one of these changes who may see what: that is another test. */
static bool decides(Str type)
{
    static const char *const types[] = {
        "CareTeam",         "Consent",      "EpisodeOfCare", "RelatedPerson",
        "PractitionerRole", "Practitioner", "Organization",  "SearchParameter",
        "Patient",          "Group",        "Flag"};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (str_eq(type, str_of(types[i])))
            return true;
    }
    return false;
}

static const StoreRow *any_written(Asker *a)
{
    const StoreRow *row = any_row(a);
    while (!row->body.len || decides(type_of(row)))
        row = any_row(a);
    return row;
}

/* Words of another resource's parameters, as a condition. */
static Str any_condition(Asker *a, const StoreRow *row)
{
    Ctx cx = {.arena = a->arena};
    JsonValue *body, *identifier;
    if (dice_percent(a->dice, 50) && json_parse(&cx, row->body, &body) == STATUS_OK) {
        identifier = json_get(body, STR("identifier"));
        if (json_is(identifier, JSON_ARRAY))
            identifier = json_item(identifier, 0);
        Str value = json_get_str(identifier, STR("value"));
        value = encoded(a, value);
        if (value.len)
            return FORMAT(a, "identifier=" STR_FMT, STR_ARG(value));
    }
    if (dice_percent(a->dice, 25)) {
        Buf q;
        buf_init(&q, a->arena, 128, 4096);
        add_plain(a, &q, type_of(row));
        return str_from(buf_str(&q), 1);
    }
    return FORMAT(a, "_id=" STR_FMT, STR_ARG(row->id));
}

/* The body of a version, for the resource of another id. */
static Str body_for(Asker *a, const StoreRow *row, Str id)
{
    Str from = FORMAT(a, "\"id\":\"" STR_FMT "\"", STR_ARG(row->id));
    const char *at = memmem(row->body.at, row->body.len, from.at, from.len);
    if (!at || str_eq(row->id, id))
        return row->body;
    size_t before = (size_t)(at - row->body.at);
    return FORMAT(a, STR_FMT "\"id\":\"" STR_FMT "\"" STR_FMT, STR_ARG(str_head(row->body, before)),
                  STR_ARG(id), STR_ARG(str_from(row->body, before + from.len)));
}

/* As it is, but for somebody else, or with a reference that a condition names. */
static Str bent(Asker *a, Str body)
{
    static const Str mark = STR_INIT("\"reference\":\"Patient/");
    const char *at = memmem(body.at, body.len, mark.at, mark.len);
    if (!at || dice_percent(a->dice, 60))
        return body;
    size_t start = (size_t)(at - body.at) + sizeof("\"reference\":\"") - 1, end = start;
    while (end < body.len && body.at[end] != '"')
        end++;
    Str to = dice_percent(a->dice, 70) ? about_patient(a)
                                       : FORMAT(a, "Patient?identifier=%u", 100 + dice(a->dice, 9));
    return FORMAT(a, STR_FMT STR_FMT STR_FMT, STR_ARG(str_head(body, start)), STR_ARG(to),
                  STR_ARG(str_from(body, end)));
}

static void add_match(Asker *a, Ask *ask, const StoreRow *row)
{
    unsigned way = dice(a->dice, 100);
    if (way < 30)
        ask->if_match = FORMAT(a, "W/\"%u\"", row->version);
    else if (way < 40)
        ask->if_match = STR("W/\"999\"");
    else if (way < 50)
        ask->if_none_match = STR("*");
}

static Ask any_update(Asker *a)
{
    const StoreRow *row = any_written(a), *other = any_written(a);
    for (int tries = 0; other->type != row->type && tries < 200; tries++)
        other = any_written(a);
    if (other->type != row->type)
        other = row;
    Ask ask = {.kind = ASK_UPDATE, .type = type_of(row), .id = row->id};
    if (dice_percent(a->dice, 8))
        ask.id = FORMAT(a, "fresh%u", dice(a->dice, 50));
    ask.body = bent(a, body_for(a, other, ask.id));
    add_match(a, &ask, row);
    if (dice_percent(a->dice, 25)) {
        ask.id = STR_EMPTY;
        ask.query = any_condition(a, row);
    }
    return ask;
}

static Ask any_create(Asker *a)
{
    const StoreRow *row = any_written(a);
    Ask ask = {.kind = ASK_CREATE, .type = type_of(row), .body = bent(a, row->body)};
    if (dice_percent(a->dice, 50))
        ask.if_none_exist = any_condition(a, row);
    return ask;
}

static Ask any_patch(Asker *a)
{
    const StoreRow *row = any_written(a);
    Ask ask = {.kind = ASK_PATCH, .type = type_of(row), .id = row->id};
    Str member = any_member(a, row);
    switch (dice(a->dice, 3)) {
    case 0:
        ask.body = FORMAT(a, "[{\"op\":\"test\",\"path\":\"/" STR_FMT "\",\"value\":\"amber\"}]",
                          STR_ARG(member));
        break;
    case 1:
        ask.body = FORMAT(a, "[{\"op\":\"remove\",\"path\":\"/" STR_FMT "\"}]", STR_ARG(member));
        break;
    default: ask.body = STR("[{\"op\":\"add\",\"path\":\"/language\",\"value\":\"en\"}]");
    }
    add_match(a, &ask, row);
    if (dice_percent(a->dice, 25)) {
        ask.id = STR_EMPTY;
        ask.query = any_condition(a, row);
    }
    return ask;
}

static Ask any_delete(Asker *a)
{
    const StoreRow *row = any_written(a);
    Ask ask = {.kind = ASK_DELETE, .type = type_of(row), .id = row->id};
    if (dice_percent(a->dice, 40)) {
        ask.id = STR_EMPTY;
        ask.query = any_condition(a, row);
    } else {
        add_match(a, &ask, row);
    }
    return ask;
}

static void add_entry(Asker *a, Buf *buf, unsigned number, bool reads)
{
    unsigned way = reads ? dice(a->dice, 3) : dice(a->dice, 9);
    Ask ask = way == 0   ? any_read(a)
              : way == 1 ? any_search(a)
              : way == 2 ? any_vread(a)
              : way < 5  ? any_create(a)
              : way < 7  ? any_update(a)
              : way == 7 ? any_delete(a)
                         : any_patch(a);
    static const char *const methods[] = {"GET", "GET",   "GET",    "GET", "POST",
                                          "PUT", "PATCH", "DELETE", "POST"};
    const char *method = methods[ask.kind];
    buf_format(buf, "%s{", number ? "," : "");
    if (ask.kind == ASK_CREATE)
        buf_format(buf, "\"fullUrl\":\"urn:uuid:c757873d-ec9a-4326-a141-5560%08u\",", number);
    if (ask.kind == ASK_PATCH)
        buf_add_lit(buf, "\"resource\":{\"resourceType\":\"Binary\",\"contentType\":"
                         "\"application/json-patch+json\",\"data\":\"W10=\"},");
    else if (ask.body.len)
        buf_format(buf, "\"resource\":" STR_FMT ",", STR_ARG(ask.body));
    buf_format(buf, "\"request\":{\"method\":\"%s\",\"url\":", method);
    Str url = FORMAT(a, STR_FMT "%s" STR_FMT "%s" STR_FMT "%s" STR_FMT, STR_ARG(ask.type),
                     ask.id.len ? "/" : "", STR_ARG(ask.id), ask.version.len ? "/_history/" : "",
                     STR_ARG(ask.version), ask.query.len ? "?" : "", STR_ARG(ask.query));
    json_write_string(buf, url);
    if (ask.if_match.len) {
        buf_add_lit(buf, ",\"ifMatch\":");
        json_write_string(buf, ask.if_match);
    }
    if (ask.if_none_exist.len) {
        buf_add_lit(buf, ",\"ifNoneExist\":");
        json_write_string(buf, ask.if_none_exist);
    }
    buf_add_lit(buf, "}}");
}

static Ask any_bundle(Asker *a)
{
    Buf buf;
    bool batch = dice_percent(a->dice, 50), reads = dice_percent(a->dice, 25);
    buf_init(&buf, a->arena, 4096, 1 << 22);
    buf_format(&buf, "{\"resourceType\":\"Bundle\",\"type\":\"%s\",\"entry\":[",
               batch ? "batch" : "transaction");
    for (unsigned i = 0, count = 1 + dice(a->dice, 3); i < count; i++)
        add_entry(a, &buf, i, reads);
    buf_add_lit(&buf, "]}");
    return (Ask){.kind = ASK_BUNDLE, .type = STR_EMPTY, .body = buf_str(&buf)};
}

Ask asker_make(Asker *a, bool writes)
{
    unsigned way = dice(a->dice, 100);
    if (writes && way < 40) {
        switch (dice(a->dice, 6)) {
        case 0: return any_create(a);
        case 1:
        case 2: return any_update(a);
        case 3: return any_patch(a);
        case 4: return any_delete(a);
        default: return any_bundle(a);
        }
    }
    way = dice(a->dice, 100);
    return way < 14   ? any_read(a)
           : way < 22 ? any_vread(a)
           : way < 34 ? any_history(a)
                      : any_search(a);
}

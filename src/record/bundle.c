/* record/bundle.c - a Bundle comes in: its entries are read, run as batch or transaction,
 * and answered in their order.
 *
 * SPEC R4 http.html#transaction, bundle.html#bundle-unique */
#include "record/bundle.h"

#include "crypto/crypto.h"
#include "record/answer.h"

static const struct {
    Str method;
    Verb verb;
    bool head;
} verbs[] = {
    {STR_INIT("GET"), VERB_GET, false},       {STR_INIT("HEAD"), VERB_GET, true},
    {STR_INIT("POST"), VERB_POST, false},     {STR_INIT("PUT"), VERB_PUT, false},
    {STR_INIT("DELETE"), VERB_DELETE, false}, {STR_INIT("PATCH"), VERB_PATCH, false},
};

/* ---- issues ---------------------------------------------------------------------- */

size_t bundle_mark(const Ctx *cx)
{
    return cx->issue_count;
}

/* "Patient.name" of entry 3 becomes "Bundle.entry[3].resource.name". */
void bundle_place_issues(Ctx *cx, size_t mark, size_t entry)
{
    size_t at = 0;
    for (Issue *issue = cx->issues; issue; issue = issue->next) {
        if (at++ < mark)
            continue;
        Str rest = issue->expression;
        bool placed = str_has_prefix(rest, STR("Bundle."));
        size_t dot = str_index(rest, '.');
        if (!placed)
            issue->expression = arena_format(
                cx->arena, "Bundle.entry[%zu]%s" STR_FMT, entry, rest.len ? ".resource" : "",
                STR_ARG(dot == SIZE_MAX ? STR_EMPTY : str_from(rest, dot)));
    }
}

/* ---- reading entries --------------------------------------------------------------- */

static Status bad_entry(Ctx *cx, size_t index, Status status, const char *element,
                        const char *sentence)
{
    Str expression = arena_format(cx->arena, "Bundle.entry[%zu]%s", index, element);
    return ctx_fail(cx, status, expression, "%s", sentence);
}

/* "base/Patient/1", "/Patient/1" and "Patient/1" are the same address. */
static Str relative_url(Str url, Str base)
{
    if (base.len && str_has_prefix(url, base) && url.len > base.len && url.at[base.len] == '/')
        url = str_from(url, base.len);
    return url.len && url.at[0] == '/' ? str_from(url, 1) : url;
}

static Status read_target(Ctx *cx, Entry *entry)
{
    Str rest = entry->path, type = str_cut(&rest, '/');
    entry->type = fhir_type_find(type);
    entry->id = rest.at ? str_cut(&rest, '/') : STR_EMPTY;
    if (entry->verb == VERB_GET)
        return STATUS_OK; /* judged when it runs */
    if (!entry->type)
        return bad_entry(cx, entry->index, STATUS_NOT_FOUND, ".request.url",
                         "The url names no resource type of FHIR R4.");
    if (rest.at || (entry->verb == VERB_POST && entry->id.len))
        return bad_entry(cx, entry->index, STATUS_UNSUPPORTED, ".request.url",
                         "This url is not supported in a bundle.");
    if (entry->query.at && (entry->verb == VERB_POST || entry->id.len))
        return bad_entry(cx, entry->index, STATUS_INVALID, ".request.url",
                         "Only a url without an id has a condition.");
    if (entry->id.len && !fhir_id_is(entry->id))
        return bad_entry(cx, entry->index, STATUS_INVALID, ".request.url",
                         "An id has 1 to 64 characters of A-Z a-z 0-9 - and the full stop.");
    return STATUS_OK;
}

static Status read_verb(Ctx *cx, Entry *entry, Str method)
{
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        if (str_eq(verbs[i].method, method)) {
            entry->verb = verbs[i].verb;
            entry->head = verbs[i].head;
            return STATUS_OK;
        }
    }
    return bad_entry(cx, entry->index, STATUS_INVALID, ".request.method",
                     "The method is GET, HEAD, POST, PUT, DELETE or PATCH.");
}

static Status read_entry(Scene *scene, JsonValue *value, Entry *entry)
{
    Ctx *cx = scene->cx;
    JsonValue *request = json_get(value, STR("request"));
    if (!request)
        return bad_entry(cx, entry->index, STATUS_INVALID, ".request",
                         "An entry of a batch or transaction has a request.");
    TRY(read_verb(cx, entry, json_get_str(request, STR("method"))));
    entry->full_url = json_get_str(value, STR("fullUrl"));
    entry->resource = json_get(value, STR("resource"));
    entry->if_match = json_get_str(request, STR("ifMatch"));
    entry->if_none_match = json_get_str(request, STR("ifNoneMatch"));
    Str since = json_get_str(request, STR("ifModifiedSince"));
    Time lo, hi;
    if (since.len && fhir_date_range(since, &lo, &hi)) {
        char *text = arena_alloc_raw(cx->arena, TIME_HTTP_LEN);
        entry->if_modified_since = text ? time_format_http(lo, text) : STR_EMPTY;
    }
    entry->if_none_exist = json_get_str(request, STR("ifNoneExist"));
    if (entry->if_none_exist.len && entry->verb != VERB_POST)
        return bad_entry(cx, entry->index, STATUS_INVALID, ".request.ifNoneExist",
                         "Only a POST has ifNoneExist.");
    bool needs_body =
        entry->verb == VERB_POST || entry->verb == VERB_PUT || entry->verb == VERB_PATCH;
    if (needs_body && !entry->resource)
        return bad_entry(cx, entry->index, STATUS_INVALID, ".resource",
                         "This entry needs a resource.");
    Str url = relative_url(json_get_str(request, STR("url")), scene->call->base);
    entry->query = url;
    entry->path = str_cut(&entry->query, '?');
    return read_target(cx, entry);
}

static Status read_entries(Bundle *bundle, JsonValue *list, bool transaction)
{
    Scene *scene = bundle->scene;
    Ctx *cx = scene->cx;
    size_t max = scene->record->options.bundle_entries_max;
    if (json_count(list) > max)
        return ctx_fail(cx, STATUS_TOO_LARGE, STR("Bundle.entry"),
                        "A bundle may have at most %zu entries.", max);
    bundle->entries = arena_array_of(cx->arena, Entry, json_count(list) + 1);
    if (!bundle->entries)
        return STATUS_MEMORY;
    JsonValue *value;
    for (JsonIter it = json_iter(list); json_next(&it, NULL, &value); bundle->count++) {
        Entry *entry = &bundle->entries[bundle->count];
        entry->index = bundle->count;
        size_t mark = bundle_mark(cx);
        entry->status = read_entry(scene, value, entry);
        if (entry->status == STATUS_OK)
            continue;
        if (transaction)
            return entry->status;
        bundle_place_issues(cx, mark, entry->index);
        TRY(ctx_outcome(cx, entry->status, &entry->outcome));
        ctx_forget(cx); /* they are its outcome */
    }
    return STATUS_OK;
}

/* ---- parts that both kinds use ------------------------------------------------------- */

StoreMethod bundle_method(Verb verb)
{
    static const StoreMethod methods[] = {[VERB_DELETE] = STORE_DELETE,
                                          [VERB_POST] = STORE_CREATE,
                                          [VERB_PUT] = STORE_UPDATE,
                                          [VERB_PATCH] = STORE_PATCH};
    assert(verb < COUNT_OF(methods));
    return methods[verb];
}

Str bundle_identity(Ctx *cx, uint16_t type, Str id)
{
    return arena_format(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(fhir_type_name(type)), STR_ARG(id));
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

Status bundle_scratch(Bundle *bundle)
{
    Arena *home = bundle->scene->cx->arena;
    void **hook = arena_defer(home, free_arena, NULL);
    bundle->scratch = hook ? arena_new(arena_bytes_max(home), true) : NULL;
    if (!bundle->scratch)
        return STATUS_MEMORY;
    *hook = bundle->scratch;
    return STATUS_OK;
}

Call bundle_entry_call(const Bundle *bundle, const Entry *entry)
{
    Call call = *bundle->scene->call;
    call.if_match = entry->if_match;
    call.if_none_match = entry->if_none_match;
    call.if_modified_since = entry->if_modified_since;
    call.if_none_exist = entry->if_none_exist;
    call.query = entry->query.at ? entry->query : STR_EMPTY;
    call.head = entry->head;
    if (preferred_return(call.prefer, RETURN_MINIMAL) != RETURN_REPRESENTATION)
        call.prefer = STR("return=minimal");
    return call;
}

/* The interaction that the path names. SPEC R4 http.html#summary */
Status bundle_prepare_get(const Bundle *bundle, Ctx *cx, const Entry *entry, const Call *call,
                          Reply *reply)
{
    enum { PARTS_MAX = 4 };
    static const Str history = STR_INIT("_history");
    Record *record = bundle->scene->record;
    Str part[PARTS_MAX] = {STR_EMPTY, STR_EMPTY, STR_EMPTY, STR_EMPTY}, rest = entry->path;
    size_t count = 0;
    while (rest.at && rest.len && count < PARTS_MAX)
        part[count++] = str_cut(&rest, '/');
    bool of_system = str_eq(part[0], history), of_type = str_eq(part[1], history);
    bool of_one = str_eq(part[2], history);
    if (rest.at && rest.len)
        count = PARTS_MAX + 1;
    if (count == 1 && of_system)
        return record_history(record, cx, call, STR_EMPTY, STR_EMPTY, reply);
    if (count == 2 && of_type)
        return record_history(record, cx, call, part[0], STR_EMPTY, reply);
    if (count == 3 && of_one)
        return record_history(record, cx, call, part[0], part[1], reply);
    if (count == 4 && of_one)
        return record_vread(record, cx, call, part[0], part[1], part[3], reply);
    if (count == 2)
        return record_read(record, cx, call, part[0], part[1], reply);
    if (count > 3)
        return bad_entry(cx, entry->index, STATUS_UNSUPPORTED, ".request.url",
                         "This url is not supported in a bundle.");
    RecordScope scope = {.type = part[0]};
    if (count == 3)
        scope = (RecordScope){str_eq(part[2], STR("*")) ? STR_EMPTY : part[2], part[0], part[1]};
    return record_search(record, cx, call, &scope, reply);
}

void bundle_take_reply(Entry *entry, const Reply *reply)
{
    entry->http = reply->http;
    entry->location = reply->location;
    entry->body = entry->head ? STR_EMPTY : reply->body;
    entry->version = reply->version;
    entry->updated = reply->updated;
}

Status bundle_get(Bundle *bundle, Entry *entry)
{
    Scene *scene = bundle->scene;
    Call call = bundle_entry_call(bundle, entry);
    Reply *reply = arena_new_of(scene->cx->arena, Reply);
    if (!reply)
        return STATUS_MEMORY;
    Status status = bundle_prepare_get(bundle, scene->cx, entry, &call, reply);
    Status durable = record_finish(scene->record, scene->cx, &call, reply);
    for (int tries = 1; reply->commit.stale && tries < RETRIES_MAX; tries++) {
        TRY(record_renew(scene->cx, &call, reply));
        status = bundle_prepare_get(bundle, scene->cx, entry, &call, reply);
        durable = record_finish(scene->record, scene->cx, &call, reply);
    }
    if (status == STATUS_OK && durable != STATUS_OK)
        return durable;
    bundle_take_reply(entry, reply);
    return status;
}

Status bundle_patch_of(Ctx *cx, const Entry *entry, JsonValue **ret_patch)
{
    Str kind = json_get_str(entry->resource, STR("contentType"));
    Str data = json_get_str(entry->resource, STR("data"));
    if (!str_eq(kind, STR("application/json-patch+json")))
        return bad_entry(cx, entry->index, STATUS_UNSUPPORTED, ".resource",
                         "A patch in a bundle is a Binary of application/json-patch+json.");
    char *text = arena_alloc_raw(cx->arena, data.len + 1);
    Str patch;
    if (!text)
        return STATUS_MEMORY;
    while (data.len && data.at[data.len - 1] == '=')
        data.len--;
    for (size_t i = 0; i < data.len; i++)
        text[i] = data.at[i] == '+' ? '-' : data.at[i] == '/' ? '_' : data.at[i];
    if (!crypto_base64url_decode(cx->arena, str_n(text, data.len), &patch))
        return bad_entry(cx, entry->index, STATUS_INVALID, ".resource.data",
                         "The data of the patch is not base64.");
    return json_parse(cx, patch, ret_patch);
}

/* ---- the answer ------------------------------------------------------------------------ */

static void add_entry(Buf *buf, const Entry *entry)
{
    unsigned http = entry->status == STATUS_OK ? entry->http : status_http(entry->status);
    buf_add_lit(buf, "{");
    if (entry->body.len) {
        buf_add_lit(buf, "\"resource\":");
        buf_add_str(buf, entry->body);
        buf_add_lit(buf, ",");
    }
    answer_response(buf, http, entry->location, entry->version, entry->updated);
    if (entry->outcome.len) {
        buf->len--; /* into the response */
        buf_add_lit(buf, ",\"outcome\":");
        buf_add_str(buf, entry->outcome);
        buf_add_lit(buf, "}");
    }
    buf_add_lit(buf, "}");
}

static Status answer(Bundle *bundle, const char *kind)
{
    Buf buf;
    buf_init(&buf, bundle->scene->cx->arena, 1024 + bundle->count * 192, ANSWER_BYTES_MAX);
    answer_begin(&buf, kind);
    if (bundle->count)
        buf_add_lit(&buf, ",\"entry\":[");
    for (size_t i = 0; i < bundle->count; i++) {
        if (i)
            buf_add_lit(&buf, ",");
        add_entry(&buf, &bundle->entries[i]);
    }
    buf_add_str(&buf, bundle->count ? STR("]}") : STR("}"));
    bundle->scene->reply->body = buf_str(&buf);
    return buf_done(&buf);
}

static Status run_bundle(Scene *scene, Body body)
{
    Ctx *cx = scene->cx;
    JsonValue *root;
    FhirChecked checked;
    FhirCheck how = {.skip_entries = true};
    TRY(access_need_read(cx, scene->call->access));
    TRY(criteria_refuse(cx, scene->call->query));
    if (scene->call->if_none_exist.len)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "In a bundle the condition of a create is the ifNoneExist of its entry.");
    TRY(json_parse_in_place(cx, body.at, body.len, &root));
    TRY(fhir_validate(cx, root, &how, &checked));
    if (checked.type != fhir_type_find(STR("Bundle")))
        return ctx_fail(cx, STATUS_INVALID, fhir_type_name(checked.type),
                        "The base address takes a Bundle: batch or transaction.");
    Str type = json_get_str(root, STR("type"));
    bool transaction = str_eq(type, STR("transaction"));
    if (!transaction && !str_eq(type, STR("batch")))
        return ctx_fail(cx, STATUS_INVALID, STR("Bundle.type"),
                        "The base address takes a batch or a transaction.");
    scene->audit.interaction = transaction ? STR("transaction") : STR("batch");
    scene->reply->retry = transaction; /* of a batch, what is done is done */
    Bundle bundle = {.scene = scene};
    TRY(read_entries(&bundle, json_get(root, STR("entry")), transaction));
    TRY(transaction ? transaction_run(&bundle) : batch_run(&bundle));
    return answer(&bundle, transaction ? "transaction-response" : "batch-response");
}

Status record_bundle(Record *record, Ctx *cx, const Call *call, Body body, Reply *reply)
{
    Scene scene = scene_begin(record, cx, call, reply, STR("batch"));
    return scene_end(&scene, run_bundle(&scene, body));
}

/* record/batch.c - a batch: entries on their own, each with its own fate.
 *
 * SPEC R4 http.html#brules */
#include "record/bundle.h"
#include "record/write.h"

static Status run_write(Bundle *bundle, Entry *entry, const Call *call, Reply *reply)
{
    Ctx *cx = bundle->scene->cx;
    JsonValue *value = entry->resource;
    if (entry->verb == VERB_PATCH)
        TRY(bundle_patch_of(cx, entry, &value));
    return write_entry(bundle->scene->record, cx, call, bundle_method(entry->verb),
                       fhir_type_name(entry->type), entry->id, value, reply);
}

static Status run_entry(Bundle *bundle, Entry *entry)
{
    if (entry->verb == VERB_GET)
        return bundle_get(bundle, entry);
    Call call = bundle_entry_call(bundle, entry);
    Reply *reply = arena_new_of(bundle->scene->cx->arena, Reply);
    if (!reply)
        return STATUS_MEMORY;
    Status status = STATUS_CONFLICT;
    for (int tries = 0; status == STATUS_CONFLICT && tries < RETRIES_MAX; tries++) {
        status = run_write(bundle, entry, &call, reply);
        bool retry = reply->retry;
        Status durable = record_finish(bundle->scene->record, bundle->scene->cx, &call, reply);
        if (status != STATUS_OK)
            break;
        status = durable;
        if (!retry)
            break;
    }
    entry->http = reply->http;
    entry->location = reply->location;
    entry->body = reply->body;
    entry->version = reply->version;
    entry->updated = reply->updated;
    return status;
}

/* The issues of one entry become its outcome; the next entry begins without any. */
static Status keep_outcome(Ctx *cx, Entry *entry)
{
    if (entry->status != STATUS_OK) {
        bundle_place_issues(cx, 0, entry->index);
        TRY(ctx_outcome(cx, entry->status, &entry->outcome));
        entry->body = entry->location = STR_EMPTY;
    }
    cx->issues = cx->issues_last = NULL;
    cx->issue_count = 0;
    return STATUS_OK;
}

Status batch_run(Bundle *bundle)
{
    Ctx *cx = bundle->scene->cx;
    for (Verb verb = 0; verb < VERB_COUNT; verb++) {
        for (size_t i = 0; i < bundle->count; i++) {
            Entry *entry = &bundle->entries[i];
            if (entry->verb != verb || entry->status != STATUS_OK)
                continue;
            TRY(ctx_check_deadline(cx));
            entry->status = run_entry(bundle, entry);
            TRY(keep_outcome(cx, entry));
        }
    }
    return STATUS_OK;
}

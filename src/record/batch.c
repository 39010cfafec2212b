/* record/batch.c - a batch: entries on their own, each with its own fate.
 *
 * The entries of one verb do not wait for each other: each is prepared and queued, and one
 * fsync serves all that have queued up. Before the next verb all of them are durable. Who
 * lost against somebody else is run again then, by itself.
 *
 * SPEC R4 http.html#brules */
#include "record/bundle.h"

#include <pthread.h>

#include "record/write.h"

typedef struct {
    Bundle *bundle;
    pthread_mutex_t lock;
    pthread_cond_t fewer;
    size_t open; /* queued and not yet durable */
} Flight;

typedef struct {
    Flight *flight;
    Entry *entry;
    Call call;
    Reply reply;
    bool queued;
} Run;

enum { OPEN_MAX = 256 };

/* The issues of one entry become its outcome; the next entry begins without any. */
static Status keep_outcome(Ctx *cx, Entry *entry)
{
    if (entry->status != STATUS_OK) {
        bundle_place_issues(cx, 0, entry->index);
        TRY(ctx_outcome(cx, entry->status, &entry->outcome));
        entry->body = entry->location = STR_EMPTY;
    }
    bundle_forget_issues(cx);
    return STATUS_OK;
}

static Status prepare(Bundle *bundle, const Entry *entry, const Call *call, Reply *reply)
{
    Ctx *cx = bundle->scene->cx;
    JsonValue *value = entry->resource;
    *reply = (Reply){.http = 200};
    if (entry->verb == VERB_GET)
        return bundle_prepare_get(bundle, entry, call, reply);
    if (entry->verb == VERB_PATCH)
        TRY(bundle_patch_of(cx, entry, &value));
    return write_entry(bundle->scene->record, cx, call, bundle_method(entry->verb),
                       fhir_type_name(entry->type), entry->id, value, reply);
}

/* ---- in flight ------------------------------------------------------------------------- */

/* On the writer's thread; the condition that the commit decided is free from here on. */
static void landed(StoreCommit *commit)
{
    Run *run = commit->owner;
    Flight *flight = run->flight;
    record_settled(&run->reply);
    pthread_mutex_lock(&flight->lock);
    flight->open--;
    pthread_cond_signal(&flight->fewer);
    pthread_mutex_unlock(&flight->lock);
}

static void wait_for_open(Flight *flight, size_t most)
{
    pthread_mutex_lock(&flight->lock);
    while (flight->open > most)
        pthread_cond_wait(&flight->fewer, &flight->lock);
    pthread_mutex_unlock(&flight->lock);
}

static void queue(Flight *flight, Run *run)
{
    Scene *scene = flight->bundle->scene;
    StoreCommit *commit = &run->reply.commit;
    if (!commit->write_count && !commit->audit_count)
        return;
    wait_for_open(flight, OPEN_MAX - 1);
    pthread_mutex_lock(&flight->lock);
    flight->open++;
    pthread_mutex_unlock(&flight->lock);
    run->queued = true;
    commit->done = landed;
    commit->owner = run;
    store_submit(scene->record->store, scene->cx, scene->call->access, commit);
}

static Status launch(Flight *flight, Entry *entry, Run **ret_run)
{
    Ctx *cx = flight->bundle->scene->cx;
    Run *run = arena_new_of(cx->arena, Run);
    TRY(ctx_check_deadline(cx));
    if (!run)
        return STATUS_MEMORY;
    *run = (Run){.flight = flight, .entry = entry};
    run->call = bundle_entry_call(flight->bundle, entry);
    *ret_run = run;
    entry->status = prepare(flight->bundle, entry, &run->call, &run->reply);
    bundle_take_reply(entry, &run->reply);
    TRY(keep_outcome(cx, entry));
    queue(flight, run);
    return STATUS_OK;
}

/* ---- on the ground --------------------------------------------------------------------- */

static Status run_again(Bundle *bundle, Run *run)
{
    Entry *entry = run->entry;
    Status status = STATUS_CONFLICT;
    for (int tries = 1; status == STATUS_CONFLICT && tries < RETRIES_MAX; tries++) {
        status = prepare(bundle, entry, &run->call, &run->reply);
        bundle_take_reply(entry, &run->reply);
        Status durable =
            record_finish(bundle->scene->record, bundle->scene->cx, &run->call, &run->reply);
        if (status != STATUS_OK)
            break;
        status = durable;
    }
    return status;
}

static Status judge(Bundle *bundle, Run *run)
{
    Entry *entry = run->entry;
    Status durable = run->queued ? run->reply.commit.status : STATUS_OK;
    if (durable == STATUS_OK || entry->status != STATUS_OK)
        return STATUS_OK;
    bool again = durable == STATUS_CONFLICT && run->reply.retry;
    entry->status = again ? run_again(bundle, run) : durable;
    if (entry->status != STATUS_OK)
        entry->version = 0; /* it was not made */
    return keep_outcome(bundle->scene->cx, entry);
}

static Status launch_all(Flight *flight, Verb verb, Run **runs, size_t *ret_count)
{
    Bundle *bundle = flight->bundle;
    for (size_t i = 0; i < bundle->count; i++) {
        Entry *entry = &bundle->entries[i];
        if (entry->verb != verb || entry->status != STATUS_OK)
            continue;
        Run *run = NULL;
        TRY(launch(flight, entry, &run));
        runs[(*ret_count)++] = run;
    }
    return STATUS_OK;
}

static Status run_verb(Flight *flight, Verb verb, Run **runs)
{
    size_t count = 0;
    Status status = launch_all(flight, verb, runs, &count);
    wait_for_open(flight, 0); /* also after a failure: they lie in our memory */
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = judge(flight->bundle, runs[i]);
    return status;
}

Status batch_run(Bundle *bundle)
{
    Flight flight = {bundle, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    Run **runs = arena_array_of(bundle->scene->cx->arena, Run *, bundle->count + 1);
    if (!runs)
        return STATUS_MEMORY;
    Status status = STATUS_OK;
    for (Verb verb = 0; verb < VERB_COUNT && status == STATUS_OK; verb++)
        status = run_verb(&flight, verb, runs);
    return status;
}

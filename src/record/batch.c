/* record/batch.c - a batch: entries on their own, each with its own fate.
 *
 * The entries of one verb fly together, some hundred at a time: each is prepared and queued
 * without waiting, and one fsync serves all that have queued up. When all have landed, who
 * lost against somebody else is run again by itself, and the memory of the flight is given
 * back. The next verb begins when all of this one are durable.
 *
 * SPEC R4 http.html#brules */
#include "record/bundle.h"

#include <pthread.h>

#include "record/write.h"

enum { FLIGHT_MAX = 256 };

typedef struct Flight Flight;

typedef struct {
    Flight *flight;
    Entry *entry;
    Call call;
    Reply reply;
    bool queued;
} Run;

struct Flight {
    Bundle *bundle;
    Ctx cx; /* of those who fly: cleared when they have landed */
    pthread_mutex_t lock;
    pthread_cond_t landed;
    size_t in_air;
    size_t count;
    Run runs[FLIGHT_MAX];
};

static Status prepare(Flight *flight, Run *run)
{
    Entry *entry = run->entry;
    JsonValue *value = entry->resource;
    run->reply = (Reply){.http = 200};
    if (entry->verb == VERB_GET)
        return bundle_prepare_get(flight->bundle, &flight->cx, entry, &run->call, &run->reply);
    if (entry->verb == VERB_PATCH)
        TRY(bundle_patch_of(&flight->cx, entry, &value));
    return write_entry(flight->bundle->scene->record, &flight->cx, &run->call,
                       bundle_method(entry->verb), fhir_type_name(entry->type), entry->id, value,
                       &run->reply);
}

/* The issues of one entry become its outcome; the next entry begins without any. */
static Status keep_outcome(Flight *flight, Entry *entry)
{
    Ctx *cx = &flight->cx;
    Ctx answer = *cx;
    if (entry->status != STATUS_OK) {
        bundle_place_issues(cx, 0, entry->index);
        answer.arena = flight->bundle->scene->cx->arena;
        TRY(ctx_outcome(&answer, entry->status, &entry->outcome));
    }
    ctx_forget(cx);
    return STATUS_OK;
}

/* ---- in the air ------------------------------------------------------------------------ */

/* On the writer's thread; the condition that the commit decided is free from here on. */
static void land(StoreCommit *commit)
{
    Run *run = commit->owner;
    Flight *flight = run->flight;
    record_settled(&run->reply);
    pthread_mutex_lock(&flight->lock);
    if (--flight->in_air == 0)
        pthread_cond_signal(&flight->landed);
    pthread_mutex_unlock(&flight->lock);
}

static void wait_for_all(Flight *flight)
{
    pthread_mutex_lock(&flight->lock);
    while (flight->in_air)
        pthread_cond_wait(&flight->landed, &flight->lock);
    pthread_mutex_unlock(&flight->lock);
}

static Status launch(Flight *flight, Entry *entry)
{
    Run *run = &flight->runs[flight->count++];
    Scene *scene = flight->bundle->scene;
    *run = (Run){.flight = flight, .entry = entry};
    run->call = bundle_entry_call(flight->bundle, entry);
    entry->status = prepare(flight, run);
    TRY(keep_outcome(flight, entry));
    StoreCommit *commit = &run->reply.commit;
    if (!commit->write_count && !commit->audit_count)
        return STATUS_OK;
    pthread_mutex_lock(&flight->lock);
    flight->in_air++;
    pthread_mutex_unlock(&flight->lock);
    run->queued = true;
    commit->done = land;
    commit->owner = run;
    store_submit(scene->record->store, &flight->cx, scene->call->access, commit);
    return STATUS_OK;
}

/* ---- on the ground --------------------------------------------------------------------- */

static Status run_again(Flight *flight, Run *run)
{
    Scene *scene = flight->bundle->scene;
    Status status = STATUS_CONFLICT;
    for (int tries = 1; status == STATUS_CONFLICT && tries < RETRIES_MAX; tries++) {
        TRY(record_renew(&flight->cx, &run->call, &run->reply));
        status = prepare(flight, run);
        Status durable = record_finish(scene->record, &flight->cx, &run->call, &run->reply);
        if (status != STATUS_OK)
            break;
        status = durable;
    }
    return status;
}

/* What the answer says of the entry; it outlives the flight. */
static Status keep_reply(Flight *flight, Run *run)
{
    Arena *arena = flight->bundle->scene->cx->arena;
    Entry *entry = run->entry;
    bundle_take_reply(entry, &run->reply);
    if (entry->status != STATUS_OK) {
        entry->body = entry->location = STR_EMPTY;
        return STATUS_OK;
    }
    Str *kept[] = {&entry->body, &entry->location};
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        if (!kept[i]->len)
            continue;
        *kept[i] = arena_str(arena, *kept[i]);
        if (!kept[i]->at)
            return STATUS_MEMORY;
    }
    return STATUS_OK;
}

static Status judge(Flight *flight, Run *run)
{
    Entry *entry = run->entry;
    Status durable = run->queued ? run->reply.commit.status : STATUS_OK;
    bool lost = entry->status == STATUS_OK && durable != STATUS_OK;
    if (lost) {
        bool again = durable == STATUS_CONFLICT && run->reply.retry;
        entry->status = again ? run_again(flight, run) : durable;
        TRY(keep_outcome(flight, entry));
    }
    TRY(keep_reply(flight, run));
    if (lost && entry->status != STATUS_OK)
        entry->version = 0; /* it was not made */
    return STATUS_OK;
}

/* launched: how the launching ended; what is in the air must land in any case. */
static Status end_flight(Flight *flight, Status launched)
{
    Status status = launched;
    wait_for_all(flight);
    for (size_t i = 0; i < flight->count && status == STATUS_OK; i++)
        status = judge(flight, &flight->runs[i]);
    flight->count = 0;
    arena_clear(flight->cx.arena);
    return status;
}

static Status run_verb(Flight *flight, Verb verb)
{
    Bundle *bundle = flight->bundle;
    Status status = STATUS_OK;
    for (size_t i = 0; i < bundle->count && status == STATUS_OK; i++) {
        Entry *entry = &bundle->entries[i];
        if (entry->verb != verb || entry->status != STATUS_OK)
            continue;
        status = ctx_check_deadline(bundle->scene->cx);
        if (status == STATUS_OK)
            status = launch(flight, entry);
        if (flight->count == FLIGHT_MAX)
            status = end_flight(flight, status);
    }
    return end_flight(flight, status);
}

Status batch_run(Bundle *bundle)
{
    Ctx *cx = bundle->scene->cx;
    Flight *flight = arena_new_of(cx->arena, Flight);
    TRY(bundle_scratch(bundle));
    if (!flight)
        return STATUS_MEMORY;
    flight->bundle = bundle;
    flight->cx = *cx;
    flight->cx.arena = bundle->scratch;
    ctx_forget(&flight->cx);
    pthread_mutex_init(&flight->lock, NULL);
    pthread_cond_init(&flight->landed, NULL);
    Status status = STATUS_OK;
    for (Verb verb = 0; verb < VERB_COUNT && status == STATUS_OK; verb++)
        status = run_verb(flight, verb);
    pthread_cond_destroy(&flight->landed);
    pthread_mutex_destroy(&flight->lock);
    TRY(status);
    return scene_audit_now(bundle->scene); /* nothing of it is done twice */
}

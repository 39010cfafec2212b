/* store/sqlite/train.c - learns a dictionary from the store's own resources.
 *
 * Resources of one store are alike: the same field names, code systems and display texts.
 * A dictionary of 64 KB holds what they share, and a body of 1,268 bytes (Synthea) shrinks
 * to 214 with one learnt from the first 1,000, to 176 with one learnt from 4,000 of all.
 * So a store learns three times; what is written stays as it was written. */
#include "store/sqlite/engine.h"

#include <stdlib.h>
#include <zdict.h>

enum {
    DICTIONARY_BYTES = 64 * 1024,
    SAMPLES_MAX = 4000,
    SAMPLE_BYTES_MAX = 4096, /* the head of a large resource is enough */
    SAMPLES_BYTES_MAX = 6 << 20,
};
static const uint64_t stages[] = {1000, 16000, 256000}; /* resources in the store */

typedef struct {
    char *bytes;
    size_t len;
    size_t sizes[SAMPLES_MAX];
    unsigned count;
} Samples;

/* Spread over the whole store, oldest to newest. */
static Status collect(SqliteReader *reader, uint64_t last_rid, Samples *samples)
{
    uint64_t step = last_rid / SAMPLES_MAX + 1;
    Arena *arena = reader->base.cx->arena;
    for (uint64_t rid = 1; rid <= last_rid && samples->count < SAMPLES_MAX; rid += step) {
        StoreRow row;
        size_t before = arena_bytes(arena);
        Status status = sqlite_get_rid(&reader->base, rid, true, &row);
        if (status == STATUS_NOT_FOUND || (status == STATUS_OK && row.deleted))
            continue;
        if (status != STATUS_OK)
            return status;
        size_t len = row.body.len < SAMPLE_BYTES_MAX ? row.body.len : SAMPLE_BYTES_MAX;
        if (samples->len + len > SAMPLES_BYTES_MAX || before > arena_bytes_max(arena) / 2)
            break;
        memcpy(samples->bytes + samples->len, row.body.at, len);
        samples->len += len;
        samples->sizes[samples->count++] = len;
    }
    return STATUS_OK;
}

static void hand_over(SqliteStore *store, const Samples *samples)
{
    char *dictionary = malloc(DICTIONARY_BYTES);
    if (!dictionary)
        return;
    size_t len = ZDICT_trainFromBuffer(dictionary, DICTIONARY_BYTES, samples->bytes, samples->sizes,
                                       samples->count);
    if (ZDICT_isError(len)) { /* too few or too odd: the store may have another try later */
        free(dictionary);
        return;
    }
    Writer *writer = &store->writer;
    pthread_mutex_lock(&writer->lock);
    writer->dictionary = str_n(dictionary, len);
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->lock);
}

static void *train(void *argument)
{
    SqliteStore *store = argument;
    Ctx cx = {.arena = arena_new((size_t)128 << 20, true)};
    Samples *samples = calloc(1, sizeof(Samples));
    SqliteReader *reader;
    if (samples)
        samples->bytes = malloc(SAMPLES_BYTES_MAX);
    if (cx.arena && samples && samples->bytes && reader_begin(store, &cx, &reader) == STATUS_OK) {
        Status status = collect(reader, atomic_load(&store->next_rid) - 1, samples);
        sqlite_read_end(&reader->base);
        if (status == STATUS_OK && samples->count)
            hand_over(store, samples);
    }
    if (samples && samples->bytes) {
        crypto_wipe(samples->bytes, samples->len); /* charts */
        free(samples->bytes);
    }
    free(samples);
    arena_free(cx.arena);
    atomic_store(&store->training, TRAINING_DONE);
    return NULL;
}

void train_pace(SqliteStore *store)
{
    uint64_t resources = store->writer.durable.resources;
    if (atomic_load(&store->training) == TRAINING_DONE) {
        train_join(store);
        return; /* what came of it is added before the next look */
    }
    unsigned stage = bodies_newest(store->bodies);
    if (stage >= COUNT_OF(stages) || resources < stages[stage] ||
        resources < store->train_again_at || atomic_load(&store->training) != TRAINING_NONE)
        return;
    store->train_again_at = resources * 2; /* in case that nothing comes of it */
    atomic_store(&store->training, TRAINING_RUNS);
    if (pthread_create(&store->trainer, NULL, train, store) != 0)
        atomic_store(&store->training, TRAINING_NONE);
    else
        (void)pthread_setname_np(store->trainer, "store-trainer");
}

void train_join(SqliteStore *store)
{
    if (atomic_load(&store->training) == TRAINING_NONE)
        return;
    pthread_join(store->trainer, NULL);
    atomic_store(&store->training, TRAINING_NONE);
}

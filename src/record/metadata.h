/* record/metadata.h - the CapabilityStatement, made from the tables. */
#ifndef ACESO_RECORD_METADATA_H
#define ACESO_RECORD_METADATA_H

#include <pthread.h>

#include "record/record.h"
#include "search/search.h"

/* The newest, made again when what can be searched by has changed. */
typedef struct {
    pthread_mutex_t lock;
    Arena *arena;
    uint64_t number; /* of the offers it was made of */
    Str json;
    size_t security_at; /* where it says how somebody signs in: by the caller's base */
} Metadata;

void metadata_init(Metadata *metadata);
void metadata_clear(Metadata *metadata);
/* In the arena of cx; the caller holds the index. SPEC R4 http.html#capabilities */
Status metadata_get(Metadata *metadata, Ctx *cx, const Search *search, const RecordOptions *options,
                    Str base, Str *ret_json) MUST_USE;

#endif

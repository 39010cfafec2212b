/* search/internal.h - what the files of search share. */
#ifndef ACESO_SEARCH_INTERNAL_H
#define ACESO_SEARCH_INTERNAL_H

#include "search/key.h"
#include "search/search.h"

enum { HASH_KEY_BYTES = 16 };

struct TypeIndex;

struct Search {
    Arena *forever;
    Store *store;
    uint8_t hash_key[HASH_KEY_BYTES];
    struct TypeIndex *types; /* by type number */
};

/* What is indexed of one resource type. */
typedef struct TypeIndex {
    const FhirParam *clinical_date; /* NULL = none */
    const FhirParam **params;
    size_t count;
} TypeIndex;

/* Keyed, so that nobody can send two codes that collide on purpose. */
uint64_t search_hash(const Search *search, Str text);

/* A system within a token key; without one, 0. */
uint32_t search_hash_system(const Search *search, Str system);
/* The hash of a reference: version and history are left out of "Patient/1/_history/2". */
uint64_t search_hash_reference(const Search *search, Str reference);

/* The clinical date of a resource; the smallest Time when it has none. */
Time search_clinical_date(const Search *search, uint16_t type, const JsonValue *resource);

/* Calls visit(to, leaf value) for everything that the path reaches. */
typedef Status (*PathVisit)(void *to, const FhirPath *path, JsonValue *leaf);
Status search_walk(const FhirPath *path, JsonValue *resource, PathVisit visit, void *to);

#define TIME_NONE INT64_MIN
#define TIME_LAST INT64_MAX

/* The time a leaf of this type means: [lo, hi), open ends as TIME_NONE and TIME_LAST. */
bool search_leaf_range(Str leaf_type, JsonValue *leaf, Time *ret_lo, Time *ret_hi);

/* ---- a parsed query ----------------------------------------------------------- */

typedef enum {
    PREFIX_EQ,
    PREFIX_NE,
    PREFIX_GT,
    PREFIX_LT,
    PREFIX_GE,
    PREFIX_LE,
    PREFIX_SA,
    PREFIX_EB,
    PREFIX_AP
} Prefix;

typedef struct {
    Str prefix;      /* key bytes: head and value, or head and folded text */
    bool any_system; /* tokens: the prefix is a code alone */
    Prefix compare;  /* dates */
    Time lo, hi;
} Value;

typedef struct {
    const FhirParam *param;
    const Value *values; /* OR */
    size_t count;
} Condition;

struct SearchQuery {
    uint16_t type;
    const Condition *conditions; /* AND */
    size_t condition_count;
    const Str *ids; /* _id, when given */
    size_t id_count;
    bool ids_given;
    const FhirParam *sort_by; /* a string parameter to sort by, rising; NULL = newest first */
    size_t limit;
    bool total;
    Str cursor; /* decoded: a place, or a whole key when sort_by */
    FhirView view;
    Str self, names;
};

#endif

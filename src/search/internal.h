/* search/internal.h - what the files of search share: parameters, values, the parsed query.
 *
 *   param.c    SearchParam: a parameter of the definitions or of the store, compiled
 *   value.c    Value: what a parameter finds in a resource
 *   extract.c  values -> index keys
 *   test.c     Test: one value of a query; whether a Value answers it
 *   query.c    a query string -> a tree of Nodes
 *   plan.c     nodes -> streams of places
 *   run.c      streams -> a page */
#ifndef ACESO_SEARCH_INTERNAL_H
#define ACESO_SEARCH_INTERNAL_H

#include <stdatomic.h>

#include "fhir/path/path.h"
#include "search/key.h"
#include "search/search.h"
#include "search/width.h"

enum { HASH_KEY_BYTES = 16 };

/* The compartment that has keys of its own: a chart is one walk. Those of other types are asked
 * parameter by parameter. */
#define COMPARTMENT_INDEXED STR("Patient")

/* ---- parameters ----------------------------------------------------------------- */

typedef enum {
    SPECIAL_NONE,
    SPECIAL_ID,
    SPECIAL_LAST_UPDATED,
    SPECIAL_TEXT,    /* words of the narrative */
    SPECIAL_CONTENT, /* words of everything */
    SPECIAL_NEAR,
    SPECIAL_PHONETIC,
    SPECIAL_PHONE,    /* telephone numbers by their digits: ours, not of the definitions */
    SPECIAL_NOT_HERE, /* _query */
} Special;

enum { PARTS_MAX = 3 };

typedef struct SearchParam SearchParam;

typedef struct {
    const SearchParam *param; /* that says the type of the values */
    const PathProgram *program;
} Component;

struct SearchParam {
    uint16_t id; /* in keys */
    uint16_t type;
    FhirParamKind kind;
    Special special;
    Str code, url;
    const PathProgram *program; /* NULL for _text, _content, _list */
    const uint16_t *targets;
    size_t target_count;
    Str parts[PARTS_MAX]; /* codes of the parameters that this one is the union of */
    size_t part_count;
    const Component *components;
    size_t component_count;
    bool ready;     /* false while it is being indexed */
    Str digest;     /* of what a SearchParameter says; empty for the definitions' own */
    Str expression; /* FHIRPath: what of a resource it looks at; empty: all of it */
    bool member;    /* who it leads to has the resource in its compartment */
    bool own;       /* its tokens have keys by whom they are about, besides: KEY_OWN */
    bool custom;    /* of a SearchParameter: its errors refuse no write */
};

/* The number of the type in keys of KEY_LISTING and its kin. */
typedef struct {
    uint16_t number;
    bool ready;
} Listing;

enum { LISTINGS_MAX = 3 };

typedef struct {
    SearchParam *params; /* sorted by code: what can be searched by */
    size_t count;
    const SearchParam *clinical_date; /* NULL = none */
    const SearchParam *about;         /* `patient`: whom a resource is about; NULL = nobody */
    uint16_t listing;
    /* What keys are made for besides: what is being indexed, and what is on its way out. */
    SearchParam *others;
    size_t other_count;
    Listing listings[LISTINGS_MAX]; /* the first is `listing` */
    size_t listing_count;
    bool partial; /* something of it is being indexed */
} TypeIndex;

typedef struct ParamTable ParamTable;
typedef struct KeptTables KeptTables; /* moved.c */
Status since_new(Arena *forever, KeptTables **ret_tables) MUST_USE;
void since_free(KeptTables *tables);

struct Search {
    Arena *forever;
    Store *store;
    uint8_t hash_key[HASH_KEY_BYTES];
    uint8_t link_key[32];     /* seals what stands in links */
    TypeIndex *_Atomic types; /* search_type(); another one when parameters change */
    _Atomic uint64_t epoch;   /* of the store, that types and open are of; 0: they are changing */
    atomic_bool open;         /* the index can be searched */
    uint8_t *leaves;          /* Leaf by number of a FHIR type */
    Str address;              /* of this server, or empty */
    bool words;               /* are in the index */
    Str country;              /* of telephone numbers that name none: digits of its code */
    TypeIndex *base;          /* the definitions, compiled; numbers without a slot */
    struct Indexer *indexer;
    KeptTables *tables;
    struct RidHashes *rid_hashes;
    struct KeptWhos *whos;
    size_t changes_max;
    const Access *access;  /* the program's own */
    const Labels *labels;  /* or NULL */
    struct Sights *sights; /* facts of rows: sight.h */
    struct Shown *shown;   /* what rows of a type may lack: sight.h */
};

/* What the type can be searched by, as of now. */
static inline const TypeIndex *search_type(const Search *search, uint16_t type)
{
    return &atomic_load_explicit(&search->types, memory_order_acquire)[type];
}

/* NULL when the type has no such parameter. */
const SearchParam *search_param_find(const Search *search, uint16_t type, Str code);
/* Why a parameter that search_param_find does not know cannot be searched by; STATUS_OK: the type
 * has none of that name. */
Status search_param_is_made(const Search *search, Ctx *cx, uint16_t type, Str code) MUST_USE;
/* STATUS_UNAVAILABLE while the index is being made. */
Status search_is_open(const Search *search, Ctx *cx) MUST_USE;
/* "_id" and its kin, that all types have. */
bool search_param_is_common(const SearchParam *param);
/* Whether the index has keys of the parameter: words cost more than all else together, and are
 * indexed where a site asks for it. */
bool search_param_is_indexed(const Search *search, const SearchParam *param);

/* Keyed, so that nobody can send two codes that collide on purpose. */
uint64_t search_hash(const Search *search, Str text);
/* A system within a token key; without one, 0. */
uint32_t search_hash_system(const Search *search, Str system);

/* ---- values in a resource ----------------------------------------------------------- */

/* One value that a parameter finds, as its kind has it. Strings point into the resource. */
typedef struct {
    FhirParamKind kind;
    Str system, code; /* token; unit of a quantity */
    Str text;         /* string; reference; uri; display of a token; unit of a quantity as shown */
    MsRange time;     /* date */
    bool words;       /* part of a person's name: found by the beginning of each of its words */
    bool plain;       /* a code without a Coding around it: its system is the element's own */
    bool lo_open, hi_open; /* > and < of a quantity: the bound itself is not meant */
    double lo, hi;         /* number; quantity; near: latitude, longitude */
    JsonValue *json;       /* the element: Identifier, Reference; NULL for a primitive */
    const void *element;   /* the same for all values of one element */
} Value;

typedef Status (*ValueVisit)(void *to, const Value *value);

/* Calls visit for every value of the parameter in the resource. `updated` is what _lastUpdated
 * sees. */
typedef struct {
    const Search *search;
    Ctx *cx;
    uint16_t type;
    JsonValue *resource;
    Time updated;
    uint64_t container; /* rid of what contains it; 0 = it stands alone */
    struct Run *run;    /* of a search; NULL when keys are made */
} Subject;
Status search_values(const Subject *subject, const SearchParam *param, ValueVisit visit, void *to);

/* For each element that the composite reaches: the values of its components. */
Status search_component_values(const Subject *subject, const Component *component,
                               const PathItem *focus, ValueVisit visit, void *to);

/* The clinical date of a resource; SEARCH_NO_DATE when it has none. */
#define SEARCH_NO_DATE INT64_MIN
Status search_clinical_date(const Subject *subject, Time *ret_date);

/* Folded words of the narrative, or of all strings. */
Status search_words(const Subject *subject, Special special, ValueVisit visit, void *to);

/* ---- a parsed query ------------------------------------------------------------------- */

typedef enum {
    MODIFIER_NONE,
    MODIFIER_PRESENT, /* :missing=false */
    MODIFIER_EXACT,
    MODIFIER_CONTAINS,
    MODIFIER_STARTS,   /* of _filter: sw, of the whole text */
    MODIFIER_ENDS,     /* of _filter: ew */
    MODIFIER_COMPARED, /* of _filter: the whole text, by prefix */
    MODIFIER_OVERLAPS, /* of _filter: po */
    MODIFIER_COVERS,   /* of _filter: a range that contains the value's */
    MODIFIER_TEXT,
    MODIFIER_CODE_TEXT,
    MODIFIER_IN, /* a value set */
    MODIFIER_ABOVE,
    MODIFIER_BELOW,
    MODIFIER_OF_TYPE,
    MODIFIER_IDENTIFIER,
} Modifier;

/* One value of a condition: parsed, and how it is asked of the index. */
typedef struct Test Test;
struct Test {
    Prefix prefix;     /* number, date, quantity */
    bool plain;        /* only codes that stand alone */
    bool system_given; /* "system|code", "|code" */
    Str system, code;  /* token, unit; type of an identifier */
    Str text;          /* folded text; exact text; reference; uri; identifier of that type */
    MsRange time;
    double lo, hi; /* [lo, hi): number, quantity; canonical ones when `ucum`; latitude, longitude */
    double distance;   /* metres, of near */
    Str ucum;          /* canonical unit */
    const Test *parts; /* of a composite, as many as its components */
};

/* param [modifier] = any of the tests. */
typedef struct {
    const SearchParam *param;
    Modifier modifier;
    bool unequal; /* of _filter: some element that is none of the tests */
    const Test *tests;
    size_t count;
    uint64_t who; /* of tokens: only what is about this one, by keys of its own; or WHO_NONE */
} Condition;

typedef enum {
    NODE_ALL,  /* every resource of the type */
    NODE_TEST, /* a condition */
    NODE_AND,
    NODE_OR,
    NODE_NOT,
    NODE_IDS,    /* _id */
    NODE_MEMBER, /* in the compartment ids[0]; its child asks the content */
    NODE_LIST,   /* _list */
    NODE_CHAIN,  /* param.child: the reference leads to what answers the child */
    NODE_HAS,    /* _has: something that answers the child refers to this one by param */
} NodeKind;

typedef struct Node Node;
struct Node {
    NodeKind kind;
    uint16_t type; /* of the resources it is asked of */
    Condition condition;
    const SearchParam *param; /* of a chain or _has */
    Node *children;           /* linked by next */
    Node *next;
    const Str *ids;
    size_t id_count;
};

typedef struct {
    const SearchParam *param;
    bool falling;
} SortKey;

typedef struct {
    bool reverse, iterate;
    bool any_source;          /* "*" */
    uint16_t source;          /* type whose parameter it is */
    const SearchParam *param; /* NULL = all reference parameters of the source */
    uint16_t target;          /* 0 = any */
} Include;

enum { SORTS_MAX = 8, INCLUDES_MAX = 32 };

typedef struct {
    uint16_t type;
    Node *root;
} Branch;

typedef enum { CONTAINED_NO, CONTAINED_YES, CONTAINED_BOTH } Contained;

struct SearchQuery {
    Branch *branches; /* one for each type */
    size_t branch_count;
    SortKey sorts[SORTS_MAX];
    size_t sort_count; /* 0 = newest first by clinical date */
    Include includes[INCLUDES_MAX];
    size_t include_count;
    Contained contained;
    bool contained_alone; /* _containedType=contained */
    size_t limit;
    bool total;
    Str cursor; /* as given */
    FhirView view;
    bool explain;
    Str self, names;
    Str scope;            /* compartment, for the signature of links */
    Str member;           /* compartment that the index has keys of; or empty */
    const Access *access; /* who asks */
    uint64_t epoch;       /* of the parameters */
};

#endif

/* terms/inner.h - what the files of this module share.
 *
 * A code system and a value set look alike wherever they come from: built-in tables are read
 * in place, JSON is flattened once into the same shape. */
#ifndef ACESO_TERMS_INNER_H
#define ACESO_TERMS_INNER_H

#include "fhir/codes.h"
#include "fhir/tables.h"
#include "terms/terms.h"

typedef enum { NO, YES, UNSURE } Verdict;

/* Why the answer is UNSURE; the first reason of a call is told. */
typedef enum {
    DOUBT_NONE,
    DOUBT_SYSTEM,      /* a: url */
    DOUBT_PARTIAL,     /* a: url */
    DOUBT_HIERARCHY,   /* a: url */
    DOUBT_PROPERTY,    /* a: url, b: property */
    DOUBT_FILTER_CODE, /* a: url */
    DOUBT_REGEX,       /* a: url */
    DOUBT_REGEX_STEPS, /* a: url */
    DOUBT_OPERATOR,    /* a: url, b: property */
    DOUBT_SET,         /* a: canonical url */
    DOUBT_EXPANSION,   /* a: url of the set */
    DOUBT_SYSTEMS,     /* a: url of the set */
    DOUBT_COUNT
} Why;

typedef struct {
    Why why;
    Str a, b;
} Doubt;

typedef struct System System;

struct Terms {
    Arena *arena;
    TermsSource source;
    System *systems;
    TermsSet *sets;
    Doubt doubt;  /* of the call that is under way */
    size_t steps; /* likewise */
    size_t depth; /* likewise */
};

/* ---- lists of codes (codes.c) ------------------------------------------------------------ */

#define NOWHERE UINT32_MAX

typedef struct {
    Str *codes;
    Str *displays;
    Str *systems; /* NULL: all of one system */
    uint32_t count;
    uint32_t *order; /* positions, sorted by code and system */
    bool folds;      /* codes are alike without case */
} CodeList;

/* Room for n codes. */
Status codes_room(Terms *terms, CodeList *list, uint32_t n, bool systems) MUST_USE;
/* Once they are all there. */
Status codes_index(Terms *terms, Ctx *cx, CodeList *list) MUST_USE;
/* The first one's position, NOWHERE when there is none. */
uint32_t codes_find(const CodeList *list, Str system, Str code);

/* "url|version" in two; both may be empty. */
static inline Str canonical_cut(Str canonical, Str *ret_version)
{
    Str rest = canonical, url = str_cut(&rest, '|');
    *ret_version = rest.at ? rest : STR_EMPTY;
    return url;
}

enum { STEPS_OF_LOOKUP = 1000 }; /* asking the store counts as so many */

/* What a call may still do. STATUS_UNSUPPORTED beyond TERMS_STEPS_MAX. */
Status terms_work(Terms *terms, Ctx *cx, size_t steps) MUST_USE;
void terms_doubt(Terms *terms, Why why, Str a, Str b);
/* "The ... <subject> cannot ...: <the doubt>." */
Status terms_fail_doubt(Terms *terms, Ctx *cx, const char *what, Str subject);
Status terms_too_costly(Ctx *cx, Str subject, size_t codes_max);

/* ---- code systems (system.c, hierarchy.c) ------------------------------------------------- */

typedef struct {
    uint32_t child, parent; /* positions */
} Edge;

typedef struct {
    uint32_t concept;
    Str code, value;
} Property;

typedef struct Marks {
    struct Marks *next;
    uint32_t concept;
    bool up;
    bool *at; /* for each concept: whether it is that one, or below (above) it */
} Marks;

/* Concepts are positions from 0 in the order of definition. */
struct System {
    System *next;
    Str asked, asked_version; /* what it was looked up by */
    Str url;
    Content content;
    uint8_t flags;
    uint32_t count;
    const SystemRow *row; /* built in, or NULL: */
    CodeList list;        /* of a resource */
    uint32_t *parents;    /* of a resource: by nesting */
    Edge *edges;          /* further parents */
    size_t edge_count;
    Edge *by_child, *by_parent; /* all parents, sorted; made when first asked for */
    size_t relation_count;
    Property *properties; /* sorted by concept */
    size_t property_count;
    JsonValue *declared; /* of a resource: CodeSystem.property */
    Marks *marks;
};

/* Never NULL: what is not here has the content CONTENT_NONE and no concepts. */
Status system_load(Terms *terms, Ctx *cx, Str url, Str version, System **ret_system) MUST_USE;
bool system_is_here(const System *system); /* whole or in part */
Str system_code(const System *system, uint32_t concept);
Str system_display(const System *system, uint32_t concept);
uint32_t system_find(const System *system, Str code);
/* Not where a code of a resource stands a second time, or none stands. */
bool system_counts(const System *system, uint32_t concept);
uint32_t system_parent(const System *system, uint32_t concept); /* by nesting, or NOWHERE */
/* The concept's properties are from..to-1. */
void system_properties(const System *system, uint32_t concept, size_t *ret_from, size_t *ret_to);
bool system_knows_property(const System *system, Str property);
bool system_inactive(const System *system, uint32_t concept);
TermsCode system_item(const System *system, uint32_t concept);

/* The direct parents (or children) of a concept: the other ends of so many edges. */
Status system_relatives(Terms *terms, Ctx *cx, System *system, uint32_t concept, bool parents,
                        const Edge **ret_edges, size_t *ret_count) MUST_USE;
/* Which concepts are below (or above) one, itself included. */
Status system_marks(Terms *terms, Ctx *cx, System *system, uint32_t concept, bool up,
                    const bool **ret_marks) MUST_USE;

/* ---- value sets (set.c) ------------------------------------------------------------------- */

typedef struct {
    Str property, value;
    FilterOp op;
    /* once it has met its system: */
    bool prepared;
    Why fault;         /* why it cannot be asked */
    uint32_t other;    /* the concept that it names, */
    const bool *marks; /* and what is below or above that */
    const struct Regex *regex;
} Filter;

/* One include or exclude. Without a system it has sets. */
typedef struct {
    bool exclude;
    bool listed; /* only the codes that it lists: */
    bool open;   /* there may be more than are listed: a page of an expansion */
    Str system, version;
    const PartRow *row; /* built in: its list; NULL: */
    CodeList list;
    Filter *filters;
    size_t filter_count;
    Str *sets; /* canonical urls */
    size_t set_count;
    System *loaded;
    TermsSet **loaded_sets; /* NULL items: not looked up yet */
} Part;

struct TermsSet {
    TermsSet *next;
    Str asked; /* canonical url that it was looked up by */
    Str url;   /* for messages */
    Part *parts;
    size_t part_count;
    bool missing;     /* there is no such set */
    bool active_only; /* compose.inactive is false */
    bool busy;        /* being asked: it includes itself when asked again */
    Str *systems;     /* worked out when a code comes without one */
    size_t system_count;
    bool systems_known, systems_open; /* open: there may be others */
};

/* Never NULL: there may be none, then it is missing. */
Status set_load(Terms *terms, Ctx *cx, Str canonical, TermsSet **ret_set) MUST_USE;
Status set_of_json(Terms *terms, Ctx *cx, Str name, JsonValue *json, TermsSet **ret_set) MUST_USE;
Status part_system(Terms *terms, Ctx *cx, Part *part, System **ret_system) MUST_USE;
Status part_set(Terms *terms, Ctx *cx, Part *part, size_t i, TermsSet **ret_set) MUST_USE;
uint32_t part_list_count(const Part *part);
TermsCode part_list_item(const Part *part, uint32_t i);

/* ---- questions (filter.c, member.c) --------------------------------------------------------- */

/* Whether a concept of a system that is here passes the filters of the part. */
Status filters_pass(Terms *terms, Ctx *cx, Part *part, System *system, uint32_t concept,
                    Verdict *ret_verdict) MUST_USE;
/* What can be said of a code whose system is not here. */
Verdict filters_pass_unseen(const Part *part, Str code);

Status set_has(Terms *terms, Ctx *cx, TermsSet *set, Str system, Str code,
               Verdict *ret_verdict) MUST_USE;
Status part_has(Terms *terms, Ctx *cx, const TermsSet *set, Part *part, Str system, Str code,
                Verdict *ret_verdict) MUST_USE;
/* Enters and leaves a set, so that none is entered twice at once. */
Status set_enter(Terms *terms, Ctx *cx, TermsSet *set) MUST_USE;
void set_leave(Terms *terms, TermsSet *set);

#endif

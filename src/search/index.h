/* search/index.h - what can be searched by at one moment, and how that changes.
 *
 * Keys that may be searched must be there for every resource. So keys never change their
 * meaning: what is indexed anew gets other numbers in its keys, is written beside what is
 * searched until it is complete, and then takes its place; keys of numbers that nobody knows
 * any more are swept out.
 *
 *     number of a key: 16 bits   0000 to dfff   slot (4 bits) and number of a parameter of the
 *                                               definitions, or of a type in KEY_LISTING
 *                                e000 to ffff   parameters of SearchParameter resources
 *
 *     state.c    State: which numbers are in use; one item of the store
 *     param.c    the parameters of the definitions
 *     table.c    ParamTable: the parameters by type, immutable, made from a State
 *     custom.c   Custom: a parameter that a SearchParameter resource defines
 *     step.c     from one State to the next, by whoever shares the store; a table for all threads
 *     indexer.c  the thread that makes what is to be made: pass.c, sweep.c; lease.c, one of many */
#ifndef ACESO_SEARCH_INDEX_H
#define ACESO_SEARCH_INDEX_H

#include "search/internal.h"

/* ---- state -------------------------------------------------------------------------- */

enum {
    SLOT_SHIFT = 12,
    SLOT_COUNT = 14,
    SLOT_NONE = 0xff,
    CUSTOM_FIRST = SLOT_COUNT << SLOT_SHIFT,
    CUSTOM_END = 0x10000,
    TYPES_MAX = 255,
};

typedef struct {
    Str id;          /* of the SearchParameter */
    Str digest;      /* of what it defines */
    uint32_t first;  /* its numbers, one for each base type; 0 = not searchable yet */
    uint32_t making; /* those that are being indexed; 0 = none */
    uint32_t count;
    bool waits; /* the pass that is under way is without it */
} CustomState;

typedef struct {
    bool open; /* false: searches cannot be answered */
    /* By type; [0] of KEY_LISTING and its kin. Searchable, and being indexed; or SLOT_NONE. */
    uint8_t slots[TYPES_MAX + 1], making[TYPES_MAX + 1];
    uint8_t turn;  /* the slot that comes next: a slot comes again as late as possible */
    uint64_t end;  /* of the pass that is under way: rids below; 0 = none is */
    Str address;   /* of the server whose references these are */
    Str labels;    /* digest of the rules by which all rows are labelled; empty: some are not */
    Str relabel;   /* of those by which a pass labels them now; empty: none does */
    bool relabels; /* those are the rules of this process: it can do it */
    bool sweep;    /* keys of numbers not in use may be there */
    uint32_t next; /* number for the next custom parameter */
    CustomState *customs;
    size_t custom_count;
} State;

/* The state in the store; STATUS_NOT_FOUND without an issue when it has none that this program
 * can use, with what can be known of the numbers in use. */
Status state_read(Ctx *cx, StoreReader *reader, Str digest, State *ret_state) MUST_USE;
/* As an item; its bytes are in the arena of cx. */
Status state_item(Ctx *cx, const State *state, Str digest, StoreItem *ret_item) MUST_USE;
/* The rid that the pass has reached. */
Status state_read_at(Ctx *cx, StoreReader *reader, uint64_t *ret_at) MUST_USE;
/* The same, with the item as it stands: for StoreCommit.guard. */
Status state_read_item_at(Ctx *cx, StoreReader *reader, StoreItem *ret_item,
                          uint64_t *ret_at) MUST_USE;
StoreItem state_item_at(uint64_t at, char digits[24]);

/* A store without resources. */
void state_begin(State *state);
/* All types and parameters (type 0), or one type, are to be indexed anew. `closed`: what is
 * there cannot be searched. */
Status state_remake(State *state, uint16_t type, bool closed) MUST_USE;
/* Numbers for a custom parameter; false when all are in use. */
bool state_number(State *state, uint32_t count, uint32_t *ret_first) MUST_USE;
/* All rows are to be labelled by these rules; a pass that is under way begins again. */
void state_relabel(State *state, Str labels);
/* Whether anything is to be indexed, or labelled, by this pass. */
bool state_is_making(const State *state);
/* What was made is what can be searched. */
void state_made(State *state);

/* ---- parameters of SearchParameter resources ----------------------------------------------- */

typedef struct {
    Str id;
    uint64_t rid;
    Str url, code, expression;
    FhirParamKind kind;
    uint16_t *bases; /* ascending */
    size_t base_count;
    uint16_t *targets;
    size_t target_count;
    FhirComponent *components;
    size_t component_count;
    Str digest;
    bool active;
} Custom;

/* All active ones of the store, oldest first. */
Status custom_list(Ctx *cx, StoreReader *reader, Custom **ret_customs, size_t *ret_count) MUST_USE;

/* ---- tables ----------------------------------------------------------------------------- */

struct ParamTable {
    Arena *arena;
    uint64_t epoch;
    State state;
    Custom *customs; /* those of state.customs, in the same order */
    TypeIndex *types;
};

/* The definitions, compiled once: by type, numbers without slot. */
Status params_compile(Ctx *cx, Search *search) MUST_USE;
/* The parameter of that code, or NULL. */
SearchParam *param_in(const TypeIndex *index, Str code);
/* A parameter's expression; an empty one: NULL. */
Status param_compile(Ctx *cx, Arena *arena, uint16_t type, Str expression,
                     const PathProgram **ret_program) MUST_USE;
/* STATUS_UNPROCESSABLE: the type lacks one of them. */
Status param_compile_components(Ctx *cx, Arena *arena, const TypeIndex *index,
                                const FhirComponent *from, size_t count,
                                SearchParam *param) MUST_USE;
/* 16 hex digits that change with the definitions, and with whether words are indexed. */
Status params_digest(Ctx *cx, bool words, Str country, Str *ret_digest) MUST_USE;
/* A table of this state; it takes over the arena, in which the state is. */
Status table_new(Ctx *cx, const Search *search, Arena *arena, const State *state,
                 const Custom *customs, ParamTable **ret_table) MUST_USE;
/* For all threads, from now on; frees none. */
void table_publish(Search *search, ParamTable *table);

/* ---- making keys ------------------------------------------------------------------------- */

/* Only the keys that are being indexed. */
Status search_keys_made(const Search *search, Ctx *cx, const SearchSource *source,
                        SearchKeys *ret_keys) MUST_USE;

/* Facts of a row by the rules of now, in place of those it has; empty: they are the same. */
Status search_facts_anew(const Search *search, Ctx *cx, StoreReader *reader, const StoreRow *row,
                         const JsonValue *resource, Str *ret_packed) MUST_USE;

/* ---- indexer -------------------------------------------------------------------------------- */

/* Whether an active SearchParameter other than `id` has that code for the type. */
bool indexer_has_other(const Search *search, Str id, uint16_t type, Str code);
/* Whether the store knows of something that the table does not know yet. */
bool indexer_is_behind(const Search *search);
/* A parameter that can be searched by; NULL when the type has none of that URL. */
const SearchParam *search_param_by_url(const Search *search, uint16_t type, Str url);

Status indexer_new(Ctx *cx, Search *search, const Access *access) MUST_USE;
void indexer_free(Search *search);

#endif

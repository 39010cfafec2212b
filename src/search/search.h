/* search/search.h - from resources to index keys, and from a query to a page of rids.
 *
 * Keys are made from the search parameters of the definitions, for every parameter whose
 * expression is a plain path; a parameter that is not indexed cannot be searched, and
 * says so. The store sees keys only as ordered bytes:
 *
 *   kind 1 | number 2 | value | date 6 | rid 6        all big-endian
 *
 *   listing    no value: every resource of the type (param = type number)
 *   contained  no value: resources that contain one of the type
 *   member     in place of number and value: hash64 of "Patient/123", number: what is in
 *              the compartment of that patient stands in one stretch, type by type; of a
 *              Binary, hash64 of what it belongs to
 *   token      value = hash64 of the code, hash32 of its system (0 without one); behind rid
 *              hash64 of the one "Patient/123" that it is about (0: none, 1: several)
 *   own        a token of category, code and their like, once more: hash64 of "Patient/123" that
 *              it is about, then number and value; nothing behind rid. What a chart asks of one
 *              patient by code is one list, and his lists stand together
 *   reference  value = hash64 of "Patient/123", or of the whole foreign URL
 *   uri        value = hash64
 *   string     value = folded text, cut at 64 bytes, then 00; a word of _text or _content;
 *              the sound of a word of phonetic; digits of a telephone number
 *   date       value = width class 1 (width.h): ranges that begin at `date`
 *   date apart value = width class 1, beginning 6: any other range
 *   number     value = spread 1, lo 8, hi 8 (only when spread); near: latitude, longitude
 *   quantity   value = hash32 of the unit, hash32 of its system, spread, lo, hi
 *   ucum       value = hash64 of the canonical unit, spread, lo, hi
 *
 * `date` is the resource's clinical date in milliseconds since year 1000, inverted, `rid`
 * the resource's number, inverted: every list of equal values runs newest first, and the
 * 12 bytes there (the *place* of a key) are the same in every list, so conditions are
 * intersected by leaps along ordered lists, and a page cursor is just the last key.
 *
 * Worked example: Observation.code (param 0x0345) = http://loinc.org|4548-4 of
 * 2024-05-01, rid 77:
 *   11 0345 9a1f..(8) 77d0..(4) e2c7..(6) ffffffffffb2 3c04..(8)
 *
 * SPEC R4 search.html */
#ifndef ACESO_SEARCH_H
#define ACESO_SEARCH_H

#include "access/access.h"
#include "access/label.h"
#include "base/base.h"
#include "fhir/fhir.h"
#include "json/json.h"
#include "store/store.h"

typedef struct Search Search;

/* When one of them is another one than the last time, the index is made anew. */
typedef struct {
    Str address; /* "https://host/fhir": references that begin so are to this store; or empty */
    bool words;  /* _text and _content are answered from the index, not by reading resources */
    size_t changes_max; /* since a search began that its pages look at; 0 = SEARCH_CHANGES_MAX */
    size_t facts_max;   /* rows whose facts are kept in memory, 64 bytes each; 0 =
                           SEARCH_FACTS_MAX */
    Str country; /* code of the country of telephone numbers that name none, "32"; or empty */
    const Labels
        *labels; /* the indexer labels anew what other rules have labelled; NULL: nothing */
} SearchOptions;

/* store NULL: for parsing alone. Reads the key of the value hash from the store, or makes it the
 * first time. access is kept. */
Status search_new(Ctx *cx, Store *store, const Access *access, const SearchOptions *options,
                  Search **ret_search) MUST_USE;
void search_free(Search *search);

typedef struct {
    Str *keys; /* sorted, each once */
    size_t count;
    bool partial; /* some may be missing in the store although they belong to what is there */
} SearchKeys;

typedef struct {
    uint16_t type;
    const JsonValue *resource;
    uint64_t rid;
    Time updated; /* _lastUpdated: the body need not have it yet */
} SearchSource;

/* All index keys of a resource, in the arena of cx. */
Status search_keys(const Search *search, Ctx *cx, const SearchSource *source,
                   SearchKeys *ret_keys) MUST_USE;

/* What is in `now` and not in `before`, and the reverse. When `now` is partial, all of it is to be
 * added: adding what is there changes nothing. */
Status search_keys_diff(Ctx *cx, const SearchKeys *before, const SearchKeys *now,
                        SearchKeys *ret_add, SearchKeys *ret_remove) MUST_USE;

/* ---- queries ----------------------------------------------------------------- */

enum {
    SEARCH_COUNT_DEFAULT = 50,
    SEARCH_COUNT_MAX = 1000,
    SEARCH_CONDITIONS_MAX = 32,
    SEARCH_VALUES_MAX = 200,
    SEARCH_INCLUDED_MAX = 2000, /* resources that includes may add to a page */
    SEARCH_CHANGES_MAX = 20000, /* since a search began, that a page of it looks at: since.c */
    SEARCH_FACTS_MAX = 1 << 20,
};

typedef struct SearchQuery SearchQuery;

/* Who asks, with his rights: of what he may not see, the search says nothing at all. And where it
 * was asked: of one type, of a compartment ("Patient", its id), of all. */
typedef struct {
    const Access *access;
    uint16_t type; /* 0 = all types, or those that _type names */
    Str compartment, compartment_id;
    bool lenient; /* Prefer: handling=lenient: what is unknown is left out, with a warning */
} SearchScope;

/* A parsed query. Anything that is not understood or not offered is an issue naming the
 * parameter: STATUS_INVALID for what does not exist, STATUS_UNSUPPORTED for what does. */
Status search_parse(const Search *search, Ctx *cx, const SearchScope *scope, Str query,
                    const SearchQuery **ret_query) MUST_USE;

/* The view that a read of this type asks for: _summary and _elements, with _format and _pretty
 * allowed and anything else refused. */
Status search_parse_view(Ctx *cx, uint16_t type, Str query, FhirView *ret_view) MUST_USE;

const FhirView *search_view(const SearchQuery *query);
bool search_wants_total(const SearchQuery *query);
bool search_explains(const SearchQuery *query);
/* The parameters as understood, for link "self": "name=dup&_count=20"; without the cursor. */
Str search_self(const SearchQuery *query);
/* Names of the parameters, comma-separated, for the audit trail: never values. */
Str search_names(const SearchQuery *query);

/* A contained resource that answers, when they are asked for instead of their containers. */
typedef struct {
    size_t row; /* of rids: its container */
    Str id;
    Str json;
} SearchContained;

typedef struct {
    uint64_t *rids; /* the matches, in order */
    size_t count;
    SearchContained *contained; /* in the order of rows; they stand in place of theirs */
    size_t contained_count;
    uint64_t *included; /* by _include and _revinclude, none twice */
    size_t included_count;
    bool included_all;  /* false: there were more than SEARCH_INCLUDED_MAX */
    uint64_t total;     /* when search_wants_total */
    Str next, previous; /* values of _cursor; empty: there is no such page */
    Str plan;           /* when search_explains: what drove, what was looked at */
} SearchPage;

/* STATUS_CONFLICT without an issue: the query and the snapshot are of two epochs. Refresh, and
 * parse it again for a new snapshot. */
Status search_run(const Search *search, Ctx *cx, StoreReader *reader, const SearchQuery *query,
                  SearchPage *ret_page) MUST_USE;

/* Whether resources that are not stored would answer a query of their type, by their content alone:
 * chains lead through what is stored, and nothing refers to them yet. ret_answers has room for
 * `count`. */
Status search_answers(const Search *search, Ctx *cx, StoreReader *reader, const SearchQuery *query,
                      const SearchSource *sources, size_t count, bool *ret_answers) MUST_USE;

/* ---- what is offered, for the CapabilityStatement ------------------------------ */

typedef struct {
    Str code, url;
    FhirParamKind kind;
    const uint16_t *targets; /* of a reference */
    size_t target_count;
} SearchOffer;
/* Parameter i of the type in order of their codes; false past the last. */
bool search_offer(const Search *search, uint16_t type, size_t i, SearchOffer *ret_offer);
/* Grows when what is offered changes. */
uint64_t search_offers_number(const Search *search);

/* ---- the index made anew --------------------------------------------------------------

 * The keys have a version. A store whose keys another version made (SEARCH_FORMAT, or other
 * definitions) answers no search until its index is made anew: search_parse fails with
 * STATUS_UNAVAILABLE. Reading by id and writing go on. A new SearchParameter is indexed in the
 * same way, and searchable when it is complete. How: index.h. */

enum { SEARCH_FORMAT = 8 };

/* Everything that reads or writes with parameters holds them from before it looks at them until
 * it is done with them: what nobody holds is freed. */
unsigned search_hold(const Search *search) MUST_USE;
void search_let_go(const Search *search, unsigned hold);

/* The epoch of the store in which the parameters were read: for StoreCommit.epochs of what has keys
 * that are made after this call. */
uint64_t search_epoch(const Search *search);
/* A commit that named it was `stale`. (search_run knows by itself.) */
void search_outdated(Search *search);
/* Reads them again when it is known that the epoch has passed, by search_outdated or search_run. */
Status search_refresh(Search *search, Ctx *cx) MUST_USE;
/* Reads them again when the epoch has passed, which the store is asked for. */
Status search_catch_up(Search *search, Ctx *cx) MUST_USE;
bool search_is_current(const Search *search);

/* Makes what is missing in the background, from where it was; tells about it on its thread. */
typedef enum { SEARCH_TELLS_BEGIN, SEARCH_TELLS_END, SEARCH_TELLS_FAILURE } SearchNews;
typedef void (*SearchTell)(void *to, SearchNews news, uint64_t resources);
Status search_indexer_start(Search *search, Ctx *cx, SearchTell tell, void *to) MUST_USE;
void search_indexer_stop(Search *search);
bool search_indexer_runs(const Search *search);

/* All of the index, or that of one type, is to be made anew; searches go on with what is there.
 * What is being made already is not begun again. For the indexer, which must run. */
Status search_remake(Search *search, Ctx *cx, uint16_t type) MUST_USE;
/* A SearchParameter has been written. */
void search_params_changed(Search *search);
/* Whether a resource is a SearchParameter that this server can index: issues say why not. id: of
 * the resource, or empty. */
Status search_check_param(const Search *search, Ctx *cx, const JsonValue *resource,
                          Str id) MUST_USE;

typedef struct {
    bool open;          /* searches are answered */
    bool busy;          /* something is being made, swept or waited for */
    uint64_t done, all; /* of the resources, when something is made; 0, 0 before it begins */
    uint64_t failed;    /* resources that could not be indexed, since start */
    bool stuck;         /* the last try failed: the store could not be read or written */
} SearchProgress;
void search_progress(const Search *search, SearchProgress *ret_progress);

/* By the store's own key: the same for all who share it, and nobody else can know it. */
uint64_t search_hash_text(const Search *search, Str text);
/* Sets rights->links_name, so that what was decided for somebody with these links can be kept
 * (verdicts.h). False: no memory; nothing is kept then. */
struct Rights;
bool search_name_links(const Search *search, Arena *scratch, struct Rights *rights);
/* "Patient/1/_history/2" without its version, and without our own address in front. */
Str search_reference_bare(const Search *search, Str reference);

/* What stands in a link of an answer: nobody else can read it, make it, or use it where `about`
 * (who may use it, and for what) is other words. False: it is none of ours. */
Status search_seal(const Search *search, Ctx *cx, Str about, Str bytes, Str *ret_text) MUST_USE;
bool search_unseal(const Search *search, Ctx *cx, Str about, Str text, Str *ret_bytes) MUST_USE;

/* Of what is in the compartment of this hash, the next `limit` rids above `after`, ascending. */
Status search_about(const Search *search, Ctx *cx, StoreReader *reader, uint64_t hash,
                    uint64_t after, size_t limit, uint64_t **ret_rids, size_t *ret_count) MUST_USE;
/* Numbers of the rows of scope->type whose reference parameter leads to one of these ("Patient/1"),
 * in no order, one as often as it names them; more than `max` when there are more. For the program
 * alone: rows that it will judge. STATUS_CONFLICT without an issue: as of search_run. */
Status search_naming(const Search *search, Ctx *cx, StoreReader *reader, const SearchScope *scope,
                     Str code, const Str *names, size_t count, size_t max, uint64_t **ret_rids,
                     size_t *ret_count) MUST_USE;
/* "Patient/1", whose hash this is, found by something that is about him; STATUS_NOT_FOUND without
 * an issue when nothing is. */
Status search_patient_of(const Search *search, Ctx *cx, StoreReader *reader, uint64_t hash,
                         Str *ret_reference) MUST_USE;
/* ---- facts ------------------------------------------------------------------------------- */

/* A resource that is about to be written beside others. */
typedef struct SearchSiblings {
    const void *of;
    bool (*find)(const void *of, uint16_t type, Str id, const JsonValue **ret_resource);
} SearchSiblings;
/* Facts of a resource by the labels of the options, which must be there. What belongs to another
 * one is asked of the siblings (NULL: none), then of the store as it is now and as the writer sees
 * it. */
void search_label(const Search *search, Ctx *cx, const LabelSource *source, const Access *writer,
                  const SearchSiblings *siblings, Facts *ret_facts);
/* As they stand in a store, in the arena of cx. */
Status search_pack_facts(Ctx *cx, const Facts *facts, Str *ret_packed) MUST_USE;

/* ---- the parts, for record and tests ------------------------------------------- */

/* Percent-decoding of a query component, '+' is a blank. STATUS_INVALID on a broken escape,
 * a NUL or broken UTF-8. */
Status search_decode(Ctx *cx, Str text, Str *ret_text) MUST_USE;
/* Walks "a=b&c=d": false at the end. Names and values are still encoded. */
bool search_next_pair(Str *rest, Str *ret_name, Str *ret_value);

#endif

/* leaks/ask.h - requests, and what is answered to them as one text that can be compared. */
#ifndef ACESO_TESTS_LEAKS_ASK_H
#define ACESO_TESTS_LEAKS_ASK_H

#include "fhir/fhir.h"
#include "leaks/twin.h"
#include "oracle/oracle.h"
#include "oracle/query.h"

typedef enum {
    ASK_READ,
    ASK_VREAD,
    ASK_HISTORY,
    ASK_SEARCH,
    ASK_CREATE,
    ASK_UPDATE,
    ASK_PATCH,
    ASK_DELETE,
    ASK_BUNDLE,
    ASK_KINDS
} AskKind;

typedef struct {
    AskKind kind;
    Str type, id, version;
    Str compartment, center; /* "Patient", "p1": of a search */
    Str query, body;
    Str if_match, if_none_match, if_modified_since, if_none_exist, prefer;
} Ask;

/* "GET Patient/p1?_elements=name If-Match: W/"2" {...}": for people. */
Str ask_text(Arena *arena, const Ask *ask);

/* The answer as it leaves: status, headers, body, all in the arena. `next`, `previous`: the query
 * behind the links of a page, empty when it has none. */
typedef struct {
    Status status;
    Str text;
    Str next, previous;
    bool wrote;
} Answer;
Answer ask_run(Twin *twin, Arena *arena, const Access *access, const Ask *ask);

/* ---- what makes answers comparable (compare.c) --------------------------------------------------
 */

/* Ids that a twin has made, in their order: in comparison they are called by their number. */
typedef struct {
    Str *at;
    size_t count, room;
} NewIds;
typedef struct {
    Arena *arena; /* of the ids */
    NewIds ids[2];
    Time since; /* times from here on are called "now" */
    bool wrote; /* something has been written since: cursors hold times then */
} Compare;

/* Notes the ids that the answer to a write says were made. */
void compare_note(Compare *compare, unsigned which, Str text);
Str compare_normal(const Compare *compare, Arena *arena, unsigned which, Str text);
/* The lines in which two texts differ, a JSON text by its members. */
void compare_print(Str a, Str b);

/* ---- at random (asker.c)
 * ------------------------------------------------------------------------- */

typedef struct {
    OracleDice *dice;
    Arena *arena;
    Oracle *oracle;             /* all of D, what is hidden too: most values come from there */
    const StoreChange *changes; /* the same with versions */
    size_t change_count;
    Str patient; /* of the caller's, when he has one: "Patient/p1" */
} Asker;
Ask asker_make(Asker *asker, bool writes);

#endif

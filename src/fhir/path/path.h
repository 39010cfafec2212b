/* fhir/path/path.h - FHIRPath: compile once, evaluate over parsed resources without copying.
 *
 * Programs are immutable after compiling and shared between threads. Evaluation takes memory
 * from the arena of its Ctx and never copies an element: an item points into the JSON.
 *
 * Errors: what is wrong with an expression is STATUS_INVALID with an issue that names the
 * position (line:column) and what was expected; what goes wrong while evaluating (a singleton
 * was expected, a limit was passed) is STATUS_UNPROCESSABLE with an issue. No content of the
 * resource is quoted.
 *
 * SPEC FHIRPath N1/2.0 http://hl7.org/fhirpath/N1/, as R4 fhirpath.html uses it; functions
 * of 2.0 and 3.0 that the official R4 cases test (defineVariable, lowBoundary, precision,
 * encode, escape, sort ...) are there too. */
#ifndef ACESO_FHIR_PATH_H
#define ACESO_FHIR_PATH_H

#include "base/base.h"
#include "base/decimal.h"
#include "fhir/fhir.h"
#include "json/json.h"

enum {
    PATH_TEXT_MAX = 16 * 1024,     /* bytes of an expression */
    PATH_DEPTH_MAX = 128,          /* nesting of an expression */
    PATH_STEPS_MAX = 5000000,      /* items visited by one evaluation */
    PATH_ITEMS_MAX = 1000000,      /* of one collection */
    PATH_REGEX_STEPS_MAX = 100000, /* PCRE2's match limit */
};

typedef struct PathProgram PathProgram;

/* Compiles for resources (or elements) of the type `context`: "Patient", "Observation",
 * "Resource" when it may be any. Elements are checked against the tables when `strict`: an unknown
 * element is then an error; otherwise it is empty. A term of a top-level union that starts
 * with the name of another resource type is left out: "Patient.name | Person.name" for
 * "Person" is the second term alone. The program lives in `forever`. */
typedef struct {
    Str context;
    bool strict;
} PathCompile;
Status path_compile(Ctx *cx, Arena *forever, Str expression, const PathCompile *how,
                    const PathProgram **ret_program) MUST_USE;

/* The type of every item that the program gives, when that is known before evaluating:
 * "Observation.component" for the expression Observation.component. Else empty. Expressions
 * that continue from such items (the components of a composite search parameter) are fast
 * when they are compiled for it. */
Str path_program_type(const PathProgram *program);

/* ---- items ------------------------------------------------------------------------------ */

typedef enum {
    PATH_ELEMENT, /* a FHIR element or resource: json, type */
    PATH_BOOLEAN, /* System types from here on */
    PATH_STRING,
    PATH_INTEGER,
    PATH_DECIMAL,
    PATH_DATE,
    PATH_DATETIME,
    PATH_TIME,
    PATH_QUANTITY,
    PATH_TYPE, /* what type() answers */
} PathKind;

typedef struct {
    PathKind kind;
    uint16_t type;    /* PATH_ELEMENT: number of its FHIR type, path_type_name(); 0 unknown */
    bool boolean;     /* PATH_BOOLEAN; PATH_QUANTITY: a unit of the calendar, week and not 'wk';
                       * PATH_TYPE: of FHIR, not of System */
    JsonValue *json;  /* PATH_ELEMENT; NULL for a primitive that has only _name */
    JsonValue *extra; /* PATH_ELEMENT: of a primitive, its _name sibling, or NULL */
    int64_t integer;  /* PATH_INTEGER */
    Decimal decimal;  /* PATH_DECIMAL, and the value of PATH_QUANTITY */
    Str text;         /* PATH_STRING; date and time as written; unit of PATH_QUANTITY; name of
                       * PATH_TYPE */
} PathItem;

typedef struct {
    PathItem *items;
    size_t count;
} PathItems;

/* "CodeableConcept", "dateTime", "Patient.contact" for a backbone element. */
Str path_type_name(const PathItem *item);

/* The item as people read it, in the arena: true, text, 1.0, @2015-02, @T10:30, 4 'mg'; an object
 * as JSON. at = NULL when the arena is full. */
Str path_item_text(Arena *arena, const PathItem *item);

/* ---- evaluating ------------------------------------------------------------------------- */

typedef struct PathEnv PathEnv;
struct PathEnv {
    JsonValue *resource; /* %resource, and what expressions start from when focus is unset */
    JsonValue *root;     /* %rootResource, what a contained resource is in; NULL = resource */
    PathItem focus;      /* %context; json NULL = the resource; type 0 = the compiled one */
    Time now;            /* now(), today(), timeOfDay(); 0 = the clock */

    /* resolve(): the resource that a reference points to. Not found: *ret_found stays NULL.
     * When only its type is known (an index that must not read other resources), sets
     * *ret_type and leaves *ret_found NULL: enough for `resolve() is Patient`. NULL = nothing
     * outside contained resources and the Bundle can be resolved, but the type is taken
     * from the text "Patient/123". */
    Status (*resolve)(void *to, Ctx *cx, Str reference, JsonValue **ret_found, uint16_t *ret_type);
    /* memberOf(): whether the value set has the code (system may be empty). NULL: an error. */
    Status (*member_of)(void *to, Ctx *cx, Str value_set, Str system, Str code, bool *ret_is);
    /* subsumes(): whether the code or concept `outer` has `inner` below it. NULL: an error. */
    Status (*subsumes)(void *to, Ctx *cx, const PathItem *outer, const PathItem *inner,
                       bool *ret_is);
    /* trace(): NULL = nothing. */
    void (*trace)(void *to, Str name, const PathItems *items);
    void *to;

    const Str *names; /* further environment variables, "%name" */
    const PathItems *values;
    size_t name_count;
};

Status path_evaluate(const PathProgram *program, Ctx *cx, const PathEnv *env,
                     PathItems *ret_items) MUST_USE;
/* The result as one boolean: empty is false, a single item that is no boolean is true; used by
 * invariants and filters. */
Status path_evaluate_boolean(const PathProgram *program, Ctx *cx, const PathEnv *env,
                             bool *ret_holds) MUST_USE;

#endif

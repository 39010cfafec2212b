/* fhir/path/inner.h - what the files of FHIRPath share: nodes, lists, the state of an evaluation.
 *
 *   text -> lexer.c -> parse.c -> tree of PathNode -> compile.c (types, pruning, plain routes)
 *        -> program;  program + JSON -> eval.c, plain.c, functions.c and its fn_*.c -> items */
#ifndef ACESO_FHIR_PATH_INNER_H
#define ACESO_FHIR_PATH_INNER_H

#include "fhir/lookup.h"
#include "fhir/path/path.h"

enum { PATH_CHAIN_MAX = 1024 /* depth of the tree: a.b.c has three levels */ };

/* ---- lists of items --------------------------------------------------------------------- */

/* Begins in room on the stack of its owner, grows into pieces that go back to the evaluation's
 * pool when the owner returns: what comes and goes needs no memory in the end. The list of
 * results begins empty and grows in the arena. */
typedef enum {
    LIST_RESULT, /* items are of the arena */
    LIST_LENT,   /* of somebody else: the stack, another list */
    LIST_POOLED,
} PathListHome;

typedef struct {
    PathItem *items;
    size_t count, room;
    PathListHome home;
    struct PathEval *owner; /* of the pool */
} PathList;

void path_list_release(PathList *list);

#define PATH_LIST(name, n)                                                                         \
    PathItem name##_room[n];                                                                       \
    PathList name                                                                                  \
        __attribute__((cleanup(path_list_release))) = {name##_room, 0, (n), LIST_LENT, NULL}

/* ---- types ------------------------------------------------------------------------------ */

/* What `is`, `as` and ofType() ask for. A bare "Quantity" is both. */
typedef struct {
    uint16_t fhir;  /* number of the type, abstract ones from fhir_type_rows; 0 = none */
    uint8_t system; /* PathKind; PATH_ELEMENT = none */
} PathType;

/* The number of any type, abstract and backbone ones too; 0 = none. */
uint16_t path_type_number(Str name);
/* Whether the type, or one that it is derived from, is `wanted`. */
bool path_type_is(uint16_t type, uint16_t wanted);
bool path_is_primitive(uint16_t type);
/* False when there is no such type: namespace is empty, "FHIR" or "System". */
bool path_type_find(Str namespace, Str name, PathType *ret_type);
bool path_item_is(const PathItem *item, PathType type);
/* As `as` and ofType() have it: of primitives the very type. */
bool path_item_as(const PathItem *item, PathType type);

/* ---- the tree --------------------------------------------------------------------------- */

typedef enum {
    NODE_EMPTY,   /* {}, and what was pruned */
    NODE_LITERAL, /* item */
    NODE_THIS,
    NODE_INDEX,    /* $index */
    NODE_TOTAL,    /* $total */
    NODE_VARIABLE, /* %text */
    NODE_STEP,     /* input.text */
    NODE_CALL,     /* input.text(args) */
    NODE_AT,       /* input[args[0]] */
    NODE_BINARY,   /* args[0] operator args[1] */
    NODE_UNION,    /* args[0] | args[1] | ... */
    NODE_SIGN,     /* + or - args[0] */
    NODE_TYPE,     /* input is/as test: `oper` says which */
    NODE_ROOT,     /* input, where it is of the type `test`: the "Patient" of Patient.name */
    NODE_PLAIN,    /* a plain route, from $this */
} PathOp;

typedef enum {
    OP_NONE,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_DIV,
    OP_MOD,
    OP_ADD,
    OP_SUBTRACT,
    OP_CONCATENATE,
    OP_UNION,
    OP_IS,
    OP_AS,
    OP_OF_TYPE,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_EQUAL,
    OP_NOT_EQUAL,
    OP_EQUIVALENT,
    OP_NOT_EQUIVALENT,
    OP_IN,
    OP_CONTAINS,
    OP_AND,
    OP_OR,
    OP_XOR,
    OP_IMPLIES,
} PathOperator;

typedef struct PathNode PathNode;
typedef struct PathFunction PathFunction;
typedef struct PlainStep PlainStep;

struct PathNode {
    uint8_t op;     /* PathOp */
    uint8_t oper;   /* PathOperator */
    bool delimited; /* `name` */
    bool lenient;   /* as, of several items: filters */
    bool foreign;   /* begins with the name of another type */
    bool unordered; /* its items come in no order that means anything */
    uint16_t depth;
    uint16_t type; /* of every item it gives, when known; else 0 */
    uint16_t arg_count;
    uint32_t at; /* byte in the text */
    Str text;
    PathNode *input; /* NULL: $this */
    PathNode **args;
    const PathFunction *function;
    PathType test;
    PathItem item;
    const ElementRow *rows; /* of a step whose input type is known: its alternatives */
    uint16_t row_count;
    const struct Regex *regex; /* of a literal pattern */
    const PlainStep *steps;    /* NODE_PLAIN */
    uint16_t step_count;
};

struct PathProgram {
    const PathNode *root;
    Str text;
    uint16_t context; /* type number, 0 = any */
};

/* ---- lexer.c, parse.c, compile.c, plain.c ----------------------------------------------- */

typedef enum {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_DELIMITED, /* `name` */
    TOKEN_STRING,
    TOKEN_NUMBER,
    TOKEN_DATE,
    TOKEN_DATETIME,
    TOKEN_TIME,
    TOKEN_DOLLAR,  /* $this: text is "this" */
    TOKEN_PERCENT, /* %name */
    TOKEN_SYMBOL,
} PathTokenKind;

typedef struct {
    PathTokenKind kind;
    uint32_t at;
    Str text; /* unescaped; of dates without '@' and 'T' before a time */
} PathToken;

/* Reads the token that begins at or after *at and moves *at behind it. */
Status path_token(Ctx *cx, Arena *forever, Str text, size_t *at, PathToken *ret_token) MUST_USE;
/* An issue that names the position: line:column. The value is `status`, visible to whoever checks
 * that what is set only on success is read only then. */
#define path_fail_at(cx, status, text, at, ...)                                                    \
    (path_say_at((cx), (status), (text), (at), __VA_ARGS__), (status))
void path_say_at(Ctx *cx, Status status, Str text, size_t at, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

Status path_parse(Ctx *cx, Arena *forever, Str text, PathNode **ret_root) MUST_USE;

/* Turns node into a NODE_PLAIN when it is one. */
Status path_plain(Ctx *cx, Arena *forever, PathNode *node) MUST_USE;

/* ---- evaluation ------------------------------------------------------------------------- */

typedef struct PathVariable {
    const struct PathVariable *older;
    Str name;
    PathItems value;
} PathVariable;

enum { POOL_SMALLEST = 8, POOL_CLASSES = 10 /* rooms of 8, 32, 128 ... items */ };

typedef struct PathEval {
    Ctx *cx;
    const PathEnv *env;
    const PathProgram *program;
    void **pool; /* by class: free pieces, each begins with a pointer to the next; or NULL */
    const PathVariable *variables; /* defineVariable() */
    const PathItem *context;       /* %context */
    size_t steps_left, steps_rest;
    Time now; /* 0: the clock was not looked at yet */
} PathEval;

/* What $this, $index and $total are. */
typedef struct {
    const PathItem *this;
    size_t this_count; /* 1, but for defineVariable() and what is empty */
    int64_t index;
    const PathList *total;
} PathFrame;

Status path_list_grow(PathEval *ev, PathList *list) MUST_USE;
Status path_add_all(PathEval *ev, PathList *list, const PathList *from) MUST_USE;
Status path_fail_steps(PathEval *ev) MUST_USE;

/* A new item at the end, zeroed. */
static inline Status path_new(PathEval *ev, PathList *list, PathItem **ret_item)
{
    if (__builtin_expect(list->count == list->room, 0))
        TRY(path_list_grow(ev, list));
    PathItem *item = &list->items[list->count++];
    *item = (PathItem){0};
    *ret_item = item;
    return STATUS_OK;
}

static inline Status path_add(PathEval *ev, PathList *list, const PathItem *item)
{
    if (__builtin_expect(list->count == list->room, 0))
        TRY(path_list_grow(ev, list));
    list->items[list->count++] = *item;
    return STATUS_OK;
}

static inline Status path_step(PathEval *ev)
{
    if (__builtin_expect(ev->steps_left-- == 0, 0))
        return path_fail_steps(ev);
    return STATUS_OK;
}

/* Adds what node gives to *to. */
Status path_eval(PathEval *ev, const PathNode *node, const PathFrame *frame, PathList *to) MUST_USE;
/* The same for a part of its own (an argument, an operand): variables end with it. */
Status path_eval_scope(PathEval *ev, const PathNode *node, const PathFrame *frame,
                       PathList *to) MUST_USE;
Status path_eval_plain(PathEval *ev, const PathNode *node, const PathItem *from,
                       PathList *to) MUST_USE;
/* The same, from an element in its parts. */
Status path_walk(PathEval *ev, const PathNode *node, uint16_t type, JsonValue *json,
                 JsonValue *extra, PathList *to) MUST_USE;
/* Fails while evaluating at node. */
#define path_fail(ev, node, ...) (path_say((ev), (node), __VA_ARGS__), STATUS_UNPROCESSABLE)
void path_say(PathEval *ev, const PathNode *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The list as a single item: NULL when it is empty; several are an error. */
Status path_single(PathEval *ev, const PathNode *node, const PathList *list,
                   const PathItem **ret_item) MUST_USE;
/* By singleton evaluation: empty, true or false; a single item that is no boolean is true. */
typedef enum { TRUTH_FALSE, TRUTH_TRUE, TRUTH_EMPTY } Truth;
Status path_truth(PathEval *ev, const PathNode *node, const PathList *list,
                  Truth *ret_truth) MUST_USE;
Status path_add_boolean(PathEval *ev, PathList *to, bool boolean) MUST_USE;
Status path_add_integer(PathEval *ev, PathList *to, int64_t integer) MUST_USE;
Status path_add_decimal(PathEval *ev, PathList *to, Decimal decimal) MUST_USE;
Status path_add_string(PathEval *ev, PathList *to, Str text) MUST_USE;

/* ---- item.c: elements ------------------------------------------------------------------- */

/* The item as a System value: primitives and Quantities turn, anything else stays an element. */
PathItem path_value(const PathItem *item);
/* The same, but a Quantity stays an element. */
PathItem path_simple(const PathItem *item);
/* Adds the children of that name. */
Status path_children_named(PathEval *ev, const PathItem *item, Str name, PathList *to) MUST_USE;
Status path_children(PathEval *ev, const PathItem *item, PathList *to) MUST_USE;
Status path_descendants(PathEval *ev, const PathItem *item, PathList *to) MUST_USE;
/* The type of what an object is: by resourceType when it may be any resource. */
uint16_t path_actual_type(uint16_t type, const JsonValue *json);
/* Rows of an element name of a type, alternatives of a choice together; 0 = none. */
size_t path_rows(uint16_t type, Str name, const ElementRow **ret_rows);

/* ---- units (equal.c) -------------------------------------------------------------------- */
/* "days" is "day"; false when it is no unit of the calendar. */
bool path_calendar_unit(Str word, Str *ret_unit);
/* The unit of a quantity as UCUM has it: "d" for a day of the calendar. */
Str path_ucum_text(const PathItem *quantity);

/* ---- equal.c -----------------------------------------------------------------------------------
 */

/* Of two items. */
Truth path_equal(const PathItem *a, const PathItem *b);
bool path_equivalent(const PathItem *a, const PathItem *b);
/* *ret_order is <0, 0, >0; TRUTH_EMPTY when it cannot be known; false: they do not compare. */
bool path_compare(const PathItem *a, const PathItem *b, int *ret_order, bool *ret_known);
Status path_has(PathEval *ev, const PathList *list, const PathItem *item, bool *ret_has) MUST_USE;

/* A list without equal items. */
typedef struct {
    PathList *list;
    uint32_t *slots;  /* hash -> place in list from 1; none while the list is short */
    uint32_t *hashes; /* of the items */
    size_t slot_count;
} PathSet;
Status path_set_add(PathEval *ev, PathSet *set, const PathList *from) MUST_USE;
/* Adds the items of `from` that *to has not yet. */
Status path_add_distinct(PathEval *ev, PathList *to, const PathList *from) MUST_USE;

/* ---- operators.c ------------------------------------------------------------------------ */

Status path_arithmetic(PathEval *ev, const PathNode *node, const PathItem *a, const PathItem *b,
                       PathList *to) MUST_USE;
Status path_negate(PathEval *ev, const PathNode *node, const PathItem *a, PathList *to) MUST_USE;

/* ---- functions -------------------------------------------------------------------------- */

typedef struct {
    const PathNode *node;
    const PathFrame *frame;
    const PathList *input;
} PathCall;

enum {
    CALL_SINGLE = 1,    /* of one item; nothing gives nothing */
    CALL_TYPE = 2,      /* its argument is a type */
    CALL_LAMBDA = 4,    /* arguments are evaluated for each item */
    CALL_KEEPS = 8,     /* what it gives is of the type of its input */
    CALL_ORDERED = 16,  /* asks for the order of its input */
    CALL_SHUFFLES = 32, /* what it gives has no order */
    CALL_REPEATS = 64   /* its argument is evaluated for what it gave, too */
};

struct PathFunction {
    const char *name;
    uint8_t args_min, args_max, flags;
    Status (*run)(PathEval *ev, const PathCall *call, PathList *to);
};

const PathFunction *path_function(Str name);
/* fn_sort.c */
enum { SORT_KEYS_MAX = 8 };
Status path_fn_sort(PathEval *ev, const PathCall *call, PathList *to);

extern const PathFunction path_collection_functions[], path_string_functions[],
    path_number_functions[], path_convert_functions[], path_fhir_functions[], path_date_functions[];
extern const size_t path_collection_function_count, path_string_function_count,
    path_number_function_count, path_convert_function_count, path_fhir_function_count,
    path_date_function_count;

/* Argument i, evaluated where the call stands. */
Status path_arg(PathEval *ev, const PathCall *call, size_t i, PathList *to) MUST_USE;
/* As a single value of the kind; *ret_there is false when it is empty. Integers pass as
 * decimals. */
Status path_arg_value(PathEval *ev, const PathCall *call, size_t i, PathKind kind,
                      PathItem *ret_value, bool *ret_there) MUST_USE;
/* A criterion for one item of the input. */
Status path_holds(PathEval *ev, const PathCall *call, size_t i, size_t index,
                  Truth *ret_truth) MUST_USE;

/* Compiles the pattern of matches('...') and its kin. */
Status path_literal_regex(Ctx *cx, Arena *forever, Str text, PathNode *node) MUST_USE;

/* ---- fn_fhir.c -------------------------------------------------------------------------- */

/* The type of the resource that a reference points to, 0 when it cannot be known. */
Status path_resolve_type(PathEval *ev, const PathItem *reference, uint16_t *ret_type) MUST_USE;

/* ---- repeating primitives ---------------------------------------------------------------- */

/* The items of an array beside those of its _name: either may be the longer, or missing. */
typedef struct {
    JsonIter values, extras;
} PathPairs;

static inline PathPairs path_pairs(const JsonValue *value, const JsonValue *extra)
{
    return (PathPairs){json_iter(json_is(value, JSON_ARRAY) ? value : NULL),
                       json_iter(json_is(extra, JSON_ARRAY) ? extra : NULL)};
}

static inline bool path_next_pair(PathPairs *pairs, JsonValue **ret_at, JsonValue **ret_beside)
{
    *ret_at = *ret_beside = NULL;
    bool more = json_next(&pairs->values, NULL, ret_at);
    return json_next(&pairs->extras, NULL, ret_beside) || more;
}

#endif

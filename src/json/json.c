/* json/json.c - parsing and reading.
 *
 * Parsing is yyjson's; here it gets the request's arena and the two limits that make every
 * later walk safe: nesting (so that walks may recurse) and members of one object (so that
 * comparing each with each stays cheap). */
#include "json/json_priv.h"

/* The newest piece that yyjson asked for: the values. They are reserved by estimate, so the
 * unused end goes back to the arena. */
typedef struct {
    Arena *arena;
    void *last;
    size_t last_bytes;
} Pool;

static void *pool_alloc(void *context, size_t bytes)
{
    Pool *pool = context;
    pool->last = arena_alloc_raw(pool->arena, bytes);
    pool->last_bytes = bytes;
    return pool->last;
}

static void *pool_realloc(void *context, void *old, size_t old_bytes, size_t bytes)
{
    Pool *pool = context;
    void *piece = arena_realloc(pool->arena, old, old_bytes, bytes);
    if (piece && bytes >= old_bytes) {
        pool->last = piece;
        pool->last_bytes = bytes;
    }
    return piece;
}

static void pool_free(void *context, void *old)
{
    UNUSED(context);
    UNUSED(old);
}

static Status fail_depth(Ctx *cx)
{
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                    "The JSON is nested deeper than %d levels, which this server does not accept.",
                    JSON_DEPTH_MAX);
}

/* ---- limits before parsing ----------------------------------------------------------- */

enum { BRACKETS_SMALL_TEXT = 4096, BRACKETS_PER_BYTES = 16 };

typedef uint8_t Lanes __attribute__((vector_size(16)));

/* 16 bytes at a time: this runs over every large document. */
static size_t count_brackets(const char *text, size_t len)
{
    size_t count = 0, i = 0;
    while (len - i >= sizeof(Lanes)) {
        Lanes hits = {0};
        for (int turn = 0; turn < 255 && len - i >= sizeof(Lanes); turn++, i += sizeof(Lanes)) {
            Lanes bytes;
            memcpy(&bytes, text + i, sizeof(bytes));
            hits -= (Lanes)((bytes | 0x20) == '{'); /* a hit is -1 */
        }
        for (size_t lane = 0; lane < sizeof(Lanes); lane++)
            count += hits[lane];
    }
    for (; i < len; i++)
        count += (text[i] | 0x20) == '{';
    return count;
}

/* Whether brackets outside strings nest too deep; broken JSON may say either. */
static bool nests_too_deep(const char *text, size_t len)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '"')
            quoted = !quoted;
        else if (c == '\\')
            i++;
        else if (quoted)
            continue;
        else if (c == '[' || c == '{')
            depth++;
        else if ((c == ']' || c == '}') && depth)
            depth--;
        if (depth > JSON_DEPTH_MAX)
            return true;
    }
    return false;
}

/* A text of ten million brackets would cost 16 bytes of memory each before the parser
 * finds that nothing closes. Ordinary documents have one in 30 bytes; only what is far
 * from that pays for a careful look. */
static bool is_bracket_bomb(const char *text, size_t len)
{
    return len > BRACKETS_SMALL_TEXT && count_brackets(text, len) > len / BRACKETS_PER_BYTES &&
           nests_too_deep(text, len);
}

/* ---- limits after parsing ------------------------------------------------------------ */

/* Walks the array of values once, with the ends of the open containers on a stack. */
static Status check_limits(Ctx *cx, const JsonValue *root, size_t count)
{
    const JsonValue *ends[JSON_DEPTH_MAX];
    size_t depth = 0;
    for (const JsonValue *v = root; v < root + count; v++) {
        while (depth && v >= ends[depth - 1])
            depth--;
        if (!json_is_container(v))
            continue;
        if (depth == JSON_DEPTH_MAX)
            return fail_depth(cx);
        ends[depth++] = json_after(v);
        if (json_is(v, JSON_OBJECT) && json_count(v) > JSON_MEMBERS_MAX)
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                            "A JSON object has more than %d members, which this server does not "
                            "accept.",
                            JSON_MEMBERS_MAX);
    }
    return STATUS_OK;
}

/* ---- parsing ------------------------------------------------------------------------- */

static Status fail_parse(Ctx *cx, const yyjson_read_err *error, size_t len)
{
    if (error->code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY,
                        "The JSON needs more memory than one request may use.");
    if (len == 0)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "JSON was expected, and there is nothing.");
    return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "This is not JSON: byte %zu: %s.", error->pos,
                    error->msg);
}

static Status parse(Ctx *cx, char *text, size_t len, yyjson_read_flag flags, JsonValue **ret_root)
{
    if (is_bracket_bomb(text, len))
        return fail_depth(cx);
    Pool pool = {.arena = cx->arena};
    yyjson_alc alc = {pool_alloc, pool_realloc, pool_free, &pool};
    yyjson_read_err error = {0};
    yyjson_doc *doc = yyjson_read_opts(text, len, flags | YYJSON_READ_NUMBER_AS_RAW, &alc, &error);
    if (!doc)
        return fail_parse(cx, &error, len);
    char *values_end = (char *)(doc->root + doc->val_read);
    if ((char *)doc == pool.last) {
        void *same =
            arena_realloc(cx->arena, doc, pool.last_bytes, (size_t)(values_end - (char *)doc));
        assert(same == doc);
    }
    TRY(check_limits(cx, doc->root, doc->val_read));
    *ret_root = doc->root;
    return STATUS_OK;
}

Status json_parse(Ctx *cx, Str text, JsonValue **ret_root)
{
    /* Without the INSITU flag yyjson copies the text and leaves it alone. */
    return parse(cx, (char *)(text.at ? text.at : ""), text.len, YYJSON_READ_NOFLAG, ret_root);
}

Status json_parse_in_place(Ctx *cx, char *text, size_t len, JsonValue **ret_root)
{
    memset(text + len, 0, JSON_PADDING);
    return parse(cx, text, len, YYJSON_READ_INSITU, ret_root);
}

/* ---- reading ------------------------------------------------------------------------- */

JsonType json_type(const JsonValue *value)
{
    switch (unsafe_yyjson_get_type((void *)value)) {
    case YYJSON_TYPE_BOOL: return JSON_BOOL;
    case YYJSON_TYPE_RAW:
    case YYJSON_TYPE_NUM: return JSON_NUMBER;
    case YYJSON_TYPE_STR: return JSON_STRING;
    case YYJSON_TYPE_ARR: return JSON_ARRAY;
    case YYJSON_TYPE_OBJ: return JSON_OBJECT;
    default: return JSON_NULL;
    }
}

const char *json_type_name(const JsonValue *value)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",       [JSON_BOOL] = "true or false", [JSON_NUMBER] = "a number",
        [JSON_STRING] = "a string", [JSON_ARRAY] = "an array",     [JSON_OBJECT] = "an object",
    };
    return value ? names[json_type(value)] : "nothing";
}

bool json_is(const JsonValue *value, JsonType type)
{
    return value && json_type(value) == type;
}

Str json_str(const JsonValue *value)
{
    if (!value)
        return STR_EMPTY;
    yyjson_type type = unsafe_yyjson_get_type((void *)value);
    return type == YYJSON_TYPE_STR || type == YYJSON_TYPE_RAW ? json_text(value) : STR_EMPTY;
}

bool json_bool(const JsonValue *value)
{
    return value && unsafe_yyjson_is_true((void *)value);
}

size_t json_count(const JsonValue *value)
{
    return value && json_is_container(value) ? unsafe_yyjson_get_len((void *)value) : 0;
}

JsonIter json_iter(const JsonValue *value)
{
    return (JsonIter){
        .at = value ? (JsonValue *)value + 1 : NULL,
        .left = json_count(value),
        .object = json_is(value, JSON_OBJECT),
    };
}

bool json_next(JsonIter *it, Str *ret_name, JsonValue **ret_value)
{
    if (it->left == 0)
        return false;
    it->left--;
    if (it->object) {
        if (ret_name)
            *ret_name = json_text(it->at);
        it->at++;
    }
    *ret_value = it->at;
    it->at = json_after(it->at);
    return true;
}

/* Lookups by name are what everything else waits for: members are compared by their length and
 * first byte before memcmp is called. */
static inline bool is_named(const JsonValue *key, const char *name, size_t len)
{
    return key->tag >> YYJSON_TAG_BIT == len &&
           (len == 0 || (key->uni.str[0] == name[0] && memcmp(key->uni.str, name, len) == 0));
}

JsonValue *json_get(const JsonValue *object, Str name)
{
    if (!json_is(object, JSON_OBJECT))
        return NULL;
    const JsonValue *key = object + 1;
    for (size_t left = unsafe_yyjson_get_len((void *)object); left > 0; left--) {
        if (is_named(key, name.at, name.len))
            return (JsonValue *)key + 1;
        key = json_after(key + 1);
    }
    return NULL;
}

JsonValue *json_get_pair(const JsonValue *object, Str name, JsonValue **ret_underscored)
{
    const JsonValue *found = NULL, *beside = NULL;
    *ret_underscored = NULL;
    if (!json_is(object, JSON_OBJECT))
        return NULL;
    const JsonValue *key = object + 1;
    for (size_t left = unsafe_yyjson_get_len((void *)object); left > 0; left--) {
        if (!found && is_named(key, name.at, name.len)) {
            found = key + 1;
        } else if (!beside && key->uni.str[0] == '_') {
            size_t len = (size_t)(key->tag >> YYJSON_TAG_BIT);
            if (len == name.len + 1 && memcmp(key->uni.str + 1, name.at, name.len) == 0)
                beside = key + 1;
        }
        key = json_after(key + 1);
    }
    *ret_underscored = (JsonValue *)beside;
    return (JsonValue *)found;
}

Str json_get_str(const JsonValue *object, Str name)
{
    JsonValue *value = json_get(object, name);
    return json_is(value, JSON_STRING) ? json_text(value) : STR_EMPTY;
}

JsonValue *json_item(const JsonValue *array, size_t i)
{
    return json_is(array, JSON_ARRAY) ? yyjson_arr_get((yyjson_val *)array, i) : NULL;
}

void json_set_string(JsonValue *value, Str text)
{
    assert(json_is(value, JSON_STRING));
    unsafe_yyjson_set_strn(value, text.at, text.len);
}

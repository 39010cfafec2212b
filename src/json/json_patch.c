/* json/json_patch.c - RFC 6902 over a read-only document.
 *
 * A Node stands for a value. It is closed (just points at the parsed value) until a path
 * leads into it; then it is opened into a list of child nodes. So a patch costs what its
 * paths touch, copying a closed value costs nothing, and the document itself stays as it is.
 *
 * SPEC RFC 6902, RFC 6901 */
#include "json/json_priv.h"

typedef struct Node {
    struct Node *next;
    Str name;                /* in an object */
    const JsonValue *source; /* the value while closed; its type always */
    struct Node *first;      /* children when open */
    bool open;
} Node;

typedef struct {
    Ctx *cx;
    Node root;
    size_t index;   /* of the operation, for the issue */
    const char *op; /* its name */
} Patch;

/* ---- faults -------------------------------------------------------------------------- */

static Status fail(Patch *p, Status status, const char *what)
{
    return ctx_fail(p->cx, status, STR_EMPTY, "Operation %zu of the JSON Patch (%s): %s.", p->index,
                    p->op, what);
}

static Status fail_memory(Patch *p)
{
    return fail(p, STATUS_MEMORY, "the patch needs more memory than one request may use");
}

/* ---- nodes --------------------------------------------------------------------------- */

static Node *node_new(Patch *p, Str name, const JsonValue *source)
{
    Node *node = arena_new_of(p->cx->arena, Node);
    if (node) {
        node->name = name;
        node->source = source;
    }
    return node;
}

static Status node_open(Patch *p, Node *node)
{
    if (node->open || !json_is_container(node->source))
        return STATUS_OK;
    Node **tail = &node->first;
    Str name = STR_EMPTY;
    JsonValue *value;
    for (JsonIter it = json_iter(node->source); json_next(&it, &name, &value);) {
        *tail = node_new(p, name, value);
        if (!*tail)
            return fail_memory(p);
        tail = &(*tail)->next;
    }
    node->open = true;
    return STATUS_OK;
}

/* A deep copy of what is open; what is closed is shared. */
static Status node_copy(Patch *p, const Node *from, size_t depth, Node **ret_copy)
{
    if (depth > JSON_DEPTH_MAX)
        return fail(p, STATUS_UNPROCESSABLE, "the result is nested too deep");
    Node *copy = node_new(p, from->name, from->source);
    if (!copy)
        return fail_memory(p);
    copy->open = from->open;
    Node **tail = &copy->first;
    for (const Node *child = from->first; child; child = child->next) {
        TRY(node_copy(p, child, depth + 1, tail));
        tail = &(*tail)->next;
    }
    *ret_copy = copy;
    return STATUS_OK;
}

static size_t node_count(const Node *node)
{
    size_t count = 0;
    for (const Node *child = node->first; child; child = child->next)
        count++;
    return count;
}

static const Node *node_member(const Node *object, Str name)
{
    const Node *child = object->first;
    while (child && !str_eq(child->name, name))
        child = child->next;
    return child;
}

/* The value is parsed, so its depth bounds the recursion. */
static bool node_equals(const Node *node, const JsonValue *value)
{
    if (!node->open)
        return json_equal(node->source, value, true);
    if (json_type(node->source) != json_type(value) || node_count(node) != json_count(value))
        return false;
    const Node *child = node->first;
    Str name;
    JsonValue *item;
    bool object = json_is(value, JSON_OBJECT);
    for (JsonIter it = json_iter(value); json_next(&it, &name, &item);) {
        const Node *other = child; /* the same order is usual */
        if (object && !(child && str_eq(child->name, name)))
            other = node_member(node, name);
        if (!other || !node_equals(other, item))
            return false;
        child = child ? child->next : NULL;
    }
    return true;
}

static Status node_write(Patch *p, Buf *buf, const Node *node, size_t depth)
{
    if (depth > JSON_DEPTH_MAX)
        return fail(p, STATUS_UNPROCESSABLE, "the result is nested too deep");
    if (buf->full)
        return fail_memory(p);
    if (!node->open) {
        json_write(buf, node->source, false);
        return STATUS_OK;
    }
    bool object = json_is(node->source, JSON_OBJECT);
    buf_add_char(buf, object ? '{' : '[');
    for (const Node *child = node->first; child; child = child->next) {
        if (child != node->first)
            buf_add_char(buf, ',');
        if (object) {
            json_write_string(buf, child->name);
            buf_add_char(buf, ':');
        }
        TRY(node_write(p, buf, child, depth + 1));
    }
    buf_add_char(buf, object ? '}' : ']');
    return STATUS_OK;
}

/* ---- pointers ------------------------------------------------------------------------ */

/* The next token of a pointer, "~1" and "~0" resolved. rest starts with '/'. */
static Status next_token(Patch *p, Str *rest, Str *ret_token)
{
    *rest = str_from(*rest, 1);
    size_t end = str_index(*rest, '/');
    Str raw = str_head(*rest, end);
    *rest = end == SIZE_MAX ? STR_EMPTY : str_from(*rest, end);
    if (str_index(raw, '~') == SIZE_MAX) {
        *ret_token = raw;
        return STATUS_OK;
    }
    char *text = arena_alloc_raw(p->cx->arena, raw.len);
    if (!text)
        return fail_memory(p);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.at[i];
        if (c == '~') {
            char code = ++i < raw.len ? raw.at[i] : '\0';
            if (code != '0' && code != '1')
                return fail(p, STATUS_INVALID, "in a path, ~ must be followed by 0 or 1");
            c = code == '0' ? '~' : '/';
        }
        text[len++] = c;
    }
    *ret_token = str_n(text, len);
    return STATUS_OK;
}

/* An array index: digits without a leading zero. SPEC RFC 6901 4 */
static bool read_index(Str token, uint64_t *ret_index)
{
    return (token.len == 1 || (token.len > 1 && token.at[0] != '0')) &&
           str_to_u64(token, ret_index);
}

/* The place that holds the child called `token`: the pointer that points at it, or at NULL
 * (past the end) when there is none. Objects and arrays of `parent` alike. */
static Status find_slot(Patch *p, Node *parent, Str token, Node ***ret_slot)
{
    if (!json_is_container(parent->source))
        return fail(p, STATUS_UNPROCESSABLE, "the path leads into something that has no members");
    TRY(node_open(p, parent));
    Node **slot = &parent->first;
    if (json_is(parent->source, JSON_OBJECT)) {
        while (*slot && !str_eq((*slot)->name, token))
            slot = &(*slot)->next;
    } else {
        uint64_t index = UINT64_MAX;
        if (!str_eq(token, STR("-")) && !read_index(token, &index))
            return fail(p, STATUS_UNPROCESSABLE, "the path has no index where an array is");
        bool append = index == UINT64_MAX;
        for (; *slot && index; index--)
            slot = &(*slot)->next;
        if (index && !append)
            return fail(p, STATUS_UNPROCESSABLE, "the index is beyond the end of the array");
    }
    *ret_slot = slot;
    return STATUS_OK;
}

/* Walks `path` up to its last token. For the whole document *ret_parent is NULL. */
static Status find_parent(Patch *p, Str path, Node **ret_parent, Str *ret_token)
{
    *ret_parent = NULL;
    if (path.len == 0)
        return STATUS_OK;
    Node *node = &p->root;
    for (size_t depth = 0; depth < JSON_DEPTH_MAX; depth++) {
        TRY(next_token(p, &path, ret_token));
        if (path.len == 0) {
            *ret_parent = node;
            return STATUS_OK;
        }
        Node **slot;
        TRY(find_slot(p, node, *ret_token, &slot));
        if (!*slot)
            return fail(p, STATUS_UNPROCESSABLE, "the path leads nowhere");
        node = *slot;
    }
    return fail(p, STATUS_UNPROCESSABLE, "the path is too deep");
}

/* The slot of a value that exists; &root's own place is *ret_slot = NULL. */
static Status find_existing(Patch *p, Str path, Node ***ret_slot)
{
    Node *parent;
    Str token;
    *ret_slot = NULL;
    TRY(find_parent(p, path, &parent, &token));
    if (!parent)
        return STATUS_OK;
    TRY(find_slot(p, parent, token, ret_slot));
    if (!**ret_slot)
        return fail(p, STATUS_UNPROCESSABLE, "there is nothing at that path");
    return STATUS_OK;
}

/* ---- operations ---------------------------------------------------------------------- */

typedef struct {
    Str path;
    Str from;
    const JsonValue *value;
} Operation;

static Status add_node(Patch *p, Str path, Node *node)
{
    Node *parent;
    Str token;
    TRY(find_parent(p, path, &parent, &token));
    if (!parent) {
        node->name = STR_EMPTY;
        node->next = NULL;
        p->root = *node;
        return STATUS_OK;
    }
    Node **slot;
    TRY(find_slot(p, parent, token, &slot));
    bool replaced = json_is(parent->source, JSON_OBJECT) && *slot;
    node->name = token;
    node->next = replaced ? (*slot)->next : *slot;
    *slot = node;
    return STATUS_OK;
}

static Status apply_add(Patch *p, const Operation *op)
{
    Node *node = node_new(p, STR_EMPTY, op->value);
    return node ? add_node(p, op->path, node) : fail_memory(p);
}

static Status apply_remove(Patch *p, const Operation *op)
{
    Node **slot;
    TRY(find_existing(p, op->path, &slot));
    if (!slot)
        return fail(p, STATUS_UNPROCESSABLE, "the whole document cannot be removed");
    *slot = (*slot)->next;
    return STATUS_OK;
}

static Status apply_replace(Patch *p, const Operation *op)
{
    Node **slot;
    TRY(find_existing(p, op->path, &slot));
    Node *at = slot ? *slot : &p->root;
    *at = (Node){.next = at->next, .name = at->name, .source = op->value};
    return STATUS_OK;
}

static Status apply_move(Patch *p, const Operation *op)
{
    Node **slot;
    TRY(find_existing(p, op->from, &slot));
    if (str_eq(op->from, op->path))
        return STATUS_OK;
    if (!slot || (str_has_prefix(op->path, op->from) && op->path.at[op->from.len] == '/'))
        return fail(p, STATUS_UNPROCESSABLE, "a value cannot be moved into itself");
    Node *node = *slot;
    *slot = node->next;
    return add_node(p, op->path, node);
}

static Status apply_copy(Patch *p, const Operation *op)
{
    Node **slot, *copy;
    TRY(find_existing(p, op->from, &slot));
    TRY(node_copy(p, slot ? *slot : &p->root, 0, &copy));
    return add_node(p, op->path, copy);
}

static Status apply_test(Patch *p, const Operation *op)
{
    Node **slot;
    TRY(find_existing(p, op->path, &slot));
    if (!node_equals(slot ? *slot : &p->root, op->value))
        return fail(p, STATUS_UNPROCESSABLE, "the value there is not the expected one");
    return STATUS_OK;
}

static const struct {
    const char *name;
    bool needs_value, needs_from;
    Status (*apply)(Patch *p, const Operation *op);
} operations[] = {
    {"add", true, false, apply_add},         {"remove", false, false, apply_remove},
    {"replace", true, false, apply_replace}, {"move", false, true, apply_move},
    {"copy", false, true, apply_copy},       {"test", true, false, apply_test},
};

static Status take_pointer(Patch *p, const JsonValue *value, Str *ret_pointer)
{
    Str text = json_str(value);
    if (!json_is(value, JSON_STRING) || (text.len && text.at[0] != '/'))
        return fail(p, STATUS_INVALID,
                    "path and from must be strings that are empty or begin with /");
    *ret_pointer = text;
    return STATUS_OK;
}

static Status apply(Patch *p, const JsonValue *item)
{
    const JsonValue *members[4] = {NULL};
    static const Str names[4] = {STR_INIT("op"), STR_INIT("path"), STR_INIT("from"),
                                 STR_INIT("value")};
    p->op = "unknown";
    if (!json_is(item, JSON_OBJECT))
        return fail(p, STATUS_INVALID, "an operation must be an object");
    Str name;
    JsonValue *value;
    for (JsonIter it = json_iter(item); json_next(&it, &name, &value);) {
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            if (!str_eq(name, names[i]))
                continue;
            if (members[i])
                return fail(p, STATUS_INVALID, "a member occurs twice");
            members[i] = value;
        }
    }
    for (size_t i = 0; i < COUNT_OF(operations); i++) {
        if (!json_is(members[0], JSON_STRING) ||
            !str_eq(json_str(members[0]), str_of(operations[i].name)))
            continue;
        p->op = operations[i].name;
        Operation op = {.value = members[3]};
        TRY(take_pointer(p, members[1], &op.path));
        if (operations[i].needs_from)
            TRY(take_pointer(p, members[2], &op.from));
        if (operations[i].needs_value && !op.value)
            return fail(p, STATUS_INVALID, "the value is missing");
        return operations[i].apply(p, &op);
    }
    return fail(p, STATUS_INVALID, "op must be one of add, remove, replace, move, copy, test");
}

Status json_patch(Ctx *cx, const JsonValue *document, const JsonValue *patch, Buf *result)
{
    if (!json_is(patch, JSON_ARRAY))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "A JSON Patch is an array of operations.");
    if (json_count(patch) > JSON_PATCH_OPERATIONS_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The JSON Patch has more than %d operations.", JSON_PATCH_OPERATIONS_MAX);
    Patch p = {.cx = cx, .root = {.source = document}, .op = "writing"};
    JsonValue *item;
    for (JsonIter it = json_iter(patch); json_next(&it, NULL, &item); p.index++) {
        TRY(ctx_check_deadline(cx));
        TRY(apply(&p, item));
    }
    TRY(node_write(&p, result, &p.root, 0));
    return result->full ? fail_memory(&p) : STATUS_OK;
}

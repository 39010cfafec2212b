/* search/node.c - one parameter of a query becomes a node: a condition, a chain, a _has.
 *
 * SPEC R4 search.html#chaining, #has, #modifiers */
#include "search/fold.h"
#include "search/query.h"

enum { NODES_MAX = 2000 };

Status node_new(NodeParse *p, NodeKind kind, uint16_t type, Node **ret_node)
{
    if (++p->nodes > NODES_MAX)
        return ctx_fail(p->cx, STATUS_UNSUPPORTED, STR_EMPTY, "The query has too many conditions.");
    *ret_node = arena_new_of(p->cx->arena, Node);
    if (!*ret_node)
        return STATUS_MEMORY;
    (*ret_node)->kind = kind;
    (*ret_node)->type = type;
    return STATUS_OK;
}

Status node_join(NodeParse *p, NodeKind kind, uint16_t type, Node *children, Node **ret_node)
{
    if (children && !children->next) {
        *ret_node = children;
        return STATUS_OK;
    }
    TRY(node_new(p, kind, type, ret_node));
    (*ret_node)->children = children;
    return STATUS_OK;
}

static Status negate(NodeParse *p, Node **node)
{
    Node *child = *node;
    TRY(node_new(p, NODE_NOT, child->type, node));
    (*node)->children = child;
    return STATUS_OK;
}

/* ---- names that are wrong --------------------------------------------------------------- */

/* How many letters have to change. */
static size_t distance(Str a, Str b)
{
    enum { LETTERS_MAX = 40 };
    size_t row[LETTERS_MAX + 1];
    if (a.len > LETTERS_MAX || b.len > LETTERS_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t corner = row[0]++;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = corner + (a.at[i - 1] != b.at[j - 1]);
            size_t best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            corner = row[j];
            row[j] = change < best ? change : best;
        }
    }
    return row[b.len];
}

static Str nearest(const Search *search, uint16_t type, Str name)
{
    const TypeIndex *index = search_type(search, type);
    size_t best = name.len / 2 + 1;
    Str found = STR_EMPTY;
    for (size_t i = 0; i < index->count; i++) {
        size_t far = distance(name, index->params[i].code);
        if (far < best) {
            best = far;
            found = index->params[i].code;
        }
    }
    return found;
}

Status node_refuse(NodeParse *p, uint16_t type, Str name)
{
    Str bare = str_cut(&name, ':');
    bare = str_cut(&bare, '.');
    if (str_eq(bare, STR("_query")))
        return ctx_fail(p->cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "\"" STR_FMT "\" is not supported: there are no named queries here.",
                        STR_ARG(bare));
    TRY(search_param_is_made(p->search, p->cx, type, bare));
    Str near = nearest(p->search, type, bare);
    return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                    STR_FMT " has no search parameter \"" STR_FMT "\".%s" STR_FMT "%s",
                    STR_ARG(fhir_type_name(type)), STR_ARG(bare),
                    near.len ? " Did you mean \"" : "", STR_ARG(near), near.len ? "\"?" : "");
}

static bool is_special_name(Str name)
{
    static const Str names[] = {STR_INIT("_has"), STR_INIT("_list"), STR_INIT("_filter")};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_eq(name, names[i]))
            return true;
    }
    return false;
}

bool node_is_known(const Search *search, uint16_t type, Str name)
{
    Str bare = str_cut(&name, '.');
    bare = str_cut(&bare, ':');
    return is_special_name(bare) || search_param_find(search, type, bare) != NULL;
}

Status node_check_shown(NodeParse *p, const SearchParam *param)
{
    if (sight_shows(p->search, p->access, param))
        return STATUS_OK;
    return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                    "You see " STR_FMT " in part only: what \"" STR_FMT
                    "\" looks at is not shown to you, and cannot be asked for.",
                    STR_ARG(fhir_type_name(param->type)), STR_ARG(param->code));
}

/* ---- lists of ids, words ------------------------------------------------------------------ */

static Status parse_ids(NodeParse *p, NodeKind kind, uint16_t type, Str name, Str text,
                        Node **ret_node)
{
    Str *ids = arena_array_of(p->cx->arena, Str, SEARCH_VALUES_MAX);
    Node *node;
    if (!ids)
        return STATUS_MEMORY;
    TRY(node_new(p, kind, type, &node));
    for (Str id; search_split(&text, ',', &id);) {
        Str rest = id, head = str_cut(&rest, '/'); /* Patient/1 is as good as 1 */
        if (rest.at &&
            str_eq(head, fhir_type_name(kind == NODE_LIST ? fhir_type_find(STR("List")) : type)))
            id = rest;
        if (node->id_count == SEARCH_VALUES_MAX)
            return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                            "\"" STR_FMT "\" has more than %d values.", STR_ARG(name),
                            SEARCH_VALUES_MAX);
        if (!fhir_id_is(id))
            return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                            "The value of \"" STR_FMT "\" is not a list of ids.", STR_ARG(name));
        ids[node->id_count++] = id;
    }
    node->ids = ids;
    *ret_node = node;
    return STATUS_OK;
}

static Status parse_list(NodeParse *p, uint16_t type, Str name, Str text, Node **ret_node)
{
    SearchParam entries = {.type = fhir_type_find(STR("List")),
                           .code = STR("_list"),
                           .expression = STR("List.entry.item")};
    TRY(node_check_shown(p, &entries));
    return parse_ids(p, NODE_LIST, type, name, text, ret_node);
}

static Status word_node(NodeParse *p, const SearchParam *param, Str word, Node **ret_node)
{
    Test *test = arena_new_of(p->cx->arena, Test);
    if (!test)
        return STATUS_MEMORY;
    test->text = word;
    TRY(node_new(p, NODE_TEST, param->type, ret_node));
    (*ret_node)->condition = (Condition){.param = param, .tests = test, .count = 1};
    return STATUS_OK;
}

/* All words of the piece. */
static Status words_of(NodeParse *p, const SearchParam *param, Str piece, Node **ret_node)
{
    Node *all = NULL, **link = &all;
    Str plain = search_unescape(p->cx, piece);
    Str folded = plain.at ? search_fold_all(p->cx, plain) : plain;
    if (!folded.at)
        return STATUS_MEMORY;
    while (folded.at) {
        Str word = str_head(str_cut(&folded, ' '), FOLD_MAX - 4);
        if (!word.len)
            continue;
        TRY(word_node(p, param, word, link));
        link = &(*link)->next;
    }
    if (!all)
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                        "The value of \"" STR_FMT "\" has no word in it.", STR_ARG(param->code));
    return node_join(p, NODE_AND, param->type, all, ret_node);
}

/* _text, _content and phonetic ask for words: all of a value, any of the values; OR between words
 * is a comma. SPEC R4 search.html#content */
static Status parse_words(NodeParse *p, const SearchParam *param, Str text, Node **ret_node)
{
    static const Str or = STR_INIT(" OR ");
    Node *any = NULL, **link = &any;
    for (Str piece; search_split(&text, ',', &piece);) {
        for (;;) {
            const char *found = memmem(piece.at, piece.len, or.at, or.len);
            Str side = found ? str_n(piece.at, (size_t)(found - piece.at)) : piece;
            TRY(words_of(p, param, side, link));
            link = &(*link)->next;
            if (!found)
                break;
            piece = str_from(piece, side.len + or.len);
        }
    }
    return node_join(p, NODE_OR, param->type, any, ret_node);
}

/* ---- conditions --------------------------------------------------------------------------------
 */

static Status parse_condition(NodeParse *p, const SearchParam *param, const ModifierUse *use,
                              Str text, Node **ret_node)
{
    bool is_missing = use->missing && str_eq(text, STR("true"));
    if (use->modifier == MODIFIER_NONE &&
        (param->special == SPECIAL_TEXT || param->special == SPECIAL_CONTENT ||
         param->special == SPECIAL_PHONETIC))
        return parse_words(p, param, text, ret_node);
    if (param->special == SPECIAL_PHONE && use->modifier != MODIFIER_NONE && !use->missing)
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                        "\"" STR_FMT "\" takes no modifier but \":missing\".",
                        STR_ARG(param->code));
    TRY(node_new(p, NODE_TEST, param->type, ret_node));
    (*ret_node)->condition.param = param;
    TRY(test_parse_all(p->search, p->cx, use, text, &(*ret_node)->condition));
    return use->negated || is_missing ? negate(p, ret_node) : STATUS_OK;
}

/* ---- chains
 * -------------------------------------------------------------------------------------- */

static Status link_node(NodeParse *p, NodeKind kind, uint16_t type, const SearchParam *param,
                        uint16_t far, Str name, Str text, Node **ret_node)
{
    TRY(node_new(p, kind, type, ret_node));
    (*ret_node)->param = param;
    return node_parse(p, far, name, text, &(*ret_node)->children);
}

bool node_leads_to(const SearchParam *param, uint16_t only, uint16_t type)
{
    for (size_t i = 0; !only && i < param->target_count; i++) {
        if (param->targets[i] == type)
            return true;
    }
    return only == type || (!only && !param->target_count);
}

/* Through every type that the reference may lead to and that understands the rest; when none does,
 * what the first has against it is said. */
static Status parse_chain(NodeParse *p, const SearchParam *param, uint16_t target, Str rest,
                          Str text, Node **ret_node)
{
    Node *any = NULL, **link = &any;
    Ctx *cx = p->cx;
    uint16_t first = 0;
    if (param->kind != FHIR_PARAM_REFERENCE)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "\"" STR_FMT "\" is no reference: it leads nowhere.", STR_ARG(param->code));
    for (uint16_t type = 1; type <= fhir_type_count(); type++) {
        Ctx trial = {.arena = cx->arena, .deadline = cx->deadline};
        size_t depth = p->depth;
        Node *node;
        if (!node_leads_to(param, target, type))
            continue;
        p->cx = &trial;
        Status status = link_node(p, NODE_CHAIN, param->type, param, type, rest, text, &node);
        p->cx = cx;
        p->depth = depth;
        first = first && !node_is_known(p->search, type, rest) ? first : type;
        if (status == STATUS_INVALID)
            continue;
        if (status != STATUS_OK) /* a limit: said aloud */
            return link_node(p, NODE_CHAIN, param->type, param, type, rest, text, ret_node);
        *link = node;
        link = &node->next;
    }
    if (any)
        return node_join(p, NODE_OR, param->type, any, ret_node);
    return first ? link_node(p, NODE_CHAIN, param->type, param, first, rest, text, ret_node)
                 : ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "\"" STR_FMT "\" leads nowhere.",
                            STR_ARG(param->code));
}

/* _has:Observation:patient:code */
static Status parse_has(NodeParse *p, uint16_t type, Str name, Str text, Node **ret_node)
{
    Str rest = name, source = str_cut(&rest, ':'), code;
    source = rest.at ? str_cut(&rest, ':') : STR_EMPTY;
    code = rest.at ? str_cut(&rest, ':') : STR_EMPTY;
    uint16_t far = fhir_type_find(source);
    const SearchParam *param = far ? search_param_find(p->search, far, code) : NULL;
    if (!far || !rest.len)
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                        "\"_has\" is written _has:[type]:[reference parameter]:[parameter].");
    if (!param)
        return node_refuse(p, far, code);
    if (param->kind != FHIR_PARAM_REFERENCE)
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY, "\"" STR_FMT "\" is no reference.",
                        STR_ARG(code));
    TRY(node_check_shown(p, param));
    return link_node(p, NODE_HAS, type, param, far, rest, text, ret_node);
}

/* ---- a name
 * ---------------------------------------------------------------------------------------- */

static Status parse_named(NodeParse *p, uint16_t type, Str name, Str text, Node **ret_node)
{
    Str rest = name, head = str_cut(&rest, '.'), modifier = head, code = str_cut(&modifier, ':');
    if (str_eq(code, STR("_has")))
        return parse_has(p, type, name, text, ret_node);
    if (str_eq(name, STR("_list")))
        return parse_list(p, type, name, text, ret_node);
    if (str_eq(name, STR("_filter")))
        return filter_parse(p, type, text, ret_node);
    if (str_eq(name, STR("_id")))
        return parse_ids(p, NODE_IDS, type, name, text, ret_node);
    const SearchParam *param = search_param_find(p->search, type, code);
    if (!param)
        return node_refuse(p, type, name);
    TRY(node_check_shown(p, param));
    ModifierUse use = {0};
    if (modifier.at)
        TRY(test_modifier(p->cx, param, modifier, &use));
    if (!rest.at)
        return parse_condition(p, param, &use, text, ret_node);
    if (modifier.at && !use.target)
        return ctx_fail(p->cx, STATUS_INVALID, STR_EMPTY,
                        "In a chain, \":" STR_FMT "\" would have to be a resource type.",
                        STR_ARG(modifier));
    return parse_chain(p, param, use.target, rest, text, ret_node);
}

Status node_parse(NodeParse *p, uint16_t type, Str name, Str text, Node **ret_node)
{
    if (p->depth == CHAIN_DEPTH_MAX)
        return ctx_fail(p->cx, STATUS_UNSUPPORTED, STR_EMPTY, "A chain has more than %d links.",
                        CHAIN_DEPTH_MAX);
    p->depth++;
    Status status = parse_named(p, type, name, text, ret_node);
    p->depth--;
    return status;
}

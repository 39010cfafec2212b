/* reference.c - what a reference points to, and what points to a resource.
 *
 * SPEC R4 search.html#reference, #versions, #recursive */
#include "inner.h"

static bool is_absolute(Str text)
{
    return oracle_contains(text, STR("://")) || str_has_prefix(text, STR("urn:"));
}

static Str without_history(Str text)
{
    static const Str mark = STR_INIT("/_history/");
    char *found = memmem(text.at, text.len, mark.at, mark.len);
    return found ? str_head(text, (size_t)(found - text.at)) : text;
}

Ref oracle_ref(const Oracle *o, Str text, bool canonical)
{
    if (canonical) {
        Str url = str_cut(&text, '|');
        return (Ref){.type = STR_EMPTY, .id = STR_EMPTY, .url = url, .version = text};
    }
    Ref ref = {STR_EMPTY, STR_EMPTY, STR_EMPTY, STR_EMPTY, false};
    if (str_has_prefix(text, STR("#"))) {
        ref.contained = true;
        ref.id = str_from(text, 1);
        return ref;
    }
    if (str_has_prefix(text, o->base) && text.len > o->base.len && text.at[o->base.len] == '/')
        text = str_from(text, o->base.len + 1);
    text = without_history(text);
    if (is_absolute(text)) {
        ref.url = text;
        return ref;
    }
    size_t slash = str_index(text, '/');
    if (slash == SIZE_MAX) {
        ref.id = text;
        return ref;
    }
    ref.type = str_head(text, slash);
    ref.id = str_from(text, slash + 1);
    return ref;
}

static bool is_canonical(const PathItem *item)
{
    return oracle_item_is(item, "canonical") || oracle_item_is(item, "uri");
}

bool oracle_item_ref(const Oracle *o, const PathItem *item, Ref *ret_ref)
{
    Str text =
        is_canonical(item) ? oracle_item_text(item) : json_get_str(item->json, STR("reference"));
    if (!text.len)
        return false;
    *ret_ref = oracle_ref(o, text, is_canonical(item));
    return true;
}

/* What a resource says that it is part of: Location.partOf, Encounter.partOf ... */
static Ref parent_of(Oracle *o, const OracleDoc *doc)
{
    return oracle_ref(o, json_get_str(json_get(doc->json, STR("partOf")), STR("reference")), false);
}

/* Whether `high` is `low` or stands above it. Rings are walked once. */
static bool is_above(Oracle *o, Ref high, Ref low)
{
    enum { HEIGHT_MAX = 100 };
    for (int height = 0; height < HEIGHT_MAX; height++) {
        if (str_eq(high.type, low.type) && str_eq(high.id, low.id))
            return true;
        OracleDoc *doc = oracle_find(o, low.type, low.id);
        if (!doc)
            return false;
        Ref parent = parent_of(o, doc);
        if (!parent.type.len || !str_eq(parent.type, doc->type))
            return false;
        low = parent;
    }
    return false;
}

static bool canonical_matches(const Ref *target, Str value, Str modifier)
{
    Str url = str_cut(&value, '|');
    if (!str_eq(target->url, url))
        return false;
    if (str_eq(modifier, STR("below")))
        return str_has_prefix(target->version, value);
    return !value.len || str_eq(target->version, value);
}

bool oracle_reference_matches(Oracle *o, const PathItem *item, Str modifier, Str value)
{
    if (str_eq(modifier, STR("identifier"))) {
        JsonValue *identifier = json_get(item->json, STR("identifier"));
        return identifier && oracle_identifier_matches(o, identifier, value);
    }
    Ref target, wanted = oracle_ref(o, oracle_unescape(o, value), false);
    if (!oracle_item_ref(o, item, &target) || target.contained)
        return false;
    if (is_canonical(item))
        return canonical_matches(&target, oracle_unescape(o, value), modifier);
    if (fhir_type_find(modifier)) {
        if (wanted.url.len || (wanted.type.len && !str_eq(wanted.type, modifier)))
            return false;
        wanted.type = modifier;
    }
    if (wanted.url.len || target.url.len)
        return str_eq(wanted.url, target.url);
    if (!wanted.type.len && str_eq(wanted.id, target.id))
        return true;
    if (!wanted.type.len)
        wanted.type = target.type;
    if (str_eq(modifier, STR("below")))
        return is_above(o, wanted, target);
    if (str_eq(modifier, STR("above")))
        return is_above(o, target, wanted);
    return str_eq(wanted.type, target.type) && str_eq(wanted.id, target.id);
}

static OracleDoc *target_of(Oracle *o, OracleDoc *doc, const PathItem *item)
{
    Ref ref;
    if (!oracle_item_ref(o, item, &ref) || ref.url.len)
        return NULL;
    if (!ref.contained)
        return oracle_find(o, ref.type, ref.id);
    OracleDoc *holder = doc->container ? doc->container : doc;
    for (OracleDoc *inner = holder->contained; inner; inner = inner->next) {
        if (str_eq(inner->id, ref.id))
            return inner;
    }
    return NULL;
}

OracleDoc **oracle_targets(Oracle *o, OracleDoc *doc, Param *param, size_t *ret_count)
{
    PathItems items = oracle_values(o, doc, param);
    OracleDoc **targets = arena_array_of(o->query, OracleDoc *, items.count + 1);
    *ret_count = 0;
    for (size_t i = 0; i < items.count; i++) {
        OracleDoc *target = target_of(o, doc, &items.items[i]);
        if (target)
            targets[(*ret_count)++] = target;
    }
    return targets;
}

bool oracle_points_to(Oracle *o, OracleDoc *from, Param *param, const OracleDoc *to)
{
    size_t count;
    OracleDoc **targets = oracle_targets(o, from, param, &count);
    for (size_t i = 0; i < count; i++) {
        if (targets[i] == to)
            return true;
    }
    return false;
}

/* terms.c - code systems and value sets that are in the store, walked each time.
 *
 * SPEC R4 codesystem.html#subsumption, valueset.html#compositions */
#include "inner.h"

enum { DEPTH_MAX = 20 };

static OracleDoc *by_url(const Oracle *o, const char *type, Str url)
{
    for (OracleDoc *doc = o->docs; doc; doc = doc->next) {
        if (str_eq(doc->type, str_of(type)) && str_eq(json_get_str(doc->json, STR("url")), url))
            return doc;
    }
    return NULL;
}

/* ---- code systems ---- */

static JsonValue *find_concept(const JsonValue *holder, Str code, int depth)
{
    JsonValue *concept, *found;
    for (JsonIter it = json_iter(json_get(holder, STR("concept")));
         json_next(&it, NULL, &concept);) {
        if (str_eq(json_get_str(concept, STR("code")), code))
        return concept;
        if (depth < DEPTH_MAX && (found = find_concept(concept, code, depth + 1)))
            return found;
    }
    return NULL;
}

static bool is_a(const OracleDoc *system, Str above, Str below)
{
    JsonValue *top = find_concept(system->json, above, 0);
    return top && (str_eq(above, below) || find_concept(top, below, 0));
}

bool oracle_subsumes(Oracle *o, Str system, Str above, Str below)
{
    for (OracleDoc *doc = o->docs; doc; doc = doc->next) {
        if (str_eq(doc->type, STR("CodeSystem")) &&
            str_eq(json_get_str(doc->json, STR("url")), system) && is_a(doc, above, below))
            return true;
    }
    return false;
}

/* ---- value sets ---- */

static bool set_has(Oracle *o, const OracleDoc *set, Str system, Str code, int depth);

static bool filter_has(const OracleDoc *of, const JsonValue *filter, Str code)
{
    Str op = json_get_str(filter, STR("op")), value = json_get_str(filter, STR("value"));
    if (!of)
        return false;
    if (str_eq(op, STR("is-a")))
        return is_a(of, value, code);
    if (str_eq(op, STR("descendent-of")))
        return !str_eq(value, code) && is_a(of, value, code);
    if (str_eq(op, STR("is-not-a")))
        return !is_a(of, value, code);
    oracle_give_up("a filter of a value set", op);
}

/* One include or exclude: all of what it says must hold. */
static bool part_has(Oracle *o, const JsonValue *part, Str system, Str code, int depth)
{
    JsonValue *one, *concepts = json_get(part, STR("concept"));
    Str of = json_get_str(part, STR("system"));
    OracleDoc *known = by_url(o, "CodeSystem", of);
    if (of.len && !str_eq(of, system))
        return false;
    if (concepts && !find_concept(part, code, 0))
        return false;
    if (of.len && !concepts && known && !find_concept(known->json, code, 0))
        return false;
    for (JsonIter it = json_iter(json_get(part, STR("filter"))); json_next(&it, NULL, &one);) {
        if (!filter_has(known, one, code))
            return false;
    }
    for (JsonIter it = json_iter(json_get(part, STR("valueSet"))); json_next(&it, NULL, &one);) {
        OracleDoc *set = by_url(o, "ValueSet", json_str(one));
        if (!set || !set_has(o, set, system, code, depth + 1))
            return false;
    }
    return true;
}

static bool any_has(Oracle *o, const JsonValue *parts, Str system, Str code, int depth)
{
    JsonValue *part;
    for (JsonIter it = json_iter(parts); json_next(&it, NULL, &part);) {
        if (part_has(o, part, system, code, depth))
            return true;
    }
    return false;
}

static bool set_has(Oracle *o, const OracleDoc *set, Str system, Str code, int depth)
{
    if (depth > DEPTH_MAX || !code.len)
        return false;
    const JsonValue *compose = json_get(set->json, STR("compose"));
    return any_has(o, json_get(compose, STR("include")), system, code, depth) &&
           !any_has(o, json_get(compose, STR("exclude")), system, code, depth);
}

/* A relative or absolute address of the server's own, else a canonical URL. */
bool oracle_in_value_set(Oracle *o, Str value_set, Str system, Str code)
{
    Ref ref = oracle_ref(o, value_set, false);
    OracleDoc *set =
        ref.url.len ? by_url(o, "ValueSet", ref.url) : oracle_find(o, STR("ValueSet"), ref.id);
    if (!set)
        oracle_give_up("no such value set", value_set);
    return set_has(o, set, system, code, 0);
}

/* token.c - codes and identifiers.
 *
 * SPEC R4 search.html#token; R5 search.html#modifiercodetext */
#include "inner.h"

enum { CODINGS_MAX = 32 };

typedef struct {
    Str system, code;
} Code;
typedef struct {
    Code at[CODINGS_MAX];
    size_t count;
} Codes;

static void add_code(Codes *codes, Str system, Str code)
{
    if (codes->count < CODINGS_MAX)
        codes->at[codes->count++] = (Code){system, code};
}

static void add_codings(Codes *codes, const JsonValue *list)
{
    JsonValue *coding;
    for (JsonIter it = json_iter(list); json_next(&it, NULL, &coding);)
        add_code(codes, json_get_str(coding, STR("system")), json_get_str(coding, STR("code")));
}

static Codes codes_of(const PathItem *item)
{
    Codes codes = {.count = 0};
    Str system = json_get_str(item->json, STR("system"));
    if (oracle_item_is(item, "CodeableConcept"))
        add_codings(&codes, json_get(item->json, STR("coding")));
    else if (oracle_item_is(item, "Coding"))
        add_code(&codes, system, json_get_str(item->json, STR("code")));
    else if (oracle_item_is(item, "Identifier"))
        add_code(&codes, system, json_get_str(item->json, STR("value")));
    else if (oracle_item_is(item, "ContactPoint"))
        add_code(&codes, STR_EMPTY, json_get_str(item->json, STR("value")));
    else if (item->kind != PATH_ELEMENT || !json_is(item->json, JSON_OBJECT))
        add_code(&codes, STR_EMPTY, oracle_item_text(item));
    return codes;
}

Str oracle_token_code(const PathItem *item)
{
    Codes codes = codes_of(item);
    return codes.count ? codes.at[0].code : STR_EMPTY;
}

/* code, system|code, |code, system| */
typedef struct {
    Str system, code;
    bool bar;
} Wanted;

static Wanted wanted_in(Oracle *o, Str value)
{
    Str first = STR_EMPTY, second = STR_EMPTY;
    oracle_next_part(&value, '|', &first);
    bool bar = value.at != NULL;
    if (!bar)
        return (Wanted){STR_EMPTY, oracle_unescape(o, first), false};
    oracle_next_part(&value, '|', &second);
    return (Wanted){oracle_unescape(o, first), oracle_unescape(o, second), true};
}

static bool code_is(const Code *code, const Wanted *wanted)
{
    if (!code->code.len && !(wanted->bar && !wanted->code.len))
        return false;
    if (wanted->bar && !str_eq(code->system, wanted->system))
        return false;
    return (wanted->bar && !wanted->code.len) || str_eq(code->code, wanted->code);
}

bool oracle_identifier_matches(Oracle *o, const JsonValue *identifier, Str value)
{
    Wanted wanted = wanted_in(o, value);
    Code code = {json_get_str(identifier, STR("system")), json_get_str(identifier, STR("value"))};
    return code_is(&code, &wanted);
}

/* ---- modifiers ---- */

static bool text_starts(Oracle *o, Str text, Str start)
{
    return text.len && str_has_prefix(oracle_fold(o, text), oracle_fold(o, start));
}

/* What stands beside a code for people to read. */
static bool text_matches(Oracle *o, const PathItem *item, Str value)
{
    JsonValue *coding;
    if (oracle_item_is(item, "Coding"))
        return text_starts(o, json_get_str(item->json, STR("display")), value);
    if (oracle_item_is(item, "Identifier"))
        return text_starts(o, json_get_str(json_get(item->json, STR("type")), STR("text")), value);
    if (!oracle_item_is(item, "CodeableConcept"))
        return false;
    if (text_starts(o, json_get_str(item->json, STR("text")), value))
        return true;
    for (JsonIter it = json_iter(json_get(item->json, STR("coding")));
         json_next(&it, NULL, &coding);) {
        if (text_starts(o, json_get_str(coding, STR("display")), value))
            return true;
    }
    return false;
}

/* system|code|value: the type of the identifier, and its value. */
static bool of_type_matches(Oracle *o, const PathItem *item, Str value)
{
    Str system = STR_EMPTY, code = STR_EMPTY, number = STR_EMPTY;
    oracle_next_part(&value, '|', &system);
    oracle_next_part(&value, '|', &code);
    oracle_next_part(&value, '|', &number);
    if (!oracle_item_is(item, "Identifier") ||
        !str_eq(json_get_str(item->json, STR("value")), oracle_unescape(o, number)))
        return false;
    Codes types = {.count = 0};
    add_codings(&types, json_get(json_get(item->json, STR("type")), STR("coding")));
    Wanted wanted = {oracle_unescape(o, system), oracle_unescape(o, code), true};
    for (size_t i = 0; i < types.count; i++) {
        if (code_is(&types.at[i], &wanted))
            return true;
    }
    return false;
}

/* Of a kind of content, what is below is the same with parameters: "text/xml; charset=UTF-8".
 * SPEC R4 search.html#mimetype */
static bool subsumed(Oracle *o, const Code *code, const Wanted *wanted, bool below)
{
    if (str_index(code->code, '/') != SIZE_MAX && !code->system.len)
        return below && str_has_prefix(code->code, wanted->code) &&
               (code->code.len == wanted->code.len || code->code.at[wanted->code.len] == ';');
    if (code_is(code, wanted))
        return true;
    if (wanted->bar && !str_eq(wanted->system, code->system))
        return false;
    return below ? oracle_subsumes(o, code->system, wanted->code, code->code)
                 : oracle_subsumes(o, code->system, code->code, wanted->code);
}

static bool one_matches(Oracle *o, const Code *code, Str modifier, Str value)
{
    if (str_eq(modifier, STR("in")))
        return oracle_in_value_set(o, oracle_unescape(o, value), code->system, code->code);
    if (str_eq(modifier, STR("code-text")))
        return text_starts(o, code->code, oracle_unescape(o, value));
    Wanted wanted = wanted_in(o, value);
    if (str_eq(modifier, STR("below")) || str_eq(modifier, STR("above")))
        return subsumed(o, code, &wanted, str_eq(modifier, STR("below")));
    return code_is(code, &wanted);
}

bool oracle_token_matches(Oracle *o, const PathItem *item, Str modifier, Str value)
{
    if (str_eq(modifier, STR("text")))
        return text_matches(o, item, oracle_unescape(o, value));
    if (str_eq(modifier, STR("of-type")))
        return of_type_matches(o, item, value);
    Codes codes = codes_of(item);
    for (size_t i = 0; i < codes.count; i++) {
        if (one_matches(o, &codes.at[i], modifier, value))
            return true;
    }
    return false;
}

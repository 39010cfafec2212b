/* value_maker.c - the value of a query, from a value of a resource: as it is, cut, or bent. */
#include "query_inner.h"

/* SPEC R4 search.html#escaping */
Str make_escaped(Maker *m, Str text)
{
    Buf buf;
    buf_init(&buf, m->arena, text.len + 8, 4096);
    for (size_t i = 0; i < text.len; i++) {
        if (memchr(",|$\\", text.at[i], 4))
            buf_add_char(&buf, '\\');
        buf_add_char(&buf, text.at[i]);
    }
    return buf_str(&buf);
}

/* ---- strings ---- */

static size_t whole_characters(Str text, size_t len)
{
    while (len < text.len && ((unsigned char)text.at[len] & 0xC0) == 0x80)
        len++;
    return len;
}

static Str other_case(Maker *m, Str text)
{
    Str copy = arena_str(m->arena, text);
    char *at = (char *)copy.at;
    for (size_t i = 0; i < copy.len; i++) {
        if ((at[i] >= 'a' && at[i] <= 'z') || (at[i] >= 'A' && at[i] <= 'Z'))
            at[i] ^= 0x20;
    }
    return copy;
}

/* The start of a text, at least one letter of it. */
static Str some_start(Maker *m, Str text)
{
    size_t len = whole_characters(text, 1 + dice(m->dice, (unsigned)text.len));
    Str start = str_head(text, len);
    return oracle_fold(m->oracle, start).len ? start : text;
}

static Made make_string(Maker *m, const PathItem *item, bool plain)
{
    Parts parts = oracle_string_parts(m->oracle, item);
    if (!parts.count)
        return NOTHING;
    Str part = parts.at[dice(m->dice, (unsigned)parts.count)], text = part;
    Str modifier = STR_EMPTY;
    unsigned way = dice(m->dice, plain ? 60 : 100);
    if (way >= 80) {
        modifier = STR("exact");
        text = dice_percent(m->dice, 75) ? part : other_case(m, part);
    } else if (way >= 60) {
        modifier = STR("contains");
        text = str_from(part, whole_characters(part, dice(m->dice, (unsigned)part.len)));
        text = some_start(m, text.len ? text : part);
    } else {
        text = some_start(m, part);
        if (dice_percent(m->dice, 30))
            text = other_case(m, text);
    }
    if (!oracle_fold(m->oracle, text).len)
        text = part;
    return (Made){make_escaped(m, text), modifier};
}

/* ---- tokens ---- */

typedef struct {
    Str system, code, display;
} Chosen;

static Chosen choose_coding(Maker *m, const PathItem *item)
{
    const JsonValue *from = item->json;
    if (oracle_item_is(item, "CodeableConcept")) {
        const JsonValue *list = json_get(from, STR("coding"));
        size_t count = json_count(list);
        Str text = json_get_str(from, STR("text"));
        from = count ? json_item(list, dice(m->dice, (unsigned)count)) : NULL;
        Chosen c = {json_get_str(from, STR("system")), json_get_str(from, STR("code")), text};
        Str display = json_get_str(from, STR("display"));
        if (display.len && dice_percent(m->dice, 50))
            c.display = display;
        return c;
    }
    if (oracle_item_is(item, "Coding"))
        return (Chosen){json_get_str(from, STR("system")), json_get_str(from, STR("code")),
                        json_get_str(from, STR("display"))};
    if (oracle_item_is(item, "Identifier"))
        return (Chosen){json_get_str(from, STR("system")), json_get_str(from, STR("value")),
                        json_get_str(json_get(from, STR("type")), STR("text"))};
    if (oracle_item_is(item, "ContactPoint"))
        return (Chosen){STR_EMPTY, json_get_str(from, STR("value")), STR_EMPTY};
    if (item->kind != PATH_ELEMENT || !json_is(from, JSON_OBJECT))
        return (Chosen){STR_EMPTY, oracle_item_text(item), STR_EMPTY};
    return (Chosen){STR_EMPTY, STR_EMPTY, STR_EMPTY};
}

static bool has_system(const PathItem *item)
{
    return oracle_item_is(item, "CodeableConcept") || oracle_item_is(item, "Coding") ||
           oracle_item_is(item, "Identifier");
}

static Made make_code(Maker *m, const PathItem *item, const Chosen *c)
{
    Str code = make_escaped(m, c->code), system = make_escaped(m, c->system);
    Str modifier = dice_percent(m->dice, 20) ? STR("not") : STR_EMPTY;
    if (!has_system(item))
        return (Made){dice_percent(m->dice, 90) ? code : other_case(m, code), modifier};
    switch (dice(m->dice, 6)) {
    case 0: return (Made){FORMAT(m, "|" STR_FMT, STR_ARG(code)), modifier};
    case 1:
        if (system.len)
            return (Made){FORMAT(m, STR_FMT "|", STR_ARG(system)), modifier};
        return (Made){code, modifier};
    case 2:
    case 3: return (Made){FORMAT(m, STR_FMT "|" STR_FMT, STR_ARG(system), STR_ARG(code)), modifier};
    case 4: return (Made){dice_percent(m->dice, 85) ? code : other_case(m, code), modifier};
    default: return (Made){code, modifier};
    }
}

static Made make_of_type(Maker *m, const PathItem *item)
{
    static const char *const types[] = {"MR", "SS"};
    return (Made){FORMAT(m, "http://terminology.hl7.org/CodeSystem/v2-0203|%s|" STR_FMT,
                         PICK(m->dice, types), STR_ARG(json_get_str(item->json, STR("value")))),
                  STR("of-type")};
}

static Made make_term(Maker *m, const Chosen *c)
{
    unsigned way = dice(m->dice, 4), number = dice(m->dice, 4);
    if (way < 2) {
        Str set = number == 0   ? FORMAT(m, "ValueSet/v0")
                  : number == 1 ? FORMAT(m, "http://test/fhir/ValueSet/v1")
                                : FORMAT(m, "http://acme.org/fhir/ValueSet/%u", number);
        return (Made){set, way ? STR("in") : STR("not-in")};
    }
    return (Made){FORMAT(m, "http://acme.org/tree|" STR_FMT, STR_ARG(c->code)),
                  way == 2 ? STR("below") : STR("above")};
}

static Made make_token(Maker *m, const PathItem *item, bool plain)
{
    Chosen c = choose_coding(m, item);
    unsigned way = plain ? 0 : dice(m->dice, 100);
    bool in_tree = str_eq(c.system, STR("http://acme.org/tree"));
    if (way >= 90 && c.display.len)
        return (Made){make_escaped(m, some_start(m, c.display)), STR("text")};
    if (!c.code.len)
        return NOTHING;
    if (way >= 80 && oracle_item_is(item, "Identifier"))
        return make_of_type(m, item);
    if (way >= 60 && in_tree)
        return make_term(m, &c);
    if (way >= 85 && oracle_item_is(item, "code") && str_index(c.code, '/') != SIZE_MAX)
        return (Made){make_escaped(m, str_head(c.code, str_index(c.code, ';'))), STR("below")};
    if (way >= 76 && way < 80 && has_system(item) && !oracle_item_is(item, "Identifier"))
        return (Made){make_escaped(m, some_start(m, c.code)), STR("code-text")};
    Made made = make_code(m, item, &c);
    if (plain)
        made.modifier = STR_EMPTY;
    return made;
}

/* ---- numbers, quantities, dates ---- */

static Str some_prefix(Maker *m)
{
    return dice_percent(m->dice, 35) ? STR_EMPTY : PICK(m->dice, oracle_prefixes);
}

static Str some_number(Maker *m, const PathItem *item)
{
    static const char *const others[] = {"5.4", "5.40", "5.400",  "100", "99.5",
                                         "0.8", "1",    "1.00e2", "110", "5.4e0",
                                         "7.5", "0",    "90",     "9",   "115"};
    Decimal number;
    char text[DECIMAL_TEXT_MAX];
    if (dice_percent(m->dice, 40) || !oracle_number_of(item, &number))
        return str_of(PICK(m->dice, others));
    return arena_str(m->arena, decimal_text(number, text));
}

static Made make_number(Maker *m, const PathItem *item)
{
    Str prefix = some_prefix(m), number = some_number(m, item);
    return (Made){FORMAT(m, STR_FMT STR_FMT, STR_ARG(prefix), STR_ARG(number)), STR_EMPTY};
}

static Made make_quantity(Maker *m, const PathItem *item)
{
    static const char *const units[] = {"http://unitsofmeasure.org|mg/dL",
                                        "http://unitsofmeasure.org|g/L", "|mg/dL", "|mg per dL",
                                        "http://unitsofmeasure.org|mo"};
    Str number = some_number(m, item), prefix = some_prefix(m);
    Str system = json_get_str(item->json, STR("system")),
        code = json_get_str(item->json, STR("code"));
    if (json_get_str(item->json, STR("currency")).len) {
        system = STR("urn:iso:std:iso:4217");
        code = json_get_str(item->json, STR("currency"));
    }
    if (dice_percent(m->dice, 35) || (!code.len && dice_percent(m->dice, 50)))
        return (Made){FORMAT(m, STR_FMT STR_FMT, STR_ARG(prefix), STR_ARG(number)), STR_EMPTY};
    Str unit = FORMAT(m, STR_FMT "|" STR_FMT, STR_ARG(system), STR_ARG(code));
    if (!code.len || dice_percent(m->dice, 50))
        unit = str_of(PICK(m->dice, units));
    return (Made){
        FORMAT(m, STR_FMT STR_FMT "|" STR_FMT, STR_ARG(prefix), STR_ARG(number), STR_ARG(unit)),
        STR_EMPTY};
}

static Str some_date_of(Maker *m, const PathItem *item)
{
    if (!oracle_item_is(item, "Period"))
        return json_is(item->json, JSON_OBJECT) ? STR("2023-05-20") : oracle_item_text(item);
    Str start = json_get_str(item->json, STR("start")), end = json_get_str(item->json, STR("end"));
    return start.len && (!end.len || dice_percent(m->dice, 50)) ? start : end;
}

static Made make_date(Maker *m, const PathItem *item)
{
    static const char *const others[] = {"2022",
                                         "2023",
                                         "2023-05",
                                         "2023-06",
                                         "2023-05-14",
                                         "2023-05-15",
                                         "2024-02-29",
                                         "2023-05-14T10:00",
                                         "2023-05-14T12:00:00+02:00",
                                         "2023-05-14T10:00:00.123Z"};
    Str text = dice_percent(m->dice, 40) ? str_of(PICK(m->dice, others)) : some_date_of(m, item);
    if (dice_percent(m->dice, 30)) {
        static const size_t lengths[] = {4, 7, 10};
        text = str_head(text, PICK(m->dice, lengths));
    }
    if (!text.len)
        return NOTHING;
    Str prefix = some_prefix(m);
    return (Made){FORMAT(m, STR_FMT STR_FMT, STR_ARG(prefix), STR_ARG(text)), STR_EMPTY};
}

/* ---- references, URIs ---- */

static Made make_canonical(Maker *m, const Ref *ref)
{
    unsigned way = dice(m->dice, 3);
    if (way == 0 || !ref->version.len)
        return (Made){ref->url, STR_EMPTY};
    Str text = FORMAT(m, STR_FMT "|" STR_FMT, STR_ARG(ref->url), STR_ARG(ref->version));
    return (Made){way == 1 ? text : str_head(text, text.len - 2),
                  way == 1 ? STR_EMPTY : STR("below")};
}

static Made make_reference(Maker *m, const PathItem *item, bool plain)
{
    Ref ref;
    JsonValue *identifier = json_get(item->json, STR("identifier"));
    if (identifier)
        return plain ? NOTHING
                     : (Made){FORMAT(m, STR_FMT "|" STR_FMT,
                                     STR_ARG(json_get_str(identifier, STR("system"))),
                                     STR_ARG(json_get_str(identifier, STR("value")))),
                              STR("identifier")};
    if (!oracle_item_ref(m->oracle, item, &ref) || ref.contained)
        return NOTHING;
    if (ref.url.len && (oracle_item_is(item, "canonical") || oracle_item_is(item, "uri")))
        return make_canonical(m, &ref);
    if (ref.url.len)
        return (Made){ref.url, STR_EMPTY};
    Str local = FORMAT(m, STR_FMT "/" STR_FMT, STR_ARG(ref.type), STR_ARG(ref.id));
    switch (dice(m->dice, plain ? 3 : 6)) {
    case 0: return (Made){ref.id, STR_EMPTY};
    case 1: return (Made){local, STR_EMPTY};
    case 2:
        return (Made){FORMAT(m, STR_FMT "/" STR_FMT, STR_ARG(m->oracle->base), STR_ARG(local)),
                      STR_EMPTY};
    case 3: return (Made){ref.id, ref.type};
    case 4: return (Made){local, ref.type};
    default: {
        static const char *const trees[] = {"Location", "Organization", "Encounter"};
        for (size_t i = 0; i < COUNT_OF(trees); i++) {
            if (str_eq(ref.type, str_of(trees[i])))
                return (Made){local, dice_percent(m->dice, 60) ? STR("below") : STR("above")};
        }
        return (Made){local, STR_EMPTY};
    }
    }
}

static Made make_uri(Maker *m, const PathItem *item, bool plain)
{
    Str text = oracle_item_text(item);
    if (plain || dice_percent(m->dice, 40) || str_has_prefix(text, STR("urn:")))
        return (Made){make_escaped(m, text), STR_EMPTY};
    if (dice_percent(m->dice, 40))
        return (Made){FORMAT(m, STR_FMT "/further/on", STR_ARG(text)), STR("above")};
    size_t cut = text.len;
    while (cut > 15 && text.at[cut - 1] != '/')
        cut--;
    return (Made){str_head(text, cut > 15 && dice_percent(m->dice, 70) ? cut - 1 : text.len),
                  STR("below")};
}

static Made make_near(Maker *m, const PathItem *item)
{
    static const char *const reaches[] = {"|1|km", "|20|km", "|50", "|300|km", "|40000|m"};
    return (Made){FORMAT(m, STR_FMT "|" STR_FMT "%s",
                         STR_ARG(json_str(json_get(item->json, STR("latitude")))),
                         STR_ARG(json_str(json_get(item->json, STR("longitude")))),
                         PICK(m->dice, reaches)),
                  STR_EMPTY};
}

/* ---- composites ---- */

static Made make_composite(Maker *m, OracleDoc *doc, const Param *param, const PathItem *root)
{
    Str text = STR_EMPTY;
    for (size_t i = 0; i < param->component_count; i++) {
        const Param *component = &param->components[i];
        PathItems items = oracle_below(m->oracle, doc, root, component->expression);
        Made made = NOTHING;
        for (size_t k = 0; k < items.count && !made.text.at; k++)
            made = make_value(m, doc, component, &items.items[k], true);
        if (!made.text.at)
            return NOTHING;
        text = FORMAT(m, STR_FMT "%s" STR_FMT, STR_ARG(text), i ? "$" : "", STR_ARG(made.text));
    }
    return (Made){text, STR_EMPTY};
}

Made make_value(Maker *m, OracleDoc *doc, const Param *param, const PathItem *item, bool plain)
{
    if (param->component_count)
        return make_composite(m, doc, param, item);
    if (str_eq(param->kind, STR("string")))
        return make_string(m, item, plain);
    if (str_eq(param->kind, STR("token")))
        return make_token(m, item, plain);
    if (str_eq(param->kind, STR("number")))
        return make_number(m, item);
    if (str_eq(param->kind, STR("quantity")))
        return make_quantity(m, item);
    if (str_eq(param->kind, STR("date")))
        return make_date(m, item);
    if (str_eq(param->kind, STR("reference")))
        return make_reference(m, item, plain);
    if (str_eq(param->kind, STR("uri")))
        return make_uri(m, item, plain);
    return make_near(m, item);
}

/* access/label_read.c - label rules out of JSON, word by word.
 *
 * The words are those of label-rules.schema.json. Anything else is refused: a rule that is half
 * understood would open what it was written to close. */
#include "access/labels.h"

#include "fhir/fhir.h"

enum { RULES_FORMAT = 1 };

typedef struct {
    Str word;
    uint8_t where;
} Where;

static const Where wheres[] = {
    {STR_INIT("anywhere"), WHERE_ANYWHERE}, {STR_INIT("category"), WHERE_CATEGORY},
    {STR_INIT("code"), WHERE_CODE},         {STR_INIT("label"), WHERE_LABEL},
    {STR_INIT("profile"), WHERE_PROFILE},
};

/* 0: no such word. */
static uint8_t where_of(Str word)
{
    for (size_t i = 0; i < COUNT_OF(wheres); i++) {
        if (str_eq(wheres[i].word, word))
            return wheres[i].where;
    }
    return 0;
}

/* "D0" to "D17"; CLASS_NONE for any other word. */
static uint8_t class_of(Str word)
{
    uint64_t number;
    if (word.len < 2 || word.len > 3 || word.at[0] != 'D' || (word.len == 3 && word.at[1] == '0') ||
        !str_to_u64(str_from(word, 1), &number) || number >= ACCESS_CLASSES)
        return CLASS_NONE;
    return (uint8_t)number;
}

/* ---- what is being made ---------------------------------------------------------------------- */

Status label_refuse(const LabelMaker *m, const char *what)
{
    return ctx_fail(m->cx, STATUS_INVALID, STR_EMPTY, "Label rules, " STR_FMT ": %s.",
                    STR_ARG(m->text), what);
}

/* Room for one more, twice as much each time. */
static Status grow(const LabelMaker *m, void **array, size_t size, size_t count, size_t *room)
{
    if (count < *room)
        return STATUS_OK;
    size_t more = *room ? 2 * *room : 64;
    void *grown = arena_realloc(m->labels->arena, *array, *room * size, more * size);
    if (!grown)
        return STATUS_MEMORY;
    *array = grown;
    *room = more;
    return STATUS_OK;
}

static uint16_t find_word(const LabelMaker *m, Str word)
{
    for (size_t i = 0; i < m->word_count; i++) {
        if (str_eq(m->words[i].name, word))
            return m->words[i].system;
    }
    return SYSTEM_NONE;
}

/* Of a word that is there already too: a site may name another URL of it. */
static Status read_system(LabelMaker *m, Str word, const JsonValue *urls)
{
    JsonValue *url;
    uint16_t system = find_word(m, word);
    if (!word.len || !json_is(urls, JSON_ARRAY) || !json_count(urls))
        return label_refuse(m, "a system has a list of URLs");
    if (!system) {
        if (m->labels->system_ids + 1 >= LABEL_SYSTEMS_MAX)
            return label_refuse(m, "there are too many systems");
        system = m->labels->system_ids++;
        m->words[m->word_count++] = (LabelSystem){system, arena_str(m->labels->arena, word)};
    }
    for (JsonIter it = json_iter(urls); json_next(&it, NULL, &url);) {
        if (!json_str(url).len || !json_is(url, JSON_STRING) || m->name_count == LABEL_SYSTEMS_MAX)
            return label_refuse(m, "a URL is a text, and there are not too many of them");
        m->names[m->name_count++] =
            (LabelSystem){system, arena_str(m->labels->arena, json_str(url))};
        if (!m->names[m->name_count - 1].name.at)
            return STATUS_MEMORY;
    }
    return STATUS_OK;
}

/* "D7", or {"class": "D0", "about": "D7"}: when it is about somebody. */
static Status read_type(LabelMaker *m, Str name, const JsonValue *value)
{
    uint16_t type = fhir_type_find(name);
    bool plain = json_is(value, JSON_STRING);
    uint8_t class = class_of(plain ? json_str(value) : json_get_str(value, STR("class")));
    uint8_t about = plain ? class : class_of(json_get_str(value, STR("about")));
    if (!type || type >= LABEL_TYPES_MAX)
        return label_refuse(m, "there is no such type of resource");
    if (class == CLASS_NONE || about == CLASS_NONE || (!plain && json_count(value) != 2))
        return label_refuse(m, "a type has a class, or a class and one when it is about somebody");
    if (about == D0_DIRECTORY && m->labels->types[type].about == ABOUT_SOMEBODY)
        return label_refuse(m, "what is about people is not the directory");
    m->labels->types[type].class = class;
    m->labels->types[type].about_class = about;
    return STATUS_OK;
}

/* From the widest class to the strictest, each once. */
static Status read_order(LabelMaker *m, const JsonValue *order)
{
    JsonValue *item;
    uint32_t seen = 0;
    uint8_t rank = 1;
    for (JsonIter it = json_iter(order); json_next(&it, NULL, &item);) {
        uint8_t class = class_of(json_str(item));
        if (class == CLASS_NONE || seen & 1u << class)
            return label_refuse(m, "the order names each class once");
        seen |= 1u << class;
        m->labels->rank[class] = rank++;
    }
    return json_is(order, JSON_ARRAY) && rank == ACCESS_CLASSES + 1
               ? STATUS_OK
               : label_refuse(m, "the order names every class");
}

/* ---- one rule ------------------------------------------------------------------------------- */

static Status read_types(const LabelMaker *m, const JsonValue *types, LabelRule *rule)
{
    JsonValue *item;
    if (types && (!json_is(types, JSON_ARRAY) || !json_count(types)))
        return label_refuse(m, "types is a list");
    if (!types)
        memset(rule->types, 0xff, sizeof(rule->types));
    for (JsonIter it = json_iter(types); json_next(&it, NULL, &item);) {
        uint16_t type = fhir_type_find(json_str(item));
        if (!type || type >= LABEL_TYPES_MAX)
            return label_refuse(m, "there is no such type of resource");
        rule->types[type / 64] |= (uint64_t)1 << type % 64;
    }
    return STATUS_OK;
}

static Status read_sensitivity(const LabelMaker *m, const JsonValue *list, LabelRule *rule)
{
    JsonValue *item;
    if (list && !json_is(list, JSON_ARRAY))
        return label_refuse(m, "sensitivity is a list");
    for (JsonIter it = json_iter(list); json_next(&it, NULL, &item);) {
        uint16_t bit = label_sensitivity_of(json_str(item));
        if (!bit)
            return label_refuse(m, "there is no such category of sensitivity");
        rule->sensitivity |= bit;
    }
    return STATUS_OK;
}

/* What it says of what it matches. */
static Status read_effect(const LabelMaker *m, const JsonValue *json, LabelRule *rule)
{
    JsonValue *class = json_get(json, STR("class"));
    JsonValue *confidentiality = json_get(json, STR("confidentiality"));
    JsonValue *profession = json_get(json, STR("profession"));
    int level = label_confidentiality_of(json_str(confidentiality));
    rule->class = class ? class_of(json_str(class)) : CLASS_NONE;
    if (class && rule->class == CLASS_NONE)
        return label_refuse(m, "a class is one of D0 to D17");
    if (confidentiality && level < CONF_N)
        return label_refuse(m, "a rule raises the confidentiality, to R or V");
    rule->confidentiality = level < 0 ? CONF_N : (uint8_t)level;
    rule->profession = (uint8_t)access_role_of(json_str(profession));
    if (profession && rule->profession == ROLE_NOBODY)
        return label_refuse(m, "there is no such profession");
    TRY(read_sensitivity(m, json_get(json, STR("sensitivity")), rule));
    if (!class && !confidentiality && !profession && !rule->sensitivity)
        return label_refuse(m, "a rule says something");
    return STATUS_OK;
}

static Status add_code(LabelMaker *m, uint16_t system, Str code)
{
    TRY(grow(m, (void **)&m->codes, sizeof(LabelCode), m->code_count, &m->code_room));
    LabelCode *to = &m->codes[m->code_count++];
    *to = (LabelCode){system, (uint16_t)m->labels->rule_count, arena_str(m->labels->arena, code)};
    return to->code.at ? STATUS_OK : STATUS_MEMORY;
}

static Status add_range(LabelMaker *m, uint16_t system, Str range)
{
    Str to = range, from;
    size_t middle = range.len / 2; /* "O98.1-O98.3": both ends have one length */
    if (range.len < 3 || range.len % 2 == 0 || range.at[middle] != '-')
        return label_refuse(m, "a range is two codes of one length with a - between them");
    from = str_head(range, middle);
    to = str_from(range, middle + 1);
    if (str_cmp(from, to) > 0)
        return label_refuse(m, "a range begins before it ends");
    TRY(grow(m, (void **)&m->ranges, sizeof(LabelRange), m->range_count, &m->range_room));
    LabelRange *added = &m->ranges[m->range_count++];
    *added = (LabelRange){system, (uint16_t)m->labels->rule_count,
                          arena_str(m->labels->arena, from), arena_str(m->labels->arena, to)};
    m->labels->has_ranges[system] = true;
    return added->from.at && added->to.at ? STATUS_OK : STATUS_MEMORY;
}

static Status read_list(LabelMaker *m, uint16_t system, const JsonValue *list,
                        Status (*add)(LabelMaker *, uint16_t, Str))
{
    JsonValue *item;
    if (list && (!json_is(list, JSON_ARRAY) || !json_count(list)))
        return label_refuse(m, "codes and ranges are lists");
    for (JsonIter it = json_iter(list); json_next(&it, NULL, &item);) {
        Str code = json_str(item);
        if (!json_is(item, JSON_STRING) || !code.len || code.len > LABEL_CODE_BYTES_MAX)
            return label_refuse(m, "a code is a text of up to 128 bytes");
        TRY(add(m, system, code));
    }
    return STATUS_OK;
}

static Status check_names(const LabelMaker *m, const JsonValue *object, const Str *names,
                          size_t count)
{
    Str name;
    JsonValue *value;
    if (!json_is(object, JSON_OBJECT))
        return label_refuse(m, "it is an object");
    for (JsonIter it = json_iter(object); json_next(&it, &name, &value);) {
        size_t i = 0;
        while (i < count && !str_eq(name, names[i]))
            i++;
        if (i == count)
            return label_refuse(m, "it has a member that is not known");
    }
    return STATUS_OK;
}

static Status read_rule(LabelMaker *m, const JsonValue *json)
{
    static const Str names[] = {
        STR_INIT("why"),         STR_INIT("where"),           STR_INIT("types"),
        STR_INIT("system"),      STR_INIT("codes"),           STR_INIT("ranges"),
        STR_INIT("class"),       STR_INIT("confidentiality"), STR_INIT("profession"),
        STR_INIT("sensitivity"),
    };
    Labels *labels = m->labels;
    LabelRule rule = {0};
    TRY(check_names(m, json, names, COUNT_OF(names)));
    if (!json_get_str(json, STR("why")).len)
        return label_refuse(m, "a rule says why");
    rule.where = where_of(json_get_str(json, STR("where")));
    if (!rule.where)
        return label_refuse(m, "a rule says where it looks");
    bool profile = rule.where == WHERE_PROFILE;
    uint16_t system = profile ? SYSTEM_PROFILE : find_word(m, json_get_str(json, STR("system")));
    if (!system || (profile && json_get(json, STR("system"))))
        return label_refuse(m, "a rule names a system that is there, one for profiles names none");
    JsonValue *codes = json_get(json, STR("codes")), *ranges = json_get(json, STR("ranges"));
    if ((!codes && !ranges) || (profile && ranges))
        return label_refuse(m, "a rule has codes or ranges, one for profiles has codes");
    TRY(read_types(m, json_get(json, STR("types")), &rule));
    TRY(read_effect(m, json, &rule));
    if (labels->rule_count == LABEL_RULES_MAX)
        return label_refuse(m, "there are too many rules");
    TRY(read_list(m, system, codes, add_code));
    TRY(read_list(m, system, ranges, add_range));
    TRY(grow(m, (void **)&labels->rules, sizeof(LabelRule), labels->rule_count, &m->rule_room));
    labels->rules[labels->rule_count++] = rule;
    return STATUS_OK;
}

/* ---- one text ---------------------------------------------------------------------------------
 */

static Status name_place(LabelMaker *m, const char *part, Str name, size_t number)
{
    m->text = name.len && name.len < 100
                  ? arena_format(m->cx->arena, "%s, " STR_FMT, part, STR_ARG(name))
                  : arena_format(m->cx->arena, "%s, number %zu", part, number);
    return m->text.at ? STATUS_OK : STATUS_MEMORY;
}

static Status read_members(LabelMaker *m, const char *part, const JsonValue *of,
                           Status (*read)(LabelMaker *, Str, const JsonValue *))
{
    Str name = STR_EMPTY;
    JsonValue *value;
    size_t number = 0;
    m->text = str_of(part);
    if (of && !json_is(of, JSON_OBJECT))
        return label_refuse(m, "it is an object");
    for (JsonIter it = json_iter(of); json_next(&it, &name, &value);) {
        TRY(name_place(m, part, name, ++number));
        TRY(read(m, name, value));
    }
    return STATUS_OK;
}

static Status read_rules(LabelMaker *m, const JsonValue *rules)
{
    JsonValue *item;
    size_t number = 0;
    m->text = STR("rules");
    if (rules && !json_is(rules, JSON_ARRAY))
        return label_refuse(m, "it is a list");
    for (JsonIter it = json_iter(rules); json_next(&it, NULL, &item);) {
        TRY(name_place(m, "rules", json_get_str(item, STR("why")), ++number));
        TRY(read_rule(m, item));
    }
    return STATUS_OK;
}

Status label_read(LabelMaker *m, Str text, bool whole)
{
    static const Str names[] = {STR_INIT("$schema"), STR_INIT("format"),  STR_INIT("version"),
                                STR_INIT("order"),   STR_INIT("systems"), STR_INIT("types"),
                                STR_INIT("rules")};
    JsonValue *root;
    uint64_t format;
    TRY(json_parse(m->cx, text, &root));
    m->text = STR("at the top");
    TRY(check_names(m, root, names, COUNT_OF(names)));
    if (!str_to_u64(json_str(json_get(root, STR("format"))), &format) || format != RULES_FORMAT ||
        !json_is(json_get(root, STR("format")), JSON_NUMBER))
        return label_refuse(m, "their format is 1");
    if (!json_get_str(root, STR("version")).len)
        return label_refuse(m, "they have a version");
    JsonValue *order = json_get(root, STR("order"));
    if (order || whole)
        TRY(read_order(m, order));
    TRY(read_members(m, "systems", json_get(root, STR("systems")), read_system));
    TRY(read_members(m, "types", json_get(root, STR("types")), read_type));
    return read_rules(m, json_get(root, STR("rules")));
}

/* access/label_rules.c - label rules out of JSON: read, checked as a whole, compiled.
 *
 * The words are those of label-rules.schema.json. Anything else is refused: a rule that is
 * half understood would open what it was written to close. */
#include "access/labels.h"

#include "fhir/fhir.h"

enum { LABELS_BYTES = 16 << 20, CODE_VERSION = 1, RULES_FORMAT = 1 };

extern const unsigned char label_rules_json[];
extern const size_t label_rules_json_len;

static Str brought_text(void)
{
    return str_n((const char *)label_rules_json, label_rules_json_len);
}

/* ---- words ------------------------------------------------------------------------------- */

typedef struct {
    Str word;
    unsigned value;
} Word;

/* The word that is written for a bit; what stands in a resource is mapped by rules. */
static const Word sensitivities[] = {
    {STR_INIT("HIV"), SENSITIVE_HIV},
    {STR_INIT("SEX"), SENSITIVE_SEXUAL},
    {STR_INIT("GDIS"), SENSITIVE_GENETIC},
    {STR_INIT("SUD"), SENSITIVE_SUBSTANCE},
    {STR_INIT("MH"), SENSITIVE_MENTAL},
    {STR_INIT("SDV"), SENSITIVE_VIOLENCE},
    {STR_INIT("PSYTHPN"), SENSITIVE_PSYCHOTHERAPY},
};
static const Word confidentialities[] = {
    {STR_INIT("U"), CONF_U}, {STR_INIT("L"), CONF_L}, {STR_INIT("M"), CONF_M},
    {STR_INIT("N"), CONF_N}, {STR_INIT("R"), CONF_R}, {STR_INIT("V"), CONF_V},
};
static const Word wheres[] = {
    {STR_INIT("anywhere"), WHERE_ANYWHERE}, {STR_INIT("category"), WHERE_CATEGORY},
    {STR_INIT("code"), WHERE_CODE},         {STR_INIT("label"), WHERE_LABEL},
    {STR_INIT("profile"), WHERE_PROFILE},
};

static int word_value(const Word *words, size_t count, Str word)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(words[i].word, word))
            return (int)words[i].value;
    }
    return -1;
}

uint16_t label_sensitivity_of(Str word)
{
    int bit = word_value(sensitivities, COUNT_OF(sensitivities), word);
    return bit < 0 ? 0 : (uint16_t)bit;
}

Str label_sensitivity_word(uint16_t bit)
{
    for (size_t i = 0; i < COUNT_OF(sensitivities); i++) {
        if (sensitivities[i].value == bit)
            return sensitivities[i].word;
    }
    return STR_EMPTY;
}

int label_confidentiality_of(Str word)
{
    return word_value(confidentialities, COUNT_OF(confidentialities), word);
}

Str label_confidentiality_word(uint8_t confidentiality)
{
    assert(confidentiality < COUNT_OF(confidentialities));
    return confidentialities[confidentiality].word;
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

typedef struct {
    uint16_t system, rule;
    Str code;
} Code;

typedef struct {
    Ctx *cx;
    Labels *labels;
    LabelSystem names[LABEL_SYSTEMS_MAX]; /* by URL */
    size_t name_count;
    LabelSystem words[LABEL_SYSTEMS_MAX]; /* by the word in the rules */
    size_t word_count;
    Code *codes;
    size_t code_count, code_room;
    LabelRange *ranges;
    size_t range_count, range_room;
    size_t rule_room;
    Str text; /* "types.Observation": where a fault is */
} Maker;

static Status refuse(const Maker *m, const char *what)
{
    return ctx_fail(m->cx, STATUS_INVALID, STR_EMPTY, "Label rules, " STR_FMT ": %s.",
                    STR_ARG(m->text), what);
}

/* Room for one more, twice as much each time. */
static Status grow(const Maker *m, void **array, size_t size, size_t count, size_t *room)
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

static uint16_t find_word(const Maker *m, Str word)
{
    for (size_t i = 0; i < m->word_count; i++) {
        if (str_eq(m->words[i].name, word))
            return m->words[i].system;
    }
    return SYSTEM_NONE;
}

/* Of a word that is there already too: a site may name another URL of it. */
static Status read_system(Maker *m, Str word, const JsonValue *urls)
{
    JsonValue *url;
    uint16_t system = find_word(m, word);
    if (!word.len || !json_is(urls, JSON_ARRAY) || !json_count(urls))
        return refuse(m, "a system has a list of URLs");
    if (!system) {
        if (m->labels->system_ids + 1 >= LABEL_SYSTEMS_MAX)
            return refuse(m, "there are too many systems");
        system = m->labels->system_ids++;
        m->words[m->word_count++] = (LabelSystem){system, arena_str(m->labels->arena, word)};
    }
    for (JsonIter it = json_iter(urls); json_next(&it, NULL, &url);) {
        if (!json_str(url).len || !json_is(url, JSON_STRING) || m->name_count == LABEL_SYSTEMS_MAX)
            return refuse(m, "a URL is a text, and there are not too many of them");
        m->names[m->name_count++] =
            (LabelSystem){system, arena_str(m->labels->arena, json_str(url))};
        if (!m->names[m->name_count - 1].name.at)
            return STATUS_MEMORY;
    }
    return STATUS_OK;
}

/* "D7", or {"class": "D0", "about": "D7"}: when it is about somebody. */
static Status read_type(Maker *m, Str name, const JsonValue *value)
{
    uint16_t type = fhir_type_find(name);
    bool plain = json_is(value, JSON_STRING);
    uint8_t class = class_of(plain ? json_str(value) : json_get_str(value, STR("class")));
    uint8_t about = plain ? class : class_of(json_get_str(value, STR("about")));
    if (!type || type >= LABEL_TYPES_MAX)
        return refuse(m, "there is no such type of resource");
    if (class == CLASS_NONE || about == CLASS_NONE || (!plain && json_count(value) != 2))
        return refuse(m, "a type has a class, or a class and one when it is about somebody");
    if (about == D0_DIRECTORY && m->labels->types[type].about == ABOUT_SOMEBODY)
        return refuse(m, "what is about people is not the directory");
    m->labels->types[type].class = class;
    m->labels->types[type].about_class = about;
    return STATUS_OK;
}

/* From the widest class to the strictest, each once. */
static Status read_order(Maker *m, const JsonValue *order)
{
    JsonValue *item;
    uint32_t seen = 0;
    uint8_t rank = 1;
    for (JsonIter it = json_iter(order); json_next(&it, NULL, &item);) {
        uint8_t class = class_of(json_str(item));
        if (class == CLASS_NONE || seen & 1u << class)
            return refuse(m, "the order names each class once");
        seen |= 1u << class;
        m->labels->rank[class] = rank++;
    }
    return json_is(order, JSON_ARRAY) && rank == ACCESS_CLASSES + 1
               ? STATUS_OK
               : refuse(m, "the order names every class");
}

/* ---- one rule ------------------------------------------------------------------------------- */

static Status read_types(const Maker *m, const JsonValue *types, LabelRule *rule)
{
    JsonValue *item;
    if (types && (!json_is(types, JSON_ARRAY) || !json_count(types)))
        return refuse(m, "types is a list");
    if (!types)
        memset(rule->types, 0xff, sizeof(rule->types));
    for (JsonIter it = json_iter(types); json_next(&it, NULL, &item);) {
        uint16_t type = fhir_type_find(json_str(item));
        if (!type || type >= LABEL_TYPES_MAX)
            return refuse(m, "there is no such type of resource");
        rule->types[type / 64] |= (uint64_t)1 << type % 64;
    }
    return STATUS_OK;
}

static Status read_sensitivity(const Maker *m, const JsonValue *list, LabelRule *rule)
{
    JsonValue *item;
    if (list && !json_is(list, JSON_ARRAY))
        return refuse(m, "sensitivity is a list");
    for (JsonIter it = json_iter(list); json_next(&it, NULL, &item);) {
        uint16_t bit = label_sensitivity_of(json_str(item));
        if (!bit)
            return refuse(m, "there is no such category of sensitivity");
        rule->sensitivity |= bit;
    }
    return STATUS_OK;
}

/* What it says of what it matches. */
static Status read_effect(const Maker *m, const JsonValue *json, LabelRule *rule)
{
    JsonValue *class = json_get(json, STR("class"));
    JsonValue *confidentiality = json_get(json, STR("confidentiality"));
    JsonValue *profession = json_get(json, STR("profession"));
    int level = label_confidentiality_of(json_str(confidentiality));
    rule->class = class ? class_of(json_str(class)) : CLASS_NONE;
    if (class && rule->class == CLASS_NONE)
        return refuse(m, "a class is one of D0 to D17");
    if (confidentiality && level < CONF_N)
        return refuse(m, "a rule raises the confidentiality, to R or V");
    rule->confidentiality = level < 0 ? CONF_N : (uint8_t)level;
    rule->profession = (uint8_t)access_role_of(json_str(profession));
    if (profession && rule->profession == ROLE_NOBODY)
        return refuse(m, "there is no such profession");
    TRY(read_sensitivity(m, json_get(json, STR("sensitivity")), rule));
    if (!class && !confidentiality && !profession && !rule->sensitivity)
        return refuse(m, "a rule says something");
    return STATUS_OK;
}

static Status add_code(Maker *m, uint16_t system, Str code)
{
    TRY(grow(m, (void **)&m->codes, sizeof(Code), m->code_count, &m->code_room));
    Code *to = &m->codes[m->code_count++];
    *to = (Code){system, (uint16_t)m->labels->rule_count, arena_str(m->labels->arena, code)};
    return to->code.at ? STATUS_OK : STATUS_MEMORY;
}

static Status add_range(Maker *m, uint16_t system, Str range)
{
    Str to = range, from;
    size_t middle = range.len / 2; /* "O98.1-O98.3": both ends have one length */
    if (range.len < 3 || range.len % 2 == 0 || range.at[middle] != '-')
        return refuse(m, "a range is two codes of one length with a - between them");
    from = str_head(range, middle);
    to = str_from(range, middle + 1);
    if (str_cmp(from, to) > 0)
        return refuse(m, "a range begins before it ends");
    TRY(grow(m, (void **)&m->ranges, sizeof(LabelRange), m->range_count, &m->range_room));
    LabelRange *added = &m->ranges[m->range_count++];
    *added = (LabelRange){system, (uint16_t)m->labels->rule_count,
                          arena_str(m->labels->arena, from), arena_str(m->labels->arena, to)};
    m->labels->has_ranges[system] = true;
    return added->from.at && added->to.at ? STATUS_OK : STATUS_MEMORY;
}

static Status read_list(Maker *m, uint16_t system, const JsonValue *list,
                        Status (*add)(Maker *, uint16_t, Str))
{
    JsonValue *item;
    if (list && (!json_is(list, JSON_ARRAY) || !json_count(list)))
        return refuse(m, "codes and ranges are lists");
    for (JsonIter it = json_iter(list); json_next(&it, NULL, &item);) {
        Str code = json_str(item);
        if (!json_is(item, JSON_STRING) || !code.len || code.len > LABEL_CODE_BYTES_MAX)
            return refuse(m, "a code is a text of up to 128 bytes");
        TRY(add(m, system, code));
    }
    return STATUS_OK;
}

static Status check_names(const Maker *m, const JsonValue *object, const Str *names, size_t count)
{
    Str name;
    JsonValue *value;
    if (!json_is(object, JSON_OBJECT))
        return refuse(m, "it is an object");
    for (JsonIter it = json_iter(object); json_next(&it, &name, &value);) {
        size_t i = 0;
        while (i < count && !str_eq(name, names[i]))
            i++;
        if (i == count)
            return refuse(m, "it has a member that is not known");
    }
    return STATUS_OK;
}

static Status read_rule(Maker *m, const JsonValue *json)
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
        return refuse(m, "a rule says why");
    int where = word_value(wheres, COUNT_OF(wheres), json_get_str(json, STR("where")));
    if (where < 0)
        return refuse(m, "a rule says where it looks");
    rule.where = (uint8_t)where;
    bool profile = where == WHERE_PROFILE;
    uint16_t system = profile ? SYSTEM_PROFILE : find_word(m, json_get_str(json, STR("system")));
    if (!system || (profile && json_get(json, STR("system"))))
        return refuse(m, "a rule names a system that is there, one for profiles names none");
    JsonValue *codes = json_get(json, STR("codes")), *ranges = json_get(json, STR("ranges"));
    if ((!codes && !ranges) || (profile && ranges))
        return refuse(m, "a rule has codes or ranges, one for profiles has codes");
    TRY(read_types(m, json_get(json, STR("types")), &rule));
    TRY(read_effect(m, json, &rule));
    if (labels->rule_count == LABEL_RULES_MAX)
        return refuse(m, "there are too many rules");
    TRY(read_list(m, system, codes, add_code));
    TRY(read_list(m, system, ranges, add_range));
    TRY(grow(m, (void **)&labels->rules, sizeof(LabelRule), labels->rule_count, &m->rule_room));
    labels->rules[labels->rule_count++] = rule;
    return STATUS_OK;
}

/* ---- one text ---------------------------------------------------------------------------------
 */

static Status name_place(Maker *m, const char *part, Str name, size_t number)
{
    m->text = name.len && name.len < 100
                  ? arena_format(m->cx->arena, "%s, " STR_FMT, part, STR_ARG(name))
                  : arena_format(m->cx->arena, "%s, number %zu", part, number);
    return m->text.at ? STATUS_OK : STATUS_MEMORY;
}

static Status read_members(Maker *m, const char *part, const JsonValue *of,
                           Status (*read)(Maker *, Str, const JsonValue *))
{
    Str name = STR_EMPTY;
    JsonValue *value;
    size_t number = 0;
    m->text = str_of(part);
    if (of && !json_is(of, JSON_OBJECT))
        return refuse(m, "it is an object");
    for (JsonIter it = json_iter(of); json_next(&it, &name, &value);) {
        TRY(name_place(m, part, name, ++number));
        TRY(read(m, name, value));
    }
    return STATUS_OK;
}

static Status read_rules(Maker *m, const JsonValue *rules)
{
    JsonValue *item;
    size_t number = 0;
    m->text = STR("rules");
    if (rules && !json_is(rules, JSON_ARRAY))
        return refuse(m, "it is a list");
    for (JsonIter it = json_iter(rules); json_next(&it, NULL, &item);) {
        TRY(name_place(m, "rules", json_get_str(item, STR("why")), ++number));
        TRY(read_rule(m, item));
    }
    return STATUS_OK;
}

static Status read_text(Maker *m, Str text, bool whole)
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
        return refuse(m, "their format is 1");
    if (!json_get_str(root, STR("version")).len)
        return refuse(m, "they have a version");
    JsonValue *order = json_get(root, STR("order"));
    if (order || whole)
        TRY(read_order(m, order));
    TRY(read_members(m, "systems", json_get(root, STR("systems")), read_system));
    TRY(read_members(m, "types", json_get(root, STR("types")), read_type));
    return read_rules(m, json_get(root, STR("rules")));
}

/* ---- compiling ----------------------------------------------------------------------------------
 */

static size_t room_for(size_t count)
{
    size_t room = 16;
    while (room < 3 * count)
        room *= 2;
    return room;
}

static Status compile_systems(const Maker *m)
{
    Labels *labels = m->labels;
    size_t room = room_for(m->name_count);
    labels->systems = arena_array_of(labels->arena, LabelSystem, room);
    if (!labels->systems)
        return STATUS_MEMORY;
    labels->system_mask = room - 1;
    for (size_t i = 0; i < m->name_count; i++) {
        uint16_t there = label_system_find(labels, m->names[i].name);
        if (there && there != m->names[i].system)
            return refuse(m, "a URL is that of two systems");
        size_t at = label_hash(m->names[i].name) & labels->system_mask;
        while (labels->systems[at].system && !there)
            at = (at + 1) & labels->system_mask;
        if (!there)
            labels->systems[at] = m->names[i];
    }
    return STATUS_OK;
}

static Status compile_codes(const Maker *m)
{
    Labels *labels = m->labels;
    size_t room = room_for(m->code_count);
    labels->slots = arena_array_of(labels->arena, LabelSlot, room);
    if (!labels->slots)
        return STATUS_MEMORY;
    labels->slot_mask = room - 1;
    for (size_t i = 0; i < m->code_count; i++) {
        size_t at = label_hash(m->codes[i].code) & labels->slot_mask;
        while (labels->slots[at].system)
            at = (at + 1) & labels->slot_mask;
        labels->slots[at] = (LabelSlot){m->codes[i].system, m->codes[i].rule, m->codes[i].code};
    }
    labels->ranges = m->ranges;
    labels->range_count = m->range_count;
    return STATUS_OK;
}

uint16_t label_system_find(const Labels *labels, Str name)
{
    size_t at = label_hash(name) & labels->system_mask;
    for (; labels->systems[at].system; at = (at + 1) & labels->system_mask) {
        if (str_eq(labels->systems[at].name, name))
            return labels->systems[at].system;
    }
    return SYSTEM_NONE;
}

/* What a resource of the type can become: by its own class, by any rule for it, and by what stands
 * in it (contained), which can only be stricter. */
static Status compile_classes(const Maker *m)
{
    Labels *labels = m->labels;
    for (uint16_t type = 1; type <= fhir_type_count(); type++) {
        LabelType *to = &labels->types[type];
        if (!to->known || to->class == CLASS_NONE)
            return ctx_fail(m->cx, STATUS_INTERNAL, fhir_type_name(type),
                            "A type of resource has no label rule.");
        uint32_t classes = 1u << to->class | 1u << to->about_class;
        for (size_t i = 0; i < labels->rule_count; i++) {
            const LabelRule *rule = &labels->rules[i];
            if (rule->class != CLASS_NONE && rule->types[type / 64] >> type % 64 & 1)
                classes |= 1u << rule->class;
        }
        bool taken = false; /* from what it belongs to */
        for (size_t i = 0; i < to->subjects.count; i++)
            taken |= to->subjects.at[i].kind == PATH_TAKE;
        for (size_t i = 0; i < ACCESS_CLASSES; i++) {
            if (taken || labels->rank[i] > labels->rank[to->class])
                classes |= 1u << i;
        }
        to->classes = classes;
    }
    return STATUS_OK;
}

/* FNV-1a: says that something changed, and keeps nobody out. */
static uint64_t mix(uint64_t hash, const char *text, size_t len)
{
    for (size_t i = 0; i <= len; i++) /* with an end, so that texts do not run together */
        hash = (hash ^ (unsigned char)(i < len ? text[i] : 0)) * 0x100000001B3u;
    return hash;
}

static void write_digest(Labels *labels, Str site)
{
    Str brought = brought_text();
    uint64_t hash = mix(0xCBF29CE484222325u + CODE_VERSION, brought.at, brought.len);
    hash = mix(hash, site.at, site.len);
    for (size_t i = 0; i < subject_row_count; i++) {
        const SubjectRow *row = &subject_rows[i];
        const char *const texts[] = {row->type, row->subjects, row->hints, row->authors,
                                     row->organisations};
        for (size_t j = 0; j < COUNT_OF(texts); j++)
            hash = mix(hash, texts[j], strlen(texts[j]));
        hash = mix(hash, (const char[]){(char)row->about}, 1);
    }
    (void)snprintf(labels->digest, sizeof(labels->digest), "%016llx", (unsigned long long)hash);
}

static Status make(Ctx *cx, Str site, Labels *labels)
{
    Maker *m = arena_new_of(labels->arena, Maker);
    if (!m)
        return STATUS_MEMORY;
    *m = (Maker){.cx = cx, .labels = labels};
    labels->system_ids = SYSTEM_FIRST;
    for (size_t i = 0; i < LABEL_TYPES_MAX; i++)
        labels->types[i].class = labels->types[i].about_class = CLASS_NONE;
    TRY(label_types_compile(cx, labels));
    TRY(read_text(m, brought_text(), true));
    if (site.len)
        TRY(read_text(m, site, false));
    TRY(compile_systems(m));
    TRY(compile_codes(m));
    TRY(compile_classes(m));
    write_digest(labels, site);
    return STATUS_OK;
}

Status labels_new(Ctx *cx, Str site, Labels **ret_labels)
{
    Arena *arena = arena_new(LABELS_BYTES, false);
    Labels *labels = arena ? arena_new_of(arena, Labels) : NULL;
    Status status = STATUS_MEMORY;
    if (labels) {
        labels->arena = arena;
        status = make(cx, site, labels);
    }
    if (status != STATUS_OK) {
        arena_free(arena);
        return status;
    }
    *ret_labels = labels;
    return STATUS_OK;
}

void labels_free(Labels *labels)
{
    if (labels)
        arena_free(labels->arena);
}

Str labels_digest(const Labels *labels)
{
    return str_n(labels->digest, sizeof(labels->digest) - 1);
}

uint32_t labels_classes(const Labels *labels, uint16_t type)
{
    return type < LABEL_TYPES_MAX ? labels->types[type].classes : 0;
}

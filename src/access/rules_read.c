/* access/rules_read.c - from the text of a rule set to Rules, or to sentences about what is wrong
 * with it. Whatever is not expected is refused: a rule that is read half is no rule. */
#include "access/rules.h"
#include "json/json.h"

typedef struct {
    Ctx *cx;
    Rules *rules;
} Reading;

static Status wrong(const Reading *r, Str where, const char *what)
{
    return ctx_fail(r->cx, STATUS_INVALID, STR_EMPTY, "The rules: \"" STR_FMT "\" %s.",
                    STR_ARG(str_head(where, 64)), what);
}

static Status need(const Reading *r, const JsonValue *value, JsonType type, Str where)
{
    if (json_is(value, type))
        return STATUS_OK;
    return wrong(r, where,
                 type == JSON_OBJECT   ? "must be an object"
                 : type == JSON_ARRAY  ? "must be an array"
                 : type == JSON_STRING ? "must be a string"
                                       : "must be a number");
}

static Status read_number(const Reading *r, const JsonValue *value, Str where, uint64_t max,
                          uint8_t *ret_number)
{
    uint64_t number = 0;
    TRY(need(r, value, JSON_NUMBER, where));
    if (!str_to_u64(json_str(value), &number) || number < 1 || number > max)
        return wrong(r, where, "is not a number that makes sense there");
    *ret_number = (uint8_t)number;
    return STATUS_OK;
}

/* ---- one table of members for each kind of object ---------------------------------------- */

typedef Status (*ReadMember)(const Reading *r, const JsonValue *value, Str where, void *to);
typedef struct {
    Str name;
    ReadMember read;
    bool needed;
} Member;

/* Each member once, none that is not in the table, all that are needed. */
static Status read_members(const Reading *r, const JsonValue *object, Str where,
                           const Member *members, size_t count, void *to)
{
    Str name;
    JsonValue *value;
    uint32_t seen = 0;
    TRY(need(r, object, JSON_OBJECT, where));
    for (JsonIter it = json_iter(object); json_next(&it, &name, &value);) {
        size_t i = 0;
        while (i < count && !str_eq(name, members[i].name))
            i++;
        if (i == count)
            return wrong(r, name, "is not a word of the rules in this place");
        if ((seen & 1u << i) != 0)
            return wrong(r, name, "stands there twice");
        seen |= 1u << i;
        TRY(members[i].read(r, value, name, to));
    }
    for (size_t i = 0; i < count; i++)
        if (members[i].needed && (seen & 1u << i) == 0)
            return wrong(r, members[i].name, "is missing");
    return STATUS_OK;
}

/* "D7": the rules have no names for classes. */
static bool is_code(Str word)
{
    return word.len && word.at[0] == 'D';
}

static Status read_classes(const Reading *r, const JsonValue *value, Str where, uint32_t *ret_set)
{
    JsonValue *item;
    uint32_t set = 0;
    TRY(need(r, value, JSON_ARRAY, where));
    for (JsonIter it = json_iter(value); json_next(&it, NULL, &item);) {
        unsigned class = rules_class_of(json_str(item));
        if (!json_is(item, JSON_STRING) || class == ACCESS_CLASSES || !is_code(json_str(item)))
            return wrong(r, where, "names a class that there is not");
        set |= 1u << class;
    }
    *ret_set = set;
    return STATUS_OK;
}

/* ---- roles --------------------------------------------------------------------------------- */

static Status read_clearance(const Reading *r, const JsonValue *value, Str where, uint8_t *to)
{
    static const char letters[] = "ULMNRV";
    TRY(need(r, value, JSON_STRING, where));
    Str word = json_str(value);
    for (uint8_t i = 0; word.len == 1 && letters[i]; i++)
        if (letters[i] == word.at[0]) {
            *to = i;
            return STATUS_OK;
        }
    return wrong(r, where, "must be one of U, L, M, N, R, V");
}

static const struct {
    Str code;
    uint16_t bit;
} categories[] = {
    {STR_INIT("HIV"), SENSITIVE_HIV},
    {STR_INIT("SEX"), SENSITIVE_SEXUAL},
    {STR_INIT("STD"), SENSITIVE_SEXUAL},
    {STR_INIT("GDIS"), SENSITIVE_GENETIC},
    {STR_INIT("SUD"), SENSITIVE_SUBSTANCE},
    {STR_INIT("ETH"), SENSITIVE_SUBSTANCE},
    {STR_INIT("MH"), SENSITIVE_MENTAL},
    {STR_INIT("PSY"), SENSITIVE_MENTAL},
    {STR_INIT("SDV"), SENSITIVE_VIOLENCE},
    {STR_INIT("DV"), SENSITIVE_VIOLENCE},
    {STR_INIT("PSYTHPN"), SENSITIVE_PSYCHOTHERAPY},
};

uint16_t rules_sensitivity_of(Str code)
{
    for (size_t i = 0; i < COUNT_OF(categories); i++)
        if (str_eq(code, categories[i].code))
            return categories[i].bit;
    return 0;
}

static Status read_sensitivity(const Reading *r, const JsonValue *value, Str where, uint16_t *to)
{
    JsonValue *item;
    TRY(need(r, value, JSON_ARRAY, where));
    for (JsonIter it = json_iter(value); json_next(&it, NULL, &item);) {
        uint16_t bit = json_is(item, JSON_STRING) ? rules_sensitivity_of(json_str(item)) : 0;
        if (!bit)
            return wrong(r, where, "names a category that there is not");
        *to |= bit;
    }
    return STATUS_OK;
}

static Status role_clearance(const Reading *r, const JsonValue *value, Str where, void *to)
{
    return read_clearance(r, value, where, &((RulesRole *)to)->clearance);
}

static Status role_sensitivity(const Reading *r, const JsonValue *value, Str where, void *to)
{
    return read_sensitivity(r, value, where, &((RulesRole *)to)->sensitivity);
}

static Status broken_clearance(const Reading *r, const JsonValue *value, Str where, void *to)
{
    return read_clearance(r, value, where, &((RulesRole *)to)->broken_clearance);
}

static Status broken_sensitivity(const Reading *r, const JsonValue *value, Str where, void *to)
{
    return read_sensitivity(r, value, where, &((RulesRole *)to)->broken_sensitivity);
}

static Status role_broken(const Reading *r, const JsonValue *value, Str where, void *to)
{
    static const Member members[] = {{STR_INIT("clearance"), broken_clearance, true},
                                     {STR_INIT("sensitivity"), broken_sensitivity, true}};
    ((RulesRole *)to)->may_break = true;
    return read_members(r, value, where, members, COUNT_OF(members), to);
}

static Status role_without_link(const Reading *r, const JsonValue *value, Str where, void *to)
{
    return read_classes(r, value, where, &((RulesRole *)to)->without_link);
}

static Status role_cells(const Reading *r, const JsonValue *value, Str where, void *to)
{
    RulesRole *role = to;
    Str name;
    JsonValue *item;
    uint32_t seen = 0;
    TRY(need(r, value, JSON_OBJECT, where));
    for (JsonIter it = json_iter(value); json_next(&it, &name, &item);) {
        unsigned class = rules_class_of(name);
        if (class == ACCESS_CLASSES || !is_code(name) || (seen & 1u << class) != 0)
            return wrong(r, name, "is not a class, or stands there twice");
        seen |= 1u << class;
        unsigned cell = 0;
        while (cell < CELLS && !str_eq(json_str(item), rules_cell_word(cell)))
            cell++;
        if (!json_is(item, JSON_STRING) || cell == CELLS)
            return wrong(r, name, "must be one of R, W, r, o, o+R, o+r, B, own and -");
        role->cells[class] = (uint8_t)cell;
    }
    return STATUS_OK;
}

static Status read_roles(const Reading *r, const JsonValue *value, Str where, void *to)
{
    static const Member members[] = {{STR_INIT("clearance"), role_clearance, true},
                                     {STR_INIT("sensitivity"), role_sensitivity, true},
                                     {STR_INIT("broken"), role_broken, false},
                                     {STR_INIT("without_link"), role_without_link, false},
                                     {STR_INIT("cells"), role_cells, true}};
    Str name;
    JsonValue *item;
    uint32_t seen = 0;
    UNUSED(to);
    TRY(need(r, value, JSON_OBJECT, where));
    for (JsonIter it = json_iter(value); json_next(&it, &name, &item);) {
        AccessRole role = access_role_of(name);
        if (role == ROLE_NOBODY || (seen & 1u << role) != 0)
            return wrong(r, name, "is not a role, or stands there twice");
        seen |= 1u << role;
        TRY(read_members(r, item, name, members, COUNT_OF(members), &r->rules->roles[role]));
    }
    return STATUS_OK;
}

/* ---- links, break-glass, proxies ------------------------------------------------------------ */

static Status link_months(const Reading *r, const JsonValue *value, Str where, void *to)
{
    return read_number(r, value, where, 60, to);
}

static Status read_links(const Reading *r, const JsonValue *value, Str where, void *to)
{
    static const Member members[] = {{STR_INIT("months"), link_months, true}};
    Str name;
    JsonValue *item;
    UNUSED(to);
    TRY(need(r, value, JSON_OBJECT, where));
    for (JsonIter it = json_iter(value); json_next(&it, &name, &item);) {
        LinkKind kind = rules_link_of(name);
        if (kind == LINK_NONE || kind == LINK_BREAK_GLASS || r->rules->link_months[kind])
            return wrong(r, name, "is not a kind of link, or stands there twice");
        TRY(read_members(r, item, name, members, COUNT_OF(members), &r->rules->link_months[kind]));
    }
    return STATUS_OK;
}

static Status break_hours(const Reading *r, const JsonValue *value, Str where, void *to)
{
    return read_number(r, value, where, 4, to); /* security-model.md 1: at most four */
}

static Status read_break(const Reading *r, const JsonValue *value, Str where, void *to)
{
    static const Member members[] = {{STR_INIT("hours"), break_hours, true}};
    UNUSED(to);
    return read_members(r, value, where, members, COUNT_OF(members), &r->rules->break_hours);
}

static Status child_until(const Reading *r, const JsonValue *value, Str where, void *to)
{
    UNUSED(to);
    return read_number(r, value, where, 21, &r->rules->child_until);
}

static Status child_until_in(const Reading *r, const JsonValue *value, Str where, void *to)
{
    Str name;
    JsonValue *item;
    Rules *rules = r->rules;
    UNUSED(to);
    TRY(need(r, value, JSON_OBJECT, where));
    for (JsonIter it = json_iter(value); json_next(&it, &name, &item);) {
        if (name.len != 2 || name.at[0] < 'A' || name.at[0] > 'Z' || name.at[1] < 'A' ||
            name.at[1] > 'Z' || rules->country_count == RULES_COUNTRIES_MAX)
            return wrong(r, name, "is not a country of two letters, or one too many");
        RulesCountry *country = &rules->countries[rules->country_count++];
        memcpy(country->iso, name.at, 2);
        TRY(read_number(r, item, name, 21, &country->age));
    }
    return STATUS_OK;
}

static Status read_proxy(const Reading *r, const JsonValue *value, Str where, void *to)
{
    static const Member members[] = {{STR_INIT("child_until"), child_until, true},
                                     {STR_INIT("child_until_in"), child_until_in, false}};
    return read_members(r, value, where, members, COUNT_OF(members), to);
}

/* ---- the whole --------------------------------------------------------------------------- */

static Status read_version(const Reading *r, const JsonValue *value, Str where, void *to)
{
    UNUSED(to);
    if (json_is(value, JSON_NUMBER) && str_eq(json_str(value), STR("1")))
        return STATUS_OK;
    return wrong(r, where, "must be 1: this program knows no other version of rules");
}

static Status read_name(const Reading *r, const JsonValue *value, Str where, void *to)
{
    UNUSED(to);
    return need(r, value, JSON_STRING, where);
}

static Status read_revision(const Reading *r, const JsonValue *value, Str where, void *to)
{
    Str text = json_str(value);
    UNUSED(to);
    if (!json_is(value, JSON_STRING) || !text.len || text.len >= sizeof(r->rules->revision))
        return wrong(r, where, "must be a string of 1 to 31 bytes");
    memcpy(r->rules->revision, text.at, text.len);
    return STATUS_OK;
}

static Status read_without_consent(const Reading *r, const JsonValue *value, Str where, void *to)
{
    enum { ADMINISTRATIVE = (1u << (D4_INVOICES + 1)) - 1 };
    UNUSED(to);
    TRY(read_classes(r, value, where, &r->rules->without_consent));
    if ((r->rules->without_consent & ~ADMINISTRATIVE) != 0)
        return wrong(r, where, "may only name D0 to D4: no chart is shared without consent");
    return STATUS_OK;
}

static Status read_about_nobody(const Reading *r, const JsonValue *value, Str where, void *to)
{
    UNUSED(to);
    return read_classes(r, value, where, &r->rules->about_nobody);
}

static uint64_t digest_of(Str text)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a: it tells rule sets apart, it proves nothing */
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * 0x100000001b3u;
    return hash;
}

Status rules_parse(Ctx *cx, Str json, Rules *ret_rules)
{
    static const Member members[] = {{STR_INIT("version"), read_version, true},
                                     {STR_INIT("name"), read_name, true},
                                     {STR_INIT("revision"), read_revision, true},
                                     {STR_INIT("without_consent"), read_without_consent, true},
                                     {STR_INIT("about_nobody"), read_about_nobody, true},
                                     {STR_INIT("links"), read_links, true},
                                     {STR_INIT("break_glass"), read_break, true},
                                     {STR_INIT("proxy"), read_proxy, true},
                                     {STR_INIT("roles"), read_roles, true}};
    JsonValue *root = NULL;
    Rules *rules = arena_new_of(cx->arena, Rules);
    if (!rules)
        return STATUS_MEMORY;
    if (json.len > RULES_BYTES_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The rules have more than 256 KB.");
    TRY(json_parse(cx, json, &root));
    Reading reading = {cx, rules};
    TRY(read_members(&reading, root, STR("rules"), members, COUNT_OF(members), NULL));
    rules->digest = digest_of(json);
    *ret_rules = *rules;
    return STATUS_OK;
}

extern const unsigned char rules_json[];
extern const size_t rules_json_len;

Str rules_default_text(void)
{
    return str_n((const char *)rules_json, rules_json_len);
}

Status rules_default(Ctx *cx, Rules *ret_rules)
{
    return rules_parse(cx, rules_default_text(), ret_rules);
}

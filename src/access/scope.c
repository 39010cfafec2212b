/* access/scope.c - scopes are read, written, compared. */
#include "access/scope.h"

#include "fhir/fhir.h"

static const Str words[SCOPE_WORDS] = {
    [SCOPE_OPENID] = STR_INIT("openid"),
    [SCOPE_FHIR_USER] = STR_INIT("fhirUser"),
    [SCOPE_PROFILE] = STR_INIT("profile"),
    [SCOPE_LAUNCH] = STR_INIT("launch"),
    [SCOPE_LAUNCH_PATIENT] = STR_INIT("launch/patient"),
    [SCOPE_LAUNCH_ENCOUNTER] = STR_INIT("launch/encounter"),
    [SCOPE_OFFLINE] = STR_INIT("offline_access"),
    [SCOPE_ONLINE] = STR_INIT("online_access"),
};

static const struct {
    Str name;
    ScopeLevel level;
} levels[] = {
    {STR_INIT("patient"), SCOPE_PATIENT},
    {STR_INIT("user"), SCOPE_USER},
    {STR_INIT("system"), SCOPE_SYSTEM},
};

/* In the order in which they stand in a scope. */
static const struct {
    char letter;
    uint8_t bit;
} letters_in_order[] = {
    {'c', RIGHTS_CREATE}, {'r', RIGHTS_READ},   {'u', RIGHTS_UPDATE},
    {'d', RIGHTS_DELETE}, {'s', RIGHTS_SEARCH},
};

static const struct {
    Str word;
    uint8_t letters;
} old_letters[] = {
    {STR_INIT("read"), RIGHTS_READ | RIGHTS_SEARCH},
    {STR_INIT("write"), RIGHTS_CREATE | RIGHTS_UPDATE | RIGHTS_DELETE},
    {STR_INIT("*"), RIGHTS_CREATE | RIGHTS_READ | RIGHTS_UPDATE | RIGHTS_DELETE | RIGHTS_SEARCH},
};

static bool read_letters(Str text, uint8_t *ret_letters)
{
    size_t at = 0;
    for (size_t i = 0; i < COUNT_OF(old_letters); i++) {
        if (str_eq(text, old_letters[i].word)) {
            *ret_letters = old_letters[i].letters;
            return true;
        }
    }
    *ret_letters = 0;
    for (size_t i = 0; i < COUNT_OF(letters_in_order) && at < text.len; i++) {
        if (text.at[at] != letters_in_order[i].letter)
            continue;
        *ret_letters |= letters_in_order[i].bit;
        at++;
    }
    return at == text.len && at > 0;
}

/* name=value&name=value, each with something in it. */
static bool query_is_sound(Str query)
{
    if (!query.len)
        return false;
    while (query.len) {
        Str value = str_cut(&query, '&');
        Str name = str_cut(&value, '=');
        if (!name.len || !value.at || !value.len)
            return false;
    }
    return true;
}

static bool read_resource(Str text, Scope *scope)
{
    Str rest = text;
    Str level = str_cut(&rest, '/');
    for (size_t i = 0; rest.at && i < COUNT_OF(levels); i++) {
        if (str_eq(level, levels[i].name))
            scope->level = levels[i].level;
    }
    if (!scope->level)
        return false;
    Str query = rest, head = str_cut(&query, '?');
    if (query.at && !query_is_sound(query))
        return false;
    scope->query = query.at ? query : STR_EMPTY;
    Str letters = head, type = str_cut(&letters, '.');
    scope->type = str_eq(type, STR("*")) ? 0 : fhir_type_find(type);
    return letters.at && (scope->type || str_eq(type, STR("*"))) &&
           read_letters(letters, &scope->letters);
}

bool scope_read(Str text, Scope *ret_scope)
{
    Scope scope = {.text = text};
    for (ScopeWord word = 1; word < SCOPE_WORDS; word++) {
        if (str_eq(text, words[word])) {
            *ret_scope = (Scope){.text = text, .level = SCOPE_WORD, .word = word};
            ret_scope->query = STR_EMPTY;
            return true;
        }
    }
    if (!read_resource(text, &scope))
        return false;
    *ret_scope = scope;
    return true;
}

/* SPEC RFC 6749 3.3: scope-token */
static bool bytes_are_sound(Str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c < ' ' || c > '~' || c == '"' || c == '\\')
            return false;
    }
    return true;
}

static bool is_known(const Scope *scopes, size_t count, Str text)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(scopes[i].text, text))
            return true;
    }
    return false;
}

Status scopes_read(Ctx *cx, Str text, Scope **ret_scopes, size_t *ret_count)
{
    Scope *scopes = arena_array_of(cx->arena, Scope, SCOPES_MAX);
    size_t count = 0;
    if (!scopes)
        return STATUS_MEMORY;
    if (text.len > SCOPES_BYTES_MAX || !bytes_are_sound(text))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "Scopes are words of printable ASCII with a blank between them, at most %d "
                        "bytes.",
                        SCOPES_BYTES_MAX);
    while (text.len) {
        Str one = str_cut(&text, ' ');
        if (!one.len || is_known(scopes, count, one))
            continue;
        if (count == SCOPES_MAX)
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "There are more than %d scopes.",
                            SCOPES_MAX);
        count += scope_read(one, &scopes[count]);
    }
    *ret_scopes = scopes;
    *ret_count = count;
    return STATUS_OK;
}

Status scopes_write(Ctx *cx, const Scope *scopes, size_t count, Str *ret_text)
{
    Buf out;
    buf_init(&out, cx->arena, 256, SCOPES_BYTES_MAX + SCOPES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(&out, ' ');
        buf_add_str(&out, scopes[i].text);
    }
    TRY(buf_done(&out));
    *ret_text = buf_str(&out);
    return STATUS_OK;
}

bool scopes_have(const Scope *scopes, size_t count, ScopeWord word)
{
    for (size_t i = 0; i < count; i++) {
        if (scopes[i].level == SCOPE_WORD && scopes[i].word == word)
            return true;
    }
    return false;
}

bool scopes_have_level(const Scope *scopes, size_t count, ScopeLevel level)
{
    for (size_t i = 0; i < count; i++) {
        if (scopes[i].level == level)
            return true;
    }
    return false;
}

/* One value as it stands in a query: nothing in it that separates values, and no modifier. */
bool scope_condition_is_offered(const Scope *scope)
{
    static const Str names[] = {STR_INIT("category"), STR_INIT("code"), STR_INIT("status")};
    Str value = scope->query, name = str_cut(&value, '=');
    bool known = false;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        known |= str_eq(names[i], name);
    return known && value.at && value.len && scope->type && str_index(value, '&') == SIZE_MAX &&
           str_index(value, ',') == SIZE_MAX && str_index(value, '=') == SIZE_MAX &&
           str_index(value, '%') == SIZE_MAX && str_index(value, '+') == SIZE_MAX &&
           str_index(value, '$') == SIZE_MAX && scope->level != SCOPE_WORD;
}

bool scope_covers(const Scope *wide, const Scope *narrow)
{
    if (wide->level != narrow->level)
        return false;
    if (wide->level == SCOPE_WORD)
        return wide->word == narrow->word;
    return (!wide->type || wide->type == narrow->type) && !(narrow->letters & ~wide->letters) &&
           (!wide->query.len || str_eq(wide->query, narrow->query));
}

void scopes_letters(const Scope *scopes, size_t count, uint8_t *ret_letters, size_t rows)
{
    memset(ret_letters, 0, rows);
    for (size_t i = 0; i < count; i++) {
        if (scopes[i].level == SCOPE_WORD || scopes[i].query.len)
            continue;
        for (size_t type = 1; type < rows; type++) {
            if (!scopes[i].type || scopes[i].type == type)
                ret_letters[type] |= scopes[i].letters;
        }
    }
}

/* Letters of patient/ scopes are for their patient, or for nobody. */
static size_t without_patient(Scope *scopes, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (scopes[i].level != SCOPE_PATIENT)
            scopes[kept++] = scopes[i];
    }
    return kept;
}

static uint64_t mix(uint64_t hash, Str text)
{
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (uint8_t)text.at[i]) * 0x100000001b3u;
    return (hash ^ 0xff) * 0x100000001b3u;
}

Status rights_limit(Ctx *cx, const Access *access, uint64_t patient, Rights *rights)
{
    Scope *scopes;
    size_t count, rows = fhir_type_count() + 1u;
    Str text = access_scopes(access);
    if (!text.len)
        return STATUS_OK;
    uint8_t *letters = arena_alloc(cx->arena, rows);
    if (!letters)
        return STATUS_MEMORY;
    TRY(scopes_read(cx, text, &scopes, &count));
    bool narrowed = scopes_have_level(scopes, count, SCOPE_PATIENT);
    if (narrowed && !patient)
        count = without_patient(scopes, count);
    scopes_letters(scopes, count, letters, rows);
    rights->scopes = letters;
    rights->scope_count = rows;
    rights->only_patient = narrowed ? patient : 0;
    rights->digest = mix(mix(rights->digest, text), access_patient(access));
    return STATUS_OK;
}

bool access_is_service(const Access *access)
{
    return access_scopes(access).len && str_eq(access_role(access), STR("program"));
}

void rights_of_service(Rights *rights)
{
    const uint32_t all = (1u << ACCESS_CLASSES) - 1;
    const uint32_t none = 1u << D14_PSYCHOTHERAPY | 1u << D16_AUDIT | 1u << D17_CONFIGURATION;
    const RightsMask mask = {.read = all & ~none,
                             .write = all & ~none,
                             .sensitivity = (uint16_t)~SENSITIVE_PSYCHOTHERAPY,
                             .clearance = CONF_V};
    rights->role = ROLE_ADMIN; /* somebody: what he may is in the masks */
    rights->nobody = rights->stranger = mask;
    rights->links = NULL;
    rights->link_count = 0;
}

Str scope_letters_text(uint8_t letters, char text[5])
{
    size_t len = 0;
    for (size_t i = 0; i < COUNT_OF(letters_in_order); i++) {
        if (letters & letters_in_order[i].bit)
            text[len++] = letters_in_order[i].letter;
    }
    return str_n(text, len);
}

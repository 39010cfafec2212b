/* access/label_rules.c - label rules out of JSON: read, checked as a whole, compiled.
 *
 * The words are those of label-rules.schema.json. Anything else is refused: a rule that is
 * half understood would open what it was written to close. */
#include "access/labels.h"

#include "fhir/fhir.h"

enum { LABELS_BYTES = 16 << 20, CODE_VERSION = 2 };

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

/* ---- compiling ----------------------------------------------------------------------------------
 */

static size_t room_for(size_t count)
{
    size_t room = 16;
    while (room < 3 * count)
        room *= 2;
    return room;
}

static Status compile_systems(const LabelMaker *m)
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
            return label_refuse(m, "a URL is that of two systems");
        size_t at = label_hash(m->names[i].name) & labels->system_mask;
        while (labels->systems[at].system && !there)
            at = (at + 1) & labels->system_mask;
        if (!there)
            labels->systems[at] = m->names[i];
    }
    return STATUS_OK;
}

static Status compile_codes(const LabelMaker *m)
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

static Status check_types(const LabelMaker *m)
{
    for (uint16_t type = 1; type <= fhir_type_count(); type++) {
        const LabelType *row = &m->labels->types[type];
        if (!row->known || row->class == CLASS_NONE)
            return ctx_fail(m->cx, STATUS_INTERNAL, fhir_type_name(type),
                            "A type of resource has no label rule.");
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
    LabelMaker *m = arena_new_of(labels->arena, LabelMaker);
    if (!m)
        return STATUS_MEMORY;
    *m = (LabelMaker){.cx = cx, .labels = labels};
    labels->system_ids = SYSTEM_FIRST;
    for (size_t i = 0; i < LABEL_TYPES_MAX; i++)
        labels->types[i].class = labels->types[i].about_class = CLASS_NONE;
    TRY(label_types_compile(cx, labels));
    TRY(label_read(m, brought_text(), true));
    if (site.len)
        TRY(label_read(m, site, false));
    TRY(compile_systems(m));
    TRY(compile_codes(m));
    TRY(check_types(m));
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

/* access/labels.h - compiled label rules and subject rows, for the files of label*.c alone. */
#ifndef ACESO_ACCESS_LABELS_H
#define ACESO_ACCESS_LABELS_H

#include "access/label.h"
#include "access/subjects.h"

enum {
    LABEL_TYPES_MAX = 256,
    LABEL_PATH_STEPS = 4,
    LABEL_RULES_MAX = 4096,
    LABEL_SYSTEMS_MAX = 256,
    LABEL_CODE_BYTES_MAX = 128,
    CLASS_NONE = 0xff,
    SYSTEM_NONE = 0,
    SYSTEM_PROFILE = 1, /* codes are canonical URLs of meta.profile */
    SYSTEM_FIRST = 2,
};

/* Where in a resource a rule looks: bits of a rule, and of a place. */
enum {
    WHERE_ANYWHERE = 1,
    WHERE_CATEGORY = 2, /* its category */
    WHERE_CODE = 4,     /* its code or type */
    WHERE_LABEL = 8,    /* its meta.security: set by hand */
    WHERE_PROFILE = 16,
};

typedef struct {
    uint64_t types[LABEL_TYPES_MAX / 64];
    uint16_t sensitivity;
    uint8_t where, class, confidentiality, profession;
} LabelRule;

typedef struct {
    uint16_t system; /* SYSTEM_NONE: an empty slot */
    uint16_t rule;
    Str code;
} LabelSlot;

typedef struct {
    uint16_t system;
    Str name;
} LabelSystem;

/* Codes whose first bytes are not before `from` nor behind `to`; both are of one length. */
typedef struct {
    uint16_t system, rule;
    Str from, to;
} LabelRange;

typedef enum { PATH_PLAIN, PATH_PART, PATH_TAKE, PATH_SELF } PathKind;
typedef struct {
    Str steps[LABEL_PATH_STEPS];
    uint8_t step_count;
    uint8_t kind;  /* PathKind */
    uint16_t only; /* type of the references; 0 = all */
} LabelPath;

typedef struct {
    const LabelPath *at;
    size_t count;
} LabelPaths;

typedef struct {
    uint8_t known;   /* it has a row */
    uint8_t about;   /* About */
    uint8_t carries; /* other resources, as entries or parameters */
    uint8_t class, about_class;
    LabelPaths subjects, hints, authors, organisations;
} LabelType;

struct Labels {
    Arena *arena;
    char digest[17];
    uint8_t rank[ACCESS_CLASSES]; /* how strict a class is */
    LabelType types[LABEL_TYPES_MAX];
    LabelRule *rules;
    size_t rule_count;
    LabelSystem *systems; /* slots */
    size_t system_mask;
    LabelSlot *slots;
    size_t slot_mask;
    LabelRange *ranges; /* by system */
    size_t range_count;
    uint16_t system_ids;
    uint8_t has_ranges[LABEL_SYSTEMS_MAX];
    uint16_t patient, practitioner, group, person, related, role; /* type numbers */
};

/* Cheap, and good enough where every hit is compared. */
static inline uint32_t label_hash(Str s)
{
    uint64_t h = s.len * 0x9E3779B97F4A7C15u, word = 0;
    if (s.len >= 8) {
        uint64_t head;
        memcpy(&head, s.at, 8);
        memcpy(&word, s.at + s.len - 8, 8);
        h ^= head * 0xC2B2AE3D27D4EB4Fu;
    } else if (s.len) {
        memcpy(&word, s.at, s.len);
    }
    h = (h ^ word) * 0xD6E8FEB86659FD93u;
    return (uint32_t)(h >> 32 ^ h);
}

uint16_t label_system_find(const Labels *labels, Str name);

/* What is being made of the texts of rules. */
typedef struct {
    uint16_t system, rule;
    Str code;
} LabelCode;

typedef struct {
    Ctx *cx;
    Labels *labels;
    LabelSystem names[LABEL_SYSTEMS_MAX]; /* by URL */
    size_t name_count;
    LabelSystem words[LABEL_SYSTEMS_MAX]; /* by the word in the rules */
    size_t word_count;
    LabelCode *codes;
    size_t code_count, code_room;
    LabelRange *ranges;
    size_t range_count, range_room;
    size_t rule_room;
    Str text; /* "types.Observation": where a fault is */
} LabelMaker;

/* label_read.c: one text; `whole`: it must say everything. An issue says where a fault is. */
Status label_read(LabelMaker *m, Str text, bool whole) MUST_USE;
Status label_refuse(const LabelMaker *m, const char *what);

/* label_types.c: the rows of subjects.c. */
Status label_types_compile(Ctx *cx, Labels *labels) MUST_USE;

/* The bit of "HIV", "SEX", ...; 0 for any other word. The code that is written for a bit. */
uint16_t label_sensitivity_of(Str word);
Str label_sensitivity_word(uint16_t bit);
/* U L M N R V; -1 for any other word. */
int label_confidentiality_of(Str word);
Str label_confidentiality_word(uint8_t confidentiality);

#define LABEL_CONFIDENTIALITY "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
#define LABEL_ACT_CODE        "http://terminology.hl7.org/CodeSystem/v3-ActCode"

/* Whether a coding of meta.security was put there by this program. */
bool label_is_computed(const JsonValue *coding);

/* ---- one label on its way ------------------------------------------------------------------- */

typedef struct {
    const Labeller *labeller;
    const Labels *labels;
    const LabelSource *source;
    const JsonValue *root; /* whose contained resources "#x" names */
    bool foreign;          /* relative references are those of another server */
    bool unknown;          /* about somebody who cannot be named */
    bool about;            /* about somebody at all: codes count */
    bool taken;            /* the class is that of what it belongs to */
    struct Node *node;     /* whose parts are walked */
    uint8_t rank;          /* of the strictest class found so far; 0 = none */
    uint8_t rule_profession;
    Facts *facts;
} Label;

/* What a reference leads to: text is bare. */
typedef enum { REF_NONE, REF_HERE, REF_CONTAINED, REF_ELSEWHERE } RefKind;
typedef struct {
    RefKind kind;
    uint16_t type; /* 0 = not known */
    Str text, id;
} Ref;
typedef void (*EachRef)(Label *l, const LabelPath *path, const Ref *ref);

void label_raise_class(Label *l, uint8_t class);
void label_raise_level(Label *l, uint8_t confidentiality, uint16_t sensitivity);
/* label_people.c: calls `each` for all references at the path, from `step` on. */
void label_walk_path(Label *l, const LabelPath *path, size_t step, const JsonValue *json,
                     EachRef each);
void label_find_subjects(Label *l, const LabelSource *source);
void label_find_author(Label *l, const LabelSource *source);
/* When the rules have said what kind of note it is. */
void label_settle_profession(Label *l);

#endif

/* tools/gen_definitions.h - what the parts of the generator share.
 *
 * gen_definitions.c  reads HL7's files, collects types and elements, writes definitions.c
 * gen_codes.c        code systems and value sets
 * gen_bindings.c     value sets that a required binding names, enumerated
 * gen_search.c       search parameters and compartments */
#ifndef ACESO_GEN_DEFINITIONS_H
#define ACESO_GEN_DEFINITIONS_H

#include <stdio.h>
#include <stdlib.h>

#include "fhir/codes.h"
#include "fhir/tables.h"

enum {
    TYPES_MAX = 2048,
    ELEMENTS_MAX = 30000,
    TARGETS_MAX = 8192,
    BINDINGS_MAX = 512,
    CODES_MAX = 131072, /* of all bindings */
    ABSTRACT_MAX = 16,
    GROUPS_MAX = 64, /* bits of TypeRow.mandatory */
};

typedef struct {
    Str name; /* JSON name */
    Str base; /* without [x] */
    Str type; /* name of its type: "HumanName", "Patient.contact" */
    uint16_t binding, targets;
    uint8_t group, flags;
} Element;

typedef struct {
    Str name;
    Str parent; /* what it is derived from */
    TypeKind kind;
    Primitive primitive;
    Element *elements; /* room for ELEMENTS_OF_TYPE_MAX */
    size_t element_count;
    uint8_t group_count;
} Type;

typedef struct {
    Str code, display;
    uint16_t system, parent;
} GenConcept;

typedef struct {
    Str url, version;
    uint16_t parts, part_count;
} GenSet;

typedef struct GenCodes GenCodes;

typedef struct {
    Arena *arena;
    Ctx cx;
    const char *folder;
    FILE *out;
    JsonValue *resources, *types, *values, *v3, *v2, *params, *data_elements;
    Type *type_list; /* from 1; resources first, sorted by name */
    uint16_t type_count, resource_count;
    Type abstract[ABSTRACT_MAX];
    uint16_t abstract_count;
    uint16_t *target_list;
    size_t target_count;
    Str *binding_urls; /* from 1 */
    BindingRow *bindings;
    uint16_t binding_count;
    uint16_t *codes; /* of the bindings: concept numbers */
    size_t code_count;
    GenCodes *terms;
    char *pool;
    size_t pool_len;
    uint32_t *pool_slots;
} Gen;

_Noreturn void gen_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

uint32_t gen_pool(Gen *gen, Str s);
Str gen_pool_str(const Gen *gen, uint32_t at);
/* A type of any kind by name; 0 when there is none. */
uint16_t gen_type(const Gen *gen, Str name);
/* The resource inside each entry of a Bundle that is of this type. */
bool gen_next_resource(JsonIter *it, Str type, JsonValue **ret_resource);
void gen_write_c_string(Gen *gen, Str s);
/* A hash table of n names (by fhir_hash) as numbers from 1, with at least `room` places (a power
 * of two, more than n); returns its mask. */
uint16_t gen_slots(const Str *names, size_t n, size_t room, uint16_t *slots);
void gen_write_u16s(Gen *gen, const char *name, const uint16_t *values, size_t n);

void gen_collect_codes(Gen *gen);
void gen_write_codes(Gen *gen);
const GenConcept *gen_concept(const Gen *gen, uint16_t number);
const GenSet *gen_set(const Gen *gen, Str url); /* NULL when there is none */
const PartRow *gen_part(const Gen *gen, size_t at);
Str gen_import(const Gen *gen, size_t at);
/* The codes of a part without filters; none when its system is not complete. */
uint16_t gen_part_codes(const Gen *gen, const PartRow *part, uint16_t *ret_concepts);

/* The row of an enumerable value set, 0 when it cannot be enumerated. */
uint16_t gen_binding(Gen *gen, Str url);
void gen_write_bindings(Gen *gen);
void gen_write_search(Gen *gen);
void gen_write_compartments(Gen *gen);

#endif

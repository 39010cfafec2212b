/* tools/gen_definitions.h - what the parts of the generator share.
 *
 * gen_definitions.c  reads HL7's files, collects types and elements, writes definitions.c
 * gen_codes.c        value sets that a required binding names, enumerated
 * gen_search.c       search parameters and compartments */
#ifndef ACESO_GEN_DEFINITIONS_H
#define ACESO_GEN_DEFINITIONS_H

#include <stdio.h>
#include <stdlib.h>

#include "fhir/tables.h"

enum {
    TYPES_MAX = 2048,
    ELEMENTS_MAX = 30000,
    TARGETS_MAX = 8192,
    BINDINGS_MAX = 512,
    CODES_MAX = 32768,
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
    Arena *arena;
    Ctx cx;
    const char *folder;
    FILE *out;
    JsonValue *resources, *types, *values, *v3, *params, *data_elements;
    Type *type_list; /* from 1; resources first, sorted by name */
    uint16_t type_count, resource_count;
    Type abstract[ABSTRACT_MAX];
    uint16_t abstract_count;
    uint16_t *target_list;
    size_t target_count;
    Str *binding_urls; /* from 1 */
    BindingRow *bindings;
    uint16_t binding_count;
    Str *codes, *systems; /* parallel */
    size_t code_count;
    char *pool;
    size_t pool_len;
    uint32_t *pool_slots;
} Gen;

_Noreturn void gen_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

uint32_t gen_pool(Gen *gen, Str s);
/* A type of any kind by name; 0 when there is none. */
uint16_t gen_type(const Gen *gen, Str name);
/* The resource inside each entry of a Bundle that is of this type. */
bool gen_next_resource(JsonIter *it, Str type, JsonValue **ret_resource);
void gen_write_c_string(Gen *gen, Str s);
/* A hash table of n names (by fhir_hash) as numbers from 1; returns its mask. */
uint16_t gen_slots(const Gen *gen, const Str *names, size_t n, uint16_t *slots);
void gen_write_u16s(Gen *gen, const char *name, const uint16_t *values, size_t n);

/* The row of an enumerable value set, 0 when it cannot be enumerated. */
uint16_t gen_binding(Gen *gen, Str url);
void gen_write_bindings(Gen *gen);
void gen_write_search(Gen *gen);
void gen_write_compartments(Gen *gen);

#endif

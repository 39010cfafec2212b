/* oracle/data.h - small random resources of every awkward shape that search knows.
 *
 * All are valid R4. Together they have every kind of parameter: arrays, choice types, values that
 * are missing or only extended, equal dates of different precision, open periods, several
 * identifiers and systems, accents, references by id, by absolute URL, foreign, contained and
 * by identifier, quantities in comparable units and with comparators, hierarchies. */
#ifndef ACESO_TESTS_ORACLE_DATA_H
#define ACESO_TESTS_ORACLE_DATA_H

#include "dice.h"

/* The server's own address in absolute references. */
#define DATA_BASE "http://test/fhir"

typedef struct {
    const char *type;
    char letter;    /* ids are "p0", "p1", ... */
    unsigned count; /* of them */
} DataType;
extern const DataType data_types[];
extern const size_t data_type_count;

/* The text of resource `number` of a type; every throw of the dice gives another. */
Str data_resource(OracleDice *d, Arena *arena, const DataType *type, unsigned number);
Str data_id(Arena *arena, const DataType *type, unsigned number);

#endif

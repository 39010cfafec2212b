/* leaks/maker.h - a valid resource of any type, at random, from the tables of the definitions.
 *
 * Nothing here knows what a type is for: mandatory elements are there, others often, references go
 * to what the pool has. What decides who may see it is given. */
#ifndef ACESO_TESTS_LEAKS_MAKER_H
#define ACESO_TESTS_LEAKS_MAKER_H

#include "base/base.h"
#include "oracle/dice.h"

/* Of a type there are resources "a0" .. up to count: where references may go. */
typedef struct {
    const char *type;
    const char *letter;
    unsigned count;
} Pool;
extern const Pool *pools;
extern size_t pool_count;
/* "Practitioner/r3", one of the pool; empty when the pool has none of the type. */
Str pool_reference(OracleDice *dice, Arena *arena, Str type);

typedef struct {
    Str type, id;
    Str patient; /* "Patient/p1": where an element may refer to a patient, it is this one */
    Str meta;    /* inside of meta: "\"security\":[...]"; or empty */
    Str beside;  /* further members: ",\"category\":[...]"; the elements that it has are not made */
    Str without; /* elements that are not made, each between blanks: " author subject " */
    bool contain; /* with a contained resource, when something can refer to it */
} MakerTask;

Str maker_resource(OracleDice *dice, Arena *arena, const MakerTask *task);

/* A word of few: what full text finds. */
const char *maker_word(OracleDice *dice);

#endif

/* load/harvest.h - what can be asked of a server: values that its own resources hold.
 *
 * A search for a value that is nowhere is quick and says nothing. So the patients are listed,
 * and the results and illnesses of some of them, chosen at random; each of the lists below
 * holds what was found, and a query made from one row of it has at least that row's resource
 * for an answer. */
#ifndef LOAD_HARVEST_H
#define LOAD_HARVEST_H

#include "load/bench.h"

typedef enum {
    FACT_ID,
    FACT_PATIENT, /* of the subject: "Patient/1" */
    FACT_FAMILY,
    FACT_IDENTIFIER, /* "system|value" */
    FACT_BIRTHDATE,
    FACT_GENDER,
    FACT_PHONE,
    FACT_CODE, /* "system|code" */
    FACT_TEXT, /* of the code */
    FACT_DATE,
    FACT_VALUE,
    FACT_COUNT
} Fact;

/* The first of each that a resource holds; empty where it holds none. */
typedef struct {
    Str at[FACT_COUNT];
} Facts;

typedef struct {
    Facts *at;
    size_t count, room;
} Pool;

typedef enum {
    POOL_PATIENTS,
    POOL_RESULTS,      /* Observations: each patient and code once */
    POOL_VALUES,       /* Observations that have a quantity */
    POOL_RESULT_CODES, /* Observations: each code once */
    POOL_ILLNESSES,    /* Conditions: each code once */
    POOL_COUNT
} PoolKind;

typedef struct {
    Pool pools[POOL_COUNT];
} Harvest;

/* Ends the program when the server holds no patients. */
void harvest_take(Harvest *harvest, Bench *bench);

/* Reads one resource; what the facts point at lies in the arena. */
void harvest_read(Facts *facts, Arena *arena, Str resource);

#endif

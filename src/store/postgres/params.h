/* store/postgres/params.h - what a statement is given, and what it answers, in PostgreSQL's
 * binary form: numbers big-endian, an array as
 *
 *     dimensions i32 | has NULLs i32 | element type i32 | count i32 | first index i32 |
 *     (bytes i32 | element) ... */
#ifndef ACESO_STORE_POSTGRES_PARAMS_H
#define ACESO_STORE_POSTGRES_PARAMS_H

#include <libpq-fe.h>

#include "base/base.h"

enum { PARAMS_MAX = 24, ARRAY_BYTES_MAX = 1 << 30 };

/* Element types of arrays: pg_type.dat. */
typedef enum {
    TYPE_BYTEA = 17,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_TEXT = 25
} ArrayType; /* pg_type.dat */

typedef struct {
    Arena *arena;
    int count;
    bool full; /* something found no memory */
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX];
} Params;

static inline Params params_in(Arena *arena)
{
    return (Params){.arena = arena};
}

void params_int(Params *params, unsigned bytes, int64_t value);
static inline void params_int8(Params *params, int64_t value)
{
    params_int(params, 8, value);
}
/* The bytes must live until the statement was sent. */
void params_bytes(Params *params, Str bytes);

typedef struct {
    Buf buf;
    uint32_t count;
} Array;

void array_init(Array *array, Arena *arena, ArrayType type, size_t room);
void array_int(Array *array, unsigned bytes, int64_t value);
void array_bytes(Array *array, Str bytes);
void params_array(Params *params, Array *array);

/* ---- answers --------------------------------------------------------------------------- */

int64_t answer_int(const PGresult *result, int row, int column); /* of 2, 4 or 8 bytes */
static inline Str answer_bytes(const PGresult *result, int row, int column)
{
    return str_n(PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
}

#endif

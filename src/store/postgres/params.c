/* store/postgres/params.c - writes and reads PostgreSQL's binary form. */
#include "store/postgres/params.h"

#include "store/bytes.h"

enum { ARRAY_HEAD_BYTES = 20, DIMENSIONS_AT = 0, TYPE_AT = 8, COUNT_AT = 12, FIRST_AT = 16 };

static void add(Params *params, const char *value, int len)
{
    assert(params->count < PARAMS_MAX);
    params->full |= !value;
    params->values[params->count] = value;
    params->lengths[params->count++] = len;
}

void params_int(Params *params, unsigned bytes, int64_t value)
{
    char *at = arena_alloc_raw(params->arena, 8);
    if (at)
        put_uint(at, bytes, (uint64_t)value);
    add(params, at, (int)bytes);
}

void params_bytes(Params *params, Str bytes)
{
    assert(bytes.len <= INT32_MAX);
    add(params, bytes.at && bytes.len ? bytes.at : "", (int)bytes.len);
}

void array_init(Array *array, Arena *arena, ArrayType type, size_t room)
{
    static const char zeros[ARRAY_HEAD_BYTES];
    array->count = 0;
    buf_init(&array->buf, arena, ARRAY_HEAD_BYTES + room, ARRAY_BYTES_MAX);
    buf_add(&array->buf, zeros, sizeof(zeros));
    if (!array->buf.full)
        put_uint(array->buf.at + TYPE_AT, 4, type);
}

void array_int(Array *array, unsigned bytes, int64_t value)
{
    char element[12];
    put_uint(element, 4, bytes);
    put_uint(element + 4, bytes, (uint64_t)value);
    buf_add(&array->buf, element, 4 + bytes);
    array->count++;
}

void array_bytes(Array *array, Str bytes)
{
    char len[4];
    put_uint(len, 4, bytes.len);
    buf_add(&array->buf, len, sizeof(len));
    buf_add(&array->buf, bytes.at, bytes.len);
    array->count++;
}

void params_array(Params *params, Array *array)
{
    Buf *buf = &array->buf;
    if (buf->full) {
        add(params, NULL, 0);
        return;
    }
    put_uint(buf->at + DIMENSIONS_AT, 4, array->count > 0);
    put_uint(buf->at + COUNT_AT, 4, array->count);
    put_uint(buf->at + FIRST_AT, 4, 1);
    add(params, buf->at, array->count ? (int)buf->len : COUNT_AT); /* an empty one ends there */
}

int64_t answer_int(const PGresult *result, int row, int column)
{
    size_t bytes = (size_t)PQgetlength(result, row, column);
    uint64_t value = get_uint(PQgetvalue(result, row, column), bytes);
    return bytes == 2 ? (int16_t)value : bytes == 4 ? (int32_t)value : (int64_t)value;
}

/* base/buf.c - growing byte strings. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/base.h"

void buf_init(Buf *buf, Arena *arena, size_t room, size_t max)
{
    *buf = (Buf){.arena = arena, .max = max};
    if (room)
        (void)buf_reserve(buf, room);
}

char *buf_reserve(Buf *buf, size_t bytes)
{
    if (bytes <= buf->room - buf->len)
        return buf->at + buf->len;
    if (buf->full || bytes > buf->max - buf->len) {
        buf->full = true;
        return NULL;
    }
    size_t room = buf->room * 2;
    if (room < buf->len + bytes)
        room = buf->len + bytes;
    if (room < 256)
        room = 256;
    if (room > buf->max)
        room = buf->max;
    char *at = arena_realloc(buf->arena, buf->at, buf->room, room);
    if (!at) {
        buf->full = true;
        return NULL;
    }
    buf->at = at;
    buf->room = room;
    return buf->at + buf->len;
}

void buf_add(Buf *buf, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    char *to = buf_reserve(buf, len);
    if (!to)
        return;
    memcpy(to, bytes, len);
    buf->len += len;
}

void buf_add_u64(Buf *buf, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_add(buf, digits + at, sizeof(digits) - at);
}

void buf_format(Buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);
    if (!buf_reserve(buf, (size_t)len + 1))
        return;
    va_start(args, format);
    vsnprintf(buf->at + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

void buf_trim(Buf *buf)
{
    if (!buf->at)
        return;
    buf->at = arena_realloc(buf->arena, buf->at, buf->room, buf->len);
    buf->room = buf->len;
}

Status buf_done(const Buf *buf)
{
    return buf->full ? STATUS_MEMORY : STATUS_OK;
}

/* base/buf.h - a growing byte string in an arena, with a maximum given at birth.
 *
 * Writing past the maximum (or the arena's limit) sets `full` and drops the bytes; the
 * caller asks once, at the end: buf_done(). */
#ifndef ACESO_BUF_H
#define ACESO_BUF_H

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

typedef struct {
    Arena *arena;
    char *at;
    size_t len;
    size_t room;
    size_t max;
    bool full;
} Buf;

/* An empty Buf that grows up to `max` bytes; `room` bytes are reserved at once. */
void buf_init(Buf *buf, Arena *arena, size_t room, size_t max);

/* Makes room for `bytes` more and returns where they go, or NULL when full. The caller
 * writes them and adds to len. For inner loops. */
char *buf_reserve(Buf *buf, size_t bytes);

void buf_add(Buf *buf, const void *bytes, size_t len);
void buf_format(Buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_add_u64(Buf *buf, uint64_t value); /* decimal */

/* Gives back what was reserved and not used, when nothing was allocated since. */
void buf_trim(Buf *buf);

static inline void buf_add_str(Buf *buf, Str s)
{
    buf_add(buf, s.at, s.len);
}

static inline void buf_add_char(Buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

#define buf_add_lit(buf, literal) buf_add((buf), "" literal, sizeof(literal) - 1)

static inline Str buf_str(const Buf *buf)
{
    return (Str){buf->at ? buf->at : "", buf->len};
}

/* STATUS_MEMORY when anything was dropped. */
Status buf_done(const Buf *buf) MUST_USE;

#endif

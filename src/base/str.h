/* base/str.h - counted, borrowed strings.
 *
 * A Str points into memory that somebody else owns (an arena, a request, a literal)
 * and is passed by value. It is not NUL-terminated; C strings appear only at the edge
 * of a library. */
#ifndef ACESO_STR_H
#define ACESO_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const char *at;
    size_t len;
} Str;

/* A literal: STR("Patient"); sizeof keeps NULs out of the count. */
#define STR(literal) ((Str){"" literal, sizeof(literal) - 1})
/* The same as an initialiser, for static tables: static const Str x = STR_INIT("x"); */
#define STR_INIT(literal)                                                                          \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }
#define STR_EMPTY ((Str){"", 0})
/* For printf: printf(STR_FMT, STR_ARG(s)) */
#define STR_FMT    "%.*s"
#define STR_ARG(s) (int)(s).len, (s).at

static inline Str str_of(const char *c_string)
{
    return (Str){c_string, c_string ? strlen(c_string) : 0};
}

static inline Str str_n(const char *at, size_t len)
{
    return (Str){at, len};
}

static inline bool str_eq(Str a, Str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool str_has_prefix(Str s, Str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.at, prefix.at, prefix.len) == 0);
}

static inline bool str_has_suffix(Str s, Str suffix)
{
    return s.len >= suffix.len && memcmp(s.at + s.len - suffix.len, suffix.at, suffix.len) == 0;
}

/* The rest of s from byte `from`; empty past the end. */
static inline Str str_from(Str s, size_t from)
{
    return from >= s.len ? STR_EMPTY : (Str){s.at + from, s.len - from};
}

/* At most the first `len` bytes of s. */
static inline Str str_head(Str s, size_t len)
{
    return (Str){s.at, s.len < len ? s.len : len};
}

/* memcmp order, shorter first on a tie: <0, 0, >0. */
int str_cmp(Str a, Str b);

/* ASCII letters alike; nothing else is folded. */
bool str_eq_nocase(Str a, Str b);

/* Offset of the first byte `c`, or SIZE_MAX. */
size_t str_index(Str s, char c);

/* Cuts s at the first `separator`: returns what stands before it and leaves the rest in
 * *s, without the separator. Without one, returns all and leaves *s empty with at = NULL. */
Str str_cut(Str *s, char separator);

/* 1 to `max` letters of ASCII, digits, "-", "." and "_". */
bool str_is_name(Str s, size_t max);

/* Spaces, tabs, CR and LF taken from both ends. */
Str str_trim(Str s);

/* Whole of s as decimal digits, no sign, no blank; false on anything else or overflow. */
bool str_to_u64(Str s, uint64_t *ret_value);

/* Well-formed UTF-8 as RFC 3629 has it: no surrogates, no overlong forms. */
bool str_is_utf8(Str s);

#endif

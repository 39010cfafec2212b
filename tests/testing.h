/* tests/testing.h - the one door to cmocka, and the table-of-cases style of our tests.
 *
 *   static const struct { const char *why; ... } cases[] = {...};
 *   FOR_CASES(cases, c) { CASE(c->why); ... assert_...; }
 *
 * A failing assertion inside prints the `why` of its case first. */
#ifndef ACESO_TESTING_H
#define ACESO_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/base.h"

#define FOR_CASES(cases, c)                                                                        \
    for (__typeof__(&(cases)[0]) c = (cases); c < (cases) + COUNT_OF(cases); c++)

/* Names the case for the failure message that may follow. */
#define CASE(why) (testing_case = (why))
static const char *testing_case __attribute__((unused));

/* cmocka says why on standard error; tests/run takes it from standard output for its summary. */
#undef fail_msg
#define fail_msg(...)                                                                              \
    do {                                                                                           \
        print_message("# failed: ");                                                               \
        print_message(__VA_ARGS__);                                                                \
        print_message("\n");                                                                       \
        fail();                                                                                    \
    } while (0)

#define check(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("%s: %s", testing_case ? testing_case : "-", #condition);                     \
    } while (0)
#define check_int(actual, expected)                                                                \
    do {                                                                                           \
        long long a_ = (long long)(actual), e_ = (long long)(expected);                            \
        if (a_ != e_)                                                                              \
            fail_msg("%s: %s is %lld, expected %lld", testing_case ? testing_case : "-", #actual,  \
                     a_, e_);                                                                      \
    } while (0)
#define check_str(actual, expected)                                                                \
    do {                                                                                           \
        Str a_ = (actual), e_ = (expected);                                                        \
        if (!str_eq(a_, e_))                                                                       \
            fail_msg("%s: %s is \"" STR_FMT "\", expected \"" STR_FMT "\"",                        \
                     testing_case ? testing_case : "-", #actual, STR_ARG(a_), STR_ARG(e_));        \
    } while (0)

/* A Ctx on a fresh arena of 64 MB; arena_free(cx.arena) ends it. */
static inline Ctx testing_ctx(void)
{
    return (Ctx){.arena = arena_new((size_t)64 << 20, false)};
}

/* JSON is easier to read in C with ' in place of ". */
static inline Str testing_quoted(Arena *arena, const char *text)
{
    Str copy = arena_str(arena, str_of(text));
    for (size_t i = 0; i < copy.len; i++) {
        if (copy.at[i] == '\'')
            ((char *)(uintptr_t)copy.at)[i] = '"';
    }
    return copy;
}

/* The folder of official suites and data: $ACESO_SHARED, else ../shared beside the
 * repository (tests run in its root); NULL when it is not there. */
static inline const char *testing_shared(void)
{
    const char *dir = getenv("ACESO_SHARED");
    struct stat st;
    if (!dir || !*dir)
        dir = "../shared";
    return stat(dir, &st) == 0 ? dir : NULL;
}

/* In a test that needs a file of that folder: says what could not be asked and ends the test.
 * tests/run counts it as skipped, by name. (cmocka's own skip() is a failure in TAP.) */
#define SKIP_WITHOUT_SHARED(what)                                                                  \
    do {                                                                                           \
        if (!testing_shared()) {                                                                   \
            print_message("# skipped: %s (the folder ../shared is not there)\n", what);            \
            return;                                                                                \
        }                                                                                          \
    } while (0)

#endif

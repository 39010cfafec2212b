/* tests/served_suite.h - the frame of a program that asks one real server many things:
 * `served`, started with `served_settings` before the first test, stopped after the last. */
#ifndef ACESO_SERVED_SUITE_H
#define ACESO_SERVED_SUITE_H

#include "support/http_client.h"
#include "support/served.h"
#include "testing.h"

static Served served;
static const char *program;
static Arena *forever;
static const char *const *served_settings; /* NULL: none */

static inline int served_begin(void **state)
{
    UNUSED(state);
    forever = arena_new((size_t)1 << 30, false);
    return served_start(&served, forever, program, served_settings) ? 0 : 1;
}

static inline int served_finish(void **state)
{
    UNUSED(state);
    int code = served_stop(&served);
    arena_free(forever);
    return code;
}

/* The whole of main: tests is an array. */
#define SERVED_MAIN(argc, argv, tests)                                                             \
    ((argc) == 2                                                                                   \
         ? (program = (argv)[1], cmocka_run_group_tests(tests, served_begin, served_finish))       \
         : (fprintf(stderr, "usage: %s ACESO\n", (argv)[0]), 2))

#endif

/* tests/postgres.h - a PostgreSQL of the tests' own: Debian's programs, a folder of its own, a
 * unix socket and nothing else; with the roles aceso_owner, aceso_app and aceso_reader and the
 * database aceso, which aceso_owner owns.
 *
 * It is started at the first call and ends with the process that started it, also when that is
 * killed: a watcher beside it sees the end of a pipe. PostgreSQL refuses to run as root, so as
 * root it runs as postgres or nobody. The database that a Debian package may have made is never
 * touched.
 *
 * ACESO_TEST_POSTGRES in the environment (tests/support/with_postgres.c sets it) names the folder
 * of one that runs already; ACESO_TEST_POSTGRES_DATA the data of an empty one, which are copied:
 * that is quicker than to make them. */
#ifndef ACESO_TESTS_POSTGRES_H
#define ACESO_TESTS_POSTGRES_H

#include <stdbool.h>

typedef struct {
    const char *folder; /* of its socket and its data */
    const char *owner;  /* conninfo of who makes the tables */
    const char *app;    /* conninfo of who works with them */
    const char *app_role;
    const char *reader_role; /* that app may become, and owner */
} TestPostgres;

/* NULL: there are no programs, or it did not start; *ret_why says which. `durable`: with fsync. */
const TestPostgres *test_postgres(bool durable, const char **ret_why);

/* Makes the data of an empty one, FOLDER/data; false: no programs, or it could not. */
bool test_postgres_make(const char *folder);

/* Forgets all tables of Aceso in the database. */
bool test_postgres_clean(const TestPostgres *postgres);

/* Runs one statement as superuser: false when it failed, said on standard error. */
bool test_postgres_sql(const TestPostgres *postgres, const char *sql);

/* Stops it at once, as a crash would, and starts it again; or leaves it down, or brings it up. */
typedef enum {
    TEST_POSTGRES_RESTART = 'r',
    TEST_POSTGRES_DOWN = 'd',
    TEST_POSTGRES_UP = 'u'
} TestPostgresOrder;
bool test_postgres_order(TestPostgresOrder order);

/* In a test that needs it: ends the test as skipped, by name. */
#define SKIP_WITHOUT_POSTGRES(postgres, what)                                                      \
    do {                                                                                           \
        const char *why_;                                                                          \
        if (!((postgres) = test_postgres(false, &why_))) {                                         \
            print_message("# skipped: %s (%s)\n", what, why_);                                     \
            return;                                                                                \
        }                                                                                          \
    } while (0)

#endif

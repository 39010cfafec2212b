/* tests/support/with_postgres.c - with_postgres [--durable] PROGRAM ARGUMENTS...
 *                                 with_postgres --make FOLDER
 *
 * Runs a program beside a PostgreSQL of its own (postgres.h), whose folder it finds in
 * ACESO_TEST_POSTGRES. Without PostgreSQL it says what it skips, as tests/run reads it. Or makes
 * what all of them begin with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postgres.h"

int main(int count, char **args)
{
    const char *why = "";
    bool durable = count > 1 && strcmp(args[1], "--durable") == 0;
    char **command = args + 1 + durable;
    int status = 0;
    if (command >= args + count || (strcmp(args[1], "--make") == 0 && count != 3)) {
        fprintf(stderr, "usage: with_postgres [--durable] PROGRAM ARGUMENTS... | --make FOLDER\n");
        return 2;
    }
    if (strcmp(args[1], "--make") == 0)
        return test_postgres_make(args[2]) ? 0 : 1;
    const TestPostgres *postgres = test_postgres(durable, &why);
    if (!postgres) {
        printf("1..1\n# skipped: all of %s (%s)\nok 1 - %s\n", command[0], why, command[0]);
        return 0;
    }
    setenv("ACESO_TEST_POSTGRES", postgres->folder, 1);
    setenv("ACESO_TEST_POSTGRES_OWNER", postgres->owner, 1);
    setenv("ACESO_TEST_POSTGRES_APP", postgres->app, 1);
    pid_t pid = fork();
    if (pid == 0) {
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    if (waitpid(pid, &status, 0) != pid)
        return 126;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

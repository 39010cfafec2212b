/* tests/support/redis.h - a Redis of the test's own: a unix socket in a folder of its own, which
 * ends with the test however that ends.
 *
 * The program is redis-server or valkey-server, or redis-check-rdb of the package redis-tools,
 * which is the same program under another name; that package starts no service. */
#ifndef ACESO_TESTS_REDIS_H
#define ACESO_TESTS_REDIS_H

#include <sys/types.h>

#include "base/base.h"

typedef struct {
    char folder[64], socket[80], url[96];
    const char *password; /* asked for, or NULL */
    pid_t process;        /* 0: does not run */
} Redis;

/* The program that is there, or NULL. */
const char *redis_program(void);

/* In a test that needs one: says what could not be asked and ends the test. */
#define SKIP_WITHOUT_REDIS(what)                                                                   \
    do {                                                                                           \
        if (!redis_program()) {                                                                    \
            print_message("# skipped: %s (neither Redis nor Valkey is installed)\n", what);        \
            return;                                                                                \
        }                                                                                          \
    } while (0)

void redis_place(Redis *redis); /* makes the folder; nothing runs */
bool redis_start(Redis *redis); /* returns when it answers */
void redis_kill(Redis *redis);  /* SIGKILL: all that it knew is gone */
void redis_stall(Redis *redis); /* takes connections and bytes, and answers nothing */
void redis_go_on(Redis *redis);
void redis_remove(Redis *redis);

/* What redis-cli would: one command without quotes, the raw reply up to `room` bytes. */
Str redis_say(const Redis *redis, const char *command, char *to, size_t room);

#endif

/* harden/memory.c - core dumps, traces, and what a successor knows of us. */
#include "harden/inner.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static const char marker[] = "ACESO_HARDENED";

const char *hardened_word(Hardened what)
{
    static const char *const words[] = {[HARDENED] = "on",
                                        [HARDENED_BEFORE] = "kept",
                                        [HARDEN_PARTLY] = "partly",
                                        [HARDEN_ABSENT] = "absent",
                                        [HARDEN_FAILED] = "failed"};
    return words[what];
}

/* The kernel's answer counts; the marker alone, which anybody can set, does not. */
bool hardened_before(void)
{
    return getenv(marker) && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
           prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2;
}

void harden_hand_over(void)
{
    setenv(marker, "1", 1);
}

Hardened harden_memory(void)
{
    const struct rlimit none = {0, 0};
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0
               ? HARDENED
               : HARDEN_FAILED;
}

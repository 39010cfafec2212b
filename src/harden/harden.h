/* harden/harden.h - what a process gives up before it serves strangers.
 *
 *   harden_memory    first of all; secrets are read after it
 *   harden_files     while there is one thread: Landlock binds a thread and those it makes
 *   ...              stores are opened, threads begin
 *   harden_calls     last, of all threads at once
 *
 * All three last for the life of the process and of what it becomes by exec: a server that becomes
 * its successor (docs/adr/0082) keeps them, and does not put another layer on top. docs/adr/0126 */
#ifndef ACESO_HARDEN_H
#define ACESO_HARDEN_H

#include "base/base.h"

typedef enum {
    HARDEN_OFF,
    HARDEN_LOG, /* what would be refused is in the kernel's log, and done; files are not limited */
    HARDEN_ON,
} HardenMode;

/* What came of it, for the log. */
typedef enum {
    HARDENED,
    HARDENED_BEFORE, /* by the program that this one follows */
    HARDEN_PARTLY,   /* the kernel is too old for a part: ports */
    HARDEN_ABSENT,   /* the kernel has it not, or it is not offered in this build (sanitizers) */
    HARDEN_FAILED,
} Hardened;
const char *hardened_word(Hardened what);

enum { HARDEN_PATHS_MAX = 64, HARDEN_PORTS_MAX = 64 };

typedef struct {
    const char *write[HARDEN_PATHS_MAX]; /* folders and files, with all below; what is not there */
    size_t write_count;                  /* is left out */
    const char *read[HARDEN_PATHS_MAX];
    size_t read_count;
    uint16_t ports[HARDEN_PORTS_MAX]; /* TCP, wherever */
    size_t port_count;
} HardenPlaces;

/* No core dumps; other programs of the same user may not look inside. */
Hardened harden_memory(void);
Hardened harden_files(const HardenPlaces *places);
/* `program` may be started, and nothing else; its path is kept. */
Hardened harden_calls(HardenMode mode, const char *program);

/* The path to give to execve() and posix_spawn(), where harden_calls has put it; else `program`. */
const char *harden_program(const char *program);
/* For what is started next: it is hardened already. Behind this, exec. */
void harden_hand_over(void);

#endif

/* tests/fault/fault_vfs.h - a disk that fails: a layer over SQLite's own VFS.
 *
 * It knows of each file what has reached the platter and what only the cache: a write goes to
 * the real file at once, and to the "platter" (in memory) when it is synced, or by chance.
 * fault_capture() is a power loss: it takes the platter, and of every sector that was written
 * and not synced either the old or the new content, by lot. So writes are lost, come out of
 * order, and are torn inside a page; 512 bytes are the unit, as SQLite assumes
 * (SQLITE_IOCAP_POWERSAFE_OVERWRITE).
 *
 * It can also run out of space, fail the n-th call, and fail to sync. */
#ifndef ACESO_FAULT_VFS_H
#define ACESO_FAULT_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAULT_VFS "fault"

/* Registers the VFS. Once per process. */
void fault_register(void);

/* Forgets all files: the next store begins with a new platter. Nothing may be open. */
void fault_reset(uint64_t seed);

/* A file was given another name, durably, by other means than SQLite's. */
void fault_renamed(const char *from, const char *to);

/* Writes and syncs since fault_reset. */
uint64_t fault_operations(void);

/* Called inside every write and sync, before it happens; for captures at random points. */
extern void (*fault_observer)(uint64_t operation);

/* What is left of every file after a power loss now; into `folder`, under the files' names. */
void fault_capture(const char *folder);

/* Files may grow by so many bytes in all; -1 = no limit. */
void fault_set_space(int64_t bytes);
/* The n-th write from now fails with an I/O error, and only that; 0 = none. */
void fault_set_failing_write(uint64_t n);
/* The n-th sync from now fails, and all after it; 0 = none. */
void fault_set_failing_sync(uint64_t n);

#endif

/* store/sqlite/file.h - whole files: read, written new, copied, durably. */
#ifndef ACESO_STORE_SQLITE_FILE_H
#define ACESO_STORE_SQLITE_FILE_H

#include "base/base.h"

/* The whole of a small file; STATUS_NOT_FOUND without an issue when it is not there. */
Status file_read(Ctx *cx, Str path, size_t bytes_max, Str *ret_bytes) MUST_USE;
/* Writes a new file, mode 0600, synced, and its folder too; STATUS_CONFLICT when there. */
Status file_write_new(Ctx *cx, Str path, Str bytes) MUST_USE;
/* Copies a file to a new one, synced; STATUS_CONFLICT when it is there. */
Status file_copy_new(Ctx *cx, Str from, Str to) MUST_USE;
/* Gives a synced file its final name, durably. */
Status file_rename(Ctx *cx, Str from, Str to) MUST_USE;
bool file_exists(Ctx *cx, Str path);
void file_remove(Ctx *cx, Str path);
/* "." when the path names none. */
Str file_folder(Str path);
/* Makes the name of a file durable. */
Status file_sync_folder(Ctx *cx, Str path) MUST_USE;

#endif

/* cli/files.h - whole files in and out, for commands. */
#ifndef ACESO_CLI_FILES_H
#define ACESO_CLI_FILES_H

#include "base/base.h"

/* The content with a NUL and JSON_PADDING bytes behind it (not counted). The issue names the
 * file. */
Status cli_file_read(Ctx *cx, Str path, size_t bytes_max, Str *ret_bytes) MUST_USE;
/* A new file, only for its owner when secret; STATUS_CONFLICT when it is there. Synced. */
Status cli_file_write(Ctx *cx, Str path, Str bytes, bool secret) MUST_USE;
bool cli_file_exists(Str path);
/* The folder of a path: "." when it has none. */
Str cli_file_folder(Str path);
/* The path from the root on; it need not exist. */
Status cli_path_absolute(Ctx *cx, Str path, Str *ret_path) MUST_USE;
/* mkdir -p, for the owner alone. */
Status cli_folder_make(Ctx *cx, Str path) MUST_USE;

/* Regular files below a file or folder whose names end in one of the suffixes, sorted. */
typedef struct {
    Str *at;
    size_t count;
} FileList;
Status cli_file_list(Ctx *cx, Str path, FileList *list) MUST_USE;

#endif

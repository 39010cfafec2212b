/* cli/export.c - aceso export: every current resource, one NDJSON file per type.
 *
 * The folder then holds charts in clear: the command says so. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>

#include "audit/audit.h"
#include "base/base64.h"
#include "cli/files.h"
#include "fhir/fhir.h"
#include "record/content.h"

enum { TYPES_MAX = 512, ROWS_PER_ARENA = 500, PIECE_ARENA_BYTES = 2 << 20 };

typedef struct {
    Cli *cli;
    Str folder;
    FILE *files[TYPES_MAX];
    uint64_t written;
    Progress progress;
} Export;

/* Nothing leaves before its audit entry is durable. */
static Status note_export(Export *export, const Access *self)
{
    Ctx *cx = &export->cli->cx;
    Str packed;
    TRY(audit_pack(cx,
                   &(AuditEntry){.account = access_account(self),
                                 .role = access_role(self),
                                 .interaction = STR("export"),
                                 .address = STR("local")},
                   &packed));
    StoreCommit commit = {.audits = &packed, .audit_count = 1};
    return store_commit(export->cli->store, cx, self, &commit);
}

static Status open_type(Export *export, uint16_t type)
{
    Ctx *cx = &export->cli->cx;
    Str path = arena_format(cx->arena, STR_FMT "/" STR_FMT ".ndjson", STR_ARG(export->folder),
                            STR_ARG(fhir_type_name(type)));
    if (!path.at)
        return STATUS_MEMORY;
    export->files[type] = fopen(path.at, "wxe");
    if (!export->files[type])
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "%s: %s.", path.at, strerror(errno));
    return STATUS_OK;
}

static bool put(FILE *file, Str text)
{
    return fwrite(text.at, 1, text.len, file) == text.len;
}

/* A document whose bytes stand beside its row: it leaves with them in it, a piece at a time. */
static Status put_content(Export *export, const Access *self, FILE *file, Str head,
                          const RecordContent *content)
{
    Ctx cx = {.arena = arena_new(PIECE_ARENA_BYTES, true)};
    Status status = cx.arena ? STATUS_OK : STATUS_MEMORY;
    bool good = put(file, head) && put(file, STR(",\"data\":\""));
    for (uint64_t i = 0; i < content_pieces(content) && good && status == STATUS_OK; i++) {
        Str bytes;
        Buf text;
        arena_clear(cx.arena);
        status = content_read(export->cli->store, &cx, self, content, i, &bytes);
        if (status != STATUS_OK)
            break;
        buf_init(&text, cx.arena, bytes.len * 2, bytes.len * 2);
        base64_write(&text, bytes);
        status = buf_done(&text);
        good = put(file, buf_str(&text));
    }
    arena_free(cx.arena);
    if (status != STATUS_OK)
        return ctx_fail(&export->cli->cx, status, STR_EMPTY, "A document cannot be read.");
    return good && put(file, STR("\"}")) ? STATUS_OK : STATUS_STORAGE;
}

static Status put_body(Export *export, Ctx *cx, const Access *self, FILE *file, Str body)
{
    RecordContent content;
    Str head;
    TRY(content_of(cx, body, &content, &head));
    if (content.id.len)
        return put_content(export, self, file, head, &content);
    return put(file, body) ? STATUS_OK : STATUS_STORAGE;
}

static Status write_row(Export *export, Ctx *cx, const Access *self, const StoreRow *row)
{
    assert(row->type < TYPES_MAX);
    if (row->deleted)
        return STATUS_OK;
    if (!export->files[row->type])
        TRY(open_type(export, row->type));
    FILE *file = export->files[row->type];
    Status status = put_body(export, cx, self, file, row->body);
    if (status != STATUS_OK && status != STATUS_STORAGE)
        return status;
    if (status != STATUS_OK || fputc('\n', file) == EOF)
        return ctx_fail(&export->cli->cx, STATUS_STORAGE, STR_EMPTY, "Cannot write: %s.",
                        strerror(errno));
    export->written++;
    return STATUS_OK;
}

/* A slice of rows on one snapshot: the whole export is not one moment, each row is whole. */
static Status write_slice(Export *export, Ctx *cx, uint64_t from, uint64_t end)
{
    StoreReader *reader;
    const Access *self = auth_operator(cx->arena);
    TRY(store_read_begin(export->cli->store, cx, self, &reader));
    Status status = STATUS_OK;
    for (uint64_t rid = from; rid < end && status == STATUS_OK; rid++) {
        StoreRow row;
        status = store_get_rid(reader, rid, true, &row);
        if (status == STATUS_NOT_FOUND)
            status = STATUS_OK; /* a number that was never used */
        else if (status == STATUS_OK)
            status = write_row(export, cx, self, &row);
    }
    store_read_end(reader);
    return status;
}

static Status write_all(Export *export)
{
    Ctx cx = {.arena = arena_new((size_t)4 << 30, true)};
    uint64_t end = store_new_rid(export->cli->store);
    Status status = cx.arena ? STATUS_OK : STATUS_MEMORY;
    for (uint64_t rid = 1; rid < end && status == STATUS_OK; rid += ROWS_PER_ARENA) {
        uint64_t slice_end = rid + ROWS_PER_ARENA < end ? rid + ROWS_PER_ARENA : end;
        status = write_slice(export, &cx, rid, slice_end);
        arena_clear(cx.arena);
        progress_show(&export->progress, slice_end - 1, end - 1, export->written);
        if (cli_is_stopping(export->cli))
            status = ctx_fail(&export->cli->cx, STATUS_UNAVAILABLE, STR_EMPTY, "Stopped.");
    }
    arena_free(cx.arena);
    return status;
}

static Status close_files(Export *export, Status status)
{
    for (size_t i = 0; i < TYPES_MAX; i++) {
        if (export->files[i] && fclose(export->files[i]) && status == STATUS_OK)
            status = ctx_fail(&export->cli->cx, STATUS_STORAGE, STR_EMPTY, "Cannot write: %s.",
                              strerror(errno));
    }
    return status;
}

ExitCode run_export(Cli *cli)
{
    Export export = {.cli = cli};
    if (cli->arg_count != 1)
        return cli_fail_with(cli, EXIT_USAGE, "Name one folder; see aceso help export.");
    export.folder = cli->args[0];
    cli_catch_signals(cli);
    ExitCode code = cli_open_store(cli);
    if (code != EXIT_DONE)
        return code;
    progress_begin(&export.progress, cli, "export");
    Status status = cli_folder_make(&cli->cx, export.folder);
    if (status == STATUS_OK)
        status = note_export(&export, auth_operator(cli->cx.arena));
    if (status == STATUS_OK)
        status = write_all(&export);
    status = close_files(&export, status);
    progress_end(&export.progress);
    if (status != STATUS_OK)
        return cli_fail_with(cli, EXIT_FAILED, "The export is not complete.");
    fprintf(cli->out,
            "%llu resources in " STR_FMT ". They are not encrypted there: keep the folder as you "
            "keep the key.\n",
            (unsigned long long)export.written, STR_ARG(export.folder));
    return EXIT_DONE;
}

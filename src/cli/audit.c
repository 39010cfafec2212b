/* cli/audit.c - aceso audit: who did what, oldest first; whether the log is whole; its roots. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/seal.h"
#include "audit/verify.h"
#include "cli/files.h"
#include "crypto/crypto.h"
#include "json/json.h"

enum { FROM, COUNT, WITNESS, KEY };
enum { WITNESS_BYTES_MAX = 1 << 30, EXPORT_ROWS = 1000 };

/* ---- list ------------------------------------------------------------------------------- */

/* What is sealed stands in its place again, as far as the keys are there: who is at this machine
 * has them. */
static Status open_entry(Ctx *cx, StoreReader *reader, const StoreAuditRow *row,
                         AuditEntry *ret_entry, AuditAbout **ret_about)
{
    TRY(audit_unpack(cx, row->entry, ret_entry));
    TRY(audit_open(cx, reader, ret_entry, ret_about));
    for (size_t i = 0; i < ret_entry->part_count; i++) {
        const AuditAbout *about = &(*ret_about)[i];
        if (about->id.len)
            ret_entry->id = about->id;
        if (about->reason.len)
            ret_entry->reason = about->reason;
    }
    return STATUS_OK;
}

static Status print_row(Cli *cli, StoreReader *reader, const StoreAuditRow *row)
{
    AuditEntry entry;
    AuditAbout *about;
    char at[TIME_INSTANT_LEN];
    TRY(open_entry(&cli->cx, reader, row, &entry, &about));
    for (size_t i = 0; i < entry.part_count; i++)
        entry.resource_count += about[i].resource_count;
    time_format_instant(row->at, at);
    fprintf(cli->out, "%llu %.*s %.*s %.*s %.*s", (unsigned long long)row->number, TIME_INSTANT_LEN,
            at, STR_ARG(entry.account.len ? entry.account : STR("-")),
            STR_ARG(entry.role.len ? entry.role : STR("-")), STR_ARG(entry.interaction));
    if (entry.type.len)
        fprintf(cli->out, " " STR_FMT, STR_ARG(entry.type));
    if (entry.id.len)
        fprintf(cli->out, "/" STR_FMT, STR_ARG(entry.id));
    if (entry.version)
        fprintf(cli->out, " version %u", entry.version);
    if (entry.query.len)
        fprintf(cli->out, " by " STR_FMT, STR_ARG(entry.query));
    if (entry.resource_count)
        fprintf(cli->out, " (%zu resources)", entry.resource_count);
    fprintf(cli->out, ": %s", status_name(entry.outcome));
    if (entry.address.len)
        fprintf(cli->out, " from " STR_FMT, STR_ARG(entry.address));
    if (entry.request_id.len)
        fprintf(cli->out, " request " STR_FMT, STR_ARG(entry.request_id));
    fprintf(cli->out, "\n");
    return STATUS_OK;
}

static Status list(Cli *cli)
{
    uint64_t from, count;
    StoreReader *reader;
    StoreAuditRow *rows;
    size_t found = 0;
    TRY(cli_option_number(cli, FROM, 1, INT64_MAX, &from));
    TRY(cli_option_number(cli, COUNT, 100, 1000000, &count));
    TRY(store_read_begin(cli->store, &cli->cx, auth_operator(cli->cx.arena), &reader));
    Status status = store_audit_read(reader, from, (size_t)count, &rows, &found);
    for (size_t i = 0; i < found && status == STATUS_OK; i++)
        status = print_row(cli, reader, &rows[i]);
    store_read_end(reader);
    return status;
}

/* ---- export ----------------------------------------------------------------------------- */

static void add_text(Buf *buf, const char *name, Str value)
{
    if (!value.len)
        return;
    buf_format(buf, ",\"%s\":", name);
    json_write_string(buf, value);
}

static void add_names(Buf *buf, bool *begun, const Str *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_add_str(buf, *begun ? STR(",") : STR(",\"resources\":["));
        json_write_string(buf, names[i]);
        *begun = true;
    }
}

static void add_entry(Buf *buf, const AuditEntry *entry, const AuditAbout *about)
{
    bool begun = false;
    add_text(buf, "account", entry->account);
    add_text(buf, "who", entry->who);
    add_text(buf, "role", entry->role);
    add_text(buf, "client", entry->client);
    add_text(buf, "interaction", entry->interaction);
    add_text(buf, "type", entry->type);
    add_text(buf, "id", entry->id);
    if (entry->version)
        buf_format(buf, ",\"version\":%u", entry->version);
    add_text(buf, "outcome", str_of(status_name(entry->outcome)));
    add_text(buf, "address", entry->address);
    add_text(buf, "request", entry->request_id);
    add_text(buf, "parameters", entry->query);
    add_text(buf, "purpose", entry->purpose);
    add_text(buf, "reason", entry->reason);
    if (entry->broken)
        buf_add_lit(buf, ",\"glassBroken\":true");
    add_names(buf, &begun, entry->resources, entry->resource_count);
    for (size_t i = 0; i < entry->part_count; i++)
        add_names(buf, &begun, about[i].resources, about[i].resource_count);
    if (begun)
        buf_add_lit(buf, "]");
}

static Status export_row(Cli *cli, Ctx *cx, StoreReader *reader, const StoreAuditRow *row, FILE *to)
{
    AuditEntry entry;
    AuditAbout *about;
    AuditRoot root;
    Buf buf;
    char at[TIME_INSTANT_LEN];
    UNUSED(cli);
    TRY(open_entry(cx, reader, row, &entry, &about));
    buf_init(&buf, cx->arena, 1024, (size_t)64 << 20);
    buf_format(&buf, "{\"number\":%llu,\"at\":\"%.*s\"", (unsigned long long)row->number,
               TIME_INSTANT_LEN, time_format_instant(row->at, at).at);
    add_text(&buf, "link", crypto_hex(cx->arena, row->link));
    if (root_read(row->entry, &root)) {
        buf_add_lit(&buf, ",\"root\":");
        buf_add_str(&buf, root_line(cx->arena, &root));
    } else {
        add_entry(&buf, &entry, about);
    }
    buf_add_lit(&buf, "}\n");
    TRY(buf_done(&buf));
    return fwrite(buf.at, 1, buf.len, to) == buf.len ? STATUS_OK : STATUS_STORAGE;
}

static Status export_rows(Cli *cli, StoreReader *reader, FILE *to)
{
    uint64_t from;
    Ctx cx = {.arena = arena_new((size_t)256 << 20, true)};
    Status status = cli_option_number(cli, FROM, 1, INT64_MAX, &from);
    if (!cx.arena)
        return STATUS_MEMORY;
    UNUSED(store_read_into(reader, &cx));
    for (size_t count = 1; count && status == STATUS_OK;) {
        StoreAuditRow *rows;
        arena_clear(cx.arena);
        status = store_audit_read(reader, from, EXPORT_ROWS, &rows, &count);
        for (size_t i = 0; i < count && status == STATUS_OK; i++)
            status = export_row(cli, &cx, reader, &rows[i], to);
        from += count;
        if (status == STATUS_OK && cli_is_stopping(cli))
            status = STATUS_UNAVAILABLE;
    }
    arena_free(cx.arena);
    return status;
}

/* What leaves is on the log before. */
static Status note_export(Cli *cli)
{
    Str packed;
    const Access *self = auth_operator(cli->cx.arena);
    AuditEntry entry = {.account = access_account(self),
                        .role = access_role(self),
                        .interaction = STR("export-audit"),
                        .address = STR("local")};
    TRY(audit_pack(&cli->cx, &entry, &packed));
    StoreCommit commit = {.audits = &packed, .audit_count = 1};
    return store_commit(cli->store, &cli->cx, self, &commit);
}

static Status export_to(Cli *cli, Str path)
{
    StoreReader *reader;
    if (cli->link && !str_has_prefix(path, STR("/")))
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                        "The server writes the file: name it with its whole path.");
    TRY(note_export(cli));
    int file = open(path.at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *to = file < 0 ? NULL : fdopen(file, "w");
    if (!to)
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY, STR_FMT " cannot be made: %s.",
                        STR_ARG(path), strerror(errno));
    Status status = store_read_begin(cli->store, &cli->cx, auth_operator(cli->cx.arena), &reader);
    if (status == STATUS_OK) {
        status = export_rows(cli, reader, to);
        store_read_end(reader);
    }
    bool good = fclose(to) == 0 && status == STATUS_OK;
    return good ? STATUS_OK
                : ctx_fail(&cli->cx, status == STATUS_OK ? STATUS_STORAGE : status, STR_EMPTY,
                           STR_FMT " is not complete.", STR_ARG(path));
}

/* ---- verify ----------------------------------------------------------------------------- */

static int by_number(const void *left, const void *right)
{
    const AuditRoot *a = left, *b = right;
    return a->number < b->number ? -1 : a->number > b->number;
}

static Status read_witness(Cli *cli, AuditVerifyOptions *options)
{
    Str text;
    size_t room = 0, count = 0;
    if (!cli_has(cli, WITNESS))
        return STATUS_OK;
    TRY(cli_file_read(&cli->cx, cli->options[WITNESS], WITNESS_BYTES_MAX, &text));
    for (size_t i = 0; i < text.len; i++)
        room += text.at[i] == '\n';
    AuditRoot *roots = arena_array_of(cli->cx.arena, AuditRoot, room + 1);
    if (!roots)
        return STATUS_MEMORY;
    while (text.len) {
        Str line = str_trim(str_cut(&text, '\n'));
        if (line.len)
            TRY(root_of_line(&cli->cx, line, &roots[count++]));
    }
    qsort(roots, count, sizeof(*roots), by_number);
    options->witness = roots;
    options->witness_count = count;
    return STATUS_OK;
}

static Status read_key(Cli *cli, uint8_t room[CRYPTO_SIGN_PUBLIC_BYTES],
                       AuditVerifyOptions *options)
{
    Str raw;
    options->key = room;
    if (!cli_has(cli, KEY))
        return root_key_known(&cli->cx, cli->store, auth_operator(cli->cx.arena), room,
                              &options->key);
    if (!crypto_hex_decode(cli->cx.arena, cli->options[KEY], &raw) ||
        raw.len != CRYPTO_SIGN_PUBLIC_BYTES)
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                        "--key takes the 64 hexadecimal digits that aceso audit key prints.");
    memcpy(room, raw.at, raw.len);
    return STATUS_OK;
}

static void show(void *to, uint64_t done, uint64_t all)
{
    progress_show(to, done, all, done);
}

static void say_verdict(Cli *cli, const AuditVerdict *verdict)
{
    char at[TIME_INSTANT_LEN];
    fprintf(cli->out, "%llu entries are sound", (unsigned long long)verdict->rows);
    if (verdict->older)
        fprintf(cli->out, " (%llu older than the chain)", (unsigned long long)verdict->older);
    fprintf(cli->out,
            ", %llu signed roots, %llu of a witness; %llu entries behind the last root.\n",
            (unsigned long long)verdict->roots, (unsigned long long)verdict->witnessed,
            (unsigned long long)verdict->unsigned_rows);
    if (!verdict->fault)
        return;
    time_format_instant(verdict->at, at);
    fprintf(cli->out, "Entry %llu of %llu %s. The time there is %.*s.\n",
            (unsigned long long)verdict->number, (unsigned long long)verdict->last,
            audit_fault_words(verdict->fault), TIME_INSTANT_LEN, at);
}

static ExitCode verify(Cli *cli)
{
    Progress progress;
    uint8_t key[CRYPTO_SIGN_PUBLIC_BYTES];
    AuditVerdict verdict;
    AuditVerifyOptions options = {.progress = show, .to = &progress};
    if (read_witness(cli, &options) != STATUS_OK || read_key(cli, key, &options) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    progress_begin(&progress, cli, "verifying");
    Status status =
        audit_verify(&cli->cx, cli->store, auth_operator(cli->cx.arena), &options, &verdict);
    progress_end(&progress);
    if (status != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    say_verdict(cli, &verdict);
    return verdict.fault ? EXIT_FAULTS : EXIT_DONE;
}

/* ---- roots ------------------------------------------------------------------------------ */

static Status make_root(Cli *cli)
{
    AuditRoot root;
    bool made;
    TRY(root_make(&cli->cx, cli->store, auth_operator(cli->cx.arena), STR_EMPTY, &root, &made));
    if (!made) {
        fprintf(cli->out, "Nothing was added since the last root.\n");
        return STATUS_OK;
    }
    Str line = root_line(cli->cx.arena, &root);
    fprintf(cli->out, STR_FMT "\n", STR_ARG(line));
    return line.at ? STATUS_OK : STATUS_MEMORY;
}

static Status print_key(Cli *cli)
{
    uint8_t key[CRYPTO_SIGN_PUBLIC_BYTES];
    TRY(root_key(&cli->cx, cli->store, auth_operator(cli->cx.arena), key));
    Str hex = crypto_hex(cli->cx.arena, str_n((const char *)key, sizeof(key)));
    fprintf(cli->out, STR_FMT "\n", STR_ARG(hex));
    return hex.at ? STATUS_OK : STATUS_MEMORY;
}

/* ---- the command ------------------------------------------------------------------------ */

static ExitCode ended(Cli *cli, Status status)
{
    return status == STATUS_OK ? EXIT_DONE : cli_fail(cli, EXIT_FAILED);
}

ExitCode run_audit(Cli *cli)
{
    Str what = cli->arg_count ? cli->args[0] : STR_EMPTY;
    bool root = str_eq(what, STR("root")), key = str_eq(what, STR("key")),
         export = str_eq(what, STR("export"));
    if (cli->arg_count != 1 + (size_t) export ||
        !(root || key || export || str_eq(what, STR("list")) || str_eq(what, STR("verify"))))
        return cli_fail_with(cli, EXIT_USAGE, "usage: aceso audit %s", cli->command->args);
    cli->read_only = !root && !key && !export;
    ExitCode code = cli_open_store(cli);
    if (code != EXIT_DONE)
        return code;
    if (root)
        return ended(cli, make_root(cli));
    if (key)
        return ended(cli, print_key(cli));
    if (export)
        return ended(cli, export_to(cli, cli->args[1]));
    return str_eq(what, STR("list")) ? ended(cli, list(cli)) : verify(cli);
}

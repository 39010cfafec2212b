/* cli/demo.c - aceso demo: a store with invented people, filled once, then served.
 *
 * Everything lies in one folder: the store, its key file, the certificate, and the sign-ins
 * in clear, which is what a demo is for. Never point it at people who exist. */
#include "cli/cli.h"

#include "demo/demo.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "auth/factors.h"
#include "cli/files.h"
#include "crypto/crypto.h"
#include "store/item.h"

enum { PATIENTS, SEED, PASSWORD, NO_SERVE };
enum { JOBS_MAX = 16, PATIENTS_PRESET = 2000 };
#define JOB_BYTES_MAX ((size_t)1 << 30)
#define DEMO_FOLDER   "build/demo-store"

typedef struct {
    Cli *cli;
    DemoOptions options;
    atomic_uint next;
    atomic_uint done;
    _Atomic Status status;
    Str fault; /* of the first that failed; in the command's arena */
    pthread_mutex_t saying;
    Progress progress;
} Demo;

/* ---- the folder ----------------------------------------------------------------------- */

/* --store names the folder here; the store is a file in it. */
static Status choose_store(Cli *cli)
{
    Ctx *cx = &cli->cx;
    Str given = settings_text(&cli->settings, SETTING_STORE);
    if (str_eq(given, str_of(setting_rows[SETTING_STORE].preset)))
        given = STR(DEMO_FOLDER);
    if (!store_address_is_file(given, &given))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The demo makes a store in a folder of its own, not in a database.");
    Str path = str_has_suffix(given, STR(".store"))
                   ? given
                   : arena_format(cx->arena, STR_FMT "/aceso.store", STR_ARG(given));
    return settings_set(cx, &cli->settings, SETTING_STORE, path, STR("--store"));
}

static Str sign_ins_path(Cli *cli)
{
    Str folder = cli_file_folder(settings_text(&cli->settings, SETTING_STORE));
    return arena_format(cli->cx.arena, STR_FMT "/sign-ins.txt", STR_ARG(folder));
}

/* ---- what was finished ------------------------------------------------------------------ */

static bool has_mark(Cli *cli, Str key)
{
    Str value;
    const Access *self = auth_operator(cli->cx.arena);
    return store_item_now(cli->store, &cli->cx, self, STR("demo"), key, &value) == STATUS_OK;
}

static Status set_mark(Cli *cli, Str key)
{
    StoreItem item = {.space = STR("demo"), .key = key, .value = STR("done")};
    StoreCommit commit = {.items = &item, .item_count = 1};
    return store_commit(cli->store, &cli->cx, auth_operator(cli->cx.arena), &commit);
}

/* ---- filling ---------------------------------------------------------------------------- */

static void note_fault(Demo *demo, Ctx *cx, Status status)
{
    pthread_mutex_lock(&demo->saying);
    if (atomic_load(&demo->status) == STATUS_OK) {
        const Issue *issue = cx->issues;
        demo->fault =
            arena_format(demo->cli->cx.arena, STR_FMT " " STR_FMT,
                         STR_ARG(issue ? issue->expression : STR_EMPTY),
                         STR_ARG(issue ? issue->diagnostics : str_of(status_name(status))));
        atomic_store(&demo->status, status);
    }
    pthread_mutex_unlock(&demo->saying);
}

static Status put_patient(Demo *demo, Ctx *cx, unsigned index)
{
    Str bundle;
    TRY(demo_patient(cx, &demo->options, index, &bundle));
    return cli_put_bundle(demo->cli->record, cx, auth_operator(cx->arena), bundle);
}

static void show(Demo *demo)
{
    StoreStats stats;
    if (pthread_mutex_trylock(&demo->saying))
        return;
    store_stats(demo->cli->store, &stats);
    progress_show(&demo->progress, atomic_load(&demo->done), demo->options.patients,
                  stats.resources);
    pthread_mutex_unlock(&demo->saying);
}

static void *fill_loop(void *cls)
{
    Demo *demo = cls;
    Ctx cx = {.arena = arena_new(JOB_BYTES_MAX, false)};
    if (!cx.arena)
        return NULL;
    while (atomic_load(&demo->status) == STATUS_OK && !cli_is_stopping(demo->cli)) {
        unsigned index = atomic_fetch_add(&demo->next, 1);
        if (index >= demo->options.patients)
            break;
        Status status = put_patient(demo, &cx, index);
        if (status != STATUS_OK)
            note_fault(demo, &cx, status);
        else
            atomic_fetch_add(&demo->done, 1);
        arena_clear(cx.arena);
        cx = (Ctx){.arena = cx.arena};
        show(demo);
    }
    arena_free(cx.arena);
    return NULL;
}

static void fill_patients(Demo *demo)
{
    pthread_t threads[JOBS_MAX];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    long started = 0;
    while (started < cores && started < JOBS_MAX &&
           pthread_create(&threads[started], NULL, fill_loop, demo) == 0)
        started++;
    fill_loop(demo);
    for (long i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

static Status put_network(Demo *demo)
{
    Str bundle;
    Ctx *cx = &demo->cli->cx;
    TRY(demo_network(cx, &demo->options, &bundle));
    return cli_put_bundle(demo->cli->record, cx, auth_operator(cx->arena), bundle);
}

static ExitCode fill(Cli *cli)
{
    static Demo demo = {.saying = PTHREAD_MUTEX_INITIALIZER};
    uint64_t patients, seed;
    StoreStats stats;
    if (cli_option_number(cli, PATIENTS, PATIENTS_PRESET, DEMO_PATIENTS_MAX, &patients) ||
        cli_option_number(cli, SEED, 1, INT64_MAX, &seed))
        return cli_fail(cli, EXIT_USAGE);
    demo.cli = cli;
    demo.options = (DemoOptions){.seed = seed, .patients = (unsigned)patients, .today = time_now()};
    progress_begin(&demo.progress, cli, "patients");
    Status status = put_network(&demo);
    if (status == STATUS_OK)
        status = demo_calendar(cli->cx.arena, &demo.options, &demo.options.calendar);
    if (status != STATUS_OK)
        return cli_fail_with(cli, EXIT_FAILED, "The network could not be stored.");
    fill_patients(&demo);
    progress_end(&demo.progress);
    status = atomic_load(&demo.status);
    if (status != STATUS_OK)
        return cli_fail_with(cli, EXIT_FAILED, "A patient could not be stored: " STR_FMT,
                             STR_ARG(demo.fault));
    if (cli_is_stopping(cli))
        return cli_fail_with(cli, EXIT_FAILED, "Stopped; the next run goes on.");
    if (set_mark(cli, STR("filled")) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    store_stats(cli->store, &stats);
    fprintf(stderr, "%llu patients, %llu resources in %.1f s.\n", (unsigned long long)patients,
            (unsigned long long)stats.resources,
            (double)(time_monotonic() - demo.progress.started) / 1e6);
    return EXIT_DONE;
}

/* ---- accounts --------------------------------------------------------------------------- */

static Str make_password(Cli *cli)
{
    uint8_t chance[9];
    if (cli_has(cli, PASSWORD))
        return cli->options[PASSWORD];
    crypto_random(chance, sizeof(chance));
    Str text = crypto_base64url(cli->cx.arena, str_n((char *)chance, sizeof(chance)));
    return arena_format(cli->cx.arena, "demo-" STR_FMT, STR_ARG(text));
}

/* A patient, a parent, and somebody who looks over who looked. */
static Status find_portal(Cli *cli, DemoStaff people[DEMO_PORTAL_MAX + 1], size_t *ret_count)
{
    uint64_t patients, seed;
    TRY(cli_option_number(cli, PATIENTS, PATIENTS_PRESET, DEMO_PATIENTS_MAX, &patients));
    TRY(cli_option_number(cli, SEED, 1, INT64_MAX, &seed));
    DemoOptions options = {.seed = seed, .patients = (unsigned)patients, .today = time_now()};
    TRY(demo_portal(&cli->cx, &options, people, ret_count));
    people[(*ret_count)++] = (DemoStaff){.user = STR("auditor"),
                                         .display = STR("Contrôle des accès"),
                                         .role = STR("auditor"),
                                         .reference = STR_EMPTY,
                                         .language = STR("fr")};
    return STATUS_OK;
}

static Status make_account(Cli *cli, const DemoStaff *person, Str password)
{
    AuthAccount account = {
        .user = person->user,
        .display = person->display,
        .role = person->role,
        .reference = person->reference,
        .language = person->language,
        .mail = arena_format(cli->cx.arena, STR_FMT "@example.org", STR_ARG(person->user))};
    const Access *self = auth_operator(cli->cx.arena);
    Status status = auth_account_create(cli->auth, &cli->cx, self, &account, password);
    if (status != STATUS_CONFLICT)
        return status;
    ctx_forget(&cli->cx); /* from a run that was cut */
    return auth_password_set(cli->auth, &cli->cx, self, person->user, password);
}

/* Nobody in the demo must have a second factor; one account has one, for all to see. */
static Status show_factor(Cli *cli, const DemoStaff *person, Str *ret_line)
{
    Str secret, uri;
    const Access *self = auth_operator(cli->cx.arena);
    TRY(auth_totp_put(cli->auth, &cli->cx, self, person->user, &secret, &uri));
    *ret_line = arena_format(cli->cx.arena,
                             STR_FMT " is asked for a code too; add this secret to an app for "
                                     "one-time codes: " STR_FMT,
                             STR_ARG(person->user), STR_ARG(secret));
    return ret_line->at ? STATUS_OK : STATUS_MEMORY;
}

/* One sign-in of each role on the screen, all of them in the file. */
static Status write_sign_ins(Cli *cli, Str password, const DemoStaff *portal, size_t portal_count)
{
    size_t count;
    Str factor;
    Buf out;
    const DemoStaff *staff = demo_staff(&count);
    Str path = sign_ins_path(cli);
    size_t last = count - 1; /* the last of the GPs, who stand first */
    while (last && !str_eq(staff[last].role, staff[0].role))
        last--;
    TRY(show_factor(cli, &staff[last], &factor));
    buf_init(&out, cli->cx.arena, 8192, 1 << 20);
    buf_format(&out, "The password of every account: " STR_FMT "\n" STR_FMT "\n\n",
               STR_ARG(password), STR_ARG(factor));
    for (size_t i = 0; i < count; i++)
        buf_format(&out, "%-28.*s %-13.*s %.*s\n", STR_ARG(staff[i].user), STR_ARG(staff[i].role),
                   STR_ARG(staff[i].display));
    for (size_t i = 0; i < portal_count; i++)
        buf_format(&out, "%-28.*s %-13.*s %.*s\n", STR_ARG(portal[i].user), STR_ARG(portal[i].role),
                   STR_ARG(portal[i].display));
    TRY(buf_done(&out));
    unlink(path.at);
    return cli_file_write(&cli->cx, path, buf_str(&out), true);
}

static ExitCode make_accounts(Cli *cli)
{
    size_t count;
    const DemoStaff *staff = demo_staff(&count);
    Str password = make_password(cli);
    DemoStaff portal[DEMO_PORTAL_MAX + 1];
    size_t portal_count;
    Progress progress;
    if (find_portal(cli, portal, &portal_count) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    progress_begin(&progress, cli, "accounts");
    for (size_t i = 0; i < count; i++) {
        if (make_account(cli, &staff[i], password) != STATUS_OK)
            return cli_fail(cli, EXIT_FAILED);
        progress_show(&progress, i + 1, count, 0);
    }
    progress_end(&progress);
    for (size_t i = 0; i < portal_count; i++)
        if (make_account(cli, &portal[i], password) != STATUS_OK)
            return cli_fail(cli, EXIT_FAILED);
    if (write_sign_ins(cli, password, portal, portal_count) != STATUS_OK ||
        set_mark(cli, STR("accounts")) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    return EXIT_DONE;
}

/* Of the file of sign-ins, the lines of those who do not work in the network. */
static void print_portal(Str text)
{
    static const Str roles[] = {STR_INIT(" patient "), STR_INIT(" proxy "), STR_INIT(" auditor ")};
    while (text.len) {
        Str line = str_cut(&text, '\n');
        for (size_t i = 0; i < COUNT_OF(roles); i++)
            if (memmem(line.at, line.len, roles[i].at, roles[i].len))
                printf("  " STR_FMT "\n", STR_ARG(line));
    }
}

static void print_sign_ins(Cli *cli)
{
    size_t count;
    Str text, roles = STR_EMPTY, path = sign_ins_path(cli);
    const DemoStaff *staff = demo_staff(&count);
    printf("\nSign in as\n");
    for (size_t i = 0; i < count; i++) {
        if (i && str_eq(staff[i].role, roles))
            continue;
        roles = staff[i].role;
        printf("  %-28.*s %-13.*s %.*s\n", STR_ARG(staff[i].user), STR_ARG(staff[i].role),
               STR_ARG(staff[i].display));
    }
    if (cli_file_read(&cli->cx, path, 1 << 20, &text) == STATUS_OK) {
        Str password = str_cut(&text, '\n'), factor = str_cut(&text, '\n');
        printf("  " STR_FMT "\n", STR_ARG(password));
        print_portal(text);
        if (factor.len) /* stores of older versions have none */
            printf("  " STR_FMT "\n", STR_ARG(factor));
    }
    printf("  All accounts are in " STR_FMT ".\n", STR_ARG(path));
}

static void ready(Cli *cli, uint16_t port)
{
    bool tls = settings_flag(&cli->settings, SETTING_TLS);
    printf("\nAceso serves %s://" STR_FMT ":%u\n", tls ? "https" : "http",
           STR_ARG(settings_text(&cli->settings, SETTING_ADDRESS)), port);
    if (tls && !settings_text(&cli->settings, SETTING_TLS_CERTIFICATE).len)
        printf("Its certificate is signed by itself: the browser warns once.\n");
    print_sign_ins(cli);
    printf("\nCtrl+C ends it; the next run starts at once on the same data.\n");
    fflush(stdout);
}

/* ---- all together ----------------------------------------------------------------------- */

static ExitCode make(Cli *cli)
{
    ExitCode code = EXIT_DONE;
    if (!cli_file_exists(settings_text(&cli->settings, SETTING_STORE)) &&
        cli_make_store(cli, STR_EMPTY, STR_EMPTY) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    code = cli_open_store(cli);
    if (code == EXIT_DONE && !has_mark(cli, STR("filled"))) {
        code = cli_open_record(cli, true);
        if (code == EXIT_DONE)
            code = fill(cli);
    }
    if (code == EXIT_DONE && !has_mark(cli, STR("accounts"))) {
        code = cli_open_auth(cli, true);
        if (code == EXIT_DONE)
            code = make_accounts(cli);
    }
    return code;
}

/* The sign-ins that are printed work as they stand. */
static Status choose_factors(Cli *cli)
{
    Str given = settings_text(&cli->settings, SETTING_SECOND_FACTOR);
    if (!str_eq(given, str_of(setting_rows[SETTING_SECOND_FACTOR].preset)))
        return STATUS_OK;
    return settings_set(&cli->cx, &cli->settings, SETTING_SECOND_FACTOR, STR("off"),
                        STR("second_factor"));
}

ExitCode run_demo(Cli *cli)
{
    cli_catch_signals(cli);
    if (choose_store(cli) != STATUS_OK || choose_factors(cli) != STATUS_OK)
        return cli_fail(cli, EXIT_SETTINGS);
    if (str_eq(settings_text(&cli->settings, SETTING_LOG), STR("-"))) {
        Str folder = cli_file_folder(settings_text(&cli->settings, SETTING_STORE));
        Str log = arena_format(cli->cx.arena, STR_FMT "/aceso.log", STR_ARG(folder));
        if (settings_set(&cli->cx, &cli->settings, SETTING_LOG, log, STR("log")) != STATUS_OK)
            return cli_fail(cli, EXIT_SETTINGS);
    }
    ExitCode code = make(cli);
    if (code != EXIT_DONE || cli_has(cli, NO_SERVE))
        return code;
    return cli_serve(cli, ready);
}

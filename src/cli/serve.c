/* cli/serve.c - aceso serve. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/cards.h"
#include "cli/care.h"
#include "cli/control.h"
#include "cli/files.h"
#include "cli/harden.h"
#include "cli/secret.h"
#include "cli/service.h"
#include "crypto/crypto.h"
#include "http/http.h"
#include "rights/rights.h"

enum { CERTIFICATE_DAYS = 397 };

static sigset_t stop_signals;

/* Blocked in all threads, so before the first is made: `serve` waits for them, others look
 * from time to time. */
void cli_catch_signals(Cli *cli)
{
    if (cli->link)
        return;
    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGTERM);
    sigaddset(&stop_signals, SIGINT);
    sigaddset(&stop_signals, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &stop_signals, NULL);
}

bool cli_is_stopping(const Cli *cli)
{
    sigset_t pending;
    if (cli->link)
        return control_is_cut(cli->link);
    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

/* ---- TLS ---------------------------------------------------------------------------- */

/* Signed by itself, made once, beside the store: a first run needs nothing else. */
static Status own_certificate(Cli *cli, Str *ret_certificate, Str *ret_key)
{
    static const Str names[] = {STR_INIT("localhost"), STR_INIT("127.0.0.1"), STR_INIT("::1")};
    Ctx *cx = &cli->cx;
    Str certificate = cli_store_neighbour(cli, ".tls.crt");
    Str key = cli_store_neighbour(cli, ".tls.key");
    if (!cli_file_exists(certificate) || !cli_file_exists(key)) {
        Str key_pem, certificate_pem;
        TRY(crypto_self_signed_certificate(cx, names, COUNT_OF(names), CERTIFICATE_DAYS, &key_pem,
                                           &certificate_pem));
        unlink(key.at);
        unlink(certificate.at);
        TRY(cli_file_write(cx, key, key_pem, true));
        TRY(cli_file_write(cx, certificate, certificate_pem, false));
    }
    *ret_certificate = certificate;
    *ret_key = key;
    return STATUS_OK;
}

static Status read_certificate(Cli *cli, HttpOptions *options)
{
    Str certificate = settings_text(&cli->settings, SETTING_TLS_CERTIFICATE);
    Str key = settings_text(&cli->settings, SETTING_TLS_KEY);
    options->tls = settings_flag(&cli->settings, SETTING_TLS);
    if (!options->tls)
        return STATUS_OK;
    if (!certificate.len != !key.len)
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                        "tls_certificate and tls_key belong together: set both or none.");
    if (!certificate.len)
        TRY(own_certificate(cli, &certificate, &key));
    TRY(cli_file_read(&cli->cx, certificate, 1 << 20, &options->certificate_pem));
    return cli_file_read(&cli->cx, key, 1 << 20, &options->key_pem);
}

/* ---- settings ----------------------------------------------------------------------- */

static Status check_base_url(Cli *cli, Str url)
{
    bool good = !url.len;
    if (str_has_prefix(url, STR("https://")) || str_has_prefix(url, STR("http://"))) {
        Str rest = str_from(url, str_index(url, ':') + 3);
        good = rest.len && str_index(rest, '/') == SIZE_MAX && str_index(rest, '?') == SIZE_MAX;
    }
    if (good)
        return STATUS_OK;
    return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                    "base_url must be like https://chart.example.org, without a path.");
}

static unsigned number_of(const Cli *cli, SettingName name)
{
    return (unsigned)settings_number(&cli->settings, name);
}

static Status http_options(Cli *cli, HttpOptions *ret_options)
{
    const Settings *s = &cli->settings;
    HttpOptions given = *ret_options;
    Str path;
    *ret_options = (HttpOptions){
        .listener_count = given.listener_count,
        .reuse_port = settings_flag(s, SETTING_REUSE_PORT),
        .proxied = settings_flag(s, SETTING_PROXY_PROTOCOL),
        .address = settings_text(s, SETTING_ADDRESS),
        .port = (uint16_t)number_of(cli, SETTING_PORT),
        .tls_priority = settings_text(s, SETTING_TLS_PRIORITY),
        .base_url = settings_text(s, SETTING_BASE_URL),
        .threads = number_of(cli, SETTING_THREADS),
        .workers = number_of(cli, SETTING_WORKERS),
        .work_waits = !cli_store_file(cli, &path),
        .worker_queue_max = number_of(cli, SETTING_WORKER_QUEUE),
        .connections_max = number_of(cli, SETTING_CONNECTIONS),
        .connections_per_address_max = number_of(cli, SETTING_CONNECTIONS_PER_ADDRESS),
        .idle_seconds = number_of(cli, SETTING_IDLE_TIME),
        .request_seconds = number_of(cli, SETTING_REQUEST_TIME),
        .bundle_seconds = number_of(cli, SETTING_BUNDLE_TIME),
        .header_bytes_max = (size_t)settings_number(s, SETTING_HEADER_SIZE),
        .body_bytes_max = (size_t)settings_number(s, SETTING_BODY_SIZE),
        .bundle_bytes_max = (size_t)settings_number(s, SETTING_BUNDLE_SIZE),
        .bodies_bytes_max = (size_t)settings_number(s, SETTING_BODIES_SIZE),
        .memory_bytes_max = (size_t)settings_number(s, SETTING_MEMORY_SIZE),
        .gzip = settings_flag(s, SETTING_GZIP),
        .metrics_local = settings_flag(s, SETTING_METRICS_LOCAL),
        .log_requests = settings_flag(s, SETTING_LOG_REQUESTS),
        .operations = care_operations,
        .operation_count = care_operation_count,
    };
    memcpy(ret_options->listeners, given.listeners, sizeof(given.listeners));
    TRY(check_base_url(cli, ret_options->base_url));
    return read_certificate(cli, ret_options);
}

static Status open_log(Cli *cli)
{
    Str path = settings_text(&cli->settings, SETTING_LOG);
    int fd = STDERR_FILENO;
    if (!str_eq(path, STR("-")))
        fd = open(path.at, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0)
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY, "The log %s cannot be opened: %s.",
                        path.at, strerror(errno));
    return log_start(fd);
}

/* Each connection is an open file: as many as the system lets us have. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* ---- serving ------------------------------------------------------------------------ */

/* What a server has while it runs. */
typedef struct {
    Cli *cli;
    Http *http;
    Http *door; /* for identity cards; or NULL */
    Control *control;
    bool again; /* the new program follows */
    int sockets[2 * HTTP_LISTENERS_MAX];
    size_t socket_count;
    uint8_t key[CRYPTO_KEY_BYTES]; /* what opens the store, for the new program */
    bool has_key;
} Service;

/* That the store answers is said, whatever it answers: a database that is down is not mended by
 * a new start, a process that hangs is. */
static void say_alive(Service *service)
{
    Ctx cx = {.arena = arena_new(64 * 1024, true)};
    if (!cx.arena)
        return;
    cx.deadline = time_monotonic() + service_pulse();
    (void)!auth_ping(service->cli->auth, &cx);
    service_say("WATCHDOG=1");
    arena_free(cx.arena);
}

/* The number of the signal that ends the service. */
static int wait_for_signal(Service *service)
{
    Time pulse = service_pulse();
    struct timespec wait = {.tv_sec = (time_t)(pulse / TIME_SECOND),
                            .tv_nsec = (long)(pulse % TIME_SECOND) * 1000};
    for (;;) {
        int number =
            pulse ? sigtimedwait(&stop_signals, NULL, &wait) : sigwaitinfo(&stop_signals, NULL);
        if (number == SIGTERM || number == SIGINT)
            return number;
        if (number == SIGUSR2 && service_can_start(service->cli->argv))
            return number;
        if (number == SIGUSR2)
            log_event(LOG_NO_RESTART, NULL, 0);
        if (number < 0 && errno == EAGAIN)
            say_alive(service);
    }
}

/* Numbers that no other file has, so that they can be put where the new program looks. */
static void keep_sockets(Service *service)
{
    int sockets[2 * HTTP_LISTENERS_MAX];
    service->socket_count = http_listeners(service->http, sockets);
    if (service->door)
        service->socket_count += http_listeners(service->door, sockets + service->socket_count);
    for (size_t i = 0; i < service->socket_count; i++)
        service->sockets[i] = fcntl(sockets[i], F_DUPFD_CLOEXEC, 3 + 4 * HTTP_LISTENERS_MAX);
}

static void become_the_new(Service *service)
{
    if (service->has_key)
        service_hand_over_key(service->key, sizeof(service->key));
    crypto_wipe(service->key, sizeof(service->key));
    service_start(service->cli->argv, service->sockets, service->socket_count);
    fprintf(stderr, "aceso: %s cannot be started: %s.\n", service->cli->argv[0], strerror(errno));
}

/* Requests are still inside: nobody may free what they use. What was acknowledged is durable, so
 * the end of the process is an end like any other. */
static _Noreturn void end_at_once(Service *service, unsigned seconds)
{
    log_stop();
    fprintf(
        stderr,
        "aceso: some requests, commands or jobs did not finish in %u seconds; they were cut off.\n",
        seconds);
    if (service->again)
        become_the_new(service);
    _exit(EXIT_FAILED);
}

static void wait_for_end(Service *service)
{
    Cli *cli = service->cli;
    int number = wait_for_signal(service);
    service->again = number == SIGUSR2;
    log_event(service->again ? LOG_RESTARTING : LOG_STOPPING, NULL, 0);
    if (service->again) {
        service_say_reloading();
        keep_sockets(service);
        service->has_key = store_opening_key(cli->store, service->key);
    } else {
        service_say("STOPPING=1");
    }
    unsigned seconds = number_of(cli, SETTING_STOP_TIME);
    bool at_once = number == SIGINT || (service->control && control_restarts(service->control));
    unsigned drain = at_once ? 0 : number_of(cli, SETTING_DRAIN_TIME);
    bool quiet = http_stop(service->http, drain, seconds);
    quiet = (!service->door || http_stop(service->door, 0, seconds)) && quiet;
    quiet = (!service->control || control_stop(service->control, seconds)) && quiet;
    if (!cli_jobs_stop(cli, seconds) || !quiet)
        end_at_once(service, seconds);
}

/* What was handed over, by the port it listens at: the pages', and the door's. */
static void deal_out(Cli *cli, const int *sockets, size_t count, HttpOptions *pages,
                     HttpOptions *door)
{
    uint16_t port = (uint16_t)number_of(cli, SETTING_EID_PORT);
    for (size_t i = 0; i < count; i++) {
        HttpOptions *whose = port && service_port(sockets[i]) == port ? door : pages;
        if (whose->listener_count < HTTP_LISTENERS_MAX)
            whose->listeners[whose->listener_count++] = sockets[i];
    }
}

static Status open_sockets(Cli *cli, HttpOptions *options, HttpOptions *door)
{
    int sockets[2 * HTTP_LISTENERS_MAX];
    size_t count;
    raise_file_limit();
    TRY(service_sockets(&cli->cx, sockets, COUNT_OF(sockets), &count));
    deal_out(cli, sockets, count, options, door);
    return http_options(cli, options);
}

static Status open_door(Cli *cli, const HttpOptions *pages, const HttpOptions *handed, Http **door)
{
    HttpOptions options;
    if (!cards_wanted(cli))
        return STATUS_OK;
    TRY(cards_http(cli, pages, &options));
    options.listener_count = handed->listener_count;
    memcpy(options.listeners, handed->listeners, sizeof(options.listeners));
    return http_start(&cli->cx, &options, cli->record, cli->auth, door);
}

static ExitCode open_all(Cli *cli)
{
    ExitCode code = cli_open_cache(cli);
    if (code == EXIT_DONE)
        code = cli_open_auth(cli, true);
    if (code == EXIT_DONE)
        code = cli_open_record(cli, false);
    if (code == EXIT_DONE)
        code = cli_open_oauth(cli);
    if (code != EXIT_DONE)
        return code;
    if (open_log(cli) != STATUS_OK)
        return cli_fail(cli, EXIT_SETTINGS);
    log_event(LOG_START, (LogField[]){log_word(LOG_VERSION, ACESO_VERSION)}, 1);
    code = cli_index_start(cli);
    if (code == EXIT_DONE && rights_book_start(record_rights(cli->record), &cli->cx) != STATUS_OK)
        code = cli_fail(cli, EXIT_FAILED);
    return code == EXIT_DONE ? cli_jobs_start(cli) : code;
}

ExitCode cli_serve(Cli *cli, void (*ready)(Cli *cli, uint16_t port))
{
    HttpOptions options = {.listener_count = 0}, handed = {.listener_count = 0};
    Service service = {.cli = cli};
    HardenMode hardening = HARDEN_OFF; /* of the demo, whose threads run already */
    if (open_sockets(cli, &options, &handed) != STATUS_OK ||
        (cli->command->run == run_serve && cli_hardening(cli, &hardening) != STATUS_OK))
        return cli_fail(cli, EXIT_SETTINGS);
    StoreOptions store;
    UNUSED(service_handed_key(cli->cx.arena, &cli->key));
    if (cli_store_options(cli, &store) != STATUS_OK) /* a key command, while it can be started */
        return cli_fail(cli, EXIT_SETTINGS);
    cli_harden_files(cli, hardening);
    ExitCode code = open_all(cli);
    if (code != EXIT_DONE)
        return code;
    options.events = cli->events;
    options.cache = cli->cache;
    options.account_limits = cli->account_limits;
    options.address_limits = cli->address_limits;
    options.jobs = cli->jobs;
    options.oauth = cli->oauth;
    if (http_start(&cli->cx, &options, cli->record, cli->auth, &service.http) != STATUS_OK) {
        log_stop();
        return cli_fail(cli, EXIT_FAILED);
    }
    if (open_door(cli, &options, &handed, &service.door) != STATUS_OK) {
        UNUSED(http_stop(service.http, 0, 1));
        log_stop();
        return cli_fail(cli, EXIT_FAILED);
    }
    if (control_start(cli, &service.control) != STATUS_OK) /* some file systems have no sockets */
        cli_fail_with(cli, EXIT_DONE, "Until it stops, commands on the store have to wait.");
    cli_harden_calls(cli, hardening);
    if (ready)
        ready(cli, http_port(service.http));
    service_say("READY=1\nSTATUS=Serving.");
    wait_for_end(&service);
    cli_sign_audit(cli);
    cli_close(cli);
    log_event(LOG_STOPPED, NULL, 0);
    log_stop();
    if (service.again) {
        become_the_new(&service);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

static void say_address(Cli *cli, uint16_t port)
{
    Str host = settings_text(&cli->settings, SETTING_ADDRESS);
    printf("Aceso serves %s://" STR_FMT ":%u\n",
           settings_flag(&cli->settings, SETTING_TLS) ? "https" : "http", STR_ARG(host), port);
    fflush(stdout);
}

ExitCode run_serve(Cli *cli)
{
    HttpOptions options = {.listener_count = 0};
    const char *opens = "";
    Str path;
    if (!cli_has(cli, 0)) {
        cli_catch_signals(cli);
        return cli_serve(cli, say_address);
    }
    JobKind *kinds;
    size_t kind_count;
    Status status = cli_job_kinds(cli, &kinds, &kind_count);
    if (status == STATUS_OK)
        status = cli_secret_check(cli, &opens);
    if (status == STATUS_OK && cli_store_file(cli, &path) && !store_file_is_there(&cli->cx, path))
        status = ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                          "store: there is no file " STR_FMT "; make it with aceso init.",
                          STR_ARG(path));
    HardenMode hardening;
    if (cli_hardening(cli, &hardening) != STATUS_OK || cards_check(cli) != STATUS_OK ||
        cli_check_cache(cli) != STATUS_OK || http_options(cli, &options) != STATUS_OK ||
        status != STATUS_OK)
        return cli_fail(cli, EXIT_SETTINGS);
    printf("The settings are good. The store opens with %s.\n", opens);
    return EXIT_DONE;
}

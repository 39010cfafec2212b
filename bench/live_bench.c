/* live_bench - what many open streams cost.
 *
 *   live_bench --folder DIR [--streams 2000] [--writes 200]
 *
 * A server in this process on a new store in DIR; a doctor who is linked with one of two patients,
 * 200 tokens of his, and so many streams that watch both. Then PUTs one after the other to each
 * patient, as a client sends them, without the streams and with them. Prints the memory of one
 * stream, what a PUT takes, and how long after the answer of a PUT the last stream has heard. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "access/grant.h"
#include "auth/auth.h"
#include "crypto/crypto.h"
#include "http/http.h"
#include "live/live.h"
#include "record/record.h"

enum { TOKENS = 512, STREAMS_MAX = 8000, WRITES_MAX = 5000 };

static struct {
    const char *folder;
    unsigned streams, writes;
} options = {NULL, 2000, 200};

static Ctx cx;
static Record *record;
static Auth *auth;
static Http *http;
static const Access *program;
static Str tokens[TOKENS];
static int ears[STREAMS_MAX];
static Time samples[WRITES_MAX];

static void need(bool fine, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "live_bench: %s: %s\n", what, cx.issues ? cx.issues->diagnostics.at : "-");
    exit(1);
}

static void put(const char *type, const char *id, const char *text)
{
    Reply reply;
    Call call = {.access = program, .base = STR("http://bench/fhir"), .address = STR("local")};
    size_t len = strlen(text);
    Status status;
    do {
        char *at = arena_alloc(cx.arena, len + JSON_PADDING);
        memcpy(at, text, len);
        (void)!record_update(record, &cx, &call, str_of(type), str_of(id), (Body){at, len}, &reply);
        status = record_finish(record, &cx, &call, &reply);
    } while (status == STATUS_CONFLICT && reply.retry);
    need(status == STATUS_OK, id);
}

static void make_people(void)
{
    put("Patient", "p1", "{\"resourceType\":\"Patient\",\"id\":\"p1\"}");
    put("Patient", "p2", "{\"resourceType\":\"Patient\",\"id\":\"p2\"}");
    put("CareTeam", "l",
        "{\"resourceType\":\"CareTeam\",\"id\":\"l\",\"status\":\"active\",\"category\":[{"
        "\"coding\":"
        "[{\"system\":\"urn:aceso:link\",\"code\":\"own-gp\"}]}],\"subject\":{\"reference\":"
        "\"Patient/p1\"},\"period\":{\"start\":\"2026-01-01\",\"end\":\"2099-01-01\"},"
        "\"participant\":[{\"member\":{\"reference\":\"Practitioner/gp\"}}]}");
    put("Consent", "c",
        "{\"resourceType\":\"Consent\",\"id\":\"c\",\"status\":\"active\",\"scope\":{\"coding\":[{"
        "\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":"
        "\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":\"urn:aceso:consent\","
        "\"code\":\"network\"}]}],\"patient\":{\"reference\":\"Patient/p1\"},\"policyRule\":{"
        "\"text\":\"x\"},\"provision\":{\"type\":\"permit\"}}");
}

static void make_accounts(Arena *forever)
{
    const Access *operator_ = auth_operator(forever);
    AuthAccount account = {
        .user = STR("gp.bench"), .role = STR("gp"), .reference = STR("Practitioner/gp")};
    need(auth_account_create(auth, &cx, operator_, &account, STR("trois chats sur un mur")) ==
             STATUS_OK,
         "account");
    for (size_t i = 0; i < TOKENS && i * LIVE_ACCOUNT_STREAMS_MAX < options.streams + 16; i++) {
        AuthToken wanted = {.label = STR("bench"), .user = STR("gp.bench"), .may_write = true};
        Str text;
        need(auth_token_create(auth, &cx, operator_, &wanted, 1, &text) == STATUS_OK, "token");
        tokens[i] = arena_str(forever, text);
    }
}

static int connect_to(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(http_port(http)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0, "connect");
    return fd;
}

/* Until `text` was read; false after ten seconds. */
static bool hears(int fd, const char *text)
{
    char room[16384];
    size_t len = 0;
    struct pollfd socket = {.fd = fd, .events = POLLIN};
    while (len < sizeof room && poll(&socket, 1, 10000) == 1) {
        ssize_t got = read(fd, room + len, sizeof room - len);
        if (got <= 0)
            return false;
        len += (size_t)got;
        if (memmem(room, len, text, strlen(text)))
            return true;
    }
    return false;
}

static void open_streams(void)
{
    for (unsigned i = 0; i < options.streams; i++) {
        char text[512];
        ears[i] = connect_to();
        int len = snprintf(text, sizeof text,
                           "GET /live?watch=Patient/p1&watch=Patient/p2&watch=inbox HTTP/1.1\r\n"
                           "Host: localhost\r\nAuthorization: Bearer " STR_FMT "\r\n\r\n",
                           STR_ARG(tokens[i / LIVE_ACCOUNT_STREAMS_MAX]));
        need(write(ears[i], text, (size_t)len) == len && hears(ears[i], "\nid: "), "stream");
    }
}

static long resident(void)
{
    long pages = 0, all;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file) {
        (void)!fscanf(file, "%ld %ld", &all, &pages);
        fclose(file);
    }
    return pages * sysconf(_SC_PAGESIZE);
}

static int by_time(const void *a, const void *b)
{
    const Time *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

/* Each answer is waited for; heard: until the last of the streams has heard of it. */
static void write_all(const char *patient, bool heard, const char *what)
{
    int fd = connect_to();
    Time last[WRITES_MAX];
    for (unsigned i = 0; i < options.writes; i++) {
        char text[1024], body[256], id[32];
        snprintf(id, sizeof id, "\"o%u\"", i);
        int len = snprintf(body, sizeof body,
                           "{\"resourceType\":\"Observation\",\"id\":\"o%u\",\"status\":\"final\","
                           "\"code\":{\"text\":\"%s\"},\"subject\":{\"reference\":\"Patient/%s\"}}",
                           i, what, patient);
        len = snprintf(text, sizeof text,
                       "PUT /fhir/Observation/o%u HTTP/1.1\r\nHost: localhost\r\nPrefer: "
                       "return=minimal\r\nAuthorization: Bearer " STR_FMT
                       "\r\nContent-Type: application/fhir+json\r\nContent-Length: %d\r\n\r\n%s",
                       i, STR_ARG(tokens[TOKENS - 1]), len, body);
        Time begun = time_monotonic();
        need(write(fd, text, (size_t)len) == len && hears(fd, "\r\n\r\n"), "PUT");
        samples[i] = time_monotonic() - begun;
        begun = time_monotonic();
        for (unsigned k = 0; heard && k < options.streams; k++)
            need(hears(ears[k], id), "event");
        last[i] = time_monotonic() - begun;
    }
    close(fd);
    qsort(samples, options.writes, sizeof(Time), by_time);
    qsort(last, options.writes, sizeof(Time), by_time);
    printf("%s: a PUT takes %.1f ms, p95 %.1f ms", what, (double)samples[options.writes / 2] / 1000,
           (double)samples[options.writes * 95 / 100] / 1000);
    if (heard)
        printf("; all %u have heard after %.0f ms, p95 %.0f ms", options.streams,
               (double)last[options.writes / 2] / 1000,
               (double)last[options.writes * 95 / 100] / 1000);
    printf("\n");
}

static void read_options(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        Str name = str_of(argv[i]);
        if (str_eq(name, STR("--folder")))
            options.folder = argv[i + 1];
        else if (str_eq(name, STR("--streams")))
            options.streams = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (str_eq(name, STR("--writes")))
            options.writes = (unsigned)strtoul(argv[i + 1], NULL, 10);
    }
    if (options.folder && options.streams <= STREAMS_MAX && options.writes <= WRITES_MAX)
        return;
    fprintf(stderr, "live_bench --folder DIR [--streams N] [--writes N]\n");
    exit(2);
}

static void serve(Arena *forever)
{
    Store *store;
    AccessGrant grant = {
        .account = STR("bench"), .role = STR("program"), .may_write = true, .everything = true};
    program = access_grant(forever, &grant);
    StoreOptions where = {.address = arena_format(forever, "%s/live.db", options.folder),
                          .passphrase = STR("bench bench bench")};
    need(store_create(&cx, &where) == STATUS_OK, "create");
    need(store_open(&cx, &where, &store) == STATUS_OK, "open");
    RecordOptions how = {.client_ids = true, .base = STR("http://bench/fhir")};
    need(record_new(&cx, store, program, &how, &record) == STATUS_OK, "record");
    need(auth_new(&cx, store, NULL, &auth) == STATUS_OK, "auth");
    HttpOptions served = {.address = STR("127.0.0.1"), .threads = 2};
    need(http_start(&cx, &served, record, auth, &http) == STATUS_OK, "serve");
}

int main(int argc, char **argv)
{
    struct rlimit files;
    Arena *forever = arena_new((size_t)16 << 20, false);
    cx.arena = arena_new((size_t)512 << 20, false);
    read_options(argc, argv);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    serve(forever);
    make_people();
    make_accounts(forever);
    Str writer;
    AuthToken wanted = {.label = STR("writer"), .may_write = true};
    need(auth_token_create(auth, &cx, auth_operator(forever), &wanted, 1, &writer) == STATUS_OK,
         "token");
    tokens[TOKENS - 1] = writer;
    write_all("p1", false, "no streams");
    long before = resident();
    open_streams();
    printf("%u streams: %.1f KB each\n", options.streams,
           (double)(resident() - before) / 1024 / options.streams);
    write_all("p2", false, "of a patient whom nobody sees");
    write_all("p1", true, "of one whom all see");
    Time begun = time_monotonic();
    bool stopped = http_stop(http, 0, 10);
    printf("stopped %s after %.0f ms\n", stopped ? "in order" : "by force",
           (double)(time_monotonic() - begun) / 1000);
    return 0;
}

/* rights_bench - how long it takes to work out what a person with many links may see.
 *
 *   rights_bench --folder DIR [--links 2000] [--patients 4000] [--rounds 9] [--wall yes]
 *                [--owner CONNINFO --store CONNINFO]
 *
 * Makes a store in DIR (an existing one is used as it is): patients, each with a consent, as many
 * as --links linked with one GP, evenly among the others, who are linked with somebody else. Prints
 * the CPU time of one question about his rights, median of the rounds: right after the store was
 * opened, with nothing remembered; the next one with a book that remembers nothing (rows are in
 * memory by then); after one link has changed; after a start, when a book has read everything
 * (rights_fill), and how long that took. With --wall the time that passes; with --store a new
 * store in an empty database, as tests/support/with_postgres has one. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "access/grant.h"
#include "crypto/crypto.h"
#include "record/record.h"
#include "rights/rights.h"

enum { ROUNDS_MAX = 99, AT_ONCE = 200 };

static struct {
    const char *folder, *owner, *store;
    unsigned links, patients, rounds;
    bool wall;
} options = {NULL, NULL, NULL, 2000, 0, 9, false};

static Ctx cx;
static Store *store;
static Record *record;
static const Access *program;

static void need(Status status, const char *what)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "rights_bench: %s: %s\n", what, cx.issues ? cx.issues->diagnostics.at : "-");
    exit(1);
}

static void clear(void)
{
    arena_clear(cx.arena);
    cx = (Ctx){.arena = cx.arena};
}

/* ---- the store --------------------------------------------------------------------------------
 */

static void add_put(Buf *buf, const char *type, const char *id, const char *more)
{
    buf_format(buf,
               "%s{\"request\":{\"method\":\"PUT\",\"url\":\"%s/%s\"},\"resource\":{"
               "\"resourceType\":\"%s\",\"id\":\"%s\"%s}}",
               buf->at[buf->len - 1] == '[' ? "" : ",", type, id, type, id, more);
}

static void add_patient(Buf *buf, unsigned number)
{
    char id[40], more[900];
    snprintf(id, sizeof(id), "01jd0000-0000-4000-8000-%08u", number);
    add_put(buf, "Patient", id, ",\"birthDate\":\"1970-01-01\"");
    snprintf(more, sizeof(more),
             ",\"status\":\"active\",\"category\":[{\"coding\":[{\"system\":\"urn:aceso:link\","
             "\"code\":\"own-gp\"}]}],\"subject\":{\"reference\":\"Patient/%s\"},\"period\":{"
             "\"start\":\"2026-01-01\",\"end\":\"2099-01-01\"},\"participant\":[{\"member\":{"
             "\"reference\":\"Practitioner/%s\"}}]",
             id, number % (options.patients / options.links) == 1 ? "bench" : "other");
    add_put(buf, "CareTeam", id, more);
    snprintf(
        more, sizeof(more),
        ",\"status\":\"active\",\"scope\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/"
        "CodeSystem/consentscope\",\"code\":\"patient-privacy\"}]},\"category\":[{\"coding\":[{"
        "\"system\":\"urn:aceso:consent\",\"code\":\"network\"}]}],\"patient\":{\"reference\":"
        "\"Patient/%s\"},\"policyRule\":{\"text\":\"network\"},\"provision\":{\"type\":"
        "\"permit\"}",
        id);
    add_put(buf, "Consent", id, more);
}

static void write_bundle(Buf *buf)
{
    Reply reply;
    Call call = {.access = program, .base = STR("http://bench/fhir"), .address = STR("local")};
    call.if_match = call.if_none_match = call.if_modified_since = call.if_none_exist = STR_EMPTY;
    call.prefer = call.query = STR_EMPTY;
    buf_add_lit(buf, "]}");
    need(buf_done(buf), "bundle");
    char *body = arena_alloc(cx.arena, buf->len + JSON_PADDING);
    memcpy(body, buf->at, buf->len);
    (void)record_bundle(record, &cx, &call, (Body){body, buf->len}, &reply);
    need(record_finish(record, &cx, &call, &reply), "writing");
}

static void fill(void)
{
    for (unsigned from = 0; from < options.patients; from += AT_ONCE) {
        Buf buf;
        buf_init(&buf, cx.arena, 1 << 20, 8 << 20);
        buf_add_lit(&buf, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
        for (unsigned i = from; i < from + AT_ONCE && i < options.patients; i++)
            add_patient(&buf, i);
        write_bundle(&buf);
        clear();
    }
}

static void open_store(bool make)
{
    static uint8_t key[32] = {7};
    StoreOptions how = {.address = arena_format(cx.arena, "%s/store", options.folder),
                        .key_bytes = str_n((const char *)key, sizeof(key))};
    RecordOptions as = {.client_ids = true, .base = STR("http://bench/fhir")};
    StoreOptions first = how;
    if (options.store) {
        how.address = arena_format(cx.arena, "postgres:%s", options.store);
        first.address = arena_format(cx.arena, "postgres:%s", options.owner);
        first.role = STR("aceso_app");
    }
    need(crypto_init(&cx), "crypto");
    if (make)
        need(store_create(&cx, &first), "making the store");
    need(store_open(&cx, &how, &store), "opening the store");
    need(record_new(&cx, store, program, &as, &record), "record");
    clear();
}

static void close_store(void)
{
    record_free(record);
    store_close(store);
}

/* ---- asking -----------------------------------------------------------------------------------
 */

static double clock_ms(void)
{
    struct timespec now;
    clock_gettime(options.wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double ask(RightsBook *book, Arena *forever, unsigned *ret_links)
{
    AccessGrant grant = {.account = STR("bench"),
                         .role = STR("gp"),
                         .reference = STR("Practitioner/bench"),
                         .may_write = true};
    const Access *gp = access_grant(forever, &grant);
    StoreReader *reader;
    need(store_read_begin(store, &cx, program, &reader), "reading");
    double begin = clock_ms();
    need(rights_on(book, &cx, reader, &gp), "rights");
    double took = clock_ms() - begin;
    *ret_links = (unsigned)access_rights(gp)->link_count;
    store_read_end(reader);
    clear();
    return took;
}

static double read_all(RightsBook *book)
{
    double begin = clock_ms();
    need(rights_fill(book), "reading all");
    return clock_ms() - begin;
}

static RightsBook *new_book(void)
{
    RightsBook *book;
    need(rights_book_new(&cx, store, record_index(record), program, NULL, &book), "book");
    return book;
}

static void change_a_link(void)
{
    Buf buf;
    buf_init(&buf, cx.arena, 1 << 16, 1 << 20);
    buf_add_lit(&buf, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
    add_patient(&buf, 1);
    write_bundle(&buf);
    clear();
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *of)
{
    qsort(of, options.rounds, sizeof(double), by_size);
    return of[options.rounds / 2];
}

static void run(Arena *forever)
{
    static double first[ROUNDS_MAX], next[ROUNDS_MAX], changed[ROUNDS_MAX];
    static double read[ROUNDS_MAX], filled[ROUNDS_MAX];
    unsigned links = 0;
    RightsStats stats = {.gist_bytes = 0};
    for (unsigned i = 0; i < options.rounds; i++) {
        open_store(false);
        RightsBook *book = new_book();
        first[i] = ask(book, forever, &links);
        rights_book_free(book);
        book = new_book();
        next[i] = ask(book, forever, &links);
        change_a_link();
        changed[i] = ask(book, forever, &links);
        rights_book_free(book);
        close_store();
        open_store(false);
        book = new_book();
        read[i] = read_all(book);
        filled[i] = ask(book, forever, &links);
        rights_stats(book, &stats);
        rights_book_free(book);
        close_store();
    }
    printf("%u links: %.1f ms after a start, %.1f ms anew, %.1f ms after a change of one\n", links,
           median(first), median(next), median(changed));
    printf("%u patients: %.1f ms after a start when all was read, which took %.0f ms and %zu KB\n",
           options.patients, median(filled), median(read), stats.gist_bytes >> 10);
}

static bool read_options(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t number = 0;
        if (!strcmp(argv[i], "--folder"))
            options.folder = argv[i + 1];
        else if (!strcmp(argv[i], "--owner"))
            options.owner = argv[i + 1];
        else if (!strcmp(argv[i], "--store"))
            options.store = argv[i + 1];
        else if (!strcmp(argv[i], "--wall"))
            options.wall = !strcmp(argv[i + 1], "yes");
        else if (!str_to_u64(str_of(argv[i + 1]), &number) || !number)
            return false;
        else if (!strcmp(argv[i], "--links"))
            options.links = (unsigned)number;
        else if (!strcmp(argv[i], "--patients"))
            options.patients = (unsigned)number;
        else if (!strcmp(argv[i], "--rounds") && number <= ROUNDS_MAX)
            options.rounds = (unsigned)number;
        else
            return false;
    }
    if (!options.patients)
        options.patients = 2 * options.links;
    return options.folder && argc % 2 && !options.owner == !options.store &&
           options.patients >= 2 * options.links;
}

int main(int argc, char **argv)
{
    if (!read_options(argc, argv)) {
        fprintf(stderr, "rights_bench --folder DIR [--links N] [--patients N] [--rounds N]\n");
        return 2;
    }
    Arena *forever = arena_new((size_t)64 << 20, false);
    cx.arena = arena_new((size_t)1 << 30, false);
    AccessGrant all = {
        .account = STR("bench"), .role = STR("operator"), .may_write = true, .everything = true};
    program = access_grant(forever, &all);
    char path[1024];
    snprintf(path, sizeof(path), "%s/store", options.folder);
    FILE *there = options.store ? NULL : fopen(path, "rb");
    if (there) {
        fclose(there);
    } else {
        open_store(true);
        fill();
        close_store();
    }
    run(forever);
    arena_free(cx.arena);
    arena_free(forever);
    return 0;
}

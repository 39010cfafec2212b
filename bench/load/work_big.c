/* load/work_big.c - one transaction of 25,000 entries and some 70 MB, like the records of
 * the sickest: what it takes of the server, and what the others notice of it. */
#include <stdio.h>

#include "load/bench.h"
#include "load/scan.h"
#include "base/base.h"

enum { READERS = 16, PRACTITIONERS = 20, ORGANIZATIONS = 10 };

typedef struct {
    Work work;
    Str body;
    size_t entries;
    bool sent, done;
} Big;

typedef struct {
    Arena *arena;
    Rng *rng;
    Buf body;
    size_t entries;
    Fill fill;
} Making;

/* Adds one entry and returns what others refer to it by. */
static Str add(Making *making, TemplateKind kind)
{
    char text[TEMPLATE_URN_LEN];
    Str urn = arena_str(making->arena, template_urn(making->rng, text));
    if (making->entries++)
        buf_add_char(&making->body, ',');
    template_entry(kind, urn, &making->fill, &making->body);
    return urn;
}

/* One visit: ten entries of about 28 KB in all. */
static void add_visit(Making *making)
{
    static const TemplateKind after[] = {
        TEMPLATE_CONDITION,         TEMPLATE_OBSERVATION, TEMPLATE_OBSERVATION,
        TEMPLATE_OBSERVATION,       TEMPLATE_OBSERVATION, TEMPLATE_MEDICATION_REQUEST,
        TEMPLATE_DIAGNOSTIC_REPORT, TEMPLATE_CLAIM,       TEMPLATE_EXPLANATION_OF_BENEFIT,
    };
    making->fill.encounter = STR_EMPTY;
    making->fill.encounter = add(making, TEMPLATE_ENCOUNTER);
    for (size_t i = 0; i < COUNT_OF(after); i++)
        add(making, after[i]);
}

static Str make_bundle(Bench *bench, size_t entries, size_t *ret_entries)
{
    Making making = {.arena = bench_scratch(), .rng = &bench->rng};
    Str organizations[ORGANIZATIONS], practitioners[PRACTITIONERS];
    buf_init(&making.body, making.arena, entries * 3500 + 65536, (size_t)2 << 30);
    making.fill.rng = &bench->rng;
    buf_add_lit(&making.body, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
    for (unsigned i = 0; i < ORGANIZATIONS; i++)
        organizations[i] = add(&making, TEMPLATE_ORGANIZATION);
    for (unsigned i = 0; i < PRACTITIONERS; i++)
        practitioners[i] = add(&making, TEMPLATE_PRACTITIONER);
    making.fill.patient = add(&making, TEMPLATE_PATIENT);
    while (making.entries < entries) {
        making.fill.organization = organizations[rng_below(&bench->rng, ORGANIZATIONS)];
        making.fill.practitioner = practitioners[rng_below(&bench->rng, PRACTITIONERS)];
        add_visit(&making);
    }
    buf_add_lit(&making.body, "]}");
    if (buf_done(&making.body) != STATUS_OK)
        load_fail("no memory for a bundle of %zu entries", entries);
    *ret_entries = making.entries;
    return buf_str(&making.body);
}

static bool big_next(Work *work, Conn *conn)
{
    Big *big = (Big *)work;
    if (big->sent)
        return false;
    big->sent = true;
    request_body(conn);
    conn->tail = big->body;
    request_send(conn, "POST", STR_EMPTY, STR_EMPTY);
    return true;
}

static const char *big_check(Work *work, Conn *conn, const Answer *answer)
{
    Big *big = (Big *)work;
    UNUSED(conn);
    big->done = true;
    if (answer->status != 200)
        return "the large transaction was not answered with 200";
    BundleScan scan;
    BundleEntry entry;
    size_t good = 0;
    bundle_scan_init(&scan, answer->body);
    while (bundle_scan_next(&scan, &entry))
        good += str_has_prefix(entry.status, STR("201"));
    work->meter.resources = good;
    return good == big->entries ? NULL
                                : "the large transaction did not answer every entry with 201";
}

static void run_beside_readers(Bench *bench, Big *big, ReadWork *read)
{
    Time pace = bench_pace(bench, &read->work, READERS);
    Arena *scratch = bench_scratch();
    Loop loop;
    loop_init(&loop, scratch, &bench->target, READERS + 1, (Time)(bench->options.timeout * 1e6));
    loop_add(&loop, &read->work, READERS);
    loop_run(&loop, time_monotonic() + TIME_SECOND);
    read->work.meter = (Meter){.pace = pace};
    read->stop = &big->done;
    loop_add(&loop, &big->work, 1);
    Row row = {.work = "big-beside",
               .connections = READERS,
               .meter = &read->work.meter,
               .before = process_sample(bench->options.pid),
               .own_before = process_sample(0)};
    Time from = time_monotonic();
    loop_run(&loop, 0);
    row.seconds = (double)(time_monotonic() - from) / 1e6;
    row.after = process_sample(bench->options.pid);
    row.own_after = process_sample(0);
    row_print(bench, &row);
    row.work = "big";
    row.connections = 1;
    row.meter = &big->work.meter;
    row_print(bench, &row);
    loop_clear(&loop);
    arena_free(scratch);
}

void work_big(Bench *bench)
{
    static Big big;
    static ReadWork read;
    Ids ids;
    bench_ids(bench, &ids);
    size_t entries;
    Str body = make_bundle(bench, bench->options.entries, &entries);
    double mb = (double)body.len / 1048576;
    big = (Big){.work = {big_next, big_check, {0}}, .body = body, .entries = entries};
    read_work_init(&read, &ids, &bench->rng);
    bench_timed(bench, "big-without", &read.work, READERS);

    bool peak = bench->options.pid && process_reset_peak(bench->options.pid);
    Process before = process_sample(bench->options.pid);
    run_beside_readers(bench, &big, &read);
    Process after = process_sample(bench->options.pid);
    printf("big: %zu entries, %.1f MB, answered in %.2f s", entries, mb,
           (double)big.work.meter.max / 1e6);
    if (peak) {
        double times = (after.resident_peak_mb - before.resident_mb) / mb;
        printf("; the server grew from %.0f MB to at most %.0f MB: %.2f times its size",
               before.resident_mb, after.resident_peak_mb, times);
        report_figure(bench, "big", "memory_times_size", times);
    }
    printf("\n");
    report_figure(bench, "big", "bytes", (double)body.len);
}

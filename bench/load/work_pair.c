/* load/work_pair.c - a transaction of one Patient and one Observation that refers to it.
 * SPEC R4 http.html#transaction */
#include "load/bench.h"
#include "load/scan.h"
#include "base/base.h"

typedef struct {
    Work work;
    Rng *rng;
    Str practitioner;
} Pair;

static bool pair_next(Work *work, Conn *conn)
{
    Pair *pair = (Pair *)work;
    char patient[TEMPLATE_URN_LEN], observation[TEMPLATE_URN_LEN];
    Fill fill = {.rng = pair->rng,
                 .patient = template_urn(pair->rng, patient),
                 .practitioner = pair->practitioner};
    Buf *body = request_body(conn);
    buf_add_lit(body, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
    template_entry(TEMPLATE_PATIENT, fill.patient, &fill, body);
    buf_add_char(body, ',');
    template_entry(TEMPLATE_OBSERVATION, template_urn(pair->rng, observation), &fill, body);
    buf_add_lit(body, "]}");
    request_send(conn, "POST", STR_EMPTY, STR_EMPTY);
    return true;
}

static const char *pair_check(Work *work, Conn *conn, const Answer *answer)
{
    UNUSED(conn);
    BundleScan scan;
    BundleEntry entry;
    unsigned good = 0;
    if (answer->status != 200)
        return "a transaction was not answered with 200";
    bundle_scan_init(&scan, answer->body);
    while (bundle_scan_next(&scan, &entry))
        good += str_has_prefix(entry.status, STR("201"));
    work->meter.resources += good;
    return good == 2 ? NULL : "a transaction did not answer both entries with 201";
}

/* The one resource that the observations refer to and that is not in the bundle. */
static Str make_practitioner(Bench *bench)
{
    Buf body;
    Answer answer;
    Str type, id;
    Fill fill = {.rng = &bench->rng};
    buf_init(&body, bench->arena, 4096, 64 * 1024);
    template_fill(TEMPLATE_PRACTITIONER, &fill, &body);
    if (!client_fetch(&bench->target, bench->arena, "POST", bench_path(bench, "/Practitioner"),
                      buf_str(&body), &answer) ||
        answer.status != 201 || !ids_split_location(answer.location, &type, &id))
        load_fail("a Practitioner could not be made (status %u)", answer.status);
    return arena_format(bench->arena, "Practitioner/" STR_FMT, STR_ARG(id));
}

void work_pair(Bench *bench)
{
    static Pair pair;
    pair = (Pair){.work = {pair_next, pair_check, {0}}, .rng = &bench->rng};
    pair.practitioner = make_practitioner(bench);
    for (unsigned i = 0; i < bench->options.connection_counts; i++)
        bench_timed(bench, "pair", &pair.work, bench->options.connections[i]);
}

/* http/metrics.c - counters and their Prometheus text. */
#include "http/metrics.h"

static const Time bounds[METRICS_BOUNDS] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 100000, 500000, 2500000, 10000000,
};

void metrics_count(Metrics *metrics, size_t row, unsigned http_status, Time took)
{
    size_t digit = http_status / 100;
    size_t bound = 0;
    assert(row < METRICS_ROWS_MAX && digit >= 1 && digit <= METRICS_STATUSES);
    while (bound < METRICS_BOUNDS && took > bounds[bound])
        bound++;
    atomic_fetch_add_explicit(&metrics->rows[row].by_status[digit - 1], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metrics->rows[row].by_bound[bound], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metrics->rows[row].microseconds, (uint_fast64_t)took,
                              memory_order_relaxed);
}

static uint64_t load(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit((atomic_uint_fast64_t *)(uintptr_t)counter, memory_order_relaxed);
}

static void write_statuses(const Metrics *metrics, const MetricsRow *names, size_t count, Buf *out)
{
    buf_add_lit(out, "# HELP aceso_requests_total Answered requests.\n"
                     "# TYPE aceso_requests_total counter\n");
    for (size_t row = 0; row < count; row++) {
        for (unsigned digit = 0; digit < METRICS_STATUSES; digit++) {
            uint64_t value = load(&metrics->rows[row].by_status[digit]);
            if (value)
                buf_format(out,
                           "aceso_requests_total{method=\"" STR_FMT "\",route=\"" STR_FMT
                           "\",status=\"%uxx\"} %llu\n",
                           STR_ARG(names[row].method), STR_ARG(names[row].pattern), digit + 1,
                           (unsigned long long)value);
        }
    }
}

static void write_histogram(const Metrics *metrics, MetricsRow name, size_t row, Buf *out)
{
    uint64_t sum = 0;
    char labels[160];
    snprintf(labels, sizeof(labels), "method=\"" STR_FMT "\",route=\"" STR_FMT "\"",
             STR_ARG(name.method), STR_ARG(name.pattern));
    for (size_t i = 0; i <= METRICS_BOUNDS; i++)
        sum += load(&metrics->rows[row].by_bound[i]);
    if (!sum)
        return;
    sum = 0;
    for (size_t i = 0; i < METRICS_BOUNDS; i++) {
        sum += load(&metrics->rows[row].by_bound[i]);
        buf_format(out, "aceso_request_seconds_bucket{%s,le=\"%g\"} %llu\n", labels,
                   (double)bounds[i] / 1e6, (unsigned long long)sum);
    }
    sum += load(&metrics->rows[row].by_bound[METRICS_BOUNDS]);
    buf_format(out, "aceso_request_seconds_bucket{%s,le=\"+Inf\"} %llu\n", labels,
               (unsigned long long)sum);
    buf_format(out, "aceso_request_seconds_sum{%s} %.6f\n", labels,
               (double)load(&metrics->rows[row].microseconds) / 1e6);
    buf_format(out, "aceso_request_seconds_count{%s} %llu\n", labels, (unsigned long long)sum);
}

void metrics_write(const Metrics *metrics, const MetricsRow *names, size_t count, Buf *out)
{
    write_statuses(metrics, names, count, out);
    buf_add_lit(out, "# HELP aceso_request_seconds Time from request line to answer.\n"
                     "# TYPE aceso_request_seconds histogram\n");
    for (size_t row = 0; row < count; row++)
        write_histogram(metrics, names[row], row, out);
    buf_format(out,
               "# HELP aceso_start_time_seconds When the server started.\n"
               "# TYPE aceso_start_time_seconds gauge\naceso_start_time_seconds %lld\n",
               (long long)(metrics->started / TIME_SECOND));
}

typedef struct {
    const char *name, *kind, *help;
    uint64_t value;
} MetricsLine;

static void write_lines(const MetricsLine *lines, size_t count, Buf *out)
{
    for (size_t i = 0; i < count; i++)
        buf_format(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", lines[i].name, lines[i].help,
                   lines[i].name, lines[i].kind, lines[i].name, (unsigned long long)lines[i].value);
}

void metrics_write_cache(Cache *cache, Buf *out)
{
    CacheStats s;
    if (!cache)
        return;
    cache_stats(cache, &s);
    const MetricsLine lines[] = {
        {"aceso_redis_up", "gauge", "1 while Redis is asked, 0 while the circuit is open.",
         s.state == CACHE_UP},
        {"aceso_redis_listening", "gauge", "1 while messages of other nodes are heard.",
         s.listening},
        {"aceso_redis_damaged_total", "counter", "Messages that did not open.", s.damaged},
        {"aceso_redis_counts_total", "counter", "Counters sent.", s.counts},
        {"aceso_redis_published_total", "counter", "Messages sent.", s.published},
        {"aceso_redis_heard_total", "counter", "Messages heard.", s.heard},
        {"aceso_redis_dropped_total", "counter", "What was to be sent and could not be.",
         s.dropped},
        {"aceso_redis_slow_total", "counter", "Answers that came too late.", s.slow},
        {"aceso_redis_opened_total", "counter", "How often the circuit opened.", s.opened},
    };
    write_lines(lines, COUNT_OF(lines), out);
}

void metrics_write_limits(const Limits *accounts, const Limits *addresses, Buf *out)
{
    if (!accounts && !addresses)
        return;
    buf_format(out,
               "# HELP aceso_limited_requests_total Requests refused with 429.\n"
               "# TYPE aceso_limited_requests_total counter\n"
               "aceso_limited_requests_total{by=\"account\"} %llu\n"
               "aceso_limited_requests_total{by=\"address\"} %llu\n",
               (unsigned long long)limits_refused(accounts),
               (unsigned long long)limits_refused(addresses));
}

void metrics_write_store(const StoreStats *stats, Buf *out)
{
    const MetricsLine lines[] = {
        {"aceso_store_resources", "gauge", "Resources in the store.", stats->resources},
        {"aceso_store_changes_total", "counter", "Versions in the store.", stats->changes},
        {"aceso_store_audits_total", "counter", "Audit entries in the store.", stats->audits},
        {"aceso_store_commits_total", "counter", "Commits since the start.", stats->commits},
        {"aceso_store_groups_total", "counter", "Group commits since the start.", stats->groups},
        {"aceso_store_file_bytes", "gauge", "Size of the store file.", stats->file_bytes},
        {"aceso_store_wal_bytes", "gauge", "Size of its write-ahead log.", stats->wal_bytes},
        {"aceso_store_memory_keys", "gauge", "Index keys not yet merged.", stats->memory_keys},
        {"aceso_store_merges_total", "counter", "Merged slices since the start.", stats->merges},
    };
    write_lines(lines, COUNT_OF(lines), out);
}

static void write_job_states(Jobs *jobs, Buf *out)
{
    StoreJobStats stats = jobs_store_stats(jobs);
    Time age = stats.oldest ? time_now() - stats.oldest : 0;
    buf_format(out,
               "# HELP aceso_jobs Jobs in the store, by state.\n# TYPE aceso_jobs gauge\n"
               "aceso_jobs{state=\"waiting\"} %llu\naceso_jobs{state=\"running\"} %llu\n"
               "aceso_jobs{state=\"dead\"} %llu\n"
               "# HELP aceso_jobs_late_seconds How long the first job that is due has waited.\n"
               "# TYPE aceso_jobs_late_seconds gauge\naceso_jobs_late_seconds %lld\n",
               (unsigned long long)stats.waiting, (unsigned long long)stats.running,
               (unsigned long long)stats.dead, (long long)((age > 0 ? age : 0) / TIME_SECOND));
}

static void write_job_tries(const JobsFigures *figures, Buf *out)
{
    const struct {
        const char *outcome;
        uint64_t count;
    } rows[] = {{"done", figures->done},
                {"failed", figures->failed},
                {"dead", figures->dead},
                {"lost", figures->lost}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        buf_format(out, "aceso_job_tries_total{kind=\"%s\",outcome=\"%s\"} %llu\n", figures->kind,
                   rows[i].outcome, (unsigned long long)rows[i].count);
}

void metrics_write_jobs(Jobs *jobs, Buf *out)
{
    size_t count = jobs_kind_count(jobs);
    write_job_states(jobs, out);
    buf_add_lit(out, "# HELP aceso_job_tries_total Tries of jobs in this process.\n"
                     "# TYPE aceso_job_tries_total counter\n");
    for (size_t i = 0; i < count; i++) {
        JobsFigures figures = jobs_figures(jobs, i);
        write_job_tries(&figures, out);
    }
    buf_add_lit(out, "# HELP aceso_job_seconds_total Time that tries of jobs took.\n"
                     "# TYPE aceso_job_seconds_total counter\n");
    for (size_t i = 0; i < count; i++) {
        JobsFigures figures = jobs_figures(jobs, i);
        buf_format(out, "aceso_job_seconds_total{kind=\"%s\"} %.6f\n", figures.kind,
                   (double)figures.microseconds / 1e6);
    }
    buf_add_lit(out,
                "# HELP aceso_job_last_done_seconds When a job of the kind was last done here; "
                "0: not since the start.\n# TYPE aceso_job_last_done_seconds gauge\n");
    for (size_t i = 0; i < count; i++) {
        JobsFigures figures = jobs_figures(jobs, i);
        buf_format(out, "aceso_job_last_done_seconds{kind=\"%s\"} %lld\n", figures.kind,
                   (long long)(figures.last_done / TIME_SECOND));
    }
}

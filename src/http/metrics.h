/* http/metrics.h - counts of what was served: by route and status, never by person. */
#ifndef ACESO_HTTP_METRICS_H
#define ACESO_HTTP_METRICS_H

#include <stdatomic.h>

#include "base/base.h"
#include "cache/limit.h"
#include "jobs/jobs.h"
#include "store/store.h"

enum { METRICS_ROWS_MAX = 128, METRICS_STATUSES = 5, METRICS_BOUNDS = 12 };

typedef struct {
    /* One row per route, one more for what has none; 1xx..5xx by first digit. */
    struct {
        atomic_uint_fast64_t by_status[METRICS_STATUSES];
        atomic_uint_fast64_t by_bound[METRICS_BOUNDS + 1]; /* not cumulated */
        atomic_uint_fast64_t microseconds;
    } rows[METRICS_ROWS_MAX];
    Time started; /* wall clock */
} Metrics;

void metrics_count(Metrics *metrics, size_t row, unsigned http_status, Time took);

/* SPEC Prometheus text exposition format 0.0.4 */
typedef struct {
    Str method, pattern;
} MetricsRow;
void metrics_write(const Metrics *metrics, const MetricsRow *names, size_t count, Buf *out);
/* Nothing when there is none. */
void metrics_write_cache(Cache *cache, Buf *out);
void metrics_write_limits(const Limits *accounts, const Limits *addresses, Buf *out);
void metrics_write_store(const StoreStats *stats, Buf *out);
void metrics_write_jobs(Jobs *jobs, Buf *out);

#endif

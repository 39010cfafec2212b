/* load/meter.h - counts requests and the time each took.
 *
 * Latencies fall into buckets of about 1.6 % width (64 to the power of two), so that
 * a percentile costs a fixed 16 KB whatever the number of requests. */
#ifndef LOAD_METER_H
#define LOAD_METER_H

#include "base/buf.h"
#include "base/clock.h"

enum { METER_STEPS = 64, METER_BUCKETS = METER_STEPS * 40 };

typedef struct {
    uint64_t requests;
    uint64_t resources; /* created or returned, where a request holds several */
    uint64_t errors;
    Time max;
    /* Not 0: how often a caller would come by itself. A wait that is longer than this has
     * kept the callers away that would have come meanwhile; they are counted as if they
     * had waited for the rest of it. Otherwise one stall of all is one slow request each. */
    Time pace;
    uint64_t samples; /* in the buckets: the requests, and those kept away */
    uint64_t buckets[METER_BUCKETS];
} Meter;

void meter_add(Meter *meter, Time took);

/* The time that `share` (0..1) of the samples stayed below. */
Time meter_percentile(const Meter *meter, double share);

/* What the kernel says of a process; zeroes for a process that is not there. */
typedef struct {
    double cpu_seconds;
    double resident_mb;
    double resident_peak_mb;
} Process;

/* pid 0 = this process. */
Process process_sample(int pid);

/* The CPU seconds of a process and of all its children, those that have ended too. */
double process_family_seconds(int pid);

/* Starts the peak of resident memory anew; false where the kernel refuses. */
bool process_reset_peak(int pid);

#endif

/* load/meter.c - latencies in buckets, processes in figures. */
#include "load/meter.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base.h"

/* Below 128 us a bucket is one microsecond; above, 64 buckets to each power of two:
 * 1000 us >> 3 = 125, shift 3, so bucket 3 * 64 + 125 = 317 holds 1000..1007. */
static unsigned bucket_of(Time took)
{
    uint64_t us = took > 0 ? (uint64_t)took : 0;
    if (us < METER_STEPS)
        return (unsigned)us;
    unsigned shift = 63u - (unsigned)__builtin_clzll(us) - 6u;
    unsigned bucket = shift * METER_STEPS + (unsigned)(us >> shift);
    return bucket < METER_BUCKETS ? bucket : METER_BUCKETS - 1;
}

/* The smallest time that falls into the bucket above this one. */
static Time bucket_end(unsigned bucket)
{
    if (bucket < METER_STEPS)
        return (Time)bucket + 1;
    unsigned shift = bucket / METER_STEPS - 1;
    return (Time)((uint64_t)(bucket - shift * METER_STEPS + 1) << shift);
}

void meter_add(Meter *meter, Time took)
{
    meter->requests++;
    meter->samples++;
    meter->buckets[bucket_of(took)]++;
    for (Time rest = took - meter->pace; meter->pace > 0 && rest > meter->pace;
         rest -= meter->pace) {
        meter->samples++;
        meter->buckets[bucket_of(rest)]++;
    }
    if (took > meter->max)
        meter->max = took;
}

Time meter_percentile(const Meter *meter, double share)
{
    uint64_t below = (uint64_t)((double)meter->samples * share);
    uint64_t seen = 0;
    for (unsigned i = 0; i < METER_BUCKETS; i++) {
        seen += meter->buckets[i];
        if (seen > below)
            return bucket_end(i) < meter->max ? bucket_end(i) : meter->max;
    }
    return meter->max;
}

static Str read_proc(int pid, const char *file, char *text, size_t room)
{
    char path[64];
    if (pid)
        snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    else
        snprintf(path, sizeof path, "/proc/self/%s", file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return STR_EMPTY;
    ssize_t got = read(fd, text, room - 1);
    close(fd);
    text[got > 0 ? got : 0] = 0;
    return str_n(text, got > 0 ? (size_t)got : 0);
}

/* "VmHWM:     12345 kB" */
static double status_mb(Str status, const char *name)
{
    const char *line = status.len ? strstr(status.at, name) : NULL;
    return line ? (double)strtoull(line + strlen(name), NULL, 10) / 1024 : 0;
}

Process process_sample(int pid)
{
    char text[4096];
    Process process = {0};
    Str stat = read_proc(pid, "stat", text, sizeof text);
    const char *after_name = stat.len ? strrchr(stat.at, ')') : NULL;
    unsigned long user = 0, system = 0;
    if (after_name && sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                             &user, &system) == 2)
        process.cpu_seconds = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    Str status = read_proc(pid, "status", text, sizeof text);
    process.resident_mb = status_mb(status, "VmRSS:");
    process.resident_peak_mb = status_mb(status, "VmHWM:");
    return process;
}

/* utime, stime, cutime and cstime of a process; those of ended children are in the latter. */
static double stat_seconds(int pid, bool with_ended)
{
    char text[1024];
    unsigned long user = 0, system = 0;
    long ended_user = 0, ended_system = 0;
    Str stat = read_proc(pid, "stat", text, sizeof text);
    const char *after_name = stat.len ? strrchr(stat.at, ')') : NULL;
    if (!after_name ||
        sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld",
               &user, &system, &ended_user, &ended_system) != 4)
        return 0;
    double ticks = (double)(user + system);
    if (with_ended)
        ticks += (double)(ended_user + ended_system);
    return ticks / (double)sysconf(_SC_CLK_TCK);
}

double process_family_seconds(int pid)
{
    char file[64], text[16384];
    double seconds = stat_seconds(pid, true);
    snprintf(file, sizeof file, "task/%d/children", pid);
    Str children = read_proc(pid, file, text, sizeof text);
    while (children.len) {
        uint64_t child;
        if (str_to_u64(str_cut(&children, ' '), &child) && child <= INT32_MAX)
            seconds += stat_seconds((int)child, false);
    }
    return seconds;
}

bool process_reset_peak(int pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/clear_refs", pid);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool done = write(fd, "5", 1) == 1;
    close(fd);
    return done;
}

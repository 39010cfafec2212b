/* load/bench.c - runs a work for its time and prints what came of it. */
#include "load/bench.h"

#include <stdio.h>

#include "base/base.h"

Arena *bench_scratch(void)
{
    Arena *arena = arena_new((size_t)8 << 30, false);
    if (!arena)
        load_fail("out of memory");
    return arena;
}

static double per_second(double count, double seconds)
{
    return seconds > 0 ? count / seconds : 0;
}

static double us_each(Process before, Process after, const Meter *meter)
{
    return meter->requests
               ? (after.cpu_seconds - before.cpu_seconds) * 1e6 / (double)meter->requests
               : 0;
}

/* Of the database, for each request. */
static double database_us(const Row *row)
{
    return row->meter->requests
               ? (row->database_after - row->database_before) * 1e6 / (double)row->meter->requests
               : 0;
}

static void print_headings(void)
{
    static bool done;
    if (!done)
        printf("%-16s %5s %8s %9s %9s %10s %9s %9s %9s %9s %9s %9s %7s %7s %7s\n", "work", "conns",
               "seconds", "requests", "req/s", "res/s", "p50 ms", "p99 ms", "max ms", "cpu us/rq",
               "db us/rq", "own us/rq", "RSS MB", "peak MB", "errors");
    done = true;
}

static void append_report(const Bench *bench, const Row *row)
{
    const char *work = row->work;
    char name[64];
    const Meter *meter = row->meter;
    snprintf(name, sizeof name, "%s.%u", work, row->connections);
    report_figure(bench, name, "requests_per_second",
                  per_second((double)meter->requests, row->seconds));
    report_figure(bench, name, "resources_per_second",
                  per_second((double)meter->resources, row->seconds));
    report_figure(bench, name, "requests", (double)meter->requests);
    report_figure(bench, name, "seconds", row->seconds);
    report_figure(bench, name, "p50_ms", (double)meter_percentile(meter, 0.5) / 1e3);
    report_figure(bench, name, "p99_ms", (double)meter_percentile(meter, 0.99) / 1e3);
    report_figure(bench, name, "max_ms", (double)meter->max / 1e3);
    report_figure(bench, name, "cpu_us", us_each(row->before, row->after, meter));
    report_figure(bench, name, "database_us", database_us(row));
    report_figure(bench, name, "resident_mb", row->after.resident_mb);
    report_figure(bench, name, "resident_peak_mb", row->after.resident_peak_mb);
    report_figure(bench, name, "errors", (double)meter->errors);
}

void report_figure(const Bench *bench, const char *work, const char *name, double value)
{
    if (!bench->options.report)
        return;
    FILE *file = fopen(bench->options.report, "ae");
    if (!file)
        load_fail("%s cannot be written", bench->options.report);
    fprintf(file, "%s.%s=%.6g\n", work, name, value);
    fclose(file);
}

void row_print(const Bench *bench, const Row *row)
{
    const Meter *meter = row->meter;
    print_headings();
    printf("%-16s %5u %8.2f %9llu %9.0f %10.0f %9.3f %9.3f %9.3f %9.1f %9.1f %9.1f %7.0f %7.0f "
           "%7llu\n",
           row->work, row->connections, row->seconds, (unsigned long long)meter->requests,
           per_second((double)meter->requests, row->seconds),
           per_second((double)meter->resources, row->seconds),
           (double)meter_percentile(meter, 0.5) / 1e3, (double)meter_percentile(meter, 0.99) / 1e3,
           (double)meter->max / 1e3, us_each(row->before, row->after, meter), database_us(row),
           us_each(row->own_before, row->own_after, meter), row->after.resident_mb,
           row->after.resident_peak_mb, (unsigned long long)meter->errors);
    fflush(stdout);
    append_report(bench, row);
}

static Process sample_server(const Bench *bench)
{
    return bench->options.pid ? process_sample(bench->options.pid) : (Process){0};
}

double bench_database_seconds(const Bench *bench)
{
    return bench->options.database ? process_family_seconds(bench->options.database) : 0;
}

static Time seconds(double count)
{
    return (Time)(count * (double)TIME_SECOND);
}

void bench_timed(Bench *bench, const char *label, Work *work, unsigned connections)
{
    Arena *scratch = bench_scratch();
    Loop loop;
    loop_init(&loop, scratch, &bench->target, connections, seconds(bench->options.timeout));
    loop_add(&loop, work, connections);
    if (bench->options.warmup > 0)
        loop_run(&loop, time_monotonic() + seconds(bench->options.warmup));
    work->meter = (Meter){0};
    Row row = {.work = label,
               .connections = connections,
               .meter = &work->meter,
               .before = sample_server(bench),
               .own_before = process_sample(0),
               .database_before = bench_database_seconds(bench)};
    Time from = time_monotonic();
    loop_run(&loop, from + seconds(bench->options.seconds));
    row.seconds = (double)(time_monotonic() - from) / 1e6;
    row.after = sample_server(bench);
    row.own_after = process_sample(0);
    row.database_after = bench_database_seconds(bench);
    row_print(bench, &row);
    loop_drain(&loop);
    loop_clear(&loop);
    arena_free(scratch);
}

Time bench_pace(const Bench *bench, const Work *work, unsigned connections)
{
    double all = bench->options.seconds * (double)connections;
    return work->meter.requests ? seconds(all / (double)work->meter.requests) : 0;
}

void bench_prepare(Bench *bench, Work *work, unsigned connections)
{
    Arena *scratch = bench_scratch();
    Loop loop;
    loop_init(&loop, scratch, &bench->target, connections, seconds(bench->options.timeout));
    loop_add(&loop, work, connections);
    loop_run(&loop, 0);
    loop_clear(&loop);
    arena_free(scratch);
    if (load_errors())
        load_fail("what the work needs beforehand could not be made");
}

void bench_ids(Bench *bench, Ids *ret_ids)
{
    const Options *options = &bench->options;
    ids_init(ret_ids, bench->arena);
    if (options->ids)
        ids_read_file(ret_ids, bench->arena, options->ids);
    else
        ids_harvest(ret_ids, &bench->target, options->types, options->ids_max);
    if (ret_ids->count == 0)
        load_fail("the server gave no ids: fill it first, or give --ids FILE");
    if (options->ids_out)
        ids_write_file(ret_ids, options->ids_out);
}

Str bench_path(Bench *bench, const char *path)
{
    return arena_format(bench->arena, STR_FMT "%s", STR_ARG(bench->target.path), path);
}

/* load/bench.h - what every workload stands on: options, target, rows of figures. */
#ifndef LOAD_BENCH_H
#define LOAD_BENCH_H

#include "load/client.h"
#include "load/ids.h"
#include "load/template.h"

enum { CONNECTION_COUNTS_MAX = 16 };

typedef struct {
    Str workload;
    Str base;
    Str headers;
    const char *token;
    bool insecure;
    unsigned connections[CONNECTION_COUNTS_MAX];
    unsigned connection_counts;
    double seconds, warmup;
    uint64_t seed;
    int pid;         /* the server's; 0 = its CPU and memory are not looked at */
    int database;    /* of the database behind it; 0 = there is none, or it is not looked at */
    const char *dir; /* import: where the bundles lie */
    unsigned copies; /* import: how often they are sent */
    const char *ids, *ids_out;
    size_t ids_max;
    Str types;
    const char *type;  /* create, update, delete: what of; default Observation */
    const char *about; /* create, update, delete: who is referred to; NULL = some are made */
    unsigned entries;  /* big */
    unsigned idle;     /* idle */
    unsigned pool;     /* update, delete, mix: resources made beforehand */
    size_t sample;     /* search: patients whose charts are looked into for values */
    Str shapes;        /* search: only these; empty = all */
    const char *report;
    Str health;
    double timeout;
    char **command; /* start: what follows "--" */
} Options;

/* Reads the arguments; on a mistake says which and ends the program. */
void options_read(Options *options, Arena *arena, int argc, char **argv);
void options_help(void);

typedef struct {
    Options options;
    Target target;
    Arena *arena; /* lives as long as the program */
    Rng rng;
} Bench;

/* One line of the table. */
typedef struct {
    const char *work;
    unsigned connections;
    double seconds;
    const Meter *meter;
    Process before, after; /* of the server */
    Process own_before, own_after;
    double database_before, database_after; /* CPU seconds */
} Row;

/* Prints the row, its headings before the first one; appends it to --report. */
void row_print(const Bench *bench, const Row *row);
/* Appends further figures to --report: "name=value". */
void report_figure(const Bench *bench, const char *work, const char *name, double value);

/* Runs the work on that many connections: --warmup seconds that do not count, --seconds
 * that do; then prints its row. Used up early when the work has no further request. */
void bench_timed(Bench *bench, const char *label, Work *work, unsigned connections);
/* CPU seconds of the database so far; 0 when there is none. */
double bench_database_seconds(const Bench *bench);
/* How often each of these connections came in the run that has just ended. */
Time bench_pace(const Bench *bench, const Work *work, unsigned connections);
/* Runs the work to its end, without a row; for what has to be there beforehand. */
void bench_prepare(Bench *bench, Work *work, unsigned connections);

/* A scratch arena for one row. */
Arena *bench_scratch(void);

/* The ids to read: --ids, or else harvested from the server. */
void bench_ids(Bench *bench, Ids *ret_ids);

/* "/fhir" + path + NUL */
Str bench_path(Bench *bench, const char *path);

/* The workloads. */
void work_import(Bench *bench);
void work_read(Bench *bench);
void work_create(Bench *bench);
void work_update(Bench *bench);
void work_delete(Bench *bench);
void work_mix(Bench *bench);
void work_pair(Bench *bench);
void work_search(Bench *bench);
void work_big(Bench *bench);
void work_start(Bench *bench);
void work_idle(Bench *bench);

/* A work that reads ids at random; for read itself and as the bystander of others. */
typedef struct {
    Work work;
    const Ids *ids;
    Rng *rng;
    const bool *stop; /* NULL, or asked before every request */
} ReadWork;
void read_work_init(ReadWork *read, const Ids *ids, Rng *rng);

#endif

/* load/options.c - the command line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "load/bench.h"
#include "base/base.h"

static const char help[] =
    "load WORKLOAD --base URL [options]\n"
    "\n"
    "Sends a workload to any FHIR R4 server and prints a row of figures. Exit status 1\n"
    "when an answer was not what it must be.\n"
    "\n"
    "  import   post the transaction bundles in --dir; every entry must be 2xx\n"
    "  read     read by id, uniformly random (--ids FILE, or ids asked from the server)\n"
    "  create   post single resources (--type, default Observation)\n"
    "  update   put new versions of resources made beforehand\n"
    "  delete   delete resources made beforehand\n"
    "  mix      10 % create, 60 % read, 25 % update, 5 % delete over nine types\n"
    "  pair     a transaction of one Patient and one Observation\n"
    "  search   one shape of search after another, with values that the server holds\n"
    "  big      one transaction of --entries entries while others read\n"
    "  start    -- COMMAND...: time until the server answers 200 on --health\n"
    "  idle     --idle N connections that say a byte a second, while others read\n"
    "\n"
    "  --base URL            http[s]://host:port/path of the FHIR server\n"
    "  --connections LIST    such as 1,16,64: a row for each (default 64; import 4)\n"
    "  --seconds S           measured (default 10)   --warmup S  before it (default 2)\n"
    "  --timeout S           for one answer (default 60)\n"
    "  --token TOKEN         Authorization: Bearer TOKEN (or environment LOAD_TOKEN)\n"
    "  --header 'Name: v'    any further header; may be repeated\n"
    "  --insecure            do not verify the server's certificate\n"
    "  --pid PID             the server's process: its CPU and memory\n"
    "  --database PID        a database's process: the CPU of it and its children\n"
    "  --dir DIR             import: where the bundles lie   --copies N  send them N times\n"
    "  --ids FILE            ids to read, Type/id a line     --ids-out FILE  write them\n"
    "  --ids-max N           harvest at most (default 200000) --types A,B  of these types\n"
    "  --type TYPE           create, update, delete          --pool N  made beforehand\n"
    "  --about FILE          create, update, delete: about these patients, by these\n"
    "                        practitioners, Type/id a line; none are made beforehand\n"
    "  --entries N           big (default 25000)             --idle N  idle (default 10000)\n"
    "  --shapes A,B          search: only these              --sample N  look for values in\n"
    "                        the charts of N patients (default 1000)\n"
    "  --health PATH         start (default /healthz)        --seed N\n"
    "  --report FILE         append every figure as name=value\n";

void options_help(void)
{
    fputs(help, stdout);
}

enum { OPTION_FIRST = 1000 };
/* clang-format off */
#define OPTIONS(X) \
    X(BASE, "base") \
    X(CONNECTIONS, "connections") \
    X(SECONDS, "seconds") \
    X(WARMUP, "warmup") \
    X(TIMEOUT, "timeout") \
    X(TOKEN, "token") \
    X(HEADER, "header") \
    X(PID, "pid") \
    X(DATABASE, "database") \
    X(DIR, "dir") \
    X(COPIES, "copies") \
    X(IDS, "ids") \
    X(IDS_OUT, "ids-out") \
    X(IDS_MAX, "ids-max") \
    X(TYPES, "types") \
    X(TYPE, "type") \
    X(ABOUT, "about") \
    X(POOL, "pool") \
    X(ENTRIES, "entries") \
    X(IDLE, "idle") \
    X(HEALTH, "health") \
    X(SEED, "seed") \
    X(REPORT, "report") \
    X(SAMPLE, "sample") \
    X(SHAPES, "shapes")
/* clang-format on */

enum {
    OPTION_BEFORE = OPTION_FIRST,
#define X(word, text) OPTION_##word,
    OPTIONS(X)
#undef X
        OPTION_INSECURE,
};

static const struct option long_options[] = {
#define X(word, text) {text, required_argument, NULL, OPTION_##word},
    OPTIONS(X)
#undef X
        {"insecure", no_argument, NULL, OPTION_INSECURE},
    {NULL, 0, NULL, 0},
};

static uint64_t number(const char *text, uint64_t max)
{
    uint64_t value;
    if (!str_to_u64(str_of(text), &value) || value > max)
        load_fail("'%s' is not a number up to %llu", text, (unsigned long long)max);
    return value;
}

static double decimal(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= 0))
        load_fail("'%s' is not a number of seconds", text);
    return value;
}

static void read_connections(Options *options, Str list)
{
    options->connection_counts = 0;
    while (list.len) {
        uint64_t count;
        if (!str_to_u64(str_cut(&list, ','), &count) || count == 0 || count > 20000 ||
            options->connection_counts == CONNECTION_COUNTS_MAX)
            load_fail("--connections wants up to %d numbers such as 1,16,64",
                      CONNECTION_COUNTS_MAX);
        options->connections[options->connection_counts++] = (unsigned)count;
    }
}

static void add_header(Options *options, Arena *arena, const char *before, const char *value)
{
    options->headers =
        arena_format(arena, STR_FMT "%s%s\r\n", STR_ARG(options->headers), before, value);
}

static void take_option(Options *options, Arena *arena, int option, char *value)
{
    switch (option) {
    case OPTION_BASE: options->base = str_of(value); return;
    case OPTION_CONNECTIONS: read_connections(options, str_of(value)); return;
    case OPTION_SECONDS: options->seconds = decimal(value); return;
    case OPTION_WARMUP: options->warmup = decimal(value); return;
    case OPTION_TIMEOUT: options->timeout = decimal(value); return;
    case OPTION_TOKEN: options->token = value; return;
    case OPTION_HEADER: add_header(options, arena, "", value); return;
    case OPTION_PID: options->pid = (int)number(value, INT32_MAX); return;
    case OPTION_DATABASE: options->database = (int)number(value, INT32_MAX); return;
    case OPTION_DIR: options->dir = value; return;
    case OPTION_COPIES: options->copies = (unsigned)number(value, 1000000); return;
    case OPTION_IDS: options->ids = value; return;
    case OPTION_IDS_OUT: options->ids_out = value; return;
    case OPTION_IDS_MAX: options->ids_max = (size_t)number(value, UINT32_MAX); return;
    case OPTION_TYPES: options->types = str_of(value); return;
    case OPTION_TYPE: options->type = value; return;
    case OPTION_ABOUT: options->about = value; return;
    case OPTION_POOL: options->pool = (unsigned)number(value, 10000000); return;
    case OPTION_ENTRIES: options->entries = (unsigned)number(value, 10000000); return;
    case OPTION_IDLE: options->idle = (unsigned)number(value, 60000); return;
    case OPTION_HEALTH: options->health = str_of(value); return;
    case OPTION_SEED: options->seed = number(value, UINT64_MAX); return;
    case OPTION_REPORT: options->report = value; return;
    case OPTION_SAMPLE: options->sample = (size_t)number(value, UINT32_MAX); return;
    case OPTION_SHAPES: options->shapes = str_of(value); return;
    case OPTION_INSECURE: options->insecure = true; return;
    default: load_fail("see: load --help");
    }
}

void options_read(Options *options, Arena *arena, int argc, char **argv)
{
    *options = (Options){.seconds = 10,
                         .warmup = 2,
                         .timeout = 60,
                         .seed = 1,
                         .copies = 1,
                         .ids_max = 200000,
                         .entries = 25000,
                         .idle = 10000,
                         .pool = 20000,
                         .sample = 1000,
                         .type = "Observation",
                         .health = STR("/healthz"),
                         .token = getenv("LOAD_TOKEN")};
    int option;
    while ((option = getopt_long(argc, argv, "+", long_options, NULL)) != -1)
        take_option(options, arena, option, optarg);
    options->command = argv + optind;
    if (options->token)
        add_header(options, arena, "Authorization: Bearer ", options->token);
    if (!options->base.len)
        load_fail("--base URL is missing");
    if (!options->connection_counts) /* argv[0] is the workload */
        read_connections(options, str_eq(str_of(argv[0]), STR("import")) ? STR("4") : STR("64"));
}

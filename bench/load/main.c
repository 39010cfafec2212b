/* load/main.c - the workloads by name. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "load/bench.h"
#include "base/base.h"

static const struct {
    Str name;
    void (*run)(Bench *bench);
} workloads[] = {
    {STR_INIT("import"), work_import}, {STR_INIT("read"), work_read},
    {STR_INIT("create"), work_create}, {STR_INIT("update"), work_update},
    {STR_INIT("delete"), work_delete}, {STR_INIT("mix"), work_mix},
    {STR_INIT("pair"), work_pair},     {STR_INIT("big"), work_big},
    {STR_INIT("start"), work_start},   {STR_INIT("idle"), work_idle},
    {STR_INIT("search"), work_search},
};

static void allow_many_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int finish(void)
{
    if (!load_errors())
        return 0;
    fprintf(stderr, "load: %llu ERRORS. The figures above are not to be trusted.\n",
            (unsigned long long)load_errors());
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        options_help();
        return argc < 2 ? 2 : 0;
    }
    Bench bench = {.arena = bench_scratch()};
    options_read(&bench.options, bench.arena, argc - 1, argv + 1);
    bench.options.workload = str_of(argv[1]);
    bench.rng.state = bench.options.seed;
    allow_many_files();
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < COUNT_OF(workloads); i++) {
        if (!str_eq(workloads[i].name, bench.options.workload))
            continue;
        target_init(&bench.target, bench.arena, bench.options.base, bench.options.headers,
                    bench.options.insecure);
        workloads[i].run(&bench);
        return finish();
    }
    load_fail("there is no workload '%s'; see: load --help", argv[1]);
}

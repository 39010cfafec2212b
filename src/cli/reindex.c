/* cli/reindex.c - aceso reindex, and the indexer of aceso serve. */
#include "cli/cli.h"

#include <time.h>

#include "base/log.h"
#include "search/search.h"

enum { TYPE = 0, LOOK_MS = 50 };

/* ---- in a server ------------------------------------------------------------------------ */

static void log_news(void *to, SearchNews news, uint64_t resources)
{
    static const LogEvent events[] = {[SEARCH_TELLS_BEGIN] = LOG_INDEXING,
                                      [SEARCH_TELLS_END] = LOG_INDEXED,
                                      [SEARCH_TELLS_FAILURE] = LOG_INDEX_FAILS};
    UNUSED(to);
    log_event(events[news], (LogField[]){log_number(LOG_COUNT, resources)}, 1);
}

ExitCode cli_index_start(Cli *cli)
{
    Search *search = record_index(cli->record);
    SearchProgress progress;
    search_progress(search, &progress);
    if (!progress.open)
        fprintf(cli->err, "aceso: The search index was made by another version of Aceso, or is not"
                          " complete: it is made anew in the background. Until then searches are"
                          " answered with 503; reading by id and writing work.\n");
    return search_indexer_start(search, &cli->cx, log_news, NULL) == STATUS_OK
               ? EXIT_DONE
               : cli_fail(cli, EXIT_FAILED);
}

/* ---- the command ---------------------------------------------------------------------------- */

static void look_away(void)
{
    struct timespec pause = {0, LOOK_MS * 1000000L};
    nanosleep(&pause, NULL);
}

/* Until nothing is left to do; false: stopped before. */
static bool watch(Cli *cli, Search *search, SearchProgress *ret_progress)
{
    Progress line;
    bool stopping = false;
    progress_begin(&line, cli, "reindex");
    search_progress(search, ret_progress);
    while (ret_progress->busy && !ret_progress->stuck && !stopping) {
        look_away();
        stopping = cli_is_stopping(cli);
        search_progress(search, ret_progress);
        progress_show(&line, ret_progress->done, ret_progress->all, ret_progress->done);
    }
    progress_end(&line);
    return !ret_progress->busy;
}

static ExitCode report(Cli *cli, const SearchProgress *progress, bool whole)
{
    if (progress->stuck)
        return cli_fail_with(cli, EXIT_FAILED,
                             "The index is not complete: the store could not be read or written. "
                             "See aceso check.");
    if (!whole)
        return cli_fail_with(cli, EXIT_FAILED, "%s",
                             cli->link ? "The server goes on with it."
                                       : "The index is not complete. aceso reindex and aceso serve"
                                         " go on from here.");
    fprintf(cli->out, "The index is complete.\n");
    if (progress->failed)
        return cli_fail_with(cli, EXIT_FAULTS, "%llu resources could not be indexed.",
                             (unsigned long long)progress->failed);
    return EXIT_DONE;
}

static ExitCode read_type(Cli *cli, uint16_t *ret_type)
{
    *ret_type = cli_has(cli, TYPE) ? fhir_type_find(cli->options[TYPE]) : 0;
    if (*ret_type || !cli_has(cli, TYPE))
        return EXIT_DONE;
    return cli_fail_with(cli, EXIT_USAGE, "There is no resource type \"" STR_FMT "\" in FHIR R4.",
                         STR_ARG(cli->options[TYPE]));
}

ExitCode run_reindex(Cli *cli)
{
    SearchProgress progress;
    uint16_t type;
    if (cli->arg_count)
        return cli_fail_with(cli, EXIT_USAGE, "It takes no argument; see aceso help reindex.");
    ExitCode code = read_type(cli, &type);
    if (code != EXIT_DONE)
        return code;
    cli_catch_signals(cli);
    if (!cli->link)
        code = cli_open_record(cli, false);
    if (code != EXIT_DONE)
        return code;
    Search *search = record_index(cli->record);
    search_progress(search, &progress);
    if (progress.busy && progress.all)
        fprintf(cli->out, "Going on at %llu of %llu.\n", (unsigned long long)progress.done,
                (unsigned long long)progress.all);
    fflush(cli->out);
    if (!search_indexer_runs(search) &&
        search_indexer_start(search, &cli->cx, NULL, NULL) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    if (search_remake(search, &cli->cx, type) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    bool whole = watch(cli, search, &progress);
    return report(cli, &progress, whole);
}

/* cli/progress.c - one line that says how far it is. */
#include "cli/cli.h"

enum { SHOW_EVERY_MS = 200 };

void progress_begin(Progress *progress, const Cli *cli, const char *what)
{
    *progress = (Progress){
        .what = what, .started = time_monotonic(), .to = cli->terminal ? cli->err : NULL};
}

void progress_show(Progress *progress, uint64_t done, uint64_t all, uint64_t resources)
{
    Time now = time_monotonic();
    if (!progress->to || (now - progress->shown < SHOW_EVERY_MS * TIME_MS && done < all))
        return;
    progress->shown = now;
    double seconds = (double)(now - progress->started) / 1e6;
    fprintf(progress->to, "\r%s: %llu of %llu", progress->what, (unsigned long long)done,
            (unsigned long long)all);
    if (resources)
        fprintf(progress->to, ", %llu resources, %.0f a second", (unsigned long long)resources,
                (double)resources / (seconds > 0.001 ? seconds : 0.001));
    fprintf(progress->to, "\033[K");
    fflush(progress->to);
}

void progress_end(Progress *progress)
{
    if (progress->to)
        fprintf(progress->to, "\r\033[K");
}

void progress_of_store(void *shown, uint64_t done, uint64_t all)
{
    StoreShown *store = shown;
    progress_show(&store->progress, done, all, 0);
    if (cli_is_stopping(store->cli))
        store->cli->cx.deadline = 1;
}

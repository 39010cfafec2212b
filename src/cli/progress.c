/* cli/progress.c - one line that says how far it is. */
#include "cli/cli.h"

#include <stdio.h>
#include <unistd.h>

enum { SHOW_EVERY_MS = 200 };

void progress_begin(Progress *progress, const char *what)
{
    *progress =
        (Progress){.what = what, .started = time_monotonic(), .terminal = isatty(STDERR_FILENO)};
}

void progress_show(Progress *progress, uint64_t done, uint64_t all, uint64_t resources)
{
    Time now = time_monotonic();
    if (!progress->terminal || (now - progress->shown < SHOW_EVERY_MS * TIME_MS && done < all))
        return;
    progress->shown = now;
    double seconds = (double)(now - progress->started) / 1e6;
    fprintf(stderr, "\r%s: %llu of %llu", progress->what, (unsigned long long)done,
            (unsigned long long)all);
    if (resources)
        fprintf(stderr, ", %llu resources, %.0f a second", (unsigned long long)resources,
                (double)resources / (seconds > 0.001 ? seconds : 0.001));
    fprintf(stderr, "\033[K");
    fflush(stderr);
}

void progress_end(Progress *progress)
{
    if (progress->terminal)
        fprintf(stderr, "\r\033[K");
}

/* cli/key_command.c - starts a program, hands it a file, reads a key, ends it in any case. */
#include "cli/key_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base64.h"
#include "cli/files.h"
#include "crypto/crypto.h"

enum {
    WORDS_MAX = 32,
    SAID_BYTES_MAX = 256,
    INPUT_BYTES_MAX = 16 * 1024, /* less than a pipe holds: written before anything is read */
    LOOK_MS = 20,
};

extern char **environ;

typedef struct {
    Cli *cli;
    const KeyCommand *command;
    char *words[WORDS_MAX + 1];
    Time end;
    pid_t pid;
    int in, out; /* our ends of its input and output */
    char said[SAID_BYTES_MAX + 1];
    size_t len;
} Run;

/* ---- what is said -------------------------------------------------------------------- */

bool key_read(Arena *arena, Str said, Str *ret_key)
{
    Str text = str_trim(said), key = STR_EMPTY;
    bool good = true;
    if (said.len == CRYPTO_KEY_BYTES)
        key = arena_str(arena, said);
    else if (text.len == 2 * CRYPTO_KEY_BYTES)
        good = crypto_hex_decode(arena, text, &key);
    else
        good = base64_read(arena, text, &key);
    *ret_key = key;
    return good && key.at && key.len == CRYPTO_KEY_BYTES;
}

/* ---- words ---------------------------------------------------------------------------- */

static Status fail(Run *run, const char *sentence)
{
    return ctx_fail(&run->cli->cx, STATUS_INVALID, STR_EMPTY, "The key command %s %s",
                    run->words[0], sentence);
}

static Status split(Cli *cli, const KeyCommand *command, Run *ret_run)
{
    size_t count = 0;
    *ret_run = (Run){.cli = cli, .command = command, .pid = -1, .in = -1, .out = -1};
    for (Str rest = command->words; rest.len && count <= WORDS_MAX;) {
        Str word = str_trim(str_cut(&rest, ' '));
        if (!word.len)
            continue;
        word = arena_str(cli->cx.arena, word);
        if (!word.at)
            return STATUS_MEMORY;
        if (count < WORDS_MAX)
            ret_run->words[count] = (char *)(uintptr_t)word.at;
        count++;
    }
    if (count && count <= WORDS_MAX && ret_run->words[0][0] == '/')
        return STATUS_OK;
    return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                    "The key command must be a path from the root, and at most %d words behind it.",
                    WORDS_MAX - 1);
}

static Status check_file(Run *run)
{
    Str input = run->command->input;
    if (access(run->words[0], X_OK) != 0)
        return ctx_fail(&run->cli->cx, STATUS_INVALID, STR_EMPTY,
                        "The key command %s cannot be started: %s.", run->words[0],
                        strerror(errno));
    if (input.len && !cli_file_exists(input))
        return ctx_fail(&run->cli->cx, STATUS_INVALID, STR_EMPTY,
                        "key_command_input: there is no file " STR_FMT ".", STR_ARG(input));
    return STATUS_OK;
}

Status key_command_check(Cli *cli, const KeyCommand *command)
{
    Run run;
    TRY(split(cli, command, &run));
    return check_file(&run);
}

/* ---- starting ------------------------------------------------------------------------- */

/* A group of its own, so that all it starts can be ended; signals as any program has them; no
 * file but these three. What it says on standard error is for who reads our log. */
static int spawn(Run *run, int in, int out)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawnattr_init(&how);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                       POSIX_SPAWN_SETSIGDEF);
    int failed = posix_spawn(&run->pid, run->words[0], &files, &how, run->words, environ);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static Status start(Run *run)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    int failed = pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) ? errno : spawn(run, in[0], out[1]);
    close_end(&in[0]);
    close_end(&out[1]);
    run->in = in[1];
    run->out = out[0];
    if (!failed)
        return STATUS_OK;
    run->pid = -1;
    return ctx_fail(&run->cli->cx, STATUS_INVALID, STR_EMPTY,
                    "The key command %s cannot be started: %s.", run->words[0], strerror(failed));
}

/* ---- listening ------------------------------------------------------------------------ */

static Status check_time(Run *run)
{
    if (cli_is_stopping(run->cli))
        return fail(run, "was ended: the program was told to stop.");
    if (time_monotonic() < run->end)
        return STATUS_OK;
    return ctx_fail(&run->cli->cx, STATUS_INVALID, STR_EMPTY,
                    "The key command %s took longer than %u seconds and was ended.", run->words[0],
                    run->command->seconds);
}

/* Nobody need read it to the end: what was not read is no fault of ours. */
static void hand_over(Run *run, Str input)
{
    (void)!write(run->in, input.at, input.len);
    close_end(&run->in);
}

static Status listen_to(Run *run)
{
    for (;;) {
        struct pollfd fd = {.fd = run->out, .events = POLLIN};
        TRY(check_time(run));
        if (poll(&fd, 1, LOOK_MS) <= 0)
            continue;
        ssize_t got = read(run->out, run->said + run->len, sizeof(run->said) - run->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got ? fail(run, "cannot be read.") : STATUS_OK;
        run->len += (size_t)got;
        if (run->len > SAID_BYTES_MAX)
            return fail(run, "says more than a key, and was ended.");
    }
}

static Status wait_for_end(Run *run)
{
    int how = 0;
    for (pid_t ended = 0; ended == 0;) {
        ended = waitpid(run->pid, &how, WNOHANG);
        if (ended == 0) {
            TRY(check_time(run));
            poll(NULL, 0, LOOK_MS);
        }
    }
    run->pid = -1;
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0)
        return STATUS_OK;
    return ctx_fail(&run->cli->cx, STATUS_INVALID, STR_EMPTY, "The key command %s %s %d.",
                    run->words[0], WIFEXITED(how) ? "failed with code" : "was ended by signal",
                    WIFEXITED(how) ? WEXITSTATUS(how) : WTERMSIG(how));
}

/* Whatever came of it: nothing of it goes on. */
static void end(Run *run)
{
    close_end(&run->in);
    close_end(&run->out);
    if (run->pid < 0)
        return;
    kill(-run->pid, SIGKILL);
    kill(run->pid, SIGKILL);
    while (waitpid(run->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    run->pid = -1;
}

static Status ask(Run *run, Str input, Str *ret_key)
{
    TRY(start(run));
    hand_over(run, input);
    TRY(listen_to(run));
    TRY(wait_for_end(run));
    if (key_read(run->cli->cx.arena, str_n(run->said, run->len), ret_key))
        return STATUS_OK;
    return ctx_fail(&run->cli->cx, STATUS_INVALID, STR_EMPTY,
                    "The key command %s gave no key: %d random bytes, or they in base64 or hex.",
                    run->words[0], CRYPTO_KEY_BYTES);
}

Status key_command_run(Cli *cli, const KeyCommand *command, Str *ret_key)
{
    Run run;
    Str input = STR_EMPTY;
    TRY(split(cli, command, &run));
    TRY(check_file(&run));
    if (command->input.len)
        TRY(cli_file_read(&cli->cx, command->input, INPUT_BYTES_MAX, &input));
    run.end = time_monotonic() + command->seconds * TIME_SECOND;
    Status status = ask(&run, input, ret_key);
    end(&run);
    crypto_wipe(run.said, sizeof(run.said));
    return status;
}

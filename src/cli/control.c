/* cli/control.c - the socket beside the store: its server. */
#include "cli/control_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/files.h"

enum {
    CONNECTIONS_MAX = 4, /* commands at the same time */
    OUTPUT_BYTES = 16 * 1024,
};
#define COMMAND_BYTES_MAX ((size_t)1 << 30)

struct ControlLink {
    Control *control;
    int fd;
    bool busy; /* under the control's lock */
};

struct Control {
    Cli *server;
    Str path;
    int listener, wake;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t quiet; /* no link is busy */
    unsigned busy;
    atomic_bool stopping, restarts;
    ControlLink links[CONNECTIONS_MAX];
};

/* ---- the server: one command ---------------------------------------------------------- */

bool control_is_cut(const ControlLink *link)
{
    struct pollfd fd = {.fd = link->fd, .events = POLLRDHUP};
    return atomic_load(&link->control->stopping) || poll(&fd, 1, 0) != 0;
}

typedef struct {
    int fd;
    char kind;
} Stream;

static ssize_t stream_write(void *of, const char *bytes, size_t len)
{
    const Stream *stream = of;
    for (Str rest = str_n(bytes, len); rest.len; rest = str_from(rest, FRAME_BYTES_MAX)) {
        if (!control_send(stream->fd, stream->kind, str_head(rest, FRAME_BYTES_MAX)))
            return 0;
    }
    return (ssize_t)len;
}

/* A FILE whose bytes become frames. Its buffer is the arena's, which is wiped: tokens. */
static FILE *stream_open(Cli *cli, int fd, char kind, int buffering)
{
    cookie_io_functions_t calls = {.write = stream_write};
    Stream *stream = arena_new_of(cli->cx.arena, Stream);
    char *buffer = arena_alloc(cli->cx.arena, OUTPUT_BYTES);
    if (!stream || !buffer)
        return NULL;
    *stream = (Stream){fd, kind};
    FILE *file = fopencookie(stream, "w", calls);
    if (file)
        setvbuf(file, buffer, buffering, OUTPUT_BYTES);
    return file;
}

static ExitCode take_word(Cli *cli, const Frame *frame, size_t *option)
{
    Str word = arena_str(cli->cx.arena, frame->payload);
    if (!word.at)
        return cli_fail_with(cli, EXIT_FAILED, "The server is out of memory.");
    if (frame->kind == 'V' && !str_eq(word, STR(ACESO_VERSION)))
        return cli_fail_with(cli, EXIT_FAILED,
                             "The server is Aceso %s, this command is " STR_FMT
                             ": use the same program.",
                             ACESO_VERSION, STR_ARG(word));
    if (frame->kind == 'V')
        return EXIT_DONE;
    if (frame->kind == 'T')
        cli->terminal = true;
    else if (frame->kind == 'S')
        cli->secret = word;
    else if (frame->kind == 'C' && !cli->command)
        cli->command = cli_find_command(word);
    else if (frame->kind == 'A' && cli->arg_count < CLI_ARGS_MAX)
        cli->args[cli->arg_count++] = word;
    else if (frame->kind == 'O' && cli->command && cli_find_option(cli->command, word, option))
        cli->options[*option] = STR_EMPTY;
    else if (frame->kind == 'O' || frame->kind == 'C' || frame->kind == 'A')
        return cli_fail_with(cli, EXIT_USAGE, "The server does not know what was asked.");
    else if (frame->kind == '=' && *option < CLI_OPTIONS_MAX)
        cli->options[*option] = word;
    else
        return cli_fail_with(cli, EXIT_USAGE, "The server does not understand the command.");
    return EXIT_DONE;
}

static ExitCode read_request(Cli *cli, int fd, Frame *frame)
{
    Time end = time_monotonic() + TALK_S * TIME_SECOND;
    size_t bytes = 0, option = CLI_OPTIONS_MAX;
    for (bool first = true;; first = false) {
        if (!control_receive(fd, frame) || time_monotonic() > end)
            return cli_fail_with(cli, EXIT_FAILED, "The server got no whole command within %d s.",
                                 TALK_S);
        bytes += FRAME_HEAD_BYTES + frame->payload.len;
        if (bytes > REQUEST_BYTES_MAX)
            return cli_fail_with(cli, EXIT_USAGE, "A command for the server has at most %d bytes.",
                                 REQUEST_BYTES_MAX);
        if (first != (frame->kind == 'V'))
            return cli_fail_with(cli, EXIT_USAGE,
                                 "A command for the server begins with its "
                                 "version.");
        if (frame->kind == 'G')
            break;
        ExitCode code = take_word(cli, frame, &option);
        if (code != EXIT_DONE)
            return code;
    }
    if (!cli->command || !cli->command->by_server)
        return cli_fail_with(cli, EXIT_USAGE, "The server does not do this command.");
    return EXIT_DONE;
}

bool control_restarts(const Control *control)
{
    return atomic_load(&control->restarts);
}

/* As somebody would from outside. */
static void restart(Control *control)
{
    atomic_store(&control->restarts, true);
    sigqueue(getpid(), SIGUSR2, (union sigval){0});
}

static void run_command(ControlLink *link, Arena *arena)
{
    const Cli *server = link->control->server;
    Cli *cli = arena_new_of(arena, Cli);
    Frame *frame = arena_new_of(arena, Frame);
    if (!cli || !frame)
        return;
    *cli = (Cli){.argv = server->argv,
                 .cx = {.arena = arena},
                 .settings = server->settings,
                 .config = server->config,
                 .key = server->key,
                 .store = server->store,
                 .auth = server->auth,
                 .record = server->record,
                 .oauth = server->oauth,
                 .jobs = server->jobs,
                 .link = link};
    cli->out = stream_open(cli, link->fd, '1', _IOFBF);
    cli->err = stream_open(cli, link->fd, '2', _IOLBF);
    if (cli->out && cli->err && control_send(link->fd, 'H', STR(ACESO_VERSION))) {
        ExitCode code = read_request(cli, link->fd, frame);
        if (code == EXIT_DONE)
            code = cli->command->run(cli);
        fflush(cli->err);
        bool whole = fflush(cli->out) == 0 && !ferror(cli->out);
        char byte = (char)(whole ? code : EXIT_FAILED);
        control_send(link->fd, 'X', str_n(&byte, 1));
        if (cli->restart)
            restart(link->control);
    }
    if (cli->out)
        fclose(cli->out);
    if (cli->err)
        fclose(cli->err);
}

static void *serve_link(void *of)
{
    ControlLink *link = of;
    Control *control = link->control;
    Arena *arena = arena_new(COMMAND_BYTES_MAX, true);
    if (arena) {
        run_command(link, arena);
        arena_free(arena);
    }
    pthread_mutex_lock(&control->lock);
    close(link->fd);
    link->busy = false;
    control->busy--;
    pthread_cond_signal(&control->quiet);
    pthread_mutex_unlock(&control->lock);
    return NULL;
}

/* ---- the server: connections ---------------------------------------------------------- */

static ControlLink *take_link(Control *control, int fd)
{
    ControlLink *free_link = NULL;
    pthread_mutex_lock(&control->lock);
    for (size_t i = 0; i < CONNECTIONS_MAX && !free_link; i++) {
        if (!control->links[i].busy)
            free_link = &control->links[i];
    }
    if (free_link) {
        *free_link = (ControlLink){.control = control, .fd = fd, .busy = true};
        control->busy++;
    }
    pthread_mutex_unlock(&control->lock);
    return free_link;
}

static void give_link_back(Control *control, ControlLink *link)
{
    pthread_mutex_lock(&control->lock);
    link->busy = false;
    control->busy--;
    pthread_mutex_unlock(&control->lock);
}

/* Small enough for the socket's buffer: the accepting thread never waits for a client. */
static void refuse(int fd, Str sentence)
{
    char byte = EXIT_FAILED;
    if (control_send(fd, 'H', STR(ACESO_VERSION)) && control_send(fd, '2', sentence))
        control_send(fd, 'X', str_n(&byte, 1));
    close(fd);
}

static void take_connection(Control *control)
{
    pthread_t thread;
    int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    control_deadlines(fd, TALK_S);
    if (!control_peer_is(fd, geteuid(), geteuid())) {
        close(fd);
        return;
    }
    ControlLink *link = take_link(control, fd);
    if (link && pthread_create(&thread, NULL, serve_link, link) == 0) {
        pthread_detach(thread);
        return;
    }
    if (link)
        give_link_back(control, link);
    refuse(fd, STR("aceso: The server does four commands already; try again in a moment.\n"));
}

static void *listen_loop(void *of)
{
    Control *control = of;
    struct pollfd fds[] = {{.fd = control->listener, .events = POLLIN},
                           {.fd = control->wake, .events = POLLIN}};
    while (!atomic_load(&control->stopping)) {
        if (poll(fds, COUNT_OF(fds), -1) > 0 && fds[0].revents)
            take_connection(control);
    }
    return NULL;
}

/* For the owner alone from the first moment on: bind takes the mode from the descriptor. */
static bool bind_socket(Control *control)
{
    struct sockaddr_un address;
    struct stat st;
    int folder;
    if (lstat(control->path.at, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(control->path.at); /* of a server that ended without a word: we have its store */
    if (!control_address(control->server, control->path, &address, &folder))
        return false;
    bool good = fchmod(control->listener, 0600) == 0 &&
                bind(control->listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                listen(control->listener, CONNECTIONS_MAX) == 0;
    int fault = errno;
    close(folder);
    errno = fault;
    return good;
}

static bool start_listening(Control *control)
{
    control->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    control->wake = eventfd(0, EFD_CLOEXEC);
    if (control->listener < 0 || control->wake < 0 || !bind_socket(control))
        return false;
    errno = pthread_create(&control->thread, NULL, listen_loop, control);
    if (errno)
        unlink(control->path.at);
    return errno == 0;
}

Status control_start(Cli *server, Control **ret_control)
{
    Control *control = arena_new_of(server->cx.arena, Control);
    Str path = control_path(server), file;
    if (!cli_store_file(server, &file)) { /* commands open a database themselves */
        *ret_control = NULL;
        return STATUS_OK;
    }
    if (!control || !path.at)
        return STATUS_MEMORY;
    *control = (Control){.server = server,
                         .path = path,
                         .listener = -1,
                         .wake = -1,
                         .lock = PTHREAD_MUTEX_INITIALIZER,
                         .quiet = PTHREAD_COND_INITIALIZER};
    if (start_listening(control)) {
        *ret_control = control;
        return STATUS_OK;
    }
    Status status = ctx_fail(&server->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                             "The socket %s cannot be made: %s.", path.at, strerror(errno));
    if (control->listener >= 0)
        close(control->listener);
    if (control->wake >= 0)
        close(control->wake);
    return status;
}

bool control_stop(Control *control, unsigned seconds)
{
    struct timespec end;
    int late = 0;
    unlink(control->path.at);
    atomic_store(&control->stopping, true);
    eventfd_write(control->wake, 1);
    pthread_join(control->thread, NULL);
    close(control->listener);
    close(control->wake);
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += seconds;
    pthread_mutex_lock(&control->lock);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (control->links[i].busy)
            shutdown(control->links[i].fd, SHUT_RD); /* who still asks, is not answered */
    }
    while (control->busy && late != ETIMEDOUT)
        late = pthread_cond_timedwait(&control->quiet, &control->lock, &end);
    bool all = control->busy == 0;
    pthread_mutex_unlock(&control->lock);
    return all;
}

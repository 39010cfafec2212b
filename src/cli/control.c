/* cli/control.c - the socket beside the store: its server, its client, their frames. */
#include "cli/control.h"

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
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cli/files.h"

enum {
    CONNECTIONS_MAX = 4, /* commands at the same time */
    FRAME_HEAD_BYTES = 5,
    FRAME_BYTES_MAX = 64 * 1024,
    REQUEST_BYTES_MAX = 64 * 1024, /* all words of a command */
    TALK_S = 10,                   /* for a request, and for each write to a client */
    OUTPUT_BYTES = 16 * 1024,
};
#define COMMAND_BYTES_MAX ((size_t)1 << 30)

typedef struct {
    char kind;
    Str payload; /* in room, until the next frame */
    char room[FRAME_BYTES_MAX];
} Frame;

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

/* ---- frames --------------------------------------------------------------------------- */

static bool send_all(int fd, const void *bytes, size_t len)
{
    for (const char *at = bytes; len;) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool send_frame(int fd, char kind, Str payload)
{
    assert(payload.len <= FRAME_BYTES_MAX);
    uint32_t len = (uint32_t)payload.len;
    uint8_t head[FRAME_HEAD_BYTES] = {(uint8_t)kind, (uint8_t)(len >> 24), (uint8_t)(len >> 16),
                                      (uint8_t)(len >> 8), (uint8_t)len};
    return send_all(fd, head, sizeof(head)) && send_all(fd, payload.at, payload.len);
}

static bool receive_all(int fd, void *bytes, size_t len)
{
    for (char *at = bytes; len;) {
        ssize_t got = recv(fd, at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        len -= (size_t)got;
    }
    return true;
}

static bool receive_frame(int fd, Frame *frame)
{
    uint8_t head[FRAME_HEAD_BYTES];
    if (!receive_all(fd, head, sizeof(head)))
        return false;
    size_t len = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
    if (len > FRAME_BYTES_MAX || !receive_all(fd, frame->room, len))
        return false;
    frame->kind = (char)head[0];
    frame->payload = str_n(frame->room, len);
    return true;
}

static void set_deadlines(int fd, time_t receive_s)
{
    struct timeval receive = {.tv_sec = receive_s}, talk = {.tv_sec = TALK_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &receive, sizeof(receive));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &talk, sizeof(talk));
}

/* ---- where it is ---------------------------------------------------------------------- */

static Str socket_path(Cli *cli)
{
    return cli_store_neighbour(cli, ".sock");
}

/* An address holds 107 bytes, a store's path more: it is named below its folder's descriptor,
 * which the caller closes. */
static bool socket_address(Cli *cli, Str path, struct sockaddr_un *ret_address, int *ret_folder)
{
    Str folder = arena_str(cli->cx.arena, cli_file_folder(path));
    size_t name = path.len;
    while (name && path.at[name - 1] != '/')
        name--;
    *ret_folder = folder.at ? open(folder.at, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (*ret_folder < 0)
        return false;
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int len = snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "/proc/self/fd/%d/%s",
                       *ret_folder, path.at + name);
    if (len > 0 && (size_t)len < sizeof(ret_address->sun_path))
        return true;
    close(*ret_folder);
    errno = ENAMETOOLONG;
    return false;
}

static bool peer_is(int fd, uid_t one, uid_t other)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == one || peer.uid == other || peer.uid == 0);
}

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
        if (!send_frame(stream->fd, stream->kind, str_head(rest, FRAME_BYTES_MAX)))
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
        if (!receive_frame(fd, frame) || time_monotonic() > end)
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
    if (cli->out && cli->err && send_frame(link->fd, 'H', STR(ACESO_VERSION))) {
        ExitCode code = read_request(cli, link->fd, frame);
        if (code == EXIT_DONE)
            code = cli->command->run(cli);
        fflush(cli->err);
        bool whole = fflush(cli->out) == 0 && !ferror(cli->out);
        char byte = (char)(whole ? code : EXIT_FAILED);
        send_frame(link->fd, 'X', str_n(&byte, 1));
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
    if (send_frame(fd, 'H', STR(ACESO_VERSION)) && send_frame(fd, '2', sentence))
        send_frame(fd, 'X', str_n(&byte, 1));
    close(fd);
}

static void take_connection(Control *control)
{
    pthread_t thread;
    int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    set_deadlines(fd, TALK_S);
    if (!peer_is(fd, geteuid(), geteuid())) {
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
    if (!socket_address(control->server, control->path, &address, &folder))
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
    Str path = socket_path(server), file;
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

/* ---- the client ----------------------------------------------------------------------- */

/* A descriptor; -1: nobody is there; -2: somebody is, who may not be asked (it was said). */
static int connect_server(Cli *cli, Str path)
{
    struct sockaddr_un address;
    struct stat store;
    Str store_path;
    int folder;
    if (!cli_store_file(cli, &store_path))
        return -1;
    store_path = arena_str(cli->cx.arena, store_path);
    if (!path.at || !store_path.at || stat(store_path.at, &store) ||
        !socket_address(cli, path, &address, &folder))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int fault = fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
    close(folder);
    if (!fault && peer_is(fd, geteuid(), store.st_uid))
        return fd;
    if (fd >= 0)
        close(fd);
    if (fault && fault != EACCES)
        return -1;
    cli_fail_with(cli, EXIT_STORE,
                  fault ? "A server of another user has the store (" STR_FMT "); do this as that "
                          "user or as root."
                        : STR_FMT ": who listens there does not own the store.",
                  STR_ARG(path));
    return -2;
}

static bool send_request(Cli *cli, int fd)
{
    bool good =
        send_frame(fd, 'V', STR(ACESO_VERSION)) && send_frame(fd, 'C', str_of(cli->command->name));
    for (size_t i = 0; i < cli->arg_count && good; i++)
        good = send_frame(fd, 'A', cli->args[i]);
    for (size_t i = 0; i < CLI_OPTIONS_MAX && cli->command->options[i].name && good; i++) {
        const CommandOption *option = &cli->command->options[i];
        if (!cli_has(cli, i))
            continue;
        good = send_frame(fd, 'O', str_of(option->name)) &&
               (!option->value || send_frame(fd, '=', cli->options[i]));
    }
    if (good && cli->secret.len)
        good = send_frame(fd, 'S', cli->secret);
    if (good && cli->terminal)
        good = send_frame(fd, 'T', STR_EMPTY);
    return good && send_frame(fd, 'G', STR_EMPTY);
}

/* What the server says, until it says how the command ended. */
static ExitCode copy_answer(Cli *cli, int fd, Frame *frame)
{
    while (receive_frame(fd, frame)) {
        FILE *to = frame->kind == '1' ? cli->out : cli->err;
        if (frame->kind == 'X')
            return frame->payload.len == 1 ? (ExitCode)(unsigned char)frame->payload.at[0]
                                           : EXIT_FAILED;
        if (fwrite(frame->payload.at, 1, frame->payload.len, to) != frame->payload.len ||
            fflush(to))
            return EXIT_FAILED;
    }
    return cli_fail_with(cli, EXIT_FAILED, "The server ended before the command did.");
}

/* Paths mean what they mean here; a request must fit. */
static ExitCode prepare_request(Cli *cli)
{
    size_t bytes = cli->secret.len + 256;
    if (cli->command->names_path && cli->arg_count == 1 &&
        cli_path_absolute(&cli->cx, cli->args[0], &cli->args[0]) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    for (size_t i = 0; i < cli->arg_count; i++)
        bytes += cli->args[i].len + FRAME_HEAD_BYTES;
    for (size_t i = 0; i < CLI_OPTIONS_MAX; i++)
        bytes += cli->options[i].len + 2 * FRAME_HEAD_BYTES + 32;
    if (bytes > REQUEST_BYTES_MAX)
        return cli_fail_with(cli, EXIT_USAGE, "A command for the server has at most %d bytes.",
                             REQUEST_BYTES_MAX);
    return EXIT_DONE;
}

static ExitCode begin_asking(Cli *cli, int fd, Frame *frame)
{
    ExitCode code = prepare_request(cli);
    if (code != EXIT_DONE)
        return code;
    set_deadlines(fd, TALK_S);
    if (!receive_frame(fd, frame) || frame->kind != 'H')
        return cli_fail_with(cli, EXIT_FAILED, "The server that has the store does not answer.");
    if (!str_eq(frame->payload, STR(ACESO_VERSION)))
        return cli_fail_with(cli, EXIT_FAILED,
                             "The server is Aceso " STR_FMT ", this command is "
                             "%s: use the same program.",
                             STR_ARG(frame->payload), ACESO_VERSION);
    send_request(cli, fd); /* a server that refuses says why, and may not read to the end */
    set_deadlines(fd, 0);  /* a check of a large store is silent for long */
    return EXIT_DONE;
}

static ExitCode ask_server(Cli *cli, int fd, Frame *frame)
{
    ExitCode code = begin_asking(cli, fd, frame);
    return code == EXIT_DONE ? copy_answer(cli, fd, frame) : code;
}

/* True: the command has said its first word and goes on. */
static bool hear_first_word(Cli *cli, int fd, Frame *frame)
{
    while (receive_frame(fd, frame) && frame->kind != 'X') {
        if (frame->kind == '1')
            return true;
        fwrite(frame->payload.at, 1, frame->payload.len, cli->err);
    }
    return false;
}

int control_hold(Cli *cli)
{
    Frame *frame = arena_new_of(cli->cx.arena, Frame);
    int fd = frame ? connect_server(cli, socket_path(cli)) : -2;
    if (fd < 0)
        return fd == -1 ? -2 : -1;
    if (begin_asking(cli, fd, frame) == EXIT_DONE && hear_first_word(cli, fd, frame))
        return fd;
    close(fd);
    return -1;
}

bool control_is_there(Cli *cli)
{
    int fd = connect_server(cli, socket_path(cli));
    if (fd >= 0)
        close(fd);
    return fd != -1;
}

bool control_forward(Cli *cli, ExitCode *ret_code)
{
    Str path = socket_path(cli);
    int fd = cli->command->by_server ? connect_server(cli, path) : -1;
    if (fd == -1)
        return false;
    Frame *frame = arena_new_of(cli->cx.arena, Frame);
    *ret_code = EXIT_STORE;
    if (fd < 0)
        return true;
    *ret_code =
        frame ? ask_server(cli, fd, frame) : cli_fail_with(cli, EXIT_FAILED, "Out of memory.");
    close(fd);
    if (*ret_code == EXIT_DONE && cli->command->names_path && !cli_file_exists(cli->args[0]))
        *ret_code = cli_fail_with(cli, EXIT_FAILED,
                                  STR_FMT " cannot be seen from here: the server "
                                          "has a /tmp or a view of the disk of its own (systemd).",
                                  STR_ARG(cli->args[0]));
    return true;
}

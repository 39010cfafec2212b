/* cli/control_client.c - a command that asks the server which has the store. */
#include "cli/control_inner.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/files.h"

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
        !control_address(cli, path, &address, &folder))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int fault = fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
    close(folder);
    if (!fault && control_peer_is(fd, geteuid(), store.st_uid))
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
    bool good = control_send(fd, 'V', STR(ACESO_VERSION)) &&
                control_send(fd, 'C', str_of(cli->command->name));
    for (size_t i = 0; i < cli->arg_count && good; i++)
        good = control_send(fd, 'A', cli->args[i]);
    for (size_t i = 0; i < CLI_OPTIONS_MAX && cli->command->options[i].name && good; i++) {
        const CommandOption *option = &cli->command->options[i];
        if (!cli_has(cli, i))
            continue;
        good = control_send(fd, 'O', str_of(option->name)) &&
               (!option->value || control_send(fd, '=', cli->options[i]));
    }
    if (good && cli->secret.len)
        good = control_send(fd, 'S', cli->secret);
    if (good && cli->terminal)
        good = control_send(fd, 'T', STR_EMPTY);
    return good && control_send(fd, 'G', STR_EMPTY);
}

/* What the server says, until it says how the command ended. */
static ExitCode copy_answer(Cli *cli, int fd, Frame *frame)
{
    while (control_receive(fd, frame)) {
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
    control_deadlines(fd, TALK_S);
    if (!control_receive(fd, frame) || frame->kind != 'H')
        return cli_fail_with(cli, EXIT_FAILED, "The server that has the store does not answer.");
    if (!str_eq(frame->payload, STR(ACESO_VERSION)))
        return cli_fail_with(cli, EXIT_FAILED,
                             "The server is Aceso " STR_FMT ", this command is "
                             "%s: use the same program.",
                             STR_ARG(frame->payload), ACESO_VERSION);
    send_request(cli, fd);    /* a server that refuses says why, and may not read to the end */
    control_deadlines(fd, 0); /* a check of a large store is silent for long */
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
    while (control_receive(fd, frame) && frame->kind != 'X') {
        if (frame->kind == '1')
            return true;
        fwrite(frame->payload.at, 1, frame->payload.len, cli->err);
    }
    return false;
}

int control_hold(Cli *cli)
{
    Frame *frame = arena_new_of(cli->cx.arena, Frame);
    int fd = frame ? connect_server(cli, control_path(cli)) : -2;
    if (fd < 0)
        return fd == -1 ? -2 : -1;
    if (begin_asking(cli, fd, frame) == EXIT_DONE && hear_first_word(cli, fd, frame))
        return fd;
    close(fd);
    return -1;
}

bool control_is_there(Cli *cli)
{
    int fd = connect_server(cli, control_path(cli));
    if (fd >= 0)
        close(fd);
    return fd != -1;
}

bool control_forward(Cli *cli, ExitCode *ret_code)
{
    Str path = control_path(cli);
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

/* cli/control_inner.h - what the server and the client of control.h share. */
#ifndef ACESO_CLI_CONTROL_INNER_H
#define ACESO_CLI_CONTROL_INNER_H

#include <sys/types.h>
#include <sys/un.h>

#include "cli/control.h"

enum {
    FRAME_HEAD_BYTES = 5,
    FRAME_BYTES_MAX = 64 * 1024,
    REQUEST_BYTES_MAX = 64 * 1024, /* all words of a command */
    TALK_S = 10,                   /* for a request, and for each write to a client */
};

typedef struct {
    char kind;
    Str payload; /* in room, until the next frame */
    char room[FRAME_BYTES_MAX];
} Frame;

/* False: the other side has gone, is too slow, or says too much. */
bool control_send(int fd, char kind, Str payload);
bool control_receive(int fd, Frame *frame);
void control_deadlines(int fd, time_t receive_s);

/* STORE.sock; at = NULL: no memory. */
Str control_path(Cli *cli);
/* An address holds 107 bytes, a store's path more: it is named below its folder's descriptor,
 * which the caller closes. */
bool control_address(Cli *cli, Str path, struct sockaddr_un *ret_address, int *ret_folder);
/* Whether it runs as one of them, or as root. */
bool control_peer_is(int fd, uid_t one, uid_t other);

#endif

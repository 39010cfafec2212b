/* cli/service.h - what a service manager gives and hears, and how a server starts anew.
 *
 * The protocol is systemd's, which others speak too: listening sockets from 3 on with LISTEN_FDS
 * and LISTEN_PID, messages like READY=1 to the socket that NOTIFY_SOCKET names, a message at least
 * every WATCHDOG_USEC microseconds. SPEC sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3)
 *
 * A server that starts anew uses the first part itself: it becomes the new program, in the same
 * process, with its listening sockets (docs/adr/0082). */
#ifndef ACESO_CLI_SERVICE_H
#define ACESO_CLI_SERVICE_H

#include "cli/cli.h"

/* The sockets that were handed to this process: 0 when there are none. The issue says which of
 * them does not listen for TCP. To be asked once, before other files are opened. */
Status service_sockets(Ctx *cx, int *ret_sockets, size_t max, size_t *ret_count) MUST_USE;

/* The path by which this program is started, as it was typed; `path` has PATH_MAX bytes. */
bool service_program(char **argv, char *path);

/* The port that a socket listens at. */
uint16_t service_port(int socket);

/* "READY=1", lines of them; nothing when no manager listens. */
void service_say(const char *message);
/* RELOADING=1 with the time that belongs to it. */
void service_say_reloading(void);

/* How often the manager wants to hear from us: half of what it allows. 0: never. */
Time service_pulse(void);

/* Whether the program as it is on disk now accepts the settings as they are now: what would
 * start is asked with --check. */
bool service_can_start(char **argv);
/* For what is started next: a key that it need not ask for again, in a pipe. */
void service_hand_over_key(const uint8_t *key, size_t bytes);
/* The key that was handed to this process; false: none. */
bool service_handed_key(Arena *arena, Str *ret_key);
/* Becomes the program as it is on disk now. Comes back only when that cannot be. */
void service_start(char **argv, const int *sockets, size_t count);

#endif

/* tests/support/served.h - a real `aceso serve` on a fresh store in a folder of its own, on a
 * free port of this machine, without TLS; with an account and two tokens. */
#ifndef ACESO_TESTS_SERVED_H
#define ACESO_TESTS_SERVED_H

#include <sys/types.h>

#include "base/base.h"

#define SERVED_USER     "marie.dupont"
#define SERVED_PASSWORD "correct horse battery"

typedef struct {
    const char *program;
    Arena *arena;
    Str folder, store;
    Str key_file;       /* of a store in a database; else empty */
    Str writer, reader; /* tokens */
    pid_t pid;
    int out; /* its standard output */
    uint16_t port;
    uint16_t wanted_port; /* 0: any free one */
    int listener;         /* handed over at the start as a service manager does; -1: none */
} Served;

/* program: path of aceso. settings: options of `serve` ("--client-ids", "off", ...), NULL at
 * the end; may be NULL. False when something failed; it was said on standard error. */
bool served_start(Served *served, Arena *arena, const char *program, const char *const *settings);
/* The store alone, with its account and tokens; store NULL: a file in the folder; else a database,
 * with a key file in the folder. served_again, of copies of it too, starts servers. */
bool served_make(Served *served, Arena *arena, const char *program, const char *store);
/* An account and two tokens in a store that is there. */
bool served_fill(Served *served);
/* SIGTERM, waits; the exit code, or -1. Removes the folder. */
int served_stop(Served *served);
/* The same with any signal, without removing the folder, so that served_again may follow. */
int served_end(Served *served, int signal);
bool served_again(Served *served, const char *const *settings);
/* A socket of our own that listens, to be handed over at every start from now on. */
bool served_listen(Served *served);
/* A port for `wanted_port` that nobody else gets, until the socket that is given back is closed: it
 * is bound and does not listen. The kernel gives its number to nobody who asks for any, and to
 * whoever asks for this one with SO_REUSEADDR, as servers do; while none listens, clients are
 * refused. -1: there is none. */
int served_keep_port(uint16_t *ret_port);
/* Waits until the server, which was told to start anew, says where it listens. */
bool served_said(Served *served);
/* rm -rf */
void served_remove(Str folder);
/* Runs aceso with arguments (NULL at the end) and `input`; what it wrote on standard output
 * into *ret_output (may be NULL). The exit code, or -1. */
int served_run(Served *served, const char *const *args, Str input, Str *ret_output);

#endif

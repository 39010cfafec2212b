/* load/conn.h - one connection: its socket and the answer that comes in on it. Only
 * for the files of the client itself. */
#ifndef LOAD_CONN_H
#define LOAD_CONN_H

#include "load/client.h"

typedef enum { PROGRESS_WAIT, PROGRESS_ANSWERED, PROGRESS_BROKEN } Progress;

/* Starts to connect; the request that stands in conn->out follows by itself. */
bool conn_open(Conn *conn, int epoll);
void conn_close(Conn *conn);
/* A request stands in conn->out: from here conn_progress() sends it and waits. */
void conn_begin(Conn *conn);
/* Does what can be done without waiting. */
Progress conn_progress(Conn *conn);

/* Reads what conn->in holds; fills conn->answer. `ended`: nothing more will come. */
Progress answer_parse(Conn *conn, bool ended);

#endif

/* base/log.h - events, one JSON object a line, written in batches by a thread of its own.
 *
 * An event has a name out of LogEvent and fields out of LogName. There is no free text: a
 * word must be a literal of the program (or a row of one of its tables), an id only letters,
 * digits, '-', '.' and '_'. So no name of a patient can get in. Library modules never log;
 * http, jobs and cli do.
 *
 * log_event never waits for the disk: when the writer cannot follow, lines are dropped and
 * counted, and the count is logged. */
#ifndef ACESO_LOG_H
#define ACESO_LOG_H

#include "base/base.h"

typedef enum {
    LOG_START,
    LOG_LISTEN,
    LOG_STOPPING,
    LOG_STOPPED,
    LOG_REQUEST,
    LOG_DROPPED,
    LOG_LIBRARY,  /* libmicrohttpd complained; its words are not kept */
    LOG_INDEXING, /* the search index, or a part of it, is being made */
    LOG_INDEXED,
    LOG_INDEX_FAILS, /* the store could not be read or written; it is tried again */
    LOG_RESTARTING,  /* it becomes the program that is on disk now */
    LOG_NO_RESTART,  /* it was told to, but the new program refuses the settings */
    LOG_JOB,         /* one try of a job has ended */
    LOG_HARDENED,    /* what the process has given up: LOG_MEMORY, LOG_FILES, LOG_CALLS */
    LOG_CARD,        /* an identity card was shown; LOG_OUTCOME says whether it was good */
    LOG_UNWRITTEN,   /* LOG_COUNT commits that the database did not take: LOG_OUTCOME, LOG_KIND
                        (SQLSTATE), LOG_TRIES */
    LOG_EVENT_COUNT,
} LogEvent;

typedef enum {
    LOG_METHOD,
    LOG_ROUTE,
    LOG_STATUS,
    LOG_MICROSECONDS,
    LOG_BYTES_IN,
    LOG_BYTES_OUT,
    LOG_REQUEST_ID,
    LOG_PORT,
    LOG_TLS,
    LOG_THREADS,
    LOG_COUNT,
    LOG_VERSION,
    LOG_KIND,
    LOG_OUTCOME,
    LOG_TRIES,
    LOG_MEMORY,
    LOG_FILES,
    LOG_CALLS,
    LOG_NAME_COUNT,
} LogName;

typedef struct {
    LogName name;
    enum { LOG_A_NUMBER, LOG_A_WORD, LOG_AN_ID } kind;
    uint64_t number;
    Str text;
} LogField;

static inline LogField log_number(LogName name, uint64_t number)
{
    return (LogField){.name = name, .kind = LOG_A_NUMBER, .number = number};
}

/* word: a literal or a row of a table of the program, without quotes or backslashes. */
static inline LogField log_word(LogName name, const char *word)
{
    return (LogField){.name = name, .kind = LOG_A_WORD, .text = str_of(word)};
}

/* Anything but letters, digits, '-', '.', '_' is logged as "?". */
static inline LogField log_id(LogName name, Str id)
{
    return (LogField){.name = name, .kind = LOG_AN_ID, .text = id};
}

/* Starts the log on a file descriptor (2 = standard error), which it does not close. Before
 * it, and after log_stop, events are dropped silently. One log per process. */
Status log_start(int fd) MUST_USE;
/* Writes what is there and ends the thread. */
void log_stop(void);

void log_event(LogEvent event, const LogField *fields, size_t count);

#endif

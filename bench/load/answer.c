/* load/answer.c - reads an HTTP/1.1 answer as it comes in.
 *
 * Only what a measurement needs: status, length, chunks, Location, ETag, Connection.
 * SPEC RFC 9112 6.3, 7.1 */
#include "load/conn.h"

#include "base/base.h"

static Str next_line(Str *rest)
{
    Str line = str_cut(rest, '\n');
    return line.len && line.at[line.len - 1] == '\r' ? str_head(line, line.len - 1) : line;
}

static void read_header(Conn *conn, Str line)
{
    Str value = line;
    Str name = str_cut(&value, ':');
    value = str_trim(value);
    uint64_t length;
    if (str_eq_nocase(name, STR("content-length")) && str_to_u64(value, &length)) {
        conn->body_len = (size_t)length;
        conn->until_close = false;
    } else if (str_eq_nocase(name, STR("transfer-encoding"))) {
        conn->chunked = str_eq_nocase(value, STR("chunked"));
    } else if (str_eq_nocase(name, STR("connection"))) {
        conn->answer.close = str_eq_nocase(value, STR("close"));
    } else if (str_eq_nocase(name, STR("location"))) {
        conn->answer.location = value;
    } else if (str_eq_nocase(name, STR("etag"))) {
        conn->answer.etag = value;
    }
}

/* Length of the head with its empty line, 0 while that has not come. */
static size_t find_head(const Conn *conn)
{
    const char *end = memmem(conn->in.at, conn->in.len, "\r\n\r\n", 4);
    return end ? (size_t)(end - conn->in.at) + 4 : 0;
}

static bool read_head(Conn *conn)
{
    Str head = str_n(conn->in.at, conn->head_len - 2);
    Str line = next_line(&head);
    uint64_t status;
    if (!str_has_prefix(line, STR("HTTP/1.")) || line.len < 12 ||
        !str_to_u64(str_n(line.at + 9, 3), &status))
        return false;
    conn->answer = (Answer){.status = (unsigned)status, .close = line.at[7] == '0'};
    conn->body_len = 0;
    conn->chunked = false;
    conn->until_close = status != 204 && status != 304;
    while (head.len)
        read_header(conn, next_line(&head));
    if (conn->chunked) {
        conn->body_len = 0;
        conn->chunk_at = conn->head_len;
        conn->until_close = false;
    }
    return true;
}

/* The whole of one chunk's size line at conn->chunk_at, in hexadecimal. */
static Progress read_chunk_size(const Conn *conn, size_t *ret_data_at, size_t *ret_size)
{
    const char *line = conn->in.at + conn->chunk_at;
    const char *end = memchr(line, '\n', conn->in.len - conn->chunk_at);
    if (!end)
        return PROGRESS_WAIT;
    size_t size = 0;
    const char *at = line;
    for (; at < end; at++) {
        int digit = *at >= '0' && *at <= '9'                 ? *at - '0'
                    : (*at | 32) >= 'a' && (*at | 32) <= 'f' ? (*at | 32) - 'a' + 10
                                                             : -1;
        if (digit < 0)
            break;
        if (size > (SIZE_MAX >> 8))
            return PROGRESS_BROKEN;
        size = size * 16 + (size_t)digit;
    }
    if (at == line)
        return PROGRESS_BROKEN;
    *ret_data_at = (size_t)(end - conn->in.at) + 1;
    *ret_size = size;
    return PROGRESS_ANSWERED;
}

/* Moves the data of each whole chunk down behind what was decoded before it. */
static Progress decode_chunks(Conn *conn)
{
    for (;;) {
        size_t data_at, size;
        Progress line = read_chunk_size(conn, &data_at, &size);
        if (line != PROGRESS_ANSWERED)
            return line;
        if (size == 0) { /* then trailers, up to an empty line */
            const char *end = conn->in.at + data_at;
            size_t left = conn->in.len - data_at;
            bool plain = left >= 2 && end[0] == '\r' && end[1] == '\n';
            return plain || memmem(end, left, "\r\n\r\n", 4) ? PROGRESS_ANSWERED : PROGRESS_WAIT;
        }
        if (conn->in.len - data_at < size + 2)
            return PROGRESS_WAIT;
        memmove(conn->in.at + conn->head_len + conn->body_len, conn->in.at + data_at, size);
        conn->body_len += size;
        conn->chunk_at = data_at + size + 2;
    }
}

static Progress read_body(Conn *conn, bool ended)
{
    if (conn->chunked)
        return decode_chunks(conn);
    if (conn->until_close) {
        conn->body_len = conn->in.len - conn->head_len;
        conn->answer.close = true;
        return ended ? PROGRESS_ANSWERED : PROGRESS_WAIT;
    }
    return conn->in.len - conn->head_len >= conn->body_len ? PROGRESS_ANSWERED : PROGRESS_WAIT;
}

Progress answer_parse(Conn *conn, bool ended)
{
    while (conn->head_len == 0) {
        conn->head_len = find_head(conn);
        if (conn->head_len == 0)
            return ended ? PROGRESS_BROKEN : PROGRESS_WAIT;
        if (!read_head(conn))
            return PROGRESS_BROKEN;
        if (conn->answer.status / 100 == 1) { /* 100 Continue and its kin */
            memmove(conn->in.at, conn->in.at + conn->head_len, conn->in.len - conn->head_len);
            conn->in.len -= conn->head_len;
            conn->head_len = 0;
        }
    }
    Progress progress = read_body(conn, ended);
    if (progress == PROGRESS_ANSWERED)
        conn->answer.body = str_n(conn->in.at + conn->head_len, conn->body_len);
    return progress == PROGRESS_WAIT && ended ? PROGRESS_BROKEN : progress;
}

/* http/upload.h - a document on its way in, and on its way out, a piece at a time: a request holds
 * one piece in memory, and its connection waits while the store has it. Private to http/. */
#ifndef ACESO_HTTP_UPLOAD_H
#define ACESO_HTTP_UPLOAD_H

#include "http/request.h"
#include "record/content.h"

/* ---- in: upload.c ------------------------------------------------------------------------- */

enum { UPLOAD_BEGINNING_BYTES = 2048 }; /* enough to see what it is */

typedef struct Upload Upload;

/* Whether the body may become one: the bytes of a document, not JSON. It does when it is larger
 * than a row takes. */
bool upload_may_be(const Request *rq);
/* Takes in *len bytes, or less: what is left of them is given again when the connection, which is
 * suspended then, goes on; the request is not the caller's any more. */
Status upload_add(Request *rq, const char *bytes, size_t *len);
uint64_t upload_bytes(const Upload *upload);
/* It may come: under this name. Before that, nothing of it is stored. */
Status upload_open(Request *rq, Str id) MUST_USE;
/* As it stands: before it is open its beginning alone counts. */
const RecordUpload *upload_told(Upload *upload);
/* Its name, empty where it was not open; it lives as long as the request's home. */
Str upload_end(Upload *upload);

/* ---- out: download.c ---------------------------------------------------------------------- */

/* What stands around the bytes, and which of them: [from, from + bytes). */
typedef struct {
    RecordContent content;
    bool base64; /* all of them, as text */
    Str before, after;
    uint64_t from, bytes;
} DownloadPlan;

/* The request's answer is this; strings are borrowed until it has left. */
Status download_begin(Request *rq, const DownloadPlan *plan) MUST_USE;
/* NULL without memory. */
struct MHD_Response *download_response(Request *rq);
uint64_t download_bytes(const Request *rq);
void download_end(Request *rq);

#endif

/* record/content.h - what is too large for a row: the bytes of a document, in pieces of the store
 * beside the row that names them.
 *
 *     {"resourceType":"Binary", ..., "_data":{"extension":[{"url":"urn:aceso:content",
 *      "valueString":"01jd...x7 103809024 9f86d0...0a08"}]}}
 *
 * That is how such a Binary is stored: under which name its pieces stand, how many bytes they are,
 * their SHA-256. Nobody outside sees it, and nobody can write it: who could, would read the
 * document of another. Pieces are written while the document arrives and belong to nobody until the
 * commit of the resource. An item of the store says that they are on their way; a job that was
 * added with it removes the pieces if the commit never came. docs/adr/0164 */
#ifndef ACESO_RECORD_CONTENT_H
#define ACESO_RECORD_CONTENT_H

#include "record/record.h"

enum {
    CONTENT_PIECE_BYTES = 192 * 1024,  /* all but the last; a multiple of three: base64 of one goes
                                          on where that of the one before has ended */
    CONTENT_ROW_BYTES_MAX = 64 * 1024, /* smaller documents stay in their rows */
};

/* ---- arriving ----------------------------------------------------------------------------- */

/* A name for a new one, from which on the job watches over it. Waits for a commit. */
Status content_begin(Record *record, Ctx *cx, Str *ret_id) MUST_USE;

/* One piece, which may be acknowledged before it is durable: the commit of the resource is behind
 * it. `put`, the bytes and cx->arena live until done. */
typedef struct {
    StorePiece piece;
    StoreCommit commit;
} ContentPut;
void content_put(Record *record, Ctx *cx, ContentPut *put);

/* Removes what is there of one whose commit never came; one that came stays. A slice at a time. */
Status content_sweep(Record *record, Ctx *cx, Str id) MUST_USE;
/* The job that does so, with the name as its payload. */
#define CONTENT_JOB "sweep-content"

/* ---- leaving ------------------------------------------------------------------------------ */

/* The bytes of piece `number`, as the program itself: whoever asks has been asked before. */
Status content_read(Store *store, Ctx *cx, const Access *self, const RecordContent *content,
                    uint64_t number, Str *ret_bytes) MUST_USE;
static inline uint64_t content_pieces(const RecordContent *content)
{
    return (content->bytes + CONTENT_PIECE_BYTES - 1) / CONTENT_PIECE_BYTES;
}

/* Of a Binary as stored: what it names, and the resource without that, up to its last brace.
 * *ret_content without an id: it names nothing, and *ret_head is empty. */
Status content_of(Ctx *cx, Str body, RecordContent *ret_content, Str *ret_head) MUST_USE;
/* The Binary with its bytes in it as base64, in memory; any other body as it is. */
Status content_whole(Store *store, Ctx *cx, const Access *self, Str body, Str *ret_body) MUST_USE;

#endif

/* http/upload.c - a document comes in: its pieces go to the store while it does.
 *
 *     first 64 KB -> may he, is it what it says (a worker) -> piece, piece, ... -> on_complete:
 *     the resource and the last piece are one commit
 *
 * One piece is in memory. While the store has it the connection is suspended and its socket is not
 * read, so a client is as fast as the disk, and the writer thread gets one piece of each upload at
 * a time. */
#include "http/upload.h"

#include "crypto/crypto.h"
#include "http/negotiate.h"
#include "http/routes.h"
#include "http/server.h"

enum { PREPARED_BYTES_MAX = 4 << 20 }; /* what the store makes of a piece: sealed, as an array */

struct Upload {
    Request *rq;
    Arena *arena; /* the piece */
    Ctx cx;       /* of a commit */
    char *piece;
    size_t filled;
    uint64_t bytes; /* so far */
    CryptoHash *hash;
    char digest[2 * CRYPTO_SHA256_BYTES];
    char beginning[UPLOAD_BEGINNING_BYTES];
    size_t beginning_bytes;
    Str id; /* empty: not open */
    bool told;
    Status status; /* of the last commit */
    ContentPut put;
    RecordUpload record;
};

bool upload_may_be(const Request *rq)
{
    Str given = rq->given[HEADER_CONTENT_TYPE];
    return rq->route->body == BODY_FILE && !negotiate_is_json(str_trim(str_cut(&given, ';')));
}

uint64_t upload_bytes(const Upload *upload)
{
    return upload->bytes;
}

static void take(Upload *upload, const char *bytes, size_t len)
{
    size_t room = UPLOAD_BEGINNING_BYTES - upload->beginning_bytes;
    size_t some = len < room ? len : room;
    memcpy(upload->beginning + upload->beginning_bytes, bytes, some);
    upload->beginning_bytes += some;
    memcpy(upload->piece + upload->filled, bytes, len);
    crypto_hash_add(upload->hash, str_n(bytes, len));
    upload->filled += len;
    upload->bytes += len;
}

static Status begin(Request *rq)
{
    Upload *upload = arena_new_of(rq->home, Upload);
    if (!upload)
        return STATUS_MEMORY;
    upload->rq = rq;
    rq->upload = upload; /* from here on request_end gives back what it has */
    upload->arena = arena_new((size_t)1 << 20, true);
    upload->cx.arena = arena_new(PREPARED_BYTES_MAX, true);
    upload->piece = upload->arena ? arena_alloc_raw(upload->arena, CONTENT_PIECE_BYTES) : NULL;
    upload->hash = crypto_hash_new();
    if (!upload->piece || !upload->cx.arena || !upload->hash)
        return STATUS_MEMORY;
    if (rq->body.len)
        take(upload, rq->body.at, rq->body.len);
    rq->body.len = 0;
    return STATUS_OK;
}

/* On the writer's thread. */
static void is_put(StoreCommit *commit)
{
    Upload *upload = commit->owner;
    upload->status = commit->status;
    upload->filled = 0;
    upload->put.piece.number++;
    request_resume(upload->rq, REQUEST_RECEIVING);
}

static void put(Upload *upload)
{
    StorePiece *piece = &upload->put.piece;
    piece->content = upload->id;
    piece->bytes = str_n(upload->piece, upload->filled);
    arena_clear(upload->cx.arena);
    upload->put.commit = (StoreCommit){.done = is_put, .owner = upload};
    request_suspend(upload->rq);
    content_put(upload->rq->http->record, &upload->cx, &upload->put);
}

static Status fail(Request *rq, Status status)
{
    return ctx_fail(&rq->cx, status, STR_EMPTY,
                    status == STATUS_STORAGE
                        ? "The disk of the server is full: the document was not stored."
                        : "The store is closing or cannot be used.");
}

Status upload_add(Request *rq, const char *bytes, size_t *len)
{
    if (!rq->upload) {
        TRY(begin(rq));
        request_open_upload(rq);
        return STATUS_OK;
    }
    Upload *upload = rq->upload;
    assert(upload->id.len);
    if (upload->status != STATUS_OK)
        return fail(rq, upload->status);
    while (*len) {
        size_t room = CONTENT_PIECE_BYTES - upload->filled, some = *len < room ? *len : room;
        if (!room) {
            put(upload);
            return STATUS_OK;
        }
        take(upload, bytes, some);
        bytes += some;
        *len -= some;
    }
    return STATUS_OK;
}

Status upload_open(Request *rq, Str id)
{
    rq->upload->id = arena_str(rq->home, id);
    return rq->upload->id.at ? STATUS_OK : STATUS_MEMORY;
}

static void finish_hash(Upload *upload)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t hash[CRYPTO_SHA256_BYTES];
    crypto_hash_end(upload->hash, hash);
    for (size_t i = 0; i < sizeof(hash); i++) {
        upload->digest[2 * i] = digits[hash[i] >> 4];
        upload->digest[2 * i + 1] = digits[hash[i] & 15];
    }
    upload->told = true;
}

const RecordUpload *upload_told(Upload *upload)
{
    static const char none[sizeof(upload->digest) + 1] =
        "0000000000000000000000000000000000000000000000000000000000000000";
    bool open = upload->id.len;
    if (open && !upload->told)
        finish_hash(upload);
    upload->record = (RecordUpload){
        .content = {.id = open ? upload->id : STR("asked"),
                    .bytes = upload->bytes,
                    .sha256 = str_n(open ? upload->digest : none, sizeof(upload->digest))},
        .beginning = str_n(upload->beginning, upload->beginning_bytes),
        .last = {.content = upload->id,
                 .number = upload->put.piece.number,
                 .bytes = str_n(upload->piece, upload->filled)}};
    return &upload->record;
}

Str upload_end(Upload *upload)
{
    crypto_hash_free(upload->hash);
    arena_free(upload->cx.arena);
    arena_free(upload->arena);
    return upload->id.at ? upload->id : STR_EMPTY;
}

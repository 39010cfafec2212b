/* store/body.c - zstd with dictionaries; a few compressors shared by all threads. */
#include "store/body.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <zstd.h>

#include "store/bytes.h"

/* Level 1, measured with a dictionary on Synthea: 1,268 bytes to 176 in 3.6 us; level 3: to
 * 170 in 4.1 us, and four times the memory for tables. Unpacking: 1.6 us. */
enum { HEADER_BYTES = 3, FORMAT_PLAIN = 0, FORMAT_ZSTD = 1, LEVEL = 1, PACKERS_KEPT = 6 };

/* A row of a foreign file must not make a reader reserve the moon. */
static const size_t body_bytes_max = (size_t)256 << 20;

typedef struct {
    ZSTD_CDict *_Atomic pack;
    ZSTD_DDict *_Atomic unpack;
} Dictionary;

struct Bodies {
    pthread_mutex_t lock; /* packers[] */
    ZSTD_CCtx *packers[PACKERS_KEPT];
    unsigned packer_count;
    _Atomic unsigned newest;
    Dictionary dictionaries[BODY_DICTIONARIES_MAX + 1];
};

Bodies *bodies_new(void)
{
    Bodies *bodies = calloc(1, sizeof(Bodies));
    if (bodies)
        pthread_mutex_init(&bodies->lock, NULL);
    return bodies;
}

void bodies_free(Bodies *bodies)
{
    if (!bodies)
        return;
    for (unsigned i = 0; i < bodies->packer_count; i++)
        ZSTD_freeCCtx(bodies->packers[i]);
    for (size_t i = 0; i < COUNT_OF(bodies->dictionaries); i++) {
        ZSTD_freeCDict(bodies->dictionaries[i].pack);
        ZSTD_freeDDict(bodies->dictionaries[i].unpack);
    }
    pthread_mutex_destroy(&bodies->lock);
    free(bodies);
}

Status bodies_add_dictionary(Bodies *bodies, unsigned number, Str bytes)
{
    if (number == 0 || number > BODY_DICTIONARIES_MAX)
        return STATUS_INVALID;
    Dictionary *dictionary = &bodies->dictionaries[number];
    ZSTD_DDict *unpack = ZSTD_createDDict(bytes.at, bytes.len);
    ZSTD_CDict *pack = ZSTD_createCDict(bytes.at, bytes.len, LEVEL);
    if (!unpack || !pack) {
        ZSTD_freeDDict(unpack);
        ZSTD_freeCDict(pack);
        return STATUS_MEMORY;
    }
    atomic_store_explicit(&dictionary->unpack, unpack, memory_order_release);
    atomic_store_explicit(&dictionary->pack, pack, memory_order_release);
    if (number > atomic_load(&bodies->newest))
        atomic_store(&bodies->newest, number);
    return STATUS_OK;
}

unsigned bodies_newest(const Bodies *bodies)
{
    return atomic_load(&bodies->newest);
}

static ZSTD_CCtx *take_packer(Bodies *bodies)
{
    ZSTD_CCtx *packer = NULL;
    pthread_mutex_lock(&bodies->lock);
    if (bodies->packer_count)
        packer = bodies->packers[--bodies->packer_count];
    pthread_mutex_unlock(&bodies->lock);
    if (packer)
        return packer;
    packer = ZSTD_createCCtx();
    if (packer) {
        ZSTD_CCtx_setParameter(packer, ZSTD_c_compressionLevel, LEVEL);
        ZSTD_CCtx_setParameter(packer, ZSTD_c_dictIDFlag, 0); /* it stands in our header */
    }
    return packer;
}

static void give_packer(Bodies *bodies, ZSTD_CCtx *packer)
{
    pthread_mutex_lock(&bodies->lock);
    if (bodies->packer_count < PACKERS_KEPT) {
        bodies->packers[bodies->packer_count++] = packer;
        packer = NULL;
    }
    pthread_mutex_unlock(&bodies->lock);
    ZSTD_freeCCtx(packer);
}

/* Bytes of data written behind the header, or 0 when packing does not pay. */
static size_t pack_zstd(Bodies *bodies, unsigned number, Str body, char *to, size_t room)
{
    ZSTD_CCtx *packer = take_packer(bodies);
    if (!packer)
        return 0;
    ZSTD_CDict *dictionary =
        atomic_load_explicit(&bodies->dictionaries[number].pack, memory_order_acquire);
    ZSTD_CCtx_refCDict(packer, dictionary);
    size_t len = ZSTD_compress2(packer, to, room, body.at, body.len);
    give_packer(bodies, packer);
    return ZSTD_isError(len) || len >= body.len ? 0 : len;
}

Status bodies_pack(Bodies *bodies, Arena *arena, Str body, Str *ret_packed)
{
    size_t room = ZSTD_compressBound(body.len);
    char *packed = arena_alloc_raw(arena, HEADER_BYTES + room);
    if (!packed)
        return STATUS_MEMORY;
    unsigned number = bodies_newest(bodies);
    size_t len = pack_zstd(bodies, number, body, packed + HEADER_BYTES, room);
    packed[0] = len ? FORMAT_ZSTD : FORMAT_PLAIN;
    put_uint(packed + 1, 2, len ? number : 0);
    if (!len) {
        memcpy(packed + HEADER_BYTES, body.at, body.len);
        len = body.len;
    }
    packed = arena_realloc(arena, packed, HEADER_BYTES + room, HEADER_BYTES + len);
    *ret_packed = str_n(packed, HEADER_BYTES + len);
    return STATUS_OK;
}

void unpacker_clear(Unpacker *unpacker)
{
    ZSTD_freeDCtx(unpacker->context);
    unpacker->context = NULL;
}

Status bodies_unpack(Bodies *bodies, Unpacker *unpacker, Arena *arena, Str packed, Str *ret_body)
{
    if (packed.len < HEADER_BYTES)
        return STATUS_INVALID;
    unsigned number = (unsigned)get_uint(packed.at + 1, 2);
    Str data = str_from(packed, HEADER_BYTES);
    if (packed.at[0] == FORMAT_PLAIN) {
        *ret_body = arena_str(arena, data);
        return ret_body->at ? STATUS_OK : STATUS_MEMORY;
    }
    unsigned long long size = ZSTD_getFrameContentSize(data.at, data.len);
    if (packed.at[0] != FORMAT_ZSTD || number > BODY_DICTIONARIES_MAX || size > body_bytes_max)
        return STATUS_INVALID;
    ZSTD_DDict *dictionary =
        atomic_load_explicit(&bodies->dictionaries[number].unpack, memory_order_acquire);
    if (number && !dictionary)
        return STATUS_INVALID;
    if (!unpacker->context && !(unpacker->context = ZSTD_createDCtx()))
        return STATUS_MEMORY;
    char *body = arena_alloc_raw(arena, size + 1);
    if (!body)
        return STATUS_MEMORY;
    size_t len =
        ZSTD_decompress_usingDDict(unpacker->context, body, size, data.at, data.len, dictionary);
    if (ZSTD_isError(len) || len != size)
        return STATUS_INVALID;
    body[size] = '\0';
    *ret_body = str_n(body, size);
    return STATUS_OK;
}

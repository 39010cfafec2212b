/* store/body.h - how the bytes of a resource are packed into a row.
 *
 *     format u8 | dictionary u16 BE | data      format 0: as they are; 1: one zstd frame
 *
 * Dictionary 0 is none. Dictionaries are trained on the store's own resources (train.c),
 * numbered from 1, kept in the table `dictionary`, and never change or go. */
#ifndef ACESO_STORE_BODY_H
#define ACESO_STORE_BODY_H

#include "base/base.h"

typedef struct Bodies Bodies;

enum { BODY_DICTIONARIES_MAX = 16 };

Bodies *bodies_new(void); /* NULL: out of memory */
void bodies_free(Bodies *bodies);

/* Makes a dictionary known to readers, and when it is the newest, used by packers. It must
 * be durable by then. Threads: one at a time. */
Status bodies_add_dictionary(Bodies *bodies, unsigned number, Str bytes) MUST_USE;
unsigned bodies_newest(const Bodies *bodies); /* 0 = none */

/* Any thread. */
Status bodies_pack(Bodies *bodies, Arena *arena, Str body, Str *ret_packed) MUST_USE;

/* A reader's own state for unpacking, made at its first use. */
typedef struct {
    void *context;
} Unpacker;
void unpacker_clear(Unpacker *unpacker);
/* STATUS_INVALID when packed is damaged. */
Status bodies_unpack(Bodies *bodies, Unpacker *unpacker, Arena *arena, Str packed,
                     Str *ret_body) MUST_USE;

#endif

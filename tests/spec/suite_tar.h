/* tests/spec/suite_tar.h - the files in an archive NAME.tar.zst of the shared folder. */
#ifndef ACESO_TESTS_SUITE_TAR_H
#define ACESO_TESTS_SUITE_TAR_H

#include <zstd.h>

#include "suite.h"

typedef struct {
    ZSTD_DStream *stream;
    Arena *arena; /* for the archive */
    ZSTD_inBuffer in;
    char name[512];
    bool long_name; /* name was set by a pax or GNU header */
} SuiteTar;

static inline bool suite_tar_read(SuiteTar *tar, void *to, size_t bytes)
{
    ZSTD_outBuffer out = {to, bytes, 0};
    while (out.pos < bytes) {
        size_t before = out.pos, left = ZSTD_decompressStream(tar->stream, &out, &tar->in);
        if (ZSTD_isError(left) || (out.pos == before && tar->in.pos == tar->in.size))
            return false;
    }
    return true;
}

static inline SuiteTar suite_tar_open(Arena *arena, const char *name)
{
    SuiteTar tar = {.stream = ZSTD_createDStream(), .arena = arena};
    Str text = suite_shared(arena, name);
    tar.in = (ZSTD_inBuffer){text.at, text.len, 0};
    ZSTD_initDStream(tar.stream);
    return tar;
}

static inline void suite_tar_close(SuiteTar *tar)
{
    ZSTD_freeDStream(tar->stream);
}

/* pax records are "LEN key=value\n". */
static inline void suite_tar_take_pax(SuiteTar *tar, Str records)
{
    while (records.len) {
        uint64_t len = 0;
        size_t blank = str_index(records, ' ');
        if (blank == SIZE_MAX || !str_to_u64(str_head(records, blank), &len) || len <= blank + 1 ||
            len > records.len)
            return;
        Str record = str_n(records.at + blank + 1, (size_t)len - blank - 2);
        records = str_from(records, (size_t)len);
        if (str_has_prefix(record, STR("path="))) {
            Str path = str_from(record, 5);
            snprintf(tar->name, sizeof(tar->name), STR_FMT, STR_ARG(path));
            tar->long_name = true;
        }
    }
}

/* The next file: its name in tar->name, its content in `arena` with room for in-place
 * parsing behind it. False at the end. */
static inline bool suite_tar_next(SuiteTar *tar, Arena *arena, char **ret_text, size_t *ret_len)
{
    char header[512], rest[512];
    tar->long_name = false;
    while (suite_tar_read(tar, header, sizeof(header)) && header[0]) {
        size_t size = strtoul(header + 124, NULL, 8);
        char *text = arena_alloc(arena, size + 16);
        if (!text || !suite_tar_read(tar, text, size) ||
            (size % 512 && !suite_tar_read(tar, rest, 512 - size % 512)))
            return false;
        if (header[156] == 'x') {
            suite_tar_take_pax(tar, str_n(text, size));
        } else if (header[156] == 'L') {
            snprintf(tar->name, sizeof(tar->name), "%s", text);
            tar->long_name = true;
        } else if (header[156] == '0' || header[156] == '\0') {
            if (!tar->long_name)
                snprintf(tar->name, sizeof(tar->name), "%.155s%s%.100s", header + 345,
                         header[345] ? "/" : "", header);
            *ret_text = text;
            *ret_len = size;
            return true;
        } else {
            tar->long_name = false;
        }
    }
    return false;
}

#endif

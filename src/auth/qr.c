/* auth/qr.c - a QR code as the path of an SVG: one rectangle for each run of dark squares.
 *
 *   {"size":41,"path":"M0 0h7v1h-7zM9 0h1v1h-1z..."}
 *
 * The home of libqrencode. SPEC ISO/IEC 18004 */
#include "auth/inner.h"

#include <qrencode.h>

static size_t run_of(const unsigned char *row, size_t from, size_t width)
{
    size_t to = from;
    while (to < width && (row[to] & 1))
        to++;
    return to - from;
}

Status qr_json(Ctx *cx, Str text, Buf *buf)
{
    Str copy = arena_str(cx->arena, text); /* with its NUL */
    QRcode *code = copy.at ? QRcode_encodeString8bit(copy.at, 0, QR_ECLEVEL_M) : NULL;
    if (!code)
        return STATUS_MEMORY;
    size_t width = (size_t)code->width;
    buf_format(buf, "{\"size\":%zu,\"path\":\"", width);
    for (size_t y = 0; y < width; y++) {
        const unsigned char *row = code->data + y * width;
        for (size_t x = 0; x < width; x++) {
            size_t run = run_of(row, x, width);
            if (run)
                buf_format(buf, "M%zu %zuh%zuv1h-%zuz", x, y, run, run);
            x += run;
        }
    }
    buf_add_lit(buf, "\"}");
    QRcode_free(code);
    return STATUS_OK;
}

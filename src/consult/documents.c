/* consult/documents.c - what may be kept as a document: the rule for direct writes of Binary and of
 * attachments. Programs of the network bring what was decided elsewhere. */
#include "consult/inner.h"

#include "base/base64.h"
#include "consult/sniff.h"

static Status check(Ctx *cx, Str where, Str type, Str data)
{
    Str bytes;
    if (!data.len)
        return STATUS_OK;
    size_t head = data.len < SNIFF_BYTES / 3 * 4 ? data.len : SNIFF_BYTES / 3 * 4;
    /* blanks in it may leave a rest of four: the first ones are enough */
    for (; head && !base64_read(cx->arena, str_head(data, head), &bytes); head--)
        if (data.len - head > 3 && head < SNIFF_BYTES / 3 * 4 - 3)
            return STATUS_OK; /* no base64: validation says so */
    switch (sniff(type, head ? bytes : STR_EMPTY)) {
    case SNIFF_FITS: return STATUS_OK;
    case SNIFF_PRETENDS:
        return ctx_fail(cx, STATUS_UNPROCESSABLE, where,
                        "The document is not of the type that it says.");
    case SNIFF_RUNS:
        return ctx_fail(cx, STATUS_UNPROCESSABLE, where,
                        "Pages and programs are not kept as documents: send a PDF or a picture.");
    }
    return STATUS_OK;
}

Status consult_guard_binary(Ctx *cx, const Access *writer, const JsonValue *before,
                            const JsonValue *after)
{
    UNUSED(writer);
    UNUSED(before);
    return check(cx, STR("Binary.contentType"), json_get_str(after, STR("contentType")),
                 json_get_str(after, STR("data")));
}

Status consult_guard_document(Ctx *cx, const Access *writer, const JsonValue *before,
                              const JsonValue *after)
{
    JsonValue *content;
    UNUSED(writer);
    UNUSED(before);
    for (JsonIter it = json_iter(json_get(after, STR("content")));
         json_next(&it, NULL, &content);) {
        const JsonValue *attachment = json_get(content, STR("attachment"));
        TRY(check(cx, STR("DocumentReference.content.attachment"),
                  json_get_str(attachment, STR("contentType")),
                  json_get_str(attachment, STR("data"))));
    }
    return STATUS_OK;
}

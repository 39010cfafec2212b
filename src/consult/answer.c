/* consult/answer.c - Parameters that are answered, and small things of many files. */
#include "consult/inner.h"

void pairs_begin(Pairs *pairs, Ctx *cx, size_t bytes_max)
{
    *pairs = (Pairs){.begun = false};
    buf_init(&pairs->buf, cx->arena, 512, bytes_max);
    buf_add_lit(&pairs->buf, "{\"resourceType\":\"Parameters\",\"parameter\":[");
}

static void name_it(Pairs *pairs, const char *name)
{
    if (pairs->begun)
        buf_add_char(&pairs->buf, ',');
    pairs->begun = true;
    buf_format(&pairs->buf, "{\"name\":\"%s\",", name);
}

void pairs_json(Pairs *pairs, const char *name, const char *kind, Str json)
{
    name_it(pairs, name);
    buf_format(&pairs->buf, "\"%s\":", kind);
    buf_add_str(&pairs->buf, json);
    buf_add_char(&pairs->buf, '}');
}

void pairs_text(Pairs *pairs, const char *name, const char *kind, Str text)
{
    if (!text.len)
        return;
    name_it(pairs, name);
    buf_format(&pairs->buf, "\"%s\":", kind);
    json_write_string(&pairs->buf, text);
    buf_add_char(&pairs->buf, '}');
}

void pairs_time(Pairs *pairs, const char *name, Time at)
{
    char text[TIME_INSTANT_LEN];
    pairs_text(pairs, name, "valueInstant", time_format_instant(at, text));
}

void pairs_open(Pairs *pairs, const char *name)
{
    name_it(pairs, name);
    buf_add_lit(&pairs->buf, "\"part\":[");
    pairs->begun = false;
}

void pairs_close(Pairs *pairs)
{
    buf_add_lit(&pairs->buf, "]}");
    pairs->begun = true;
}

Status pairs_answer(Pairs *pairs, Operation *op, unsigned http)
{
    buf_add_lit(&pairs->buf, "]}");
    TRY(buf_done(&pairs->buf));
    operation_answer(op, http, buf_str(&pairs->buf));
    return STATUS_OK;
}

/* ---- small things ---------------------------------------------------------------------------- */

Str bare_reference(Str reference)
{
    size_t slashes = 0;
    if (!str_has_prefix(reference, STR("http://")) && !str_has_prefix(reference, STR("https://")))
        return reference;
    for (size_t i = reference.len; i-- > 0;)
        if (reference.at[i] == '/' && ++slashes == 2)
            return str_from(reference, i + 1);
    return reference;
}

Str reference_of(const JsonValue *resource, Str member)
{
    return bare_reference(json_get_str(json_get(resource, member), STR("reference")));
}

Status need_practitioner(Operation *op, Str *ret_who)
{
    *ret_who = operation_who(op);
    if (str_has_prefix(*ret_who, STR("Practitioner/")))
        return STATUS_OK;
    return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY,
                    "This is for a practitioner under his own name.");
}

void add_narrative(Buf *buf, Str text)
{
    buf_add_lit(buf, "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>");
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        switch (c) {
        case '&': buf_add_lit(buf, "&amp;"); break;
        case '<': buf_add_lit(buf, "&lt;"); break;
        case '>': buf_add_lit(buf, "&gt;"); break;
        case '"': buf_add_lit(buf, "&quot;"); break;
        case '\n': buf_add_lit(buf, "<br/>"); break;
        default:
            if (c >= ' ' || c == '\t') /* no other control is a character of XML */
                buf_add_char(buf, (char)c);
        }
    }
    buf_add_lit(buf, "</p></div>");
}

static const struct {
    Str name, text;
} entities[] = {
    {STR_INIT("&lt;"), STR_INIT("<")},    {STR_INIT("&gt;"), STR_INIT(">")},
    {STR_INIT("&quot;"), STR_INIT("\"")}, {STR_INIT("&apos;"), STR_INIT("'")},
    {STR_INIT("&#39;"), STR_INIT("'")},   {STR_INIT("&amp;"), STR_INIT("&")},
    {STR_INIT("&#160;"), STR_INIT(" ")},  {STR_INIT("&nbsp;"), STR_INIT(" ")},
};

/* What stands for an entity at the beginning of text; its length, 0 when there is none. */
static size_t add_entity(Buf *out, Str text)
{
    for (size_t i = 0; i < COUNT_OF(entities); i++)
        if (str_has_prefix(text, entities[i].name)) {
            buf_add_str(out, entities[i].text);
            return entities[i].name.len;
        }
    return 0;
}

static bool ends_line(Str tag)
{
    static const Str ends[] = {STR_INIT("<br"),  STR_INIT("</p"),   STR_INIT("</li"),
                               STR_INIT("</tr"), STR_INIT("</div"), STR_INIT("</h")};
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (str_has_prefix(tag, ends[i]))
            return true;
    return false;
}

Str plain_of_narrative(Ctx *cx, Str div)
{
    Buf out;
    buf_init(&out, cx->arena, div.len + 1, div.len + 1);
    for (size_t i = 0; i < div.len;) {
        Str rest = str_from(div, i);
        size_t entity = rest.at[0] == '&' ? add_entity(&out, rest) : 0;
        if (entity) {
            i += entity;
        } else if (rest.at[0] == '<') {
            size_t end = str_index(rest, '>');
            if (ends_line(rest))
                buf_add_char(&out, '\n');
            i += end == SIZE_MAX ? rest.len : end + 1;
        } else {
            buf_add_char(&out, rest.at[0]);
            i++;
        }
    }
    return buf_done(&out) == STATUS_OK ? str_trim(buf_str(&out)) : STR_EMPTY;
}

Str now_text(Operation *op)
{
    char text[TIME_INSTANT_LEN];
    Str now = arena_str(op->cx->arena, time_format_instant(op->now, text));
    return now.at ? now : STR_EMPTY;
}

Str words_of(const JsonValue *concept)
{
    const JsonValue *coding = json_item(json_get(concept, STR("coding")), 0);
    Str text = json_get_str(concept, STR("text"));
    if (!text.len)
        text = json_get_str(coding, STR("display"));
    return text.len ? text : json_get_str(coding, STR("code"));
}

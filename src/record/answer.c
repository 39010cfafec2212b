/* record/answer.c - the repeated parts of answered bundles. */
#include "record/answer.h"

void answer_begin(Buf *buf, const char *kind)
{
    buf_add_lit(buf, "{\"resourceType\":\"Bundle\",\"type\":\"");
    buf_add_str(buf, str_of(kind));
    buf_add_lit(buf, "\"");
}

void answer_link(Buf *buf, const char *relation, Str url, bool first)
{
    buf_add_str(buf, first ? STR("{\"relation\":\"") : STR(",{\"relation\":\""));
    buf_add_str(buf, str_of(relation));
    buf_add_lit(buf, "\",\"url\":");
    json_write_string(buf, url);
    buf_add_lit(buf, "}");
}

void answer_full_url(Buf *buf, Str base, uint16_t type, Str id)
{
    buf_add_lit(buf, "\"fullUrl\":\"");
    buf_add_str(buf, base);
    buf_add_lit(buf, "/");
    buf_add_str(buf, fhir_type_name(type));
    buf_add_lit(buf, "/");
    buf_add_str(buf, id);
    buf_add_lit(buf, "\"");
}

/* The standard phrase of a status that a bundle can carry: "Created". SPEC RFC 9110 15 */
static const char *http_phrase(unsigned http)
{
    static const struct {
        unsigned http;
        const char *phrase;
    } phrases[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {410, "Gone"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {422, "Unprocessable Content"},
        {503, "Service Unavailable"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < COUNT_OF(phrases); i++) {
        if (phrases[i].http == http)
            return phrases[i].phrase;
    }
    return "Error";
}

void answer_response(Buf *buf, unsigned http, Str location, uint32_t version, Time updated)
{
    buf_add_lit(buf, "\"response\":{\"status\":\"");
    buf_add_u64(buf, http);
    buf_add_lit(buf, " ");
    buf_add_str(buf, str_of(http_phrase(http)));
    buf_add_lit(buf, "\"");
    if (location.len) {
        buf_add_lit(buf, ",\"location\":\"");
        buf_add_str(buf, location);
        buf_add_lit(buf, "\"");
    }
    if (version) {
        char instant[TIME_INSTANT_LEN];
        buf_add_lit(buf, ",\"etag\":\"W/\\\"");
        buf_add_u64(buf, version);
        buf_add_lit(buf, "\\\"\",\"lastModified\":\"");
        buf_add_str(buf, time_format_instant(updated, instant));
        buf_add_lit(buf, "\"");
    }
    buf_add_lit(buf, "}");
}

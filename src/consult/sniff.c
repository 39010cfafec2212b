/* consult/sniff.c - see sniff.h. Types with a pattern must have it; pictures, sounds, films and PDF
 * without one must at least not be markup. */
#include "consult/sniff.h"

static const struct {
    Str type;
    unsigned at;
    Str pattern;
} patterns[] = {
    {STR_INIT("image/png"), 0, STR_INIT("\x89PNG\r\n\x1a\n")},
    {STR_INIT("image/jpeg"), 0, STR_INIT("\xff\xd8\xff")},
    {STR_INIT("image/jpg"), 0, STR_INIT("\xff\xd8\xff")},
    {STR_INIT("image/gif"), 0, STR_INIT("GIF8")},
    {STR_INIT("image/webp"), 8, STR_INIT("WEBP")},
    {STR_INIT("image/bmp"), 0, STR_INIT("BM")},
    {STR_INIT("image/tiff"), 0, STR_INIT("II*\0")},
    {STR_INIT("image/tiff"), 0, STR_INIT("MM\0*")},
    {STR_INIT("image/heic"), 4, STR_INIT("ftyp")},
    {STR_INIT("application/dicom"), 128, STR_INIT("DICM")},
    {STR_INIT("video/mp4"), 4, STR_INIT("ftyp")},
    {STR_INIT("audio/wav"), 0, STR_INIT("RIFF")},
    {STR_INIT("application/zip"), 0, STR_INIT("PK")},
};

static const Str runs[] = {
    STR_INIT("text/html"),
    STR_INIT("application/xhtml+xml"),
    STR_INIT("image/svg+xml"),
    STR_INIT("text/javascript"),
    STR_INIT("application/javascript"),
    STR_INIT("application/ecmascript"),
    STR_INIT("application/x-javascript"),
    STR_INIT("text/ecmascript"),
    STR_INIT("application/x-shockwave-flash"),
    STR_INIT("application/hta"),
    STR_INIT("text/xsl"),
    STR_INIT("application/xslt+xml"),
};

static Str without_blanks(Str bytes)
{
    if (str_has_prefix(bytes, STR("\xef\xbb\xbf"))) /* a mark of byte order */
        bytes = str_from(bytes, 3);
    while (bytes.len && strchr(" \t\r\n\f", bytes.at[0]) && bytes.at[0])
        bytes = str_from(bytes, 1);
    return bytes;
}

static bool is_markup(Str bytes)
{
    static const Str begins[] = {STR_INIT("<!doctype"), STR_INIT("<html"), STR_INIT("<head"),
                                 STR_INIT("<body"),     STR_INIT("<svg"),  STR_INIT("<script"),
                                 STR_INIT("<?xml"),     STR_INIT("<!--"),  STR_INIT("<iframe"),
                                 STR_INIT("<h1"),       STR_INIT("<div"),  STR_INIT("<img")};
    Str text = without_blanks(bytes);
    for (size_t i = 0; i < COUNT_OF(begins); i++)
        if (str_eq_nocase(str_head(text, begins[i].len), begins[i]))
            return true;
    return false;
}

/* A PDF may have some bytes before it, but none of a page. */
static bool is_pdf(Str bytes)
{
    return !is_markup(bytes) && memmem(bytes.at, bytes.len < 1024 ? bytes.len : 1024, "%PDF-", 5);
}

static bool fits(Str type, Str bytes, bool *ret_known)
{
    *ret_known = false;
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        if (!str_eq_nocase(type, patterns[i].type))
            continue;
        *ret_known = true;
        if (str_has_prefix(str_from(bytes, patterns[i].at), patterns[i].pattern))
            return true;
    }
    return false;
}

static bool has_head(Str type, Str head)
{
    return str_eq_nocase(str_head(type, head.len), head);
}

Sniff sniff(Str type, Str bytes)
{
    bool known;
    type = str_trim(str_cut(&type, ';'));
    for (size_t i = 0; i < COUNT_OF(runs); i++)
        if (str_eq_nocase(type, runs[i]))
            return SNIFF_RUNS;
    if (str_eq_nocase(type, STR("application/pdf")))
        return is_pdf(bytes) ? SNIFF_FITS : SNIFF_PRETENDS;
    bool good = fits(type, bytes, &known);
    if (known)
        return good ? SNIFF_FITS : SNIFF_PRETENDS;
    bool media = has_head(type, STR("image/")) || has_head(type, STR("audio/")) ||
                 has_head(type, STR("video/")) || has_head(type, STR("font/"));
    if (media && is_markup(bytes))
        return SNIFF_PRETENDS;
    if (has_head(type, STR("text/")) && memchr(bytes.at, 0, bytes.len))
        return SNIFF_PRETENDS;
    return SNIFF_FITS;
}

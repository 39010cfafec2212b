/* Whether a document is what it says. SPEC https://mimesniff.spec.whatwg.org/ */
#include "consult/sniff.h"
#include "testing.h"

#define S(text) STR_INIT(text)

static void a_document_is_what_it_says(void **state)
{
    static const struct {
        const char *why, *type;
        Str bytes;
        Sniff sniff;
    } cases[] = {
        {"a PDF", "application/pdf", S("%PDF-1.7\n"), SNIFF_FITS},
        {"a PDF behind some bytes", "application/pdf", S("\0\0\0%PDF-1.7\n"), SNIFF_FITS},
        {"a page as PDF", "application/pdf", S("<html>"), SNIFF_PRETENDS},
        {"a page with the word in it", "application/pdf", S(" <!DOCTYPE html><!--%PDF-1.4-->"),
         SNIFF_PRETENDS},
        {"nothing as PDF", "application/pdf", S(""), SNIFF_PRETENDS},
        {"a PNG", "image/png", S("\x89PNG\r\n\x1a\n...."), SNIFF_FITS},
        {"capitals and parameters", "Image/PNG; x=y", S("\x89PNG\r\n\x1a\n"), SNIFF_FITS},
        {"a JPEG as PNG", "image/png", S("\xff\xd8\xff\xe0"), SNIFF_PRETENDS},
        {"a JPEG", "image/jpeg", S("\xff\xd8\xff\xe0"), SNIFF_FITS},
        {"a script as a picture", "image/jpeg", S("<script>"), SNIFF_PRETENDS},
        {"a drawing as a picture of no known kind", "image/x-odd", S("  <svg onload=x>"),
         SNIFF_PRETENDS},
        {"behind a mark of byte order", "image/x-odd", S("\xef\xbb\xbf<!doctype html>"),
         SNIFF_PRETENDS},
        {"a drawing", "image/svg+xml", S("<svg/>"), SNIFF_RUNS},
        {"a page", "text/html; charset=utf-8", S("<p>"), SNIFF_RUNS},
        {"a script", "text/javascript", S("x"), SNIFF_RUNS},
        {"a text", "text/plain", S("a < b"), SNIFF_FITS},
        {"bytes as a text", "text/plain", S("a\0b"), SNIFF_PRETENDS},
        {"both orders of TIFF", "image/tiff", S("MM\0*"), SNIFF_FITS},
        {"DICOM behind its preamble is asked for", "application/dicom", S("DICM"), SNIFF_PRETENDS},
        {"anything else is a file to be kept", "application/octet-stream", S("<html>"), SNIFF_FITS},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(sniff(str_of(c->type), c->bytes), c->sniff);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_document_is_what_it_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

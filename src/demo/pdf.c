/* demo/pdf.c - a PDF of one page, A4, Helvetica with WinAnsi letters; enough for a letter.
 * SPEC ISO 32000-1 7.5 (file structure), Annex D (encodings) */
#include "demo/chart.h"

enum { LINE_LETTERS = 88, LINE_POINTS = 15, OBJECTS = 5 };

/* One code point of UTF-8 as a WinAnsi byte; '?' when there is none. */
static unsigned char next_letter(Str *text)
{
    unsigned char c = (unsigned char)text->at[0];
    size_t len = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    unsigned char letter = '?';
    if (len > text->len)
        len = text->len;
    if (len == 1 && c < 0x80)
        letter = c;
    else if (len == 2 && (c == 0xC2 || c == 0xC3)) /* U+0080..U+00FF */
        letter = (unsigned char)((c & 3) << 6 | ((unsigned char)text->at[1] & 0x3F));
    else if (len == 2 && c == 0xC5 && ((unsigned char)text->at[1] & 0xFE) == 0x92)
        letter = text->at[1] & 1 ? 0x9C : 0x8C; /* oe ligatures */
    *text = str_from(*text, len);
    return letter;
}

static void add_line(Buf *page, Str line)
{
    buf_add_char(page, '(');
    while (line.len) {
        unsigned char letter = next_letter(&line);
        if (letter == '(' || letter == ')' || letter == '\\')
            buf_format(page, "\\%c", letter);
        else if (letter >= 0x80)
            buf_format(page, "\\%03o", letter);
        else
            buf_add_char(page, (char)letter);
    }
    buf_add_lit(page, ") Tj T*\n");
}

static void add_paragraph(Buf *page, Str paragraph)
{
    while (paragraph.len > LINE_LETTERS) {
        size_t cut = LINE_LETTERS;
        while (cut > 0 && paragraph.at[cut] != ' ')
            cut--;
        if (cut == 0)
            break;
        add_line(page, str_head(paragraph, cut));
        paragraph = str_from(paragraph, cut + 1);
    }
    add_line(page, paragraph);
}

static Str write_page(Ctx *cx, Str title, Str text)
{
    Buf page;
    buf_init(&page, cx->arena, 2048, 64 << 10);
    buf_format(&page, "BT /F1 14 Tf %d TL 60 780 Td\n", LINE_POINTS);
    add_line(&page, title);
    buf_add_lit(&page, "T* /F1 10 Tf\n");
    while (text.len)
        add_paragraph(&page, str_cut(&text, '\n'));
    buf_add_lit(&page, "ET\n");
    return buf_str(&page);
}

Str pdf_make(Ctx *cx, Str title, Str text)
{
    static const char *const fixed[OBJECTS - 1] = {
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        ("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
         " /Resources << /Font << /F1 4 0 R >> >> >>"),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    };
    size_t at[OBJECTS];
    Str page = write_page(cx, title, text);
    Buf pdf;
    buf_init(&pdf, cx->arena, page.len + 1024, 128 << 10);
    buf_add_lit(&pdf, "%PDF-1.4\n");
    for (unsigned i = 0; i < OBJECTS - 1; i++) {
        at[i] = pdf.len;
        buf_format(&pdf, "%u 0 obj\n%s\nendobj\n", i + 1, fixed[i]);
    }
    at[OBJECTS - 1] = pdf.len;
    buf_format(&pdf, "%d 0 obj\n<< /Length %zu >>\nstream\n", OBJECTS, page.len);
    buf_add_str(&pdf, page);
    buf_add_lit(&pdf, "endstream\nendobj\n");
    size_t table = pdf.len;
    buf_format(&pdf, "xref\n0 %d\n0000000000 65535 f \n", OBJECTS + 1);
    for (unsigned i = 0; i < OBJECTS; i++)
        buf_format(&pdf, "%010zu 00000 n \n", at[i]);
    buf_format(&pdf, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n", OBJECTS + 1,
               table);
    return buf_str(&pdf);
}

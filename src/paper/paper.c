/* paper/paper.c - see paper.h. Pages are recorded first, so that each can say how many there are.
 */
#include "paper/paper.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

enum { PAGES_MAX = 2000 };
static const double page_width = 595.28, page_height = 841.89, margin = 56, foot_at = 34;

static const char *const fonts[] = {
    [PAPER_TITLE] = "Sans Bold 17", [PAPER_HEADING] = "Sans Bold 11.5",
    [PAPER_TEXT] = "Sans 10",       [PAPER_BOLD] = "Sans Bold 10",
    [PAPER_SMALL] = "Sans 8.5",     [PAPER_NOTE] = "Sans Italic 9",
    [PAPER_LARGE] = "Sans Bold 12",
};

struct Paper {
    Ctx *cx;
    PaperOptions options;
    Buf out;
    cairo_surface_t *page; /* the one being filled */
    cairo_t *cairo;
    PangoLayout *layout;
    cairo_surface_t **pages; /* that are full */
    size_t count, room;
    double y;
    Status status;
};

double paper_width(void)
{
    return page_width - 2 * margin;
}

/* ---- pages
 * --------------------------------------------------------------------------------------- */

static void fail(Paper *paper, Status status)
{
    if (paper->status == STATUS_OK)
        paper->status = status;
}

static void begin_page(Paper *paper)
{
    cairo_rectangle_t all = {0, 0, page_width, page_height};
    paper->page = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, &all);
    paper->cairo = cairo_create(paper->page);
    paper->layout = pango_cairo_create_layout(paper->cairo);
    paper->y = margin;
}

static void end_page(Paper *paper)
{
    if (!paper->page)
        return;
    g_object_unref(paper->layout);
    cairo_destroy(paper->cairo);
    if (paper->count == paper->room && paper->count < PAGES_MAX) {
        size_t room = paper->room ? 2 * paper->room : 8;
        paper->pages =
            arena_realloc(paper->cx->arena, paper->pages, paper->room * sizeof(*paper->pages),
                          room * sizeof(*paper->pages));
        paper->room = paper->pages ? room : 0;
    }
    if (paper->count < paper->room) {
        paper->pages[paper->count++] = paper->page;
    } else {
        cairo_surface_destroy(paper->page);
        fail(paper, STATUS_MEMORY);
    }
    paper->page = NULL;
    paper->cairo = NULL;
    paper->layout = NULL;
}

static void next_page(Paper *paper)
{
    end_page(paper);
    begin_page(paper);
}

static double left_on_page(const Paper *paper)
{
    return page_height - margin - paper->y;
}

void paper_need(Paper *paper, double points)
{
    if (left_on_page(paper) < points && paper->y > margin)
        next_page(paper);
}

/* ---- text
 * ---------------------------------------------------------------------------------------- */

static double measure(Paper *paper, PaperStyle style, Str text, double width)
{
    PangoFontDescription *font = pango_font_description_from_string(fonts[style]);
    int high;
    pango_layout_set_font_description(paper->layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(paper->layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(paper->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_text(paper->layout, text.at, (int)text.len);
    pango_layout_get_size(paper->layout, NULL, &high);
    return (double)high / PANGO_SCALE;
}

static void show(Paper *paper, double x)
{
    cairo_move_to(paper->cairo, margin + x, paper->y);
    pango_cairo_show_layout(paper->cairo, paper->layout);
}

/* How many bytes of what was measured fit above `points`: whole lines. */
static size_t fitting(Paper *paper, size_t len, double points)
{
    PangoLayoutIter *iter = pango_layout_get_iter(paper->layout);
    size_t fits = 0;
    do {
        PangoRectangle line;
        pango_layout_iter_get_line_extents(iter, NULL, &line);
        PangoLayoutLine *at = pango_layout_iter_get_line_readonly(iter);
        if ((double)(line.y + line.height) / PANGO_SCALE > points)
            break;
        fits = (size_t)(at->start_index + at->length);
    } while (pango_layout_iter_next_line(iter));
    pango_layout_iter_free(iter);
    return fits < len ? fits : len;
}

void paper_text(Paper *paper, PaperStyle style, Str text, double indent, double above)
{
    double width = paper_width() - indent;
    bool heading = style == PAPER_HEADING || style == PAPER_TITLE;
    paper->y += paper->y > margin ? above : 0;
    if (heading)
        paper_need(paper, 60); /* not alone at the foot */
    while (text.len && paper->status == STATUS_OK) {
        double high = measure(paper, style, text, width);
        size_t fits = text.len;
        if (high > left_on_page(paper))
            fits = fitting(paper, text.len, left_on_page(paper));
        if (!fits && paper->y > margin) {
            next_page(paper);
            continue;
        }
        fits = fits ? fits : text.len;
        high = measure(paper, style, str_head(text, fits), width);
        show(paper, indent);
        paper->y += high + 1.5;
        text = str_from(text, fits);
        while (text.len && (text.at[0] == ' ' || text.at[0] == '\n'))
            text = str_from(text, 1);
        if (text.len)
            next_page(paper);
    }
}

void paper_row(Paper *paper, PaperStyle style, const PaperCell *cells, size_t count, double above)
{
    double high = 0;
    for (size_t i = 0; i < count; i++) {
        double end = i + 1 < count ? cells[i + 1].at : paper_width();
        double one = measure(paper, style, cells[i].text, end - cells[i].at - 4);
        high = one > high ? one : high;
    }
    paper->y += paper->y > margin ? above : 0;
    paper_need(paper, high < page_height - 3 * margin ? high : 0);
    for (size_t i = 0; i < count; i++) {
        double end = i + 1 < count ? cells[i + 1].at : paper_width();
        measure(paper, style, cells[i].text, end - cells[i].at - 4);
        show(paper, cells[i].at);
    }
    paper->y += high + 1.5;
}

void paper_pair(Paper *paper, PaperStyle style, Str left, Str right, double above)
{
    PaperCell cells[] = {{0, left}, {paper_width() / 2 + 8, right}};
    paper_row(paper, style, cells, COUNT_OF(cells), above);
}

void paper_rule(Paper *paper, double above)
{
    paper->y += above;
    cairo_set_line_width(paper->cairo, .6);
    cairo_set_source_rgb(paper->cairo, .55, .55, .55);
    cairo_move_to(paper->cairo, margin, paper->y);
    cairo_line_to(paper->cairo, page_width - margin, paper->y);
    cairo_stroke(paper->cairo);
    cairo_set_source_rgb(paper->cairo, 0, 0, 0);
    paper->y += 5;
}

/* ---- life
 * ----------------------------------------------------------------------------------------- */

static void release(void *of)
{
    Paper *paper = of;
    end_page(paper);
    for (size_t i = 0; i < paper->count; i++)
        cairo_surface_destroy(paper->pages[i]);
    paper->count = 0;
}

Status paper_new(Ctx *cx, const PaperOptions *options, Paper **ret_paper)
{
    Paper *paper = arena_new_of(cx->arena, Paper);
    void **slot = arena_defer(cx->arena, release, NULL);
    if (!paper || !slot)
        return STATUS_MEMORY;
    paper->cx = cx;
    paper->options = *options;
    buf_init(&paper->out, cx->arena, 1 << 16, options->bytes_max);
    begin_page(paper);
    *slot = paper;
    *ret_paper = paper;
    return STATUS_OK;
}

static cairo_status_t write_bytes(void *to, const unsigned char *bytes, unsigned len)
{
    Buf *out = to;
    buf_add(out, bytes, len);
    return buf_done(out) == STATUS_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static void write_foot(Paper *paper, cairo_t *cairo, size_t number)
{
    PangoLayout *layout = pango_cairo_create_layout(cairo);
    PangoFontDescription *font = pango_font_description_from_string("Sans 7.5");
    Str foot = paper->options.foot;
    char text[32];
    int wide;
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(layout, (int)((paper_width() - 60) * PANGO_SCALE));
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    pango_layout_set_text(layout, foot.at, (int)foot.len);
    cairo_move_to(cairo, margin, page_height - foot_at);
    pango_cairo_show_layout(cairo, layout);
    snprintf(text, sizeof(text), "%zu / %zu", number, paper->count);
    pango_layout_set_width(layout, -1);
    pango_layout_set_text(layout, text, -1);
    pango_layout_get_size(layout, &wide, NULL);
    cairo_move_to(cairo, page_width - margin - (double)wide / PANGO_SCALE, page_height - foot_at);
    pango_cairo_show_layout(cairo, layout);
    g_object_unref(layout);
}

static void write_pages(Paper *paper, cairo_t *cairo)
{
    for (size_t i = 0; i < paper->count; i++) {
        cairo_set_source_surface(cairo, paper->pages[i], 0, 0);
        cairo_paint(cairo);
        cairo_set_source_rgb(cairo, 0, 0, 0);
        write_foot(paper, cairo, i + 1);
        cairo_show_page(cairo);
    }
}

Status paper_end(Paper *paper, Str *ret_pdf)
{
    end_page(paper);
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(write_bytes, &paper->out, page_width, page_height);
    Str title = arena_str(paper->cx->arena, paper->options.title);
    if (title.at && title.len)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title.at);
    cairo_t *cairo = cairo_create(surface);
    write_pages(paper, cairo);
    cairo_destroy(cairo);
    cairo_surface_finish(surface);
    bool good = cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS;
    cairo_surface_destroy(surface);
    release(paper);
    TRY(paper->status);
    *ret_pdf = buf_str(&paper->out);
    if (buf_done(&paper->out) != STATUS_OK)
        return ctx_fail(paper->cx, STATUS_TOO_LARGE, STR_EMPTY, "The document is too long.");
    return good
               ? STATUS_OK
               : ctx_fail(paper->cx, STATUS_INTERNAL, STR_EMPTY, "The paper could not be written.");
}

/* paper/paper.h - what is printed: A4 pages with text in any script, as PDF.
 *
 * The only home of Pango and Cairo. It knows fonts, columns and pages, not what a prescription is.
 * Fonts are those of the machine. */
#ifndef ACESO_PAPER_H
#define ACESO_PAPER_H

#include "base/base.h"

typedef struct Paper Paper;

typedef enum {
    PAPER_TITLE,
    PAPER_HEADING,
    PAPER_TEXT,
    PAPER_BOLD,
    PAPER_SMALL,
    PAPER_NOTE, /* small, slanted */
    PAPER_LARGE,
} PaperStyle;

typedef struct {
    Str foot;  /* stands at the foot of each page, before its number; or empty */
    Str title; /* of the document, for who opens it */
    size_t bytes_max;
} PaperOptions;

/* Lives in the arena of cx. */
Status paper_new(Ctx *cx, const PaperOptions *options, Paper **ret_paper) MUST_USE;

/* A paragraph, from `indent` points on; on the next page where there is no room. Long ones are
 * divided between lines. */
void paper_text(Paper *paper, PaperStyle style, Str text, double indent, double above);
/* Two paragraphs side by side, at the left and from the middle on. */
void paper_pair(Paper *paper, PaperStyle style, Str left, Str right, double above);
/* A row of a table: cells at their places (points from the left margin), each as wide as up to the
 * next one. */
typedef struct {
    double at;
    Str text;
} PaperCell;
void paper_row(Paper *paper, PaperStyle style, const PaperCell *cells, size_t count, double above);
/* A line across. */
void paper_rule(Paper *paper, double above);
/* At least so many points must be left on the page; else a new one begins. */
void paper_need(Paper *paper, double points);

/* The bytes, once. Every page has its number. */
Status paper_end(Paper *paper, Str *ret_pdf) MUST_USE;

/* The width that text may take, in points. */
double paper_width(void);

#endif

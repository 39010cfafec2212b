/* demo/pen.h - writes a transaction Bundle as text, entry by entry.
 *
 * Commas look after themselves; nesting does not: every pen_object() has its pen_end(),
 * every pen_list() its pen_list_end(). Values are escaped; names and codes come from our own
 * tables. It refuses to be a JSON library: it cannot read. */
#ifndef ACESO_DEMO_PEN_H
#define ACESO_DEMO_PEN_H

#include "demo/calendar.h"

enum { PEN_ID_MAX = 40 };

typedef struct {
    Buf out;
    Str id_stem;     /* "p000123": ids are p000123-001, -002, ... */
    unsigned serial; /* of the last id */
    Str type;        /* of the open entry */
    char id[PEN_ID_MAX];
    size_t id_len;
} Pen;

void pen_init(Pen *pen, Arena *arena, Str id_stem, size_t bytes_max);
Status pen_finish(Pen *pen, Str *ret_bundle) MUST_USE;

/* Begins the entry of a resource with an id of its own, or with the next id of the stem;
 * answers the serial, for references to it. */
void pen_open_id(Pen *pen, Str type, Str id);
unsigned pen_open(Pen *pen, Str type);
void pen_close(Pen *pen);
/* A serial for an entry that is written later, by pen_open_serial. */
unsigned pen_reserve(Pen *pen);
void pen_open_serial(Pen *pen, Str type, unsigned serial);

void pen_object(Pen *pen, Str name); /* name empty: an item of a list */
void pen_end(Pen *pen);
void pen_list(Pen *pen, Str name);
void pen_list_end(Pen *pen);

void pen_text(Pen *pen, Str name, Str value);
void pen_int(Pen *pen, Str name, int64_t value);
void pen_bool(Pen *pen, Str name, bool value);
void pen_decimal(Pen *pen, Str name, double value, unsigned decimals);
void pen_day(Pen *pen, Str name, Day day);
void pen_moment(Pen *pen, Str name, Moment at);
/* "name":{"start":...,"end":...} */
void pen_period(Pen *pen, Str name, Moment start, int minutes);
void pen_days(Pen *pen, Str name, Day start, Day end); /* end may be DAY_NONE */
/* A text item of a list. */
void pen_item(Pen *pen, Str value);
/* A piece of JSON as it stands, members or items; no comma in front. */
void pen_raw(Pen *pen, Str json);
#define PEN_RAW(pen, literal) pen_raw((pen), STR(literal))

/* One Coding as an item of a list; display may be empty. */
void pen_coding(Pen *pen, Str system, Str code, Str display);
/* A CodeableConcept with one coding and its text; system empty: text only. */
void pen_concept(Pen *pen, Str name, Str system, Str code, Str text);
/* A Reference; reference is "Type/id". */
void pen_reference(Pen *pen, Str name, Str reference, Str display);
/* A Reference to an entry of the same stem. */
void pen_reference_serial(Pen *pen, Str name, Str type, unsigned serial, Str display);
void pen_quantity(Pen *pen, Str name, double value, unsigned decimals, Str unit, Str code);
/* "name":"base64" */
void pen_base64(Pen *pen, Str name, Str bytes);

#endif

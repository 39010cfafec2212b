/* oracle/pen.h - what resources are written with: words, data types, references. */
#ifndef ACESO_TESTS_ORACLE_PEN_H
#define ACESO_TESTS_ORACLE_PEN_H

#include "data.h"

typedef struct {
    OracleDice *dice;
    Buf buf;
    unsigned number; /* of the resource in hand */
} Pen;

#define ADD(pen, ...)   buf_format(&(pen)->buf, __VA_ARGS__)
#define MAYBE(pen, pct) if (dice_percent((pen)->dice, (pct)))

/* ---- words: one of them ---- */

const char *pen_family(Pen *p);
const char *pen_city(Pen *p);
const char *pen_display(Pen *p);
const char *pen_moment(Pen *p); /* with a time */
const char *pen_day(Pen *p);    /* a date of any precision */
const char *pen_any_date(Pen *p);
const char *pen_number(Pen *p);

/* ---- data types: a value, or with a name, as ,"name":value ---- */

void pen_coding(Pen *p);
void pen_concept(Pen *p, const char *name);
void pen_concepts(Pen *p, const char *name);
void pen_period(Pen *p, const char *name);
void pen_timing(Pen *p, const char *name);
void pen_quantity(Pen *p, const char *name);
void pen_age(Pen *p, const char *name);
/* unit: further members of both ends */
void pen_range(Pen *p, const char *name, const char *unit);
void pen_identifiers(Pen *p);
void pen_names(Pen *p);
void pen_address(Pen *p, bool list);
void pen_telecom(Pen *p);

void pen_reference_value(Pen *p, const char *type);
void pen_reference(Pen *p, const char *name, const char *type);
void pen_references(Pen *p, const char *name, const char *type);
/* To one of the same type with a lower number: a tree. */
void pen_part_of(Pen *p, const char *type, char letter);
/* A contained resource with the id "inner". */
void pen_contained_practitioner(Pen *p);

/* ---- resources: what stands behind id and meta ---- */

void fill_patient(Pen *p);
void fill_practitioner(Pen *p);
void fill_organization(Pen *p);
void fill_location(Pen *p);
void fill_observation(Pen *p);
void fill_condition(Pen *p);
void fill_encounter(Pen *p);
void fill_risk(Pen *p);
void fill_charge(Pen *p);
void fill_list(Pen *p);
void fill_request(Pen *p);
void fill_document(Pen *p);
void fill_group(Pen *p);
void fill_sequence(Pen *p);
void fill_code_system(Pen *p);
void fill_value_set(Pen *p);

#endif

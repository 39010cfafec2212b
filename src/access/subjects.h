/* access/subjects.h - whom a resource of each type is about, as a table of paths.
 *
 * The table (subjects.c) is made to be read and reviewed. Performers, recipients, asserters and
 * `focus` are not subjects: the FHIR compartment of a patient is wider, and is not used here. */
#ifndef ACESO_ACCESS_SUBJECTS_H
#define ACESO_ACCESS_SUBJECTS_H

#include "base/base.h"

typedef enum {
    ABOUT_NOBODY,   /* a directory, a definition: whatever it refers to */
    ABOUT_MAYBE,    /* about whom its paths say; about nobody when they say nothing */
    ABOUT_SOMEBODY, /* always: when its paths say nothing, about somebody unknown */
} About;

/* Paths are names of elements with points between them, several with blanks between them. In front
 * of one or behind it:
 *
 *     actor:Patient   references to that type alone
 *     =target         whatever it names, with that one's class, confidentiality and sensitivity
 *     @self           the resource itself
 *
 * A reference to a Patient, RelatedPerson, Person, Practitioner, PractitionerRole or Group is a
 * subject; one to something else leads to whomever that is about: of a Location that is nobody, of
 * a Device or an Encounter its own facts say so. */
typedef struct {
    const char *type;
    About about;
    const char *subjects;
    const char *hints;         /* ABOUT_MAYBE: one of them there means somebody unknown */
    const char *authors;       /* who says who made it; the writer when there is none */
    const char *organisations; /* for which organisation it was made */
    const char *why;
} SubjectRow;

extern const SubjectRow subject_rows[];
extern const size_t subject_row_count;

#endif

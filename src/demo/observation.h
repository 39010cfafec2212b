/* demo/observation.h - the parts of an Observation that vitals and laboratory share. */
#ifndef ACESO_DEMO_OBSERVATION_H
#define ACESO_DEMO_OBSERVATION_H

#include "demo/chart.h"

/* Opens an entry and writes all but value, interpretation and range. */
void observation_open(Chart *chart, Str category, Str loinc, Str text, Moment at,
                      unsigned encounter, unsigned staff);
/* One value of a laboratory; returns its serial number. encounter 0: none. results.c */
unsigned observation_write_result(Chart *chart, Measure measure, double value, Moment at,
                                  unsigned encounter, unsigned staff);
/* H or L, or nothing inside the reference range. */
void observation_interpret(Pen *pen, const MeasureRow *row, bool female, double value);
void observation_range(Pen *pen, const MeasureRow *row, bool female);

#endif

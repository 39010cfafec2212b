/* bench/crowd.h - a store with many patients and little else. */
#ifndef ACESO_BENCH_CROWD_H
#define ACESO_BENCH_CROWD_H

#include "json/json.h"
#include "record/record.h"

typedef struct {
    Record *record;
    const Access *access; /* that may write all */
    unsigned patients;
    unsigned charts; /* the first so many have all that the demo network knows of them */
} Crowd;

/* The Patient of that number. */
Status crowd_patient(Ctx *cx, const Crowd *crowd, unsigned index, JsonValue **ret_patient) MUST_USE;
/* What is not there yet; a store that was filled so before is used as it is. */
Status crowd_fill(Ctx *cx, const Crowd *crowd, Store *store) MUST_USE;

#endif

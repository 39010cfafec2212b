/* demo/staff.h - the centres, and staff by number (positions in demo_staff()). */
#ifndef ACESO_DEMO_STAFF_H
#define ACESO_DEMO_STAFF_H

#include "demo/demo.h"

enum { CENTRE_COUNT = 3 };

typedef struct {
    uint8_t first, count; /* a run of demo_staff() */
} StaffRange;

typedef struct {
    Str id, name, street, postal_code, city, phone;
    StaffRange gps, physios, nurses, psychologists;
} DemoCentre;
extern const DemoCentre demo_centres[CENTRE_COUNT];

typedef struct {
    Str role, code, text; /* of demo_staff(), of PractitionerRole.code, in French */
    char nihdi_first;     /* first digit of the NIHDI number; 0 = none */
    unsigned qualification;
    Str service;
} DemoRole;

const DemoStaff *staff_at(unsigned number);
Str staff_id(unsigned number);               /* "claire.dubois" */
const DemoRole *staff_role(unsigned number); /* NULL for the admin */
unsigned staff_centre(unsigned number);

#endif

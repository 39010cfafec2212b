/* demo/services.h - what the centres offer, in which rooms, and at which hours. */
#ifndef ACESO_DEMO_SERVICES_H
#define ACESO_DEMO_SERVICES_H

#include "demo/pen.h"
#include "demo/staff.h"

/* HealthcareServices, rooms and devices, after the centres. */
void services_write(Ctx *cx, Pen *pen);
/* healthcareService and availableTime of a PractitionerRole. */
void services_of_role(Ctx *cx, Pen *pen, Day today, unsigned number);
/* The days on which a centre is closed, as extensions of its Location. */
void services_closures(Pen *pen, Day today);

#endif

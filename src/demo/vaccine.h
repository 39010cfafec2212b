/* demo/vaccine.h - the Belgian vaccination calendar, and who keeps to it. */
#ifndef ACESO_DEMO_VACCINE_H
#define ACESO_DEMO_VACCINE_H

#include "demo/calendar.h"

typedef enum {
    VACCINE_HEXAVALENT,
    VACCINE_PNEUMOCOCCAL_CHILD,
    VACCINE_ROTAVIRUS,
    VACCINE_MMR,
    VACCINE_MENINGOCOCCAL,
    VACCINE_DTPA_IPV,
    VACCINE_HPV,
    VACCINE_DTPA,
    VACCINE_INFLUENZA,
    VACCINE_COVID,
    VACCINE_PNEUMOCOCCAL,
    VACCINE_ZOSTER,
    VACCINE_COUNT
} VaccineId;

typedef struct {
    Str atc, cvx, text;
} Vaccine;

typedef struct {
    VaccineId vaccine;
    uint8_t number; /* of the dose */
    Day day;
    bool written;
} Dose;

#endif

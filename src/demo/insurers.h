/* demo/insurers.h - the Belgian sickness funds' federations, as payors of Coverage. */
#ifndef ACESO_DEMO_INSURERS_H
#define ACESO_DEMO_INSURERS_H

#include "base/base.h"

typedef struct {
    Str id, name, code; /* code: the federation's number */
    uint16_t weight;    /* share of members in Wallonia, per mille */
} Insurer;

enum { INSURER_COUNT = 6 };
extern const Insurer insurers[INSURER_COUNT];

#endif

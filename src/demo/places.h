/* demo/places.h - towns around each centre, with their postal codes, and street names. */
#ifndef ACESO_DEMO_PLACES_H
#define ACESO_DEMO_PLACES_H

#include "demo/dice.h"
#include "base/base.h"

typedef struct {
    Str postal_code, name, district;
} Town;

/* A town near the centre (0..CENTRE_COUNT-1); near ones are likelier. */
const Town *town_draw(unsigned centre, Dice *dice);
Str street_draw(Dice *dice);

#endif

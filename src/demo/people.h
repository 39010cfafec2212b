/* demo/people.h - who could live in Wallonia: names by origin and by year of birth. */
#ifndef ACESO_DEMO_PEOPLE_H
#define ACESO_DEMO_PEOPLE_H

#include "demo/dice.h"
#include "base/base.h"

/* Where a family's names come from; a position in a table of people.c. */
typedef unsigned Origin;

Origin origin_draw(Dice *dice);
Str origin_surname(Origin origin, Dice *dice);
/* A given name as parents of that origin gave it in that year. */
Str origin_given(Origin origin, bool female, int birth_year, Dice *dice);
/* The language spoken with the patient: fr, and now and then another. */
Str origin_language(Origin origin, Dice *dice);

#endif

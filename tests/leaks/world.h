/* leaks/world.h - D: a network at random, with everybody and everything that decides who sees what.
 *
 * Patients p0.., practitioners r0.. of every profession, their organisations, care teams, consents
 * and blocks; resources of all types about them, of all classes and sensitivities, with references
 * across, several versions under other labels and about other people, deletions, contained
 * resources, lists. All ids are chosen here, so that values of requests can name them. */
#ifndef ACESO_TESTS_LEAKS_WORLD_H
#define ACESO_TESTS_LEAKS_WORLD_H

#include "fhir/fhir.h"
#include "leaks/maker.h"
#include "leaks/twin.h"

/* Writes all of it through the record, as the system. */
void world_make(OracleDice *dice, Twin *master);

#endif

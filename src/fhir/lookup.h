/* fhir/lookup.h - finding rows of the tables, for the files of this module. */
#ifndef ACESO_FHIR_LOOKUP_H
#define ACESO_FHIR_LOOKUP_H

#include "fhir/tables.h"

/* Number of a resource, data or primitive type; 0 when there is none. */
uint16_t fhir_type_any(Str name);

/* The row of a JSON member name in a type, NULL when it has none. */
const ElementRow *fhir_element_find(const TypeRow *type, Str name);

/* Whether a required value set holds the code; system.at = NULL: whatever the system. */
bool fhir_binding_has(uint16_t binding, Str system, Str code);

#endif

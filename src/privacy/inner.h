/* privacy/inner.h - what the files of the module share. */
#ifndef ACESO_PRIVACY_INNER_H
#define ACESO_PRIVACY_INNER_H

#include "audit/audit.h"
#include "fhir/fhir.h"
#include "json/json.h"
#include "privacy/privacy.h"

Status privacy_is_held(Ctx *cx, Record *record, const Access *access, Str patient,
                       bool *ret_held) MUST_USE;

/* Calls each with every resource that the caller may see of the patient, himself first, as its
 * text and parsed. */
typedef Status (*PrivacyEach)(Ctx *cx, void *to, const JsonValue *resource);
Status privacy_each(Ctx *cx, Record *record, const Call *call, Str patient, PrivacyEach each,
                    void *to) MUST_USE;
/* The text of a date of a resource that people look for, or empty: "2024-01-31". */
Str privacy_date_of(const JsonValue *resource);

#endif

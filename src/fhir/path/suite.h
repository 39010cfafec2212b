/* fhir/path/suite.h - the official cases of FHIRPath: does this engine meet them?
 *
 * Used by `aceso fhirpath --suite` and by a test. The cases are FHIR/fhir-test-cases'
 * r4/fhirpath/tests-fhir-r4.xml as JSON: {"tests": [{group, name, inputfile, expression,
 * invalid, mode, ordered, predicate, output: [{type, value}]}]} */
#ifndef ACESO_FHIR_PATH_SUITE_H
#define ACESO_FHIR_PATH_SUITE_H

#include "fhir/path/path.h"

typedef struct {
    /* The resource of a case; name as in the suite ("patient-example.xml"). */
    Status (*load)(void *to, Ctx *cx, Str name, JsonValue **ret_resource);
    /* A case that is not met. */
    void (*failed)(void *to, Str group, Str name, Str why);
    void *to;
} PathSuite;

/* Runs all cases; cx's arena keeps the inputs, and each case has a scratch one. */
Status path_suite_run(Ctx *cx, const JsonValue *suite, const PathSuite *how, size_t *ret_passed,
                      size_t *ret_failed) MUST_USE;

#endif

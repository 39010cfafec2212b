/* tests/unit/label_cases.h - resources, and the facts that a reviewer gives them: class,
 * confidentiality, sensitivity, whom it is about ("-" nobody, "?" somebody unknown). */
#ifndef ACESO_LABEL_CASES_H
#define ACESO_LABEL_CASES_H

static const struct {
    const char *why, *json, *facts;
} label_cases[] = {
    {"a patient is about himself", "{'resourceType':'Patient','id':'1'}", "D1 N - Patient/1"},
};

#endif

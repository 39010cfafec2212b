/* consult/medicines.h - what a patient takes, as he should take it. */
#ifndef ACESO_CONSULT_MEDICINES_H
#define ACESO_CONSULT_MEDICINES_H

#include "consult/dose.h"
#include "consult/inner.h"

typedef enum {
    MEDICINE_DAILY, /* has places in the table of the day */
    MEDICINE_OTHER, /* regular, but nobody said when: by its sentence */
    MEDICINE_NEEDED,
    MEDICINE_STOPPED, /* not long ago, or just over */
    MEDICINE_GROUPS
} MedicineGroup;

typedef struct {
    MedicineGroup group;
    Str reference; /* "MedicationRequest/1" */
    Str name;
    Str sentence;              /* in the language asked for, where there is one */
    Str slots[DOSE_DAY_PARTS]; /* "1", "½"; empty: nothing then */
    Str unit;                  /* of what stands in the slots */
    Str since, until;          /* dates, or empty */
    Str reason;                /* why it was stopped */
    Str prescriber;            /* reference */
} Medicine;

/* As the caller sees them; patient: "Patient/1". */
Status medicines_of(Operation *op, Str patient, DoseLanguage language, Medicine **ret_medicines,
                    size_t *ret_count) MUST_USE;
/* The text of a dosage in a language: its translation, else as it was written. */
Str dosage_sentence(const JsonValue *dosage, DoseLanguage language);

#endif

/* demo/illness.h - what people in the demo can have: lasting problems and short illnesses.
 *
 * Codes are ICPC-2 and ICD-10; the French wording is our own. Shares are per mille by age and
 * sex, of the order that general practice registries report; they are for looks, not for
 * statistics. */
#ifndef ACESO_DEMO_ILLNESS_H
#define ACESO_DEMO_ILLNESS_H

#include "demo/body.h"
#include "demo/drug.h"

typedef enum {
    ILL_OBESITY,
    ILL_TOBACCO,
    ILL_HYPERTENSION,
    ILL_DIABETES,
    ILL_LIPIDS,
    ILL_HYPOTHYROIDISM,
    ILL_ASTHMA,
    ILL_COPD,
    ILL_CORONARY,
    ILL_STROKE,
    ILL_ATRIAL_FIBRILLATION,
    ILL_KIDNEY,
    ILL_HEART_FAILURE,
    ILL_DEPRESSION,
    ILL_ANXIETY,
    ILL_INSOMNIA,
    ILL_KNEE,
    ILL_HIP,
    ILL_BACK,
    ILL_SHOULDER,
    ILL_NECK,
    ILL_MIGRAINE,
    ILL_REFLUX,
    ILL_GOUT,
    ILL_ANAEMIA,
    ILL_BREAST_CANCER,
    ILL_PROSTATE_CANCER,
    ILL_PROSTATE,
    ILL_OSTEOPOROSIS,
    ILL_RHINITIS,
    ILL_ECZEMA,
    ILL_DEMENTIA,
    ILL_PARKINSON,
    ILL_EPILEPSY,
    ILL_CONTRACEPTION,
    ILL_COUNT
} IllnessId;

enum { AGE_BANDS = 10 }; /* from 0, 5, 15, 25, 35, 45, 55, 65, 75, 85 years */

/* One step of treatment: one of up to three drugs. */
typedef struct {
    uint8_t drugs[3]; /* DRUG_NONE ends the list */
    uint8_t share;    /* per cent who get it at all */
    bool replaces;    /* the drug of the step before ends */
    bool at_once;     /* with the diagnosis; otherwise when the target is missed */
    uint16_t days;    /* of treatment in all; 0 = for good */
} Step;

typedef struct {
    Measure measure;
    double factor, a_year; /* 0 = unused row */
} BodyChange;

enum { ILLNESS_STEPS = 4, ILLNESS_CHANGES = 5 };
typedef struct {
    Str icpc, icd, text;
    uint16_t men[AGE_BANDS], women[AGE_BANDS];
    uint8_t onset_youngest; /* nobody has it before that age */
    uint8_t follow_months;  /* between planned visits; 0 = none of its own */
    uint8_t lab_months;     /* between blood tests; 0 = none */
    uint64_t labs;
    Measure target;     /* M_COUNT = none */
    double target_high; /* above it treatment steps up (below it for `target_below`) */
    bool target_below;
    bool episodic; /* ends after some months or years */
    BodyChange changes[ILLNESS_CHANGES];
    Step steps[ILLNESS_STEPS];
} Illness;
extern const Illness illnesses[ILL_COUNT];

/* Having `cause` multiplies the chance of `effect`; causes stand first in IllnessId. */
typedef struct {
    IllnessId cause, effect;
    double times;
} IllnessLink;
extern const IllnessLink illness_links[];
extern const size_t illness_link_count;

/* A short illness: comes, is treated, passes. */
enum { ACUTE_BANDS = 5 }; /* 0-2, 3-9, 10-17, 18-64, 65 and over */
typedef struct {
    Str icpc, icd, text;
    uint16_t weight[ACUTE_BANDS];
    uint8_t peak_month; /* of its season; 0 = all year */
    uint8_t sex;        /* 'm', 'f' or 0 */
    uint8_t days;
    uint8_t fever_per_cent;
    uint8_t drugs[3]; /* any of them; DRUG_NONE ends */
    uint8_t drug_per_cent;
    bool blood; /* now and then with a blood test */
    Str note;   /* the doctor's two lines */
} Acute;
extern const Acute acutes[];
extern const size_t acute_count;

#endif

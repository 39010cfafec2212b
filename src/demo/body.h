/* demo/body.h - what a body measures on a day.
 *
 * Every quantity has a usual value, a lasting personal offset, and influences: illnesses and
 * treatments multiply it from a day on, growing in over some weeks. So a chart shows blood
 * pressure fall after the prescription and creatinine climb over the years. */
#ifndef ACESO_DEMO_BODY_H
#define ACESO_DEMO_BODY_H

#include "base/base.h"
#include "demo/calendar.h"
#include "demo/dice.h"

typedef enum {
    M_SYSTOLIC,
    M_DIASTOLIC,
    M_PULSE,
    M_TEMPERATURE,
    M_SPO2,
    M_WEIGHT,
    M_HEIGHT,
    M_BMI,
    M_HBA1C,
    M_GLUCOSE,
    M_CREATININE,
    M_EGFR,
    M_UREA,
    M_SODIUM,
    M_POTASSIUM,
    M_CHOLESTEROL,
    M_HDL,
    M_LDL,
    M_TRIGLYCERIDES,
    M_HAEMOGLOBIN,
    M_MCV,
    M_LEUCOCYTES,
    M_PLATELETS,
    M_FERRITIN,
    M_TSH,
    M_FT4,
    M_CRP,
    M_ALT,
    M_AST,
    M_GGT,
    M_URATE,
    M_INR,
    M_PSA,
    M_ACR,
    M_NTPROBNP,
    M_VITAMIN_D,
    M_COUNT
} Measure;
enum { M_FIRST_LAB = M_HBA1C };
#define M_BIT(measure) ((uint64_t)1 << (measure))

typedef struct {
    Str loinc, text, unit, ucum;
    unsigned decimals;
    double man, woman;      /* usual value */
    double between, within; /* relative standard deviation: people, days */
    double low[2], high[2]; /* reference range of men, of women; 0 = none on that side */
} MeasureRow;
extern const MeasureRow measures[M_COUNT];

typedef struct {
    Measure measure;
    Day from, to;  /* to = DAY_NONE while it lasts */
    double factor; /* 0.9 lowers by 10 % when grown in */
    int grow_days;
    double a_year; /* relative change a year on top, from `from` on */
} Influence;

enum { BODY_INFLUENCES_MAX = 160 };
typedef struct {
    bool female;
    Day birth;
    double own[M_COUNT];
    Influence influences[BODY_INFLUENCES_MAX];
    unsigned influence_count;
} Body;

void body_init(Body *body, uint64_t seed, unsigned index, bool female, Day birth);
void body_influence(Body *body, const Influence *influence);
/* Ends what began on `from` on that measure with that factor. */
void body_end_influence(Body *body, Measure measure, Day from, Day to);
/* Rounded to the decimals of the measure, so that what is derived from it agrees. */
double body_measure(const Body *body, Measure measure, Day day, Dice *dice);

/* Creatinine in mg/dL to mL/min/1.73 m2, CKD-EPI 2021 (without race). */
double egfr_ckd_epi_2021(double creatinine, int age, bool female);

#endif

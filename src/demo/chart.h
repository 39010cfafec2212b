/* demo/chart.h - one patient's chart while it is being invented.
 *
 * The flow, in reading order: patient.c writes who it is; illness.c decides what the person
 * has; plan.c lays out the visits of the years; visit.c plays them one after the other, day
 * by day, so that values, treatments and renewals follow from each other; body.c says what a
 * measurement gives on a day; prescription.c, lab.c, vaccine.c, letter.c write. */
#ifndef ACESO_DEMO_CHART_H
#define ACESO_DEMO_CHART_H

#include "demo/body.h"
#include "demo/demo.h"
#include "demo/dice.h"
#include "demo/drug.h"
#include "demo/household.h"
#include "demo/illness.h"
#include "demo/pen.h"

enum {
    CHART_PROBLEMS_MAX = 32,
    CHART_COURSES_MAX = 128,
    CHART_VISITS_MAX = 600,
    CHART_BYTES_MAX = 8 << 20,
};

/* A lasting problem of this person. */
typedef struct {
    IllnessId illness;
    Day onset;
    Day end;           /* DAY_NONE while it lasts */
    unsigned serial;   /* of the Condition; 0 = not written yet */
    unsigned step;     /* of treatment that was reached */
    Day step_since;
} Problem;

/* One prescription and what it did to the body. */
typedef struct {
    DrugId drug;
    Day from;           /* since when it is taken */
    Day written;        /* the prescription's date */
    Day to;             /* DAY_NONE while it is taken */
    Day renewed;        /* when the next prescription replaced this one, or DAY_NONE */
    bool stopped;       /* by decision, not because the course ended */
    bool own_effect;    /* the first of a chain; renewals add no effect */
    int problem;        /* position in problems, or -1 */
    Str icpc, reason;   /* why, when there is no problem */
    unsigned encounter; /* serial */
    unsigned prescriber;
    unsigned days;      /* of supply */
} Course;

typedef enum {
    VISIT_FOLLOW_UP,
    VISIT_ACUTE,
    VISIT_CHILD,     /* growth and vaccines */
    VISIT_VACCINE,
    VISIT_PREGNANCY,
    VISIT_PHYSIO,
    VISIT_NURSE,
    VISIT_PSYCHOLOGIST,
} VisitKind;

typedef struct {
    Moment at;
    VisitKind kind;
    bool home;
    uint16_t detail;  /* acute illness, problem, or week of pregnancy, as kind says */
    uint16_t number;  /* within a series, from 1 */
    uint16_t of;      /* length of the series */
    unsigned staff;
    unsigned link;    /* serial of the care plan of a series, or 0 */
} Visit;

typedef struct {
    const DemoOptions *options;
    Pen pen;
    Dice dice;
    Household home;
    const Member *who;
    Str reference; /* "Patient/p000123" */
    Str name;      /* "Marie Dubois" */
    Day today, birth, death; /* death = DAY_NONE */
    Day from, until;         /* what the record covers */
    bool smoker, smoked;
    bool penicillin_allergy;
    Body body;
    Problem problems[CHART_PROBLEMS_MAX];
    unsigned problem_count;
    Course courses[CHART_COURSES_MAX];
    unsigned course_count;
    Visit visits[CHART_VISITS_MAX];
    unsigned visit_count;
    Day last_lab, last_vitals, last_letter;
} Chart;

static inline int chart_age(const Chart *chart, Day day)
{
    return day_age(chart->birth, day);
}

/* "subject" or "patient": a reference to whose chart it is. */
void chart_subject(Chart *chart, Str name);
/* A reference to somebody of the staff. */
void chart_staff(Chart *chart, Str name, unsigned staff);
void chart_encounter(Chart *chart, unsigned encounter);
Problem *chart_problem(Chart *chart, IllnessId illness); /* NULL when the person has it not */

/* patient.c */
void patient_write(Ctx *cx, Chart *chart);
/* illness.c: draws the problems; condition_write gives the problem its serial. */
void illness_draw(Chart *chart);
void condition_write(Chart *chart, Problem *problem, unsigned encounter, Day recorded);
void condition_write_acute(Chart *chart, const Acute *acute, unsigned encounter, Moment at);
/* allergy.c */
void allergy_write(Chart *chart);
/* plan.c: fills visits, sorted by time. */
void plan_visits(Chart *chart);
/* visit.c */
void visit_play(Ctx *cx, Chart *chart, const Visit *visit);
/* vitals.c: M_SYSTOLIC stands for both pressures; ret_systolic may be NULL. */
void vitals_write(Chart *chart, uint64_t which, Moment at, unsigned encounter, unsigned staff,
                  double *ret_systolic);
void vitals_write_temperature(Chart *chart, bool fever, Moment at, unsigned encounter,
                              unsigned staff);
/* results.c: a report with its values; ret_values (M_COUNT long) may be NULL. */
void results_write(Chart *chart, uint64_t which, Day day, unsigned encounter, unsigned staff,
                   double *ret_values);
/* prescription.c */
int prescription_start(Chart *chart, DrugId drug, int problem, Day day, unsigned encounter,
                       unsigned staff);
void prescription_write_all(Chart *chart);

#endif

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
#include "demo/vaccine.h"

enum {
    CHART_PROBLEMS_MAX = 32,
    CHART_COURSES_MAX = 128,
    CHART_VISITS_MAX = 600,
    CHART_DOSES_MAX = 64,
    CHART_BYTES_MAX = 8 << 20,
};

/* A lasting problem of this person. */
typedef struct {
    IllnessId illness;
    Day onset;
    Day end;         /* DAY_NONE while it lasts */
    unsigned serial; /* of the Condition; 0 = not written yet */
    unsigned step;   /* of treatment that was reached */
    Day step_since;
} Problem;

/* One prescription and what it did to the body. */
typedef struct {
    DrugId drug;
    Day from;     /* since when it is taken */
    Day written;  /* the prescription's date */
    Day to;       /* DAY_NONE while it is taken */
    Day renewed;  /* when the next prescription replaced this one, or DAY_NONE */
    bool stopped; /* by decision, not because the course ended */
    int prior;    /* position of the course it renews, or -1 */
    unsigned serial;
    bool untold;        /* replaced before the record began: no prescription of ours */
    int problem;        /* position in problems, or -1 */
    Str icpc, reason;   /* why, when there is no problem */
    unsigned encounter; /* serial */
    unsigned prescriber;
    unsigned days; /* of supply */
} Course;

typedef enum {
    VISIT_FOLLOW_UP,
    VISIT_ACUTE,
    VISIT_CHILD,   /* growth and vaccines */
    VISIT_VACCINE, /* an adult's */
    VISIT_PREGNANCY,
    VISIT_SIMPLE, /* booked, reason not told */
    VISIT_PHYSIO,
    VISIT_NURSE,
    VISIT_PSYCHOLOGIST,
} VisitKind;

typedef struct {
    Moment at;
    VisitKind kind;
    bool home;
    uint16_t detail; /* acute illness, problem, or week of pregnancy, as kind says */
    uint16_t minutes;
    uint16_t number; /* within a series, from 1 */
    uint16_t of;     /* length of the series */
    int16_t missed;  /* minute of the one that was missed a few days before, or -1 */
    unsigned staff;
} Visit;

typedef struct {
    const DemoOptions *options;
    unsigned index;
    Pen pen;
    Dice dice;
    Household home;
    const Member *who;
    Str reference;           /* "Patient/p000123" */
    Str name;                /* "Marie Dubois" */
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
    Dose doses[CHART_DOSES_MAX];
    unsigned dose_count;
    Day due;            /* of a child the patient bears or bore within the record, or DAY_NONE */
    unsigned pregnancy; /* serial of its Condition */
    Day last_lab, last_weight, last_letter, last_height;
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

/* demo.c: everything up to the plan of the visits. */
Status chart_plan(Ctx *cx, Chart *chart, const DemoOptions *options, unsigned index) MUST_USE;
/* patient.c */
void patient_write(Ctx *cx, Chart *chart);
/* illness.c: draws the problems; condition_write gives the problem its serial. */
void illness_draw(Chart *chart);
void condition_write(Chart *chart, Problem *problem, unsigned encounter, Day recorded);
unsigned condition_write_episode(Chart *chart, Str icpc, Str icd, Str text, unsigned encounter,
                                 Day onset, Day end, unsigned staff);
/* links.c: links, consents and blocks, a child's parent. */
void links_write(Ctx *cx, Chart *chart);
/* inbox.c: what waits for somebody today. */
void inbox_write(Ctx *cx, Chart *chart);
/* allergy.c */
void allergy_write(Chart *chart);
/* plan.c: fills visits, sorted by time, up to 60 days from today. series.c: those that come in
 * rows. */
enum { PLAN_AHEAD_DAYS = 60 };
void plan_visits(Chart *chart);
void plan_series(Chart *chart);
Visit *plan_add(Chart *chart, VisitKind kind, Day day, unsigned staff);
/* booking.c: the hours that the calendar gives to a visit; false: there is no room for it. */
enum { BOOKED_PATIENTS_MAX = 8000 }; /* forty people cannot book more */
bool booking_is_wanted(const Chart *chart, const Visit *visit);
bool booking_apply(const Chart *chart, unsigned number, Visit *visit);
Day booking_missed_day(const Visit *visit);
/* vaccine.c: plans doses; writes those of a day, or those before the record. */
void vaccine_plan(Chart *chart);
void vaccine_write(Chart *chart, Day from, Day until, unsigned encounter, unsigned staff);
/* visit.c: what is past becomes an encounter with all that follows from it. */
void visit_play(Ctx *cx, Chart *chart, const Visit *visit);
/* encounter.c: the appointment and the encounter of a visit; reason may be empty. */
unsigned encounter_write(Chart *chart, const Visit *visit, Str icpc, Str reason,
                         unsigned condition);
void appointment_write(Chart *chart, const Visit *visit);
/* treatment.c: what is new gets its first treatment; what is old is already under treatment.
 * A target that is missed brings the next step: the position of the new course, or -1. */
void treatment_open(Chart *chart, unsigned number, Day day, unsigned encounter, unsigned staff);
int treatment_step_up(Chart *chart, unsigned number, double value, Day day, unsigned encounter,
                      unsigned staff);
/* vitals.c: M_SYSTOLIC stands for both pressures; ret_pressure (two values) may be NULL. */
void vitals_write(Chart *chart, uint64_t which, Moment at, unsigned encounter, unsigned staff,
                  double *ret_pressure);
void vitals_write_temperature(Chart *chart, bool fever, Moment at, unsigned encounter,
                              unsigned staff);
/* results.c: a report with its values; ret_values (M_COUNT long) may be NULL. */
void results_write(Chart *chart, uint64_t which, Day day, unsigned encounter, unsigned staff,
                   double *ret_values);
/* prescription.c: a new treatment, unless one of its kin is taken; its position or -1. */
typedef struct {
    DrugId drug;
    int problem; /* position in problems, or -1 */
    Str icpc, reason;
    Day from;      /* since when it is taken */
    Day day;       /* of the prescription */
    unsigned days; /* of treatment; 0 = for good */
    unsigned encounter, staff;
} Start;
int prescription_start(Chart *chart, const Start *start);
void prescription_stop(Chart *chart, unsigned number, Day day);
/* Renews what is taken and was prescribed long ago. */
void prescription_renew(Chart *chart, Day day, unsigned encounter, unsigned staff);
void prescription_write_all(Chart *chart);
/* note.c: the four lines of a check-up. */
typedef struct {
    const Illness *illness; /* NULL: nothing but a check-up */
    const double *pressure; /* high and low; 0 = not measured */
    const double *values;   /* by Measure; 0 = not measured */
    int started;            /* a course, or -1 */
} Findings;
void note_write_follow_up(Ctx *cx, Chart *chart, const Visit *visit, unsigned encounter,
                          const Findings *found);
/* letter.c: a note of the day, and a letter that came from elsewhere. */
void note_write(Ctx *cx, Chart *chart, const Visit *visit, unsigned encounter, Str about, Str text);
void letter_write(Ctx *cx, Chart *chart, IllnessId illness, Day day);
/* pdf.c: one page of Latin text. */
Str pdf_make(Ctx *cx, Str title, Str text);
/* procedure.c */
void procedure_write(Chart *chart, Str icpc, Str text, Moment at, unsigned encounter,
                     unsigned staff);

#endif

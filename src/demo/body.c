/* demo/body.c - values of a body over time. */
#include "demo/body.h"

#include <math.h>

/* Height in cm and weight in kg by age 0..18, close to the growth curves used in Belgium. */
/* clang-format off */
static const double growth[19][2][2] = {
    /* boys, girls */
    {{50, 3.4}, {49, 3.3}},   {{76, 9.8}, {74, 9.1}},   {{88, 12.4}, {86, 11.8}},
    {{97, 14.6}, {95, 14.0}}, {{104, 16.7}, {103, 16.2}}, {{110, 18.8}, {110, 18.5}},
    {{117, 21.2}, {116, 20.8}}, {{123, 23.8}, {122, 23.5}}, {{129, 26.6}, {128, 26.6}},
    {{134, 29.6}, {133, 30.0}}, {{139, 33.0}, {139, 34.0}}, {{144, 36.8}, {145, 38.4}},
    {{150, 41.2}, {151, 43.2}}, {{157, 46.6}, {157, 47.8}}, {{164, 52.6}, {161, 51.6}},
    {{170, 58.4}, {163, 54.4}}, {{174, 63.0}, {164, 56.4}}, {{176, 66.2}, {164.5, 57.8}},
    {{177, 68.5}, {164.5, 58.8}},
};
/* clang-format on */

void body_init(Body *body, uint64_t seed, unsigned index, bool female, Day birth)
{
    Dice dice = dice_of(seed, DICE_BODY, index);
    body->female = female;
    body->birth = birth;
    body->influence_count = 0;
    for (unsigned i = 0; i < M_COUNT; i++)
        body->own[i] = exp(dice_bell(&dice) * measures[i].between);
    /* Tall people are heavier: weight follows the square of height. */
    body->own[M_WEIGHT] *= body->own[M_HEIGHT] * body->own[M_HEIGHT];
}

void body_influence(Body *body, const Influence *influence)
{
    if (body->influence_count < BODY_INFLUENCES_MAX)
        body->influences[body->influence_count++] = *influence;
}

void body_end_influence(Body *body, Measure measure, Day from, Day to)
{
    for (unsigned i = 0; i < body->influence_count; i++) {
        Influence *it = &body->influences[i];
        if (it->measure == measure && it->from == from && it->to == DAY_NONE)
            it->to = to;
    }
}

enum { FADE_DAYS = 60 }; /* alike for illness and treatment that end together */

static double influence_factor(const Influence *it, Day day)
{
    if (day <= it->from)
        return 1;
    double grown = it->grow_days ? (double)(day - it->from) / it->grow_days : 1;
    if (grown > 1)
        grown = 1;
    if (it->to != DAY_NONE && day > it->to) {
        double faded = (double)(day - it->to) / FADE_DAYS;
        grown = faded >= 1 ? 0 : grown * (1 - faded);
    }
    double years = (double)(day - it->from) / 365.25;
    return (1 + (it->factor - 1) * grown) * (1 + it->a_year * years * (grown > 0));
}

static double grown_up(const Body *body, Measure measure, double years)
{
    unsigned column = measure == M_WEIGHT;
    if (years >= 18)
        return measure == M_HEIGHT && years > 60 ? growth[18][body->female][0] - (years - 60) * .07
                                                 : growth[18][body->female][column];
    unsigned from = (unsigned)years;
    double part = years - from, low = growth[from][body->female][column];
    if (from == 0)
        part = sqrt(part); /* half of the first year's growth is in its first quarter */
    return low + part * (growth[from + 1][body->female][column] - low);
}

static double usual_value(const Body *body, Measure measure, double years)
{
    double adult = body->female ? measures[measure].woman : measures[measure].man;
    switch (measure) {
    case M_HEIGHT: return grown_up(body, measure, years);
    case M_WEIGHT: /* adults gain weight until 60 and lose some after 75 */
        if (years < 18)
            return grown_up(body, measure, years);
        return adult * (years < 60   ? .86 + .18 * (years - 18) / 42
                        : years < 75 ? 1.04
                                     : 1.04 - .006 * (years - 75));
    case M_SYSTOLIC: return years < 18 ? 88 + 1.8 * years : adult * (1 + .0022 * (years - 40));
    case M_DIASTOLIC: return years < 18 ? 55 + 1.0 * years : years < 60 ? adult : adult * .98;
    case M_PULSE: return years < 14 ? 128 - 4 * years : adult;
    case M_PSA: return adult * (years > 50 ? 1 + .03 * (years - 50) : .8);
    case M_CREATININE:
        return years < 15 ? .25 + .03 * years : adult * (years > 60 ? 1 + .004 * (years - 60) : 1);
    case M_HAEMOGLOBIN:
        return years < 14 ? 12.4 : years > 70 ? adult * (1 - .0025 * (years - 70)) : adult;
    case M_NTPROBNP: return adult * (years > 60 ? 1 + .04 * (years - 60) : 1);
    case M_HBA1C: return adult * (1 + .0008 * (years - 45));
    default: return adult;
    }
}

static double rounded(double value, unsigned decimals)
{
    static const double powers[] = {1, 10, 100, 1000};
    return floor(value * powers[decimals] + .5) / powers[decimals];
}

double body_measure(const Body *body, Measure measure, Day day, Dice *dice)
{
    const MeasureRow *row = &measures[measure];
    double years = (double)(day - body->birth) / 365.25;
    double value = usual_value(body, measure, years < 0 ? 0 : years) * body->own[measure];
    for (unsigned i = 0; i < body->influence_count; i++) {
        if (body->influences[i].measure == measure)
            value *= influence_factor(&body->influences[i], day);
    }
    if (row->within > 0)
        value *= 1 + dice_bell(dice) * row->within;
    if (measure == M_SPO2 && value > 100)
        value = 100;
    return rounded(value, row->decimals);
}

double egfr_ckd_epi_2021(double creatinine, int age, bool female)
{
    double part = creatinine / (female ? .7 : .9);
    double low = part < 1 ? pow(part, female ? -.241 : -.302) : 1;
    double high = part > 1 ? pow(part, -1.2) : 1;
    return 142 * low * high * pow(.9938, age) * (female ? 1.012 : 1);
}

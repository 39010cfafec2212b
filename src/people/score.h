/* people/score.h - how likely it is that two Patients are one person, and why.
 *
 * After Fellegi and Sunter: each field gives a weight, log2(m/u), where m is how often it agrees in
 * that way for one person, u for two; the weights are added. What is missing on either side gives
 * nothing. The weights stand in one table (score.c) with what they were thought to be. */
#ifndef ACESO_PEOPLE_SCORE_H
#define ACESO_PEOPLE_SCORE_H

#include "base/base.h"
#include "json/json.h"

typedef enum {
    SCORE_FAMILY,
    SCORE_GIVEN,
    SCORE_BIRTH,
    SCORE_SEX,
    SCORE_NUMBER, /* national number, or another identifier of one system */
    SCORE_PHONE,
    SCORE_MAIL,
    SCORE_ADDRESS,
    SCORE_FIELDS
} ScoreField;

typedef struct {
    const char
        *how; /* "exact", "sounds-alike", "day-month-swapped", ...; NULL: nothing to compare */
    double weight;
} ScorePart;

typedef enum { GRADE_NOT, GRADE_POSSIBLE, GRADE_PROBABLE, GRADE_CERTAIN } ScoreGrade;

typedef struct {
    ScorePart parts[SCORE_FIELDS];
    double weight; /* their sum */
    double score;  /* 0 to 1: how likely, of candidates that share something */
    ScoreGrade grade;
} Score;

/* What is compared of a Patient, made once. country: of telephone numbers that name none. */
typedef struct PersonKey PersonKey;
Status person_key(Ctx *cx, Str country, const JsonValue *patient, PersonKey **ret_key) MUST_USE;
Score score_pair(const PersonKey *a, const PersonKey *b);

const char *score_field_word(ScoreField field);
/* SPEC R4 valueset-match-grade.html */
const char *score_grade_word(ScoreGrade grade);

/* Belgian national numbers: 11 digits, the last two of them a check. */
bool number_is_valid(Str value);

#endif

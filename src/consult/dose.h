/* consult/dose.h - one line of a prescription, as people type it, becomes a structure.
 *
 *   amoxicillin 500 mg 1 caps 3x/d 7d        1-0-1        om de 8 uur        1 g zn max 4/d
 *
 * French, Dutch, German and English words may stand side by side. Reading is one walk over the
 * words, each of them used once; what is not understood is said by name, and nothing that decides
 * how much somebody takes is ever made up: 1.250 may be one or a thousand, so it is neither.
 * Pure functions of the text: no store, no clock. docs/adr/0139 */
#ifndef ACESO_CONSULT_DOSE_H
#define ACESO_CONSULT_DOSE_H

#include "base/base.h"
#include "base/decimal.h"

enum {
    DOSE_TEXT_MAX = 400,
    DOSE_TOKENS_MAX = 96,
    DOSE_NOTES_MAX = 24,
    DOSE_DAY_PARTS = 4, /* morning, noon, evening, night */
    DOSE_LANGUAGES = 4,
    DOSE_TIMES_MAX = 6,
};

typedef enum { DOSE_EN, DOSE_FR, DOSE_NL, DOSE_DE } DoseLanguage;
/* "fr-BE" is fr; unknown ones are en. */
DoseLanguage dose_language(Str code);
Str dose_language_code(DoseLanguage language);

typedef enum {
    UNIT_NONE,
    /* what is counted */
    UNIT_TABLET,
    UNIT_CAPSULE,
    UNIT_DROP,
    UNIT_PUFF,
    UNIT_SPRAY,
    UNIT_SACHET,
    UNIT_TEASPOON,
    UNIT_SPOON,
    UNIT_SUPPOSITORY,
    UNIT_OVULE,
    UNIT_PATCH,
    UNIT_AMPOULE,
    UNIT_INJECTION,
    UNIT_APPLICATION,
    UNIT_LOZENGE,
    UNIT_PIECE,
    /* what it is made as, without a count of its own */
    UNIT_SYRUP,
    UNIT_CREAM,
    UNIT_OINTMENT,
    UNIT_GEL,
    UNIT_SOLUTION,
    UNIT_SUSPENSION,
    UNIT_POWDER,
    UNIT_PEN,
    /* measures */
    UNIT_MG,
    UNIT_G,
    UNIT_UG,
    UNIT_NG,
    UNIT_ML,
    UNIT_IU,
    UNIT_U,
    UNIT_PERCENT,
    UNIT_MMOL,
    UNIT_MEQ,
    /* what it is sold in */
    UNIT_BOX,
    UNIT_BOTTLE,
    UNIT_TUBE,
    UNIT_COUNT
} DoseUnit;
typedef enum { UNIT_IS_NONE, UNIT_IS_COUNT, UNIT_IS_FORM, UNIT_IS_MEASURE, UNIT_IS_PACK } UnitKind;
UnitKind unit_kind(DoseUnit unit);
Str unit_ucum(DoseUnit unit);
Str unit_name(DoseUnit unit, DoseLanguage language, bool many);

typedef struct {
    bool known;
    Decimal low, high; /* alike where it is no range */
    DoseUnit unit;
} Amount;

typedef enum { PER_NONE, PER_HOUR, PER_DAY, PER_WEEK, PER_MONTH } PerUnit;

/* Bits of Dose.meals. */
enum { MEAL_BEFORE = 1, MEAL_AFTER = 2, MEAL_WITH = 4, MEAL_FASTING = 8 };

typedef enum {
    ROUTE_NONE,
    ROUTE_ORAL,
    ROUTE_SUBLINGUAL,
    ROUTE_INTRAVENOUS,
    ROUTE_INTRAMUSCULAR,
    ROUTE_SUBCUTANEOUS,
    ROUTE_INHALED,
    ROUTE_NASAL,
    ROUTE_RECTAL,
    ROUTE_VAGINAL,
    ROUTE_SKIN,
    ROUTE_EYE,
    ROUTE_EAR,
    ROUTE_COUNT
} DoseRoute;

/* Why something is told apart. */
typedef enum {
    NOTE_UNDERSTOOD,
    NOTE_NOT_UNDERSTOOD, /* words that mean nothing here */
    NOTE_AMBIGUOUS,      /* a number that may be two */
    NOTE_TWICE,          /* a second one of what there is already */
} NoteKind;
typedef struct {
    NoteKind kind;
    const char *what; /* "dose", "frequency" ... of what is understood */
    Str words;        /* of the text */
} DoseNote;

/* Bits of Dose.missing. */
enum {
    MISSING_NAME = 1,
    MISSING_DOSE = 2,
    MISSING_DOSE_UNIT = 4, /* 500 of what? */
    MISSING_FREQUENCY = 8,
    MISSING_PERIOD = 16,   /* 3 times - in what? */
    MISSING_DIVISION = 32, /* 3 tablets a day: at once? */
    MISSING_FORM = 64,     /* 1 of what: said, but does not decide how much */
};
enum { MISSING_COUNT = 7 };
extern const char *const missing_words[MISSING_COUNT];

typedef struct {
    Str name;     /* as typed, without strength */
    Str medicine; /* as typed, with it */
    Amount strength;
    Amount per;      /* of 250 mg/5 ml: 5 ml */
    Str combination; /* "875/125 mg" */
    DoseUnit form;
    Amount dose;
    bool times_known;
    Decimal times, times_max; /* so often ... */
    Decimal period, period_max;
    PerUnit per_unit;              /* ... in so many of these */
    bool slots_known;              /* 1-0-1 */
    Decimal slots[DOSE_DAY_PARTS]; /* how much at each part of the day */
    unsigned parts;                /* bits: at which parts of the day, the dose above */
    unsigned meals;
    uint16_t clock[DOSE_TIMES_MAX]; /* minutes after midnight */
    size_t clock_count;
    unsigned days; /* bits of the days of the week, Monday first */
    bool as_needed;
    Str needed_for; /* as typed, or empty */
    Amount max;     /* at most so much, unit NONE: so many doses ... */
    Decimal max_period;
    PerUnit max_per; /* ... in this */
    DoseRoute route;
    Decimal duration, duration_max;
    PerUnit duration_unit;
    bool chronic;
    bool once;
    Amount quantity; /* to be dispensed */
    bool repeats_known;
    unsigned repeats;
    unsigned missing;
    DoseNote notes[DOSE_NOTES_MAX];
    size_t note_count;
    bool notes_full; /* there were more */
} Dose;

/* Never fails: the worst is that nothing is understood. text is borrowed; at most DOSE_TEXT_MAX
 * bytes of it are read. */
void dose_parse(Str text, Dose *ret_dose);
/* The unit of a strength that was typed without one, from elsewhere (a product of that strength):
 * what is missing is judged again. */
void dose_settle(Dose *dose);
/* How it is to be taken, as a sentence without the name; dose_parse understands it. */
void dose_write(Buf *buf, const Dose *dose, DoseLanguage language);
/* Nothing is missing that decides how much is taken, and all words were understood. */
bool dose_is_complete(const Dose *dose);

/* As JSON members of a MedicationRequest: dosageInstruction, dispenseRequest; each with a comma
 * before it. */
void dose_write_fhir(Buf *buf, const Dose *dose, DoseLanguage language);

/* ---- words: dose_words.c ----------------------------------------------------------------------
 */

typedef enum {
    WORD_UNIT = 1,  /* value: DoseUnit */
    WORD_TIME,      /* PerUnit */
    WORD_TIMES,     /* "x", "fois" */
    WORD_PER,       /* "per", "par" */
    WORD_DAILY,     /* "daags": a day, behind times; value PerUnit */
    WORD_OFTEN,     /* "bid": value = times a day */
    WORD_EVERY,     /* "om de" */
    WORD_EVERY_ONE, /* "chaque": every single one */
    WORD_OTHER_DAY, /* "un jour sur deux" */
    WORD_FOR,       /* "pendant" */
    WORD_PART,      /* day part 0..3 */
    WORD_MEAL,      /* MEAL_ bits; with a part: MEAL | (part + 1) << 8 */
    WORD_ROUTE,
    WORD_NEEDED,
    WORD_BECAUSE, /* "bei", behind which the reason stands */
    WORD_MAX,
    WORD_QUANTITY,
    WORD_REPEAT,  /* "rep 2" */
    WORD_REPEATS, /* "2 repeats" */
    WORD_DAY,     /* of the week, 0 = Monday */
    WORD_CHRONIC,
    WORD_ONCE,
    WORD_TO,     /* "1 à 2" */
    WORD_AT,     /* "om 8 uur" */
    WORD_CLOCK,  /* "uhr" */
    WORD_NUMBER, /* "one": value */
    WORD_HALF,
    WORD_FILLER,
} WordKind;
typedef struct {
    const char *words; /* folded, one blank between them */
    WordKind kind;
    unsigned value;
} WordRow;
extern const WordRow dose_words[];
extern const size_t dose_word_count;

/* ---- tokens: dose_tokens.c ---------------------------------------------------------------------
 */

typedef enum { TOKEN_NUMBER, TOKEN_WORD, TOKEN_SYMBOL } TokenKind;
typedef struct {
    TokenKind kind;
    bool glued;  /* nothing stands between it and the one before */
    bool unsure; /* a number that may be two */
    char symbol;
    uint8_t folded_len;
    char folded[30];
    Str source;
    Decimal number;
} Token;
/* How many there are; what has no room is one last token, a symbol '?'. */
size_t dose_tokens(Str text, Token to[DOSE_TOKENS_MAX]);

#endif

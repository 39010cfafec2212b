/* consult/dose_settle.c - what a dose comes to: what of it is missing, and whether it may be used.
 */
#include "consult/dose.h"

static bool needs_no_dose(const Dose *dose)
{
    return dose->form == UNIT_CREAM || dose->form == UNIT_OINTMENT || dose->form == UNIT_GEL;
}

static bool says_when(const Dose *dose)
{
    return dose->times_known || dose->slots_known || dose->parts || dose->meals ||
           dose->clock_count || dose->days || dose->as_needed || dose->once;
}

/* Nobody takes 850 of something: it is a measure whose unit was not said. */
static bool is_many(const Dose *dose)
{
    enum { MANY = 10 };
    for (size_t i = 0; i < DOSE_DAY_PARTS; i++)
        if (decimal_compare(dose->slots[i], decimal_of(MANY)) > 0)
            return true;
    return dose->dose.known && decimal_compare(dose->dose.high, decimal_of(MANY)) > 0;
}

void dose_settle(Dose *dose)
{
    unsigned kept = dose->missing & (MISSING_DIVISION | MISSING_PERIOD);
    bool counted = dose->dose.known || dose->slots_known;
    dose->missing = kept;
    if (counted && dose->dose.unit == UNIT_NONE && unit_kind(dose->form) == UNIT_IS_COUNT)
        dose->dose.unit = dose->form;
    if (!counted && dose->strength.known && !dose->per.known && dose->strength.unit != UNIT_PERCENT)
        dose->dose = dose->strength; /* 500 mg 3x/d */
    if (!dose->name.len)
        dose->missing |= MISSING_NAME;
    if (!dose->dose.known && !dose->slots_known && !needs_no_dose(dose))
        dose->missing |= MISSING_DOSE;
    else if (dose->dose.unit == UNIT_NONE && !needs_no_dose(dose))
        dose->missing |= counted && !is_many(dose) ? MISSING_FORM : MISSING_DOSE_UNIT;
    if (dose->slots_known && dose->parts) /* 1-0-1, and at bedtime: how much? */
        dose->missing |= MISSING_DIVISION;
    if (!says_when(dose))
        dose->missing |= MISSING_FREQUENCY;
    if (dose->times_known && dose->per_unit == PER_NONE)
        dose->missing |= MISSING_PERIOD;
}

bool dose_is_complete(const Dose *dose)
{
    if ((dose->missing & ~(unsigned)MISSING_FORM) || dose->notes_full)
        return false;
    for (size_t i = 0; i < dose->note_count; i++)
        if (dose->notes[i].kind != NOTE_UNDERSTOOD)
            return false;
    return true;
}

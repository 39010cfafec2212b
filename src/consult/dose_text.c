/* consult/dose_text.c - a dose in words, in four languages. What is written here, dose_parse reads
 * back as the same. */
#include "consult/dose.h"

typedef Str Words[DOSE_LANGUAGES];
#define IN(en, fr, nl, de)                                                                         \
    {                                                                                              \
        STR_INIT(en), STR_INIT(fr), STR_INIT(nl), STR_INIT(de)                                     \
    }

static const Words parts[DOSE_DAY_PARTS] = {
    IN("in the morning", "le matin", "'s morgens", "morgens"),
    IN("at noon", "à midi", "'s middags", "mittags"),
    IN("in the evening", "le soir", "'s avonds", "abends"),
    IN("at bedtime", "au coucher", "voor het slapen", "vor dem Schlafen")};
static const Words meals[] = {
    IN("before meals", "avant les repas", "voor de maaltijd", "vor dem Essen"),
    IN("after meals", "après les repas", "na de maaltijd", "nach dem Essen"),
    IN("with meals", "pendant les repas", "tijdens de maaltijd", "zum Essen"),
    IN("on an empty stomach", "à jeun", "nuchter", "nüchtern")};
static const Words days[7] = {IN("on mondays", "le lundi", "op maandag", "montags"),
                              IN("on tuesdays", "le mardi", "op dinsdag", "dienstags"),
                              IN("on wednesdays", "le mercredi", "op woensdag", "mittwochs"),
                              IN("on thursdays", "le jeudi", "op donderdag", "donnerstags"),
                              IN("on fridays", "le vendredi", "op vrijdag", "freitags"),
                              IN("on saturdays", "le samedi", "op zaterdag", "samstags"),
                              IN("on sundays", "le dimanche", "op zondag", "sonntags")};
static const Words routes[ROUTE_COUNT] = {
    [ROUTE_ORAL] = IN("by mouth", "par voie orale", "via de mond", "zum Einnehmen"),
    [ROUTE_SUBLINGUAL] =
        IN("under the tongue", "sous la langue", "onder de tong", "unter die Zunge"),
    [ROUTE_INTRAVENOUS] =
        IN("intravenously", "par voie intraveineuse", "intraveneus", "intravenös"),
    [ROUTE_INTRAMUSCULAR] =
        IN("intramuscularly", "par voie intramusculaire", "intramusculair", "intramuskulär"),
    [ROUTE_SUBCUTANEOUS] = IN("subcutaneously", "par voie sous-cutanée", "subcutaan", "subkutan"),
    [ROUTE_INHALED] = IN("by inhalation", "par inhalation", "via inhalatie", "zum Inhalieren"),
    [ROUTE_NASAL] = IN("in the nose", "dans le nez", "in de neus", "in die Nase"),
    [ROUTE_RECTAL] = IN("rectally", "par voie rectale", "rectaal", "rektal"),
    [ROUTE_VAGINAL] = IN("vaginally", "par voie vaginale", "vaginaal", "vaginal"),
    [ROUTE_SKIN] = IN("on the skin", "sur la peau", "op de huid", "auf die Haut"),
    [ROUTE_EYE] = IN("in the eye", "dans l'œil", "in het oog", "ins Auge"),
    [ROUTE_EAR] = IN("in the ear", "dans l'oreille", "in het oor", "ins Ohr")};
static const Words times = IN("times", "fois", "keer", "Mal"),
                   every = IN("every", "toutes les", "om de", "alle"),
                   every_he = IN("every", "tous les", "om de", "alle"),
                   range_to = IN("to", "à", "tot", "bis"),
                   duration = IN("for", "pendant", "gedurende", "für"),
                   needed = IN("as needed", "si besoin", "zo nodig", "bei Bedarf"),
                   because = IN("for", "pour", "bij", "bei"),
                   at_most = IN("at most", "maximum", "maximaal", "höchstens"),
                   chronic = IN("long term", "au long cours", "doorlopend", "dauerhaft"),
                   once = IN("single dose", "en une prise", "eenmalig", "einmalig"),
                   clock = IN("at", "à", "om", "um"),
                   hours_of_clock = IN("o'clock", "heures", "uur", "Uhr"),
                   and_so = IN("and", "et", "en", "und"),
                   to_dispense = IN("quantity", "quantité", "aantal", "Menge"),
                   repeats = IN("repeats", "renouvellements", "herhalingen", "Wiederholungen"),
                   strengths = IN("per", "par", "per", "pro");
/* [unit][one, per one, many] */
static const Words units[][3] = {[PER_HOUR] = {IN("hour", "heure", "uur", "Stunde"),
                                               IN("an hour", "par heure", "per uur", "pro Stunde"),
                                               IN("hours", "heures", "uur", "Stunden")},
                                 [PER_DAY] = {IN("day", "jour", "dag", "Tag"),
                                              IN("a day", "par jour", "per dag", "pro Tag"),
                                              IN("days", "jours", "dagen", "Tage")},
                                 [PER_WEEK] = {IN("week", "semaine", "week", "Woche"),
                                               IN("a week", "par semaine", "per week", "pro Woche"),
                                               IN("weeks", "semaines", "weken", "Wochen")},
                                 [PER_MONTH] = {IN("month", "mois", "maand", "Monat"),
                                                IN("a month", "par mois", "per maand", "pro Monat"),
                                                IN("months", "mois", "maanden", "Monate")}};

/* ---- pieces -------------------------------------------------------------------------------------
 */

typedef struct {
    Buf *buf;
    DoseLanguage language;
    size_t from;
} Pen;

static void say(Pen *pen, Str words)
{
    if (!words.len)
        return;
    if (pen->buf->len > pen->from)
        buf_add_char(pen->buf, ' ');
    buf_add_str(pen->buf, words);
}

static void say_in(Pen *pen, const Words words)
{
    say(pen, words[pen->language]);
}

static bool is_one(Decimal number)
{
    return decimal_compare(number, decimal_of(1)) == 0;
}

/* Decimal as people of the language write it. */
static void dose_write_number(Buf *buf, Decimal value, DoseLanguage language)
{
    char text[DECIMAL_TEXT_MAX];
    Str number = decimal_text(value, text);
    for (size_t i = 0; i < number.len; i++)
        buf_add_char(buf, number.at[i] == '.' && language != DOSE_EN ? ',' : number.at[i]);
}

static void say_number(Pen *pen, Decimal value)
{
    if (pen->buf->len > pen->from)
        buf_add_char(pen->buf, ' ');
    dose_write_number(pen->buf, value, pen->language);
}

static void say_range(Pen *pen, Decimal low, Decimal high)
{
    say_number(pen, low);
    if (decimal_compare(low, high) == 0)
        return;
    say_in(pen, range_to);
    say_number(pen, high);
}

static void say_amount(Pen *pen, const Amount *amount)
{
    say_range(pen, amount->low, amount->high);
    say(pen,
        unit_name(amount->unit, pen->language, decimal_compare(amount->high, decimal_of(1)) > 0));
}

/* ---- how often
 * -------------------------------------------------------------------------------------
 */

static void say_period(Pen *pen, Decimal low, Decimal high, PerUnit unit)
{
    if (unit == PER_NONE)
        return;
    if (is_one(low) && is_one(high)) {
        say_in(pen, units[unit][1]);
        return;
    }
    say_in(pen, strengths);
    say_range(pen, low, high);
    say_in(pen, units[unit][2]);
}

static void say_times(Pen *pen, const Dose *dose)
{
    bool one = is_one(dose->times) && is_one(dose->times_max);
    if (!dose->times_known)
        return;
    if (one && dose->per_unit != PER_NONE && !is_one(dose->period)) {
        bool she = dose->per_unit == PER_HOUR || dose->per_unit == PER_WEEK; /* heure, semaine */
        say_in(pen, she ? every : every_he);
        say_range(pen, dose->period, dose->period_max);
        say_in(pen, units[dose->per_unit][2]);
        return;
    }
    if (one && pen->language == DOSE_EN) {
        say(pen, STR("once"));
    } else {
        say_range(pen, dose->times, dose->times_max);
        say_in(pen, times);
    }
    say_period(pen, dose->period, dose->period_max, dose->per_unit);
}

static void say_parts(Pen *pen, unsigned bits)
{
    bool begun = false;
    for (size_t i = 0; i < DOSE_DAY_PARTS; i++) {
        if (!(bits >> i & 1))
            continue;
        if (begun)
            say_in(pen, and_so);
        say_in(pen, parts[i]);
        begun = true;
    }
}

static void say_slots(Pen *pen, const Dose *dose)
{
    bool begun = false;
    for (size_t i = 0; i < DOSE_DAY_PARTS; i++) {
        if (!dose->slots[i].digits)
            continue;
        if (begun)
            buf_add_char(pen->buf, ',');
        begun = true;
        Amount amount = {true, dose->slots[i], dose->slots[i], dose->dose.unit};
        say_amount(pen, &amount);
        say_in(pen, parts[i]);
    }
}

static void say_clock(Pen *pen, const Dose *dose)
{
    for (size_t i = 0; i < dose->clock_count; i++) {
        say_in(pen, clock);
        buf_format(pen->buf, " %u", dose->clock[i] / 60u);
        if (dose->clock[i] % 60)
            buf_format(pen->buf, ":%02u", dose->clock[i] % 60u);
        say_in(pen, hours_of_clock);
    }
}

static void say_when(Pen *pen, const Dose *dose)
{
    say_times(pen, dose);
    say_parts(pen, dose->parts);
    for (size_t i = 0; i < COUNT_OF(meals); i++)
        if (dose->meals >> i & 1)
            say_in(pen, meals[i]);
    say_clock(pen, dose);
    for (size_t i = 0; i < COUNT_OF(days); i++)
        if (dose->days >> i & 1)
            say_in(pen, days[i]);
    if (dose->once)
        say_in(pen, once);
}

/* ---- all
 * -------------------------------------------------------------------------------------------
 */

static void say_needed(Pen *pen, const Dose *dose)
{
    if (!dose->as_needed)
        return;
    say_in(pen, needed);
    if (!dose->needed_for.len)
        return;
    say_in(pen, because);
    say(pen, dose->needed_for);
}

static void say_max(Pen *pen, const Dose *dose)
{
    if (!dose->max.known)
        return;
    if (pen->buf->len > pen->from)
        buf_add_char(pen->buf, ',');
    say_in(pen, at_most);
    say_amount(pen, &dose->max);
    if (dose->max.unit == UNIT_NONE)
        say_in(pen, times);
    say_period(pen, dose->max_period, dose->max_period, dose->max_per);
}

static void say_duration(Pen *pen, const Dose *dose)
{
    if (dose->duration_unit != PER_NONE) {
        bool many = !is_one(dose->duration_max);
        say_in(pen, duration);
        say_range(pen, dose->duration, dose->duration_max);
        say_in(pen, units[dose->duration_unit][many ? 2 : 0]);
    }
    if (dose->chronic)
        say_in(pen, chronic);
}

static void say_supply(Pen *pen, const Dose *dose)
{
    if (dose->quantity.known) {
        buf_add_char(pen->buf, ';');
        say_in(pen, to_dispense);
        say_amount(pen, &dose->quantity);
    }
    if (dose->repeats_known) {
        buf_format(pen->buf, "; %u", dose->repeats);
        say_in(pen, repeats);
    }
}

void dose_write(Buf *buf, const Dose *dose, DoseLanguage language)
{
    Pen pen = {buf, language, buf->len};
    if (dose->slots_known)
        say_slots(&pen, dose);
    else if (dose->dose.known)
        say_amount(&pen, &dose->dose);
    if (dose->route != ROUTE_NONE)
        say_in(&pen, routes[dose->route]);
    say_when(&pen, dose);
    say_needed(&pen, dose);
    say_max(&pen, dose);
    say_duration(&pen, dose);
    say_supply(&pen, dose);
}

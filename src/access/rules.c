/* access/rules.c - the masks that the rules give. Reading them: rules_read.c. */
#include "access/rules.h"

static const Str cell_words[CELLS] = {
    [CELL_NONE] = STR_INIT("-"),          [CELL_READ] = STR_INIT("R"),
    [CELL_WRITE] = STR_INIT("W"),         [CELL_REDUCED] = STR_INIT("r"),
    [CELL_OWN] = STR_INIT("o"),           [CELL_OWN_READ] = STR_INIT("o+R"),
    [CELL_OWN_REDUCED] = STR_INIT("o+r"), [CELL_BROKEN] = STR_INIT("B"),
    [CELL_ABOUT_SELF] = STR_INIT("own"),
};

Str rules_cell_word(Cell cell)
{
    return (size_t)cell < CELLS ? cell_words[cell] : STR_EMPTY;
}

static const Str link_words[LINK_KINDS] = {
    [LINK_NONE] = STR_INIT(""),
    [LINK_OWN_GP] = STR_INIT("own-gp"),
    [LINK_OWN_PHARMACIST] = STR_INIT("own-pharmacist"),
    [LINK_CONTACT] = STR_INIT("contact"),
    [LINK_EMERGENCY] = STR_INIT("emergency"),
    [LINK_BREAK_GLASS] = STR_INIT("break-glass"),
};

LinkKind rules_link_of(Str word)
{
    for (size_t i = LINK_NONE + 1; i < LINK_KINDS; i++)
        if (str_eq(word, link_words[i]))
            return (LinkKind)i;
    return LINK_NONE;
}

Str rules_link_word(LinkKind kind)
{
    return (size_t)kind < LINK_KINDS ? link_words[kind] : STR_EMPTY;
}

static const struct {
    Str word, name;
} classes[ACCESS_CLASSES] = {
    [D0_DIRECTORY] = {STR_INIT("D0"), STR_INIT("directory")},
    [D1_DEMOGRAPHICS] = {STR_INIT("D1"), STR_INIT("demographics")},
    [D2_CONTACT] = {STR_INIT("D2"), STR_INIT("contact")},
    [D3_SCHEDULING] = {STR_INIT("D3"), STR_INIT("scheduling")},
    [D4_INVOICES] = {STR_INIT("D4"), STR_INIT("invoices")},
    [D5_ALLERGIES] = {STR_INIT("D5"), STR_INIT("allergies")},
    [D6_MEDICATION] = {STR_INIT("D6"), STR_INIT("medication")},
    [D7_PROBLEMS] = {STR_INIT("D7"), STR_INIT("problems")},
    [D8_LABORATORY] = {STR_INIT("D8"), STR_INIT("laboratory")},
    [D9_IMAGING] = {STR_INIT("D9"), STR_INIT("imaging")},
    [D10_NOTES] = {STR_INIT("D10"), STR_INIT("notes")},
    [D11_REHABILITATION] = {STR_INIT("D11"), STR_INIT("rehabilitation")},
    [D12_NURSING] = {STR_INIT("D12"), STR_INIT("nursing")},
    [D13_MENTAL_HEALTH] = {STR_INIT("D13"), STR_INIT("mental-health")},
    [D14_PSYCHOTHERAPY] = {STR_INIT("D14"), STR_INIT("psychotherapy")},
    [D15_SENSITIVE] = {STR_INIT("D15"), STR_INIT("sensitive")},
    [D16_AUDIT] = {STR_INIT("D16"), STR_INIT("audit")},
    [D17_CONFIGURATION] = {STR_INIT("D17"), STR_INIT("configuration")},
};

Str rules_class_word(unsigned class)
{
    return class < ACCESS_CLASSES ? classes[class].word : STR_EMPTY;
}

Str rules_class_name(unsigned class)
{
    return class < ACCESS_CLASSES ? classes[class].name : STR_EMPTY;
}

unsigned rules_class_of(Str word)
{
    unsigned i = 0;
    while (i < ACCESS_CLASSES && !str_eq(word, classes[i].word) && !str_eq(word, classes[i].name))
        i++;
    return i;
}

/* ---- masks ------------------------------------------------------------------------------ */

/* What each cell gives, as parts of a mask. */
enum { READ = 1, REDUCED = 2, OWN = 4, AUTHORED = 8, WRITE = 16, WRITE_OWN = 32 };
static const uint8_t cell_parts[CELLS] = {
    [CELL_NONE] = 0,
    [CELL_READ] = READ,
    [CELL_WRITE] = READ | AUTHORED | WRITE | WRITE_OWN,
    [CELL_REDUCED] = REDUCED,
    [CELL_OWN] = OWN | AUTHORED | WRITE_OWN,
    [CELL_OWN_READ] = READ | OWN | AUTHORED | WRITE_OWN,
    [CELL_OWN_REDUCED] = REDUCED | OWN | AUTHORED | WRITE_OWN,
    [CELL_BROKEN] = 0,
    [CELL_ABOUT_SELF] = 0,
};

static void add(RightsMask *mask, unsigned class, unsigned parts)
{
    uint32_t bit = 1u << class;
    mask->read |= parts & READ ? bit : 0;
    mask->reduced |= parts & REDUCED ? bit : 0;
    mask->own |= parts & OWN ? bit : 0;
    mask->authored |= parts & AUTHORED ? bit : 0;
    mask->write |= parts & WRITE ? bit : 0;
    mask->write_own |= parts & WRITE_OWN ? bit : 0;
}

RightsMask rules_without(RightsMask mask, uint32_t without)
{
    mask.read &= ~without;
    mask.reduced &= ~without;
    mask.own &= ~without;
    mask.authored &= ~without;
    mask.write &= ~without;
    mask.write_own &= ~without;
    return mask;
}

/* No class yet, only how confidential and how sensitive it may be. */
static RightsMask mask_of(const RulesRole *role)
{
    return (RightsMask){.clearance = role->clearance, .sensitivity = role->sensitivity};
}

static bool is_somebody(AccessRole role)
{
    return role > ROLE_NOBODY && role < ACCESS_ROLES;
}

/* The parts of a cell in this case. Without consent nobody reads what others made, but a
 * practitioner goes on with what he himself writes: that is his own file, not the network's. */
static unsigned parts_in(const Rules *rules, Cell cell, unsigned class, RulesCase how)
{
    unsigned parts = cell_parts[cell];
    if (cell == CELL_BROKEN && how.broken)
        parts |= READ;
    if (cell == CELL_ABOUT_SELF && how.self)
        parts |= READ;
    bool open = how.consent || how.broken || how.self;
    if (!open && (rules->without_consent & 1u << class) == 0)
        parts &= AUTHORED | WRITE_OWN;
    return parts;
}

RightsMask rules_link_mask(const Rules *rules, AccessRole role, RulesCase how)
{
    if (!is_somebody(role))
        return (RightsMask){0};
    const RulesRole *of = &rules->roles[role];
    RightsMask mask = mask_of(of);
    how.broken = how.broken && of->may_break;
    for (unsigned i = 0; i < ACCESS_CLASSES; i++)
        add(&mask, i, parts_in(rules, of->cells[i], i, how));
    if (how.broken) {
        mask.sensitivity |= of->broken_sensitivity;
        if (of->broken_clearance > mask.clearance)
            mask.clearance = of->broken_clearance;
    }
    return mask;
}

RightsMask rules_stranger_mask(const Rules *rules, AccessRole role)
{
    if (!is_somebody(role))
        return (RightsMask){0};
    const RulesRole *of = &rules->roles[role];
    RightsMask mask = mask_of(of);
    for (unsigned i = 0; i < ACCESS_CLASSES; i++) {
        unsigned parts = cell_parts[of->cells[i]];
        /* Whom nobody knows yet he may make known: his name and where he lives. */
        bool new_patient = i == D1_DEMOGRAPHICS || i == D2_CONTACT;
        unsigned kept = AUTHORED | (new_patient ? WRITE_OWN : 0);
        if ((of->without_link & 1u << i) != 0)
            kept |= READ | REDUCED;
        add(&mask, i, parts & kept);
    }
    return mask;
}

RightsMask rules_nobody_mask(const Rules *rules, AccessRole role)
{
    if (!is_somebody(role))
        return (RightsMask){0};
    const RulesRole *of = &rules->roles[role];
    RightsMask mask = mask_of(of);
    for (unsigned i = 0; i < ACCESS_CLASSES; i++) {
        unsigned parts = cell_parts[of->cells[i]];
        if ((rules->about_nobody & 1u << i) == 0)
            parts &= AUTHORED | WRITE_OWN;
        add(&mask, i, parts);
    }
    return mask;
}

unsigned rules_child_until(const Rules *rules, Str country)
{
    for (size_t i = 0; i < rules->country_count; i++)
        if (str_eq(country, str_n(rules->countries[i].iso, 2)))
            return rules->countries[i].age;
    return rules->child_until;
}

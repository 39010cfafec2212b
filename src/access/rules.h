/* access/rules.h - who sees which class of data, as data: the matrix and what surrounds it.
 *
 * Rules are JSON with a closed vocabulary (rules.schema.json): no code, no query language. The
 * ones of rules.json are inside the program; a site may bring its own file (setting rules_file).
 * A word that is not known, in any place, and the whole set is refused; a role or a class that is
 * not named has nothing.
 *
 * What is compiled from them here still knows nothing of any patient: a mask for each case that
 * a link can be in. docs/guide/access.md says what each cell means. */
#ifndef ACESO_ACCESS_RULES_H
#define ACESO_ACCESS_RULES_H

#include "access/rights.h"
#include "base/base.h"

enum { RULES_BYTES_MAX = 256 << 10, RULES_COUNTRIES_MAX = 64 };

/* Kinds of link, by their words in CareTeam.category and in the rules. */
typedef enum {
    LINK_NONE,
    LINK_OWN_GP,         /* own-gp */
    LINK_OWN_PHARMACIST, /* own-pharmacist */
    LINK_CONTACT,        /* contact */
    LINK_EMERGENCY,      /* emergency */
    LINK_BREAK_GLASS,    /* break-glass: hours, and never by the rules' months */
    LINK_KINDS
} LinkKind;
LinkKind rules_link_of(Str word); /* LINK_NONE for any other word */
Str rules_link_word(LinkKind kind);

/* What a role may do with a class. The words of the matrix. */
typedef enum {
    CELL_NONE,        /* - */
    CELL_READ,        /* R */
    CELL_WRITE,       /* W: and read */
    CELL_REDUCED,     /* r */
    CELL_OWN,         /* o: what he or his profession made; writes what he made himself */
    CELL_OWN_READ,    /* o+R: own, and reads the rest */
    CELL_OWN_REDUCED, /* o+r: own, and a reduced view of the rest */
    CELL_BROKEN,      /* B: reads after break-glass */
    CELL_ABOUT_SELF,  /* own: reads what is about himself, or whom he acts for */
    CELLS
} Cell;
Str rules_cell_word(Cell cell);

typedef struct {
    uint8_t cells[ACCESS_CLASSES]; /* Cell */
    uint8_t clearance, broken_clearance;
    uint16_t sensitivity, broken_sensitivity;
    uint32_t without_link; /* classes whose R and r hold for strangers too: the auditor's */
    bool may_break;
} RulesRole;

typedef struct {
    char iso[2];
    uint8_t age;
} RulesCountry;

/* No pointers: may be copied. */
typedef struct Rules {
    uint64_t digest; /* of the text: another rule set has another one */
    char revision[32];
    RulesRole roles[ACCESS_ROLES];
    uint32_t without_consent, about_nobody; /* classes */
    uint8_t link_months[LINK_KINDS];        /* 0: the kind makes no link */
    uint8_t break_hours;
    uint8_t child_until; /* years: from then on a parent is no proxy */
    RulesCountry countries[RULES_COUNTRIES_MAX];
    size_t country_count;
} Rules;

/* Issues say where and what was expected; STATUS_INVALID. */
Status rules_parse(Ctx *cx, Str json, Rules *ret_rules) MUST_USE;
/* What the program brings. */
Str rules_default_text(void);
Status rules_default(Ctx *cx, Rules *ret_rules) MUST_USE;

/* What the app offers by them, as members behind others: ,"breaksGlass":true (or
 * nothing),"linkMonths":
 * {"own-gp":15,...}. */
Status rules_app_members(Ctx *cx, const Rules *rules, AccessRole role, Str *ret_members) MUST_USE;
/* {"revision","roles":[{"role","breaksGlass","cells":{"D0":"R",...}}]}: the matrix as it holds. */
Status rules_matrix_json(Ctx *cx, const Rules *rules, Str *ret_json) MUST_USE;

/* The words, for whoever explains: "D7", "problems"; "HIV, MH". */
Str rules_class_word(unsigned class);
Str rules_class_name(unsigned class);
/* D7 or problems; ACCESS_CLASSES for any other word. */
unsigned rules_class_of(Str word);
/* One bit of sensitivity by its code, 0 for any other word. */
uint16_t rules_sensitivity_of(Str code);

/* The case of a link. */
typedef struct {
    bool consent; /* the patient takes part in the network */
    bool broken;  /* the glass was broken for this patient */
    bool self;    /* the patient is the caller himself, or whom he acts for */
} RulesCase;
RightsMask rules_link_mask(const Rules *rules, AccessRole role, RulesCase how);
/* What he made himself about somebody he has no link with, and what needs none. */
RightsMask rules_stranger_mask(const Rules *rules, AccessRole role);
RightsMask rules_nobody_mask(const Rules *rules, AccessRole role);

/* The mask without these classes. */
RightsMask rules_without(RightsMask mask, uint32_t classes);

/* Years until a parent is a proxy; country: "BE", or anything else for the usual age. */
unsigned rules_child_until(const Rules *rules, Str country);

#endif

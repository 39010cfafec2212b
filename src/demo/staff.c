/* demo/staff.c - who works in the invented network, and in which centre. */
#include "demo/staff.h"

/* clang-format off */
#define S STR_INIT
#define NAMUR STR_INIT("Organization/centre-namur")
#define LIEGE STR_INIT("Organization/centre-liege")
#define CHARLEROI STR_INIT("Organization/centre-charleroi")
#define PERSON(user, title, name, role, centre, language, woman) \
    {S(user), S(title name), S(role), S("Practitioner/" user), centre, S(language), woman}

const DemoCentre demo_centres[CENTRE_COUNT] = {
    {S("centre-namur"), S("Centre de santé Meuse-et-Sambre"), S("Rue des Bateliers 18"),
     S("5000"), S("Namur"), S("+32 81 00 01 00"), {0, 6}, {16, 4}, {26, 3}, {34, 2}},
    {S("centre-liege"), S("Centre de santé du Val d'Ourthe"), S("Quai des Carmes 7"), S("4032"),
     S("Chênée"), S("+32 4 000 02 00"), {6, 5}, {20, 3}, {29, 3}, {36, 2}},
    {S("centre-charleroi"), S("Centre de santé du Terril Vert"), S("Chaussée de Lodelinsart 214"),
     S("6060"), S("Gilly"), S("+32 71 00 03 00"), {11, 5}, {23, 3}, {32, 2}, {38, 2}},
};

static const DemoStaff staff[] = {
    PERSON("claire.dubois", "Dr ", "Claire Dubois", "gp", NAMUR, "fr", true),
    PERSON("luc.warnant", "Dr ", "Luc Warnant", "gp", NAMUR, "fr", false),
    PERSON("sophie.delhez", "Dr ", "Sophie Delhez", "gp", NAMUR, "fr", true),
    PERSON("antoine.mathot", "Dr ", "Antoine Mathot", "gp", NAMUR, "fr", false),
    PERSON("nele.verstraete", "Dr ", "Nele Verstraete", "gp", NAMUR, "nl", true),
    PERSON("yasmina.elidrissi", "Dr ", "Yasmina El Idrissi", "gp", NAMUR, "fr", true),
    PERSON("marc.hendrix", "Dr ", "Marc Hendrix", "gp", LIEGE, "fr", false),
    PERSON("julie.rondeux", "Dr ", "Julie Rondeux", "gp", LIEGE, "fr", true),
    PERSON("stefan.keller", "Dr ", "Stefan Keller", "gp", LIEGE, "de", false),
    PERSON("giulia.ferrante", "Dr ", "Giulia Ferrante", "gp", LIEGE, "fr", true),
    PERSON("thomas.grisard", "Dr ", "Thomas Grisard", "gp", LIEGE, "fr", false),
    PERSON("anne.castiaux", "Dr ", "Anne Castiaux", "gp", CHARLEROI, "fr", true),
    PERSON("paolo.marchetti", "Dr ", "Paolo Marchetti", "gp", CHARLEROI, "fr", false),
    PERSON("isabelle.dufour", "Dr ", "Isabelle Dufour", "gp", CHARLEROI, "fr", true),
    PERSON("mehmet.aydin", "Dr ", "Mehmet Aydin", "gp", CHARLEROI, "fr", false),
    PERSON("emily.carter", "Dr ", "Emily Carter", "gp", CHARLEROI, "en", true),
    PERSON("benoit.jadin", "", "Benoît Jadin", "physio", NAMUR, "fr", false),
    PERSON("caroline.mauroy", "", "Caroline Mauroy", "physio", NAMUR, "fr", true),
    PERSON("pieter.claessens", "", "Pieter Claessens", "physio", NAMUR, "nl", false),
    PERSON("laura.fievet", "", "Laura Fiévet", "physio", NAMUR, "fr", true),
    PERSON("nicolas.bovy", "", "Nicolas Bovy", "physio", LIEGE, "fr", false),
    PERSON("aurelie.schyns", "", "Aurélie Schyns", "physio", LIEGE, "fr", true),
    PERSON("david.lonneux", "", "David Lonneux", "physio", LIEGE, "fr", false),
    PERSON("sarah.baudson", "", "Sarah Baudson", "physio", CHARLEROI, "fr", true),
    PERSON("kevin.moriau", "", "Kevin Moriau", "physio", CHARLEROI, "fr", false),
    PERSON("chiara.lombardi", "", "Chiara Lombardi", "physio", CHARLEROI, "fr", true),
    PERSON("nathalie.gobert", "", "Nathalie Gobert", "nurse", NAMUR, "fr", true),
    PERSON("fatima.benali", "", "Fatima Benali", "nurse", NAMUR, "fr", true),
    PERSON("olivier.tasiaux", "", "Olivier Tasiaux", "nurse", NAMUR, "fr", false),
    PERSON("veronique.halleux", "", "Véronique Halleux", "nurse", LIEGE, "fr", true),
    PERSON("petra.schmitz", "", "Petra Schmitz", "nurse", LIEGE, "de", true),
    PERSON("jonathan.dardenne", "", "Jonathan Dardenne", "nurse", LIEGE, "fr", false),
    PERSON("sabrina.costa", "", "Sabrina Costa", "nurse", CHARLEROI, "fr", true),
    PERSON("michele.ansiaux", "", "Michèle Ansiaux", "nurse", CHARLEROI, "fr", true),
    PERSON("helene.vandamme", "", "Hélène Vandamme", "psychologist", NAMUR, "fr", true),
    PERSON("quentin.lacroix", "", "Quentin Lacroix", "psychologist", NAMUR, "fr", false),
    PERSON("amelie.renson", "", "Amélie Renson", "psychologist", LIEGE, "fr", true),
    PERSON("bruno.pauly", "", "Bruno Pauly", "psychologist", LIEGE, "fr", false),
    PERSON("samira.haddad", "", "Samira Haddad", "psychologist", CHARLEROI, "fr", true),
    PERSON("valerie.meurisse", "", "Valérie Meurisse", "psychologist", CHARLEROI, "fr", true),
    PERSON("martine.boland", "", "Martine Boland", "secretary", NAMUR, "fr", true),
    PERSON("els.peeters", "", "Els Peeters", "secretary", NAMUR, "nl", true),
    PERSON("christine.dosogne", "", "Christine Dosogne", "secretary", LIEGE, "fr", true),
    PERSON("nadia.amrani", "", "Nadia Amrani", "secretary", CHARLEROI, "fr", true),
    {S("admin"), S("Administration du réseau"), S("admin"), S(""), NAMUR, S("fr"), false},
};
/* clang-format on */

const DemoStaff *demo_staff(size_t *ret_count)
{
    *ret_count = COUNT_OF(staff);
    return staff;
}

const DemoStaff *staff_at(unsigned number)
{
    assert(number < COUNT_OF(staff));
    return &staff[number];
}

Str staff_id(unsigned number)
{
    return str_from(staff_at(number)->reference, STR("Practitioner/").len);
}

static const DemoRole demo_roles[] = {
    {S("gp"), S("doctor"), S("Médecin généraliste"), '1', 3, S("Médecine générale")},
    {S("physio"), S("physio"), S("Kinésithérapeute"), '5', 527, S("Kinésithérapie")},
    {S("nurse"), S("nurse"), S("Infirmier ou infirmière"), '4', 401, S("Soins infirmiers")},
    {S("psychologist"), S("psychologist"), S("Psychologue clinicien"), '7', 801,
     S("Psychologie clinique")},
    {S("secretary"), S("ict"), S("Secrétaire médicale"), 0, 0, S("Secrétariat")},
};

const DemoRole *staff_role(unsigned number)
{
    for (size_t i = 0; i < COUNT_OF(demo_roles); i++) {
        if (str_eq(demo_roles[i].role, staff_at(number)->role))
            return &demo_roles[i];
    }
    return NULL;
}

unsigned staff_centre(unsigned number)
{
    Str id = str_from(staff_at(number)->centre, STR("Organization/").len);
    for (unsigned i = 0; i < CENTRE_COUNT; i++) {
        if (str_eq(demo_centres[i].id, id))
            return i;
    }
    assert(false && "a centre without a row");
    return 0;
}

/* demo/places.c - towns and streets. Postal codes are those of the Belgian post; a street of
 * the name may or may not exist in the town. */
#include "demo/places.h"

#define S STR_INIT

/* clang-format off */
static const Town namur[] = {
    {S("5000"), S("Namur"), S("Namur")},           {S("5100"), S("Jambes"), S("Namur")},
    {S("5002"), S("Saint-Servais"), S("Namur")},   {S("5004"), S("Bouge"), S("Namur")},
    {S("5003"), S("Saint-Marc"), S("Namur")},      {S("5101"), S("Erpent"), S("Namur")},
    {S("5020"), S("Vedrin"), S("Namur")},          {S("5020"), S("Malonne"), S("Namur")},
    {S("5001"), S("Belgrade"), S("Namur")},        {S("5150"), S("Floreffe"), S("Namur")},
    {S("5170"), S("Profondeville"), S("Namur")},   {S("5080"), S("Rhisnes"), S("Namur")},
    {S("5190"), S("Spy"), S("Namur")},             {S("5030"), S("Gembloux"), S("Namur")},
    {S("5300"), S("Andenne"), S("Namur")},         {S("5310"), S("Éghezée"), S("Namur")},
    {S("5340"), S("Gesves"), S("Namur")},          {S("5330"), S("Assesse"), S("Namur")},
    {S("5140"), S("Sombreffe"), S("Namur")},       {S("5530"), S("Yvoir"), S("Dinant")},
    {S("5500"), S("Dinant"), S("Dinant")},         {S("5060"), S("Sambreville"), S("Namur")},
};
/* clang-format on */
/* clang-format off */
static const Town liege[] = {
    {S("4032"), S("Chênée"), S("Liège")},          {S("4030"), S("Grivegnée"), S("Liège")},
    {S("4020"), S("Liège"), S("Liège")},           {S("4000"), S("Liège"), S("Liège")},
    {S("4031"), S("Angleur"), S("Liège")},         {S("4051"), S("Vaux-sous-Chèvremont"),
        S("Liège")},
    {S("4053"), S("Embourg"), S("Liège")},         {S("4100"), S("Seraing"), S("Liège")},
    {S("4102"), S("Ougrée"), S("Liège")},          {S("4610"), S("Beyne-Heusay"), S("Liège")},
    {S("4620"), S("Fléron"), S("Liège")},          {S("4040"), S("Herstal"), S("Liège")},
    {S("4130"), S("Esneux"), S("Liège")},          {S("4121"), S("Neuville-en-Condroz"),
        S("Liège")},
    {S("4420"), S("Saint-Nicolas"), S("Liège")},   {S("4430"), S("Ans"), S("Liège")},
    {S("4460"), S("Grâce-Hollogne"), S("Liège")},  {S("4400"), S("Flémalle"), S("Liège")},
    {S("4630"), S("Soumagne"), S("Liège")},        {S("4680"), S("Oupeye"), S("Liège")},
    {S("4140"), S("Sprimont"), S("Liège")},        {S("4170"), S("Comblain-au-Pont"), S("Liège")},
    {S("4870"), S("Trooz"), S("Liège")},           {S("4800"), S("Verviers"), S("Verviers")},
};
/* clang-format on */
/* clang-format off */
static const Town charleroi[] = {
    {S("6060"), S("Gilly"), S("Charleroi")},       {S("6061"), S("Montignies-sur-Sambre"),
        S("Charleroi")},
    {S("6000"), S("Charleroi"), S("Charleroi")},   {S("6043"), S("Ransart"), S("Charleroi")},
    {S("6042"), S("Lodelinsart"), S("Charleroi")}, {S("6040"), S("Jumet"), S("Charleroi")},
    {S("6200"), S("Châtelineau"), S("Charleroi")}, {S("6010"), S("Couillet"), S("Charleroi")},
    {S("6001"), S("Marcinelle"), S("Charleroi")},  {S("6020"), S("Dampremy"), S("Charleroi")},
    {S("6030"), S("Marchienne-au-Pont"), S("Charleroi")},
    {S("6032"), S("Mont-sur-Marchienne"), S("Charleroi")},
    {S("6041"), S("Gosselies"), S("Charleroi")},   {S("6240"), S("Farciennes"), S("Charleroi")},
    {S("6220"), S("Fleurus"), S("Charleroi")},     {S("6180"), S("Courcelles"), S("Charleroi")},
    {S("6110"), S("Montigny-le-Tilleul"), S("Charleroi")},
    {S("6280"), S("Gerpinnes"), S("Charleroi")},   {S("6250"), S("Aiseau"), S("Charleroi")},
    {S("6140"), S("Fontaine-l'Évêque"), S("Charleroi")},
    {S("6150"), S("Anderlues"), S("Thuin")},       {S("6120"), S("Nalinnes"), S("Thuin")},
    {S("6530"), S("Thuin"), S("Thuin")},
};
/* clang-format on */

static const struct {
    const Town *towns;
    unsigned count;
} regions[] = {
    {namur, COUNT_OF(namur)},
    {liege, COUNT_OF(liege)},
    {charleroi, COUNT_OF(charleroi)},
};

static const char *const streets[] = {
    "Rue de l'Église",
    "Rue de la Station",
    "Grand'Rue",
    "Rue du Moulin",
    "Rue des Écoles",
    "Rue du Centre",
    "Rue Haute",
    "Rue Neuve",
    "Rue de la Chapelle",
    "Rue du Château",
    "Rue des Champs",
    "Rue du Bois",
    "Place communale",
    "Rue Albert Ier",
    "Rue Léopold",
    "Avenue Reine Astrid",
    "Rue du Calvaire",
    "Rue des Combattants",
    "Rue de la Fontaine",
    "Rue du Vieux Puits",
    "Chaussée de Bruxelles",
    "Rue Joseph Wauters",
    "Rue Émile Vandervelde",
    "Rue de la Gare",
    "Rue des Tilleuls",
    "Avenue des Marronniers",
    "Rue du Charbonnage",
    "Rue de la Sambre",
    "Rue du Pont",
    "Quai de Meuse",
    "Rue des Prés",
    "Clos des Érables",
    "Rue du Tige",
    "Rue Sainte-Anne",
    "Rue Saint-Roch",
    "Rue des Alliés",
    "Rue de la Victoire",
    "Rue du Fort",
    "Rue Jean Jaurès",
    "Rue de l'Yser",
    "Rue des Carrières",
    "Rue du Parc",
    "Sentier des Vignes",
    "Rue Defuisseaux",
    "Avenue de la Paix",
    "Rue de la Coopération",
    "Rue des Jardins",
    "Rue Trieu du Bois",
    "Rue du Flamboyant",
    "Allée des Cerisiers",
};

const Town *town_draw(unsigned centre, Dice *dice)
{
    assert(centre < COUNT_OF(regions));
    return &regions[centre].towns[dice_skewed(dice, regions[centre].count)];
}

Str street_draw(Dice *dice)
{
    return str_of(streets[dice_below(dice, COUNT_OF(streets))]);
}

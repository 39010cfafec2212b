/* demo/people.c - name tables. The likelier names stand first in each list. */
#include "demo/people.h"

typedef struct {
    const char *const *at;
    unsigned count;
} Names;
#define NAMES(...)                                                                                 \
    {                                                                                              \
        (const char *const[]){__VA_ARGS__},                                                        \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)                      \
    }

/* Given names change with the generation; each list serves births up to `until`. */
typedef struct {
    int until;
    Names men, women;
} Cohort;

static const Cohort french[] = {
    {1944,
     NAMES("Jean", "Pierre", "André", "Marcel", "Georges", "Roger", "Albert", "Joseph", "René",
           "Louis", "Robert", "Fernand", "Raymond", "Henri", "Jules", "Émile", "Maurice", "Lucien",
           "Paul", "Willy", "Edmond", "Léon", "Arthur", "Gaston", "Camille", "Armand"),
     NAMES("Maria", "Jeanne", "Marie", "Denise", "Simone", "Madeleine", "Yvonne", "Marguerite",
           "Georgette", "Germaine", "Paulette", "Lucienne", "Irène", "Andrée", "Marcelle", "Hélène",
           "Gilberte", "Huguette", "Josette", "Suzanne", "Yvette", "Ghislaine", "Alice", "Nelly",
           "Renée")},
    {1964,
     NAMES("Michel", "Philippe", "Jean", "Daniel", "Christian", "Patrick", "Jacques", "Alain",
           "Marc", "Claude", "Pierre", "Guy", "Bernard", "Luc", "Francis", "Freddy", "Serge",
           "Eric", "Yves", "Dominique", "Jean-Pierre", "Jean-Marie", "Jean-Claude", "Roland",
           "André", "Paul", "Joseph", "Willy"),
     NAMES("Martine", "Monique", "Nicole", "Christiane", "Anne", "Françoise", "Chantal", "Danielle",
           "Michèle", "Marie-Claire", "Brigitte", "Bernadette", "Viviane", "Jacqueline",
           "Christine", "Colette", "Marianne", "Arlette", "Claudine", "Josiane", "Liliane",
           "Patricia", "Dominique", "Marie-Thérèse", "Cécile", "Mireille")},
    {1984,
     NAMES("Olivier", "Frédéric", "Christophe", "David", "Laurent", "Vincent", "Pascal", "Stéphane",
           "Benoît", "Nicolas", "Didier", "Thierry", "Fabrice", "Philippe", "Cédric", "Grégory",
           "Sébastien", "Michaël", "Jérôme", "Xavier", "Bruno", "Geoffrey", "François", "Ludovic",
           "Raphaël", "Yannick"),
     NAMES("Nathalie", "Isabelle", "Valérie", "Sandrine", "Sophie", "Véronique", "Catherine",
           "Stéphanie", "Caroline", "Céline", "Virginie", "Christelle", "Laurence", "Pascale",
           "Julie", "Muriel", "Delphine", "Aurélie", "Sabine", "Nancy", "Vinciane", "Carine",
           "Dorothée", "Fabienne", "Bénédicte", "Cindy")},
    {2004,
     NAMES("Nicolas", "Maxime", "Kevin", "Thomas", "Julien", "Alexandre", "Antoine", "Quentin",
           "Jonathan", "Simon", "Jordan", "Guillaume", "Florian", "Loïc", "Arnaud", "Dylan",
           "Romain", "Martin", "Corentin", "Gauthier", "Anthony", "Sébastien", "Adrien", "Robin",
           "Cyril", "Bastien", "Thibault"),
     NAMES("Laura", "Julie", "Marie", "Céline", "Sarah", "Charlotte", "Manon", "Camille", "Émilie",
           "Elodie", "Pauline", "Justine", "Mélissa", "Jessica", "Océane", "Marine", "Audrey",
           "Chloé", "Lucie", "Margaux", "Amandine", "Aurore", "Noémie", "Coralie", "Florence",
           "Ophélie", "Estelle")},
    {9999,
     NAMES("Louis", "Hugo", "Nathan", "Gabriel", "Noah", "Arthur", "Lucas", "Jules", "Théo", "Adam",
           "Victor", "Mathis", "Tom", "Ethan", "Liam", "Raphaël", "Léo", "Eliott", "Augustin",
           "Basile", "Maël", "Simon", "Oscar", "Romain", "Sacha", "Nolan", "Marius"),
     NAMES("Emma", "Léa", "Louise", "Chloé", "Alice", "Zoé", "Lucie", "Manon", "Juliette",
           "Camille", "Lina", "Clara", "Jade", "Élise", "Mila", "Charlotte", "Victoria", "Olivia",
           "Julia", "Anna", "Rose", "Inès", "Romane", "Margaux", "Capucine", "Lola", "Agathe")},
};
static const Cohort italian[] = {
    {1974,
     NAMES("Giuseppe", "Salvatore", "Antonio", "Giovanni", "Angelo", "Vincenzo", "Domenico",
           "Pietro", "Rosario", "Calogero", "Carmelo", "Franco"),
     NAMES("Maria", "Giuseppina", "Rosa", "Carmela", "Anna", "Concetta", "Angela", "Lucia",
           "Antonina", "Filomena", "Giovanna", "Teresa")},
    {9999,
     NAMES("Fabio", "Marco", "Alessandro", "Luca", "Matteo", "Enzo", "Lorenzo", "Giuliano", "Dario",
           "Gianni", "Mattia", "Leandro"),
     NAMES("Sabrina", "Laura", "Giulia", "Chiara", "Elena", "Sofia", "Ornella", "Silvana",
           "Alessia", "Valentina", "Serena", "Giorgia")},
};
static const Cohort maghrebi[] = {
    {1979,
     NAMES("Mohamed", "Ahmed", "Abdelkader", "Hassan", "Mustapha", "Abdellah", "Driss", "Lahcen",
           "Brahim", "Omar"),
     NAMES("Fatima", "Khadija", "Aïcha", "Malika", "Zohra", "Rachida", "Naïma", "Halima", "Saïda",
           "Latifa")},
    {9999,
     NAMES("Mohamed", "Youssef", "Bilal", "Ayoub", "Karim", "Ilyas", "Anas", "Rayan", "Mehdi",
           "Yassine", "Imran", "Zakaria"),
     NAMES("Yasmina", "Sara", "Nora", "Salma", "Imane", "Inès", "Hafsa", "Assia", "Aya", "Samira",
           "Lina", "Kenza")},
};
static const Cohort turkish[] = {
    {1979, NAMES("Mehmet", "Ahmet", "Ali", "Mustafa", "Hasan", "Hüseyin", "Ibrahim", "Osman"),
     NAMES("Fatma", "Ayse", "Emine", "Hatice", "Zeynep", "Sultan", "Hanife", "Meryem")},
    {9999, NAMES("Emre", "Yusuf", "Murat", "Kerem", "Burak", "Eren", "Can", "Ömer"),
     NAMES("Elif", "Esra", "Merve", "Büsra", "Selin", "Derya", "Ela", "Melisa")},
};
static const Cohort flemish[] = {
    {1964, NAMES("Jan", "Jozef", "Willem", "Etienne", "Frans", "Herman", "Walter", "Roger"),
     NAMES("Maria", "Godelieve", "Rita", "Lea", "Agnes", "Hilde", "Paula", "Rosa")},
    {9999, NAMES("Bart", "Wim", "Koen", "Jeroen", "Lars", "Wout", "Stijn", "Seppe"),
     NAMES("Els", "Katrien", "Sofie", "Lotte", "Nele", "Fien", "Lien", "Amber")},
};
static const Cohort german[] = {
    {1969, NAMES("Karl", "Heinz", "Werner", "Günther", "Josef", "Dieter", "Manfred"),
     NAMES("Ursula", "Helga", "Gisela", "Erika", "Renate", "Ingrid", "Elfriede")},
    {9999, NAMES("Stefan", "Lukas", "Jonas", "Tobias", "Felix", "Leon", "Patrick"),
     NAMES("Sandra", "Julia", "Lena", "Hannah", "Katharina", "Mia", "Jana")},
};
static const Cohort polish[] = {
    {1974, NAMES("Stanislaw", "Jan", "Jozef", "Kazimierz", "Tadeusz", "Zbigniew"),
     NAMES("Krystyna", "Zofia", "Barbara", "Halina", "Jadwiga", "Teresa")},
    {9999, NAMES("Tomasz", "Piotr", "Michal", "Kacper", "Jakub", "Adam"),
     NAMES("Agnieszka", "Magdalena", "Joanna", "Zuzanna", "Maja", "Ewa")},
};
static const Cohort portuguese[] = {
    {1974, NAMES("Manuel", "José", "António", "Joaquim", "Carlos", "Fernando"),
     NAMES("Maria", "Ana", "Fernanda", "Lurdes", "Rosa", "Conceição")},
    {9999, NAMES("Tiago", "João", "Rui", "Diogo", "Bruno", "Gonçalo"),
     NAMES("Sónia", "Catarina", "Inês", "Beatriz", "Mariana", "Cláudia")},
};

typedef struct {
    uint16_t weight;      /* per mille of households */
    uint16_t local_names; /* per mille of those born after 1985 who got a French name */
    const Cohort *cohorts;
    Names surnames;
    const char *language;
    uint16_t language_share; /* per mille who speak it rather than French */
} OriginRow;

static const OriginRow origins[] = {
    {730, 0, french,
     NAMES("Lambert", "Dubois", "Martin", "Dupont", "Simon", "Dumont", "Leclercq", "Laurent",
           "Lejeune", "Denis", "Renard", "Leroy", "Gérard", "Mathieu", "François", "Thomas",
           "Collard", "Charlier", "Marchal", "Collignon", "Petit", "Bodart", "Gillet", "Toussaint",
           "Evrard", "Lemaire", "Hubert", "Michel", "Rousseau", "Bertrand", "Fontaine", "Mercier",
           "Lefebvre", "Carlier", "Gilson", "Bastin", "Hanquet", "Pirotte", "Jacquemin", "Servais",
           "Warnier", "Thiry", "Dethier", "Closset", "Defays", "Massart", "Gustin", "Jadot",
           "Paquet", "Poncelet", "Lhoest", "Remacle", "Delhaye", "Lecomte", "Moreau", "Adam",
           "Georges", "Piron", "Rasquin", "Humblet", "Crahay", "Grosjean", "Legrand", "Baudoux",
           "Delcourt", "Deprez", "Ghislain", "Hennebert", "Huart", "Lebrun", "Lorent", "Magis",
           "Marlier", "Meunier", "Nicaise", "Olivier", "Pirard", "Polet", "Quinet", "Rorive",
           "Sohet", "Tilman", "Urbain", "Wilmet", "Delvaux", "Noël", "Mottet", "Berger", "Bernard",
           "Henry", "Jacques", "Pierre", "Masson", "Libert", "Lacroix", "Nélis", "Stassen",
           "Counet", "Dejardin", "Fraiture", "Lardinois", "Paulus", "Ansiaux", "Bouillon", "Burton",
           "Cuvelier", "Debauche", "Dehon", "Gobbe", "Hainaut", "Jaumain", "Lambotte", "Minet",
           "Navez", "Pochet", "Rigaux", "Scieur", "Tonneau", "Wathelet", "Zune"),
     "fr", 1000},
    {95, 700, italian,
     NAMES("Russo", "Ferrara", "Rizzo", "Greco", "Caruso", "Marino", "Bruno", "Lombardo", "Amato",
           "Vitale", "Costa", "Di Stefano", "Di Marco", "Messina", "Gallo", "Conti", "Sanna",
           "Piras", "Cirillo", "D'Angelo", "La Rocca", "Palermo", "Pellegrino", "Bianchi"),
     "it", 40},
    {50, 0, maghrebi,
     NAMES("El Amrani", "Benali", "Bouzid", "El Khattabi", "Haddad", "Mansouri", "Amrani",
           "Bensaïd", "Ouali", "Chaoui", "El Mansouri", "Zerouali", "Belkacem", "Saïdi", "Ziani",
           "Lahlou"),
     "ar", 150},
    {28, 0, turkish,
     NAMES("Yilmaz", "Kaya", "Demir", "Çelik", "Sahin", "Öztürk", "Aydin", "Arslan", "Dogan",
           "Kiliç", "Koç", "Kurt"),
     "tr", 150},
    {45, 600, flemish,
     NAMES("Peeters", "Janssens", "Maes", "Jacobs", "Mertens", "Willems", "Claes", "Goossens",
           "Wouters", "De Smet", "Van Damme", "Vandenberghe", "Verhaegen", "Vermeulen", "Coppens",
           "Declercq"),
     "nl", 300},
    {16, 300, german,
     NAMES("Schmitz", "Müller", "Keller", "Jansen", "Schumacher", "Heinen", "Radermacher", "Palm",
           "Henkes", "Kessler"),
     "de", 500},
    {20, 500, polish,
     NAMES("Kowalski", "Nowak", "Wojcik", "Kaczmarek", "Mazur", "Krawczyk", "Zielinski", "Wrobel",
           "Pawlak", "Duda"),
     "pl", 150},
    {16, 400, portuguese,
     NAMES("Da Silva", "Ferreira", "Pereira", "Dos Santos", "Oliveira", "Rodrigues", "Martins",
           "Sousa", "Gomes", "Lopes"),
     "pt", 200},
};

Origin origin_draw(Dice *dice)
{
    uint16_t weights[COUNT_OF(origins)];
    for (size_t i = 0; i < COUNT_OF(origins); i++)
        weights[i] = origins[i].weight;
    return dice_weighted(dice, weights, COUNT_OF(origins));
}

static Str draw(const Names *names, Dice *dice)
{
    return str_of(names->at[dice_skewed(dice, names->count)]);
}

Str origin_surname(Origin origin, Dice *dice)
{
    return draw(&origins[origin].surnames, dice);
}

Str origin_given(Origin origin, bool female, int birth_year, Dice *dice)
{
    const OriginRow *row = &origins[origin];
    const Cohort *cohort = row->cohorts;
    if (birth_year > 1985 && dice_chance(dice, row->local_names))
        cohort = french;
    while (cohort->until < birth_year)
        cohort++;
    return draw(female ? &cohort->women : &cohort->men, dice);
}

Str origin_language(Origin origin, Dice *dice)
{
    const OriginRow *row = &origins[origin];
    return dice_chance(dice, row->language_share) ? str_of(row->language) : STR("fr");
}

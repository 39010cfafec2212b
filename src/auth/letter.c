/* auth/letter.c - the words of the two mails, in four languages. A mail says nothing but that
 * there is an account, and its link: mail is read by others. */
#include "auth/inner.h"

typedef struct {
    const char *language;
    const char *subject, *greeting, *before, *after;
} Words;

static const Words words[][4] = {
    [LINK_INVITATION] =
        {
            {"fr", "Votre accès à Aceso", "Bonjour",
             "Un compte vous attend dans Aceso, le dossier de santé partagé. Choisissez votre mot "
             "de passe et votre second facteur à cette adresse, dans les 72 heures :",
             "Ce lien ne sert qu'une fois et n'est que pour vous. Si vous n'attendiez pas ce "
             "message, ne faites rien."},
            {"nl", "Uw toegang tot Aceso", "Dag",
             "Er staat een account voor u klaar in Aceso, het gedeelde gezondheidsdossier. Kies "
             "binnen 72 uur uw wachtwoord en uw tweede factor op dit adres:",
             "Deze link werkt één keer en is alleen voor u. Verwachtte u dit bericht niet, doe dan "
             "niets."},
            {"de", "Ihr Zugang zu Aceso", "Guten Tag",
             "In Aceso, der gemeinsamen Gesundheitsakte, wartet ein Konto auf Sie. Wählen Sie "
             "innerhalb von 72 Stunden Ihr Passwort und Ihren zweiten Faktor unter dieser Adresse:",
             "Dieser Link gilt einmal und nur für Sie. Falls Sie diese Nachricht nicht erwartet "
             "haben, tun Sie nichts."},
            {"en", "Your access to Aceso", "Hello",
             "An account is waiting for you in Aceso, the shared health record. Choose your "
             "password and your second factor at this address within 72 hours:",
             "This link works once and is for you alone. If you did not expect this message, do "
             "nothing."},
        },
    [LINK_RESET] =
        {
            {"fr", "Aceso : nouveau mot de passe", "Bonjour",
             "Quelqu'un, sans doute vous, a oublié le mot de passe de ce compte. Choisissez-en un "
             "autre à cette adresse, dans l'heure :",
             "Ce lien ne sert qu'une fois. Votre second facteur vous sera demandé comme toujours. "
             "Si ce n'était pas vous, ne faites rien."},
            {"nl", "Aceso: nieuw wachtwoord", "Dag",
             "Iemand, wellicht u, is het wachtwoord van dit account vergeten. Kies binnen het uur "
             "een ander op dit adres:",
             "Deze link werkt één keer. Uw tweede factor wordt gevraagd zoals altijd. Was u het "
             "niet, doe dan niets."},
            {"de", "Aceso: neues Passwort", "Guten Tag",
             "Jemand, wohl Sie selbst, hat das Passwort dieses Kontos vergessen. Wählen Sie "
             "innerhalb einer Stunde ein anderes unter dieser Adresse:",
             "Dieser Link gilt einmal. Nach Ihrem zweiten Faktor wird wie immer gefragt. Waren Sie "
             "es nicht, tun Sie nichts."},
            {"en", "Aceso: a new password", "Hello",
             "Somebody, probably you, has forgotten the password of this account. Choose another "
             "at this address within the hour:",
             "This link works once. You are asked for your second factor as ever. If it was not "
             "you, do nothing."},
        },
};

Status link_letter(Ctx *cx, const AuthAccount *account, LinkKind kind, Str link,
                   AuthLetter *ret_letter)
{
    const Words *said = &words[kind][0];
    for (size_t i = 0; i < COUNT_OF(words[kind]); i++) {
        if (str_eq(account->language, str_of(words[kind][i].language)))
            said = &words[kind][i];
    }
    Str text = arena_format(cx->arena, "%s,\n\n%s\n\n" STR_FMT "\n\n%s\n\nAceso\n", said->greeting,
                            said->before, STR_ARG(link), said->after);
    *ret_letter = (AuthLetter){.to = account->mail, .subject = str_of(said->subject), .text = text};
    return text.at ? STATUS_OK : STATUS_MEMORY;
}

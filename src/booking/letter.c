/* booking/letter.c - the words of mails, in four languages. A mail says when and at which centre,
 * and not with whom or for what: mail is read by others. */
#include "booking/post.h"

typedef struct {
    const char *subject, *text; /* %s: the day and hour */
} Words;

static const struct {
    const char *language, *greeting, *at, *until, *manage;
    Words words[POST_KINDS];
} tongues[] = {
    {"fr",
     "Bonjour",
     "à",
     "Cette place vous est gardée jusqu'au",
     "Pour l'annuler ou le déplacer :",
     {[POST_CONFIRM] = {"Votre rendez-vous est confirmé", "Votre rendez-vous est confirmé :"},
      [POST_PENDING] =
          {"Votre demande de rendez-vous",
           "Nous avons bien reçu votre demande ; le centre doit encore la confirmer :"},
      [POST_MOVED] = {"Votre rendez-vous est déplacé", "Votre rendez-vous a désormais lieu :"},
      [POST_CANCELLED] = {"Votre rendez-vous est annulé", "Ce rendez-vous est annulé :"},
      [POST_REMIND] = {"Rappel de votre rendez-vous", "Nous vous attendons :"},
      [POST_OFFER] = {"Une place s'est libérée",
                      "Une place s'est libérée et vous est proposée :"}}},
    {"nl",
     "Dag",
     "om",
     "Deze plaats blijft voor u vrij tot",
     "Annuleren of verplaatsen:",
     {[POST_CONFIRM] = {"Uw afspraak is bevestigd", "Uw afspraak is bevestigd:"},
      [POST_PENDING] = {"Uw aanvraag voor een afspraak",
                        "We hebben uw aanvraag ontvangen; het centrum moet ze nog bevestigen:"},
      [POST_MOVED] = {"Uw afspraak is verplaatst", "Uw afspraak vindt nu plaats:"},
      [POST_CANCELLED] = {"Uw afspraak is geannuleerd", "Deze afspraak is geannuleerd:"},
      [POST_REMIND] = {"Herinnering aan uw afspraak", "We verwachten u:"},
      [POST_OFFER] = {"Er is een plaats vrijgekomen",
                      "Er is een plaats vrijgekomen, die we u aanbieden:"}}},
    {"de",
     "Guten Tag",
     "um",
     "Dieser Termin bleibt für Sie frei bis",
     "Absagen oder verschieben:",
     {[POST_CONFIRM] = {"Ihr Termin ist bestätigt", "Ihr Termin ist bestätigt:"},
      [POST_PENDING] = {"Ihre Terminanfrage",
                        "Wir haben Ihre Anfrage erhalten; das Zentrum muss sie noch bestätigen:"},
      [POST_MOVED] = {"Ihr Termin ist verschoben", "Ihr Termin findet nun statt:"},
      [POST_CANCELLED] = {"Ihr Termin ist abgesagt", "Dieser Termin ist abgesagt:"},
      [POST_REMIND] = {"Erinnerung an Ihren Termin", "Wir erwarten Sie:"},
      [POST_OFFER] = {"Ein Termin ist frei geworden",
                      "Ein Termin ist frei geworden und wird Ihnen angeboten:"}}},
    {"en",
     "Hello",
     "at",
     "This hour is kept for you until",
     "To cancel or move it:",
     {[POST_CONFIRM] = {"Your appointment is confirmed", "Your appointment is confirmed:"},
      [POST_PENDING] = {"Your request for an appointment",
                        "We have received your request; the centre still has to confirm it:"},
      [POST_MOVED] = {"Your appointment has moved", "Your appointment now takes place:"},
      [POST_CANCELLED] = {"Your appointment is cancelled", "This appointment is cancelled:"},
      [POST_REMIND] = {"A reminder of your appointment", "We expect you:"},
      [POST_OFFER] = {"An hour has become free",
                      "An hour has become free, and is offered to you:"}}},
};

/* "24/11/2026 à 14:00" */
static Str moment(Ctx *cx, Wall at, const char *word)
{
    int64_t year;
    unsigned month, day;
    civil_from_days(at.day, &year, &month, &day);
    return arena_format(cx->arena, "%02u/%02u/%lld %s %02d:%02d", day, month, (long long)year, word,
                        at.second / 3600, at.second / 60 % 60);
}

Status post_words(Ctx *cx, PostKind kind, const PostAbout *about, Str *ret_subject, Str *ret_text)
{
    size_t tongue = 0;
    Buf buf;
    for (size_t i = 0; i < COUNT_OF(tongues); i++)
        if (str_eq(str_head(about->language, 2), str_of(tongues[i].language)))
            tongue = i;
    const Words *words = &tongues[tongue].words[kind];
    buf_init(&buf, cx->arena, 512, 16 << 10);
    buf_format(&buf, "%s,\n\n%s\n\n", tongues[tongue].greeting, words->text);
    buf_add_str(&buf, moment(cx, about->at, tongues[tongue].at));
    buf_format(&buf, "\n" STR_FMT "\n\n", STR_ARG(about->centre));
    if (kind == POST_OFFER) {
        buf_format(&buf, "%s ", tongues[tongue].until);
        buf_add_str(&buf, moment(cx, about->until, tongues[tongue].at));
        buf_add_lit(&buf, ".\n\n");
    }
    if (kind != POST_CANCELLED && about->origin.len)
        buf_format(&buf, "%s " STR_FMT "\n\n", kind == POST_OFFER ? "->" : tongues[tongue].manage,
                   STR_ARG(about->origin));
    buf_add_lit(&buf, "Aceso\n");
    TRY(buf_done(&buf));
    *ret_subject = str_of(words->subject);
    *ret_text = buf_str(&buf);
    return STATUS_OK;
}

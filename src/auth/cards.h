/* auth/cards.h - identity cards that were found good, and whose they are (card.c). Private to auth.
 */
#ifndef ACESO_AUTH_CARDS_H
#define ACESO_AUTH_CARDS_H

#include "auth/account.h"

enum { CARDS_KEPT = 256 };

/* A card of which a responder said that it is good. */
typedef struct {
    uint8_t id[CRYPTO_SHA256_BYTES];
    Time until;
} KeptCard;

typedef struct {
    Arena *arena;
    struct CryptoPins *pins;
    pthread_mutex_t lock; /* of `kept`; held alone */
    KeptCard kept[CARDS_KEPT];
} Cards;

Status cards_start(Auth *auth, Ctx *cx) MUST_USE;
void cards_release(Cards *cards);
/* Whether the proof's card is the account's; its ticket is used up then. */
bool card_right(Auth *auth, Ctx *cx, Account *account, const AuthProof *proof, bool signs_in);
/* Takes the card's item away: nobody's any more. Hold `change`. */
void card_forget(Auth *auth, Ctx *cx, Str hex);

#endif

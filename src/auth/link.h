/* auth/link.h - links of one use and the letters that bring them (invite.c, letter.c, post.c).
 * Private to auth. */
#ifndef ACESO_AUTH_LINK_H
#define ACESO_AUTH_LINK_H

#include "auth/account.h"
#include "auth/handles.h"

enum { POST_WAITING_MAX = 256 };

/* Somebody has forgotten his password: what he typed, and where. */
typedef struct {
    Short user;
} Forgotten;

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t ring;
    Forgotten waiting[POST_WAITING_MAX]; /* a ring: `count` from `first` on */
    size_t first, count;
    pthread_t thread;
    bool runs, stopping;
} Post;

Status post_start(Auth *auth, Ctx *cx) MUST_USE;
void post_stop(Auth *auth);
void post_add(Auth *auth, Str user);

/* invite.c: links of one use, as items of the space "link" under the hash of what was sent. */
typedef enum { LINK_INVITATION, LINK_RESET } LinkKind;
/* For the account as it was read: makes one, and sends it where there is an address and a way. */
Status link_send(Auth *auth, Ctx *cx, const Account *account, LinkKind kind, const Access *by,
                 Str *ret_link) MUST_USE;
/* letter.c */
Status link_letter(Ctx *cx, const AuthAccount *account, LinkKind kind, Str link,
                   AuthLetter *ret_letter) MUST_USE;
/* What is over among the links. */
Status link_is_over(Auth *auth, Ctx *cx, const StoreItem *item, Time now, bool *ret_over) MUST_USE;
extern const Str link_space;

#endif

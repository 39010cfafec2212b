/* booking/post.h - mail about appointments: confirmations, reminders, offers; through the queue.
 *
 * A letter is about one Appointment as it was when the job was added: what it says has changed
 * meanwhile, is not sent. Each is sent once: its name is kept as an item before it leaves. */
#ifndef ACESO_BOOKING_POST_H
#define ACESO_BOOKING_POST_H

#include "booking/appointment.h"

typedef enum {
    POST_CONFIRM,
    POST_PENDING, /* asked for, to be confirmed */
    POST_MOVED,
    POST_CANCELLED,
    POST_REMIND,
    POST_OFFER, /* a freed hour, to be accepted */
    POST_KINDS
} PostKind;

/* With the commit of the operation; name: "Appointment/1". */
Status letter_add(Operation *op, PostKind kind, Str name, Time start) MUST_USE;
/* A day before; nothing when that is over. */
Status letter_add_reminder(Operation *op, Str name, Time start) MUST_USE;

/* Words in one of fr nl de en; any other language is fr. */
typedef struct {
    Str language;
    Wall at;
    Str centre, origin;
    Wall until; /* of an offer */
} PostAbout;
Status post_words(Ctx *cx, PostKind kind, const PostAbout *about, Str *ret_subject,
                  Str *ret_text) MUST_USE;

#endif

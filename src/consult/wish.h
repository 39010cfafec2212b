/* consult/wish.h - what renewing (renew.c) and asking for it (wish.c) share. */
#ifndef ACESO_CONSULT_WISH_H
#define ACESO_CONSULT_WISH_H

#include "consult/inner.h"

/* Who renews one, or asks for it, decides alone: before anything is read. */
Status wish_claim(Operation *op, Str id) MUST_USE;
/* STATUS_UNPROCESSABLE when it was renewed already. */
Status wish_check_once(Operation *op, const OperationRow *row) MUST_USE;

#endif

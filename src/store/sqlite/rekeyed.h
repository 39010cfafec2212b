/* store/sqlite/rekeyed.h - a file under a new key takes the place of the old one. */
#ifndef ACESO_STORE_SQLITE_REKEYED_H
#define ACESO_STORE_SQLITE_REKEYED_H

#include "store/store.h"

/* Before a store is opened to be served: gives a complete new file the name of the old one, or goes
 * on where that was ended. STATUS_OK: there is none, it is not complete, or somebody has the store
 * open. */
Status rekeyed_finish(Ctx *cx, const StoreOptions *options) MUST_USE;
/* Whether STORE is there but for its name. */
bool rekeyed_half_named(Ctx *cx, Str path);

#endif

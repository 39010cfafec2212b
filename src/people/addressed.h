/* people/addressed.h - what is addressed to you, you may read.
 *
 * A task or a message is a note of one profession or an errand of another, which the matrix would
 * keep from the very colleague it was written for. So this module has one rule of its own: whoever
 * sent it, and whoever it is addressed to (himself, his place of work, a team of his), reads it in
 * his inbox, as long as he may see the patient it is about: link, consent, blocks, confidentiality
 * and sensitivity are asked as for the patient's name. For everything else, and everybody else, the
 * matrix holds. docs/adr/0144 */
#ifndef ACESO_PEOPLE_ADDRESSED_H
#define ACESO_PEOPLE_ADDRESSED_H

#include "access/access.h"
#include "people/team.h"

/* Whether a Task (owner, requester) or a Communication (recipient, sender) names one of them. */
bool addressed_to(const Team *team, const JsonValue *resource);
bool addressed_by(const Team *team, const JsonValue *resource);
/* Whether the rule lets him read a row with these facts (packed), that he is named in. */
bool addressed_may(const Access *access, Str facts, const JsonValue *resource);
/* Both: the row, read as the program's own, is for the caller. */
bool addressed_is_his(const Access *access, const Team *team, const OperationRow *row);

#endif

/* access/packed.c - the decision about facts as they stand in the store. */
#include "access/access.h"

Sight access_sees_packed(const Access *access, uint16_t type, Str packed)
{
    Facts facts;
    if (access_is_system(access))
        return SIGHT_FULL;
    if (!access_rights(access) || !facts_unpack(packed, &facts))
        return SIGHT_NONE;
    return access_sees(access, type, &facts);
}

/* http/range.c - "bytes=0-499", "bytes=500-", "bytes=-500". */
#include "http/range.h"

/* The last ones. */
static bool read_suffix(uint64_t count, uint64_t bytes, uint64_t *ret_from, uint64_t *ret_bytes)
{
    *ret_bytes = count < bytes ? count : bytes;
    *ret_from = bytes - *ret_bytes;
    return count > 0;
}

bool range_read(Str range, uint64_t bytes, uint64_t *ret_from, uint64_t *ret_bytes)
{
    uint64_t first = 0, last = UINT64_MAX;
    Str end = range, unit = str_cut(&end, '=');
    *ret_from = 0;
    *ret_bytes = bytes;
    if (!end.at || !str_eq_nocase(str_trim(unit), STR("bytes")) || str_index(end, ',') != SIZE_MAX)
        return true;
    Str begin = str_trim(str_cut(&end, '-'));
    if (!end.at)
        return true;
    end = str_trim(end);
    if ((begin.len && !str_to_u64(begin, &first)) || (end.len && !str_to_u64(end, &last)) ||
        (!begin.len && !end.len) || (begin.len && last < first))
        return true;
    if (!begin.len)
        return read_suffix(last, bytes, ret_from, ret_bytes);
    if (first >= bytes)
        return false;
    *ret_from = first;
    *ret_bytes = (last < bytes ? last + 1 : bytes) - first;
    return true;
}

/* search/sight_shows.c - who asks, as a number, and which parameters he may ask by.
 *
 * What any row of a type may lack for somebody takes a look at each of his links: it is remembered
 * by a name of his rights. As in ridhash.c, what two threads leave of a slot belongs together only
 * if mark ^ lack is the key. */
#include "search/sight.h"

#include "access/rights.h"

typedef struct {
    _Atomic uint64_t mark, lack;
} Slot;
enum { SLOTS = 4096 };
struct Shown {
    Slot slots[SLOTS];
};

Status shown_new(Arena *forever, Shown **ret_shown)
{
    *ret_shown = arena_new_of(forever, Shown);
    return *ret_shown ? STATUS_OK : STATUS_MEMORY;
}

/* ---- names of rights --------------------------------------------------------------------- */

bool search_name_links(const Search *search, Arena *scratch, struct Rights *rights)
{
    enum { WORDS = 6 };
    size_t words = rights->link_count * WORDS;
    uint64_t *said = arena_array_of(scratch, uint64_t, words + 1);
    for (size_t i = 0; said && i < rights->link_count; i++) {
        const RightsMask *mask = &rights->links[i].mask;
        const uint64_t of_one[WORDS] = {rights->links[i].patient,
                                        (uint64_t)mask->read << 32 | mask->reduced,
                                        (uint64_t)mask->own << 32 | mask->authored,
                                        (uint64_t)mask->write << 32 | mask->write_own,
                                        (uint64_t)mask->sensitivity << 8 | mask->clearance,
                                        rights->links[i].broken};
        memcpy(said + i * WORDS, of_one, sizeof(of_one));
    }
    for (uint64_t half = 0; said && half < COUNT_OF(rights->links_name); half++) {
        said[words] = half;
        rights->links_name[half] =
            search_hash(search, str_n((const char *)said, (words + 1) * sizeof(*said))) | 1;
    }
    return said;
}

/* Of rights: the same again only when they are. Links that begin or end change `until`; who is made
 * by hand differs in his links at least. */
uint64_t sight_name(const Search *search, const Rights *rights, uint64_t what)
{
    struct {
        uint64_t digest, epoch, until, what, self, only, count;
        RightsLink first, last;
        RightsMask nobody, stranger;
        AccessRole role;
    } name;
    memset(&name, 0, sizeof(name));
    name.digest = rights->digest;
    name.epoch = rights->epoch;
    name.until = (uint64_t)rights->until;
    name.what = what;
    name.self = rights->self;
    name.only = rights->only_patient;
    name.count = rights->link_count;
    if (rights->link_count) {
        memcpy(&name.first, &rights->links[0], sizeof(name.first));
        memcpy(&name.last, &rights->links[rights->link_count - 1], sizeof(name.last));
    }
    memcpy(&name.nobody, &rights->nobody, sizeof(name.nobody));
    memcpy(&name.stranger, &rights->stranger, sizeof(name.stranger));
    name.role = rights->role;
    return search_hash(search, str_n((const char *)&name, sizeof(name))) | 1;
}

/* ---- what rows show ---------------------------------------------------------------------- */

/* To find it out takes a look at each of the caller's links. */
static Reduced worst_of(const Search *search, const Access *access, uint16_t type)
{
    const Rights *rights = access_rights(access);
    if (!rights)
        return reduced_at_worst(access, type);
    uint64_t key = sight_name(search, rights, (uint64_t)type << 1 | 1);
    Slot *slot = &search->shown->slots[key >> 1 & (SLOTS - 1)];
    uint64_t known = atomic_load(&slot->lack);
    Reduced lack = {.classes = (uint32_t)(known >> 32), .facets = (uint32_t)known};
    if ((atomic_load(&slot->mark) ^ known) == key)
        return lack;
    lack = reduced_at_worst(access, type);
    known = (uint64_t)lack.classes << 32 | lack.facets;
    atomic_store(&slot->lack, known);
    atomic_store(&slot->mark, key ^ known);
    return lack;
}

bool sight_shows(const Search *search, const Access *access, const SearchParam *param)
{
    if (access_is_system(access))
        return true;
    Reduced worst = worst_of(search, access, param->type);
    if (reduced_is_whole(worst))
        return true;
    bool hides = reduced_hides(worst, param->type, param->expression);
    for (size_t i = 0; i < param->component_count && !hides; i++)
        hides = reduced_hides(worst, param->type, param->components[i].param->expression);
    return !hides;
}

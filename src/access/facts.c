/* access/facts.c - facts as they stand in the store.
 *
 *     0        1      2                3 4          5           6      7       15            23
 *     layout   class  confidentiality  sensitivity  profession  count  author  organisation
 * subjects
 *
 * all little-endian, `count` subjects of 8 bytes. 39 bytes for two people:
 *   01 07 03 0000 01 02 9a1f..(8) 0000..(8) 11c3..(8) e0f2..(8) */
#include "access/facts.h"

enum {
    LAYOUT = 1,
    HEAD_BYTES = 23,
    SENSITIVE_ALL = SENSITIVE_HIV | SENSITIVE_SEXUAL | SENSITIVE_GENETIC | SENSITIVE_SUBSTANCE |
                    SENSITIVE_MENTAL | SENSITIVE_VIOLENCE | SENSITIVE_PSYCHOTHERAPY,
};
static_assert(HEAD_BYTES + 8 * FACTS_SUBJECTS_MAX <= FACTS_BYTES_MAX, "facts need room");

static void put_u64(unsigned char *at, uint64_t number)
{
    for (int i = 0; i < 8; i++, number >>= 8)
        at[i] = (unsigned char)number;
}

static uint64_t get_u64(const unsigned char *at)
{
    uint64_t number = 0;
    for (int i = 8; i-- > 0;)
        number = number << 8 | at[i];
    return number;
}

/* What the rest of the program may rely on. */
static bool are_sound(const Facts *facts)
{
    if (facts->class >= ACCESS_CLASSES || facts->confidentiality > CONF_V ||
        facts->sensitivity & ~SENSITIVE_ALL || facts->profession >= ACCESS_ROLES ||
        facts->subject_count > FACTS_SUBJECTS_MAX)
        return false;
    for (size_t i = 0; i < facts->subject_count; i++) {
        if (!facts->subjects[i] || (i && facts->subjects[i - 1] >= facts->subjects[i]))
            return false;
    }
    return true;
}

size_t facts_pack(const Facts *facts, unsigned char *at)
{
    assert(are_sound(facts));
    at[0] = LAYOUT;
    at[1] = facts->class;
    at[2] = facts->confidentiality;
    at[3] = (unsigned char)facts->sensitivity;
    at[4] = (unsigned char)(facts->sensitivity >> 8);
    at[5] = facts->profession;
    at[6] = facts->subject_count;
    put_u64(at + 7, facts->author);
    put_u64(at + 15, facts->organisation);
    for (size_t i = 0; i < facts->subject_count; i++)
        put_u64(at + HEAD_BYTES + 8 * i, facts->subjects[i]);
    return HEAD_BYTES + 8 * (size_t)facts->subject_count;
}

bool facts_unpack(Str packed, Facts *ret_facts)
{
    const unsigned char *at = (const unsigned char *)packed.at;
    if (packed.len < HEAD_BYTES || at[0] != LAYOUT || at[6] > FACTS_SUBJECTS_MAX ||
        packed.len != HEAD_BYTES + 8 * (size_t)at[6])
        return false;
    Facts facts = {.class = at[1],
                   .confidentiality = at[2],
                   .sensitivity = (uint16_t)(at[3] | at[4] << 8),
                   .profession = at[5],
                   .subject_count = at[6],
                   .author = get_u64(at + 7),
                   .organisation = get_u64(at + 15)};
    for (size_t i = 0; i < facts.subject_count; i++)
        facts.subjects[i] = get_u64(at + HEAD_BYTES + 8 * i);
    if (!are_sound(&facts))
        return false;
    *ret_facts = facts;
    return true;
}

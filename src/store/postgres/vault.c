/* store/postgres/vault.c - keys in the database, and what they seal. */
#include "store/postgres/vault.h"

#include "store/bytes.h"

enum { FORMAT = 1, HEADER_BYTES = 3, NUMBER_MASTER = 0, NUMBER_NAMES = -1, NUMBER_FIRST = 1 };

static const Str master_purpose = STR_INIT("aceso database master key");
static const Str names_purpose = STR_INIT("aceso database item names");
static const Str data_purpose = STR_INIT("aceso database data key");

/* ---- making ---------------------------------------------------------------------------- */

static Status add_key(Ctx *cx, Link *link, int number, Str purpose, const WrappedKey *wrapped)
{
    Params params = params_in(cx->arena);
    params_int(&params, 4, number);
    params_bytes(&params, purpose);
    params_int(&params, 1, wrapped->by_passphrase);
    params_int(&params, 4, wrapped->cost.memory_kib);
    params_int(&params, 4, wrapped->cost.passes);
    params_bytes(&params, str_n((const char *)wrapped->salt, sizeof(wrapped->salt)));
    params_bytes(&params, str_n((const char *)wrapped->key, sizeof(wrapped->key)));
    if (params.full)
        return STATUS_MEMORY;
    const int binary[] = {1, 1, 1, 1, 1, 1, 1};
    PGresult *result = PQexecParams(
        link->conn,
        "INSERT INTO aceso.key(number, purpose, by_passphrase, memory_kib, passes, salt, wrapped)"
        " VALUES ($1::int4, $2::text, $3::bool, $4::int4, $5::int4, $6::bytea, $7::bytea)",
        params.count, NULL, params.values, params.lengths, binary, 1);
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return good ? STATUS_OK
                : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                           "The database did not take the wrapped keys.");
}

/* A new random key under the master key. */
static Status add_random(Ctx *cx, Link *link, const uint8_t master[CRYPTO_KEY_BYTES], int number,
                         Str purpose)
{
    uint8_t key[CRYPTO_KEY_BYTES];
    WrappedKey wrapped = {0};
    crypto_random(key, sizeof(key));
    crypto_wrap_key(master, key, purpose, wrapped.key);
    crypto_wipe(key, sizeof(key));
    return add_key(cx, link, number, purpose, &wrapped);
}

Status vault_make(Ctx *cx, Link *link, const StoreOptions *options)
{
    uint8_t master[CRYPTO_KEY_BYTES];
    WrappedKey wrapped = {0};
    crypto_random(master, sizeof(master));
    Status status = unlock_wrap(cx, options, master_purpose, master, &wrapped, NULL);
    if (status == STATUS_OK)
        status = add_key(cx, link, NUMBER_MASTER, master_purpose, &wrapped);
    if (status == STATUS_OK)
        status = add_random(cx, link, master, NUMBER_NAMES, names_purpose);
    if (status == STATUS_OK)
        status = add_random(cx, link, master, NUMBER_FIRST, data_purpose);
    crypto_wipe(master, sizeof(master));
    return status;
}

/* ---- changing -------------------------------------------------------------------------- */

Status vault_rewrap(Ctx *cx, Link *link, Vault *vault, const StoreOptions *secret)
{
    WrappedKey wrapped = {0};
    Unlocked unlocked;
    TRY(unlock_wrap(cx, secret, master_purpose, vault->master, &wrapped, &unlocked));
    TRY(link_script(cx, link, "BEGIN; DELETE FROM aceso.key WHERE number = 0"));
    TRY(add_key(cx, link, NUMBER_MASTER, master_purpose, &wrapped));
    TRY(link_script(cx, link, "COMMIT"));
    vault->unlocked = unlocked;
    crypto_wipe(&unlocked, sizeof(unlocked));
    return STATUS_OK;
}

static Status add_recovery(Ctx *cx, Link *link, const WrappedKey *wrapped)
{
    const char *values[] = {(const char *)wrapped->recovery};
    const int lengths[] = {sizeof(wrapped->recovery)}, binary[] = {1};
    PGresult *result =
        PQexecParams(link->conn, "INSERT INTO aceso.recovery(one, wrapped) VALUES (1, $1::bytea)",
                     1, NULL, values, lengths, binary, 1);
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return good ? STATUS_OK
                : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                           "The database did not take the wrapped key.");
}

Status vault_set_recovery(Ctx *cx, Link *link, const Vault *vault, Str code)
{
    WrappedKey wrapped = {0};
    TRY(unlock_set_recovery(cx, code, master_purpose, vault->master, &wrapped));
    TRY(link_script(cx, link, "BEGIN; DELETE FROM aceso.recovery"));
    if (wrapped.has_recovery)
        TRY(add_recovery(cx, link, &wrapped));
    return link_script(cx, link, "COMMIT");
}

Status vault_add_key(Ctx *cx, Link *link, const Vault *vault, unsigned *ret_number)
{
    unsigned number = vault->newest + 1;
    if (number >= VAULT_KEYS_MAX)
        return ctx_fail(cx, STATUS_UNSUPPORTED, STR_EMPTY,
                        "This store has had %u data keys, and can have no more: move it into a new"
                        " one (aceso move).",
                        vault->newest);
    TRY(add_random(cx, link, vault->master, (int)number, data_purpose));
    *ret_number = number;
    return STATUS_OK;
}

/* ---- loading --------------------------------------------------------------------------- */

static bool read_wrapped(const PGresult *result, int row, WrappedKey *ret_wrapped)
{
    Str salt = answer_bytes(result, row, 4), key = answer_bytes(result, row, 5);
    *ret_wrapped = (WrappedKey){.by_passphrase = *PQgetvalue(result, row, 1) != 0,
                                .cost = {.memory_kib = (uint32_t)answer_int(result, row, 2),
                                         .passes = (uint32_t)answer_int(result, row, 3)}};
    if (salt.len != sizeof(ret_wrapped->salt) || key.len != sizeof(ret_wrapped->key))
        return false;
    memcpy(ret_wrapped->salt, salt.at, salt.len);
    memcpy(ret_wrapped->key, key.at, key.len);
    return true;
}

/* The master key's, of the other table. Only whoever needs it looks. */
static Status read_recovery(Ctx *cx, Link *link, WrappedKey *wrapped)
{
    PGresult *result = PQexecParams(link->conn, "SELECT wrapped FROM aceso.recovery", 0, NULL, NULL,
                                    NULL, NULL, 1);
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK;
    Str key = good && PQntuples(result) ? answer_bytes(result, 0, 0) : STR_EMPTY;
    wrapped->has_recovery = key.len == sizeof(wrapped->recovery);
    if (wrapped->has_recovery)
        memcpy(wrapped->recovery, key.at, key.len);
    PQclear(result);
    return good ? STATUS_OK
                : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                           "Only the role that owns the tables may use the recovery code.");
}

static Status take_key(Ctx *cx, const StoreOptions *options, int64_t number,
                       const WrappedKey *wrapped, Vault *vault)
{
    if (number == NUMBER_MASTER)
        return unlock_unwrap(cx, options, master_purpose, wrapped, vault->master, &vault->unlocked);
    bool right = false;
    if (number == NUMBER_NAMES)
        right = crypto_unwrap_key(vault->master, wrapped->key, names_purpose, vault->names);
    else if (number > 0 && number < VAULT_KEYS_MAX)
        right = crypto_unwrap_key(vault->master, wrapped->key, data_purpose, vault->data[number]);
    if (number > 0 && number < VAULT_KEYS_MAX)
        vault->has[number] = right;
    if (right && number > vault->newest)
        vault->newest = (unsigned)number;
    return right
               ? STATUS_OK
               : ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                          "Key %lld in the database is not one of this store.", (long long)number);
}

/* All keys, the master key first; without options those that are not known yet and can be read,
 * under the master key that is. */
static Status take_keys(Ctx *cx, Link *link, const StoreOptions *options, Vault *vault)
{
    PGresult *result = PQexecParams(
        link->conn,
        "SELECT number, by_passphrase, memory_kib, passes, salt, wrapped FROM aceso.key"
        " ORDER BY number <> 0, number",
        0, NULL, NULL, NULL, NULL, 1);
    Status status = PQresultStatus(result) == PGRES_TUPLES_OK
                        ? STATUS_OK
                        : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                                   "The keys in the database cannot be read.");
    for (int row = 0; status == STATUS_OK && row < PQntuples(result); row++) {
        WrappedKey wrapped;
        int64_t number = answer_int(result, row, 0);
        if (!options && (number <= 0 || (number < VAULT_KEYS_MAX && vault->has[number])))
            continue;
        bool good = read_wrapped(result, row, &wrapped);
        if (good && options && options->recovery.len && number == NUMBER_MASTER)
            status = read_recovery(cx, link, &wrapped);
        if (good && status == STATUS_OK)
            status = take_key(cx, options, number, &wrapped, vault);
        else if (options && !good)
            status = ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "A key in the database is damaged.");
    }
    PQclear(result);
    return status;
}

Status vault_load(Ctx *cx, Link *link, const StoreOptions *options, Vault *ret_vault)
{
    *ret_vault = (Vault){0};
    TRY(take_keys(cx, link, options, ret_vault));
    return ret_vault->newest
               ? STATUS_OK
               : ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The database has no keys of Aceso.");
}

Status vault_refresh(Ctx *cx, Link *link, Vault *vault)
{
    return take_keys(cx, link, NULL, vault);
}

bool vault_lacks(const Vault *vault, Str sealed)
{
    uint64_t number = sealed.len >= HEADER_BYTES ? get_uint(sealed.at + 1, 2) : 0;
    return number && number < VAULT_KEYS_MAX && !vault->has[number];
}

void vault_wipe(Vault *vault)
{
    crypto_wipe(vault, sizeof(*vault));
}

/* ---- what a thing is ------------------------------------------------------------------- */

static void add(About *about, const void *bytes, size_t len)
{
    assert(about->len + len <= sizeof(about->bytes));
    memcpy(about->bytes + about->len, bytes, len);
    about->len += len;
}

static void add_uint(About *about, size_t bytes, uint64_t value)
{
    char room[8];
    put_uint(room, bytes, value);
    add(about, room, bytes);
}

About about_body(uint16_t type, Str id, uint32_t version)
{
    About about = {.bytes = "B", .len = 1};
    add_uint(&about, 4, 0); /* the tenant: there is one */
    add_uint(&about, 2, type);
    add_uint(&about, 4, version);
    add(&about, id.at, id.len);
    return about;
}

About about_facts(uint64_t rid)
{
    About about = {.bytes = "F", .len = 1};
    add_uint(&about, 4, 0);
    add_uint(&about, 8, rid);
    return about;
}

About about_item(Str space, const char hash[VAULT_NAME_BYTES])
{
    About about = {.bytes = "I", .len = 1};
    add(&about, space.at, space.len);
    add_uint(&about, 1, 0);
    add(&about, hash, VAULT_NAME_BYTES);
    return about;
}

About about_audit(Time at)
{
    About about = {.bytes = "A", .len = 1};
    add_uint(&about, 8, (uint64_t)at);
    return about;
}

About about_job(Str kind, const char hash[VAULT_NAME_BYTES])
{
    About about = about_item(kind, hash);
    about.bytes[0] = 'J';
    return about;
}

About about_dictionary(unsigned number)
{
    About about = {.bytes = "D", .len = 1};
    add_uint(&about, 4, number);
    return about;
}

About about_piece(Str content, uint32_t number)
{
    About about = {.bytes = "P", .len = 1};
    add_uint(&about, 4, 0);
    add_uint(&about, 4, number);
    add(&about, content.at, content.len);
    return about;
}

/* ---- sealing --------------------------------------------------------------------------- */

Status vault_seal(const Vault *vault, Arena *arena, About about, Str bytes, Str *ret_sealed)
{
    size_t len = HEADER_BYTES + bytes.len + CRYPTO_SEAL_BYTES;
    char *sealed = arena_alloc_raw(arena, len);
    if (!sealed)
        return STATUS_MEMORY;
    put_uint(sealed, 1, FORMAT);
    unsigned newest = vault->newest;
    put_uint(sealed + 1, 2, newest);
    *ret_sealed = str_n(sealed, len);
    return crypto_seal(vault->data[newest], str_n(about.bytes, about.len), bytes,
                       sealed + HEADER_BYTES);
}

Status vault_open(const Vault *vault, Arena *arena, About about, Str sealed, Str *ret_bytes)
{
    if (sealed.len < HEADER_BYTES + CRYPTO_SEAL_BYTES || sealed.at[0] != FORMAT)
        return STATUS_INVALID;
    uint64_t number = get_uint(sealed.at + 1, 2);
    if (number >= VAULT_KEYS_MAX || !vault->has[number])
        return STATUS_INVALID;
    size_t len = sealed.len - HEADER_BYTES - CRYPTO_SEAL_BYTES;
    char *bytes = arena_alloc_raw(arena, len + 1);
    if (!bytes)
        return STATUS_MEMORY;
    bytes[len] = '\0';
    *ret_bytes = str_n(bytes, len);
    return crypto_open(vault->data[number], str_n(about.bytes, about.len),
                       str_from(sealed, HEADER_BYTES), bytes)
               ? STATUS_OK
               : STATUS_INVALID;
}

static void hash_name(const Vault *vault, Str head, Str space, Str key,
                      char ret_hash[VAULT_NAME_BYTES])
{
    uint8_t mac[CRYPTO_SHA256_BYTES];
    char room[STORE_KEY_BYTES_MAX * 2];
    const Str parts[] = {head, space, STR("\0"), key};
    size_t len = 0;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        assert(len + parts[i].len <= sizeof(room));
        memcpy(room + len, parts[i].at, parts[i].len);
        len += parts[i].len;
    }
    crypto_hmac_sha256(str_n((const char *)vault->names, sizeof(vault->names)), str_n(room, len),
                       mac);
    memcpy(ret_hash, mac, VAULT_NAME_BYTES);
}

void vault_name(const Vault *vault, Str space, Str key, char ret_hash[VAULT_NAME_BYTES])
{
    hash_name(vault, STR_EMPTY, space, key, ret_hash);
}

/* No space begins with a NUL. */
void vault_job_name(const Vault *vault, Str kind, Str key, char ret_hash[VAULT_NAME_BYTES])
{
    hash_name(vault, STR("\0job "), kind, key, ret_hash);
}

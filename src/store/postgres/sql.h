/* store/postgres/sql.h - every statement there is, as a list; each is prepared when its
 * connection opens, and no text is put together from values. The tables: schema.c. */
#ifndef ACESO_STORE_POSTGRES_SQL_H
#define ACESO_STORE_POSTGRES_SQL_H

typedef enum {
    /* readers */
    SQL_BEGIN_READ,
    SQL_END_READ,
    SQL_ROW_OF_ID,
    SQL_ROW_OF_ID_BODY,
    SQL_ROWS,
    SQL_ROWS_BODY,
    SQL_ROW_VERSION,
    SQL_HISTORY_ONE,
    SQL_HISTORY_TYPE,
    SQL_HISTORY_ALL,
    SQL_HISTORY_FLOOR,
    SQL_KEYS,
    SQL_ITEM,
    SQL_ITEMS,
    SQL_AUDITS,
    SQL_FIGURES,
    SQL_MARK,
    SQL_LAST_RID,
    SQL_DICTIONARIES,
    SQL_CHECK_ROWS_FROM,
    SQL_CHECK_HISTORY_FROM,
    SQL_CHECK_COUNTS,
    SQL_RID_BLOCKS,
    SQL_TIP,
    SQL_MOVED_TO,
    SQL_SCAN_CHANGES,
    SQL_SCAN_ITEMS,
    SQL_SCAN_KEYS,
    SQL_JOBS,
    SQL_JOB,
    SQL_JOB_COUNTS,
    SQL_TAKE_JOBS, /* a transaction of its own */
    SQL_NEXT_JOB,
    SQL_READER_COUNT,
    /* writers */
    SQL_BEGIN = SQL_READER_COUNT,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_LOCK_ITEMS,
    SQL_LOCK_ROWS,
    SQL_TAKEN_IDS,
    SQL_GUARDS,
    SQL_EPOCHS,
    SQL_CLAIMS,
    SQL_ADD_ROWS,
    SQL_KEEP_ROWS,
    SQL_SET_ROWS,
    SQL_ADD_KEYS,
    SQL_ADD_KEYS_AGAIN,
    SQL_DROP_KEYS,
    SQL_SET_ITEMS,
    SQL_DROP_ITEMS,
    SQL_FINISH,
    SQL_FENCE,
    SQL_FORGET_WRITERS,
    SQL_FORGET_CLAIMS,
    SQL_ADD_DICTIONARY,
    SQL_LOAD_BEGIN,
    SQL_LOAD_DURABLE,
    SQL_LOAD_STATE,
    SQL_LOAD_HISTORY,
    SQL_LOAD_CHANGES,
    SQL_LOAD_AUDITS,
    SQL_LOAD_NO_JOBS,
    SQL_LOAD_JOBS,
    SQL_LOAD_HEAD,
    SQL_LOAD_MARK,
    SQL_LOAD_MORE,
    SQL_LOAD_NUMBERS,
    SQL_LOCK_JOBS,
    SQL_DROP_JOBS,
    SQL_HOLD_JOBS,
    SQL_SET_JOBS,
    SQL_ADD_JOBS,
    SQL_COUNT
} SqlName;

typedef enum { SQL_LIST_NONE, SQL_LIST_READER, SQL_LIST_WRITER } SqlList;

extern const char *const sql_texts[SQL_COUNT];

#endif

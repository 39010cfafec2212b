/* store/sqlite/train.c - learns a dictionary from the store's own resources. */
#include "store/sqlite/engine.h"

void train_pace(Store *store)
{
    UNUSED(store);
}

void train_join(Store *store)
{
    UNUSED(store);
}

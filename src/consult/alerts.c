/* consult/alerts.c - see alerts.h. */
#include "consult/alerts.h"

Status alerts_ask(Operation *op, const JsonValue *request, Pairs *pairs)
{
    UNUSED(op);
    UNUSED(request);
    pairs_text(pairs, "alerts", "valueCode", STR("no-knowledge-loaded"));
    return STATUS_OK;
}

/* booking/spans.c - pieces of time, and when a window is open on one day. */
#include "booking/internal.h"

Status spans_cut(Ctx *cx, Spans *spans, Span away)
{
    Span *kept = arena_array_of(cx->arena, Span, spans->count + 1);
    size_t count = 0;
    if (!kept)
        return STATUS_MEMORY;
    for (size_t i = 0; i < spans->count; i++) {
        Span span = spans->at[i];
        if (!span_meets(span, away)) {
            kept[count++] = span;
            continue;
        }
        /* At most one piece of all is cut in two: they do not meet each other. */
        if (span.from < away.from)
            kept[count++] = (Span){span.from, away.from};
        if (span.until > away.until)
            kept[count++] = (Span){away.until, span.until};
    }
    *spans = (Spans){kept, count};
    return STATUS_OK;
}

static Status cut_closures(Ctx *cx, Spans *spans, Closures closures, const Zone *zone)
{
    for (size_t i = 0; i < closures.count && spans->count; i++) {
        Span away = {edge_instant(closures.at[i].from, zone),
                     edge_instant(closures.at[i].until, zone)};
        for (size_t k = 0; k < spans->count; k++)
            if (span_meets(spans->at[k], away)) {
                TRY(spans_cut(cx, spans, away));
                break;
            }
    }
    return STATUS_OK;
}

Status offer_spans(Ctx *cx, const Offer *offer, int64_t day, Spans *ret_spans)
{
    const Window *window = offer->window;
    const Member *member = offer->member;
    *ret_spans = (Spans){0};
    if (!window_holds(window, day) || day < member->first_day || day >= member->end_day)
        return STATUS_OK;
    Span *whole = arena_new_of(cx->arena, Span);
    if (!whole)
        return STATUS_MEMORY;
    *whole = (Span){zone_instant(offer->zone, day, window->from),
                    zone_instant(offer->zone, day, window->until)};
    *ret_spans = (Spans){whole, whole->from < whole->until};
    TRY(cut_closures(cx, ret_spans, member->closures, offer->zone));
    if (offer->service)
        TRY(cut_closures(cx, ret_spans, offer->service->closures, offer->zone));
    return offer->place ? cut_closures(cx, ret_spans, offer->place->closures, offer->zone)
                        : STATUS_OK;
}

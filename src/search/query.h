/* search/query.h - the steps from a query string to a SearchQuery. */
#ifndef ACESO_SEARCH_QUERY_H
#define ACESO_SEARCH_QUERY_H

#include "search/sight.h"
#include "search/test.h"

enum { CHAIN_DEPTH_MAX = 16 };

typedef struct {
    const Search *search;
    Ctx *cx;
    const Access *access;
    size_t depth; /* of chains and parentheses */
    size_t nodes;
} NodeParse;

/* "subject:Patient.name:exact" = "x", asked of resources of the type. */
Status node_parse(NodeParse *p, uint16_t type, Str name, Str text, Node **ret_node);
/* The language of _filter. SPEC R4 search_filter.html */
Status filter_parse(NodeParse *p, uint16_t type, Str text, Node **ret_node);

/* Refuses a parameter that looks at what the caller may not be shown: what it finds would tell. Of
 * several types that a chain may lead to, those are passed over. */
Status node_check_shown(NodeParse *p, const SearchParam *param) MUST_USE;

/* Whether the type has a parameter of that name (without modifier or chain). */
bool node_is_known(const Search *search, uint16_t type, Str name);
/* A sentence that names what is wrong and the nearest name that is right. */
Status node_refuse(NodeParse *p, uint16_t type, Str name);

/* Whether a reference of the parameter may lead to the type; `only` = 0: any that it may. */
bool node_leads_to(const SearchParam *param, uint16_t only, uint16_t type);
Status node_new(NodeParse *p, NodeKind kind, uint16_t type, Node **ret_node);
/* One node that asks all of them; takes over the list. */
Status node_join(NodeParse *p, NodeKind kind, uint16_t type, Node *children, Node **ret_node);

#endif

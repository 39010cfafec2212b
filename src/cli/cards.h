/* cli/cards.h - signing in with identity cards, by the settings eid_*. */
#ifndef ACESO_CLI_CARDS_H
#define ACESO_CLI_CARDS_H

#include "auth/card.h"
#include "cli/cli.h"
#include "http/http.h"

enum { CARDS_CONNECTIONS_MAX = 1024 };

bool cards_wanted(const Cli *cli);
/* With an issue when a setting, a file or a certificate is wrong. In the arena of cli. */
Status cards_options(Cli *cli, AuthCards *ret_cards) MUST_USE;
Status cards_check(Cli *cli) MUST_USE;
/* Of the server that is the door; after auth. Its listening sockets are the caller's. */
Status cards_http(Cli *cli, const HttpOptions *of_pages, HttpOptions *ret_options) MUST_USE;

#endif

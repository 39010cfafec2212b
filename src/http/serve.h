/* http/serve.h - the handlers that routes.c names. */
#ifndef ACESO_HTTP_SERVE_H
#define ACESO_HTTP_SERVE_H

#include "http/request.h"

/* serve_fhir.c */
Status serve_metadata(Request *rq);
Status serve_read(Request *rq);
Status serve_binary_create(Request *rq);
Status serve_binary_read(Request *rq);
/* A large document has begun to come in: whether it may. */
Status serve_binary_open(Request *rq);
Status serve_vread(Request *rq);
Status serve_create(Request *rq);
Status serve_update(Request *rq);
Status serve_patch(Request *rq);
Status serve_delete(Request *rq);
Status serve_history(Request *rq);
Status serve_system_history(Request *rq);
Status serve_search(Request *rq);
Status serve_compartment(Request *rq);
Status serve_bundle(Request *rq);
Status serve_who_looked(Request *rq);
Status serve_nothing(Request *rq);

/* serve_operation.c */
Status serve_operation(Request *rq);
Status serve_feed(Request *rq); /* a practitioner's calendar, by its secret address */

/* serve_live.c */
Status serve_live(Request *rq);
/* The answer to a request whose stream is open; NULL without memory. */
struct MHD_Response *live_response(Request *rq);

/* serve_access.c */
Status serve_explain_access(Request *rq);

/* serve_auth.c */
Status serve_sign_in(Request *rq);
Status serve_providers(Request *rq);
Status serve_provider_begin(Request *rq);
Status serve_provider_sign_in(Request *rq);
Status serve_provider_link_begin(Request *rq);
Status serve_provider_link(Request *rq);
Status serve_identities(Request *rq);
Status serve_identity_remove(Request *rq);
Status serve_sign_out(Request *rq);
Status serve_session(Request *rq);
Status serve_sign_in_factor(Request *rq);
Status serve_sign_in_passkey(Request *rq);
Status serve_passkey_ask(Request *rq);
Status serve_lock(Request *rq);
Status serve_unlock(Request *rq);
Status serve_step_up_ask(Request *rq);
Status serve_step_up(Request *rq);
Status serve_password_ask(Request *rq);
Status serve_link_ask(Request *rq);
Status serve_link_use(Request *rq);

/* serve_account.c */
Status serve_sessions(Request *rq);
Status serve_session_end(Request *rq);
Status serve_factors(Request *rq);
Status serve_totp_begin(Request *rq);
Status serve_totp_set(Request *rq);
Status serve_totp_remove(Request *rq);
Status serve_passkey_begin(Request *rq);
Status serve_passkey_add(Request *rq);
Status serve_passkey_remove(Request *rq);
Status serve_recovery_renew(Request *rq);

/* serve_card.c */
Status serve_ways(Request *rq);
Status serve_card_door(Request *rq);
Status serve_card_ask(Request *rq);
Status serve_sign_in_card(Request *rq);
Status serve_card_link(Request *rq);
Status serve_card_unlink(Request *rq);

/* serve_oauth.c */
Status serve_smart_configuration(Request *rq);
Status serve_openid_configuration(Request *rq);
Status serve_jwks(Request *rq);
Status serve_authorize(Request *rq);
Status serve_authorize_form(Request *rq);
Status serve_token(Request *rq);
Status serve_introspect(Request *rq);
Status serve_revoke(Request *rq);
Status serve_userinfo(Request *rq);
Status serve_register(Request *rq);
Status serve_app_request(Request *rq);
Status serve_app_decision(Request *rq);
Status serve_apps(Request *rq);
Status serve_apps_end(Request *rq);
Status serve_launchers(Request *rq);
Status serve_launch(Request *rq);

/* serve_manage.c */
Status serve_accounts(Request *rq);
Status serve_account_invite(Request *rq);
Status serve_account_change(Request *rq);
Status serve_account_end(Request *rq);
Status serve_account_open(Request *rq);
Status serve_account_factors_reset(Request *rq);
Status serve_account_sign_out(Request *rq);
Status serve_roles(Request *rq);
Status serve_state(Request *rq);

/* serve_site.c */
Status serve_app(Request *rq); /* its page, whatever the path */
Status serve_health(Request *rq);
Status serve_metrics(Request *rq);
Status serve_site(Request *rq);

#endif

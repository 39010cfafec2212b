/* http/serve.h - the handlers that routes.c names. */
#ifndef ACESO_HTTP_SERVE_H
#define ACESO_HTTP_SERVE_H

#include "http/request.h"

/* serve_fhir.c */
Status serve_metadata(Request *rq);
Status serve_read(Request *rq);
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
Status serve_operation(Request *rq);
Status serve_who_looked(Request *rq);
Status serve_nothing(Request *rq);

/* serve_access.c */
Status serve_entitle(Request *rq);
Status serve_explain_access(Request *rq);

/* serve_auth.c */
Status serve_sign_in(Request *rq);
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

/* serve_site.c */
Status serve_health(Request *rq);
Status serve_metrics(Request *rq);
Status serve_site(Request *rq);

#endif

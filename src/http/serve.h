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
Status serve_nothing(Request *rq);

/* serve_auth.c */
Status serve_sign_in(Request *rq);
Status serve_sign_out(Request *rq);
Status serve_session(Request *rq);

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

/* serve_site.c */
Status serve_app(Request *rq); /* its page, whatever the path */
Status serve_health(Request *rq);
Status serve_metrics(Request *rq);
Status serve_site(Request *rq);

#endif

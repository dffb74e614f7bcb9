#ifndef DDNSGATE_TESTS_WEB_H
#define DDNSGATE_TESTS_WEB_H

/* A request as a web server hands it over, for tests and fuzzers. */

#include <string.h>

#include "ddnsgate/request/request.h"

/* web_read gives no more bytes than this at a time. */
#define WEB_PIECE 3

/* CGI variables, NULL where one is not set, and the body. */
struct web {
	const char *method;
	const char *path_info;
	const char *script_name;
	const char *query;
	const char *content_type;
	const char *content_length;
	const char *transfer_encoding;
	const char *content_encoding;
	const char *remote_addr;
	const char *forwarded_for;
	const char *forwarded;
	const char *authorization;
	const char *redirect_authorization;
	const char *accept;
	const char *user_agent;
	const char *api_user;
	const char *api_key;
	/* Of a browser: */
	const char *fetch_mode;
	const char *fetch_site;
	const char *purpose;
	const char *upgrade;
	const char *origin;
	const char *host;
	const char *https;
	struct span body;
	bool
	    cut_off; /* no end of the body comes, only that of the connection */
	bool is_cgi; /* nor is there one to wait for without a length */
};

static inline const char *
web_variable(void *ctx, const char *name)
{
	const struct web *web = ctx;
	const struct {
		const char *name;
		const char *value;
	} variables[] = {
	    {"REQUEST_METHOD", web->method},
	    {"PATH_INFO", web->path_info},
	    {"SCRIPT_NAME", web->script_name},
	    {"QUERY_STRING", web->query},
	    {"CONTENT_TYPE", web->content_type},
	    {"CONTENT_LENGTH", web->content_length},
	    {"HTTP_TRANSFER_ENCODING", web->transfer_encoding},
	    {"HTTP_CONTENT_ENCODING", web->content_encoding},
	    {"REMOTE_ADDR", web->remote_addr},
	    {"HTTP_X_FORWARDED_FOR", web->forwarded_for},
	    {"HTTP_FORWARDED", web->forwarded},
	    {"HTTP_AUTHORIZATION", web->authorization},
	    {"REDIRECT_HTTP_AUTHORIZATION", web->redirect_authorization},
	    {"HTTP_ACCEPT", web->accept},
	    {"HTTP_USER_AGENT", web->user_agent},
	    {"HTTP_X_API_USER", web->api_user},
	    {"HTTP_X_API_KEY", web->api_key},
	    {"HTTP_SEC_FETCH_MODE", web->fetch_mode},
	    {"HTTP_SEC_FETCH_SITE", web->fetch_site},
	    {"HTTP_SEC_PURPOSE", web->purpose},
	    {"HTTP_UPGRADE_INSECURE_REQUESTS", web->upgrade},
	    {"HTTP_ORIGIN", web->origin},
	    {"HTTP_HOST", web->host},
	    {"HTTPS", web->https},
	};

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		if (strcmp(name, variables[i].name) == 0)
			return variables[i].value;
	}
	return NULL;
}

static inline enum err
web_read(void *ctx, char *buf, size_t size, size_t *ret_len)
{
	struct web *web = ctx;
	size_t len = web->body.len < size ? web->body.len : size;

	if (len > WEB_PIECE)
		len = WEB_PIECE;
	if (len > 0) {
		memcpy(buf, web->body.ptr, len);
		web->body.ptr += len;
		web->body.len -= len;
	}
	*ret_len = len;
	return len == 0 && web->cut_off ? ERR_IO : ERR_OK;
}

/* Reading consumes web->body. */
static inline struct request_source
web_source(struct web *web)
{
	return (struct request_source){
	    .variable = web_variable,
	    .read = web_read,
	    .marks_end = !web->is_cgi,
	    .ctx = web,
	};
}

#endif

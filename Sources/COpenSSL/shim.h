#ifndef KOMOKU_COPENSSL_SHIM_H
#define KOMOKU_COPENSSL_SHIM_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* Macros that Swift cannot import. */

static inline int komoku_tls_require_1_2(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline int komoku_tls_name_server(SSL *session, const char *host) {
    return SSL_set_tlsext_host_name(session, host);
}

#endif

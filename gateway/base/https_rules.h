#ifndef GATEHOUSE_HTTPS_RULES_H
#define GATEHOUSE_HTTPS_RULES_H

#include <curl/curl.h>
#include <stdbool.h>

/*
 * https_rules: what holds for every request of ours to a server of somebody
 * else: https alone, TLS 1.2 or later, its certificate and its name verified;
 * no redirect is followed, no password looked up, and a path goes as it is
 *. Which certificates are trusted, which proxy, and how long
 * it may take, the caller says.
 *
 * False: not all of it could be set, and the handle may not be used.
 */
bool https_rules_set(CURL *easy);

#endif

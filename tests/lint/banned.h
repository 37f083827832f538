/*
 * Included before every file of ours: calls that have no bound, or hidden
 * state, do not compile.
 */
#ifndef GATEHOUSE_BANNED_H
#define GATEHOUSE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* It has a parameter called rand: it comes before the poison. */
#include <openssl/evp.h>

#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#undef strtok
#undef gets
#undef strncpy
#undef strncat
#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets strncpy strncat
#pragma GCC poison atoi atol atof gmtime localtime ctime asctime rand srand
#pragma GCC poison system popen tmpnam mktemp tempnam

#endif

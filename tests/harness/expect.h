#ifndef GATEHOUSE_EXPECT_H
#define GATEHOUSE_EXPECT_H

/* What every unit test includes, and two checks of struct err. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/memory/span.h"

/* expect_ok: the call returns OK; else its reason is shown. */
#define expect_ok(call)                                                        \
	do {                                                                   \
		struct err expect_got = (call);                                \
		if (expect_got.code != ERR_OK)                                 \
			fail_msg("%s: %s (%s)", #call,                         \
			    err_name(expect_got.code), expect_got.why);        \
	} while (0)

/* expect_err: the call fails with ERR_<name>. */
#define expect_err(name, call)                                                 \
	do {                                                                   \
		struct err expect_got = (call);                                \
		if (expect_got.code != ERR_##name)                             \
			fail_msg("%s: %s, not " #name, #call,                  \
			    err_name(expect_got.code));                        \
	} while (0)

/* expect_span: the span holds these bytes of a string literal. */
#define expect_span(bytes, text)                                               \
	do {                                                                   \
		struct span expect_in = (bytes);                               \
		assert_int_equal(expect_in.len, sizeof(text) - 1);             \
		if (expect_in.len > 0)                                         \
			assert_memory_equal(                                   \
			    expect_in.data, text, sizeof(text) - 1);           \
	} while (0)

#endif

#ifndef GATEHOUSE_ERR_H
#define GATEHOUSE_ERR_H

/*
 * err: how every function of the project says that it could not do its work.
 *
 * A struct cannot be mistaken for a bool or a length. `why` is always a
 * string literal that names the broken rule: ERR() pastes "" before it, so an
 * error can never carry a client's or a dataset's bytes.
 */

enum err_code {
	ERR_OK = 0,
	ERR_AGAIN,	 /* not yet: wait for the descriptor, call again */
	ERR_MALFORMED,	 /* the bytes break their format */
	ERR_TRUNCATED,	 /* the bytes end too early */
	ERR_TOO_BIG,	 /* over a cap of limits.h or of the caller */
	ERR_DENIED,	 /* a rule says no */
	ERR_NOT_FOUND,	 /* there is no such thing */
	ERR_EXISTS,	 /* there is one already */
	ERR_CHANGED,	 /* it is no longer what it was */
	ERR_UNSUPPORTED, /* understood, but not served */
	ERR_UNAVAILABLE, /* a peer that is needed is away */
	ERR_CLOSED,	 /* the peer closed in an orderly way */
	ERR_IO,		 /* the system refused; errno tells more */
	ERR_NO_SPACE,	 /* the disk or the reserve is full */
	ERR_NO_MEMORY,	 /* an allocation failed */
	ERR_CRYPTO,	 /* a primitive failed, or did not verify */
	ERR_USAGE,	 /* the person who called got an argument wrong */
};

struct err {
	enum err_code code;
	const char *why; /* a string literal, or NULL with ERR_OK */
};

/* gcc heeds it on prototypes only before C23: put it on each of them. */
#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

#define OK ((struct err){.code = ERR_OK, .why = 0})
#define ERR(name, text) ((struct err){.code = ERR_##name, .why = "" text})

/* Leave the function with the callee's error, if it has one. */
#define TRY(call)                                                              \
	do {                                                                   \
		struct err try_err = (call);                                   \
		if (try_err.code != ERR_OK)                                    \
			return try_err;                                        \
	} while (0)

/* Run `fn(&variable)` when the variable's scope ends. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/*
 * err_name: the code as a word for logs and records, e.g. "malformed".
 * The returned string is static.
 */
const char *err_name(enum err_code code);

#endif

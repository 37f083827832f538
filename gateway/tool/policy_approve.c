#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/sshsig.h"
#include "gateway/tool/options.h"
#include "gateway/tool/out_file.h"
#include "gateway/tool/policy_change.h"
#include "gateway/tool/policy_out.h"
#include "gateway/tool/policy_verbs.h"
#include "gateway/tool/ssh_sign.h"

enum {
	EXIT_FAILED = 1,
	EXIT_DENIED = 6,
};

static int
say(const char *what, const char *why)
{
	(void)fprintf(stderr, "gatehouse: %s: %s\n", what, why);
	return EXIT_FAILED;
}

/* Whose key it was; the change knows no other names. */
static int
find_signer(struct span *out, const struct policy *running,
    const struct buf *signature, struct span text)
{
	for (uint32_t i = 0; i < running->num_signers; i++) {
		const struct signer *s = &running->signers[i];
		if (sshsig_verify(buf_span(signature), s->key,
			span_str(STATEMENT_NAMESPACE), text)
			.code == ERR_OK) {
			*out = s->id;
			return 0;
		}
	}
	(void)fputs("gatehouse: this key is of no signer of the policy that "
		    "runs: nothing is stored\n",
	    stderr);
	return EXIT_DENIED;
}

static int
make_folder(const char *path)
{
	return mkdir(path, 0755) == 0 || errno == EEXIST
	    ? 0
	    : say(path, strerror(errno));
}

/* <beside>/<signer>.sig; the folder it is in may be new, and that one's. */
static int
store(struct policy_change *c, struct span signer, struct span signature)
{
	struct buf path CLEANUP(buf_done) = {.max = VERSION_DIR_PATH};
	struct out_file file CLEANUP(out_file_done) = {.file = NULL};
	const char *folder, *name;
	const char *slash = strrchr(c->beside, '/');
	struct err err = arena_str(&c->arena, &folder,
	    span_of(
		c->beside, slash == NULL ? 0 : (size_t)(slash - c->beside)));

	if (err.code == ERR_OK)
		err = buf_append_format(&path, "%s/%.*s.sig", c->beside,
		    (int)signer.len, (const char *)signer.data);
	if (err.code == ERR_OK)
		err = arena_str(&c->arena, &name, buf_span(&path));
	if (err.code != ERR_OK)
		return say(c->beside, err.why);
	int code = folder[0] == '\0' ? 0 : make_folder(folder);
	if (code == 0)
		code = make_folder(c->beside);
	if (code != 0)
		return code;
	err = out_file_open(&file, name);
	if (err.code == ERR_OK)
		err = out_file_write(&file, signature);
	if (err.code == ERR_OK)
		err = out_file_finish(&file);
	if (err.code != ERR_OK)
		return say(name, err.why);
	(void)fprintf(stderr, "signed by %.*s: %s\n", (int)signer.len,
	    (const char *)signer.data, name);
	return 0;
}

/* The command for which it is signed: an earlier version comes back by another
 * one than a text of its own. */
static void
say_command(const struct policy_change *c)
{
	struct span at = span_str(c->candidate), number;
	uint64_t version = 0;

	if (span_starts_with(at, span_str(c->versions)) &&
	    span_take(&at, &number, strlen(c->versions) + 1).code == ERR_OK &&
	    span_take_until(&at, &number, '/') && span_equal_str(at, "files") &&
	    span_u64(number, &version, UINT64_MAX).code == ERR_OK)
		(void)fprintf(stderr,
		    "    gatehouse policy rollback %" PRIu64 "\n", version);
	else
		(void)fputs("    gatehouse policy apply\n", stderr);
}

/* With hers among them: is it enough by now, and what comes next? */
static int
say_next(struct policy_change *c)
{
	struct buf words CLEANUP(buf_done) = {.max = 4096};
	int code = policy_change_signatures(c, c->beside);

	if (code == 0)
		code = policy_change_judge(c);
	if (code != 0)
		return code;
	struct err err = step_say_lacking(&words, &c->step, &c->result);
	if (err.code != ERR_OK)
		return say(c->candidate, err.why);
	if (words.len > 0) {
		(void)fprintf(
		    stderr, "%.*s\n", (int)words.len, (const char *)words.data);
		return 0;
	}
	(void)fputs("it is signed by enough: where the gateway runs, with the "
		    "signatures in place:\n",
	    stderr);
	say_command(c);
	return 0;
}

static int
sign(struct policy_change *c, const char *key, const char *as)
{
	struct buf text CLEANUP(buf_done) = {.max = STATEMENT_MAX};
	struct buf signature CLEANUP(buf_done) = {.max = SSHSIG_MAX + 1024};
	struct span signer;
	struct err err = statement_put(&text, &c->result.statement);

	if (err.code == ERR_OK)
		err = ssh_sign(
		    &signature, key, STATEMENT_NAMESPACE, buf_span(&text));
	if (err.code != ERR_OK)
		return say(key, err.why);
	int code = find_signer(
	    &signer, &c->running.policy, &signature, buf_span(&text));
	if (code != 0)
		return code;
	if (as != NULL && !span_equal_str(signer, as)) {
		(void)fprintf(stderr,
		    "gatehouse: this is the key of %.*s: nothing is stored\n",
		    (int)signer.len, (const char *)signer.data);
		return EXIT_DENIED;
	}
	code = store(c, signer, buf_span(&signature));
	return code == 0 ? say_next(c) : code;
}

static int
print_statement(struct policy_change *c)
{
	struct buf text CLEANUP(buf_done) = {.max = STATEMENT_MAX};
	struct err err = statement_put(&text, &c->result.statement);

	return policy_out(err, buf_span(&text), false);
}

struct words {
	struct policy_change_with with;
	const char *key, *as;
	bool statement;
};

static int
parse(struct words *w, int argc, char **argv)
{
	struct options options = {
	    .usage =
		"policy approve [--config FILE] [--versions FOLDER] "
		"[--out FOLDER]\n"
		"           [--as SIGNER] -k KEYFILE [FILE or FOLDER]\n"
		"       gatehouse policy approve --statement [...]\n"
		"KEYFILE is of a secret key, or of a public one that an agent "
		"or a security key\nbelongs to. --versions is a copy of the "
		"gateway's state/policy, on another machine.",
	    .rows = {{"config", .text = &w->with.config},
		{"versions", .text = &w->with.versions},
		{"out", .text = &w->with.beside}, {"as", .text = &w->as},
		{.letter = 'k', .text = &w->key},
		{"statement", .flag = &w->statement}},
	    .most = 1,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	if (options.num_operands > 0)
		w->with.candidate = options.operands[0];
	return (w->key != NULL) != w->statement ? 0 : options_usage(&options);
}

int
policy_approve_main(int argc, char **argv)
{
	static struct policy_change change;
	struct words w = {.key = NULL};
	int code = parse(&w, argc, argv);

	if (code != 0)
		return code;
	code = policy_change_open(&change, &w.with);
	if (code == 0)
		code = policy_change_signatures(&change, change.beside);
	if (code == 0)
		code = policy_change_judge(&change);
	if (code == 0 && w.statement)
		code = print_statement(&change);
	else if (code == 0) {
		code = policy_change_show(&change);
		if (code == 0)
			code = sign(&change, w.key, w.as);
	}
	policy_change_done(&change);
	return code;
}

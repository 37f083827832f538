#include "gateway/keeper/command_book.h"

#include "crypto/derive.h"
#include "crypto/encode.h"
#include "crypto/memory/secret.h"
#include "crypto/token.h"
#include "gateway/ipc/book.h"
#include "gateway/keeper/command_say.h"
#include "gateway/keeper/pending.h"
#include "gateway/transform/canon.h"

enum {
	EXIT_FAILED = 1,
	EXIT_NOT_FOUND = 2,
	EXIT_AGAIN = 75,
};

/* --- Whose --- */

static const struct dataset *
find_dataset(const struct policy *policy, struct span id)
{
	for (uint32_t i = 0; i < policy->num_datasets; i++)
		if (span_equal(policy->datasets[i].id, id))
			return &policy->datasets[i];
	return NULL;
}

static const struct column *
find_column(const struct dataset *dataset, struct span name)
{
	for (uint32_t i = 0; i < dataset->num_columns; i++)
		if (span_equal(dataset->columns[i].name, name))
			return &dataset->columns[i];
	return NULL;
}

/* By which column the codebook knows whose an entry is; NULL: `why` says it. */
static const struct column *
column_of(const struct dataset *dataset, struct span name, const char **out_why)
{
	const struct column *column;

	if (dataset->subject_column != NO_INDEX) {
		column = &dataset->columns[dataset->subject_column];
		*out_why = "codes of this dataset go with its subject, which "
			   "is another column: leave --column out";
		return name.len == 0 || span_equal(name, column->name) ? column
								       : NULL;
	}
	column = find_column(dataset, name);
	*out_why = name.len == 0
	    ? "this dataset has no subject, and each value stands for itself: "
	      "--column says of which column it is"
	    : "the dataset has no such column";
	return column;
}

/* As a mill has it. Errors: MALFORMED: it can be in no file. */
static struct err
hash_typed(struct admin *admin, enum column_kind kind, struct span typed)
{
	struct keeper *keeper = admin->seam->keeper;
	uint8_t key[32] CLEANUP(secret_wipe32);
	uint8_t room[ADMIN_MAX_SUBJECT];
	struct cells cells = {.scratch = room, .scratch_len = sizeof(room)};
	struct span value;

	if (!canon_value(&cells, kind, typed, &value) ||
	    value.len > TOKEN_MAX_VALUE)
		return ERR(MALFORMED,
		    "that is no identifier of the kind which the policy says "
		    "that column has");
	const struct keyring_keys *keys = keyring_open(keeper->ring);
	struct err err = derive_subkey(key, keys->root, TOKEN_SUBJECTS);
	keyring_close(keeper->ring);
	TRY(err);
	token_subject(
	    admin->subject, key, span_str(model_kind_name(kind)), value);
	return OK;
}

/* NULL, or why there can be nobody of that name. */
static const char *
find_subject(struct admin *admin, const struct admin_shred *shred)
{
	const struct dataset *dataset =
	    find_dataset(&admin->seam->keeper->policy, shred->dataset);
	const struct column *column;
	const char *why;

	if (dataset == NULL)
		return "the policy in force has no such dataset";
	column = column_of(dataset, shred->column, &why);
	if (column == NULL)
		return why;
	struct err err = hash_typed(admin, column->kind, shred->subject);
	admin->dataset = dataset->id;
	return err.code == ERR_OK ? NULL : err.why;
}

struct err
command_book_whose(struct admin *admin, struct span body, bool *out_known)
{
	struct admin_shred shred;
	const char *why = NULL;

	TRY(admin_take_shred(&shred, body));
	if (shred.dataset.len > 0)
		why = find_subject(admin, &shred);
	else if (shred.subject.len == sizeof(admin->subject))
		memcpy(
		    admin->subject, shred.subject.data, sizeof(admin->subject));
	else
		return ERR(MALFORMED, "keeper: not a hash of a subject");
	*out_known = why == NULL;
	if (why != NULL) {
		command_say_end(admin, EXIT_NOT_FOUND, why);
		return OK;
	}
	return encode_hex(
	    &admin->object, span_of(admin->subject, sizeof(admin->subject)));
}

/* --- To the codebook --- */

void
command_book(struct admin *admin)
{
	struct frame frame = {.type = BOOK_STATUS};

	if (admin->type == ADMIN_BOOK_SHRED) {
		frame.type = BOOK_SHRED;
		frame.body = span_of(admin->subject, sizeof(admin->subject));
	} else if (admin->type == ADMIN_BOOK_BACKUP) {
		frame.type = BOOK_BACKUP;
		for (; frame.num_fds < ADMIN_MAX_FDS; frame.num_fds++) {
			frame.fds[frame.num_fds] = admin->passed[frame.num_fds];
			admin->passed[frame.num_fds] = -1;
		}
	}
	if (pending_ask_with(&admin->seam->keeper->codebook, &frame,
		PENDING_ADMIN_BOOK, admin)
		.code != ERR_OK)
		command_failed(admin, "the codebook is away");
}

/* --- And back --- */

static void
say_status(struct admin *admin, const struct book_status *status)
{
	const struct keeper *keeper = admin->seam->keeper;
	struct buf id CLEANUP(buf_done) = {.max = 2 * BOOK_ID};

	if (encode_hex(&id, span_of(keeper->codebook_id, BOOK_ID)).code !=
	    ERR_OK) {
		command_say_end(admin, EXIT_FAILED, "no memory");
		return;
	}
	command_say_pair(admin, "codebook", buf_span(&id));
	command_say_pair(admin, "kept-in",
	    span_str(status->is_shared ? "postgresql" : "sqlite"));
	command_say_number(admin, "entries", status->num_entries);
	command_say_number(admin, "subjects", status->num_subjects);
	command_say_end(admin, 0, "");
}

static void
say_shredded(struct admin *admin, uint64_t num)
{
	command_say_number(admin, "entries", num);
	if (num > 0)
		command_say_end(admin, 0, "");
	else
		command_say_end(admin, EXIT_NOT_FOUND,
		    "the codebook holds nothing of this subject");
}

struct err
command_book_answer(struct admin *admin, const struct frame *frame)
{
	struct book_status status = {.num_entries = 0};
	struct span body = frame->body;
	uint64_t num = 0;
	enum admin_type of = ADMIN_BOOK_BACKUP;

	if (frame->type == BOOK_STATUS_IS) {
		of = ADMIN_BOOK_STATUS;
		TRY(book_take_status(&status, body));
	} else if (frame->type == BOOK_SHREDDED) {
		of = ADMIN_BOOK_SHRED;
		TRY(span_take_u64be(&body, &num));
		TRY(span_end(body));
	}
	if (admin == NULL)
		return OK;
	if (admin->type != of)
		return ERR(MALFORMED, "keeper: another answer");
	if (of == ADMIN_BOOK_STATUS)
		say_status(admin, &status);
	else if (of == ADMIN_BOOK_SHRED)
		say_shredded(admin, num);
	else
		command_say_end(admin, 0, "");
	return OK;
}

void
command_book_failed(struct admin *admin, struct err err)
{
	if (err.code == ERR_UNSUPPORTED)
		command_say_end(admin, EXIT_FAILED,
		    "the codebook is in PostgreSQL: pg_dump makes its backups");
	else if (err.code == ERR_EXISTS)
		command_say_end(admin, EXIT_AGAIN, "a backup is being made");
	else if (err.code == ERR_NO_SPACE)
		command_say_end(
		    admin, EXIT_FAILED, "the disk of the backup is full");
	else if (err.code == ERR_UNAVAILABLE)
		command_say_end(admin, EXIT_AGAIN,
		    "other programs took the codebook over meanwhile");
	else
		command_say_end(admin, EXIT_FAILED,
		    "the backup failed: its files cannot be written");
}

#ifndef GATEHOUSE_CODEBOOK_COPY_H
#define GATEHOUSE_CODEBOOK_COPY_H

/*
 * codebook_copy: the two files of a backup of a codebook, in a folder that a
 * person names. Each says on stderr what is wrong.
 */
struct codebook_copy {
	int codes, keys; /* -1: closed */
};

/* codebook_copy_new: empty files for their owner alone, in a folder that is
 * made if need be, and has none. Returns 0, or the exit status. */
int codebook_copy_new(struct codebook_copy *out, const char *folder);

/* codebook_copy_keep: they are whole: their names are on the disk as well.
 * Returns 0, or the exit status. */
int codebook_copy_keep(const char *folder);

/* codebook_copy_remove: nothing is left of those that codebook_copy_new made.
 */
void codebook_copy_remove(const struct codebook_copy *copy, const char *folder);

/* codebook_copy_open: those that are there, and no log beside them; the codes
 * of one folder and the keys of another one, or of the same. Returns 0, or the
 * exit status. */
int codebook_copy_open(
    struct codebook_copy *out, const char *codes, const char *keys);

void codebook_copy_close(struct codebook_copy *copy);

#endif

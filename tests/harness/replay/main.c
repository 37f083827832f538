/*
 * Runs a fuzz target over files that were found before, without libFuzzer:
 *
 *	fuzz_csv tests/fuzz/corpus/csv
 *
 * Each file is one TAP test. Its bytes stand at the very end of an allocation
 * of their exact size, so that under AddressSanitizer a read past them dies.
 * A file that fails takes the process with it; check.sh counts that.
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer calls it once, before the first input, where a target has one. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

enum {
	MAX_FILE_BYTES = 16 << 20
};

static void
replay_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0)
		err(1, "%s", name);
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_FILE_BYTES)
		errx(1, "%s: not a file, or too large", name);
	size_t len = (size_t)st.st_size;
	uint8_t *data = malloc(len);
	if (data == NULL && len > 0)
		err(1, "%s", name);
	for (size_t done = 0; done < len;) {
		ssize_t got = read(fd, data + done, len - done);
		if (got <= 0)
			err(1, "%s: cannot be read", name);
		done += (size_t)got;
	}
	close(fd);
	LLVMFuzzerTestOneInput(data, len);
	free(data);
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: %s CORPUS-FOLDER", argv[0]);
	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	struct dirent **entries = NULL;
	int num = scandir(argv[1], &entries, is_visible, alphasort);
	if (num < 0)
		err(1, "%s", argv[1]);
	int dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		err(1, "%s", argv[1]);
	printf("1..%d\n", num);
	for (int i = 0; i < num; i++) {
		printf("# %s\n", entries[i]->d_name);
		fflush(stdout);
		replay_file(dir, entries[i]->d_name);
		printf("ok %d - %s\n", i + 1, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	close(dir);
	return 0;
}

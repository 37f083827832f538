#ifndef GATEHOUSE_NO_START_H
#define GATEHOUSE_NO_START_H

/*
 * no_start: the one line on stderr that says what is missing or unusable.
 * no_start_errno: as errno has it.
 *
 * Returns  1, the exit status
 */
int no_start(const char *path, const char *why);
int no_start_errno(const char *path);

#endif

#ifndef GATEHOUSE_HANDED_H
#define GATEHOUSE_HANDED_H

#include <stdbool.h>

/*
 * handed: what a descriptor is that somebody passed us, before it goes on to
 * one who reads or writes whatever it gets. `mode` is O_RDONLY or O_WRONLY,
 * and what it has to be open for, and for nothing else.
 */

/* handed_is_file: a file with bytes in it: no folder, device, pipe or socket,
 * and no mere name of one (O_PATH). */
bool handed_is_file(int fd, int mode);

/* handed_is_pipe: an end of a pipe, which waits. */
bool handed_is_pipe(int fd, int mode);

#endif

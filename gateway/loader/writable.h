#ifndef GATEHOUSE_WRITABLE_H
#define GATEHOUSE_WRITABLE_H

/*
 * writable: what decides who gets what must be nobody's to change but its
 * owner's. A folder with the sticky bit lets others write, but not replace what
 * is not theirs; a file system that is mounted read-only lets nobody.
 *
 * writable_refuse: a file or a folder. writable_refuse_both: a file, and the
 * folder in which another could take its name.
 *
 * Returns  0, or 1 after the line that says what others can write. One that is
 *          not there is for who opens it to tell
 */
int writable_refuse(const char *path);
int writable_refuse_both(const char *path);

#endif

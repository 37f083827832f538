#ifndef GATEHOUSE_SETUP_H
#define GATEHOUSE_SETUP_H

/*
 * setup_main: `gatehouse init [--config F]`: make the keys and the folders of
 * a new gateway. Nothing that exists is changed: with any key already there
 * it stops before it makes the first one. Returns the exit status.
 */
int setup_main(int argc, char **argv);

#endif

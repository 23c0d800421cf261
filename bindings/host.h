/*
** host.h: the program.
*/
#ifndef KALITO_HOST_H
#define KALITO_HOST_H

/* Runs the main script with these arguments; the result is the exit status. */
int kalb_host(int argc, char **argv);

#endif

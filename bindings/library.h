/*
** library.h: shared libraries that few commands need. The first function that calls one loads it: at the start of a
** program every library takes part of what a command takes.
*/
#ifndef KALITO_LIBRARY_H
#define KALITO_LIBRARY_H

/* A table of pointers to functions, and their names in the same order, of a list X(f) X(g) ... */
#define KALB_POINTER(name) __typeof__(name) *name;
#define KALB_NAME(name) #name,

/* Loads `file` unless that has been done, and sets the table to the functions of these names (ended by NULL). NULL, or
** what is missing. */
const char *kalb_library(const char *file, const char *const *names, void *table);

#endif

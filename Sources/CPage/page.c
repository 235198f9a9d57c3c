#include "page.h"

// An array literal of Swift with as many bytes takes the compiler a minute and a half; #embed takes it none.
#pragma clang diagnostic ignored "-Wc23-extensions"

typedef unsigned char byte;
#include "files.inc"

size_t page_file_count(void) { return sizeof files / sizeof *files; }
page_file page_file_at(size_t index) { return files[index]; }

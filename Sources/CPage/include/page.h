#pragma once
#include <stddef.h>

/// A file of the web page, as it lies in Sources/KomokuServer/Web.
typedef struct {
  /// From that folder on.
  const char *_Nonnull path;
  const unsigned char *_Nonnull bytes;
  size_t count;
} page_file;

size_t page_file_count(void);
/// Below the count.
page_file page_file_at(size_t index);

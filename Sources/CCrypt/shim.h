#ifndef KOMOKU_CCRYPT_SHIM_H
#define KOMOKU_CCRYPT_SHIM_H

#include <crypt.h>

#endif

#ifndef KOMOKU_CYAML_SHIM_H
#define KOMOKU_CYAML_SHIM_H

#include <yaml.h>

#endif

#ifndef KOMOKU_CMOSQUITTO_SHIM_H
#define KOMOKU_CMOSQUITTO_SHIM_H

#include <mosquitto.h>
#include <mqtt_protocol.h>

#endif

#ifndef KOMOKU_CMOSQUITTO_SHIM_H
#define KOMOKU_CMOSQUITTO_SHIM_H

#include <mosquitto.h>
#include <mqtt_protocol.h>

/* What wakes the thread that polls a connection; Swift's Glibc leaves it out. */
#include <sys/eventfd.h>

#endif

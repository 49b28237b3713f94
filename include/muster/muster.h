/*  <muster/muster.h>: all of Muster that a federate needs. */
#ifndef MUSTER_MUSTER_H
#define MUSTER_MUSTER_H

#include <muster/callbacks.h>
#include <muster/clock.h>
#include <muster/declaration.h>
#include <muster/encoding.h>
#include <muster/error.h>
#include <muster/federate.h>
#include <muster/object.h>
#include <muster/ownership.h>
#include <muster/pace.h>
#include <muster/synchronization.h>
#include <muster/time.h>
#include <muster/types.h>
#include <muster/version.h>

#endif

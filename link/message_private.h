/*  Of a message, what only link/ may see. */
#ifndef LINK_MESSAGE_PRIVATE_H
#define LINK_MESSAGE_PRIVATE_H

#include <zmq.h>
#include "link/message.h"

zmq_msg_t *link_message_frame (link_message_t *self);
void link_message_open (link_message_t *self); /* an empty one that libzmq may fill */
void link_message_see (link_message_t *self);  /* sets data and size after libzmq filled it */

#endif

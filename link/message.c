/*  A message is libzmq's own, opened in place. */
#include "link/message_private.h"
#include "base/check.h"

#include <string.h>

_Static_assert(sizeof (zmq_msg_t) <= sizeof (((link_message_t *) 0)->frame), "room for libzmq's");
_Static_assert(_Alignof(zmq_msg_t) <= _Alignof(link_message_t), "alignment of libzmq's");

zmq_msg_t *link_message_frame (link_message_t *self)
{
    return (zmq_msg_t *) (void *) &self->frame;
}

void link_message_open (link_message_t *self)
{
    base_assert (!self->held);
    base_assert (zmq_msg_init (link_message_frame (self)) == 0);
    self->held = true;
}

void link_message_see (link_message_t *self)
{
    base_assert (self->held);
    self->data = zmq_msg_data (link_message_frame (self));
    self->size_bytes = zmq_msg_size (link_message_frame (self));
}

void link_message_release (link_message_t *self)
{
    base_assert (self != NULL);
    if (!self->held)
        return;
    base_assert (zmq_msg_close (link_message_frame (self)) == 0);
    self->held = false;
    self->data = NULL;
    self->size_bytes = 0;
}

void link_message_move (link_message_t *self, link_message_t *from)
{
    base_assert (self != NULL && from != NULL && self != from);
    base_assert (from->held);
    link_message_open (self);
    base_assert (zmq_msg_move (link_message_frame (self), link_message_frame (from)) == 0);
    link_message_see (self);
    link_message_release (from);
}

/*  Every limit of a recording, in one place. What a file claims is checked against these before a
    byte of memory is taken for it. */
#ifndef LOG_LIMITS_H
#define LOG_LIMITS_H

enum {
    LOG_NAME_MAX_BYTES = 4096,             /* a federate's, an object's or a class's name */
    LOG_VALUES_MAX = 1024,                 /* attributes or parameters in one message */
    LOG_MESSAGE_MAX_BYTES = 16 << 20,      /* the body of one recorded message */
    LOG_RECORD_MAX_BYTES = 32 << 20,       /* any record but chunk, attachment and message index */
    LOG_CHUNK_MAX_BYTES = 64 << 20,        /* a chunk's records, uncompressed; also compressed */
    LOG_CHUNK_DEFAULT_BYTES = 1 << 20,     /* the writer closes a chunk that has reached this */
    LOG_CHUNK_CHOICE_MAX_BYTES = 16 << 20, /* the largest that an option may ask for */
    LOG_ATTACHMENT_MAX_BYTES = 256 << 20,  /* one attachment's data */
    LOG_STATE_EVERY_BYTES = 16 << 20,      /* recorded, unpacked, between two states at least */
    LOG_STATE_SHARE = 8,                   /* … and so many times what the state itself takes */
    LOG_STATE_MAX_BYTES = 192 << 20,       /* the records of one state of the recorded world */
    LOG_SUMMARY_MAX_BYTES = 512 << 20,     /* the summary section, read at once */
    LOG_OPEN_CHUNKS_MAX_BYTES = 512 << 20, /* chunks that overlap in time, open at the same time */
    LOG_INSTANT_MAX_BYTES = 512 << 20,     /* messages of one logical time, held to be sorted */
    LOG_SENDERS_MAX = 65536,               /* federates that are counted one by one */
    LOG_MERGE_RECEIVED_MAX = 8 << 20,      /* different messages in receive order, when merging */
    LOG_OPEN_INTERVALS_MAX = 65536,        /* chain intervals that are not closed yet */
    LOG_CHUNKS_MAX = 16 << 20,             /* chunks in one file */
    LOG_FINDINGS_MAX = 64                  /* findings that a report spells out */
};

_Static_assert(LOG_CHUNK_CHOICE_MAX_BYTES + LOG_RECORD_MAX_BYTES < LOG_CHUNK_MAX_BYTES,
               "a chunk just below its choice that takes one record more can still be read");
_Static_assert(LOG_STATE_MAX_BYTES + LOG_RECORD_MAX_BYTES < LOG_ATTACHMENT_MAX_BYTES,
               "a state is an attachment");
_Static_assert(LOG_MESSAGE_MAX_BYTES < LOG_RECORD_MAX_BYTES, "a message is a record");
_Static_assert(LOG_CHUNK_DEFAULT_BYTES <= LOG_CHUNK_CHOICE_MAX_BYTES, "the default is a choice");

#endif

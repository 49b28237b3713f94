// Reads a recording back with the MCAP project's own library, twice: by the index, in the order of
// time, and as a stream from the first byte to the last. Both must give every message; a seek into
// the middle must give exactly the messages from there on.
//
//     node read-mcap.mjs FILE [--messages N] [--cut]
//
// --messages N  the number of messages that there must be
// --cut         the file was cut or its writer killed: only the stream is read, up to the cut
//
// Prints a summary as JSON. Exit code 0: all agree; 1: something does not; 2: used wrongly.

import { McapIndexedReader, McapStreamReader } from "@mcap/core";
import { decompress as zstd } from "fzstd";
import lz4 from "lz4js";
import { open } from "node:fs/promises";

const decompressHandlers = {
  zstd: (bytes, size) => zstd(bytes, new Uint8Array(Number(size))),
  lz4: (bytes, size) => lz4.decompress(bytes, Number(size)),
};

function fail(why) {
  console.error(`read-mcap: ${why}`);
  process.exit(1);
}

function expect(what, value, expected) {
  if (value !== expected) {
    fail(`${what} is ${value}, expected ${expected}`);
  }
}

function usage() {
  console.error("usage: node read-mcap.mjs FILE [--messages N] [--cut]");
  process.exit(2);
}

function options(args) {
  const chosen = { file: undefined, messages: undefined, cut: false };
  while (args.length > 0) {
    const arg = args.shift();
    if (arg === "--messages" && args.length > 0) {
      chosen.messages = Number(args.shift());
    } else if (arg === "--cut") {
      chosen.cut = true;
    } else if (!arg.startsWith("--") && chosen.file === undefined) {
      chosen.file = arg;
    } else {
      usage();
    }
  }
  return chosen.file === undefined || Number.isNaN(chosen.messages) ? usage() : chosen;
}

async function readable(handle) {
  const { size } = await handle.stat();
  return {
    size: async () => BigInt(size),
    read: async (offset, length) => {
      const buffer = new Uint8Array(Number(length));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, Number(offset));
      if (bytesRead !== buffer.length) {
        throw new Error(`read ${bytesRead} of ${buffer.length} bytes at ${offset}`);
      }
      return buffer;
    },
  };
}

// From the first byte: with CRCs checked, private records passed over.
async function readStream(handle, cut) {
  const reader = new McapStreamReader({ validateCrcs: true, decompressHandlers });
  const buffer = new Uint8Array(1 << 16);
  const counts = { messages: 0, attachments: 0, metadata: 0, schemas: new Set() };
  for (let offset = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    if (bytesRead === 0) {
      break;
    }
    offset += bytesRead;
    reader.append(buffer.slice(0, bytesRead));
    for (let record; (record = reader.nextRecord()); ) {
      counts.messages += record.type === "Message" ? 1 : 0;
      counts.attachments += record.type === "Attachment" ? 1 : 0;
      counts.metadata += record.type === "Metadata" ? 1 : 0;
      if (record.type === "Schema") {
        counts.schemas.add(record.id);
      }
    }
  }
  expect("the stream's end reached", reader.done(), !cut);
  return counts;
}

async function countFrom(reader, startTime) {
  let count = 0;
  let last = 0n;
  for await (const message of reader.readMessages({ startTime, validateCrcs: true })) {
    if (message.logTime < last || (startTime !== undefined && message.logTime < startTime)) {
      fail(`a message at ${message.logTime} comes after ${last}, sought from ${startTime}`);
    }
    last = message.logTime;
    count++;
  }
  return count;
}

// By the index: every message; then a seek to a few times in between.
async function readIndexed(handle) {
  const reader = await McapIndexedReader.Initialize({
    readable: await readable(handle),
    decompressHandlers,
  });
  const times = [];
  for await (const message of reader.readMessages({ validateCrcs: true })) {
    times.push(message.logTime);
    if (!reader.channelsById.has(message.channelId)) {
      fail(`a message is of channel ${message.channelId}, which is not in the summary`);
    }
  }
  expect("statistics' messages", Number(reader.statistics.messageCount), times.length);
  let perChannel = 0n;
  reader.statistics.channelMessageCounts.forEach((count) => (perChannel += count));
  expect("statistics' messages per channel", Number(perChannel), times.length);
  for (const part of [0, 0.25, 0.5, 0.9, 1]) {
    if (times.length > 0) {
      const from = times[Math.floor((times.length - 1) * part)];
      const expected = times.filter((time) => time >= from).length;
      expect(`messages from ${from} on`, await countFrom(reader, from), expected);
    }
  }
  return { reader, messages: times.length };
}

const { file, messages, cut } = options(process.argv.slice(2));
const handle = await open(file).catch((error) => fail(error.message));
try {
  const stream = await readStream(handle, cut);
  const summary = { file, messages: stream.messages, attachments: stream.attachments };
  if (messages !== undefined) {
    expect("messages", stream.messages, messages);
  }
  if (!cut) {
    const { reader, messages: indexed } = await readIndexed(handle);
    expect("messages by the index", indexed, stream.messages);
    expect("attachments in the index", reader.attachmentIndexes.length, stream.attachments);
    expect("metadata in the index", reader.metadataIndexes.length, stream.metadata);
    summary.profile = reader.header.profile;
    summary.library = reader.header.library;
    summary.chunks = reader.chunkIndexes.length;
    summary.topics = [...reader.channelsById.values()].map((channel) => channel.topic);
    summary.start = String(reader.statistics.messageStartTime);
    summary.end = String(reader.statistics.messageEndTime);
  }
  console.log(JSON.stringify(summary));
} catch (error) {
  fail(error.stack ?? error.message);
} finally {
  await handle.close();
}

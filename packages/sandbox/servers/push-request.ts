import { BinaryReader } from "google-protobuf";
import { uncompress } from "snappyjs";

/** One line of a push. */
export interface PushedEntry {
  line: string;
  /** Structured metadata beside it. */
  metadata: Record<string, string>;
}

/** The lines of one stream in a push; `labels` as Loki writes them: `{app="cart", node="node-1"}`. */
export interface PushedStream {
  labels: string;
  entries: PushedEntry[];
}

/**
 * Decodes what a collector posts to `/loki/api/v1/push`: a snappy block that holds a PushRequest. Throws where it is
 * something else.
 *
 * Source: grafana/loki pkg/push/push.proto (PushRequest.streams = 1; StreamAdapter.labels = 1, .entries = 2;
 * EntryAdapter.line = 2, .structuredMetadata = 3; LabelPairAdapter.name = 1, .value = 2)
 */
export function decodePush(body: Uint8Array): PushedStream[] {
  const streams: PushedStream[] = [];
  eachField(new BinaryReader(uncompress(body)), {
    1: (reader) => streams.push(message(reader, readStream)),
  });
  return streams;
}

function readStream(reader: BinaryReader): PushedStream {
  const stream: PushedStream = { labels: "", entries: [] };
  eachField(reader, {
    1: () => (stream.labels = reader.readString()),
    2: () => stream.entries.push(message(reader, readEntry)),
  });
  return stream;
}

function readEntry(reader: BinaryReader): PushedEntry {
  const entry: PushedEntry = { line: "", metadata: {} };
  eachField(reader, {
    2: () => (entry.line = reader.readString()),
    3: () => {
      const [name, value] = message(reader, readPair);
      entry.metadata[name] = value;
    },
  });
  return entry;
}

function readPair(reader: BinaryReader): [string, string] {
  const pair: [string, string] = ["", ""];
  eachField(reader, {
    1: () => (pair[0] = reader.readString()),
    2: () => (pair[1] = reader.readString()),
  });
  return pair;
}

function message<T>(reader: BinaryReader, read: (reader: BinaryReader) => T): T {
  let found: T | undefined;
  reader.readMessage({}, () => (found = read(reader)));
  return found as T; // readMessage has called it
}

/** Hands each field to its reader and passes over the others. */
function eachField(reader: BinaryReader, readers: Readonly<Record<number, (reader: BinaryReader) => unknown>>): void {
  while (reader.nextField() && !reader.isEndGroup()) {
    const read = readers[reader.getFieldNumber()];
    if (read === undefined) reader.skipField();
    else read(reader);
  }
}

import type { ResultSet, SqlError } from "./engine.ts";
import type { Reply } from "./messages.ts";

// Message types of PostgreSQL's frontend/backend protocol (documentation, section 54.7).
const fromServer = {
  commandComplete: 0x43, // C
  dataRow: 0x44, // D
  error: 0x45, // E
  emptyQuery: 0x49, // I
  notice: 0x4e, // N
  rowDescription: 0x54, // T
  ready: 0x5a, // Z
} as const;

const keptNotices = 100;
/** What a value costs beyond its bytes, so that many small values count too. */
const valueOverhead = 32;

/**
 * One simple query, ready to send. A CopyFail ends every message: the server ignores it unless it waits for the data of a
 * COPY … FROM STDIN, for which it would otherwise wait for ever (documentation, section 54.2.6).
 */
export function frameQuery(sql: string, copyData: string | null): Uint8Array {
  const parts = [message("Q", Buffer.from(`${sql}\0`))];
  if (copyData !== null) parts.push(message("d", Buffer.from(copyData)), message("c", Buffer.alloc(0)));
  parts.push(message("f", Buffer.from("no data for it was found\0")));
  return Buffer.concat(parts);
}

export interface Reader {
  /** Takes the next bytes of the server's answer; messages may be split anywhere. */
  push(chunk: Uint8Array): void;
  /** What was said so far. */
  reply(thrown: string | null): Reply;
}

/**
 * Reads what the server says to one query. `overflow` is called, once, when the answer grows beyond `limit` bytes; it is
 * called from inside the engine and should not return.
 */
export function createReader(limit: number, overflow: () => void): Reader {
  let pending: Buffer = Buffer.alloc(0);
  let held = 0;
  let stored = 0;
  let fields: readonly string[] = [];
  let rows: (readonly (string | null)[])[] = [];
  let error: SqlError | null = null;
  let ready: string | null = null;
  let noticesLeftOut = 0;
  const notices: string[] = [];
  const sets: ResultSet[] = [];

  function store(cost: number): void {
    stored += cost;
    if (stored > limit) overflow();
  }

  function complete(tag: string): void {
    store(tag.length + valueOverhead);
    sets.push({ tag, fields, rows });
    fields = [];
    rows = [];
  }

  function read(kind: number, body: Buffer): void {
    switch (kind) {
      case fromServer.commandComplete:
        complete(body.toString("utf8", 0, body.length - 1));
        return;
      case fromServer.emptyQuery:
        complete("");
        return;
      case fromServer.rowDescription:
        fields = fieldNames(body);
        store(body.length);
        return;
      case fromServer.dataRow:
        store(body.length + valueOverhead * (1 + body.readInt16BE(0)));
        rows.push(rowValues(body));
        return;
      case fromServer.notice:
        if (notices.length < keptNotices) notices.push(errorFields(body).get("M")?.slice(0, 1_000) ?? "");
        else noticesLeftOut++;
        return;
      case fromServer.error:
        error ??= sqlError(body);
        return;
      case fromServer.ready:
        ready = body.toString("latin1", 0, 1);
        return;
    }
  }

  function append(chunk: Uint8Array): void {
    if (held + chunk.length > pending.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * pending.length, held + chunk.length, 65_536));
      pending.copy(larger, 0, 0, held);
      pending = larger;
    }
    pending.set(chunk, held);
    held += chunk.length;
  }

  function push(chunk: Uint8Array): void {
    append(chunk);
    let at = 0;
    while (at + 5 <= held) {
      const end = at + 1 + pending.readUInt32BE(at + 1);
      if (end - at > limit) overflow();
      if (end > held) break;
      read(pending[at] ?? 0, pending.subarray(at + 5, end));
      at = end;
    }
    pending.copyWithin(0, at, held);
    held -= at;
  }

  function reply(thrown: string | null): Reply {
    return { sets, error, ready, notices, noticesLeftOut, thrown };
  }

  return { push, reply };
}

function message(kind: string, body: Uint8Array): Uint8Array {
  const header = Buffer.alloc(5);
  header.write(kind, "latin1");
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

function fieldNames(body: Buffer): readonly string[] {
  const names: string[] = [];
  let at = 2;
  for (let left = body.readInt16BE(0); left > 0; left--) {
    const end = body.indexOf(0, at);
    names.push(body.toString("utf8", at, end));
    at = end + 19;
  }
  return names;
}

function rowValues(body: Buffer): readonly (string | null)[] {
  const values: (string | null)[] = [];
  let at = 2;
  for (let left = body.readInt16BE(0); left > 0; left--) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : body.toString("utf8", at, at + length));
    at += Math.max(length, 0);
  }
  return values;
}

/** Fields of ErrorResponse and NoticeResponse by their letter (documentation, section 54.8). */
function errorFields(body: Buffer): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const end = body.indexOf(0, at + 1);
    if (end < 0) break;
    fields.set(String.fromCharCode(body[at] ?? 0), body.toString("utf8", at + 1, end));
    at = end + 1;
  }
  return fields;
}

function sqlError(body: Buffer): SqlError {
  const fields = errorFields(body);
  const position = fields.get("P");
  return {
    code: fields.get("C") ?? "XX000",
    message: fields.get("M") ?? "",
    detail: fields.get("D") ?? null,
    hint: fields.get("H") ?? null,
    position: position === undefined ? null : Number(position),
    where: fields.get("W") ?? null,
  };
}

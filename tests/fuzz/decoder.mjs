// Reads frames from stdin, each behind its length in four bytes, and says of each on a line of its own what decoding it threw.
import { readFileSync } from "node:fs";
import { decodeFrame } from "../../clients/browser/src/wire.js";

const said = readFileSync(0);
const told = [];
for (let at = 0; at < said.length; ) {
  const length = said.readUInt32BE(at);
  const frame = new Uint8Array(said.subarray(at + 4, at + 4 + length));
  at += 4 + length;
  try {
    decodeFrame(frame);
    told.push("");
  } catch (error) {
    told.push(error instanceof Error ? error.constructor.name : String(error));
  }
}
process.stdout.write(told.join("\n") + "\n");

/** A client for gameserver in the browser (docs/browser-client.md). */

export { Client } from "./client.js";
export { CallRefused, ClientEnded, LineLost, ProtocolError, SessionGone, WorldMismatch } from "./errors.js";
export { LagSimulator } from "./lag.js";
export { Field, Fields, Schema } from "./schema.js";
export { Replica } from "./replica.js";
export { NoticeCode, Role } from "./wire.js";
export { View } from "./view.js";

/** A client for gameserver in the browser (docs/browser-client.md). */

export { Client } from "./client.js";
export {
  CallRefused,
  ClientEnded,
  FormatError,
  JoinRefused,
  LineLost,
  LoadError,
  ProtocolError,
  SessionGone,
  WorldMismatch,
} from "./errors.js";
export { LagSimulator } from "./lag.js";
export { Predictor } from "./prediction.js";
export { openFile } from "./recording/file.js";
export { Load, openUrl } from "./recording/load.js";
export { Player, RATES } from "./recording/player.js";
export { Recording } from "./recording/recording.js";
export { Replica } from "./replica.js";
export { Field, Fields, Schema } from "./schema.js";
export { ErrorSmoother } from "./smoothing.js";
export { requestTicket } from "./tickets.js";
export { View } from "./view.js";
export { NoticeCode, Role } from "./wire.js";

/** @typedef {import("./client.js").ClientOptions} ClientOptions */
/** @typedef {import("./client.js").ClientState} ClientState */
/** @typedef {import("./client.js").Credential} Credential */
/** @typedef {import("./client.js").Frame} Frame */
/** @typedef {import("./client.js").Told} Told */
/** @typedef {import("./happenings.js").ReliableEvent} ReliableEvent */
/** @typedef {import("./happenings.js").ShownEvent} ShownEvent */
/** @typedef {import("./inputs.js").Sampler} Sampler */
/** @typedef {import("./receipt.js").Receipt} Receipt */
/** @typedef {import("./recording/header.js").Contents} Contents */
/** @typedef {import("./recording/header.js").Header} Header */
/** @typedef {import("./recording/header.js").Mark} Mark */
/** @typedef {import("./recording/load.js").LoadOptions} LoadOptions */
/** @typedef {import("./recording/load.js").LoadState} LoadState */
/** @typedef {import("./recording/player.js").Moment} Moment */
/** @typedef {import("./recording/viewpoint.js").Viewpoint} Viewpoint */
/** @typedef {import("./replica.js").World} World */
/** @typedef {import("./schema.js").Values} Values */
/** @typedef {import("./seat.js").Memory} Memory */
/** @typedef {import("./seat.js").SavedSeat} SavedSeat */
/** @typedef {import("./stats.js").Stats} Stats */
/** @typedef {import("./wire.js").Notice} Notice */

/** What can go wrong between a client and its server. */

/** @typedef {import("./wire/messages.js").Notice} Notice */

/** The server said what protocol 1 does not allow, or what its own schema does not. The line is of no use any more. */
export class ProtocolError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "ProtocolError";
  }
}

/** The client's world is not the one that the server has: a wrong CRC, or differences from a base that the client does not hold. */
export class WorldMismatch extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "WorldMismatch";
  }
}

/** There is no line to the server, or it has broken. Another may follow. */
export class LineLost extends Error {
  /**
   * @param {string} message
   * @param {Notice | null} [notice]  what the server said about it, if it said anything
   */
  constructor(message, notice = null) {
    super(message);
    this.name = "LineLost";
    this.notice = notice;
  }
}

/** The client has ended: no line will follow. */
export class ClientEnded extends Error {
  /**
   * @param {string} message
   * @param {Notice | null} [notice]  what the server said about it, if it said anything
   * @param {Error} [cause]  a JoinRefused, or whatever else ended the last line
   */
  constructor(message, notice = null, cause) {
    super(message, { cause });
    this.name = "ClientEnded";
    this.notice = notice;
  }
}

/** The server gives us no ticket to join with; the message is its reason, for people. */
export class JoinRefused extends Error {
  /**
   * @param {string} message
   * @param {object} how
   * @param {number} how.status  of HTTP
   * @param {string} [how.reason]  for programs: "code" (of a private room: it is missing, or wrong), "full", "game" (another one is
   *   played there), "restarting", empty where there is no more to be said than the status says
   * @param {number | null} [how.retryAfterMs]  when to ask again; null: that is of no use
   */
  constructor(message, { status, reason = "", retryAfterMs = null }) {
    super(message);
    this.name = "JoinRefused";
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The game has said no to a call; the message is its reason, for people. */
export class CallRefused extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "CallRefused";
  }
}

/** The server has given our seat away while a call waited for its answer: whether it was carried out is not known. */
export class SessionGone extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "SessionGone";
  }
}

/** A file is no recording, one of another format than this client reads, or a forged one. */
export class FormatError extends Error {
  /**
   * @param {string} message
   * @param {"none" | "empty" | "newer" | "forged"} reason  it is no recording; nothing is to be seen in it; its format is not known
   *   here; it contradicts itself
   */
  constructor(message, reason) {
    super(message);
    this.name = "FormatError";
    this.reason = reason;
  }
}

/** A recording cannot be had from where it is looked for. */
export class LoadError extends Error {
  /**
   * @param {string} message
   * @param {number} status  of HTTP; 0: there was no answer
   */
  constructor(message, status) {
    super(message);
    this.name = "LoadError";
    this.status = status;
  }
}

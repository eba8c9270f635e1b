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

export function decodeMulti(bytes: Uint8Array, options?: { rawStrings?: boolean }): Generator<unknown, void, unknown>;

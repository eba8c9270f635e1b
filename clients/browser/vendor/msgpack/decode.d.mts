export function decodeMulti(bytes: Uint8Array, options?: { rawStrings?: boolean; maxArrayLength?: number }): Generator<unknown, void, unknown>;

/**
 * Reads a map file of the Tiled editor, in JSON (`.tmj`): gameserver/core/tiled.py with an eye to drawing.
 *
 * The server has checked the map that it sends, much more strictly. Here everything that is used is checked, so that damaged
 * bytes end in one clear error and not in a picture that is wrong. maps/README.md says what a map consists of.
 */

/** @typedef {Record<string, string | number | boolean>} Properties  without a prototype: ask for any name */
/**
 * @typedef {object} TileLayer
 * @property {string} name
 * @property {Uint32Array} gids  row by row; 0 is empty. `splitGid` takes one apart
 * @property {number} opacity  0 to 1
 */
/**
 * @typedef {object} MapObject  a point (width and height 0) or rectangle of the layer `objects`
 * @property {number} id
 * @property {string} type  what it is to the game, such as `spawn`
 * @property {string} name
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {Properties} properties
 */
/**
 * @typedef {object} Tileset  a sheet of square tiles
 * @property {number} firstGid  the number of its first tile in layers
 * @property {number} tileCount
 * @property {number} columns
 * @property {number} tileSize  pixels
 * @property {number} margin  pixels around the sheet
 * @property {number} spacing  pixels between its tiles
 * @property {string} image  the file's name, without its folder
 */
/**
 * @typedef {object} Tmj
 * @property {number} width  in tiles
 * @property {number} height  in tiles
 * @property {number} tileSize  pixels
 * @property {Uint8Array} solid  row by row: 1 is a wall
 * @property {TileLayer[]} layers  those that are visible, the lowest first
 * @property {MapObject[]} objects
 * @property {Properties} properties
 * @property {Tileset[]} tilesets  those that are one sheet
 */

/** The bytes are no map, or none that can be played on. */
export class MapError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(`the map cannot be read: ${message}`);
    this.name = "MapError";
  }
}

// The limits of gameserver/core/tiled.py.
const MOST_BYTES = 2 ** 20;
const TILES = [4, 256];
const TILE_SIZE = [8, 128];
const MOST_OBJECTS = 512;
const MOST_TILESETS = 64;
const MOST_PROPERTIES = 64;
const MOST_NAME = 64;
const MOST_TEXT = 1024;

const FLIPPED_X = 0x8000_0000;
const FLIPPED_Y = 0x4000_0000;
const FLIPPED_DIAGONALLY = 0x2000_0000;
const GID_MASK = 0x0fff_ffff;

/**
 * What a number in a layer says: which tile, and how it is to be drawn. First it is mirrored along its falling diagonal (x and y
 * change places), then left to right, then top to bottom.
 *
 * @param {number} gid
 * @returns {{tile: number, diagonally: boolean, flippedX: boolean, flippedY: boolean}}  tile 0 is none
 */
export function splitGid(gid) {
  return {
    tile: gid & GID_MASK,
    diagonally: (gid & FLIPPED_DIAGONALLY) !== 0,
    flippedX: (gid & FLIPPED_X) !== 0,
    flippedY: (gid & FLIPPED_Y) !== 0,
  };
}

/**
 * @param {Uint8Array} bytes
 * @returns {Tmj}
 * @throws {MapError}
 */
export function readTmj(bytes) {
  const map = asObject(readJson(bytes), "the file");
  if (map.type !== "map") throw new MapError('its `type` is not "map"');
  if (map.orientation !== "orthogonal") throw new MapError("it is not orthogonal");
  if (map.infinite !== false) throw new MapError("it is infinite");
  const width = integer(map, "width", "the map", TILES);
  const height = integer(map, "height", "the map", TILES);
  const tileSize = integer(map, "tilewidth", "the map", TILE_SIZE);
  if (integer(map, "tileheight", "the map", TILE_SIZE) !== tileSize) throw new MapError("its tiles are not square");
  const properties = readProperties(map, "the map");
  const { tilesets, owned } = readTilesets(map, tileSize);

  /** @type {Uint8Array | null} */
  let solid = null;
  /** @type {MapObject[] | null} */
  let objects = null;
  const layers = [];
  const names = new Set();
  for (const item of list(map, "layers", "the map")) {
    const layer = asObject(item, "a layer");
    const name = text(layer, "name", "a layer", MOST_NAME);
    const where = `layer ${JSON.stringify(name)}`;
    if (names.has(name)) throw new MapError(`${where} is there twice`);
    names.add(name);
    if (layer.type === "tilelayer") {
      if (name === "objects") throw new MapError(`${where} holds tiles`);
      const gids = readTiles(layer, where, width, height, owned);
      if (name === "walls") {
        refuseShifted(layer, where);
        solid = Uint8Array.from(gids, (gid) => ((gid & GID_MASK) === 0 ? 0 : 1));
      }
      const opacity = number(layer, "opacity", where, 1);
      if (layer.visible !== false) layers.push({ name, gids, opacity: Math.min(Math.max(opacity, 0), 1) });
    } else if (layer.type === "objectgroup") {
      if (name !== "objects") throw new MapError(`${where} holds objects; only the layer "objects" may`);
      refuseShifted(layer, where);
      objects = readObjects(layer, where, width * tileSize, height * tileSize);
    } else if (layer.type !== "imagelayer" || name === "walls" || name === "objects")
      throw new MapError(`${where} is of the type ${shown(layer.type)}`);
  }
  if (solid === null) throw new MapError('there is no tile layer "walls"');
  if (objects === null) throw new MapError('there is no object layer "objects"');
  return { width, height, tileSize, solid, layers, objects, properties, tilesets };
}

/** @param {Uint8Array} bytes @returns {unknown} */
function readJson(bytes) {
  if (bytes.length > MOST_BYTES) throw new MapError(`it is larger than ${MOST_BYTES} bytes`);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw new MapError(`it is no JSON (${error instanceof Error ? error.message : error})`);
  }
}

/**
 * @param {Record<string, unknown>} map
 * @param {number} tileSize
 * @returns {{tilesets: Tileset[], owned: [first: number, end: number][]}}  the sheets, and the tile numbers of all
 */
function readTilesets(map, tileSize) {
  const items = list(map, "tilesets", "the map", MOST_TILESETS);
  /** @type {[number, number][]} */
  const owned = [];
  const tilesets = [];
  for (const item of items) {
    const tileset = asObject(item, "a tileset");
    if (has(tileset, "source")) throw new MapError("a tileset is in another file");
    const firstGid = integer(tileset, "firstgid", "a tileset", [1, GID_MASK]);
    const tileCount = integer(tileset, "tilecount", "a tileset", [1, GID_MASK]);
    if (owned.some(([first, end]) => firstGid < end && first < firstGid + tileCount)) throw new MapError("tilesets overlap");
    owned.push([firstGid, firstGid + tileCount]);
    // A collection of single images has no sheet, and tiles of another size do not fill theirs: nothing can be drawn from them.
    const { image, columns } = tileset;
    if (typeof image !== "string" || !isCount(columns) || columns === 0) continue;
    if (tileset.tilewidth !== tileSize || tileset.tileheight !== tileSize) continue;
    const margin = isCount(tileset.margin) ? tileset.margin : 0;
    const spacing = isCount(tileset.spacing) ? tileset.spacing : 0;
    const name = image.slice(Math.max(image.lastIndexOf("/"), image.lastIndexOf("\\")) + 1);
    tilesets.push({ firstGid, tileCount, columns, tileSize, margin, spacing, image: name });
  }
  return { tilesets, owned };
}

/**
 * @param {Record<string, unknown>} layer
 * @param {string} where
 * @param {number} width
 * @param {number} height
 * @param {[first: number, end: number][]} owned
 * @returns {Uint32Array}
 */
function readTiles(layer, where, width, height, owned) {
  if ((layer.encoding ?? "csv") !== "csv" || typeof layer.data === "string") throw new MapError(`${where} is encoded`);
  if (layer.width !== width || layer.height !== height) throw new MapError(`${where} is not as large as the map`);
  const data = list(layer, "data", where);
  if (data.length !== width * height) throw new MapError(`${where} has ${data.length} tiles, not ${width} × ${height}`);
  const gids = new Uint32Array(data.length);
  data.forEach((gid, index) => {
    if (!isCount(gid) || gid > 0xffff_ffff) throw new MapError(`${where}: ${shown(gid)} is no tile`);
    const tile = gid & GID_MASK;
    if (tile !== 0 && !owned.some(([first, end]) => first <= tile && tile < end))
      throw new MapError(`${where}: no tileset holds the tile ${tile}`);
    gids[index] = gid;
  });
  return gids;
}

/**
 * @param {Record<string, unknown>} layer
 * @param {string} where
 * @param {number} mapWidth  in pixels
 * @param {number} mapHeight  in pixels
 * @returns {MapObject[]}
 */
function readObjects(layer, where, mapWidth, mapHeight) {
  const ids = new Set();
  return list(layer, "objects", where, MOST_OBJECTS).map((item) => {
    const thing = asObject(item, "an object");
    const id = integer(thing, "id", "an object", [1, 0x7fff_ffff]);
    const what = `object ${id}`;
    if (ids.has(id)) throw new MapError(`${what} is there twice`);
    ids.add(id);
    const name = text(thing, "name", what, MOST_NAME, "");
    // Tiled 1.9 wrote `class`; all others write `type`.
    const type = text(thing, "type", what, MOST_NAME, "") || text(thing, "class", what, MOST_NAME, "");
    if (type === "") throw new MapError(`${what} has no class`);
    const x = number(thing, "x", what);
    const y = number(thing, "y", what);
    const width = number(thing, "width", what, 0);
    const height = number(thing, "height", what, 0);
    const inside = x >= 0 && y >= 0 && x < mapWidth && y < mapHeight && x + width <= mapWidth && y + height <= mapHeight;
    if (!inside || width < 0 || height < 0) throw new MapError(`${what} is outside the map`);
    return { id, type, name, x, y, width, height, properties: readProperties(thing, what) };
  });
}

/**
 * @param {Record<string, unknown>} owner
 * @param {string} where
 * @returns {Properties}
 */
function readProperties(owner, where) {
  /** @type {Properties} */
  const properties = Object.create(null);
  if (!has(owner, "properties")) return properties;
  for (const item of list(owner, "properties", where, MOST_PROPERTIES)) {
    const property = asObject(item, "a property");
    const name = text(property, "name", "a property", MOST_NAME);
    const { value } = property;
    const plain = typeof value === "boolean" || typeof value === "string" || Number.isFinite(value);
    if (!plain || (typeof value === "string" && value.length > MOST_TEXT))
      throw new MapError(`${where}: the property ${JSON.stringify(name)} is ${shown(value)}`);
    if (name in properties) throw new MapError(`${where}: the property ${JSON.stringify(name)} is there twice`);
    properties[name] = /** @type {string | number | boolean} */ (value);
  }
  return properties;
}

/**
 * A shifted layer looks right in the editor and would be somewhere else in the game.
 *
 * @param {Record<string, unknown>} layer
 * @param {string} where
 */
function refuseShifted(layer, where) {
  for (const key of ["x", "y", "offsetx", "offsety"])
    if (number(layer, key, where, 0) !== 0) throw new MapError(`${where} is shifted`);
}

/** @param {unknown} value @param {string} what @returns {Record<string, unknown>} */
function asObject(value, what) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new MapError(`${what} is ${shown(value)}`);
  return /** @type {Record<string, unknown>} */ (value);
}

/** @param {Record<string, unknown>} owner @param {string} key @param {string} where @param {number} [most] @returns {unknown[]} */
function list(owner, key, where, most = Infinity) {
  const value = owner[key];
  if (!Array.isArray(value)) throw new MapError(`${where}: \`${key}\` is ${shown(value)}, not a list`);
  if (value.length > most) throw new MapError(`${where}: \`${key}\` has ${value.length} items, ${most} are allowed`);
  return value;
}

/** @param {Record<string, unknown>} owner @param {string} key @param {string} where @param {number[]} range */
function integer(owner, key, where, [low, high]) {
  const value = owner[key];
  if (!isCount(value) || value < low || value > high)
    throw new MapError(`${where}: \`${key}\` is ${shown(value)}, not a whole number from ${low} to ${high}`);
  return value;
}

/** @param {Record<string, unknown>} owner @param {string} key @param {string} where @param {number} [absent] @returns {number} */
function number(owner, key, where, absent) {
  const value = has(owner, key) ? owner[key] : absent;
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new MapError(`${where}: \`${key}\` is ${shown(value)}, not a number`);
  return value;
}

/**
 * @param {Record<string, unknown>} owner
 * @param {string} key
 * @param {string} where
 * @param {number} most  characters
 * @param {string} [absent]
 * @returns {string}
 */
function text(owner, key, where, most, absent) {
  const value = has(owner, key) ? owner[key] : absent;
  if (typeof value !== "string" || value.length > 2 * most) // a character may be two units here
    throw new MapError(`${where}: \`${key}\` is ${shown(value)}, not a text of at most ${most} characters`);
  return value;
}

/** @param {unknown} value @returns {value is number} */
function isCount(value) {
  return Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;
}

/** @param {object} owner @param {string} key */
function has(owner, key) {
  return Object.prototype.hasOwnProperty.call(owner, key);
}

/** @param {unknown} value @returns {string} it, short enough for an error */
function shown(value) {
  if (value === undefined) return "missing";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  const whole = JSON.stringify(value);
  return whole.length > MOST_NAME ? `${whole.slice(0, MOST_NAME)}…` : whole;
}

/** Light, or darkness, that fades outwards from where the pen stands. */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {object} light  its lengths are those of the pen
 * @param {number} [light.inner]  from this radius on it fades…
 * @param {number} light.outer  …to this one
 * @param {number} [light.half]  of the square that is painted
 * @param {readonly (readonly [part: number, colour: string])[]} light.colours  on the way outwards
 */
export function shine(context, { inner = 0, outer, half = outer, colours }) {
  const gradient = context.createRadialGradient(0, 0, inner, 0, 0, outer);
  for (const [part, colour] of colours) gradient.addColorStop(part, colour);
  context.fillStyle = gradient;
  context.fillRect(-half, -half, 2 * half, 2 * half);
}

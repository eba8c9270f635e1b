/**
 * Elements, made in code. Text goes in as text and never as markup: there is no way here to write HTML, so nothing that a
 * player writes can become a part of the page.
 */

/** @typedef {string | number | boolean | null | undefined} Attribute  false, null and undefined: absent; true: empty */
/**
 * @typedef {object} Special
 * @property {string} [text]  the element's text
 * @property {Record<string, (event: any) => void>} [on]  listeners by the event's name
 */
/** @typedef {Special & {[attribute: string]: Attribute | Special[keyof Special]}} Properties */

/**
 * An element.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties} [properties]  `text`, `on`, and attributes
 * @param {...(Node | null)} children  no strings: text is said with `text`
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  const { text, on, ...attributes } = properties;
  if (text !== undefined) element.textContent = text;
  for (const [name, listener] of Object.entries(on ?? {})) element.addEventListener(name, listener);
  for (const [name, value] of Object.entries(attributes))
    if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : String(value));
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/**
 * A person's name, set apart so that its letters turn nothing around it.
 *
 * @param {string} name
 * @param {string | null} [colour]
 * @returns {HTMLElement}
 */
export function person(name, colour = null) {
  const element = h("bdi", { class: "person", text: name });
  if (colour !== null) element.style.setProperty("--who", colour); // style.css makes it readable on light ground
  return element;
}

/**
 * A drawing of lines for a button: the corners of each line of points, on a field of 24 by 24.
 *
 * @param {string} path  of SVG
 * @returns {SVGElement}
 */
export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/**
 * Puts these children in place of the ones that are there, and touches nothing if they are the same.
 *
 * @param {Element} parent
 * @param {readonly Node[]} children
 */
export function fill(parent, children) {
  const same = parent.childNodes.length === children.length && children.every((child, at) => parent.childNodes[at] === child);
  if (!same) parent.replaceChildren(...children);
}

/**
 * Sets an element's text, if it is another one: a screen reader is not told the same twice, and the page is not laid out anew.
 *
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

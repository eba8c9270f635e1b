/** The pages' HTML: it announces every module at once, loads nothing from elsewhere, and nothing inline. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { VIEWS } from "../pages/play/views.js";

const ROOT = new URL("../", import.meta.url);
const SERVED = "/client/";

/** @param {string} address  as a page has it @returns {URL} the file */
function fileOf(address) {
  return new URL(address.slice(SERVED.length), ROOT);
}

/** All modules that one loads, itself included. @param {string} address @returns {string[]} in the order in which they are met */
function graph(address, found = new Set()) {
  if (found.has(address)) return [];
  found.add(address);
  const code = readFileSync(fileOf(address), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  for (const [, path] of code.matchAll(/^\s*(?:import|export)\s(?:[^"';]*?\sfrom\s+)?"(\.[^"]+)";/gm))
    graph(new URL(path, `http://page${address}`).pathname, found);
  return [...found];
}

/** The modules of games' views, which a page loads when it needs them. */
const GAMES = Object.values(VIEWS).map((path) => new URL(path, "http://page/client/pages/play/views.js").pathname);

const PAGES = [
  { page: "pages/index.html", entries: ["/client/pages/lobby/main.js"] },
  { page: "pages/play/index.html", entries: ["/client/pages/play/main.js", ...GAMES] },
  { page: "pages/watch/index.html", entries: ["/client/pages/watch/main.js", ...GAMES] },
];

for (const { page, entries } of PAGES) {
  const html = readFileSync(new URL(page, ROOT), "utf8");

  test(`${page} announces all the modules that it loads, and no other`, () => {
    const wanted = [...new Set(entries.flatMap((entry) => graph(entry)))].sort();
    assert.ok(wanted.length > 20);
    const announced = [...html.matchAll(/<link rel="modulepreload" href="([^"]+)">/g)].map(([, href]) => href);
    const lines = wanted.map((address) => `<link rel="modulepreload" href="${address}">`).join("\n");
    assert.deepEqual(announced, wanted, `these lines belong into ${page}:\n${lines}`);
  });

  test(`${page} has nothing inline, and nothing from elsewhere`, () => {
    assert.doesNotMatch(html, /<style|\sstyle=|\son[a-z]+=|javascript:|data:|blob:|https?:/);
    for (const [, body] of html.matchAll(/<script[^>]*>([^<]*)/g)) assert.equal(body, "");
    const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address);
    for (const address of loaded.filter((each) => each.startsWith(SERVED))) assert.ok(existsSync(fileOf(address)), address);
    for (const address of loaded.filter((each) => !each.startsWith(SERVED))) assert.equal(address, "/favicon.svg");
  });

  test(`${page} says what it is, to people and to phones`, () => {
    for (const wanted of [
      /<html lang="en">/,
      /<title>[^<]+<\/title>/,
      /viewport-fit=cover/,
      /name="theme-color"/,
      /<noscript>[^<]{20,}<\/noscript>/,
    ])
      assert.match(html, wanted);
  });
}

for (const sheet of ["pages/style.css", "pages/lobby.css", "pages/play.css", "pages/watch.css"])
  test(`${sheet} loads nothing from elsewhere`, () => {
    const css = readFileSync(new URL(sheet, ROOT), "utf8");
    assert.doesNotMatch(css, /@import|https?:|data:|url\((?!"hero\.svg"\))/);
  });

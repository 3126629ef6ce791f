// Write table.json: random texts as the npm package sms-segments-calculator weighs and counts them.
//
//   npm install --no-save sms-segments-calculator@1.3.0 && node make_table.js > table.json
//
// One row a text: [[[times, piece], …], encoding, units, segments]. The same seed makes the same
// texts; 3,000 rows take a second.
"use strict";
const { SegmentedMessage } = require("sms-segments-calculator");

const ROWS = 3000;
const PLAIN = ["a", "Hi ", "@", "é", "Ç", "Δ", "\n", "\r\n", "\r", "0", "¿", "_", "'"];
const ESCAPED = ["[", "]", "{", "}", "\\", "~", "^", "|", "€", "\f"];
const UNICODE = [
  "ç", "`", "\u00a0", "\u2019", "\t", "आ", "न्", "は", "ع", "я", "o\u0308", "😀", "❤️", "👍🏽", "🇮🇳",
  "👩\u200d👩\u200d👧\u200d👦", "1\ufe0f\u20e3", "𝒳", "\u200b", "가", "กำ", "e\u0301\u0323",
];

let state = 20261125;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const below = (limit) => Math.floor(random() * limit);
const pick = (pieces) => pieces[below(pieces.length)];

function row() {
  const kinds = [[PLAIN], [PLAIN, ESCAPED], [PLAIN, UNICODE], [PLAIN, ESCAPED, UNICODE]][below(4)];
  const runs = [];
  for (let left = 1 + below(7); left > 0; left -= 1) {
    const piece = pick(pick(kinds));
    const longest = random() < 0.5 ? 4 : Math.ceil(170 / piece.length);
    runs.push([1 + below(longest), piece]);
  }
  const text = runs.map(([times, piece]) => piece.repeat(times)).join("");
  const message = new SegmentedMessage(text);
  const units = message.encodedChars.reduce((sum, char) => sum + char.codeUnits.length, 0);
  return [runs, message.encodingName, units, message.segmentsCount];
}

const rows = Array.from({ length: ROWS }, row);
process.stdout.write(`[\n${rows.map((one) => JSON.stringify(one)).join(",\n")}\n]\n`);

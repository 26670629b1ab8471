// The words of a text, for colours and completion. The server alone says what is right.

const KINDS = [
  ["comment", /(?:--|\/\/|#)[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/uy],
  ["text", /"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)/uy],
  ["symbol", /\[(?=\s*(?:["'\d\-\]]|$))/uy],
  ["name", /`[^`]*(?:`|$)|'[^']*(?:'|$)|\[[^\]]*(?:\]|$)/uy],
  ["number", /0x[0-9A-F]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?/uy],
  ["word", /(?:@+|[\p{L}_]|\.)[\p{L}\p{N}_.\-/]*/uy],
  ["symbol", /==|!=|<>|>=|<=|&&|\|\||[^\s]/uy],
];
const INCLUDED = /[\p{L}\p{N}_.\-/@]+/uy;
const CONSTANTS = new Set(["TRUE", "FALSE", "NULL", "MATCH_ALL"]);
const OPERATORS = new Set(["AND", "OR", "NOT", "EXISTS", "IN", "INTERSECTS", "LIKE", "CONTAINS", "BETWEEN"]);
const BARE = /^(?:@+|[\p{L}_]|\.)[\p{L}\p{N}_.\-/]*$/u;

export class Language {
  constructor(keywords) {
    this.keywords = new Set(keywords.split(" "));
  }

  // [{kind, start, end}]: comment, text, name, number, keyword, constant, function,
  // field, segment, symbol.
  tokens(text) {
    const found = [];
    let before = "";
    for (let at = 0; at < text.length; ) {
      if (/\s/.test(text[at])) {
        at += 1;
        continue;
      }
      const [kind, end] = this.read(text, at, before);
      found.push({ kind, start: at, end });
      if (kind !== "comment") before = text.slice(at, end).toUpperCase();
      at = end;
    }
    return found;
  }

  read(text, at, before) {
    const included = before === "INCLUDE" && match(INCLUDED, text, at);
    if (included && !this.keywords.has(included.toUpperCase())) return ["segment", at + included.length];
    for (const [kind, pattern] of KINDS) {
      const found = match(pattern, text, at);
      if (found) return [kind === "word" ? this.word(found, text[at + found.length]) : kind, at + found.length];
    }
    return ["symbol", at + 1];
  }

  word(word, next) {
    const upper = word.toUpperCase();
    if (CONSTANTS.has(upper)) return "constant";
    if (this.keywords.has(upper) && (next !== "(" || OPERATORS.has(upper))) return "keyword";
    return next === "(" ? "function" : "field";
  }

  // A map's key as it is written after the map's name and a dot.
  quotedKey(name) {
    return BARE.test(name) ? name : `\`${name.replaceAll("`", "")}\``;
  }

  // A field's name as it is written in a filter.
  quoted(name) {
    return BARE.test(name) && !this.keywords.has(name.toUpperCase()) ? name : `\`${name.replaceAll("`", "")}\``;
  }
}

function match(pattern, text, at) {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found ? found[0] : "";
}

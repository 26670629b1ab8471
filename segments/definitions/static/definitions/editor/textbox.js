// The text box with colours: a picture of the text lies under the box it is typed in.
import { element } from "../../face/element.js";

const LONGEST_COLOURED = 40000;

export class TextBox {
  constructor(input, language) {
    this.input = input;
    this.language = language;
    this.read = { text: null, tokens: [] };
    this.frame = 0;
    this.marks = [];
    this.picture = element("pre", { class: "fq-picture", "aria-hidden": "true" });
    this.element = element("div", { class: "fq-box" });
    input.before(this.element);
    this.element.append(this.picture, input);
    input.addEventListener("input", () => this.repaint());
    input.addEventListener("keydown", (event) => this.pressed(event));
    this.paint();
  }

  get text() {
    return this.input.value;
  }

  get tokens() {
    const { text } = this;
    if (text !== this.read.text) {
      const coloured = text.length <= LONGEST_COLOURED;
      this.read = { text, tokens: coloured ? this.language.tokens(text) : [] };
    }
    return this.read.tokens;
  }

  // A new line begins as far in as the one before it.
  pressed(event) {
    if (event.key !== "Enter" || event.isComposing || event.defaultPrevented) return;
    const { selectionStart, selectionEnd } = this.input;
    const line = this.text.slice(0, selectionStart).split("\n").at(-1);
    const further = /\($/.test(line.trimEnd()) ? "    " : "";
    event.preventDefault();
    this.replace(selectionStart, selectionEnd, `\n${/^ */.exec(line)[0]}${further}`);
  }

  // Puts a text where another was, so that undo takes it back.
  replace(start, end, text) {
    this.input.focus();
    this.input.setSelectionRange(start, end);
    const done = document.execCommand("insertText", false, text);
    if (!done) {
      this.input.setRangeText(text, start, end, "end");
      this.input.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  set(text) {
    if (text === this.input.value) return;
    this.input.value = text;
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Underlines places: [{start, end, severity}].
  mark(marks) {
    this.marks = marks;
    this.repaint();
  }

  // Once before the next frame: a text that is pasted comes line by line.
  repaint() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.picture.replaceChildren(...this.lines(this.text));
  }

  lines(text) {
    const lines = [];
    let line = element("span", { class: "fq-line" });
    for (const [start, end, names] of this.stretches(text)) {
      const parts = text.slice(start, end).split("\n");
      parts.forEach((part, place) => {
        if (place > 0) {
          line.append("\n");
          lines.push(line);
          line = element("span", { class: "fq-line" });
        }
        if (part) line.append(names ? element("span", { class: names }, part) : part);
      });
    }
    line.append("\u200b");
    return [...lines, line];
  }

  // The text cut wherever a colour or an underline begins or ends.
  stretches(text) {
    const { tokens } = this;
    const cuts = new Set([0, text.length]);
    for (const { start, end } of [...tokens, ...this.marks]) cuts.add(start).add(Math.min(end, text.length));
    const places = [...cuts].filter((place) => place <= text.length).sort((a, b) => a - b);
    let at = 0;
    return places.slice(1).map((end, place) => {
      const start = places[place];
      while (at < tokens.length && tokens[at].end <= start) at += 1;
      const token = tokens[at];
      const mark = this.marks.find((each) => each.start <= start && each.end >= end);
      const names = [];
      if (token && token.start <= start) names.push(`fq-${token.kind}`);
      if (mark) names.push(`fq-mark fq-mark-${mark.severity}`);
      return [start, end, names.join(" ")];
    });
  }

  // The place in the text of a line and a column, both from one.
  offset(line, column) {
    const lines = this.text.split("\n");
    const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    return Math.min(before + [...(lines[line - 1] || "")].slice(0, column - 1).join("").length, this.text.length);
  }

  // The word at a place; what stands before it where the text ends there.
  stretchAt(place) {
    const token = this.tokens.find((each) => each.start <= place && place < each.end);
    if (token) return { start: place, end: token.end };
    const before = this.tokens.filter((each) => each.end <= place).at(-1);
    return before ? { start: before.start, end: before.end } : { start: place, end: place };
  }

  // Where a place of the text is on the screen, within the box.
  rectangle(place) {
    if (this.frame) this.paint();
    const box = this.element.getBoundingClientRect();
    const walker = document.createTreeWalker(this.picture, NodeFilter.SHOW_TEXT);
    let left = place;
    while (walker.nextNode() && left >= walker.currentNode.length) left -= walker.currentNode.length;
    const node = walker.currentNode;
    const range = document.createRange();
    range.setStart(node, Math.min(left, node.length - 1));
    range.setEnd(node, Math.min(left + 1, node.length));
    const found = range.getClientRects()[0] || node.parentElement.getBoundingClientRect();
    return { left: found.left - box.left, bottom: found.bottom - box.top };
  }
}

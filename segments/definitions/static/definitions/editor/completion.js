// Words that fit where one types: fields, functions and keywords, or segments.
import { settled } from "../../face/element.js";
import { Options } from "./options.js";

const WORD = /(?:@+|[\p{L}_]|\.)?[\p{L}\p{N}_.\-/]*$/u;

export class Completion {
  constructor(box, server, status) {
    this.box = box;
    this.server = server;
    this.status = status;
    this.options = new Options("Suggestions", (word) => this.insert(word));
    this.later = settled(70, () => this.ask(false));
    box.element.append(this.options.element);
    const { input } = box;
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", this.options.id);
    // Before the box's own: Enter chooses a word rather than beginning a line.
    input.addEventListener("keydown", (event) => this.pressed(event), { capture: true });
    input.addEventListener("input", (event) => this.typed(event));
    input.addEventListener("blur", () => this.hide());
    input.addEventListener("click", () => this.hide());
  }

  pressed(event) {
    if ((event.key === " " && event.ctrlKey) || (event.key === "ArrowDown" && event.altKey)) {
      event.preventDefault();
      this.ask(true);
      return;
    }
    const moved = ["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key);
    if (this.options.pressed(event)) this.tell();
    else if (moved) this.hide();
  }

  typed(event) {
    const typing = event.inputType === "insertText" || event.inputType === "deleteContentBackward" || event.inputType === "insertCompositionText";
    if (typing && (event.inputType !== "deleteContentBackward" || this.options.open)) this.later();
    else this.hide();
  }

  // What is being typed: the word up to the cursor, and what kind of word fits.
  place() {
    const { input, tokens } = this.box;
    const end = input.selectionStart;
    const within = tokens.find((token) => token.start < end && end <= token.end);
    if (within && ["text", "comment", "number", "name"].includes(within.kind)) return null;
    const typed = WORD.exec(input.value.slice(0, end))[0];
    const before = tokens.filter((token) => token.end <= end - typed.length).at(-1);
    const word = before ? input.value.slice(before.start, before.end).toUpperCase() : "";
    return { start: end - typed.length, end, typed, kind: word === "INCLUDE" ? "segment" : "any" };
  }

  async ask(wanted) {
    const place = this.place();
    const fits = place && (wanted || place.typed || place.kind === "segment");
    if (!fits) return this.hide();
    const answer = await this.server.words(place.typed, place.kind);
    const now = this.place();
    if (!answer || !now || now.end !== place.end || document.activeElement !== this.box.input) return;
    const [first] = answer.words;
    const whole = first && first.insert.toLowerCase() === place.typed.toLowerCase();
    if (whole && !wanted) return this.hide();
    this.range = place;
    this.options.show(answer.words);
    this.move(place);
    this.tell(answer.words.length);
  }

  move(place) {
    const { left, bottom } = this.box.rectangle(place.start);
    const room = this.box.element.clientWidth - this.options.element.offsetWidth;
    const { style } = this.options.element;
    style.top = `${bottom + 4}px`;
    style.left = `${Math.max(0, Math.min(left, room))}px`;
  }

  insert(word) {
    const { start, end } = this.range;
    const rest = this.box.text.slice(end);
    const bare = word.kind === "function" && rest.startsWith("(");
    this.box.replace(start, end, bare ? word.label : word.insert);
    if (word.back && !bare) {
      const at = this.box.input.selectionStart - word.back;
      this.box.input.setSelectionRange(at, at);
    }
    this.hide();
  }

  tell(count) {
    const { input } = this.box;
    if (this.options.activeId) input.setAttribute("aria-activedescendant", this.options.activeId);
    else input.removeAttribute("aria-activedescendant");
    if (count !== undefined) this.status(count ? `${count} suggestions` : "No suggestions");
  }

  hide() {
    this.later.cancel();
    this.options.hide();
    this.tell();
  }
}

// A box in which a field or a segment is looked for and chosen.
import { element, settled } from "../../face/element.js";
import { Options } from "./options.js";

export class Chooser {
  // kind: "field" or "segment"; `unknown` makes a word of a name that nobody has seen.
  constructor({ label, kind, value, placeholder, server, choose, unknown, focusKey }) {
    this.server = server;
    this.kind = kind;
    this.value = value;
    this.unknown = unknown;
    this.chose = choose;
    this.options = new Options(`${label}s`, (word) => this.take(word));
    this.later = settled(90, () => this.ask());
    this.input = element("input", {
      class: "f-input", type: "text", role: "combobox", "aria-label": label, "aria-autocomplete": "list", "aria-expanded": "false",
      "aria-controls": this.options.id, autocomplete: "off", spellcheck: false, value, placeholder, "data-focus": focusKey,
      oninput: () => this.later(),
      onfocus: () => { this.input.select(); if (!this.value) this.later(); },
      onclick: () => this.later(),
      onkeydown: (event) => this.pressed(event),
      onblur: () => this.left(),
    });
    this.element = element("span", { class: "fqb-chooser" }, this.input, this.options.element);
  }

  pressed(event) {
    if (event.key === "ArrowDown" && !this.options.open) {
      event.preventDefault();
      this.ask();
    } else if (event.key === "Tab" && this.options.open && this.input.value.trim() && this.input.value !== this.value) {
      event.preventDefault();
      this.options.take();
    } else if (this.options.pressed(event)) {
      this.tell();
    } else if (event.key === "Enter") {
      event.preventDefault();
    }
  }

  async ask() {
    const typed = this.input.value === this.value ? "" : this.input.value.trim();
    const answer = await this.server.words(typed, this.kind);
    if (!answer || document.activeElement !== this.input) return;
    const { words } = answer;
    const known = words.some((word) => word.label === typed);
    if (typed && !known && this.unknown) words.push(this.unknown(typed));
    this.options.show(words);
    this.tell();
  }

  take(word) {
    this.later.cancel();
    this.value = word.label;
    this.input.value = word.label;
    this.tell();
    this.chose(word);
  }

  left() {
    this.later.cancel();
    const typed = this.input.value.trim();
    const found = this.options.open && this.options.words.find((word) => word.label === typed);
    this.options.hide();
    this.tell();
    if (found && typed !== this.value) this.take(found);
    else this.input.value = this.value;
  }

  tell() {
    this.input.setAttribute("aria-expanded", String(this.options.open));
    if (this.options.activeId) this.input.setAttribute("aria-activedescendant", this.options.activeId);
    else this.input.removeAttribute("aria-activedescendant");
  }
}

// A list of words to choose from, under the box in which one types.
import { element, newId } from "../../face/element.js";

const SHORT = { string: "text", int: "whole number", number: "number", bool: "true/false", date: "date", list: "list", map: "map" };

export function typeName(type) {
  return SHORT[type] || type;
}

export class Options {
  constructor(label, choose) {
    this.choose = choose;
    this.words = [];
    this.active = -1;
    this.element = element("ul", { id: newId("options"), class: "fq-options", role: "listbox", "aria-label": label, hidden: true });
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
    this.element.addEventListener("click", (event) => this.clicked(event));
  }

  get open() {
    return !this.element.hidden;
  }

  get id() {
    return this.element.id;
  }

  // The id of the option that is chosen with Enter, for screen readers.
  get activeId() {
    return this.open && this.active >= 0 ? this.element.children[this.active].id : "";
  }

  show(words, active = 0) {
    this.words = words;
    this.element.replaceChildren(...words.map((word) => this.option(word)));
    this.element.hidden = words.length === 0;
    this.activate(words.length ? active : -1);
  }

  hide() {
    this.element.hidden = true;
    this.active = -1;
  }

  option(word) {
    const name = word.detail === word.label ? "" : word.detail;
    const kind = word.kind === "field" ? typeName(word.detail) : word.kind === "segment" ? name : word.kind;
    const more = word.kind === "function" ? `${word.detail} – ${word.help}` : word.help;
    return element(
      "li",
      { id: newId("option"), role: "option", class: "fq-option", "aria-selected": "false" },
      element("span", { class: `fq-option-label fq-${word.kind}` }, word.label),
      element("span", { class: "fq-option-kind" }, kind || ""),
      more ? element("span", { class: "fq-option-help" }, more) : null
    );
  }

  activate(place) {
    this.active = place;
    [...this.element.children].forEach((option, each) => option.setAttribute("aria-selected", String(each === place)));
    if (place >= 0 && this.open) this.element.children[place].scrollIntoView({ block: "nearest" });
  }

  clicked(event) {
    const place = [...this.element.children].indexOf(event.target.closest("[role=option]"));
    if (place >= 0) this.take(place);
  }

  take(place = this.active) {
    const word = this.words[place];
    this.hide();
    if (word) this.choose(word);
  }

  // Moves and chooses by keys; says whether the key was for the list.
  pressed(event) {
    if (!this.open || event.isComposing) return false;
    const count = this.words.length;
    if (event.key === "ArrowDown") this.activate((this.active + 1) % count);
    else if (event.key === "ArrowUp") this.activate((this.active - 1 + count) % count);
    else if (event.key === "Enter" && this.active >= 0) this.take();
    else if (event.key === "Escape") this.hide();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}

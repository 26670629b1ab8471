// Errors and warnings under the text, and the places underlined in it.
import { element, newId, settled } from "../../face/element.js";

export class Problems {
  constructor(box, server, onChecked) {
    this.box = box;
    this.server = server;
    this.onChecked = onChecked;
    this.element = element("ul", { class: "fq-problems", id: newId("problems"), "aria-label": "Problems", "aria-live": "polite" });
    box.input.setAttribute("aria-describedby", this.element.id);
    this.later = settled(250, () => this.check());
    box.input.addEventListener("input", () => {
      box.mark([]);
      this.later();
    });
  }

  async check() {
    const text = this.box.text;
    if (!text.trim()) {
      this.show([]);
      this.onChecked(false);
      return;
    }
    const answer = await this.server.check(text);
    if (!answer || text !== this.box.text) return;
    this.show(answer.problems);
    this.onChecked(!answer.problems.some((each) => each.severity === "error"));
  }

  show(problems) {
    const placed = problems.map((problem) => ({ ...problem, ...this.stretch(problem) }));
    this.box.mark(placed.filter((problem) => problem.line));
    this.box.input.setAttribute("aria-invalid", String(problems.some((each) => each.severity === "error")));
    this.element.replaceChildren(...placed.map((problem) => this.row(problem)));
  }

  stretch({ line, column }) {
    return line ? this.box.stretchAt(this.box.offset(line, column)) : { start: 0, end: 0 };
  }

  row(problem) {
    const { severity, line, column, message, suggestion, start, end } = problem;
    const place = element(
      "button",
      { type: "button", class: "fq-place", onclick: () => this.go(start, end) },
      `Line ${line}, column ${column}`
    );
    const mend = element(
      "button",
      { type: "button", class: "f-button f-button-small", onclick: () => this.box.replace(start, end, suggestion) },
      `Use ${suggestion}`
    );
    return element(
      "li",
      { class: `fq-problem fq-problem-${severity}` },
      element("strong", {}, severity === "error" ? "Error" : "Warning"),
      line ? place : null,
      element("span", { class: "fq-message" }, message),
      suggestion && line ? mend : null
    );
  }

  go(start, end) {
    this.box.input.focus();
    this.box.input.setSelectionRange(start, end);
  }
}
